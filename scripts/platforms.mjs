// The packages of the binaries, one a platform: made from package.json, its `napi.targets` above all.
//   node scripts/platforms.mjs          writes npm/
//   node scripts/platforms.mjs --check  fails, naming each file, if npm/ is not what it would write
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseTriple } from '@napi-rs/cli'

export const root = fileURLToPath(new URL('..', import.meta.url))

const SYSTEMS = { android: 'Android', darwin: 'macOS', freebsd: 'FreeBSD', linux: 'Linux', win32: 'Windows' }
const LIBC = { gnu: 'glibc', gnueabihf: 'glibc', musl: 'musl' }

/** The package.json of the main package. */
export function manifest() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
}

/** What is known of each target: its package, its file, and the systems that it is for. */
export function platforms({ name, napi } = manifest()) {
  return napi.targets.map((target) => {
    const { platformArchABI: tuple, platform, arch, abi } = parseTriple(target)
    if (!(platform in SYSTEMS))
      throw new Error(`napi.targets: ${target} is for a system without a name here: ${platform}`)
    const libc = platform === 'linux' ? LIBC[abi] : undefined
    const system = `${SYSTEMS[platform]} ${arch}${libc === undefined ? '' : `, ${libc}`}`
    const file = `${napi.binaryName}.${tuple}.node`
    return { target, tuple, name: `@${name}/${tuple}`, file, os: platform, cpu: arch, libc, system }
  })
}

/** The text of each file below npm/, by its path there. */
export function files(main = manifest()) {
  const license = readFileSync(join(root, 'LICENSE'), 'utf8')
  const made = {}
  for (const { tuple, name, file, os, cpu, libc, system } of platforms(main)) {
    const description = `The binary of ${main.name} for ${system}`
    const own = {
      name,
      version: main.version,
      description,
      license: main.license,
      main: file,
      files: [file],
      os: [os],
      cpu: [cpu],
      ...(libc !== undefined && { libc: [libc] }),
      engines: main.engines,
      publishConfig: { access: 'public', provenance: true },
    }
    made[`${tuple}/package.json`] = `${JSON.stringify(own, null, 2)}\n`
    made[`${tuple}/README.md`] =
      `# ${name}\n\n${description}. Do not install it yourself: \`npm install ${main.name}\` chooses the right one.\n`
    made[`${tuple}/LICENSE`] = license
  }
  return made
}

/** The files below npm/ that are not what they should be: of another text, missing, or too many. */
export function stale() {
  const made = files()
  const there = new Set()
  for (const entry of readdirSync(join(root, 'npm'), { recursive: true, withFileTypes: true })) {
    const path = relative(join(root, 'npm'), join(entry.parentPath, entry.name)).replaceAll('\\', '/')
    // Binaries are put there to be tried, and are not committed.
    if (entry.isFile() && !path.endsWith('.node')) there.add(path)
  }
  const wrong = Object.keys(made).filter(
    (path) => !there.has(path) || readFileSync(join(root, 'npm', path), 'utf8') !== made[path],
  )
  return [...wrong, ...[...there].filter((path) => !(path in made))].map((path) => `npm/${path}`)
}

function write() {
  rmSync(join(root, 'npm'), { recursive: true, force: true })
  for (const [path, text] of Object.entries(files())) {
    const full = join(root, 'npm', path)
    mkdirSync(dirname(full), { recursive: true })
    writeFileSync(full, text)
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [flag, ...rest] = process.argv.slice(2)
  if (rest.length > 0 || (flag !== undefined && flag !== '--check')) {
    console.error('usage: platforms.mjs [--check]')
    process.exitCode = 2
  } else if (flag === undefined) write()
  else {
    const wrong = stale()
    for (const path of wrong) console.error(`not fresh: ${path}`)
    if (wrong.length > 0) {
      console.error('run `npm run platforms`')
      process.exitCode = 1
    }
  }
}
