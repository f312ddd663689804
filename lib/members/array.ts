// What makes a mapping an array of bytes.
import type { Failure } from '../../binding.js'
import * as check from '../checks.js'
import { outOfRange, wrongType, wrongValue } from '../errors.js'
import { ensure, isFailure, isFault, unwrap } from '../failures.js'
import type { MappedBytes } from '../homes/home.js'
import { bufferOf, byteOffsetOf } from '../intrinsics.js'
import { type MappingState, writable } from '../state.js'
import { bytesInPlace, bytesOrByte, bytesOrNumbers, copyOf } from './operands.js'

/** The constructor of a typed array or of DataView, which `view` takes. */
export interface ViewConstructor<V> {
  new (buffer: ArrayBuffer, byteOffset: number, length: number): V
  readonly BYTES_PER_ELEMENT?: number
}

export function subarray(state: MappingState, start: unknown, end: unknown): Buffer<ArrayBuffer> {
  const all = state.bytes.view()
  const from = check.bound(start, 'start', all.length, 0)
  return all.subarray(from, Math.max(from, check.bound(end, 'end', all.length, all.length)))
}

const TypedArray: unknown = Object.getPrototypeOf(Uint8Array)

/** Whether a function is the constructor of a typed array or of DataView, of this realm or another, or derived from one. */
function isViewConstructor(type: unknown): type is ViewConstructor<unknown> {
  if (typeof type !== 'function') return false
  for (let each: unknown = type; typeof each === 'function'; each = Object.getPrototypeOf(each)) {
    if (each === TypedArray || each === DataView) return type !== TypedArray
  }
  return makesViews(type as ViewConstructor<unknown>)
}

/** Whether a constructor of whatever realm makes views, tried on a buffer of its own. */
function makesViews(type: ViewConstructor<unknown>): boolean {
  try {
    return ArrayBuffer.isView(new type(new ArrayBuffer(0), 0, 0))
  } catch {
    // What cannot be called so is none.
    return false
  }
}

/** What to do about a view at `from` that is aligned to `unit` bytes in the mapping alone, in memory alone, or in neither. */
function alignment(state: MappingState, from: number, unit: number): string {
  const excess = state.bytes.slack % unit
  if (excess === 0) return `a multiple of ${unit}`
  if ((from + excess) % unit !== 0)
    return `where the file's offset is a multiple of ${unit}: it is ${state.offset + from}. Copy the bytes with slice() instead`
  return `a multiple of ${unit}: map the file from offset ${state.offset - excess}, then it is ${from + excess}`
}

export function view<V>(
  state: MappingState,
  type: ViewConstructor<V>,
  byteOffset: number | bigint,
  length: number | bigint | undefined,
): V {
  const { bytes } = state
  if (!isViewConstructor(type)) throw wrongType('type', "a typed array's constructor or DataView", type)
  const all = bytes.view()
  const unit = type.BYTES_PER_ELEMENT ?? 1
  const from = check.size(byteOffset, 'byteOffset')
  if (from > all.length) throw outOfRange('byteOffset', `<= ${all.length}`, byteOffset)
  if (from % unit !== 0 || (from + bytes.slack) % unit !== 0)
    throw outOfRange('byteOffset', alignment(state, from, unit), byteOffset)
  const most = Math.floor((all.length - from) / unit)
  const count = length === undefined ? most : check.size(length, 'length')
  if (count > most) throw outOfRange('length', `<= ${most}`, length)
  return new type(bufferOf(all), byteOffsetOf(all) + from, count)
}

export function slice(state: MappingState, start?: unknown, end?: unknown): Buffer<ArrayBuffer> {
  const { bytes } = state
  const { length } = bytes
  const from = check.bound(start, 'start', length, 0)
  return copyOf(bytes, from, Math.max(0, check.bound(end, 'end', length, length) - from))
}

export function at(state: MappingState, index: unknown): number | undefined {
  const { bytes } = state
  if (typeof index === 'number' && Number.isInteger(index) && index >= 0) return bytes.byte(index)
  const { length } = bytes
  const position = check.index(index, 'index')
  if (position >= 0) return bytes.byte(position)
  return position + length >= 0 ? bytes.byte(position + length) : undefined
}

/** Unwraps the answer of a call on two mappings. A fault is reported with the path of the mapping that has it. */
function unwrapOfTwo<T>(answer: T, mine: MappedBytes, theirs: MappedBytes): Exclude<T, Failure> {
  // The fault was noticed during the call, so that verifying does not miss it now.
  if (isFailure(answer) && isFault(answer)) theirs.check()
  return unwrap(answer, mine.path)
}

/** Copies a source, which fits, into the bytes. */
export function store(bytes: MappedBytes, at: number, source: MappedBytes | Uint8Array): void {
  if (ArrayBuffer.isView(source)) bytes.copyIn(at, source)
  else unwrapOfTwo(bytes.native.copyFrom(at, source.native, 0, source.length), bytes, source)
}

export function set(state: MappingState, source: unknown, offset: number | bigint): void {
  const bytes = writable(state)
  const at = check.size(offset, 'offset')
  const from = bytesOrNumbers(source, 'source', bytes.length)
  const { length } = from
  const most = bytes.length - length
  if (most < 0) throw outOfRange('source', `at most ${bytes.length} bytes long`, `${length} bytes`)
  if (at > most) throw outOfRange('offset', `<= ${most} for ${length} bytes`, offset)
  store(bytes, at, from)
}

export function fill(state: MappingState, value: unknown, start: unknown, end: unknown): void {
  const bytes = writable(state)
  const { length } = bytes
  const pattern = bytesOrByte(value, 'value')
  if (pattern.length === 0) throw wrongValue('value', 'not empty', value)
  const from = check.bound(start, 'start', length, 0)
  const to = check.bound(end, 'end', length, length)
  if (from < to) ensure(bytes.native.fill(from, to, pattern), bytes.path)
}

export function includes(state: MappingState, needle: unknown, start: unknown): boolean {
  const { bytes } = state
  const { length } = bytes
  const wanted = bytesOrByte(needle, 'needle')
  const from = check.bound(start, 'start', length, 0)
  return bytes.find(wanted, from, length, false) >= 0
}

/** The arguments of `indexOf` and `lastIndexOf`. As with a Buffer, the encoding may be the second one. */
function sought(needle: unknown, start: unknown, encoding: unknown): { wanted: Uint8Array; from: unknown } {
  if (typeof start === 'string') return sought(needle, undefined, start)
  if (typeof needle !== 'string') return { wanted: bytesOrByte(needle, 'needle'), from: start }
  return { wanted: check.bytesOrString(needle, 'needle', encoding as BufferEncoding | undefined), from: start }
}

export function indexOf(state: MappingState, needle: unknown, start: unknown, encoding: unknown): number {
  const { bytes } = state
  const { length } = bytes
  const { wanted, from } = sought(needle, start, encoding)
  return bytes.find(wanted, check.bound(from, 'start', length, 0), length, false)
}

/** Where the last occurrence may begin; less than 0: nowhere. */
function lastStart(start: unknown, length: number): number {
  if (start === undefined || start === null) return length
  if (start === Number.POSITIVE_INFINITY || start === Number.NEGATIVE_INFINITY) return start
  const number = check.index(start, 'start')
  return number < 0 ? number + length : number
}

export function lastIndexOf(state: MappingState, needle: unknown, start: unknown, encoding: unknown): number {
  const { bytes } = state
  const { length } = bytes
  const { wanted, from } = sought(needle, start, encoding)
  const last = lastStart(from, length)
  // As with a Buffer, an empty needle is found at the start then.
  if (last < 0) return wanted.length === 0 ? 0 : -1
  return bytes.find(wanted, 0, Math.min(length, last + wanted.length), true)
}

export function text(state: MappingState, encoding: unknown, start: unknown, end: unknown): string {
  if (encoding !== undefined && encoding !== null && !Buffer.isEncoding(encoding as string))
    throw wrongValue('encoding', 'an encoding', encoding)
  return slice(state, start, end).toString((encoding ?? 'utf8') as BufferEncoding)
}

export function equals(state: MappingState, other: unknown): boolean {
  const { bytes } = state
  const { length } = bytes
  const theirs = bytesInPlace(other, 'other')
  if (theirs.length !== length) return false
  if (ArrayBuffer.isView(theirs)) return unwrap(bytes.native.equals(0, theirs), bytes.path)
  return unwrapOfTwo(bytes.native.equalsMapping(theirs.native), bytes, theirs)
}

export function iterate(state: MappingState): IterableIterator<number> {
  // A closed mapping throws here, not at the first step.
  void state.bytes.length
  return eachByte(state)
}

function* eachByte(state: MappingState): Generator<number, void, undefined> {
  for (let index = 0; ; index++) {
    const byte = state.bytes.byte(index)
    if (byte === undefined) return
    yield byte
  }
}
