import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

/** `yarn` is Yarn 1, `berry` is Yarn 2 and newer. */
export type Manager = 'npm' | 'pnpm' | 'yarn' | 'berry' | 'bun' | 'deno'

/** What is wrong with the binary's package: it is not installed, or does not load. */
export type Trouble = 'missing' | 'broken'

const LOCKS: readonly [file: string, manager: Manager][] = [
  ['package-lock.json', 'npm'],
  ['npm-shrinkwrap.json', 'npm'],
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['deno.lock', 'deno'],
]

/** Settings that make a package manager leave optional dependencies out. */
const SETTINGS: readonly [file: string, pattern: RegExp][] = [
  ['.npmrc', /^\s*(?:omit(?:\[\])?\s*=.*\boptional\b|optional\s*=\s*false\b).*/m],
  ['.yarnrc', /^\s*--(?:install\.|add\.)?ignore-optional\b.*/m],
  ['bunfig.toml', /^\s*optional\s*=\s*false\b.*/m],
]

function text(file: string): string {
  try {
    return fs.readFileSync(file, 'latin1')
  } catch {
    // It does not exist, or may not be read.
    return ''
  }
}

function home(): string | undefined {
  try {
    return os.homedir()
  } catch {
    // Deno may not permit the question.
    return undefined
  }
}

/** A folder, and each folder above it. */
function* upwards(folder: string): Iterable<string> {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    yield at
    if (at === path.dirname(at)) return
  }
}

/** How the package was installed, as far as it can be determined. */
export interface Install {
  manager: Manager
  /** The project's folder. */
  folder: string | undefined
  /** The name of the project's lockfile. */
  lock: string | undefined
  /** Whether the lockfile lists the binary's package. */
  listed: boolean
  /** The setting that made the manager leave optional dependencies out. */
  skipped: string | undefined
}

/** The manager that runs this program now, if one does: through its script runner, or because the engine is one. */
function runningManager(): Manager | undefined {
  const agent = process.env['npm_config_user_agent'] ?? ''
  const [, name, version = ''] = /^(npm|pnpm|yarn|bun|deno)\/(\d*)/.exec(agent) ?? []
  if (name === undefined) return (['bun', 'deno'] as const).find((each) => process.versions[each] !== undefined)
  return name === 'yarn' && version !== '1' ? 'berry' : (name as Manager)
}

/** The setting that made a manager leave optional dependencies out: in the environment, or a line of a file. */
function skippingSetting(folder: string | undefined): string | undefined {
  const { npm_config_omit: omit = '', npm_config_optional: optional } = process.env
  if (/\boptional\b/.test(omit)) return `npm_config_omit=${omit} in the environment`
  if (optional === 'false') return `npm_config_optional=${optional} in the environment`
  const folders = [folder, home()].filter((each) => each !== undefined)
  for (const each of folders) {
    for (const [name, pattern] of SETTINGS) {
      const file = path.join(each, name)
      const [line] = pattern.exec(text(file)) ?? []
      if (line !== undefined) return `"${line.trim()}" in ${file}`
    }
  }
  if (folder === undefined) return undefined
  const modules = path.join(folder, 'node_modules', '.modules.yaml')
  return /"?optionalDependencies"?: false/.test(text(modules)) ? `the install that made ${modules}` : undefined
}

/** Finds out how the project that the file `self` belongs to was installed. `name` is the binary's package. */
export function inspectInstall(self: string, name: string): Install {
  const running = runningManager()
  // If there are lockfiles of several managers, that of the running one comes first.
  const isRunning = (owner: Manager): boolean => owner === running || (owner === 'yarn' && running === 'berry')
  const locks = [...LOCKS].sort(([, a], [, b]) => Number(isRunning(b)) - Number(isRunning(a)))
  for (const folder of [...upwards(path.dirname(self)), ...upwards(process.cwd())]) {
    for (const [lock, owner] of locks) {
      const content = text(path.join(folder, lock))
      // A lockfile that does not list memmap belongs to another project.
      if (!/\bmemmap@|node_modules\/memmap"/.test(content)) continue
      const manager = owner === 'yarn' && content.includes('__metadata:') ? 'berry' : owner
      const listed = content.includes(`${name}@`) || content.includes(`node_modules/${name}"`)
      return { manager, folder, lock, listed, skipped: skippingSetting(folder) }
    }
  }
  return {
    manager: running ?? 'npm',
    folder: undefined,
    lock: undefined,
    listed: false,
    skipped: skippingSetting(undefined),
  }
}

/** The command that mends the install, with what has to be done before. */
export function remedy({ manager, lock, listed, skipped }: Install, trouble: Trouble, version: string): string {
  // The other managers have an option that overrides the setting.
  const first = skipped !== undefined && (manager === 'yarn' || manager === 'bun') ? `undo ${skipped}, then: ` : ''
  switch (manager) {
    case 'pnpm':
      return 'pnpm install --force --config.optional=true'
    case 'yarn':
      return `${first}yarn install --force`
    case 'bun':
      return `${first}bun install --force`
    case 'deno':
      return 'deno install --reload'
    case 'berry':
      // Yarn compares with its own records, not with the files.
      return trouble === 'missing' ? 'yarn install' : 'delete node_modules and .yarn/unplugged, then: yarn install'
    default:
      if (trouble === 'broken')
        return lock ? 'npm ci --include=optional' : 'delete node_modules, then: npm install --include=optional'
      // The package is named, because npm 10 and older otherwise trust a lockfile that was made on another system.
      return `npm install --include=optional${listed ? '' : ` memmap@${version}`}`
  }
}
