import { inspect } from 'node:util'

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

/** Puts the code in brackets into the stack's first line, as Node's own errors do; `name` and `message` stay plain. */
function withCodeInStack<E extends Error>(error: E, code: string): E {
  const { name } = error
  Object.defineProperty(error, 'name', { value: `${name} [${code}]`, configurable: true, writable: true })
  // The engine composes the stack's first line when the stack is first read.
  void error.stack
  Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true, enumerable: false })
  return error
}

/**
 * The state of the mapping forbids the call: it is closed, has no descriptor or no views, or others use it. `import` throws
 * one with the code ERR_MMAP_BINARY when the package finds no binary that runs on this system.
 */
export class MmapError extends Error {
  readonly code: ErrorCode
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    withCodeInStack(this, code)
  }
  static {
    MmapError.prototype.name = 'Error'
  }
}

/** Why bytes are lost: the file was made shorter, the device failed to read them, or the disk had no room for them. */
export type FaultReason = 'truncated' | 'io' | 'no-space'

/** Thrown when a call meets bytes of a mapping that are no longer, or never were, the file's. */
export class MmapFaultError extends MmapError {
  declare readonly code: 'ERR_MMAP_FAULT'
  /** Where the first such byte that the call met lies, in bytes from the start of the file. */
  readonly offset: number
  readonly reason: FaultReason
  /** The path that `open` was given; absent for mappings of a descriptor. */
  declare readonly path?: string
  constructor(message: string, offset: number, reason: FaultReason, path?: string) {
    super('ERR_MMAP_FAULT', message)
    this.offset = offset
    this.reason = reason
    if (path !== undefined) this.path = path
  }
}

/** A pattern that cannot be matched in linear time (lookaround, backreferences), is too large, or is not valid. */
export class MmapPatternError extends SyntaxError {
  readonly code = 'ERR_MMAP_PATTERN'
  /** Where in the pattern's source the error is, in UTF-16 units; `undefined` if it is the pattern as a whole. */
  readonly position: number | undefined
  constructor(message: string, position: number | undefined) {
    super(message)
    this.position = position
    withCodeInStack(this, 'ERR_MMAP_PATTERN')
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
    withCodeInStack(this, code)
  }
}

/** A number, a range or a length that is out of range. */
export class MmapRangeError extends RangeError {
  readonly code: ErrorCode
  constructor(code: ErrorCode, message: string) {
    super(message)
    this.code = code
    withCodeInStack(this, code)
  }
}

/** An error of the operating system, with the fields that Node's own system errors have. */
export class MmapSystemError extends Error {
  /** The name of the error: `'EACCES'`, `'ENOENT'`, ... */
  readonly code: string
  /** libuv's negative number of the error. */
  readonly errno: number
  /** The call that failed: `'open'`, `'mmap'`, `'ftruncate'`, ... */
  readonly syscall: string
  /** The path that `open` was given; absent for mappings of a descriptor. */
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

/** An AbortSignal ended the call. Its `cause` is the signal's reason. */
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

/** An error with a code, of the class that belongs to the code. */
export function coded(code: ErrorCode, message: string): Error {
  if (TYPE_ERRORS.has(code)) return new MmapTypeError(code, message)
  if (RANGE_ERRORS.has(code)) return new MmapRangeError(code, message)
  return new MmapError(code, message)
}

/** The end of a message about a wrong argument, in the style of Node's ERR_INVALID_ARG_TYPE. */
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

/** The beginning of a text that may be of any length, for a message. */
export function clipped(text: string): string {
  return text.length > 64 ? `${text.slice(0, 61)}...` : text
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
