import test from 'ava'
import { skip, windows } from './support.mjs'

interface Platform {
  target: string
  tuple: string
  name: string
  file: string
  os: string
  cpu: string
  libc?: 'glibc' | 'musl'
}

interface Scripts {
  manifest(): { version: string; engines: object; napi: { targets: string[] } }
  platforms(): Platform[]
  files(): Record<string, string>
  stale(): string[]
}

const scripts = (): Promise<Scripts> => import(new URL('../../scripts/platforms.mjs', import.meta.url).href)

test('the folders of npm/ are what package.json makes of them', async (t) => {
  if (windows) return skip(t, 'git may have given the files other ends of line')
  const { stale } = await scripts()
  t.deepEqual(stale(), [])
})

test('each target has a package that installs on its system alone', async (t) => {
  if (windows) return skip(t, 'the tools in node_modules may be those of another system')
  const { files, manifest, platforms } = await scripts()
  const { engines, napi, version } = manifest()
  t.is(napi.targets.length, 15)
  t.is(new Set(platforms().map(({ tuple }) => tuple)).size, 15)
  for (const { target, tuple, name, file, os, cpu, libc } of platforms()) {
    const own = JSON.parse(files()[`${tuple}/package.json`] ?? '')
    t.like(own, { name, version, engines, main: file, license: 'MIT', os: [os], cpu: [cpu] }, target)
    t.deepEqual(own.libc, libc === undefined ? undefined : [libc], target)
    // A package that both C libraries would take is one that half of its users cannot load.
    t.is(libc !== undefined, os === 'linux', target)
    t.deepEqual(own.publishConfig, { access: 'public', provenance: true }, target)
    t.deepEqual([own.scripts, own.repository, own.dependencies], [undefined, undefined, undefined], target)
  }
  t.like(
    platforms().find(({ target }) => target === 'powerpc64le-unknown-linux-gnu'),
    { name: '@memmap/linux-ppc64-gnu', file: 'memmap.linux-ppc64-gnu.node', cpu: 'ppc64' },
  )
})
