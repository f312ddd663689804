// The lines of a mapping, made ready off the event loop.
import type { NativeJob as Job } from '../../binding.js'
import { bufferOver } from '../buffers.js'
import * as check from '../checks.js'
import { MmapAbortError, wrongValue } from '../errors.js'
import { unwrap } from '../failures.js'
import { runJob } from '../jobs.js'
import {
  type Line,
  type LinesAsyncOptions,
  type LinesOptions,
  type LinesRequest,
  linesRequest,
} from '../options/lines.js'
import type { MappingState } from '../state.js'
import { boundsFor, measures, PieceText, STRING_PIECE, takeMeasures } from './line-pieces.js'

/**
 * Bytes that a job off the event loop makes ready: several pieces, because waking a thread and being woken by it takes as
 * long as one piece.
 */
const JOB_BYTES = 4 * STRING_PIECE

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
