import { inspect } from 'node:util'
import type { Failure, NativeJob } from '../binding.js'
import { copyOf } from './array.js'
import { bytesOf, type Core } from './core.js'
import { MmapAbortError, unwrap } from './errors.js'
import type { Compiled } from './pattern.js'

/** Matches that were found together. */
export interface Batch {
  readonly mapping: Core
  readonly names: readonly (string | null)[]
  /**
   * Of each match two numbers a group, where it begins and ends (-1: it took no part), and one more: where its bytes begin
   * in the text (-1: they are not there).
   */
  readonly slots: Float64Array
  /** The bytes of the matches, one behind the other; those of a longer match are not there. */
  readonly text: Buffer
}

type Span = [start: number, end: number]

/**
 * A match: where it lies, and what its groups captured, as Buffers that are copied when you ask for them. It stays valid
 * after `close()`; of a match of more than 64 KiB the captures, not the positions, must be asked for before.
 *
 * `const [whole, year, month] = match` takes the captures; a match that you keep keeps up to 64 KiB of its neighbours.
 */
export class ByteMatch implements Iterable<Buffer | undefined> {
  readonly #batch: Batch
  /** Its first slot. */
  readonly #slot: number

  static {
    Object.defineProperty(ByteMatch.prototype, inspect.custom, {
      configurable: true,
      writable: true,
      value(this: ByteMatch): string {
        return `ByteMatch ${inspect(this.toJSON())}`
      },
    })
  }

  constructor(batch: Batch, slot: number) {
    this.#batch = batch
    this.#slot = slot
  }

  // Read when they are asked for: as fields they would cost an object each, and a match a third more.
  /** Bytes from the start of the mapping to the match. */
  get index(): number {
    return this.#batch.slots[this.#slot] as number
  }

  /** Bytes from the start of the mapping to what follows the match. */
  get end(): number {
    return this.#batch.slots[this.#slot + 1] as number
  }

  /** How many captures there are, the whole match among them. */
  get length(): number {
    return this.#batch.names.length
  }

  #number(group: number | string): number {
    return typeof group === 'string' ? this.#named(group) : group
  }

  /** Of several groups of one name at most one takes part. */
  #named(name: string): number {
    const { names } = this.#batch
    let found = -1
    for (let group = names.indexOf(name); group >= 0; group = names.indexOf(name, group + 1)) {
      found = group
      if (this.span(group) !== undefined) break
    }
    return found
  }

  /** Where a group lies, by its number (0: the whole match) or name; `undefined`: it took no part, or there is none. */
  span(group: number | string = 0): Span | undefined {
    const number = this.#number(group)
    if (!(number >= 0 && number < this.length)) return undefined
    const at = this.#slot + 2 * number
    const start = this.#batch.slots[at] as number
    return start < 0 ? undefined : [start, this.#batch.slots[at + 1] as number]
  }

  /** What a group captured, copied; by its number (0: the whole match) or name. */
  get(group: number | string = 0): Buffer | undefined {
    const span = this.span(group)
    if (span === undefined) return undefined
    const [start, end] = span
    const { mapping, names, slots, text } = this.#batch
    const place = slots[this.#slot + 2 * names.length] as number
    if (place < 0) return copyOf(bytesOf(mapping), start, end - start)
    const from = place + start - this.index
    return Buffer.from(text.subarray(from, from + end - start))
  }

  /** All captures, the whole match first. */
  get captures(): (Buffer | undefined)[] {
    return Array.from({ length: this.length }, (_, group) => this.get(group))
  }

  /** The captures of named groups; `undefined`: the pattern has none. */
  get groups(): Record<string, Buffer | undefined> | undefined {
    return this.#byName((name) => this.get(name))
  }

  /** Where the groups lie, the whole match first; those with names in `groups` too. */
  get indices(): (Span | undefined)[] & { groups: Record<string, Span | undefined> | undefined } {
    const spans = Array.from({ length: this.length }, (_, group) => this.span(group))
    return Object.assign(spans, { groups: this.#byName((name) => this.span(name)) })
  }

  #byName<T>(of: (name: string) => T): Record<string, T> | undefined {
    const names = this.#batch.names.filter((name) => name !== null)
    if (names.length === 0) return undefined
    const found: Record<string, T> = Object.create(null)
    for (const name of names) found[name] = of(name)
    return found
  }

  /** What JSON has of it: where it lies. */
  toJSON(): { index: number; end: number } {
    return { index: this.index, end: this.end }
  }

  /** The whole match as text. */
  toString(encoding: BufferEncoding = 'utf8'): string {
    return this.get()?.toString(encoding) ?? ''
  }

  [Symbol.iterator](): IterableIterator<Buffer | undefined> {
    return this.captures[Symbol.iterator]()
  }
}

/** How many matches a batch has: few at first, since the next may be far away. */
const FIRST = 16
const MOST = 1024
/** Slots of a batch. */
const SLOTS = 65_536
/** Bytes of a batch's text; a match that has more is not copied with it. */
export const TEXT = 65_536

const NO_SLOTS: Float64Array = new Float64Array(0)
const NO_TEXT: Buffer = Buffer.alloc(0)

/** How many slots a match has. */
function widthOf(names: Batch['names']): number {
  return 2 * names.length + 1
}

/** How many matches a batch has, `most` of them. So many groups that it would be a burden have smaller batches. */
function sizeOf(names: Batch['names'], most: number): number {
  return Math.min(most, Math.max(1, Math.floor(SLOTS / widthOf(names))))
}

/** Where the bytes of a batch are written. */
let scratch: Buffer | undefined

/** A copy of the bytes that `count` matches have there. */
function textOf(written: Buffer, slots: Float64Array, width: number, count: number): Buffer {
  for (let slot = (count - 1) * width; slot >= 0; slot -= width) {
    const [index = 0, end = 0] = slots.subarray(slot)
    const place = slots[slot + width - 1] as number
    // The last one whose bytes are there.
    if (place >= 0) return Buffer.from(written.subarray(0, place + end - index))
  }
  return NO_TEXT
}

/** All matches within a range, found batch by batch; by hand, since a generator costs twice as much a match. */
export class Matches implements IterableIterator<ByteMatch, undefined> {
  readonly #mapping: Core
  readonly #compiled: Compiled
  readonly #start: number
  readonly #end: number
  /** Where the search goes on, what is known of the bytes, whether it is over. */
  readonly #place: Float64Array
  readonly #width: number
  #batch: Batch
  /** The slots of the next match, and where those of the batch end. */
  #slot = 0
  #stop = 0
  #most = FIRST

  constructor(mapping: Core, compiled: Compiled, start: number, end: number, at: number) {
    this.#mapping = mapping
    this.#compiled = compiled
    this.#start = start
    this.#end = end
    this.#place = Float64Array.of(at, 0, at > end ? 1 : 0)
    this.#width = widthOf(compiled.names)
    this.#batch = { mapping, names: compiled.names, slots: NO_SLOTS, text: NO_TEXT }
  }

  next(): IteratorResult<ByteMatch, undefined> {
    const done = (this.#slot === this.#stop || this.#mapping.closed) && !this.#fill()
    const slot = this.#slot
    if (!done) this.#slot = slot + this.#width
    // In one place, so that a loop makes no object but the match.
    return { done, value: done ? undefined : new ByteMatch(this.#batch, slot) } as IteratorResult<ByteMatch, undefined>
  }

  #fill(): boolean {
    const bytes = bytesOf(this.#mapping)
    // A closed mapping throws here.
    const end = Math.min(this.#end, bytes.length)
    // Over, or made shorter meanwhile.
    if (this.#place[2] !== 0 || this.#start > end) return false
    const { native, names } = this.#compiled
    const slots = new Float64Array(sizeOf(names, this.#most) * this.#width)
    this.#most = MOST
    scratch ??= Buffer.allocUnsafeSlow(TEXT)
    const found = bytes.native.matches(native, this.#start, end, this.#place, slots, scratch)
    const count = unwrap(found, bytes.path) as number
    this.#batch = { mapping: this.#mapping, names, slots, text: textOf(scratch, slots, this.#width, count) }
    this.#slot = 0
    this.#stop = count * this.#width
    return count > 0
  }

  [Symbol.iterator](): this {
    return this
  }
}

/** How many matches `matchAllAsync` fetches at once, and the bytes of theirs. */
const FETCHED = 1024

interface Fetched {
  count: number
  slots: Float64Array
  text: Buffer
  place: Float64Array
}

/** The matches of a batch that was fetched. */
function* unpacked(mapping: Core, { names }: Compiled, { count, slots, text }: Fetched): Generator<ByteMatch, void> {
  const batch = { mapping, names, slots, text }
  for (let match = 0; match < count; match++) yield new ByteMatch(batch, match * widthOf(names))
}

/** What a search off the event loop obeys. */
export interface Scan {
  signal: AbortSignal | undefined
  threads: number
  /** Runs a job of `total` bytes under the mapping's lifetime, and tells how far it is. */
  run: <T>(start: (job: NativeJob) => Promise<T | Failure | null>, done: number) => Promise<T>
}

/** All matches within a range, fetched on a thread of our own, batch by batch as they are asked for. */
export async function* matchesAsync(
  mapping: Core,
  compiled: Compiled,
  start: number,
  end: number,
  at: number,
  { signal, threads, run }: Scan,
  most: number = FETCHED,
): AsyncGenerator<ByteMatch, void, undefined> {
  let place: Float64Array = Float64Array.of(at, 0, at > end ? 1 : 0)
  const batchSize = sizeOf(compiled.names, most)
  while (place[2] === 0) {
    const from = place
    const to = Math.min(end, bytesOf(mapping).length)
    // Made shorter meanwhile.
    if (start > to) return
    const batch = await run<Fetched>(
      (job) => bytesOf(mapping).native.matchesAsync(job, compiled.native, start, to, from, batchSize, TEXT, threads),
      (place[0] ?? start) - start,
    )
    for (const match of unpacked(mapping, compiled, batch)) {
      // Between two matches of a batch too.
      void bytesOf(mapping).length
      if (signal?.aborted) throw new MmapAbortError(signal.reason)
      yield match
    }
    place = batch.place
  }
}

/** The first match at `at` or later. */
export function firstMatch(
  mapping: Core,
  compiled: Compiled,
  start: number,
  end: number,
  at: number,
): ByteMatch | null {
  const bytes = bytesOf(mapping)
  const { names, native } = compiled
  const slots = new Float64Array(widthOf(names))
  const place = Float64Array.of(at, 0, 0)
  if (unwrap(bytes.native.matches(native, start, end, place, slots, NO_TEXT), bytes.path) === 0) return null
  const [index = 0, last = 0] = slots
  const isShort = last - index <= TEXT
  slots[2 * names.length] = isShort ? 0 : -1
  return new ByteMatch({ mapping, names, slots, text: isShort ? copyOf(bytes, index, last - index) : NO_TEXT }, 0)
}
