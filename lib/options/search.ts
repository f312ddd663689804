import * as check from '../checks.js'
import { wrongType } from '../errors.js'

/** Options of searches off the event loop. */
export interface ScanOptions {
  /** Ends the search with an AbortError. */
  signal?: AbortSignal
  /** How many threads may work on the search, at least 1. Default: as many as there are processors. */
  threads?: number
  /**
   * Called about 20 times a second while the search lasts, with the number of bytes searched so far and the number in
   * all. If it throws, the search rejects with what it threw.
   */
  onProgress?: (done: number, total: number) => void
}

const KEYS = ['signal', 'threads', 'onProgress']

/** More threads than the pool ever has. */
const MOST_THREADS = 64

/** What a search off the event loop was asked for, checked. */
export interface SearchRequest {
  signal: AbortSignal | undefined
  threads: number
  onProgress: ((done: number, total: number) => void) | undefined
}

export function searchRequest(given: ScanOptions | undefined): SearchRequest {
  const { signal, threads, onProgress } = check.options(given, KEYS)
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw wrongType('options.onProgress', 'of type function', onProgress)
  return {
    signal: check.signal(signal),
    threads: threads === undefined ? MOST_THREADS : Math.min(MOST_THREADS, check.size(threads, 'options.threads', 1)),
    onProgress,
  }
}

/** Options of `matchAllAsync`. */
export type MatchAllOptions = ScanOptions & {
  /** Where the search begins. Default 0. Negative: counted from the end. */
  start?: number | bigint
  /** Where the search ends. Default: the end. Negative: counted from the end. */
  end?: number | bigint
}

/** What `matchAllAsync` was asked for: the bounds as they were given, the other options are checked by `searchRequest`. */
export function matchAllOptions(given: MatchAllOptions | undefined): Partial<MatchAllOptions> {
  return check.options(given, [...KEYS, 'start', 'end'])
}
