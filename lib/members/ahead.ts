// What waits for a disk, off the event loop: pages brought into memory, and ranges that are read.
import { newBuffer } from '../buffers.js'
import * as check from '../checks.js'
import { outOfRange } from '../errors.js'
import { unwrap } from '../failures.js'
import { setBytes } from '../intrinsics.js'
import { keepAlive, runJob } from '../jobs.js'
import {
  type ByteRange,
  type PrefetchOptions,
  prefetchRequest,
  type ReadIntoOptions,
  ranges,
  readRequest,
} from '../options/ahead.js'
import type { MappingState } from '../state.js'

/** The bounds of one range, whose ends are arguments of their own. */
function oneRange(start: unknown, end: unknown, length: number): Float64Array {
  const from = check.bound(start, 'start', length, 0)
  return Float64Array.of(from, Math.max(from, check.bound(end, 'end', length, length)))
}

/** How many bytes are in ranges; what overlaps counts once. */
function bytesOf(bounds: Float64Array): number {
  const ranges = Array.from({ length: bounds.length / 2 }, (_, at) => bounds.subarray(2 * at, 2 * at + 2))
  let [total, reached] = [0, 0]
  for (const [start = 0, end = 0] of ranges.sort(([a = 0], [b = 0]) => a - b)) {
    total += Math.max(0, end - Math.max(start, reached))
    reached = Math.max(reached, end)
  }
  return total
}

export async function prefetch(state: MappingState, start: unknown, end: unknown, options: unknown): Promise<void> {
  const { length } = state.bytes
  const isList = Array.isArray(start)
  const { onProgress, signal } = prefetchRequest((isList ? end : options) as PrefetchOptions | undefined)
  const bounds = isList ? ranges(start as ByteRange[], length) : oneRange(start, end, length)
  const total = onProgress === undefined ? 0 : bytesOf(bounds)
  const progress = onProgress && ((done: number) => onProgress(done, total))
  await runJob(state, { signal, onProgress: progress }, (job) => state.bytes.native.prefetch(job, bounds))
}

interface Reading {
  signal: AbortSignal | undefined
  /** Bytes behind the last range that are asked of the system too. */
  ahead: number
}

/** Up to this many bytes are copied at once, if they are in memory: a thread would take longer to begin. */
const AT_ONCE = 262_144

/** Whether a range was read without waiting for anything. */
function isReadNow(state: MappingState, start: number, target: Uint8Array, signal: AbortSignal | undefined): boolean {
  const isSmall = target.length > 0 && target.length <= AT_ONCE
  return isSmall && !signal?.aborted && unwrap(state.bytes.native.readNow(start, target), state.path)
}

/** Copies of ranges: a start and an end of each, one behind the other. */
export async function copies(
  state: MappingState,
  bounds: Float64Array,
  { ahead, signal }: Reading,
): Promise<Buffer<ArrayBuffer>[]> {
  const starts = bounds.filter((_, at) => at % 2 === 0)
  const targets = Array.from(starts, (start, index) => newBuffer((bounds[2 * index + 1] as number) - start))
  const [first] = targets
  const isAlone = targets.length === 1 && ahead === 0
  if (isAlone && first !== undefined && isReadNow(state, starts[0] as number, first, signal)) return targets
  // The job writes to them, also after an abort: until it has ended, this holds them, and nobody else does.
  await runJob(state, { signal }, async (job) => {
    const answer = await state.bytes.native.readAsync(job, starts, targets, ahead)
    keepAlive(targets)
    return answer
  })
  return targets
}

export async function readAsync(
  state: MappingState,
  start: unknown,
  end: unknown,
  options: unknown,
): Promise<Buffer<ArrayBuffer> | Buffer<ArrayBuffer>[]> {
  const { length } = state.bytes
  if (Array.isArray(start)) {
    const { signal } = readRequest(end as ReadIntoOptions | undefined, ['signal'])
    return copies(state, ranges(start as ByteRange[], length), { signal, ahead: 0 })
  }
  const { into, signal } = readRequest(options as ReadIntoOptions | undefined, ['signal', 'into'])
  const bounds = oneRange(start, end, length)
  const count = (bounds[1] as number) - (bounds[0] as number)
  if (into !== undefined && into.length < count)
    throw outOfRange('options.into', `at least ${count} bytes long`, `${into.length} bytes`)
  const [copy] = (await copies(state, bounds, { signal, ahead: 0 })) as [Buffer<ArrayBuffer>]
  if (into === undefined || count === 0) return copy
  // Only now: the job must not write to memory that the program may give away meanwhile.
  if (into.length < count) throw outOfRange('options.into', `at least ${count} bytes long`, `${into.length} bytes`)
  setBytes(into, copy)
  // If that is a view of this mapping, which is read-only, it was a stray store: this call tells of it, as readInto() does.
  state.bytes.byte(bounds[0] as number)
  return Buffer.from(into.buffer as ArrayBuffer, into.byteOffset, count)
}
