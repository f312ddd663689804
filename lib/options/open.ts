import * as check from '../checks.js'
import { constants } from '../constants.js'
import { wrongValue } from '../errors.js'
import { HOMES, type Home } from '../homes/home.js'
import { ACCESSES, type Access } from './access.js'

/**
 * What becomes of a fault: an access that the file or its disk cannot answer. `'guard'`: the process lives on.
 * `'crash'`: the system's default, which ends the process (SIGBUS).
 */
export type Faults = 'guard' | 'crash'

/** Options that every kind of mapping has. */
export interface CommonOptions {
  /**
   * Forces a home. Default: the best that the engine allows. The environment variable `MEMMAP_HOME` sets another
   * default.
   */
  home?: Home
  /**
   * `'guard'` (default): a fault does not end the process; see `faulted`. `'crash'`: faults are not handled. The
   * environment variable `MEMMAP_FAULTS` sets another default.
   */
  faults?: Faults
  /**
   * Views over a SharedArrayBuffer: `postMessage()` of `m.buffer.buffer` then shares the bytes with a thread rather than to copy
   * them, and `Atomics.wait()` works on them. It cannot be detached, so views keep their length after `close()`: pointers to
   * the bytes meet what `views` of `close` says. Some functions of Node and of the Web refuse such views: docs/shared-buffers.md
   * has a table. Where it is not to be had, the mapping has the home `'native'`. Default false.
   */
  sharedBuffer?: boolean
}

/** Options of the constructor. */
export interface MmapOptions extends CommonOptions {
  /** Default: read and write, shared, as in Python. */
  access?: Access
  /** Unix: bits of PROT_, with PROT_READ among them. Not together with `access`. */
  prot?: number
  /**
   * Unix: bits of MAP_. Not together with `access`. MAP_FIXED and its relatives, MAP_GROWSDOWN and MAP_HUGETLB are
   * refused.
   */
  flags?: number
  /** Bytes from the start of the file to the start of the mapping: a multiple of ALLOCATIONGRANULARITY. Default 0. */
  offset?: number | bigint
  /**
   * Whether the mapping keeps a duplicate of the descriptor. Default true. With `false`, `size()`, `resize()` and
   * `reattach()` throw ERR_MMAP_NO_DESCRIPTOR.
   */
  trackfd?: boolean
  /**
   * The name of named memory: mappings with the same name, in any process, have the same bytes. With `fileno` -1; on Windows also with a
   * file. On POSIX systems the memory stays until `Mmap.unlink(name)`.
   */
  tagname?: string
}

/** Options of `Mmap.open`. */
export interface OpenOptions extends CommonOptions {
  /** Default `'read'`. */
  access?: Access
  /** Bytes from the start of the file to the start of the mapping: any number. Default 0. */
  offset?: number | bigint
  /**
   * Bytes to map. 0 (default): to the end of the file. With the access `'write'`, a length beyond the end makes the file
   * longer.
   */
  length?: number | bigint
  /** Creates the file if it does not exist. Only with the access `'write'`. Default false. */
  create?: boolean
}

/** Options of `Mmap.openAsync`. */
export interface OpenAsyncOptions extends OpenOptions {
  /** Ends the wait with an AbortError. If the file has been opened meanwhile, it is closed. */
  signal?: AbortSignal | undefined
}

/** Options of `Mmap.anonymous`. */
export interface AnonymousOptions extends CommonOptions {
  /** `'write'` (default): shared memory. `'copy'`: private memory. */
  access?: Access
}

const COMMON_KEYS = ['home', 'faults', 'sharedBuffer']
const UNIX_KEYS = ['prot', 'flags']
const PORTABLE_KEYS = ['access', 'offset', 'trackfd', 'tagname', ...COMMON_KEYS]
const CONSTRUCTOR_KEYS = process.platform === 'win32' ? PORTABLE_KEYS : [...PORTABLE_KEYS, ...UNIX_KEYS]
const OPEN_KEYS = ['access', 'offset', 'length', 'create', ...COMMON_KEYS]

// The environment is read once, because each look into it costs as much as a system call.
const DEFAULT_HOME = process.env['MEMMAP_HOME'] || undefined
const DEFAULT_FAULTS = process.env['MEMMAP_FAULTS'] || undefined

/** The home that was asked for by an option, or else by the environment. */
function chosenHome(value: unknown): Home | undefined {
  if (value !== undefined) return check.oneOf(value, 'options.home', HOMES)
  return DEFAULT_HOME === undefined ? undefined : check.oneOf(DEFAULT_HOME, 'MEMMAP_HOME', HOMES)
}

/** What views were asked for, checked. */
export interface ViewsRequest {
  /** `undefined`: the best that the engine allows. */
  home: Home | undefined
  /** Whether they are to be over a SharedArrayBuffer. */
  shared: boolean
}

export function viewsRequest({ home, sharedBuffer }: Pick<CommonOptions, 'home' | 'sharedBuffer'>): ViewsRequest {
  return { home: chosenHome(home), shared: check.boolean(sharedBuffer, 'options.sharedBuffer', false) }
}

const FAULTS: readonly Faults[] = ['guard', 'crash']

/** Whether faults are handled. */
function isGuarded(value: unknown): boolean {
  const faults =
    value === undefined
      ? check.oneOf(DEFAULT_FAULTS, 'MEMMAP_FAULTS', FAULTS)
      : check.oneOf(value, 'options.faults', FAULTS)
  return faults !== 'crash'
}

const optionalInt32 = (value: unknown, name: string): number | undefined =>
  value === undefined ? undefined : check.int32(value, name)

/** What the constructor was asked for, checked. */
export interface ConstructorRequest {
  /** `undefined`: `prot` and `flags` say it, or else Python's default holds. */
  access: Access | undefined
  prot: number | undefined
  flags: number | undefined
  offset: number
  track: boolean
  tagname: string | undefined
  views: ViewsRequest
  guard: boolean
}

export function constructorRequest(fd: number, given: MmapOptions | undefined): ConstructorRequest {
  const options = check.options(given, CONSTRUCTOR_KEYS)
  if (options.tagname !== undefined && fd !== -1 && process.platform !== 'win32') {
    throw wrongValue('options.tagname', 'used with the fileno -1 on this system', options.tagname)
  }
  return {
    offset: check.size(options.offset === undefined ? 0 : options.offset, 'options.offset'),
    prot: optionalInt32(options.prot, 'options.prot'),
    flags: optionalInt32(options.flags, 'options.flags'),
    access: check.oneOf(options.access, 'options.access', ACCESSES),
    track: check.boolean(options.trackfd, 'options.trackfd', true),
    tagname: options.tagname === undefined ? undefined : check.memoryName(options.tagname, 'options.tagname'),
    views: viewsRequest(options),
    guard: isGuarded(options.faults),
  }
}

/** The access that a mapping has which the constructor made. */
export function resultingAccess({ access, prot }: ConstructorRequest): Access {
  if (access !== undefined) return access
  return prot === undefined || (prot & (constants['PROT_WRITE'] ?? 0)) !== 0 ? 'write' : 'read'
}

/** What `open` or `openAsync` was asked for, checked. */
export interface OpenRequest {
  access: Access
  offset: number
  length: number
  create: boolean
  views: ViewsRequest
  guard: boolean
  signal: AbortSignal | undefined
}

export function openRequest(given: OpenAsyncOptions | undefined, furtherKeys: readonly string[] = []): OpenRequest {
  const options = check.options(given, [...OPEN_KEYS, ...furtherKeys])
  const access = check.oneOf(options.access, 'options.access', ACCESSES) ?? 'read'
  const create = check.boolean(options.create, 'options.create', false)
  if (create && access !== 'write') throw wrongValue('options.create', "used with the access 'write' alone", true)
  return {
    access,
    create,
    offset: check.size(options.offset === undefined ? 0 : options.offset, 'options.offset'),
    length: check.size(options.length === undefined ? 0 : options.length, 'options.length'),
    views: viewsRequest(options),
    guard: isGuarded(options.faults),
    signal: check.signal(options.signal),
  }
}

/** The options of `anonymous`, of which the constructor then checks the values. */
export function anonymousOptions(given: AnonymousOptions | undefined): AnonymousOptions {
  return check.options(given, ['access', ...COMMON_KEYS])
}
