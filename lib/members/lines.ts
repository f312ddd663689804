// The lines of a mapping, made in pieces of whole lines.
import { inspect } from 'node:util'
import type { NativeJob as Job } from '../../binding.js'
import { bufferOver, newBuffer } from '../buffers.js'
import * as check from '../checks.js'
import { MmapAbortError, wrongValue } from '../errors.js'
import { unwrap } from '../failures.js'
import type { MappedBytes } from '../homes/home.js'
import { runJob } from '../jobs.js'
import {
  type Line,
  type LineKind,
  type LinesAsyncOptions,
  type LinesOptions,
  type LinesRequest,
  linesRequest,
} from '../options/lines.js'
import type { MappingState } from '../state.js'
import { becomeIterator, iteratorOf } from './iterator.js'

const CR = 13

/** Lines of a piece at most. */
const MOST_LINES = 16_384

/**
 * Bytes of a piece. That of strings stays below the size at which V8 puts a string among its large objects, even with two
 * bytes a character: a line cut from there costs twice as much.
 */
const STRING_PIECE = 63 * 1024
const BUFFER_PIECE = 64 * 1024
const OFFSETS_PIECE = 512 * 1024

/**
 * Bytes that a job off the event loop makes ready: several pieces, because waking a thread and being woken by it takes as
 * long as one piece.
 */
const JOB_BYTES = 4 * STRING_PIECE

/**
 * Three numbers that go to the addon and come back. Before the call: where in the mapping the range begins, where it ends, and
 * about how many bytes a piece has. After it: where the next piece begins; how many lines this one has (-1: only the decoded
 * text tells); and where its only line ends, if that is too far for the bounds (else 0).
 */
const measures = new Float64Array(3)

/** What the addon has written into `measures`. */
interface PieceMeasures {
  next: number
  count: number
  farEnd: number
}

/** To be called at once after the addon was: what runs next may be the program's, and read other lines. */
function takeMeasures(): PieceMeasures {
  return { next: measures[0] as number, count: measures[1] as number, farEnd: measures[2] as number }
}

/** Room for the bounds of a piece's lines. A range has no more lines than bytes. */
function boundsFor({ start, end }: LinesRequest): Int32Array {
  return new Int32Array(2 * Math.min(MOST_LINES, end - start))
}

/** The same number as a small integer of V8's: out of a Float64Array it comes as a double, and so do all sums with it. */
function smallInteger(value: number): number {
  const small = value | 0
  return small === value ? small : value
}

/**
 * An iterator over lines, piece by piece. It is a class, because a generator costs twice as much for each line. `step` and
 * each `next` are small, so that V8 inlines them into the caller's loop; and each `next` makes its result object in one
 * place, so that V8 can leave it out: of two it would have to make one.
 */
abstract class Lines<T> implements Iterator<T, undefined, unknown> {
  static {
    becomeIterator(
      Lines.prototype,
      ({ request }) => `Lines { as: '${request.as}', start: ${request.start}, end: ${request.end} }`,
    )
  }

  readonly #state: MappingState
  readonly #end: number
  protected readonly request: LinesRequest
  /** For each line where it begins and ends, from the start of the piece: in bytes, or in UTF-16 units of its text. */
  protected readonly bounds: Int32Array
  /** Added to where a line ends. It is not 0 if the piece is one line whose end is too far for the bounds. */
  protected farEnd = 0
  /** The index of the next line's bounds, and the one behind the last line's. */
  #at = 0
  #stop = 0
  /** Where the next piece begins in the mapping. */
  #nextPiece: number
  /** The `changes` of the state that were seen. */
  #changes: number

  constructor(state: MappingState, request: LinesRequest) {
    this.request = request
    this.bounds = boundsFor(request)
    this.#state = state
    this.#changes = state.changes
    this.#nextPiece = request.start
    this.#end = request.end
  }

  abstract next(): IteratorResult<T, undefined>

  /** Reads the piece that begins at `start`, with its bounds. */
  protected abstract readPiece(bytes: MappedBytes, start: number, end: number): PieceMeasures

  /** The index of the next line's bounds; -1 after the last line. */
  protected step(): number {
    const at = this.#at
    if (at === this.#stop || this.#state.changes !== this.#changes) return this.#slowStep()
    this.#at = at + 2
    return at
  }

  #slowStep(): number {
    const { bytes, changes } = this.#state
    // A closed mapping throws here.
    const { length } = bytes
    if (changes !== this.#changes) {
      this.#changes = changes
      this.#cutOff(length)
    }
    if (this.#at === this.#stop) return this.#refill(bytes, Math.min(this.#end, length))
    this.#at += 2
    return this.#at - 2
  }

  #refill(bytes: MappedBytes, end: number): number {
    const start = this.#nextPiece
    if (start >= end) return -1
    const { next, count, farEnd } = this.readPiece(bytes, start, end)
    this.#nextPiece = smallInteger(next)
    this.farEnd = smallInteger(farEnd)
    this.#at = 2
    this.#stop = 2 * count
    return 0
  }

  /** Whether a line that was found may be given although the mapping has another length by now. Text is a copy. */
  protected isWithin(_at: number, _length: number): boolean {
    return true
  }

  /** The mapping has another length. The first line that is not within it is the end, also if the mapping grows again. */
  #cutOff(length: number): void {
    for (let at = this.#at; at < this.#stop; at += 2) {
      if (this.isWithin(at, length)) continue
      this.#stop = at
      this.#nextPiece = Number.POSITIVE_INFINITY
    }
  }
}

/** The decoded text of a piece, and lines out of it. */
class PieceText {
  #narrow = ''
  /** The lines that need two bytes a character, where others of the piece do not. Their starts are bitwise inverted. */
  #wide = ''

  /** Takes what the addon's `lines` answered, with the number of lines. Answers that number, and completes the bounds. */
  take(decoded: string | [string, string], count: number, keepEnds: boolean, bounds: Int32Array): number {
    const isNarrow = typeof decoded === 'string'
    this.#narrow = isNarrow ? decoded : decoded[0]
    this.#wide = isNarrow ? '' : decoded[1]
    // Of invalid UTF-8 only the engine's decoder knows how many characters it becomes.
    return count === -1 ? findLines(this.#narrow, keepEnds, bounds) : count
  }

  line(bounds: Int32Array, at: number): string {
    const from = bounds[at] as number
    const end = bounds[at + 1] as number
    return from < 0 ? this.#wide.substring(~from, end) : this.#narrow.substring(from, end)
  }
}

/** Writes where the lines of a text begin and end, as the addon does for bytes. Returns how many they are. */
function findLines(text: string, keepEnds: boolean, bounds: Int32Array): number {
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

/**
 * Has the addon find the lines of the first piece of a range: it writes their bounds and `measures`, and answers the text if
 * the encoding is one of strings.
 */
function readBounds(
  { native, path }: MappedBytes,
  start: number,
  end: number,
  pieceBytes: number,
  { encoding, keepEnds }: LinesRequest,
  bounds: Int32Array,
): string | [string, string] | null {
  measures[0] = start
  measures[1] = end
  measures[2] = pieceBytes
  return unwrap(native.lines(encoding, keepEnds, bounds, measures), path)
}

class StringLines extends Lines<string> {
  readonly #text = new PieceText()

  protected readPiece(bytes: MappedBytes, start: number, end: number): PieceMeasures {
    const { bounds, request } = this
    const decoded = readBounds(bytes, start, end, STRING_PIECE, request, bounds)
    const piece = takeMeasures()
    return {
      ...piece,
      count: this.#text.take(decoded as string | [string, string], piece.count, request.keepEnds, bounds),
    }
  }

  next(): IteratorResult<string, undefined> {
    const at = this.step()
    const done = at < 0
    return { done, value: done ? undefined : this.#text.line(this.bounds, at) } as IteratorResult<string, undefined>
  }
}

const NO_BYTES = new ArrayBuffer(0)

class BufferLines extends Lines<Buffer> {
  #memory: ArrayBufferLike = NO_BYTES

  protected readPiece(bytes: MappedBytes, start: number, end: number): PieceMeasures {
    readBounds(bytes, start, end, BUFFER_PIECE, this.request, this.bounds)
    const piece = takeMeasures()
    const length = piece.next - start
    const copy = newBuffer(length)
    bytes.copyOut(start, copy, 0, length)
    this.#memory = copy.buffer
    return piece
  }

  #line(at: number): Buffer {
    const from = this.bounds[at] as number
    return bufferOver(this.#memory, from, this.farEnd + (this.bounds[at + 1] as number) - from)
  }

  next(): IteratorResult<Buffer, undefined> {
    const at = this.step()
    const done = at < 0
    return { done, value: done ? undefined : this.#line(at) } as IteratorResult<Buffer, undefined>
  }
}

/**
 * The result of a step of `OffsetLines`, which makes its pair when `value` is read, anew each time. A loop that takes the
 * pair apart at once then makes no object at all, and a line costs half. ECMA-262 allows `value` to be inherited ("The
 * IteratorResult Interface").
 */
class OffsetsResult {
  readonly done: boolean
  readonly #start: number
  readonly #end: number

  static {
    Object.defineProperty(OffsetsResult.prototype, inspect.custom, {
      configurable: true,
      writable: true,
      value(this: OffsetsResult): string {
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

class OffsetLines extends Lines<[number, number]> {
  #pieceStart = 0

  protected readPiece(bytes: MappedBytes, start: number, end: number): PieceMeasures {
    readBounds(bytes, start, end, OFFSETS_PIECE, this.request, this.bounds)
    this.#pieceStart = start
    return takeMeasures()
  }

  #lineEnd(at: number): number {
    return this.#pieceStart + this.farEnd + (this.bounds[at + 1] as number)
  }

  protected override isWithin(at: number, length: number): boolean {
    return this.#lineEnd(at) <= length
  }

  next(): IteratorResult<[number, number], undefined> {
    const found = this.step()
    const done = found < 0
    const at = done ? 0 : found
    const start = this.#pieceStart + (this.bounds[at] as number)
    const end = this.#lineEnd(at)
    return new OffsetsResult(done, start, end) as IteratorResult<[number, number], undefined>
  }
}

export function lines<K extends LineKind>(
  state: MappingState,
  options: LinesOptions<K> | undefined,
): IteratorObject<Line<K>, undefined, unknown> {
  const request = linesRequest(state.bytes, options)
  const kinds = { string: StringLines, buffer: BufferLines, offsets: OffsetLines }
  return iteratorOf(
    new kinds[request.as](state, request) as Iterator<unknown, undefined> as Iterator<Line<K>, undefined>,
  )
}

/** Lines that a job has had ready. */
interface ReadyPiece {
  /** Where the piece behind these begins. */
  next: number
  lines: (string | Buffer)[]
}

/** The lines of the next piece that a job has ready, which begins at `start`; `undefined` if it has no more. */
function nextReadyPiece(
  job: Job,
  start: number,
  { encoding, keepEnds }: LinesRequest,
  bounds: Int32Array,
): ReadyPiece | undefined {
  const piece = unwrap(job.lines(start, encoding, bounds, measures))
  const { next, count, farEnd } = takeMeasures()
  if (piece === null) return undefined
  const lines: (string | Buffer)[] = []
  if (piece instanceof Uint8Array) {
    for (let at = 0; at < 2 * count; at += 2) {
      const from = bounds[at] as number
      lines.push(bufferOver(piece.buffer, piece.byteOffset + from, farEnd + (bounds[at + 1] as number) - from))
    }
  } else {
    const text = new PieceText()
    const all = text.take(piece, count, keepEnds, bounds)
    for (let at = 0; at < 2 * all; at += 2) lines.push(text.line(bounds, at))
  }
  return { next, lines }
}

/** Makes the first pieces of a range ready off the event loop. Returns the job, which hands them out. */
function prepareLines(
  state: MappingState,
  start: number,
  end: number,
  { encoding, keepEnds }: LinesRequest,
  most: number,
  signal: AbortSignal | undefined,
): Promise<Job> {
  return runJob(state, { signal }, async (job) => {
    const { native } = state.bytes
    const answer = await native.linesAsync(job, { start, end, most: STRING_PIECE, encoding, keepEnds }, JOB_BYTES, most)
    return typeof answer === 'number' ? job : answer
  })
}

export function linesAsync<K extends 'string' | 'buffer'>(
  state: MappingState,
  options: (LinesOptions<K> & Pick<LinesAsyncOptions, 'signal'>) | undefined,
): AsyncGenerator<Line<K>[], void, undefined> {
  // A closed mapping throws here, and not when the first lines are asked for.
  void state.bytes.length
  return prepareAndCut(state, options)
}

/** The lines of a mapping, some hundreds at a time. The next job starts when the lines of the last one are used up. */
async function* prepareAndCut<K extends 'string' | 'buffer'>(
  state: MappingState,
  options: (LinesOptions<K> & Pick<LinesAsyncOptions, 'signal'>) | undefined,
): AsyncGenerator<Line<K>[], void, undefined> {
  const request = linesRequest(state.bytes, options, ['signal'])
  if (request.as === 'offsets') throw wrongValue('options.as', "'string' or 'buffer'", request.as)
  const signal = check.signal(options?.signal)
  const bounds = boundsFor(request)
  let { start } = request
  for (;;) {
    const end = Math.min(request.end, state.bytes.length)
    if (start >= end) return
    const job = await prepareLines(state, start, end, request, bounds.length / 2, signal)
    try {
      for (;;) {
        // The mapping may be closed, or the signal aborted, between two pieces of a job.
        void state.bytes.length
        if (signal?.aborted) throw new MmapAbortError(signal.reason)
        const ready = nextReadyPiece(job, start, request, bounds)
        if (ready === undefined) break
        start = ready.next
        yield ready.lines as Line<K>[]
      }
    } finally {
      // Frees the pieces that were not asked for.
      job.cancel()
    }
  }
}
