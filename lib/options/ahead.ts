import * as check from '../checks.js'
import { wrongType } from '../errors.js'

/** A start and an end, in bytes from the start of the mapping. Negative: counted from the end. Absent: 0, and the end. */
export type ByteRange = readonly [start?: number | bigint | null | undefined, end?: number | bigint | null | undefined]

/** Options of `prefetch`. */
export interface PrefetchOptions {
  /** Ends the wait with an AbortError. What the system has begun to read goes on. */
  signal?: AbortSignal | undefined
  /**
   * Called about 20 times a second while it lasts, with the number of bytes that are in memory so far, and the number in all. If it
   * throws, the promise rejects with what it threw.
   */
  onProgress?: ((done: number, total: number) => void) | undefined
}

/** Options of `readAsync`. */
export interface ReadAsyncOptions {
  /** Ends the read with an AbortError. */
  signal?: AbortSignal | undefined
}

/** Options of `readAsync` of one range. */
export interface ReadIntoOptions extends ReadAsyncOptions {
  /** Where the bytes go; the Buffer of the answer is over them then. Default: memory of their own. */
  into?: Uint8Array | undefined
}

export interface AheadRequest {
  signal: AbortSignal | undefined
  onProgress: ((done: number, total: number) => void) | undefined
}

export function prefetchRequest(given: PrefetchOptions | undefined): AheadRequest {
  const { onProgress, signal } = check.options(given, ['signal', 'onProgress'])
  return { signal: check.signal(signal), onProgress: check.callback(onProgress, 'options.onProgress') }
}

/** What `readAsync` was asked for, checked. */
export interface ReadRequest {
  signal: AbortSignal | undefined
  into: Uint8Array | undefined
}

export function readRequest(given: ReadIntoOptions | undefined, keys: readonly string[]): ReadRequest {
  const { into, signal } = check.options(given, keys)
  return { signal: check.signal(signal), into: into === undefined ? undefined : check.bytes(into, 'options.into') }
}

/** Ranges within `length` bytes: a start and an end of each, one behind the other. The end is never before the start. */
export function ranges(given: readonly ByteRange[], length: number): Float64Array {
  const bounds = new Float64Array(2 * given.length)
  for (const [index, range] of given.entries()) {
    if (!Array.isArray(range) || range.length > 2)
      throw wrongType(`ranges[${index}]`, 'an array of a start and an end', range)
    const start = check.bound(range[0], `ranges[${index}][0]`, length, 0)
    bounds[2 * index] = start
    bounds[2 * index + 1] = Math.max(start, check.bound(range[1], `ranges[${index}][1]`, length, length))
  }
  return bounds
}
