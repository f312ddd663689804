// The lines of a mapping, made in pieces of whole lines.
import { inspect } from 'node:util'
import { bufferOver, newBuffer } from '../buffers.js'
import { unwrap } from '../failures.js'
import type { MappedBytes } from '../homes/home.js'
import { type Line, type LineKind, type LinesOptions, type LinesRequest, linesRequest } from '../options/lines.js'
import type { MappingState } from '../state.js'
import { becomeIterator, iteratorOf } from './iterator.js'
import { boundsFor, measures, type PieceMeasures, PieceText, STRING_PIECE, takeMeasures } from './line-pieces.js'

/** Bytes of a piece. */
const BUFFER_PIECE = 64 * 1024
const OFFSETS_PIECE = 512 * 1024

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
