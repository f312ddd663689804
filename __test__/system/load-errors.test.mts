import path from 'node:path'
import test from 'ava'
import { bun, deno, linux, skip } from '../support/common.mjs'
import { BINARY, GLIBC, MISSING, platform, refused, tree, tuple, version } from '../support/load.mjs'

const { versions } = process
const ENGINE = bun ? `bun ${versions['bun']}` : deno ? `deno ${versions['deno']}` : `node ${versions.node}`

// Each test starts a process or two, so they run one after the other.

test.serial('nothing is installed: what is missing, on which system, and the command', async (t) => {
  const { cause, facts, headline, mend } = await refused(t, tree(t, {}), {
    fake: { ...GLIBC, report: { header: { glibcVersionRuntime: '2.31' } } },
  })
  t.is(headline, MISSING)
  // Deno's report has an invented version of glibc.
  t.true(facts.includes(`- this is linux x64, ${deno ? 'glibc' : 'glibc 2.31'}, ${ENGINE}`), facts)
  t.regex(facts, /an install leaves it out when told to \(--omit=optional, --no-optional\)/)
  t.is(mend, `npm install --include=optional memmap@${version}`)
  t.is(cause?.code, 'MODULE_NOT_FOUND')
  t.regex(cause?.message ?? '', /@memmap\/linux-x64-gnu/)
})

test.serial("another system's package is there instead", async (t) => {
  const folder = tree(t, { ...platform('darwin-arm64', ''), ...platform('linux-x64-musl', '') })
  const { facts, headline } = await refused(t, folder, { fake: GLIBC })
  t.is(headline, MISSING)
  t.regex(
    facts,
    /there is @memmap\/linux-x64-musl and @memmap\/darwin-arm64 instead: node_modules was made on, or for, another/,
  )
})

const LOCKED = { packages: { 'node_modules/memmap': { optionalDependencies: { '@memmap/linux-x64-gnu': version } } } }
const LISTED = { packages: { ...LOCKED.packages, 'node_modules/@memmap/linux-x64-gnu': {} } }

test.serial('a lockfile that was made on another system', async (t) => {
  const { facts, mend } = await refused(t, tree(t, { 'package-lock.json': LOCKED }), { fake: GLIBC })
  t.regex(facts, /package-lock\.json does not list it: it was made on another system \(npm\/cli#4828\)/)
  t.is(mend, `npm install --include=optional memmap@${version}`)
  const listed = await refused(t, tree(t, { 'package-lock.json': LISTED }), { fake: GLIBC })
  t.regex(listed.facts, /package-lock\.json lists it: an install was told to leave it out/)
  t.is(listed.mend, 'npm install --include=optional')
})

test.serial('the lockfile of something else says nothing', async (t) => {
  const { facts } = await refused(t, tree(t, { 'package-lock.json': { packages: { 'node_modules/other': {} } } }), {
    fake: GLIBC,
  })
  t.notRegex(facts, /package-lock/)
})

for (const [name, files, env, reason] of [
  [
    'the environment',
    {},
    { npm_config_omit: 'dev optional' },
    /left out by npm_config_omit=dev optional in the environment/,
  ],
  ['.npmrc', { '.npmrc': 'fund=false\nomit=optional\n' }, {}, /left out by "omit=optional" in .*\.npmrc/],
  ['.npmrc of pnpm', { '.npmrc': 'optional = false' }, {}, /left out by "optional = false" in .*\.npmrc/],
  [
    '.yarnrc',
    { '.yarnrc': '--install.ignore-optional true' },
    {},
    /left out by "--install\.ignore-optional true" in .*\.yarnrc/,
  ],
  [
    'bunfig.toml',
    { 'bunfig.toml': '[install]\noptional = false' },
    {},
    /left out by "optional = false" in .*bunfig\.toml/,
  ],
  [
    'an install of pnpm',
    { 'node_modules/.modules.yaml': '{"included": {"optionalDependencies": false}}' },
    {},
    /left out by the install that made .*\.modules\.yaml/,
  ],
] as const) {
  test.serial(`optional dependencies were left out: ${name}`, async (t) => {
    const { facts } = await refused(t, tree(t, { 'package-lock.json': LISTED, ...files }), { fake: GLIBC, env })
    t.regex(facts, reason)
  })
}

const YARN = `memmap@^${version}:\n"@memmap/linux-x64-gnu@${version}":\n`
const BERRY = `__metadata:\n  version: 8\n"memmap@npm:${version}":\n"@memmap/linux-x64-gnu@npm:${version}":\n`

for (const [name, files, env, missing, broken] of [
  ['npm', { 'package-lock.json': LISTED }, {}, 'npm install --include=optional', 'npm ci --include=optional'],
  [
    'npm, no lockfile',
    {},
    {},
    `npm install --include=optional memmap@${version}`,
    'delete node_modules, then: npm install --include=optional',
  ],
  [
    'pnpm',
    { 'pnpm-lock.yaml': `memmap@${version}:` },
    {},
    'pnpm install --force --config.optional=true',
    'pnpm install --force --config.optional=true',
  ],
  ['yarn 1', { 'yarn.lock': YARN }, {}, 'yarn install --force', 'yarn install --force'],
  ['yarn', { 'yarn.lock': BERRY }, {}, 'yarn install', 'delete node_modules and .yarn/unplugged, then: yarn install'],
  ['bun', { 'bun.lock': `"memmap@${version}"` }, {}, 'bun install --force', 'bun install --force'],
  ['deno', { 'deno.lock': `"memmap@${version}"` }, {}, 'deno install --reload', 'deno install --reload'],
  [
    'bun, with a setting',
    { 'bun.lock': `"memmap@${version}"`, 'bunfig.toml': 'optional = false' },
    {},
    /^undo "optional = false" in .*bunfig\.toml, then: bun install --force$/,
    /bun install --force$/,
  ],
  [
    'pnpm at work',
    {},
    { npm_config_user_agent: 'pnpm/10.1.0 npm/? node/v20' },
    'pnpm install --force --config.optional=true',
    'pnpm install --force --config.optional=true',
  ],
  [
    'yarn 4 at work',
    {},
    { npm_config_user_agent: 'yarn/4.1.0 npm/? node/v20' },
    'yarn install',
    'delete node_modules and .yarn/unplugged, then: yarn install',
  ],
  [
    'yarn 1 at work, a lockfile of npm beside',
    { 'package-lock.json': LISTED, 'yarn.lock': YARN },
    { npm_config_user_agent: 'yarn/1.22.22 npm/? node/v20' },
    'yarn install --force',
    'yarn install --force',
  ],
] as const) {
  test.serial(`the command: ${name}`, async (t) => {
    const check = (mend: string, expected: string | RegExp) =>
      typeof expected === 'string' ? t.is(mend, expected) : t.regex(mend, expected)
    check((await refused(t, tree(t, files), { fake: GLIBC, env })).mend, missing)
    const damaged = tree(t, { ...files, ...platform('linux-x64-gnu', 'broken') })
    check((await refused(t, damaged, { fake: GLIBC, env })).mend, broken)
  })
}

test.serial('the command, where nothing tells who installed: that of the engine', async (t) => {
  const { mend } = await refused(t, tree(t, {}), { fake: GLIBC, env: { npm_config_user_agent: '' } })
  const node = `npm install --include=optional memmap@${version}`
  t.is(mend, bun ? 'bun install --force' : deno ? 'deno install --reload' : node)
})

test.serial('a package without its file', async (t) => {
  const { facts, headline, mend } = await refused(
    t,
    tree(t, { 'package-lock.json': LISTED, ...platform('linux-x64-gnu', undefined) }),
    { fake: GLIBC },
  )
  t.regex(headline, /is missing: .*linux-x64-gnu is there, but not its file memmap\.linux-x64-gnu\.node$/)
  t.notRegex(facts, /omit/)
  t.is(mend, 'npm ci --include=optional')
})

test.serial("another version's package", async (t) => {
  const folder = tree(t, platform('linux-x64-gnu', BINARY, '0.0.9'))
  const { facts, headline, mend } = await refused(t, folder, { fake: GLIBC })
  t.is(headline, `memmap ${version} needs @memmap/linux-x64-gnu@${version}, and found version 0.0.9`)
  t.true(facts.includes(path.join(folder, 'node_modules', '@memmap', 'linux-x64-gnu')))
  t.is(mend, `npm install --include=optional memmap@${version}`)
})

test.serial('a broken file: what the system says of it', async (t) => {
  const { cause, facts, headline } = await refused(t, tree(t, platform(tuple, 'broken')))
  t.is(headline, `The binary of memmap ${version} for ${tuple} cannot be loaded`)
  t.true(facts.includes(`memmap.${tuple}.node`))
  // Deno's error has no code.
  t.is(cause?.code, deno ? undefined : 'ERR_DLOPEN_FAILED')
  t.true(facts.replaceAll('\n  ', '\n').includes(`the loader says: ${cause?.message.trim()}`), facts)
})

test.serial('a broken file, by name', async (t) => {
  if (!linux) return skip(t, "the message is Linux's")
  const { facts } = await refused(t, tree(t, platform(tuple, 'broken')))
  // The messages of glibc and of musl.
  t.regex(facts, /the loader says: .*(file too short|Exec format error)/)
})

for (const [title, message, meaning, mend] of [
  [
    'glibc is too old',
    "/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.9' not found (required by FILE); `GLIBC_2.34' not found",
    'glibc is too old: it needs 2.34 or newer',
    /^use a system with glibc 2\.34 or newer, or build it from source/,
  ],
  [
    'a file for musl',
    'libc.musl-x86_64.so.1: cannot open shared object file: No such file',
    'it is for musl',
    /^build it from source/,
  ],
  [
    'no code may run there',
    'FILE: failed to map segment from shared object',
    'nothing may run from where it is (a file system mounted noexec?)',
    /^install to a place/,
  ],
] as const) {
  test.serial(`not the fault of the file: ${title}`, async (t) => {
    const fake = { ...GLIBC, deny: { message } }
    const error = await refused(t, tree(t, platform('linux-x64-gnu', 'any')), { fake })
    t.is(error.headline, `The binary of memmap ${version} for linux-x64-gnu cannot be loaded: ${meaning}`)
    t.regex(error.mend, mend)
  })
}

test.serial('addons are switched off', async (t) => {
  if (deno) return skip(t, 'Deno has no --no-addons')
  const { headline, mend } = await refused(t, tree(t, platform(tuple, BINARY)), { flags: ['--no-addons'] })
  t.regex(headline, /cannot be loaded: addons are switched off$/)
  t.is(mend, 'start the program without --no-addons')
})

test.serial('a loader that gives no functions', async (t) => {
  const fake = tree(t, { 'mock.json': '{}' })
  const env = { NAPI_RS_NATIVE_LIBRARY_PATH: path.join(fake, 'mock.json') }
  const { headline, facts } = await refused(t, tree(t, {}), { env })
  t.regex(headline, /cannot be loaded$/)
  t.regex(facts, /the loader says: What was loaded has no functions: \{\}/)
})

test.serial("Node's permission model without addons", async (t) => {
  if (bun || deno) return skip(t, 'only Node has this permission model')
  const flag = Number(process.versions.node.split('.')[0]) < 24 ? '--experimental-permission' : '--permission'
  const flags = [flag, '--allow-fs-read=*', '--allow-fs-write=*', '--allow-child-process']
  const { mend } = await refused(t, tree(t, platform(tuple, BINARY)), { flags })
  t.is(mend, 'start the program with --allow-addons')
})

test.serial('Deno without its permission', async (t) => {
  const fake = {
    ...GLIBC,
    deny: { message: 'Requires ffi access to "FILE"', fields: { name: 'NotCapable', code: undefined } },
  }
  const { mend } = await refused(t, tree(t, platform('linux-x64-gnu', 'any')), { fake })
  t.is(mend, 'start the program with --allow-ffi')
})
