import { isRegExp } from 'node:util/types'
import * as check from './checks.js'
import { bytesOf, runJob } from './core.js'
import { unwrap, wrongType, wrongValue } from './errors.js'
import { FileLike } from './file.js'
import { type Line, type LineKind, type LinesAsyncOptions, type LinesOptions, linesAsyncOf, linesOf } from './lines.js'
import { type ByteMatch, firstMatch, Matches, matchesAsync, type Scan as Scanner } from './match.js'
import { compile, type Needle, needleBytes, type Pattern } from './pattern.js'

export interface ScanOptions {
  /** Ends the search with an AbortError. */
  signal?: AbortSignal
  /** How many threads may work on it; default: as many as there are processors. */
  threads?: number
  /** Called now and then while it lasts, with the bytes that are done and how many there are. What it throws rejects. */
  onProgress?: (done: number, total: number) => void
}

const KEYS = ['signal', 'threads', 'onProgress']

/** How often `onProgress` is called, in milliseconds. */
const PACE = 50

const ALL_THREADS = 64

interface Scan {
  signal: AbortSignal | undefined
  threads: number
  onProgress: ((done: number, total: number) => void) | undefined
}

function scan(given: ScanOptions | undefined): Scan {
  const { signal, threads, onProgress } = check.options(given, KEYS)
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw wrongType('options.onProgress', 'of type function', onProgress)
  return {
    signal: check.signal(signal),
    threads: threads === undefined ? ALL_THREADS : Math.min(ALL_THREADS, check.size(threads, 'options.threads', 1)),
    onProgress,
  }
}

/** A mapping that is searched: over bytes, without making a string of them. Searching never moves the position. */
export abstract class Searchable extends FileLike {
  #range(start: unknown, end: unknown): [number, number] {
    const { length } = this
    const from = check.bound(start, 'start', length, 0)
    return [from, Math.max(from, check.bound(end, 'end', length, length))]
  }

  /**
   * Where the first match within [start, end) begins, from the start of the mapping, or -1. As
   * `String.prototype.search`: `lastIndex` is neither read nor set. `^` and `$` are the ends of the range.
   * @param start default 0. Negative: from the end
   * @throws {SyntaxError} ERR_MMAP_PATTERN: lookaround, a backreference, or too large
   */
  search(pattern: Pattern, start?: number | bigint | null, end?: number | bigint | null): number {
    const bytes = bytesOf(this)
    const [from, to] = this.#range(start, end)
    if (!isRegExp(pattern)) return bytes.find(needleBytes(pattern), from, to, false)
    return unwrap(bytes.native.search(compile(pattern).native, from, to, from), bytes.path) as number
  }

  /**
   * The first match within [start, end), or null. As `RegExp.prototype.exec`: with the flag `g` or `y` it begins at
   * `lastIndex`, in bytes from the start of the mapping, and sets that.
   */
  match(pattern: Pattern, start?: number | bigint | null, end?: number | bigint | null): ByteMatch | null {
    void bytesOf(this).length
    const [from, to] = this.#range(start, end)
    const compiled = compile(pattern)
    if (!isRegExp(pattern) || !(pattern.global || pattern.sticky)) return firstMatch(this, compiled, from, to, from)
    const at = Math.max(from, pattern.lastIndex)
    const found = at > to ? null : firstMatch(this, compiled, from, to, at)
    pattern.lastIndex = found === null ? 0 : found.end
    return found
  }

  /**
   * All matches within [start, end), one after the other. As `String.prototype.matchAll`: a RegExp needs the flag `g`,
   * and its `lastIndex`, in bytes from the start of the mapping, says where to begin.
   */
  matchAll(
    pattern: Pattern,
    start?: number | bigint | null,
    end?: number | bigint | null,
  ): IterableIterator<ByteMatch> {
    void bytesOf(this).length
    const [from, to] = this.#range(start, end)
    if (isRegExp(pattern) && !pattern.global) throw wrongValue('pattern', 'a RegExp with the flag g', pattern)
    const at = isRegExp(pattern) ? Math.max(from, pattern.lastIndex) : from
    return new Matches(this, compile(pattern), from, to, at)
  }

  /**
   * How many matches there are within [start, end), each beginning where the one before has ended or later.
   * @param start default 0. Negative: from the end
   */
  count(pattern: Pattern, start?: number | bigint | null, end?: number | bigint | null): number {
    const bytes = bytesOf(this)
    const { length } = bytes
    const from = check.bound(start, 'start', length, 0)
    const to = check.bound(end, 'end', length, length)
    const { native } = compile(pattern, 'needle')
    return from > to ? 0 : (unwrap(bytes.native.count(native, from, to), bytes.path) as number)
  }

  /**
   * The lines, without their ends `\n` or `\r\n`: strings, Buffers or offsets. A last line needs no end; behind the last
   * end there is none.
   *
   * A string that you keep keeps the piece of about 64 KiB that it was cut from. Of offsets, what `next()` answers makes
   * `value` when it is read, each time anew.
   */
  lines<K extends LineKind = 'string'>(linesOptions?: LinesOptions<K>): IterableIterator<Line<K>> {
    return linesOf(this, linesOptions)
  }

  /** The lines, some hundreds at a time, fetched off the event loop; no further than you ask. */
  linesAsync<K extends 'string' | 'buffer' = 'string'>(
    linesOptions?: LinesOptions<K> & Pick<LinesAsyncOptions, 'signal'>,
  ): AsyncGenerator<Line<K>[], void, undefined> {
    // At once, not with the first line: what is closed throws here.
    void bytesOf(this).length
    return linesAsyncOf(this, linesOptions)
  }

  /**
   * `find`, off the event loop, on several threads.
   * @throws {Error} ERR_MMAP_BUSY, as each search off the event loop: `resize()` has moved the bytes meanwhile
   */
  async findAsync(
    needle: Needle,
    start?: number | bigint | null,
    end?: number | bigint | null,
    scanOptions?: ScanOptions,
  ): Promise<number> {
    return this.#findAsync(needle, start, end, scanOptions, false)
  }

  /** `rfind`, off the event loop, on several threads. */
  async rfindAsync(
    needle: Needle,
    start?: number | bigint | null,
    end?: number | bigint | null,
    scanOptions?: ScanOptions,
  ): Promise<number> {
    return this.#findAsync(needle, start, end, scanOptions, true)
  }

  async #findAsync(
    needle: Needle,
    start: number | bigint | null | undefined,
    end: number | bigint | null | undefined,
    scanOptions: ScanOptions | undefined,
    last: boolean,
  ): Promise<number> {
    const bytes = bytesOf(this)
    const { length } = bytes
    const options = scan(scanOptions)
    const wanted = needleBytes(needle)
    const from = check.start(start, 'start', length, this.tell())
    const to = check.bound(end, 'end', length, length)
    if (from > to) return -1
    return this.#scan(options, to - from, (job) => bytes.native.findAsync(job, wanted, from, to, last, options.threads))
  }

  /** `count`, off the event loop, on several threads where the pattern allows it, with the same answer. */
  async countAsync(
    pattern: Pattern,
    start?: number | bigint | null,
    end?: number | bigint | null,
    scanOptions?: ScanOptions,
  ): Promise<number> {
    const bytes = bytesOf(this)
    const { length } = bytes
    const options = scan(scanOptions)
    const { native } = compile(pattern)
    const from = check.bound(start, 'start', length, 0)
    const to = check.bound(end, 'end', length, length)
    if (from > to) return 0
    return this.#scan(options, to - from, (job) => bytes.native.countAsync(job, native, from, to, options.threads))
  }

  /** `match`, off the event loop. */
  async matchAsync(
    pattern: Pattern,
    start?: number | bigint | null,
    end?: number | bigint | null,
    scanOptions?: ScanOptions,
  ): Promise<ByteMatch | null> {
    const [from, to] = this.#range(start, end)
    const moves = isRegExp(pattern) && (pattern.global || pattern.sticky)
    const at = moves ? Math.max(from, pattern.lastIndex) : from
    const matches = matchesAsync(this, compile(pattern), from, to, at, this.#scanner(scan(scanOptions), to - from), 1)
    const { value } = await matches.next()
    await matches.return()
    const found = value ?? null
    if (moves) pattern.lastIndex = found === null ? 0 : found.end
    return found
  }

  /** `matchAll`, off the event loop: fetched in batches, no further than you ask. */
  matchAllAsync(
    pattern: Pattern,
    matchOptions?: ScanOptions & { start?: number | bigint; end?: number | bigint },
  ): AsyncGenerator<ByteMatch, void, undefined> {
    void bytesOf(this).length
    const { start, end, ...rest } = check.options(matchOptions, [...KEYS, 'start', 'end'])
    const [from, to] = this.#range(start, end)
    if (isRegExp(pattern) && !pattern.global) throw wrongValue('pattern', 'a RegExp with the flag g', pattern)
    const at = isRegExp(pattern) ? Math.max(from, pattern.lastIndex) : from
    return matchesAsync(this, compile(pattern), from, to, at, this.#scanner(scan(rest), to - from))
  }

  /** Runs the jobs of a search that takes several; what those before have done counts. */
  #scanner(options: Scan, total: number): Scanner {
    const { onProgress, signal, threads } = options
    return {
      signal,
      threads,
      run: (start, done) => {
        const told = onProgress && ((more: number): void => onProgress(Math.min(total, done + more), total))
        return this.#scan({ ...options, onProgress: told }, total, start)
      },
    }
  }

  async #scan<T>(options: Scan, total: number, start: Parameters<typeof runJob<T>>[2]): Promise<T> {
    const { onProgress, signal } = options
    if (onProgress === undefined) return runJob(this, signal, start)
    let timer: NodeJS.Timeout | undefined
    let thrown: { error: unknown } | undefined
    try {
      const answer = await runJob(this, signal, (job) => {
        timer = setInterval(() => {
          try {
            onProgress(Math.min(total, job.done()), total)
          } catch (error) {
            thrown ??= { error }
            clearInterval(timer)
            job.abort()
          }
        }, PACE).unref()
        return start(job)
      })
      if (thrown === undefined) return answer
    } catch (error) {
      // What it was called off with means nothing.
      if (thrown === undefined) throw error
    } finally {
      clearInterval(timer)
    }
    throw thrown.error
  }
}
