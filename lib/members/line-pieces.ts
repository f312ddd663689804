// What a piece of lines has, whether a loop asks for it or a job has it ready.
import type { LinesRequest } from '../options/lines.js'

const CR = 13

/** Lines of a piece at most. */
const MOST_LINES = 16_384

/**
 * Bytes of a piece. That of strings stays below the size at which V8 puts a string among its large objects, even with two
 * bytes a character: a line cut from there costs twice as much.
 */
export const STRING_PIECE: number = 63 * 1024

/**
 * Three numbers that go to the addon and come back. Before the call: where in the mapping the range begins, where it ends, and
 * about how many bytes a piece has. After it: where the next piece begins; how many lines this one has (-1: only the decoded
 * text tells); and where its only line ends, if that is too far for the bounds (else 0).
 */
export const measures: Float64Array = new Float64Array(3)

/** What the addon has written into `measures`. */
export interface PieceMeasures {
  next: number
  count: number
  farEnd: number
}

/** To be called at once after the addon was: what runs next may be the program's, and read other lines. */
export function takeMeasures(): PieceMeasures {
  return { next: measures[0] as number, count: measures[1] as number, farEnd: measures[2] as number }
}

/** Room for the bounds of a piece's lines. A range has no more lines than bytes. */
export function boundsFor({ start, end }: LinesRequest): Int32Array {
  return new Int32Array(2 * Math.min(MOST_LINES, end - start))
}

/** The decoded text of a piece, and lines out of it. */
export class PieceText {
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
