import fs from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { ENTRY, root, scratch, skip, windows } from '../support/common.mjs'

interface Platform {
  target: string
  tuple: string
  name: string
  file: string
  os: string
  cpu: string
  libc?: 'glibc' | 'musl'
  folder: string
}

interface Packages {
  manifest(): { version: string; engines: object; napi: { targets: string[] } }
  platforms(): Platform[]
  stage(options: { out: string; artifacts: string }): Promise<{ platforms: Platform[] }>
}

const packages = (): Promise<Packages> => import(new URL('../../../scripts/release/packages.mjs', import.meta.url).href)

test('each target has a package that installs on its system alone', async (t) => {
  if (windows) return skip(t, 'the tools in node_modules may be those of another system')
  const { manifest, platforms, stage } = await packages()
  const { engines, napi, version } = manifest()
  t.is(napi.targets.length, 15)
  t.is(new Set(platforms().map(({ tuple }) => tuple)).size, 15)
  const [out, artifacts] = [scratch(t), scratch(t)]
  for (const { file } of platforms()) fs.writeFileSync(path.join(artifacts, file), '')
  const staged = await stage({ out, artifacts })
  t.deepEqual(
    staged.platforms.map(({ target }) => target),
    napi.targets,
  )
  for (const { target, name, file, os, cpu, libc, folder } of staged.platforms) {
    t.deepEqual(fs.readdirSync(folder).sort(), ['LICENSE', 'README.md', file, 'package.json'].sort(), target)
    const own = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'))
    const expected = { name, version, engines, main: file, files: [file], license: 'MIT', os: [os], cpu: [cpu] }
    t.like(own, expected, target)
    t.deepEqual(own.libc, libc === undefined ? undefined : [libc], target)
    // Without it, npm would install the packages for both C libraries, and one of them cannot be loaded.
    t.is(libc !== undefined, os === 'linux', target)
    t.deepEqual(own.publishConfig, { access: 'public', provenance: true }, target)
    t.deepEqual([own.scripts, own.repository, own.dependencies], [undefined, undefined, undefined], target)
    t.true(fs.readFileSync(path.join(folder, 'README.md'), 'utf8').startsWith(`# ${name}\n`), target)
    t.is(
      fs.readFileSync(path.join(folder, 'LICENSE'), 'utf8'),
      fs.readFileSync(path.join(root, 'LICENSE'), 'utf8'),
      target,
    )
  }
  t.like(
    platforms().find(({ target }) => target === 'powerpc64le-unknown-linux-gnu'),
    { name: '@memmap/linux-ppc64-gnu', file: 'memmap.linux-ppc64-gnu.node', cpu: 'ppc64' },
  )
})

test('the loader names the packages of napi.targets', async (t) => {
  if (windows) return skip(t, 'the tools in node_modules may be those of another system')
  const { platforms } = await packages()
  const required = [...fs.readFileSync(ENTRY, 'utf8').matchAll(/require\("(@memmap\/.*?)"\)/g)].map(([, name]) => name)
  t.deepEqual(
    required.sort(),
    platforms()
      .map(({ name }) => name)
      .sort(),
  )
})
