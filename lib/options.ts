import { resolve, toNamespacedPath } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isUint8Array } from 'node:util/types'
import { HOMES, type Home } from './bytes.js'
import * as check from './checks.js'
import type { Access } from './core.js'
import { wrongType, wrongValue } from './errors.js'

/** A path as `node:fs` takes it. */
export type PathLike = string | Buffer | Uint8Array | URL

/** What becomes of an access that the file, or its disk, cannot answer. */
export type Faults = 'guard' | 'crash'

interface CommonOptions {
  /** Forces a home; default: the best that the engine allows. Environment: `MEMMAP_HOME`. */
  home?: Home
  /**
   * `'guard'` (default): what would kill the process does not, see `faulted`. `'crash'`: nothing is watched.
   * Environment: `MEMMAP_FAULTS`.
   */
  faults?: Faults
}

/** Options of the constructor. */
export interface MmapOptions extends CommonOptions {
  /** Default: read and write, shared, as in Python. */
  access?: Access
  /** Unix: bits of PROT_, with PROT_READ among them. Never with `access`. */
  prot?: number
  /** Unix: bits of MAP_. Never with `access`. Refused: MAP_FIXED and its kin, MAP_GROWSDOWN, MAP_HUGETLB. */
  flags?: number
  /** Bytes from the start of the file; a multiple of ALLOCATIONGRANULARITY. */
  offset?: number | bigint
  /** `false` keeps no duplicate of the descriptor: `size()` and `resize()` then throw. Default true. */
  trackfd?: boolean
  /** Named memory: the same bytes for everybody who gives the name. With `fileno` -1; on Windows also
   *  with a file. On POSIX systems it stays until `Mmap.unlink(name)`. */
  tagname?: string
}

/** Options of `Mmap.open`. */
export interface OpenOptions extends CommonOptions {
  /** Default `'read'`. */
  access?: Access
  /** Bytes from the start of the file: any. */
  offset?: number | bigint
  /** Bytes; 0 (default): to the end of the file. Beyond the end, with the access `'write'`, the file grows. */
  length?: number | bigint
  /** Makes the file if there is none. With the access `'write'` alone. */
  create?: boolean
}

/** Options of `Mmap.openAsync`. */
export interface OpenAsyncOptions extends OpenOptions {
  /** Ends the wait with an AbortError; what was opened meanwhile is closed. */
  signal?: AbortSignal
}

/** Options of `Mmap.anonymous`. */
export interface AnonymousOptions extends CommonOptions {
  /** `'write'` (default) is shared memory, `'copy'` private. */
  access?: Access
}

const ACCESSES: readonly Access[] = ['read', 'write', 'copy']
const UNIX = ['prot', 'flags']
const CONSTRUCTOR = ['access', 'offset', 'trackfd', 'tagname', 'home', 'faults']
const CONSTRUCTOR_KEYS = process.platform === 'win32' ? CONSTRUCTOR : [...CONSTRUCTOR, ...UNIX]
const OPEN_KEYS = ['access', 'offset', 'length', 'create', 'home', 'faults']

/** 0: none given. */
export function accessCode(access: Access | undefined): number {
  return access === undefined ? 0 : ACCESSES.indexOf(access) + 1
}

// Read once: a look into the environment costs as much as a system call.
const FORCED = process.env['MEMMAP_HOME'] || undefined

function home(value: unknown): Home | undefined {
  if (value !== undefined) return check.oneOf(value, 'options.home', HOMES)
  return FORCED === undefined ? undefined : check.oneOf(FORCED, 'MEMMAP_HOME', HOMES)
}

const FAULTS: readonly Faults[] = ['guard', 'crash']
const FORCED_FAULTS = process.env['MEMMAP_FAULTS'] || undefined

/** Whether faults are survived. */
function guard(value: unknown): boolean {
  const faults =
    value === undefined
      ? check.oneOf(FORCED_FAULTS, 'MEMMAP_FAULTS', FAULTS)
      : check.oneOf(value, 'options.faults', FAULTS)
  return faults !== 'crash'
}

const optional = (value: unknown, name: string): number | undefined =>
  value === undefined ? undefined : check.int32(value, name)

export interface Construction {
  access: Access | undefined
  prot: number | undefined
  flags: number | undefined
  offset: number
  track: boolean
  tagname: string | undefined
  home: Home | undefined
  guard: boolean
}

export function construction(fd: number, given: MmapOptions | undefined): Construction {
  const options = check.options(given, CONSTRUCTOR_KEYS)
  if (options.tagname !== undefined && fd !== -1 && process.platform !== 'win32') {
    throw wrongValue('options.tagname', 'used with the fileno -1 on this system', options.tagname)
  }
  return {
    offset: check.size(options.offset === undefined ? 0 : options.offset, 'options.offset'),
    prot: optional(options.prot, 'options.prot'),
    flags: optional(options.flags, 'options.flags'),
    access: check.oneOf(options.access, 'options.access', ACCESSES),
    track: check.boolean(options.trackfd, 'options.trackfd', true),
    tagname: options.tagname === undefined ? undefined : check.string(options.tagname, 'options.tagname'),
    home: home(options.home),
    guard: guard(options.faults),
  }
}

export interface Opening {
  access: Access
  offset: number
  length: number
  create: boolean
  home: Home | undefined
  guard: boolean
  signal: AbortSignal | undefined
}

export function opening(given: OpenAsyncOptions | undefined, more: readonly string[] = []): Opening {
  const options = check.options(given, [...OPEN_KEYS, ...more])
  const access = check.oneOf(options.access, 'options.access', ACCESSES) ?? 'read'
  const create = check.boolean(options.create, 'options.create', false)
  if (create && access !== 'write') throw wrongValue('options.create', "used with the access 'write' alone", true)
  return {
    access,
    create,
    offset: check.size(options.offset === undefined ? 0 : options.offset, 'options.offset'),
    length: check.size(options.length === undefined ? 0 : options.length, 'options.length'),
    home: home(options.home),
    guard: guard(options.faults),
    signal: check.signal(options.signal),
  }
}

export function anonymous(given: AnonymousOptions | undefined): AnonymousOptions {
  return check.options(given, ['access', 'home', 'faults'])
}

/** A descriptor number, from a number or a FileHandle; -1 alone means no file. */
export function descriptor(fileno: unknown): number {
  if (typeof fileno === 'number') return check.int32(fileno, 'fileno')
  const fd: unknown = typeof fileno === 'object' && fileno !== null ? Reflect.get(fileno, 'fd') : undefined
  if (typeof fd !== 'number') throw wrongType('fileno', 'a file descriptor or an object with one (`fd`)', fileno)
  // A closed FileHandle has the number -1, which must not become memory.
  return fd === -1 ? -2 : check.int32(fd, 'fileno.fd')
}

export interface Path {
  /** What the system is asked for. */
  bytes: Uint8Array
  /** What people read. */
  text: string
}

export function path(value: unknown): Path {
  const plain: unknown = value instanceof URL ? fileURLToPath(value) : value
  if (isUint8Array(plain)) {
    if (plain.includes(0)) throw wrongValue('path', 'without null bytes', plain)
    return { bytes: plain, text: Buffer.from(plain.buffer, plain.byteOffset, plain.length).toString() }
  }
  if (typeof plain !== 'string') throw wrongType('path', 'of type string or an instance of Buffer or URL', value)
  if (plain.includes('\0')) throw wrongValue('path', 'a string without null bytes', plain)
  // Absolute now: what is taken back later must be the same file, wherever the process has gone.
  return { bytes: Buffer.from(plain === '' ? plain : toNamespacedPath(resolve(plain))), text: plain }
}
