// Finding matches: one, or all of them in batches.
import { coded, MmapAbortError } from '../errors.js'
import { unwrap } from '../failures.js'
import { type JobOptions, runJob } from '../jobs.js'
import type { MappingState } from '../state.js'
import { type Batch, type ByteMatch, matchOf } from './byte-match.js'
import { becomeIterator } from './iterator.js'
import { copyOf } from './operands.js'
import type { Compiled } from './pattern.js'

/** Matches of the first batch: few, because the next match may be far away and only the first few be wanted. */
const FIRST_BATCH = 16
/** Matches of each further batch. */
const BATCH = 1024
/** Slots of a batch: patterns with very many groups have smaller batches. */
const MOST_SLOTS = 65_536
/** Bytes of a batch's text. The bytes of a longer match are not copied with it. */
const TEXT_BYTES = 65_536

const NO_SLOTS: Float64Array = new Float64Array(0)
const NO_TEXT: Buffer = Buffer.alloc(0)

/** The number of slots of a match. */
function widthOf(names: Batch['names']): number {
  return 2 * names.length + 1
}

/** The number of matches of a batch, at most `most`. */
function batchSize(names: Batch['names'], most: number): number {
  return Math.min(most, Math.max(1, Math.floor(MOST_SLOTS / widthOf(names))))
}

// In one place, so that all batches have the same hidden class.
function batchOf(state: MappingState, names: Batch['names'], slots: Float64Array, text: Buffer): Batch {
  return { names, slots, text, copy: (start, length) => copyOfMatch(state, start, length) }
}

/** A copy of what a long match captured, made when it is asked for: the mapping may have become shorter since. */
function copyOfMatch({ bytes }: MappingState, start: number, length: number): Buffer {
  const end = start + length
  if (end > bytes.length) {
    throw coded(
      'ERR_OUT_OF_RANGE',
      `The capture ends at ${end}, and the mapping was made shorter since: it has ${bytes.length} bytes`,
    )
  }
  return copyOf(bytes, start, length)
}

/** Where a search goes on, as the addon reads and writes it: the position, what it knows of the bytes, and 1 at the end. */
function cursorAt(position: number, end: number): Float64Array {
  return Float64Array.of(position, 0, position > end ? 1 : 0)
}

const isAtEnd = (cursor: Float64Array): boolean => cursor[2] !== 0

/** Where the addon writes the text of a batch. It is copied from there, since most batches need far less. */
let scratch: Buffer | undefined

/** A copy of the bytes that `count` matches have in the scratch buffer. */
function textOf(written: Buffer, slots: Float64Array, width: number, count: number): Buffer {
  // The last match whose bytes are there says how much was written.
  for (let slot = (count - 1) * width; slot >= 0; slot -= width) {
    const [index = 0, end = 0] = slots.subarray(slot)
    const textStart = slots[slot + width - 1] as number
    if (textStart >= 0) return Buffer.from(written.subarray(0, textStart + end - index))
  }
  return NO_TEXT
}

/** All matches within a range, found in batches. A class, because a generator costs twice as much for each match. */
export class Matches implements Iterator<ByteMatch, undefined, unknown> {
  static {
    becomeIterator(Matches.prototype, (each) => `Matches { start: ${each.#start}, end: ${each.#end} }`)
  }

  readonly #state: MappingState
  readonly #compiled: Compiled
  readonly #start: number
  readonly #end: number
  readonly #cursor: Float64Array
  readonly #width: number
  #batch: Batch
  /** The slot of the next match, and the one behind the last match of the batch. */
  #slot = 0
  #stop = 0
  #most = FIRST_BATCH
  /** The `changes` of the state that were seen. */
  #changes: number
  /** A match that was found lies beyond the end that the mapping has by now. */
  #isCut = false

  /** Matches within [start, end) that begin at `at` or later. */
  constructor(state: MappingState, compiled: Compiled, start: number, end: number, at: number) {
    this.#state = state
    this.#compiled = compiled
    this.#start = start
    this.#end = end
    this.#cursor = cursorAt(at, end)
    this.#width = widthOf(compiled.names)
    this.#batch = batchOf(state, compiled.names, NO_SLOTS, NO_TEXT)
    this.#changes = state.changes
  }

  next(): IteratorResult<ByteMatch, undefined> {
    if (this.#state.changes !== this.#changes) this.#seeChanges()
    const done = this.#slot === this.#stop && !this.#nextBatch()
    const slot = this.#slot
    if (!done) this.#slot = slot + this.#width
    // The result is made in one place. V8 then leaves it out of a loop, which makes no object but the match.
    return { done, value: done ? undefined : matchOf(this.#batch, slot) } as IteratorResult<ByteMatch, undefined>
  }

  /** The mapping has another length. The first match that is not within it is the end, also if the mapping grows again. */
  #seeChanges(): void {
    // A closed mapping throws here.
    const { length } = this.#state.bytes
    this.#changes = this.#state.changes
    for (let slot = this.#slot; slot < this.#stop; slot += this.#width) {
      if ((this.#batch.slots[slot + 1] as number) <= length) continue
      this.#stop = slot
      this.#isCut = true
      return
    }
  }

  #nextBatch(): boolean {
    const { bytes } = this.#state
    if (this.#isCut) return false
    // A closed mapping throws here.
    const end = Math.min(this.#end, bytes.length)
    // The mapping may have become shorter since the last batch.
    if (isAtEnd(this.#cursor) || this.#start > end) return false
    const { wanted, names } = this.#compiled
    const slots = new Float64Array(batchSize(names, this.#most) * this.#width)
    this.#most = BATCH
    scratch ??= Buffer.allocUnsafeSlow(TEXT_BYTES)
    const count = unwrap(
      bytes.native.matches(wanted, { start: this.#start, end, cursor: this.#cursor }, slots, scratch),
      bytes.path,
    )
    this.#batch = batchOf(this.#state, names, slots, textOf(scratch, slots, this.#width, count))
    this.#slot = 0
    this.#stop = count * this.#width
    return count > 0
  }
}

/** The first match within [start, end) that begins at `at` or later. */
export function firstMatch(
  state: MappingState,
  compiled: Compiled,
  start: number,
  end: number,
  at: number,
): ByteMatch | null {
  const { bytes } = state
  const { names, wanted } = compiled
  const slots = new Float64Array(widthOf(names))
  const request = { start, end, cursor: cursorAt(at, end) }
  if (unwrap(bytes.native.matches(wanted, request, slots, NO_TEXT), bytes.path) === 0) return null
  const [index = 0, last = 0] = slots
  const isShort = last - index <= TEXT_BYTES
  slots[2 * names.length] = isShort ? 0 : -1
  return matchOf(batchOf(state, names, slots, isShort ? copyOf(bytes, index, last - index) : NO_TEXT), 0)
}

/** How a search off the event loop runs that takes several jobs. */
export interface AsyncSearch {
  signal: AbortSignal | undefined
  threads: number
  /** The options of the next job; the jobs before have searched `searched` bytes. */
  jobOptions(searched: number): JobOptions
  /** How many matches each job fetches. */
  most?: number
}

/** All matches within [start, end) that begin at `at` or later, fetched off the event loop in batches, as they are needed. */
export async function* matchesAsync(
  state: MappingState,
  compiled: Compiled,
  start: number,
  end: number,
  at: number,
  { signal, threads, jobOptions, most = BATCH }: AsyncSearch,
): AsyncGenerator<ByteMatch, void, undefined> {
  const { names } = compiled
  const size = batchSize(names, most)
  const width = widthOf(names)
  let cursor: Float64Array = cursorAt(at, end)
  while (!isAtEnd(cursor)) {
    const request = { start, cursor, most: size, text: TEXT_BYTES, threads }
    const to = Math.min(end, state.bytes.length)
    // The mapping may have become shorter since the last batch.
    if (start > to) return
    const found = await runJob(state, jobOptions((cursor[0] ?? start) - start), (job) =>
      state.bytes.native.matchesAsync(job, compiled.wanted, { ...request, end: to }),
    )
    const batch = batchOf(state, names, found.slots, found.text)
    for (let match = 0; match < found.count; match++) {
      // The mapping may be closed, or become shorter, or the signal aborted, between two matches of a batch.
      if ((found.slots[match * width + 1] as number) > state.bytes.length) return
      if (signal?.aborted) throw new MmapAbortError(signal.reason)
      yield matchOf(batch, match * width)
    }
    cursor = found.cursor
  }
}
