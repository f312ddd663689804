// What the addon answers when a call fails, and the errors that are made of it.
import { getSystemErrorMap } from 'node:util'
import type { Failure } from '../binding.js'
import { coded, type ErrorCode, type FaultReason, MmapFaultError, MmapPatternError, MmapSystemError } from './errors.js'
import { hasOwn } from './intrinsics.js'
import { binding } from './load/load.js'

const { ErrorCode: NativeCode, FaultKind } = binding
type NativeCode = Failure['code']

/** The code of each error of the package's own. Those of the system have names of their own. */
const CODES: Record<Exclude<NativeCode, typeof NativeCode.System>, ErrorCode> = {
  [NativeCode.Closed]: 'ERR_MMAP_CLOSED',
  [NativeCode.ReadOnly]: 'ERR_MMAP_READ_ONLY',
  [NativeCode.EmptyFile]: 'ERR_MMAP_EMPTY_FILE',
  [NativeCode.Offset]: 'ERR_MMAP_OFFSET',
  [NativeCode.NoDescriptor]: 'ERR_MMAP_NO_DESCRIPTOR',
  [NativeCode.NoViews]: 'ERR_MMAP_NO_VIEWS',
  [NativeCode.Busy]: 'ERR_MMAP_BUSY',
  [NativeCode.Fault]: 'ERR_MMAP_FAULT',
  [NativeCode.Pattern]: 'ERR_MMAP_PATTERN',
  [NativeCode.OutOfRange]: 'ERR_OUT_OF_RANGE',
  [NativeCode.InvalidValue]: 'ERR_INVALID_ARG_VALUE',
}

const REASONS: Record<NonNullable<Failure['reason']>, FaultReason> = {
  [FaultKind.Truncated]: 'truncated',
  [FaultKind.Io]: 'io',
  [FaultKind.NoSpace]: 'no-space',
}

/** An entry of libuv's table of system errors. */
interface SystemError {
  errno: number
  name: string
  text: string
}

/** Looks a system error up in libuv's table: by its name, or by its number, which on Unix is libuv's negated. */
function systemError({ name, number }: Failure): SystemError {
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

/** Whether the addon answered that a call failed, which it does with an object that has a code. */
export function isFailure(answer: unknown): answer is Failure {
  // By its shape, not by what it is not an instance of: a second copy of this module has another class NativeMapping.
  return typeof answer === 'object' && answer !== null && hasOwn(answer, 'code')
}

/** Whether a failure is a fault: bytes that the file no longer has, or that could not be read. */
export function isFault(failure: Failure): boolean {
  return failure.code === NativeCode.Fault
}

/** The name of the system's error (`'ENOMEM'`) that made a call fail; `undefined` if it was none of the system's. */
export function systemErrorName(failure: Failure): string | undefined {
  return failure.code === NativeCode.System ? systemError(failure).name : undefined
}

/** An error that the system would answer a call with, for what it is not asked, since the answer is known. */
export function systemFailure(name: string, message: string, syscall: string): Failure {
  return { code: NativeCode.System, message, name, syscall }
}

/** The JavaScript error for a failure that the addon answered. `hint` is added to an error of the system's. */
export function failed(failure: Failure, path?: string, hint = ''): Error {
  if (isFault(failure)) {
    const where = path === undefined ? '' : `, '${path}'`
    const reason = REASONS[failure.reason ?? FaultKind.Io]
    return new MmapFaultError(failure.message + where, failure.offset ?? 0, reason, path)
  }
  if (failure.code === NativeCode.Pattern) return new MmapPatternError(failure.message, failure.offset ?? undefined)
  if (failure.code !== NativeCode.System) return coded(CODES[failure.code], failure.message)
  const { errno, name, text } = systemError(failure)
  const syscall = failure.syscall ?? 'mmap'
  // A failure without a number was detected by the addon, whose message says more than libuv's text.
  const detail = failure.number == null || text === '' ? failure.message : text
  const where = path === undefined ? '' : ` '${path}'`
  return new MmapSystemError(`${name}: ${detail}, ${syscall}${where}${hint}`, name, errno, syscall, path)
}

/** Returns what the addon answered, or throws the error of its failure. */
export function unwrap<T>(answer: T, path?: string): Exclude<T, Failure> {
  if (isFailure(answer)) throw failed(answer, path)
  return answer as Exclude<T, Failure>
}

/** Throws if the addon answered a failure. */
export function ensure(failure: Failure | null, path?: string): void {
  if (failure !== null) throw failed(failure, path)
}
