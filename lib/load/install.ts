import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

/** `yarn` is Yarn 1, `berry` its successor. */
export type Manager = 'npm' | 'pnpm' | 'yarn' | 'berry' | 'bun' | 'deno'

/** Why a binary is not to be had. */
export type Trouble = 'missing' | 'broken'

const LOCKS: readonly [file: string, manager: Manager][] = [
  ['package-lock.json', 'npm'],
  ['npm-shrinkwrap.json', 'npm'],
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['deno.lock', 'deno'],
]

/** Settings by which a package manager leaves optional dependencies out. */
const SETTINGS: readonly [file: string, pattern: RegExp][] = [
  ['.npmrc', /^\s*(?:omit(?:\[\])?\s*=.*\boptional\b|optional\s*=\s*false\b).*/m],
  ['.yarnrc', /^\s*--(?:install\.|add\.)?ignore-optional\b.*/m],
  ['bunfig.toml', /^\s*optional\s*=\s*false\b.*/m],
]

function text(file: string): string {
  try {
    return fs.readFileSync(file, 'latin1')
  } catch {
    // Not there, or not for us to read.
    return ''
  }
}

function home(): string | undefined {
  try {
    return os.homedir()
  } catch {
    // Deno may forbid to ask.
    return undefined
  }
}

/** A folder, and each that it is in. */
function* upwards(folder: string): Iterable<string> {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    yield at
    if (at === path.dirname(at)) return
  }
}

/** Who installed, as far as it can be told. */
export interface Install {
  manager: Manager
  /** The folder of the project. */
  folder: string | undefined
  /** The name of its lockfile. */
  lock: string | undefined
  /** Whether the lockfile lists the binary's package. */
  listed: boolean
  /** What told the manager to leave optional dependencies out. */
  skipped: string | undefined
}

/** The manager that runs this program now, if one does: a script of npm's, or an engine that is one itself. */
function agent(): Manager | undefined {
  const agent = process.env['npm_config_user_agent'] ?? ''
  const [, name, version = ''] = /^(npm|pnpm|yarn|bun|deno)\/(\d*)/.exec(agent) ?? []
  if (name === undefined) return (['bun', 'deno'] as const).find((each) => process.versions[each] !== undefined)
  return name === 'yarn' && version !== '1' ? 'berry' : (name as Manager)
}

/** What told a manager to leave optional dependencies out: the environment, or a line in a file of settings. */
function skipped(folder: string | undefined): string | undefined {
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

/** Looks for the project that `self` was installed for. */
export function inspectInstall(self: string, name: string): Install {
  const running = agent()
  // Where there are lockfiles of several, that of the one at work.
  const isRunning = (owner: Manager): boolean => owner === running || (owner === 'yarn' && running === 'berry')
  const locks = [...LOCKS].sort(([, a], [, b]) => Number(isRunning(b)) - Number(isRunning(a)))
  for (const folder of [...upwards(path.dirname(self)), ...upwards(process.cwd())]) {
    for (const [lock, owner] of locks) {
      const content = text(path.join(folder, lock))
      // The lockfile of something else says nothing.
      if (!/\bmemmap@|node_modules\/memmap"/.test(content)) continue
      const manager = owner === 'yarn' && content.includes('__metadata:') ? 'berry' : owner
      const listed = content.includes(`${name}@`) || content.includes(`node_modules/${name}"`)
      return { manager, folder, lock, listed, skipped: skipped(folder) }
    }
  }
  return { manager: running ?? 'npm', folder: undefined, lock: undefined, listed: false, skipped: skipped(undefined) }
}

/** The command that mends it, with what is to be done before. */
export function remedy({ manager, lock, listed, skipped }: Install, trouble: Trouble, version: string): string {
  // The others have an option that is stronger than a setting.
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
      // It looks at what it wrote down, not at the files.
      return trouble === 'missing' ? 'yarn install' : 'delete node_modules and .yarn/unplugged, then: yarn install'
    default:
      if (trouble === 'broken')
        return lock ? 'npm ci --include=optional' : 'delete node_modules, then: npm install --include=optional'
      // Named, or npm 10 and older believe a lockfile that was made on another system.
      return `npm install --include=optional${listed ? '' : ` memmap@${version}`}`
  }
}
