// The error when no binary can be loaded: what this system is, what is installed instead, and which command mends it.
import fs from 'node:fs'
import path from 'node:path'
import { MmapError } from '../errors.js'
import { type Install, inspectInstall, remedy, type Trouble } from './install.js'
import { glibcVersion, libc } from './libc.js'

/** Which binary is searched for, and from where. */
export interface Lookup {
  /** The version of this package, which the binary's package must have too. */
  version: string
  /** The system's name in the names of packages and files: 'linux-x64-gnu'. */
  tuple: string
  /** The file of this package that searches. */
  self: string
  /** The `require` of that file. */
  find: NodeJS.Require
  /** Whether the file lies in an Electron archive (asar). */
  archived: boolean
}

/** All systems for which there are binaries. */
const TUPLES: readonly string[] = [
  'linux-x64-gnu',
  'linux-x64-musl',
  'linux-arm64-gnu',
  'linux-arm64-musl',
  'linux-arm-gnueabihf',
  'linux-riscv64-gnu',
  'linux-ppc64-gnu',
  'linux-s390x-gnu',
  'darwin-x64',
  'darwin-arm64',
  'win32-x64-msvc',
  'win32-ia32-msvc',
  'win32-arm64-msvc',
  'freebsd-x64',
  'android-arm64',
]

function resolved(find: NodeJS.Require, name: string): string | undefined {
  try {
    return find.resolve(name)
  } catch {
    return undefined
  }
}

/** The C library, as far as it can be determined. */
function cLibraryWords(): string[] {
  if (process.platform !== 'linux') return []
  const name = libc()
  if (name === undefined) return ['an unknown C library']
  return [name === 'glibc' ? ['glibc', glibcVersion()].filter(Boolean).join(' ') : name]
}

/** This system in words. */
function systemWords(): string {
  const { arch, platform, versions } = process
  const engine = ['electron', 'bun', 'deno'].find((each) => versions[each] !== undefined) ?? 'node'
  return [`${platform} ${arch}`, ...cLibraryWords(), `${engine} ${versions[engine]}`].join(', ')
}

/** An error whose message has a headline, a list of facts, and what to do about it. */
function loadError(headline: string, facts: readonly (string | undefined)[], mend: string, cause?: unknown): MmapError {
  const known = [`this is ${systemWords()}`, ...facts].filter((fact) => fact !== undefined)
  const message = [headline, ...known.map((fact) => `- ${fact}`), `To mend it: ${mend}`].join('\n')
  return new MmapError('ERR_MMAP_BINARY', message, cause === undefined ? undefined : { cause })
}

const BUILD_FROM_SOURCE =
  'build it from source on this system, and name the file that comes of it in the environment variable NAPI_RS_NATIVE_LIBRARY_PATH'

/** There is no binary for this system. */
export function unsupported({ tuple, version }: Lookup): MmapError {
  return loadError(
    `memmap ${version} has no binary for ${tuple}`,
    [`it has them for ${TUPLES.join(', ')}`],
    BUILD_FROM_SOURCE,
  )
}

/** The packages for other platforms that are installed, if there are any. */
function otherPlatforms({ find, tuple }: Lookup): string | undefined {
  const installed = TUPLES.filter(
    (each) => each !== tuple && resolved(find, `@memmap/${each}/package.json`) !== undefined,
  )
  if (installed.length === 0) return undefined
  return `there is ${installed.map((each) => `@memmap/${each}`).join(' and ')} instead: node_modules was made on, or for, another system or processor`
}

/** A hint for programs whose files were bundled or archived. */
function bundlingHint({ archived, self }: Lookup): string | undefined {
  if (archived)
    return 'from an Electron archive nothing can be loaded: unpack @memmap/* (asarUnpack in electron-builder)'
  try {
    const own = JSON.parse(fs.readFileSync(path.join(path.dirname(self), 'package.json'), 'utf8'))
    if (own.name === 'memmap') return undefined
  } catch {
    // There is no package.json beside the file.
  }
  return `memmap was bundled into ${self}: keep it external, and install it beside the bundle`
}

/** The binary's package has another version. */
export function mismatched(lookup: Lookup, found: string): MmapError {
  const { self, tuple, version } = lookup
  const name = `@memmap/${tuple}`
  const install = inspectInstall(self, name)
  const headline = `memmap ${version} needs ${name}@${version}, and found version ${found}`
  const place = resolved(lookup.find, `${name}/package.json`)
  return loadError(
    headline,
    [place && `it is ${path.dirname(place)}`, bundlingHint(lookup)],
    remedy(install, 'missing', version),
  )
}

/** Why an install may have left the binary's package out. */
function whyMissing({ listed, lock, skipped }: Install): string[] {
  if (skipped !== undefined) return [`optional dependencies are left out by ${skipped}`]
  if (lock === undefined) return ['an install leaves it out when told to (--omit=optional, --no-optional)']
  if (listed)
    return [`${lock} lists it: an install was told to leave it out (--omit=optional, --no-optional), or it was removed`]
  return [`${lock} does not list it: it was made on another system (npm/cli#4828), or without optional dependencies`]
}

/** The binary's package is not installed, or lacks its file. */
function missing(lookup: Lookup, cause: unknown): MmapError {
  const { self, tuple, version } = lookup
  const name = `@memmap/${tuple}`
  const install = inspectInstall(self, name)
  const folder = resolved(lookup.find, `${name}/package.json`)
  const trouble: Trouble = folder === undefined ? 'missing' : 'broken'
  const headline =
    folder === undefined
      ? `The binary of memmap ${version} is missing: ${name}@${version}, an optional dependency, is not installed`
      : `The binary of memmap ${version} is missing: ${path.dirname(folder)} is there, but not its file memmap.${tuple}.node`
  const facts = [otherPlatforms(lookup), ...(trouble === 'missing' ? whyMissing(install) : []), bundlingHint(lookup)]
  return loadError(headline, facts, remedy(install, trouble, version), cause)
}

const NEEDS_GLIBC = /\bGLIBC_(\d+)\.(\d+)/g

/** What an error of the system's loader or of the engine means, and what to do if reinstalling would not help. */
function diagnosis(error: {
  code?: unknown
  name?: unknown
  message: string
}): [meaning: string, mend: string] | undefined {
  const { code, message, name } = error
  const [newest] = [...message.matchAll(NEEDS_GLIBC)]
    .map(([, a, b]) => [Number(a), Number(b)] as const)
    .sort(([a, b], [c, d]) => c - a || d - b)
  if (newest !== undefined) {
    const needed = newest.join('.')
    return [
      `glibc is too old: it needs ${needed} or newer`,
      `use a system with glibc ${needed} or newer, or ${BUILD_FROM_SOURCE}`,
    ]
  }
  if (/libc\.musl-|ld-musl-/.test(message)) return ['it is for musl', BUILD_FROM_SOURCE]
  if (/ld-linux|libc\.so\.6|symbol not found/.test(message) && libc() === 'musl')
    return ['it is for glibc', BUILD_FROM_SOURCE]
  if (code === 'ERR_DLOPEN_DISABLED') {
    return process.permission === undefined
      ? ['addons are switched off', 'start the program without --no-addons']
      : ["Node's permission model forbids addons", 'start the program with --allow-addons']
  }
  if (name === 'NotCapable' || name === 'PermissionDenied')
    return ['Deno forbids it', 'start the program with --allow-ffi']
  if (/failed to map segment|Operation not permitted/.test(message))
    return [
      'nothing may run from where it is (a file system mounted noexec?)',
      'install to a place from which code may run',
    ]
  return undefined
}

/** A binary was found and does not load: that of the package, or the `file` that `origin` named. */
export function unloadable(lookup: Lookup, error: unknown, file?: string, origin?: string): MmapError {
  const { self, tuple, version } = lookup
  const found = file ?? resolved(lookup.find, `@memmap/${tuple}`)
  if (found === undefined) return missing(lookup, error)
  const reason = error instanceof Error ? error : new Error(String(error))
  const message = reason.message.trim().replaceAll('\n', '\n  ')
  const facts = [origin && `named by ${origin}`]
  if (!fs.existsSync(found)) return loadError(`There is no file ${found}`, facts, `correct ${origin}`, error)
  const [meaning, mend] = diagnosis(reason) ?? []
  const headline = `The binary of memmap ${version} for ${tuple} cannot be loaded${meaning ? `: ${meaning}` : ''}`
  const own =
    origin === undefined ? remedy(inspectInstall(self, `@memmap/${tuple}`), 'broken', version) : BUILD_FROM_SOURCE
  return loadError(
    headline,
    [`file: ${found}`, ...facts, `the loader says: ${message}`, bundlingHint(lookup)],
    mend ?? own,
    error,
  )
}
