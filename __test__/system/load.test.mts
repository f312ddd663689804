import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import test from 'ava'
import { deno, ENTRY, linux, root, skip } from '../support/common.mjs'
import {
  BINARY,
  type Content,
  type Fake,
  FINE,
  GLIBC,
  load,
  MISSING,
  platform,
  refused,
  tree,
  tuple,
  version,
} from '../support/load.mjs'

// Each test starts a process or two, so they run one after the other.

test.serial('the binary of the platform package is loaded, by both module systems', async (t) => {
  t.deepEqual(await load(t, tree(t, platform(tuple, BINARY))), FINE)
})

test.serial('a binary beside index.js comes first, and does not give way when it is broken', async (t) => {
  const beside = (content: Content) => ({ [`node_modules/memmap/memmap.${tuple}.node`]: content })
  t.deepEqual(await load(t, tree(t, { ...beside(BINARY), ...platform(tuple, 'broken') })), FINE)
  const { facts, mend } = await refused(t, tree(t, { ...beside('broken'), ...platform(tuple, BINARY) }))
  t.regex(facts, /named by beside index\.js/)
  t.regex(mend, /build it from source/)
})

test.serial('the file that the environment names is the only one', async (t) => {
  const folder = tree(t, { 'own.node': BINARY, 'broken.node': 'broken', ...platform(tuple, 'broken') })
  const at = (name: string) => ({ env: { NAPI_RS_NATIVE_LIBRARY_PATH: path.join(folder, name) } })
  t.deepEqual(await load(t, folder, at('own.node')), FINE)
  const broken = await refused(t, folder, at('broken.node'))
  t.is(broken.headline, `The binary of memmap ${version} for ${tuple} cannot be loaded`)
  t.true(broken.facts.includes(path.join(folder, 'broken.node')))
  t.regex(broken.facts, /named by NAPI_RS_NATIVE_LIBRARY_PATH/)
  const absent = await refused(t, folder, at('absent.node'))
  t.is(absent.headline, `There is no file ${path.join(folder, 'absent.node')}`)
  t.is(absent.mend, 'correct NAPI_RS_NATIVE_LIBRARY_PATH')
})

test.serial('an Electron archive: the binary lies beside it, unpacked', async (t) => {
  const inside = 'resources/app.asar'
  const unpacked = platform(tuple, BINARY, version, `${inside}.unpacked/node_modules`)
  t.deepEqual(await load(t, tree(t, unpacked, inside)), FINE)
  // Electron shows an unpacked file at its path in the archive too.
  const both = { ...unpacked, ...platform(tuple, 'cannot be loaded from here', version, `${inside}/node_modules`) }
  t.deepEqual(await load(t, tree(t, both, inside)), FINE)
  const beside: Record<string, Content> = { [`${inside}.unpacked/node_modules/memmap/memmap.${tuple}.node`]: BINARY }
  t.deepEqual(await load(t, tree(t, beside, inside)), FINE)
  const old = platform(tuple, BINARY, '0.0.1', `${inside}.unpacked/node_modules`)
  t.regex((await refused(t, tree(t, old, inside))).headline, /and found version 0\.0\.1$/)
})

test.serial('an Electron archive without it: the hint to unpack', async (t) => {
  const { facts, headline } = await refused(t, tree(t, {}, 'resources/app.asar'), { fake: GLIBC })
  t.is(headline, MISSING)
  t.regex(facts, /asarUnpack/)
})

test.serial('a bundle that swallowed the package: the hint to keep it external', async (t) => {
  const folder = tree(t, { 'dist/bundle.js': fs.readFileSync(ENTRY, 'utf8') })
  const { facts } = await refused(t, folder, { fake: GLIBC, module: './dist/bundle.js' })
  t.regex(facts, /memmap was bundled into .*bundle\.js: keep it external/)
})

for (const [title, fake, expected] of [
  ['a processor', { ...GLIBC, arch: 'mips' }, 'linux-mips-gnu'],
  [
    'a C library of a processor',
    { ...GLIBC, arch: 's390x', files: { '/bin/node': '/lib/ld-musl-s390x.so.1' } },
    'linux-s390x-musl',
  ],
  ['a system', { platform: 'sunos', arch: 'x64' }, 'sunos-x64'],
  ['Windows on another processor', { platform: 'win32', arch: 'arm' }, 'win32-arm-msvc'],
  ['an old ARM', { ...GLIBC, arch: 'arm', armVersion: '6' }, 'linux-armv6'],
] as const) {
  test.serial(`no binary for ${title}`, async (t) => {
    const { facts, headline, mend } = await refused(t, tree(t, {}), { fake })
    t.is(headline, `memmap ${version} has no binary for ${expected}`)
    t.regex(facts, /it has them for linux-x64-gnu, .*, android-arm64/)
    t.regex(mend, /NAPI_RS_NATIVE_LIBRARY_PATH/)
  })
}

const NOTHING: Fake['files'] = { '/bin/node': null, '/usr/bin/ldd': null, '/lib': [] }
const SILENT: Fake = { ...GLIBC, report: {}, files: NOTHING }

for (const [title, fake, expected] of [
  ['the program asks for glibc', { ...GLIBC, report: { sharedObjects: ['/lib/ld-musl-x86_64.so.1'] } }, 'gnu'],
  [
    'the program asks for musl',
    {
      ...GLIBC,
      files: { '/bin/node': 'ELF /lib/ld-musl-x86_64.so.1\0' },
      report: { header: { glibcVersionRuntime: '2.36' } },
    },
    'musl',
  ],
  ['the report has a version', { ...SILENT, report: { header: { glibcVersionRuntime: '2.36' } } }, 'gnu'],
  [
    'the report has a library',
    { ...SILENT, report: { header: {}, sharedObjects: ['/lib/ld-musl-x86_64.so.1'] } },
    'musl',
  ],
  [
    'ldd is of glibc',
    {
      ...SILENT,
      files: { ...NOTHING, '/usr/bin/ldd': '#! /bin/bash\n# Copyright GNU\n', '/lib': ['ld-musl-x86_64.so.1'] },
    },
    'gnu',
  ],
  [
    'ldd is of musl',
    { ...SILENT, files: { ...NOTHING, '/usr/bin/ldd': '#!/bin/sh\nexec /lib/ld-musl-x86_64.so.1' } },
    'musl',
  ],
  ['a loader is in /lib', { ...SILENT, files: { ...NOTHING, '/lib': ['ld-musl-x86_64.so.1'] } }, 'musl'],
  ['nothing tells', SILENT, 'gnu'],
] as const) {
  test.serial(`the C library: ${title}`, async (t) => {
    const { facts, headline } = await refused(t, tree(t, {}), { fake: fake as Fake })
    t.true(headline.includes(`@memmap/linux-x64-${expected}@`), headline)
    if (title === 'nothing tells') t.regex(facts, /an unknown C library/)
  })
}

const SYSTEMS: Record<string, Fake> = {
  'linux-arm64-gnu': { ...GLIBC, arch: 'arm64', files: { '/bin/node': '/lib/ld-linux-aarch64.so.1' } },
  'linux-arm64-musl': { ...GLIBC, arch: 'arm64', files: { '/bin/node': '/lib/ld-musl-aarch64.so.1' } },
  'linux-arm-gnueabihf': { ...GLIBC, arch: 'arm', files: { '/bin/node': '/lib/ld-linux-armhf.so.3' } },
  'linux-riscv64-gnu': { ...GLIBC, arch: 'riscv64', files: { '/bin/node': '/lib/ld-linux-riscv64-lp64d.so.1' } },
  'linux-ppc64-gnu': { ...GLIBC, arch: 'ppc64', files: { '/bin/node': '/lib64/ld64.so.2' } },
  'linux-s390x-gnu': { ...GLIBC, arch: 's390x', files: { '/bin/node': '/lib/ld64.so.1' } },
  'darwin-x64': { platform: 'darwin', arch: 'x64' },
  'darwin-arm64': { platform: 'darwin', arch: 'arm64' },
  'win32-x64-msvc': { platform: 'win32', arch: 'x64' },
  'win32-ia32-msvc': { platform: 'win32', arch: 'ia32' },
  'win32-arm64-msvc': { platform: 'win32', arch: 'arm64' },
  'freebsd-x64': { platform: 'freebsd', arch: 'x64' },
  'android-arm64': { platform: 'android', arch: 'arm64' },
}
const PLATFORMS = [...Object.keys(SYSTEMS), 'linux-x64-gnu', 'linux-x64-musl'].sort()

for (const [name, each] of Object.entries(SYSTEMS)) {
  test.serial(`the package of ${name}`, async (t) => {
    const missing = await refused(t, tree(t, {}), { fake: each })
    t.true(missing.headline.includes(`@memmap/${name}@${version}`), missing.headline)
    // The loader's literal require() of this name finds the package.
    const there = await refused(t, tree(t, platform(name, 'any')), {
      fake: { ...each, deny: { message: 'denied FILE' } },
    })
    t.true(there.facts.includes(`memmap.${name}.node`), there.facts)
    t.regex(there.facts, /the loader says: denied/)
  })
}

test.serial('the loader names the packages of all targets, and no other', async (t) => {
  const { napi } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))
  t.is(PLATFORMS.length, napi.targets.length)
  const text = fs.readFileSync(ENTRY, 'utf8')
  const literals = [...text.matchAll(/case "(.*)": return withFunctions\(require\("@memmap\/(.*)"\)\)/g)]
  t.deepEqual(literals.map(([, name]) => name).sort(), PLATFORMS)
  t.true(literals.every(([, name, required]) => name === required))
  const { facts } = await refused(t, tree(t, {}), { fake: { platform: 'sunos', arch: 'x64' } })
  t.deepEqual(/it has them for (.*)/.exec(facts)?.[1]?.split(', ').sort(), PLATFORMS)
})

test.serial('what says which system this is', async (t) => {
  const { facts } = await refused(t, tree(t, {}))
  t.true(facts.includes(`this is ${process.platform} ${process.arch}, `), facts)
  if (!linux) return skip(t, 'in part: there is one C library here')
  if (deno) {
    // Deno's report has an invented version of glibc.
    t.true(facts.includes(`, glibc, deno ${process.versions['deno']}`), facts)
    return
  }
  const header = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
  const { glibcVersionRuntime: glibc } = header.header
  t.true(facts.includes(glibc === undefined ? 'musl' : `glibc ${glibc}`), facts)
})

test.serial('many copies of the module listen to the exit once', (t) => {
  const require = createRequire(import.meta.url)
  const { Mmap: first } = require(ENTRY) as typeof import('memmap')
  const before = process.listenerCount('exit')
  for (let copy = 0; copy < 12; copy++) {
    Reflect.deleteProperty(require.cache, ENTRY)
    const { Mmap: another } = require(ENTRY) as typeof import('memmap')
    t.not(another, first)
  }
  t.is(process.listenerCount('exit'), before)
})
