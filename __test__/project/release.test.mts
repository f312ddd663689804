import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { type Binary, binary } from '../support/binaries.mjs'
import { root, scratch, skip, windows } from '../support/common.mjs'

interface Platform extends Binary {
  target: string
  tuple: string
  name: string
  file: string
}

const script = (name: string) => import(pathToFileURL(path.join(root, 'scripts', name)).href)
const { readBinary } = await script('release/binary.mjs')
const { artifactProblems, binaryProblems, versionProblems } = await script('release/gate.mjs')
const { manifest, platforms } = await script('release/packages.mjs')
const all: Platform[] = platforms()
const { version } = manifest()

function platform(tuple: string): Platform {
  const found = all.find((each) => each.tuple === tuple)
  if (found === undefined) throw new Error(`no platform ${tuple}`)
  return found
}

/** A folder with a binary for each platform. */
function artifacts(t: ExecutionContext, platforms = all): string {
  const folder = scratch(t)
  for (const each of platforms) fs.writeFileSync(path.join(folder, each.file), binary(each))
  return folder
}

test('the gate: a right binary for each platform passes', (t) => {
  t.is(all.length, 15)
  t.deepEqual(artifactProblems(all, artifacts(t)), [])
})

test('the gate: each binary that is missing, by name', (t) => {
  const folder = artifacts(t)
  for (const tuple of ['linux-s390x-gnu', 'android-arm64']) fs.rmSync(path.join(folder, platform(tuple).file))
  t.deepEqual(artifactProblems(all, folder), [
    'memmap.linux-s390x-gnu.node: missing (s390x-unknown-linux-gnu)',
    'memmap.android-arm64.node: missing (aarch64-linux-android)',
  ])
})

test('the gate: a binary for any other platform', (t) => {
  for (const wanted of all) {
    for (const given of all.filter((each) => each !== wanted)) {
      const problems = binaryProblems(wanted, binary(given))
      t.true(
        problems.some((each: string) => each.startsWith('it is for ')),
        `${given.tuple} for ${wanted.tuple}: ${problems}`,
      )
    }
  }
  t.deepEqual(binaryProblems(platform('linux-x64-gnu'), binary(platform('linux-x64-musl'))), [
    'it is for linux x64 musl (ELF), expected was linux x64 glibc',
  ])
})

test('the gate: too new a glibc, and each platform its own floor', (t) => {
  const problems = (tuple: string, ...versions: string[]) =>
    binaryProblems(platform(tuple), binary({ ...platform(tuple), versions }))
  t.deepEqual(problems('linux-x64-gnu', 'GLIBC_2.2.5', 'GLIBC_2.17', 'GCC_3.0'), [])
  t.deepEqual(problems('linux-x64-gnu', 'GLIBC_2.3', 'GLIBC_2.18', 'GLIBC_2.34'), [
    'it needs GLIBC_2.18, at most GLIBC_2.17 is allowed',
    'it needs GLIBC_2.34, at most GLIBC_2.17 is allowed',
  ])
  t.deepEqual(problems('linux-s390x-gnu', 'GLIBC_2.28'), ['it needs GLIBC_2.28, at most GLIBC_2.17 is allowed'])
  t.deepEqual(problems('linux-arm-gnueabihf', 'GLIBC_2.28'), ['it needs GLIBC_2.28, at most GLIBC_2.17 is allowed'])
  t.deepEqual(problems('linux-riscv64-gnu', 'GLIBC_2.27', 'GLIBC_2.31'), [])
  t.deepEqual(problems('linux-riscv64-gnu', 'GLIBC_2.32'), ['it needs GLIBC_2.32, at most GLIBC_2.31 is allowed'])
  t.is(problems('linux-x64-gnu', 'GLIBC_ABI_DT_RELR').length, 1)
})

test('the gate: what is no addon, too large, or needs what Windows has not', (t) => {
  const linux = platform('linux-x64-gnu')
  const win32 = platform('win32-ia32-msvc')
  t.deepEqual(binaryProblems(linux, binary({ ...linux, type: 2 })), ['it is no shared library'])
  t.deepEqual(binaryProblems(win32, binary({ ...win32, type: 0x102 })), ['it is no shared library'])
  t.regex(binaryProblems(linux, binary({ ...linux, content: '' }))[0], /no napi_register_module_v1/)
  t.regex(
    binaryProblems(linux, Buffer.concat([binary(linux), Buffer.alloc(2_500_000)]))[0],
    /^it has 2500\d+ bytes, at most 2500000 are allowed$/,
  )
  t.deepEqual(binaryProblems(win32, binary({ ...win32, libraries: ['KERNEL32.dll', 'VCRUNTIME140.dll'] })), [
    'it needs VCRUNTIME140.dll, which is not part of Windows',
  ])
})

test('the gate: what is no binary, or ends too early', (t) => {
  for (const bytes of [Buffer.alloc(0), Buffer.from('MZ'), Buffer.from('#!/bin/sh\n')]) {
    t.regex(binaryProblems(platform('darwin-x64'), bytes)[0], /^it is no binary of any system: /)
  }
  for (const each of all) {
    const whole = binary({ ...each, content: '' })
    for (let length = 0; length < whole.length - 40; length += 7) {
      t.notDeepEqual(binaryProblems(each, whole.subarray(0, length)), [], `${each.tuple}, ${length} bytes`)
    }
    t.regex(binaryProblems(each, whole.subarray(0, 10))[0], /ends within its headers/)
  }
})

test('the reader says of the addon in use what readelf says', (t) => {
  const tuple = `linux-${process.arch}-gnu`
  const file = path.join(root, `memmap.${tuple}.node`)
  if (!fs.existsSync(file)) return skip(t, `there is no memmap.${tuple}.node here`)
  const listed = spawnSync('readelf', ['-dVW', file], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } })
  if (listed.error !== undefined) return skip(t, `there is no readelf here: ${listed.error.message}`)
  const all = (pattern: RegExp) => [...listed.stdout.matchAll(pattern)].map(([, name]) => name)
  const found = readBinary(fs.readFileSync(file))
  t.deepEqual(found.libraries, all(/\(NEEDED\).*\[(.*)\]/g))
  t.true(found.versions.length > 0)
  t.deepEqual(found.versions, all(/Name: (\S+) +Flags:/g))
  t.is(found.cpu, process.arch)
})

/** Tests that run npm use few platforms, since npm takes a second for each. */
const FEW = all.filter(({ tuple }) => /^(linux-x64-gnu|linux-arm64-musl|win32-x64-msvc|android-arm64)$/.test(tuple))

/** A copy of the project with few platforms and a dated changelog. */
function project(t: ExecutionContext): string {
  const folder = path.join(scratch(t), 'project')
  fs.mkdirSync(folder)
  const files = ['package.json', 'package-lock.json', 'Cargo.toml', 'Cargo.lock', 'README.md', 'LICENSE', 'scripts']
  for (const name of [...files, ...manifest().files]) {
    fs.cpSync(path.join(root, name), path.join(folder, name), { recursive: true })
  }
  fs.symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'), 'junction')
  const own = manifest()
  own.napi.targets = FEW.map(({ target }) => target)
  fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify(own))
  fs.writeFileSync(path.join(folder, 'CHANGELOG.md'), `# Changes\n\n## [${version}] - 2026-12-01\n`)
  return folder
}

function edit(folder: string, name: string, from: string, to: string): void {
  const file = path.join(folder, name)
  const text = fs.readFileSync(file, 'utf8')
  if (!text.includes(from)) throw new Error(`${name} has no ${from}`)
  fs.writeFileSync(file, text.replace(from, to))
}

test('the gate: one version everywhere, and that of the tag', (t) => {
  const folder = project(t)
  t.deepEqual(versionProblems(folder, undefined), [])
  t.deepEqual(versionProblems(folder, `v${version}`), [])
  t.deepEqual(versionProblems(folder, 'v9.9.9'), [`the tag has 9.9.9, package.json has ${version}`])
  t.deepEqual(versionProblems(folder, version), [`the tag has no such version, package.json has ${version}`])
  edit(folder, 'Cargo.toml', `version = "${version}"`, 'version = "9.9.8"')
  edit(folder, 'CHANGELOG.md', `[${version}]`, '[9.9.7]')
  t.deepEqual(versionProblems(folder, undefined), [
    `Cargo.toml has 9.9.8, package.json has ${version}`,
    `CHANGELOG.md has no such version, package.json has ${version}`,
  ])
})

/** A registry on this machine that accepts what is published, except the package `refuse`. */
async function registry(t: ExecutionContext) {
  const taken: { name: string; version: string; tag: string; optional: number }[] = []
  const state = { taken, refuse: '' }
  const server = createServer((request, response) => {
    const name = decodeURIComponent(new URL(request.url ?? '', 'http://registry').pathname.slice(1))
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      if (request.method === 'PUT') {
        if (name === state.refuse) return answer(500, { error: 'refused' })
        const { versions, 'dist-tags': tags } = JSON.parse(String(Buffer.concat(chunks)))
        const [tag] = Object.keys(tags)
        const version: string = tags[tag ?? '']
        const optional = Object.keys(versions[version].optionalDependencies ?? {}).length
        taken.push({ name, version, tag: tag ?? '', optional })
        return answer(201, { ok: true })
      }
      const there = taken.filter((each) => each.name === name)
      if (there.length === 0) return answer(404, { error: 'not found' })
      const versions = Object.fromEntries(
        there.map((each) => [each.version, { name, version: each.version, dist: {} }]),
      )
      return answer(200, { name, 'dist-tags': { latest: there[0]?.version }, versions })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close().closeAllConnections())
  return { state, url: `127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** Runs publish.mjs in a folder, with the test's registry. */
async function release(folder: string, url: string, ...args: string[]) {
  const settings = path.join(folder, 'npmrc')
  fs.writeFileSync(
    settings,
    `registry=http://${url}/\n//${url}/:_authToken=secret\nfetch-retries=0\nupdate-notifier=false\n`,
  )
  const env: NodeJS.ProcessEnv = { ...process.env, npm_config_userconfig: settings }
  // What `npm run` sets in the environment would win over the file, and a workflow's token is not for this registry.
  for (const name of ['npm_config_registry', 'ACTIONS_ID_TOKEN_REQUEST_URL']) delete env[name]
  const child = spawn(process.execPath, [path.join(folder, 'scripts', 'release', 'publish.mjs'), ...args], { env })
  const printed = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => (printed.stdout += chunk))
  child.stderr.on('data', (chunk) => (printed.stderr += chunk))
  const [code] = await once(child, 'close')
  return { code, ...printed }
}

/** A test that runs npm, where releases are made. */
function npmTest(title: string, body: (t: ExecutionContext) => Promise<void>): void {
  test.serial(title, async (t) => {
    if (windows) return skip(t, 'releases are made on Linux or macOS')
    if (process.env['NAPI_RS_NATIVE_LIBRARY_PATH'] !== undefined)
      return skip(t, 'releases are not made in an emulated engine')
    if ('bun' in process.versions || 'deno' in process.versions) return skip(t, 'releases are made with Node')
    t.timeout(500_000)
    await body(t)
  })
}

const ORDER = [...FEW.map(({ name }) => name), 'memmap']

npmTest('npm run release: a dry run publishes nothing', async (t) => {
  const { state, url } = await registry(t)
  const outcome = await release(project(t), url, '--artifacts', artifacts(t, FEW))
  t.is(outcome.code, 0, outcome.stderr)
  t.deepEqual(
    outcome.stdout.match(/^.*: would be published$/gm),
    ORDER.map((name) => `${name}@${version}: would be published`),
  )
  t.regex(outcome.stdout, /^5 packages from .*, nothing published$/m)
  t.deepEqual(state.taken, [])
})

npmTest('npm run release -- --publish: platforms first; one that broke off is run again', async (t) => {
  const { state, url } = await registry(t)
  const [folder, from] = [project(t), artifacts(t, FEW)]
  const args = ['--artifacts', from, '--tag', `v${version}`, '--publish']
  state.refuse = platform('win32-x64-msvc').name
  const broken = await release(folder, url, ...args)
  t.is(broken.code, 1)
  t.regex(broken.stderr, /^release: npm publish .*win32-x64-msvc.* failed:/m)
  t.deepEqual(
    state.taken.map(({ name }) => name),
    ORDER.slice(0, 2),
  )
  state.refuse = ''
  const outcome = await release(folder, url, ...args)
  t.is(outcome.code, 0, outcome.stderr)
  t.is(outcome.stdout.match(/: is published already$/gm)?.length, 2)
  t.deepEqual(
    state.taken.map(({ name }) => name),
    ORDER,
  )
  t.deepEqual(state.taken.at(-1), { name: 'memmap', version, tag: 'latest', optional: 4 })
})

npmTest('npm run release: what is wrong stops it before anything is published', async (t) => {
  const { state, url } = await registry(t)
  const [folder, from] = [project(t), artifacts(t, FEW)]
  const run = (...args: string[]) => release(folder, url, ...args)
  t.like(await run(), {
    code: 2,
    stderr: 'release: --artifacts DIR is needed: the folder with the binaries of all platforms\n',
  })
  t.like(await run('--artifacts', '/no/such'), { code: 2, stderr: 'release: --artifacts: no such folder: /no/such\n' })
  t.like(await run('--nonsense'), { code: 2 })
  t.like(await run('--artifacts', from, '--publish'), {
    code: 2,
    stderr: 'release: --publish needs --tag: the tag that is being published\n',
  })
  fs.rmSync(path.join(from, platform('android-arm64').file))
  t.like(await run('--artifacts', from, '--tag', 'v9.9.9', '--publish'), {
    code: 1,
    stderr:
      `release: the tag has 9.9.9, package.json has ${version}\n` +
      'release: memmap.android-arm64.node: missing (aarch64-linux-android)\n',
  })
  edit(folder, 'CHANGELOG.md', '2026-12-01', 'unreleased')
  fs.writeFileSync(path.join(from, platform('android-arm64').file), binary(platform('android-arm64')))
  t.like(await run('--artifacts', from, '--tag', `v${version}`, '--publish'), {
    code: 1,
    stderr: `release: CHANGELOG.md has 'unreleased' for ${version}, a release needs its date\n`,
  })
  fs.rmSync(path.join(folder, 'index.js'))
  t.like(await run('--artifacts', from), {
    code: 1,
    stderr: 'release: index.js is missing: run `npm run build:lib`\n',
  })
  t.deepEqual(state.taken, [])
})
