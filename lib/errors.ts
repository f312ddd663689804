import { getSystemErrorMap, inspect } from 'node:util'
import type { Failure } from '../binding.js'

/** Codes of the errors that this package makes, besides the system's own (`'EACCES'`, `'ENOENT'`, ...). */
export type ErrorCode =
  | 'ERR_MMAP_BINARY'
  | 'ERR_MMAP_CLOSED'
  | 'ERR_MMAP_READ_ONLY'
  | 'ERR_MMAP_EMPTY_FILE'
  | 'ERR_MMAP_OFFSET'
  | 'ERR_MMAP_NO_DESCRIPTOR'
  | 'ERR_MMAP_NO_VIEWS'
  | 'ERR_MMAP_BUSY'
  | 'ERR_MMAP_FAULT'
  | 'ERR_MMAP_PATTERN'
  | 'ERR_OUT_OF_RANGE'
  | 'ERR_INVALID_ARG_TYPE'
  | 'ERR_INVALID_ARG_VALUE'
  | 'ABORT_ERR'

/** The bracketed code in the stack, as Node's own errors have it; `name` and `message` stay plain. */
function signed<E extends Error>(error: E, code: string): E {
  const { name } = error
  Object.defineProperty(error, 'name', { value: `${name} [${code}]`, configurable: true, writable: true })
  // The stack's first line is made when it is first read.
  void error.stack
  Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true, enumerable: false })
  return error
}

/** A state that forbids the call: closed, no descriptor, no views, busy. Or no binary: then it is what `import` throws. */
export class MmapError extends Error {
  readonly code: ErrorCode
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    signed(this, code)
  }
  static {
    MmapError.prototype.name = 'Error'
  }
}

/** Why bytes are not to be had: the file was made shorter, they could not be read, the disk had no room for them. */
export type FaultReason = 'truncated' | 'io' | 'no-space'

/** Bytes of a mapping that are not the file's. */
export class MmapFaultError extends MmapError {
  declare readonly code: 'ERR_MMAP_FAULT'
  /** Of the first such byte that the call met, in bytes from the start of the file. */
  readonly offset: number
  readonly reason: FaultReason
  /** The path that `open` was given. */
  declare readonly path?: string
  constructor(message: string, offset: number, reason: FaultReason, path?: string) {
    super('ERR_MMAP_FAULT', message)
    this.offset = offset
    this.reason = reason
    if (path !== undefined) this.path = path
  }
}

/** A pattern that cannot run in linear time, or is no RegExp. */
export class MmapPatternError extends SyntaxError {
  readonly code = 'ERR_MMAP_PATTERN'
  /** Where in the pattern's source, in UTF-16 units; `undefined` for the pattern as a whole. */
  readonly position: number | undefined
  constructor(message: string, position: number | undefined) {
    super(message)
    this.position = position
    signed(this, 'ERR_MMAP_PATTERN')
  }
  static {
    MmapPatternError.prototype.name = 'SyntaxError'
  }
}

/** An argument of the wrong type, or a store into a read-only mapping. */
export class MmapTypeError extends TypeError {
  readonly code: ErrorCode
  constructor(code: ErrorCode, message: string) {
    super(message)
    this.code = code
    signed(this, code)
  }
}

/** A number that does not fit. */
export class MmapRangeError extends RangeError {
  readonly code: ErrorCode
  constructor(code: ErrorCode, message: string) {
    super(message)
    this.code = code
    signed(this, code)
  }
}

/** What the system answered, with the fields that Node's own system errors have. */
export class MmapSystemError extends Error {
  /** The name of the error: `'EACCES'`, `'ENOENT'`, ... */
  readonly code: string
  /** libuv's number of it, negative. */
  readonly errno: number
  /** The call that failed: `'open'`, `'mmap'`, `'ftruncate'`, ... */
  readonly syscall: string
  /** The path that was to be opened. */
  declare readonly path?: string
  constructor(message: string, code: string, errno: number, syscall: string, path?: string) {
    super(message)
    this.code = code
    this.errno = errno
    this.syscall = syscall
    if (path !== undefined) this.path = path
  }
  static {
    MmapSystemError.prototype.name = 'Error'
  }
}

/** An AbortSignal ended the call; `cause` is the signal's reason. */
export class MmapAbortError extends Error {
  readonly code = 'ABORT_ERR'
  constructor(reason: unknown) {
    super('The operation was aborted', { cause: reason })
  }
  static {
    MmapAbortError.prototype.name = 'AbortError'
  }
}

const TYPE_ERRORS: ReadonlySet<string> = new Set([
  'ERR_MMAP_READ_ONLY',
  'ERR_INVALID_ARG_TYPE',
  'ERR_INVALID_ARG_VALUE',
])
const RANGE_ERRORS: ReadonlySet<string> = new Set(['ERR_MMAP_EMPTY_FILE', 'ERR_MMAP_OFFSET', 'ERR_OUT_OF_RANGE'])

/** The error of a code, of the class that the code stands for. */
export function coded(code: ErrorCode, message: string): Error {
  if (TYPE_ERRORS.has(code)) return new MmapTypeError(code, message)
  if (RANGE_ERRORS.has(code)) return new MmapRangeError(code, message)
  return new MmapError(code, message)
}

interface Known {
  errno: number
  name: string
  text: string
}

/** libuv's entry for a system error, by its name or (on Unix, where the two agree) by its number. */
function known({ name, number }: Failure): Known {
  const map = getSystemErrorMap?.()
  if (name == null && number != null) {
    const entry = map?.get(-number)
    return { errno: -number, name: entry?.[0] ?? `E${number}`, text: entry?.[1] ?? '' }
  }
  for (const [errno, [candidate, text]] of map ?? []) {
    if (candidate === name) return { errno, name: candidate, text }
  }
  return { errno: -(number ?? 0), name: name ?? 'EUNKNOWN', text: '' }
}

/** The JavaScript error of what the native side answered. */
export function failed(failure: Failure, path?: string): Error {
  if (failure.reason != null) {
    const where = path === undefined ? '' : `, '${path}'`
    return new MmapFaultError(failure.message + where, failure.offset ?? 0, failure.reason as FaultReason, path)
  }
  if (failure.code === 'ERR_MMAP_PATTERN') return new MmapPatternError(failure.message, failure.offset ?? undefined)
  if (failure.code !== '') return coded(failure.code as ErrorCode, failure.message)
  const { errno, name, text } = known(failure)
  const syscall = failure.syscall ?? 'mmap'
  // What is not a number of the system's has a better text of its own.
  const detail = failure.number == null || text === '' ? failure.message : text
  const where = path === undefined ? '' : ` '${path}'`
  return new MmapSystemError(`${name}: ${detail}, ${syscall}${where}`, name, errno, syscall, path)
}

/** Passes an answer on, or throws what it says went wrong. */
export function unwrap<T>(answer: T | Failure, path?: string): T {
  if (typeof answer === 'object' && answer !== null && 'code' in answer) throw failed(answer, path)
  return answer as T
}

/** Throws if something went wrong. */
export function ensure(failure: Failure | null, path?: string): void {
  if (failure !== null) throw failed(failure, path)
}

/** A value as Node's messages show it. */
function received(value: unknown): string {
  if (value == null) return `Received ${value}`
  if (typeof value === 'function') return `Received function ${value.name}`
  if (typeof value === 'object') {
    const name = value.constructor?.name
    return name ? `Received an instance of ${name}` : `Received ${inspect(value, { depth: -1 })}`
  }
  const shown = inspect(value)
  return `Received type ${typeof value} (${shown.length > 28 ? `${shown.slice(0, 25)}...` : shown})`
}

export function wrongType(name: string, expected: string, value: unknown): Error {
  return new MmapTypeError('ERR_INVALID_ARG_TYPE', `The "${name}" argument must be ${expected}. ${received(value)}`)
}

export function wrongValue(name: string, expected: string, value: unknown): Error {
  return new MmapTypeError(
    'ERR_INVALID_ARG_VALUE',
    `The "${name}" argument must be ${expected}. Received ${inspect(value)}`,
  )
}

export function outOfRange(name: string, expected: string, value: unknown): Error {
  const shown = typeof value === 'bigint' ? `${value}n` : String(value)
  return new MmapRangeError(
    'ERR_OUT_OF_RANGE',
    `The value of "${name}" is out of range. It must be ${expected}. Received ${shown}`,
  )
}
