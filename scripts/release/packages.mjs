// Lays out what is published: the main package, and one package for each platform with its binary.
//
// `napi create-npm-dirs` and `napi artifacts` do most of it. This adds what they cannot do: they name a platform's
// package `memmap-linux-x64-gnu` where ours is `@memmap/linux-x64-gnu`, they leave out `libc` for gnueabihf and the
// field `publishConfig.provenance`, and they copy no licence. `napi pre-publish` would refuse our names; it also
// publishes without dist-tags, and does not pass over what is published already. publish.mjs does that instead.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { NapiCli, parseTriple } from '@napi-rs/cli'

export const root = fileURLToPath(new URL('../..', import.meta.url))

const LIBC = { gnu: 'glibc', gnueabihf: 'glibc', musl: 'musl' }

/** The fields of package.json that are of use in the repository only. */
const OF_REPOSITORY = ['scripts', 'devDependencies', 'napi', 'ava']

/** The package.json of the main package. */
export function manifest() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
}

/**
 * Each target of `napi.targets`: its Rust triple `target`, its `tuple` in napi's names, the `name` of its package, the
 * `file` of its binary, and the `os`, `cpu` and (on Linux) `libc` that npm installs it on.
 */
export function platforms({ name, napi } = manifest()) {
  return napi.targets.map((target) => {
    const { platformArchABI: tuple, platform: os, arch: cpu, abi } = parseTriple(target)
    const libc = os === 'linux' ? LIBC[abi] : undefined
    return { target, tuple, name: `@${name}/${tuple}`, file: `${napi.binaryName}.${tuple}.node`, os, cpu, libc }
  })
}

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'))
const writeJson = (path, value) => writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`)

/** Empties a folder, or makes it. */
export function empty(folder) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
}

/** Completes the package that `napi create-npm-dirs` wrote for a platform. */
function completePlatform(folder, { name, target, libc }, main) {
  const path = join(folder, 'package.json')
  const description = `The binary of ${main.name} for ${target}`
  // Without keywords, so that a search on npm finds the main package alone.
  const { keywords, ...made } = readJson(path)
  const own = { ...made, name, description, ...(libc && { libc: [libc] }), publishConfig: main.publishConfig }
  writeJson(path, own)
  const advice = `Do not install it yourself: \`npm install ${main.name}\` chooses the right one.`
  writeFileSync(join(folder, 'README.md'), `# ${name}\n\n${description}. ${advice}\n`)
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
}

/**
 * Lays out all packages in the folder `out`, which must be new or empty; what fails leaves it empty. `artifacts` is the
 * folder with the binaries of all platforms, searched to its bottom, `repository` the address that each package.json
 * names, when it is known. Answers `{ main: { name, version, folder }, platforms: [{ version, folder, ... }] }`, with
 * the fields of `platforms()`.
 */
export async function stage({ out, artifacts, repository }) {
  if (existsSync(out) && readdirSync(out).length > 0) throw new Error(`The folder is not empty: ${out}`)
  const own = manifest()
  for (const file of own.files) {
    if (!existsSync(join(root, file))) throw new Error(`${file} is missing: run \`npm run build:lib\``)
  }
  const folder = join(out, own.name)
  // napi wants them below the main package, whose tarball has only what `files` lists.
  const npm = join(folder, 'npm')
  const all = platforms(own).map((each) => ({ ...each, version: own.version, folder: join(npm, each.tuple) }))
  try {
    mkdirSync(folder, { recursive: true })
    const main = { ...own, ...(repository && { repository: { type: 'git', url: repository } }) }
    writeJson(join(folder, 'package.json'), main)
    for (const file of [...own.files, 'README.md', 'LICENSE']) copyFileSync(join(root, file), join(folder, file))

    const napi = new NapiCli()
    await napi.createNpmDirs({ cwd: folder, npmDir: npm })
    await napi.artifacts({ cwd: folder, npmDir: npm, outputDir: resolve(artifacts) })
    for (const platform of all) {
      completePlatform(platform.folder, platform, main)
      // napi puts each binary beside index.js too.
      rmSync(join(folder, platform.file))
    }
    writeJson(join(folder, 'package.json'), {
      ...Object.fromEntries(Object.entries(main).filter(([key]) => !OF_REPOSITORY.includes(key))),
      optionalDependencies: Object.fromEntries(all.map(({ name, version }) => [name, version])),
    })
  } catch (error) {
    empty(out)
    throw error
  }
  return { main: { name: own.name, version: own.version, folder }, platforms: all }
}
