// What concerns the memory of a mapping, and the system's care for it.
import * as check from '../checks.js'
import { PAGESIZE } from '../constants.js'
import { outOfRange, wrongValue } from '../errors.js'
import { ensure, unwrap } from '../failures.js'
import { runJob } from '../jobs.js'
import { advice as checkedAdvice, type FlushAsyncOptions, type FlushOptions } from '../options/memory.js'
import type { MappingState } from '../state.js'

/** The checked arguments of a flush. A length of -1, as absent, means all bytes from the offset on. */
function flushRange(state: MappingState, offset: unknown, length: unknown, flags: unknown): [number, number, number] {
  const whole = state.bytes.length
  const from = check.size(offset === undefined ? 0 : offset, 'offset')
  if (from > whole) throw outOfRange('offset', `<= ${whole}`, offset)
  const rest = whole - from
  const isAbsent = length === undefined || length === null || length === -1 || length === -1n
  const count = isAbsent ? rest : check.size(length, 'length')
  if (count > rest) throw outOfRange('length', `<= ${rest}`, length)
  return [from, count, flags === undefined ? 0 : check.int32(flags, 'options.flags')]
}

export function flush(state: MappingState, offset: unknown, length: unknown, options: FlushOptions | undefined): void {
  const { flags } = check.options(options, ['flags'])
  const range = flushRange(state, offset, length, flags)
  ensure(state.bytes.native.flush(...range), state.path)
}

export async function flushAsync(
  state: MappingState,
  offset: unknown,
  length: unknown,
  options: FlushAsyncOptions | undefined,
): Promise<void> {
  const { flags, signal } = check.options(options, ['flags', 'signal'])
  const range = flushRange(state, offset, length, flags)
  await runJob(state, { signal: check.signal(signal) }, (job) => state.bytes.native.flushAsync(job, ...range))
}

export function madvise(state: MappingState, advice: unknown, start: unknown, length: unknown): boolean {
  const { bytes } = state
  const whole = bytes.length
  const given = checkedAdvice(advice)
  const from = check.size(start, 'start')
  if (from >= whole && (from > 0 || whole > 0)) throw outOfRange('start', `< ${whole}`, start)
  const rest = whole - from
  const count = length === undefined || length === null ? rest : Math.min(rest, check.size(length, 'length'))
  return unwrap(bytes.native.advise(given, from, count))
}

/** Which pages of a range are in memory. */
export interface Residency {
  /** How many pages hold the range. */
  pages: number
  /** How many of them are in memory; `undefined`: the system hides it. */
  resident: number | undefined
  /** A bit for each page, that of the first one the lowest of the first byte; `undefined`: the system hides it. */
  bitmap: Uint8Array<ArrayBuffer> | undefined
}

/** The bounds of a range, and how many pages hold it. */
function pagesOf(
  { bytes }: MappingState,
  start: unknown,
  end: unknown,
): { from: number; count: number; pages: number } {
  const { length, slack } = bytes
  const from = check.bound(start, 'start', length, 0)
  const count = Math.max(0, check.bound(end, 'end', length, length) - from)
  const first = Math.floor((slack + from) / PAGESIZE)
  return { from, count, pages: count === 0 ? 0 : Math.ceil((slack + from + count) / PAGESIZE) - first }
}

export function residency(state: MappingState, start: unknown, end: unknown): Residency {
  const { native } = state.bytes
  const { count, from, pages } = pagesOf(state, start, end)
  const bitmap = new Uint8Array(Math.ceil(pages / 8))
  const resident = unwrap(native.residency(from, count, bitmap), state.path)
  return resident < 0 ? { pages, resident: undefined, bitmap: undefined } : { pages, resident, bitmap }
}

export function setLocked(state: MappingState, start: unknown, end: unknown, locked: boolean): void {
  const { native } = state.bytes
  const { count, from } = pagesOf(state, start, end)
  ensure(native.setLocked(from, count, locked), state.path)
}

/** Bytes of the longest name that Linux takes (ANON_VMA_NAME_MAX_LEN, less the null at the end). */
const LONGEST_NAME = 79

export function setName(state: MappingState, name: unknown): void {
  const { native } = state.bytes
  const text = check.string(name, 'name')
  if (text.includes('\0')) throw wrongValue('name', 'a string without null bytes', name)
  if (Buffer.byteLength(text) > LONGEST_NAME) throw wrongValue('name', `at most ${LONGEST_NAME} bytes long`, name)
  ensure(native.setName(text))
}
