// A package registry of a few tarballs, on the loopback, from which package managers install as from npm's.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { basename } from 'node:path'

/**
 * Serves tarballs, each given as `{ manifest, tarball }`: its package.json and its path.
 * Answers the `url` of the registry, the paths that were `asked` for so far, and `close()`.
 */
export async function serve(packages) {
  const asked = []
  const documents = new Map()
  const tarballs = new Map()
  const server = createServer(({ url }, response) => {
    const path = decodeURIComponent(new URL(url, 'http://registry').pathname)
    asked.push(path)
    const tarball = tarballs.get(path)
    const document = documents.get(path)
    if (tarball !== undefined) response.end(tarball)
    else if (document !== undefined)
      response.setHeader('content-type', 'application/json').end(JSON.stringify(document))
    else response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not found"}')
  })
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${server.address().port}/`
  for (const { manifest, tarball } of packages) {
    const { name, version } = manifest
    const bytes = readFileSync(tarball)
    const path = `/${name}/-/${basename(tarball)}`
    tarballs.set(path, bytes)
    const document = documents.get(`/${name}`) ?? { name, 'dist-tags': {}, versions: {}, time: {} }
    document['dist-tags'].latest = version
    // A date in the past, since some managers install no version of the last days.
    document.time[version] = '2026-01-01T00:00:00.000Z'
    document.versions[version] = {
      ...manifest,
      _id: `${name}@${version}`,
      dist: {
        tarball: new URL(path.slice(1), url).href,
        integrity: `sha512-${createHash('sha512').update(bytes).digest('base64')}`,
        shasum: createHash('sha1').update(bytes).digest('hex'),
      },
    }
    documents.set(`/${name}`, document)
  }
  return { url, asked, close: () => server.close().closeAllConnections() }
}
