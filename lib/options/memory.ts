import * as check from '../checks.js'
import { coded, wrongType } from '../errors.js'

/** Options of `flush`. */
export interface FlushOptions {
  /**
   * Unix: MS_SYNC (default) or MS_ASYNC, possibly with MS_INVALIDATE, from `constants`; see msync(2). Ignored on
   * Windows.
   */
  flags?: number
}

/** Options of `flushAsync`. */
export interface FlushAsyncOptions extends FlushOptions {
  /** Ends the wait with an AbortError. What the system has begun to write goes on. */
  signal?: AbortSignal | undefined
}

/** The portable names of advice: MADV_NORMAL is `'normal'`, and so on. Those that a system does not know have no effect there. */
export type AdviceName =
  | 'normal'
  | 'random'
  | 'sequential'
  | 'willneed'
  | 'dontneed'
  | 'free'
  | 'remove'
  | 'dontfork'
  | 'dofork'
  | 'mergeable'
  | 'unmergeable'
  | 'hugepage'
  | 'nohugepage'
  | 'dontdump'
  | 'dodump'
  | 'cold'
  | 'pageout'

const ADVICE: readonly AdviceName[] = [
  'normal',
  'random',
  'sequential',
  'willneed',
  'dontneed',
  'free',
  'remove',
  'dontfork',
  'dofork',
  'mergeable',
  'unmergeable',
  'hugepage',
  'nohugepage',
  'dontdump',
  'dodump',
  'cold',
  'pageout',
]

/** An advice: a portable name, or a number of the system's. */
export function advice(value: unknown): AdviceName | number {
  if (typeof value === 'number') return check.int32(value, 'advice')
  if (typeof value !== 'string') throw wrongType('advice', 'of type string or number', value)
  if (!ADVICE.includes(value as AdviceName)) {
    const names = ADVICE.map((name) => `'${name}'`).join(', ')
    const numbers = process.platform === 'win32' ? '' : ', or a MADV_ constant'
    throw coded('ERR_INVALID_ARG_VALUE', `The argument 'advice' must be one of ${names}${numbers}. Received '${value}'`)
  }
  return value as AdviceName
}
