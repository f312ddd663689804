// Tests the packages as users get them: lays them out, packs them, and installs them with each package manager into an
// empty folder, without install scripts, and with a PATH that has nothing but node. Then it runs the programs of
// __test__/project/package there. Ends with `N passed, N failed, N skipped`.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { rolldown } from 'rolldown'
import { LARGEST } from '../release/gate.mjs'
import { empty, manifest, platforms, root, stage } from '../release/packages.mjs'
import { command, managers, npmCli } from './managers.mjs'
import { serve } from './registry.mjs'

/** The most bytes that each package may have when it is unpacked. */
const MOST = { main: 200_000, platform: LARGEST }
const EXPECTED = {
  'common.cjs': '7 19 HAY 2\nHAY, a needle, hay true true\n',
  'module.mjs': 'one+two+three 2\ntrue true memmap\n',
  'typed.mjs': '2 ByteMatch\nERR_MMAP_CLOSED\n',
}

const require = createRequire(import.meta.url)
const work = join(root, 'target', 'package')
const programs = join(root, '__test__', 'project', 'package')
const { name: MAIN, version } = manifest()

const count = { passed: 0, failed: 0, skipped: 0 }

async function check(title, body) {
  try {
    const skipped = await body()
    if (skipped === undefined) {
      count.passed++
      console.log(`✔ ${title}`)
    } else {
      count.skipped++
      console.log(`- ${title}: skipped, ${skipped.reason}`)
    }
  } catch (error) {
    count.failed++
    console.log(`✘ ${title}\n${error.message}`.replaceAll('\n', '\n    '))
  }
}

/** A folder with node in it and nothing else: no compiler, make, Python or shell. */
function onlyNode() {
  if (process.platform === 'win32') return dirname(process.execPath)
  const folder = join(work, 'bin')
  empty(folder)
  symlinkSync(process.execPath, join(folder, 'node'))
  return folder
}

/** Runs a command in a folder, without our environment variables; answers what it printed. */
async function run(cwd, [file, ...args], { fails = false } = {}) {
  const home = join(cwd, '.home')
  mkdirSync(home, { recursive: true })
  const windows = process.platform === 'win32' && { USERPROFILE: home, SystemRoot: process.env.SystemRoot }
  // Not spawnSync, since the registry, in this process, has to answer the command.
  const child = spawn(file, args, {
    cwd,
    env: { PATH: path, HOME: home, ...windows },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), 120_000)
  const [stdout, stderr, [status, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  clearTimeout(timer)
  if ((status === 0) === fails)
    throw new Error(`${[file, ...args].join(' ')}\nended with ${signal ?? status}\n${stdout}${stderr}`)
  return fails ? stderr : stdout
}

/** Packs a folder of `stage`; answers its package.json, the tarball, the files in it, and its size unpacked. */
function pack({ folder }) {
  const args = [npmCli(), 'pack', '--json', '--ignore-scripts', '--pack-destination', join(work, 'packed')]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(`npm pack ended with ${status}\n${stderr}`)
  const [{ filename, files, unpackedSize }] = JSON.parse(stdout)
  return {
    manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')),
    tarball: join(work, 'packed', filename),
    files: files.map((file) => file.path).sort(),
    size: unpackedSize,
  }
}

/** The platform of this machine, whose binary was built. */
function here() {
  const fitting = platforms().filter(
    ({ cpu, file, os }) => os === process.platform && cpu === process.arch && existsSync(join(root, file)),
  )
  if (fitting.length !== 1)
    throw new Error(`Expected one binary of this system in ${root}, found ${fitting.length}: run \`npm run build\``)
  return fitting[0]
}

/** A folder with a file for each binary. Those of other systems, which are not loaded here, have another content. */
function artifacts() {
  const folder = join(work, 'artifacts')
  empty(folder)
  for (const { file } of platforms()) {
    if (file === own.file) copyFileSync(join(root, file), join(folder, file))
    else writeFileSync(join(folder, file), 'a binary of another system\n')
  }
  return folder
}

const path = onlyNode()
const own = here()
const built = artifacts()
const musl = own.libc === 'musl'
empty(join(work, 'staged'))
empty(join(work, 'packed'))
const repository = 'git+https://example.org/memmap.git'
const staged = await stage({ out: join(work, 'staged'), artifacts: built, repository })

await check('staging refuses what is incomplete, double, strange, or in the way', async () => {
  const [out, artifacts] = [join(work, 'refused'), join(work, 'refused-artifacts')]
  const refuses = async (change, message) => {
    for (const folder of [out, artifacts]) empty(folder)
    for (const { file } of platforms()) writeFileSync(join(artifacts, file), '')
    change()
    await assert.rejects(stage({ out, artifacts }), { message })
    assert.deepEqual(readdirSync(out), [])
  }
  const { file, target } = platforms()[0]
  await refuses(() => rmSync(join(artifacts, file)), `Missing artifacts for configured targets: ${target} (${file})`)
  await refuses(() => {
    mkdirSync(join(artifacts, 'again'))
    writeFileSync(join(artifacts, 'again', file), '')
  }, /^Multiple artifacts found for binary artifact identities: memmap\./)
  await refuses(
    () => writeFileSync(join(artifacts, 'memmap.plan9-x64.node'), ''),
    /^Artifacts were found for unconfigured targets: memmap\.plan9-x64\.node: /,
  )
  await assert.rejects(stage({ out: join(work, 'staged'), artifacts: built }), /^Error: The folder is not empty/)
})

const main = pack(staged.main)
const others = staged.platforms.map(pack)
const platform = others[staged.platforms.findIndex(({ tuple }) => tuple === own.tuple)]

await check('the main package holds what is needed, and no more', () => {
  assert.deepEqual(main.files, ['LICENSE', 'README.md', 'index.d.ts', 'index.js', 'package.json'])
  const { dependencies, devDependencies, optionalDependencies, repository, scripts } = main.manifest
  assert.deepEqual([dependencies, devDependencies, scripts], [undefined, undefined, undefined])
  assert.deepEqual(optionalDependencies, Object.fromEntries(platforms().map(({ name }) => [name, version])))
  assert.deepEqual(repository, { type: 'git', url: 'git+https://example.org/memmap.git' })
})

await check('each platform package holds its binary, and no more', () => {
  for (const [index, { file, name, tuple }] of staged.platforms.entries()) {
    const { files, manifest } = others[index]
    const os = tuple.split('-')[0]
    assert.deepEqual(files, ['LICENSE', 'README.md', file, 'package.json'].sort())
    assert.deepEqual([manifest.name, manifest.version, manifest.scripts], [name, version, undefined])
    assert.deepEqual([manifest.os, manifest.libc === undefined], [[os], os !== 'linux'])
    assert.deepEqual(manifest.repository, { type: 'git', url: repository })
  }
})

for (const [what, { manifest, size }, most] of [
  ['main', main, MOST.main],
  ['platform', platform, MOST.platform],
]) {
  await check(`${manifest.name}: ${size} bytes unpacked, of ${most} at most`, () => {
    assert.ok(size < most, `The ${what} package is ${size - most} bytes too large`)
  })
}

const registry = await serve([main, ...others])

/** A folder for a manager to install into, with its settings and the programs, and otherwise empty. */
function project(manager, purpose) {
  const folder = join(work, 'projects', `${manager.name.replaceAll(/\W+/g, '-')}-${purpose}`)
  empty(folder)
  for (const [file, text] of Object.entries(manager.settings(registry.url))) writeFileSync(join(folder, file), text)
  writeFileSync(join(folder, 'package.json'), '{ "name": "project", "private": true }\n')
  for (const file of readdirSync(programs)) copyFileSync(join(programs, file), join(folder, file))
  return folder
}

/** Runs a program as users of the manager do. */
function node(folder, { pnp, start }, args, options) {
  return run(folder, pnp ? [...start, 'node', ...args] : [process.execPath, ...args], options)
}

/** The platforms whose packages are below a project. */
function installed(folder) {
  const found = readdirSync(folder, { recursive: true }).map(
    (file) => /@memmap[\\/]([\w-]+)[\\/]package\.json$/.exec(file)?.[1],
  )
  return [...new Set(found.filter((name) => name !== undefined))].sort()
}

/** The folders of these packages. */
function folders(folder) {
  const found = readdirSync(folder, { recursive: true }).filter((file) =>
    /node_modules[\\/]@memmap[\\/][\w-]+[\\/]package\.json$/.test(file),
  )
  return found.map((file) => dirname(join(folder, file)))
}

/**
 * Compiles the typed program against the installed types, with both ways that TypeScript resolves modules, and runs it.
 */
async function compile(folder) {
  for (const name of ['@types/node', 'undici-types']) {
    const link = join(folder, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), link, 'junction')
  }
  const shared = [
    '--strict',
    '--target',
    'es2022',
    '--lib',
    'es2023,esnext.disposable',
    '--types',
    'node',
    '--exactOptionalPropertyTypes',
  ]
  for (const [resolution, module] of [
    ['nodenext', 'nodenext'],
    ['bundler', 'preserve'],
  ]) {
    rmSync(join(folder, 'typed.mjs'), { force: true })
    await run(folder, [
      process.execPath,
      require.resolve('typescript/bin/tsc'),
      ...shared,
      '--module',
      module,
      '--moduleResolution',
      resolution,
      'typed.mts',
    ])
    assert.equal(await run(folder, [process.execPath, 'typed.mjs']), EXPECTED['typed.mjs'])
  }
}

/** The versions of TypeScript under which the types must compile: of each minor one that is supported, the last. */
const TYPESCRIPTS = ['5.7.3', '5.8.3', '5.9.3', '6.0.3', '7.0.2']

/** Compiles the program of types under a version of TypeScript, from its own package, with the library of browsers. */
async function compileUnder(typescript, folder) {
  const tools = join(work, `typescript-${typescript}`)
  mkdirSync(tools, { recursive: true })
  const install = ['install', '--prefix', tools, '--no-save', '--no-audit', '--no-fund', `typescript@${typescript}`]
  const { status, stderr } = spawnSync(process.execPath, [npmCli(), ...install], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`npm ${install.join(' ')}\nended with ${status}\n${stderr}`)
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
    target: 'es2022',
    module: 'nodenext',
    lib: ['es2023', 'esnext.disposable', 'esnext.iterator', 'dom'],
    types: ['node'],
  }
  // Not on the command line: from version 6 on, the compiler refuses files there beside a tsconfig.json.
  writeFileSync(join(folder, 'types.json'), JSON.stringify({ compilerOptions, files: ['types.mts'] }))
  await run(folder, [process.execPath, join(tools, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'types.json'])
}

/** Bundles a program twice, with the whole package external and with its binary alone external, and runs both. */
async function bundle(folder) {
  for (const [name, external] of [
    ['external', ['memmap', 'memmap/package.json']],
    ['swallowed', [/^@memmap\//]],
  ]) {
    for (const format of ['esm', 'cjs']) {
      const build = await rolldown({
        input: join(folder, 'common.cjs'),
        cwd: folder,
        platform: 'node',
        external,
        logLevel: 'silent',
      })
      const file = join(folder, 'bundled', `${name}.${format === 'esm' ? 'mjs' : 'cjs'}`)
      await build.write({ file, format })
      await build.close()
      assert.equal(await run(folder, [process.execPath, file]), EXPECTED['common.cjs'], file)
    }
  }
}

/** Runs a program that must fail; answers the command that its error advises, and the folders to remove before. */
async function advised(folder, manager, headline) {
  const output = await node(folder, manager, ['common.cjs'], { fails: true })
  assert.match(output, /^Error \[ERR_MMAP_BINARY\]: /m)
  assert.match(output, headline)
  const [, first, line] = /^To mend it: (?:delete (.*), then: )?(.*)$/m.exec(output)
  return { remove: first?.split(' and ') ?? [], line }
}

/** Follows the error's advice, after which the program must run. */
async function mend(folder, manager, { line, remove }) {
  for (const name of remove) rmSync(join(folder, name), { recursive: true, force: true })
  const [, ...args] = line.split(' ')
  await run(folder, [...manager.start, ...args])
  assert.equal(await node(folder, manager, ['common.cjs']), EXPECTED['common.cjs'])
}

for (const manager of managers({ musl })) {
  const { name, add, exact, pnp, tool } = manager
  if (tool === undefined && name !== 'npm') {
    await check(`${name}: installs`, () => ({ reason: 'it has no binary for this system' }))
    continue
  }
  const start = command(manager, join(work, 'tools'))
  const user = { ...manager, start }
  let folder

  await check(`${name}: installs the binary of this system`, async () => {
    folder = project(manager, 'fine')
    await run(folder, [...start, ...add, MAIN])
    const there = installed(folder)
    assert.ok(there.includes(own.tuple), `It installed ${there}`)
    const fits = new Set(
      platforms()
        .filter(({ cpu, os }) => os === own.os && cpu === own.cpu)
        .map(({ tuple }) => tuple),
    )
    assert.deepEqual(
      there.filter((each) => (exact ? each !== own.tuple : !fits.has(each))),
      [],
    )
  })
  for (const [title, program] of [
    ['CommonJS', 'common.cjs'],
    ['an ES module', 'module.mjs'],
  ]) {
    await check(`${name}: ${title}`, async () => assert.equal(await node(folder, user, [program]), EXPECTED[program]))
  }
  await check(`${name}: TypeScript, nodenext and bundler`, async () => {
    if (pnp) return { reason: 'without node_modules, TypeScript finds types through a patched compiler alone' }
    await compile(folder)
  })
  if (name === 'npm') {
    for (const typescript of TYPESCRIPTS)
      await check(`the types under TypeScript ${typescript}`, () => compileUnder(typescript, folder))
  }
  if (name === 'bun') {
    await check(`${name}: runs CommonJS and an ES module itself`, async () => {
      for (const program of ['common.cjs', 'module.mjs'])
        assert.equal(await run(folder, [...start, program]), EXPECTED[program])
    })
  }
  if (name === 'npm') await check('a bundle, with the package external and with the binary alone', () => bundle(folder))

  await check(`${name}: a missing binary, and the command that mends it`, async () => {
    const gone = folders(folder)
    assert.ok(gone.length > 0)
    for (const each of gone) rmSync(each, { recursive: true })
    const answer = await advised(
      folder,
      user,
      new RegExp(`The binary of memmap ${version} is missing: @memmap/${own.tuple}@${version}`),
    )
    await mend(folder, user, answer)
  })
  await check(`${name}: a broken binary, and the command that mends it`, async () => {
    const [broken] = folders(folder).filter((each) => each.endsWith(own.tuple))
    const file = join(broken, own.file)
    // Removed first, since pnpm makes it a hard link to a file that other projects share.
    rmSync(file)
    writeFileSync(file, 'broken')
    const answer = await advised(
      folder,
      user,
      new RegExp(`The binary of memmap ${version} for ${own.tuple} cannot be loaded`),
    )
    await mend(folder, user, answer)
  })
}

const npm = { ...managers({ musl }).find(({ name }) => name === 'npm'), start: [process.execPath, npmCli()] }

await check(
  'npm, set to leave optional dependencies out: the error names the setting, its command mends it',
  async () => {
    const folder = project(npm, 'omitted')
    appendFileSync(join(folder, '.npmrc'), 'omit=optional\n')
    await run(folder, [...npm.start, ...npm.add, MAIN])
    assert.deepEqual(installed(folder), [])
    await mend(
      folder,
      npm,
      await advised(folder, npm, /optional dependencies are left out by "omit=optional" in .*\.npmrc/),
    )
  },
)

await check('npm, a lockfile without the binaries: the error says so, its command mends it', async () => {
  const folder = project(npm, 'lockfile')
  await run(folder, [...npm.start, ...npm.add, MAIN])
  for (const file of ['package-lock.json', 'node_modules/.package-lock.json']) {
    const lock = JSON.parse(readFileSync(join(folder, file), 'utf8'))
    lock.packages = Object.fromEntries(Object.entries(lock.packages).filter(([name]) => !name.includes('@memmap/')))
    writeFileSync(join(folder, file), JSON.stringify(lock))
  }
  rmSync(join(folder, 'node_modules', '@memmap'), { recursive: true })
  await mend(folder, npm, await advised(folder, npm, /package-lock\.json does not list it/))
})

registry.close()
console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
process.exitCode = count.failed === 0 ? 0 : 1
