// What makes a mapping a file: a position that reading and writing move, and a length that can change.
import * as check from '../checks.js'
import { coded, MmapAbortError, outOfRange, wrongValue } from '../errors.js'
import { ensure, unwrap } from '../failures.js'
import { runJob } from '../jobs.js'
import {
  type RemapOptions,
  type ResizeAsyncOptions,
  type ResizeOptions,
  remapViews,
  resizeOptions,
} from '../options/lifetime.js'
import { type MappingState, writable } from '../state.js'
import { store } from './array.js'
import { bytesOrText, copyOf, needleBytes } from './operands.js'

/** How many bytes `read` reads: at most `size`, or what is left if that is absent or negative. */
function readCount(rest: number, size: unknown): number {
  if (size === undefined || size === null) return rest
  const wanted = check.index(size, 'size')
  return wanted < 0 ? rest : Math.min(wanted, rest)
}

export function read(state: MappingState, size?: unknown): Buffer<ArrayBuffer> {
  const { bytes } = state
  const rest = Math.max(0, bytes.length - state.position)
  const copy = copyOf(bytes, state.position, readCount(rest, size))
  state.position += copy.length
  return copy
}

export function readInto(
  state: MappingState,
  target: unknown,
  offset: number | bigint,
  length: number | bigint | null | undefined,
  position: number | bigint | null | undefined,
): number {
  const { bytes } = state
  const whole = check.bytes(target, 'target')
  const at = check.size(offset, 'offset')
  if (at > whole.length) throw outOfRange('offset', `<= ${whole.length}`, offset)
  const room = whole.length - at
  const wanted = length === undefined || length === null ? room : check.size(length, 'length')
  if (wanted > room) throw outOfRange('length', `<= ${room}`, length)
  const moves = position === undefined || position === null
  const from = moves ? state.position : check.size(position, 'position')
  const count = Math.min(wanted, bytes.length - from)
  if (count <= 0) return 0
  bytes.copyOut(from, whole, at, count)
  if (moves) state.position += count
  return count
}

export function readByte(state: MappingState): number {
  const { bytes, position } = state
  const byte = bytes.byte(position)
  if (byte === undefined) throw outOfRange('position', `< ${bytes.length} to read a byte`, position)
  state.position = position + 1
  return byte
}

const NEWLINE = Uint8Array.of(0x0a)

export function readLine(state: MappingState): Buffer<ArrayBuffer> {
  const { bytes, position } = state
  if (position >= bytes.length) return Buffer.alloc(0)
  const found = bytes.find(NEWLINE, position, bytes.length, false)
  return read(state, found < 0 ? undefined : found + 1 - position)
}

export function write(state: MappingState, data: unknown, encoding: BufferEncoding | undefined): number {
  const bytes = writable(state)
  const { position } = state
  const source = bytesOrText(data, 'data', encoding)
  const { length } = source
  const room = bytes.length - position
  if (length > room) {
    throw outOfRange(
      'data',
      `at most ${Math.max(0, room)} bytes long, what there is from the position ${position} on`,
      `${length} bytes`,
    )
  }
  store(bytes, position, source)
  state.position = position + length
  return length
}

export function writeByte(state: MappingState, value: unknown): void {
  const bytes = writable(state)
  const byte = check.byte(value, 'value')
  const { position } = state
  if (position >= bytes.length) throw outOfRange('position', `< ${bytes.length} to write a byte`, position)
  bytes.setByte(position, byte)
  state.position = position + 1
}

export function seek(state: MappingState, position: number | bigint, whence: unknown): number {
  const { length } = state.bytes
  const distance = check.index(position, 'position')
  if (whence !== 0 && whence !== 1 && whence !== 2)
    throw wrongValue('whence', '0 (start), 1 (position) or 2 (end)', whence)
  const target = distance + (whence === 0 ? 0 : whence === 1 ? state.position : length)
  if (target < 0 || target > length)
    throw outOfRange(
      'position',
      `between the start and the end, 0 and ${length}, when counted from ${['the start', 'the position', 'the end'][whence]}`,
      position,
    )
  state.position = target
  return target
}

export function tell(state: MappingState): number {
  // A closed mapping throws here.
  void state.bytes.length
  return state.position
}

/** Of a closed mapping too, as in Python. */
export function seekable(_state: MappingState): true {
  return true
}

export function size(state: MappingState): number {
  return unwrap(state.bytes.native.size())
}

/** `last`: whether the last occurrence is asked for. */
export function find(state: MappingState, needle: unknown, start: unknown, end: unknown, last: boolean): number {
  const { bytes } = state
  const { length } = bytes
  const wanted = needleBytes(needle)
  // As in Python 3.15: if the start is behind the end, not even an empty needle is found.
  const from = check.start(start, 'start', length, state.position)
  const to = check.bound(end, 'end', length, length)
  if (from > to) return -1
  return bytes.find(wanted, from, to, last)
}

export function move(state: MappingState, dest: number | bigint, src: number | bigint, count: number | bigint): void {
  const bytes = writable(state)
  const [to, from, length] = [check.size(dest, 'dest'), check.size(src, 'src'), check.size(count, 'count')]
  const most = bytes.length - length
  if (most < 0) throw outOfRange('count', `<= ${bytes.length}`, count)
  if (to > most) throw outOfRange('dest', `<= ${most} for ${length} bytes`, dest)
  if (from > most) throw outOfRange('src', `<= ${most} for ${length} bytes`, src)
  if (length > 0) ensure(bytes.native.copyFrom(to, bytes.native, from, length), bytes.path)
}

/** The checked length of a resize. */
function newLength(state: MappingState, length: unknown): number {
  // A closed mapping throws here.
  void state.bytes.length
  if (state.access !== 'write')
    throw coded('ERR_MMAP_READ_ONLY', `A mapping with the access '${state.access}' cannot be resized`)
  return check.size(length, 'length', 1)
}

export function resize(state: MappingState, length: unknown, options: ResizeOptions | undefined): void {
  const wanted = newLength(state, length)
  state.bytes = state.bytes.resize(wanted, resizeOptions(options))
  state.changes++
}

export async function resizeAsync(
  state: MappingState,
  length: unknown,
  options: ResizeAsyncOptions | undefined,
): Promise<void> {
  const wanted = newLength(state, length)
  const { reserve, views } = resizeOptions(options, ['signal'])
  const signal = check.signal(options?.signal)
  const { length: present, native } = state.bytes
  // What takes long is to find blocks on the disk. The mapping itself is changed at once.
  if (reserve && wanted > present) await runJob(state, { signal }, (job) => native.preallocate(job, wanted))
  else if (signal?.aborted) throw new MmapAbortError(signal.reason)
  // What others have appended meanwhile must not be cut off by a call that makes the file longer.
  const isThere = wanted > present && unwrap(native.size()) >= state.offset + wanted
  state.bytes = isThere ? state.bytes.remap(wanted, views) : state.bytes.resize(wanted, { reserve, views })
  state.changes++
}

export function remap(state: MappingState, length: unknown, options: RemapOptions | undefined): void {
  const { bytes } = state
  void bytes.length
  const views = remapViews(options)
  const wanted = length === undefined || length === null ? undefined : check.size(length, 'length')
  state.bytes = bytes.remap(wanted, views)
  state.position = Math.min(state.position, state.bytes.length)
  state.changes++
}
