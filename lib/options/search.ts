import * as check from '../checks.js'

/** Options of searches off the event loop. */
export interface SearchOptions {
  /**
   * Where the search begins. Default: the position for `findAsync` and `rfindAsync`, 0 for the others. Negative: counted from
   * the end.
   */
  start?: number | bigint | null | undefined
  /** Where the search ends. Default: the end. Negative: counted from the end. */
  end?: number | bigint | null | undefined
  /** Ends the search with an AbortError. */
  signal?: AbortSignal | undefined
  /** How many threads may work on the search, at least 1. Default: as many as there are processors. */
  threads?: number | undefined
  /**
   * Called about 20 times a second while the search lasts, with the number of bytes searched so far and the number in
   * all. If it throws, the search rejects with what it threw.
   */
  onProgress?: ((done: number, total: number) => void) | undefined
}

const KEYS = ['start', 'end', 'signal', 'threads', 'onProgress']

/** More threads than the pool ever has. */
const MOST_THREADS = 64

/** What a search off the event loop was asked for, checked; the bounds are as they were given. */
export interface SearchRequest {
  start: unknown
  end: unknown
  signal: AbortSignal | undefined
  threads: number
  onProgress: ((done: number, total: number) => void) | undefined
}

export function searchRequest(given: SearchOptions | undefined): SearchRequest {
  const { start, end, signal, threads, onProgress } = check.options(given, KEYS)
  return {
    start,
    end,
    signal: check.signal(signal),
    threads: threads === undefined ? MOST_THREADS : Math.min(MOST_THREADS, check.size(threads, 'options.threads', 1)),
    onProgress: check.callback(onProgress, 'options.onProgress'),
  }
}
