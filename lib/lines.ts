import { inspect } from 'node:util'
import type { NativeJob as Job } from '../binding.js'
import type { Bytes } from './bytes.js'
import * as check from './checks.js'
import { bytesOf, type Core, runJob } from './core.js'
import { MmapAbortError, unwrap, wrongValue } from './errors.js'

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

const CR = 13

interface Wanted {
  as: LineKind
  /** Of strings; of others `NONE`. */
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
    encoding: as !== 'string' ? NONE : encoding.startsWith('utf') ? UTF8 : LATIN1,
    start,
    end: Math.max(start, check.bound(options.end, 'options.end', bytes.length, bytes.length)),
    keepEnds: check.boolean(options.keepEnds, 'options.keepEnds', false),
  }
}

/** How many lines a piece may have. */
const ROOM = 16_384

/** Room for the bounds of the lines of a piece: a range has no more of them than bytes. */
function roomFor({ start, end }: Wanted): Int32Array {
  return new Int32Array(2 * Math.min(ROOM, end - start))
}

/**
 * Bytes of a piece of whole lines. Of a string: twice as large it would land among V8's large objects, also with two bytes
 * a character, and cost twice as much a line.
 */
const TEXT_PIECE = 63 * 1024
const BYTES_PIECE = 64 * 1024
const OFFSETS_PIECE = 512 * 1024

/** Where the native side writes the start of the next piece, the number of lines, where one ends that is too long. */
const measures = new Float64Array(3)

/** An integer as V8 keeps small ones: one out of a Float64Array is a double, and what is added to it is another. */
function integer(value: number): number {
  const small = value | 0
  return small === value ? small : value
}

/**
 * The lines of a mapping, piece by piece. By hand, since a generator costs twice as much a line; `step` and each `next`
 * are small, so that a loop takes them in and makes no object but the line. For that a `next` makes its result in one
 * place: V8 makes an object that may be one of two.
 */
abstract class Lines<T> implements IterableIterator<T, undefined> {
  readonly #mapping: Core
  readonly #end: number
  protected readonly keepEnds: boolean
  /** Where each line begins and ends, from the start of the piece: bytes, or units of its text. */
  protected readonly bounds: Int32Array
  /** Added to where a line ends: not 0 if that is too far for its bounds. */
  protected far = 0
  /** The bounds that are next, and behind the last ones. */
  #at = 0
  #stop = 0
  /** Where the next piece begins in the mapping. */
  #next: number

  constructor(mapping: Core, options: Wanted) {
    const { start, end, keepEnds } = options
    this.bounds = roomFor(options)
    this.#mapping = mapping
    this.#next = start
    this.#end = end
    this.keepEnds = keepEnds
  }

  abstract next(): IteratorResult<T, undefined>

  /** Takes in the piece that begins at `start`: its bounds, and its measures. */
  protected abstract take(bytes: Bytes, start: number, end: number): void

  /** Where the bounds of the next line are; -1: there is none. */
  protected step(): number {
    const at = this.#at
    if (at === this.#stop || this.#mapping.closed) return this.#refill()
    this.#at = at + 2
    return at
  }

  #refill(): number {
    const bytes = bytesOf(this.#mapping)
    // A closed mapping throws here.
    const end = Math.min(this.#end, bytes.length)
    const start = this.#next
    if (start >= end) return -1
    this.take(bytes, start, end)
    const [next = end, count = 0, far = 0] = measures
    this.#next = integer(next)
    this.far = integer(far)
    this.#at = 2
    this.#stop = 2 * count
    return 0
  }

  [Symbol.iterator](): this {
    return this
  }
}

/** The text of a piece: what the native side makes of it, and lines out of that. */
class Text {
  #narrow = ''
  /** The lines that need two bytes a character, where others do not. */
  #wide = ''

  /** Takes in what `lines` of the native side has answered, with its bounds and `measures`. */
  take(made: string | [string, string], keepEnds: boolean, bounds: Int32Array): void {
    ;[this.#narrow, this.#wide] = typeof made === 'string' ? [made, ''] : made
    // Of what is no UTF-8 its decoder alone knows how many characters it becomes.
    if (measures[1] === -1) measures[1] = cutAt(this.#narrow, keepEnds, bounds)
  }

  line(bounds: Int32Array, at: number): string {
    const from = bounds[at] as number
    const end = bounds[at + 1] as number
    return from < 0 ? this.#wide.substring(~from, end) : this.#narrow.substring(from, end)
  }
}

class Strings extends Lines<string> {
  readonly #encoding: number
  readonly #text = new Text()

  constructor(mapping: Core, options: Wanted) {
    super(mapping, options)
    this.#encoding = options.encoding
  }

  protected take(bytes: Bytes, start: number, end: number): void {
    const { bounds, keepEnds } = this
    const text = bytes.native.lines(start, end, TEXT_PIECE, this.#encoding, keepEnds, bounds, measures)
    this.#text.take(unwrap(text, bytes.path) as string | [string, string], keepEnds, bounds)
  }

  next(): IteratorResult<string, undefined> {
    const at = this.step()
    const done = at < 0
    return { done, value: done ? undefined : this.#text.line(this.bounds, at) } as IteratorResult<string, undefined>
  }
}

/** Writes where the lines of a text begin and end, as the native side does. */
function cutAt(text: string, keepEnds: boolean, bounds: Int32Array): number {
  let count = 0
  for (let from = 0; from < text.length; ) {
    const at = text.indexOf('\n', from)
    const next = at < 0 ? text.length : at + 1
    const bare = at < 0 ? next : at > from && text.charCodeAt(at - 1) === CR ? at - 1 : at
    bounds.set([from, keepEnds ? next : bare], 2 * count++)
    from = next
  }
  return count
}

const NO_BYTES = new ArrayBuffer(0)

type BufferOver = new (memory: ArrayBufferLike, offset: number, length: number) => Buffer

/** A Buffer over memory. By the class that Buffers are of, where the engine tells it: that is three times as fast. */
const bufferOver = ((): ((memory: ArrayBufferLike, offset: number, length: number) => Buffer) => {
  const { [Symbol.species]: Class } = Buffer as unknown as { [Symbol.species]?: BufferOver }
  if (Class === undefined || Class.prototype !== Buffer.prototype || Object.is(Class, Buffer))
    return (memory, offset, length) => Buffer.from(memory as ArrayBuffer, offset, length)
  return (memory, offset, length) => new Class(memory, offset, length)
})()

class Buffers extends Lines<Buffer> {
  #bytes: ArrayBufferLike = NO_BYTES

  protected take(bytes: Bytes, start: number, end: number): void {
    const { bounds, keepEnds } = this
    unwrap(bytes.native.lines(start, end, BYTES_PIECE, NONE, keepEnds, bounds, measures), bytes.path)
    const length = (measures[0] as number) - start
    const copy = Buffer.allocUnsafeSlow(length)
    bytes.copyOut(start, copy, 0, length)
    this.#bytes = copy.buffer
  }

  #line(at: number): Buffer {
    const from = this.bounds[at] as number
    return bufferOver(this.#bytes, from, this.far + (this.bounds[at + 1] as number) - from)
  }

  next(): IteratorResult<Buffer, undefined> {
    const at = this.step()
    const done = at < 0
    return { done, value: done ? undefined : this.#line(at) } as IteratorResult<Buffer, undefined>
  }
}

/**
 * A step of an iterator that makes its pair when it is asked for, each time anew. A loop that takes the pair apart at once
 * then makes no object, and a line costs half. ECMA-262 allows `value` to be inherited (The IteratorResult Interface).
 */
class OffsetsStep {
  readonly done: boolean
  readonly #start: number
  readonly #end: number

  static {
    Object.defineProperty(OffsetsStep.prototype, inspect.custom, {
      configurable: true,
      writable: true,
      value(this: OffsetsStep): string {
        return inspect({ done: this.done, value: this.value })
      },
    })
  }

  constructor(done: boolean, start: number, end: number) {
    this.done = done
    this.#start = start
    this.#end = end
  }

  get value(): [number, number] | undefined {
    return this.done ? undefined : [this.#start, this.#end]
  }
}

class Offsets extends Lines<[number, number]> {
  #base = 0

  protected take(bytes: Bytes, start: number, end: number): void {
    const { bounds, keepEnds } = this
    unwrap(bytes.native.lines(start, end, OFFSETS_PIECE, NONE, keepEnds, bounds, measures), bytes.path)
    this.#base = start
  }

  next(): IteratorResult<[number, number], undefined> {
    const found = this.step()
    const done = found < 0
    const at = done ? 0 : found
    const base = this.#base
    const start = base + (this.bounds[at] as number)
    const end = base + this.far + (this.bounds[at + 1] as number)
    return new OffsetsStep(done, start, end) as IteratorResult<[number, number], undefined>
  }
}

/** The lines of a mapping. */
export function linesOf<K extends LineKind>(mapping: Core, given?: LinesOptions<K>): IterableIterator<Line<K>> {
  const options = wanted(bytesOf(mapping), given, [])
  const kinds = { string: Strings, buffer: Buffers, offsets: Offsets }
  return new kinds[options.as](mapping, options) as IterableIterator<unknown> as IterableIterator<Line<K>>
}

/** Bytes that are made ready at once, several pieces of whole lines: to wake a thread, and be woken, takes as long. */
const BATCH = 4 * TEXT_PIECE

/** The lines of the piece at `start`, which a job has ready; `undefined`: it has no more. */
function readyLines(job: Job, start: number, { encoding, keepEnds }: Wanted, bounds: Int32Array) {
  const made = unwrap(job.lines(start, encoding, bounds, measures))
  if (made === null) return undefined
  const lines: (string | Buffer)[] = []
  if (made instanceof Uint8Array) {
    const [, count = 0, far = 0] = measures
    for (let at = 0; at < 2 * count; at += 2) {
      const from = bounds[at] as number
      lines.push(bufferOver(made.buffer, made.byteOffset + from, far + (bounds[at + 1] as number) - from))
    }
  } else {
    const text = new Text()
    text.take(made, keepEnds, bounds)
    const [, count = 0] = measures
    for (let at = 0; at < 2 * count; at += 2) lines.push(text.line(bounds, at))
  }
  return lines
}

/** The lines of a mapping, some hundreds at a time, made ready on threads of our own; the next when they are asked for. */
export async function* linesAsyncOf<K extends 'string' | 'buffer'>(
  mapping: Core,
  given: (LinesOptions<K> & { signal?: AbortSignal }) | undefined,
): AsyncGenerator<Line<K>[], void, undefined> {
  const options = wanted(bytesOf(mapping), given, ['signal'])
  if (options.as === 'offsets') throw wrongValue('options.as', "'string' or 'buffer'", options.as)
  const signal = check.signal(given?.signal)
  const bounds = roomFor(options)
  let { start } = options
  for (;;) {
    const end = Math.min(options.end, bytesOf(mapping).length)
    if (start >= end) return
    const job = await runJob(mapping, signal, async (begun) => {
      const { native } = bytesOf(mapping)
      const { encoding, keepEnds } = options
      const room = bounds.length / 2
      const read = await native.linesAsync(begun, start, end, TEXT_PIECE, BATCH, encoding, keepEnds, room)
      return typeof read === 'number' ? begun : read
    })
    try {
      for (;;) {
        // Between two pieces of a batch too.
        void bytesOf(mapping).length
        if (signal?.aborted) throw new MmapAbortError(signal.reason)
        const lines = readyLines(job, start, options, bounds)
        if (lines === undefined) break
        start = measures[0] as number
        yield lines as Line<K>[]
      }
    } finally {
      // Lets go of what nobody has asked for.
      job.abort()
    }
  }
}
