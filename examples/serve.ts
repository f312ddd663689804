// A server of the files of a folder, over mappings: whole or in part, to many clients. A file that is replaced is served anew, and
// one that is cut while it is sent ends the connection, as an error.
//   npm run serve -- [--port N] FOLDER
import { statSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join, resolve, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { Mmap } from 'memmap'

/** A file as it was when it was opened. It is closed when it is not the newest any more and nobody reads it. */
interface Version {
  etag: string
  modified: Date
  map: Mmap
  readers: number
  isOld: boolean
}

const versions = new Map<string, Version>()

function leave(version: Version): void {
  version.readers--
  if (version.isOld && version.readers === 0) version.map.close()
}

/** The newest version of a file, for one reader. */
function enter(path: string): Version {
  const { ino, mtime, mtimeMs, size } = statSync(path)
  const etag = `"${ino.toString(36)}-${size.toString(36)}-${Math.round(mtimeMs * 1000).toString(36)}"`
  let version = versions.get(path)
  if (version?.etag !== etag) {
    const map = Mmap.open(path)
    if (version !== undefined) {
      version.isOld = true
      version.readers++
      leave(version)
    }
    version = { etag, modified: mtime, map, readers: 0, isOld: false }
    versions.set(path, version)
  }
  version.readers++
  return version
}

/** The first and the last byte that a request asks for; `undefined`: all; `null`: what the file does not have. */
function rangeOf(header: string | undefined, length: number): [number, number] | null | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  // Several ranges, and what is no range, may be answered with the whole (RFC 9110, 14.2).
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined
  const start = first === '' ? Math.max(0, length - Number(last)) : Number(first)
  const end = first === '' || last === '' ? length - 1 : Math.min(length - 1, Number(last))
  return start > end ? null : [start, end]
}

async function send(
  { etag, map, modified }: Version,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { 'if-none-match': known, 'if-range': condition, range } = request.headers
  response.setHeader('ETag', etag)
  response.setHeader('Last-Modified', modified.toUTCString())
  response.setHeader('Accept-Ranges', 'bytes')
  if (known === etag) return void response.writeHead(304).end()
  const asked = condition === undefined || condition === etag ? rangeOf(range, map.length) : undefined
  if (asked === null) return void response.writeHead(416, { 'Content-Range': `bytes */${map.length}` }).end()
  const [start, end] = asked ?? [0, map.length - 1]
  if (asked !== undefined) response.setHeader('Content-Range', `bytes ${start}-${end}/${map.length}`)
  response.writeHead(asked === undefined ? 200 : 206, { 'Content-Length': end - start + 1 })
  if (request.method === 'HEAD' || end < start) return void response.end()
  await pipeline(map.createReadStream({ start, end, highWaterMark: 262_144 }), response)
}

async function answer(root: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return void response.writeHead(405).end()
  let version: Version | undefined
  try {
    const path = join(root, decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname))
    if (!path.startsWith(root + sep)) return void response.writeHead(404).end()
    version = enter(path)
    await send(version, request, response)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // What was sent already cannot be taken back: then the client sees that the connection ends too early.
    if (response.headersSent) response.destroy()
    else response.writeHead(['ENOENT', 'EISDIR', 'ENOTDIR', 'ENODEV'].includes(code ?? '') ? 404 : 500).end()
  } finally {
    if (version !== undefined) leave(version)
  }
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { port: { type: 'string', default: '0' } },
})
const [folder] = positionals
if (folder === undefined) throw new Error('usage: npm run serve -- [--port N] FOLDER')
const root = resolve(folder)
const server = createServer((request, response) => void answer(root, request, response))
server.listen(Number(values.port), '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object') console.log(`http://127.0.0.1:${address?.port}/`)
})
