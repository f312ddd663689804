import { constants } from 'node:buffer'
import type { Bytes } from './bytes.js'
import * as check from './checks.js'
import { bytesOf, type Core, runJob } from './core.js'
import { MmapAbortError, outOfRange, unwrap, wrongValue } from './errors.js'

/** What a line is given as. */
export type LineKind = 'string' | 'buffer' | 'offsets'

export interface LinesOptions<K extends LineKind = LineKind> {
  /** `'string'` (default); `'buffer'`: a Buffer of its own memory; `'offsets'`: `[start, end]` in the mapping. */
  as?: K
  /** Of strings: `'utf8'` (default; what is no UTF-8 becomes U+FFFD) or `'latin1'`. */
  encoding?: 'utf8' | 'utf-8' | 'latin1' | 'binary'
  /** Where the first line begins; default 0. Negative: from the end. */
  start?: number | bigint
  /** Where the last line ends at the latest; default: the end. Negative: from the end. */
  end?: number | bigint
  /** `true`: lines keep their `\n` or `\r\n`. Default false. */
  keepEnds?: boolean
}

export interface LinesAsyncOptions extends LinesOptions<'string' | 'buffer'> {
  /** Ends the iteration with an AbortError. */
  signal?: AbortSignal
}

/** A line of a kind. */
export type Line<K extends LineKind> = K extends 'string' ? string : K extends 'buffer' ? Buffer : [number, number]

const KINDS: readonly LineKind[] = ['string', 'buffer', 'offsets']
const ENCODINGS = ['utf8', 'utf-8', 'latin1', 'binary'] as const
const KEYS = ['as', 'encoding', 'start', 'end', 'keepEnds']

/** What the native side calls the encodings. */
const NONE = 0
const LATIN1 = 1
const UTF8 = 2

/** The position beside the bit of a `\n` that stands behind a `\r`. */
const POSITION = 0x7fffffff

const CR = 13
const LF = 10

interface Wanted {
  as: LineKind
  encoding: number
  start: number
  end: number
  keepEnds: boolean
}

function wanted(bytes: Bytes, given: LinesOptions | undefined, more: readonly string[]): Wanted {
  const options = check.options(given, [...KEYS, ...more])
  const as = check.oneOf(options.as, 'options.as', KINDS) ?? 'string'
  const encoding = check.oneOf(options.encoding, 'options.encoding', ENCODINGS) ?? 'utf8'
  const start = check.bound(options.start, 'options.start', bytes.length, 0)
  return {
    as,
    encoding: encoding.startsWith('utf') ? UTF8 : LATIN1,
    start,
    end: Math.max(start, check.bound(options.end, 'options.end', bytes.length, bytes.length)),
    keepEnds: check.boolean(options.keepEnds, 'options.keepEnds', false),
  }
}

/** How many ends of lines a piece may have. */
const ROOM = 16_384

/** Where the native side writes the end of a piece, the number of its ends, whether they are those of its text, its length. */
const measures = new Float64Array(4)

/**
 * The lines of a mapping, piece by piece. By hand, since a generator costs twice as much a line.
 */
abstract class Lines<T> implements IterableIterator<T, undefined> {
  readonly #mapping: Core
  #next: number
  readonly #end: number
  protected readonly told: Uint32Array = new Uint32Array(ROOM)
  protected readonly ends: Int32Array = new Int32Array(this.told.buffer)
  readonly #keepEnds: boolean
  /** Ends of the piece, and how many of them are behind us. */
  #count = 0
  #index = 0
  /** Where the piece begins in the mapping, and how far it reaches. */
  protected base = 0
  protected length = 0
  /** Where the next line begins, from the start of the piece. */
  protected from = 0

  constructor(mapping: Core, { start, end, keepEnds }: Wanted) {
    this.#mapping = mapping
    this.#next = start
    this.#end = end
    this.#keepEnds = keepEnds
  }

  /** Takes in the piece whose ends were written. */
  protected abstract take(bytes: Bytes, start: number, end: number): void
  /** The line from `from` to `end`, counted from the start of the piece: bytes, or characters of its text. */
  protected abstract line(from: number, end: number): T

  next(): IteratorResult<T, undefined> {
    const bytes = bytesOf(this.#mapping)
    if (this.from >= this.length && !this.#refill(bytes)) {
      // Asked for its length: a closed mapping throws.
      void bytes.length
      return { done: true, value: undefined }
    }
    if (this.#mapping.closed) void bytes.length
    const { from } = this
    if (this.#index < this.#count) {
      const told = this.ends[this.#index++] as number
      const end = told & POSITION
      this.from = end + 1
      // The sign is the bit of a line that ends with CR LF.
      const value = this.line(from, this.#keepEnds ? end + 1 : told < 0 ? end - 1 : end)
      return { done: false, value }
    }
    this.from = this.length
    return { done: false, value: this.line(from, this.length) }
  }

  #refill(bytes: Bytes): boolean {
    const start = this.#next
    const end = Math.min(this.#end, bytes.length)
    if (start >= end) return false
    this.take(bytes, start, end)
    const [next = end, count = 0, known = 0, length = 0] = measures
    this.#next = next
    this.base = start
    // Of a text whose positions nobody knows any length will do: its lines are counted.
    this.length = known === 0 ? next - start : length
    this.#count = count
    this.#index = 0
    this.from = 0
    return true
  }

  [Symbol.iterator](): this {
    return this
  }
}

/** Appends the lines of a text that ends where a line does. */
function cutText(text: string, keepEnds: boolean, found: string[]): string[] {
  const parts = text.split('\n')
  const rest = parts.pop()
  if (keepEnds) for (const part of parts) found.push(`${part}\n`)
  else for (const part of parts) found.push(part.charCodeAt(part.length - 1) === CR ? part.slice(0, -1) : part)
  if (rest) found.push(rest)
  return found
}

class Strings extends Lines<string> {
  readonly #options: Wanted
  #text = ''
  /** The lines themselves, of what is no UTF-8: only its decoder knows how many characters it becomes. */
  #parts: string[] | undefined
  #part = 0

  constructor(mapping: Core, options: Wanted) {
    super(mapping, options)
    this.#options = options
  }

  protected take(bytes: Bytes, start: number, end: number): void {
    const { encoding, keepEnds } = this.#options
    const text = unwrap(bytes.native.lines(start, end, encoding, this.told, measures), bytes.path) as string
    this.#text = text
    this.#parts = measures[2] === 1 ? undefined : cutText(text, keepEnds, [])
    this.#part = 0
  }

  protected line(from: number, end: number): string {
    return this.#parts === undefined ? this.#text.substring(from, end) : (this.#parts[this.#part++] as string)
  }
}

class Buffers extends Lines<Buffer> {
  #bytes: Buffer = Buffer.alloc(0)

  protected take(bytes: Bytes, start: number, end: number): void {
    unwrap(bytes.native.lines(start, end, NONE, this.told, measures), bytes.path)
    const length = (measures[0] ?? end) - start
    this.#bytes = Buffer.allocUnsafeSlow(length)
    bytes.copyOut(start, this.#bytes, 0, length)
  }

  protected line(from: number, end: number): Buffer {
    return this.#bytes.subarray(from, end)
  }
}

class Offsets extends Lines<[number, number]> {
  protected take(bytes: Bytes, start: number, end: number): void {
    unwrap(bytes.native.lines(start, end, NONE, this.told, measures), bytes.path)
  }

  protected line(from: number, end: number): [number, number] {
    return [this.base + from, this.base + end]
  }
}

/** The lines of a mapping. */
export function linesOf<K extends LineKind>(mapping: Core, given?: LinesOptions<K>): IterableIterator<Line<K>> {
  const options = wanted(bytesOf(mapping), given, [])
  const kinds = { string: Strings, buffer: Buffers, offsets: Offsets }
  return new kinds[options.as](mapping, options) as IterableIterator<unknown> as IterableIterator<Line<K>>
}

/** Bytes that are fetched at once: several pieces of whole lines. */
const BATCH = 262_144
/** Bytes of a string that is split: larger ones land among V8's large objects. */
const PIECE = 65_536

/** Cuts whole lines apart, a piece at a time. */
function* cut(bytes: Buffer, { as, encoding, keepEnds }: Wanted): Generator<(string | Buffer)[], void, undefined> {
  for (let from = 0; from < bytes.length; ) {
    let end = Math.min(bytes.length, from + PIECE)
    if (end < bytes.length) {
      const last = bytes.lastIndexOf(LF, end - 1)
      // A line that is longer than a piece.
      const next = last >= from ? last : bytes.indexOf(LF, end)
      end = next < 0 ? bytes.length : next + 1
    }
    // As lines() says it.
    if (as === 'string' && end - from > constants.MAX_STRING_LENGTH)
      throw outOfRange('line', `at most ${constants.MAX_STRING_LENGTH} bytes long`, end - from)
    if (as === 'buffer') yield cutBytes(bytes.subarray(from, end), keepEnds)
    else yield cutText(bytes.toString(encoding === UTF8 ? 'utf8' : 'latin1', from, end), keepEnds, [])
    from = end
  }
}

function cutBytes(bytes: Buffer, keepEnds: boolean): Buffer[] {
  const found: Buffer[] = []
  for (let from = 0; from < bytes.length; ) {
    const at = bytes.indexOf(LF, from)
    if (at < 0) {
      found.push(bytes.subarray(from))
      break
    }
    const isCr = at > from && bytes[at - 1] === CR
    found.push(bytes.subarray(from, keepEnds ? at + 1 : isCr ? at - 1 : at))
    from = at + 1
  }
  return found
}

/** The lines of a mapping, some hundreds at a time, fetched on threads of our own; the next when they are asked for. */
export async function* linesAsyncOf<K extends 'string' | 'buffer'>(
  mapping: Core,
  given: (LinesOptions<K> & { signal?: AbortSignal }) | undefined,
): AsyncGenerator<Line<K>[], void, undefined> {
  const options = wanted(bytesOf(mapping), given, ['signal'])
  if (options.as === 'offsets') throw wrongValue('options.as', "'string' or 'buffer'", options.as)
  const signal = check.signal(given?.signal)
  let { start } = options
  for (;;) {
    const end = Math.min(options.end, bytesOf(mapping).length)
    if (start >= end) return
    const bytes: Buffer = await runJob(mapping, signal, (job) =>
      bytesOf(mapping).native.linesAsync(job, start, end, BATCH),
    )
    start += bytes.length
    for (const lines of cut(bytes, options)) {
      // Between two pieces of a batch too.
      void bytesOf(mapping).length
      if (signal?.aborted) throw new MmapAbortError(signal.reason)
      yield lines as Line<K>[]
    }
  }
}
