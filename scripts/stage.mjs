// Lays out what is published: the main package and one for each platform, each a folder ready for `npm pack`.
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { files, manifest, platforms, root } from './platforms.mjs'

/** What only the repository needs of package.json. */
const HERE_ALONE = ['scripts', 'devDependencies', 'napi', 'ava']

/** The binaries among `artifacts`, by name: a folder, searched to its bottom, or paths of files. */
function binaries(artifacts) {
  const paths =
    typeof artifacts === 'string'
      ? readdirSync(artifacts, { recursive: true }).map((path) => join(artifacts, path))
      : [...artifacts]
  const found = new Map()
  for (const path of paths.filter((each) => each.endsWith('.node') && statSync(each).isFile())) {
    const name = basename(path)
    if (found.has(name)) throw new Error(`Two binaries of one name: ${found.get(name)} and ${path}`)
    found.set(name, path)
  }
  return found
}

function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true })
  copyFileSync(from, to)
}

function writeJson(path, value) {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`)
}

/**
 * Stages all packages in the folder `out`, which must be new or empty. `artifacts`: the binaries of all platforms.
 * `repository`: the address that package.json names, when it is known.
 * Answers the folders: `{ main: { name, version, folder }, platforms: [{ name, version, folder, tuple, file, ... }] }`.
 */
export function stage({ out, artifacts, repository }) {
  const own = manifest()
  const { version } = own
  const from = binaries(artifacts)
  const all = platforms(own)
  const absent = all.filter(({ file }) => !from.has(file)).map(({ file }) => file)
  if (absent.length > 0) throw new Error(`${absent.length} of ${all.length} binaries are missing: ${absent.join(', ')}`)
  const strangers = [...from.keys()].filter((name) => !all.some(({ file }) => file === name))
  if (strangers.length > 0) throw new Error(`Binaries of no target in napi.targets: ${strangers.join(', ')}`)
  if (existsSync(out) && readdirSync(out).length > 0) throw new Error(`The folder is not empty: ${out}`)

  const source = (directory) =>
    repository === undefined ? {} : { repository: { type: 'git', url: repository, ...(directory && { directory }) } }

  const main = { name: own.name, version, folder: join(out, own.name) }
  const published = Object.fromEntries(Object.entries(own).filter(([key]) => !HERE_ALONE.includes(key)))
  writeJson(join(main.folder, 'package.json'), {
    ...published,
    ...source(),
    optionalDependencies: Object.fromEntries(all.map(({ name }) => [name, version])),
  })
  for (const file of [...own.files, 'README.md', 'LICENSE']) copy(join(root, file), join(main.folder, file))

  const texts = files(own)
  const staged = all.map((platform) => {
    const folder = join(out, platform.tuple)
    for (const [path, text] of Object.entries(texts).filter(([path]) => path.startsWith(`${platform.tuple}/`))) {
      const to = join(out, path)
      if (!path.endsWith('/package.json')) {
        mkdirSync(dirname(to), { recursive: true })
        writeFileSync(to, text)
      } else writeJson(to, { ...JSON.parse(text), ...source(`npm/${platform.tuple}`) })
    }
    copy(from.get(platform.file), join(folder, platform.file))
    return { ...platform, version, folder }
  })
  return { main, platforms: staged }
}

/** Empties a folder, or makes it. */
export function empty(folder) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
}
