import type { Failure } from '../binding.js'
import type { Bytes } from './bytes.js'
import * as check from './checks.js'
import { type BytesLike, bytes as bytesIn } from './checks.js'
import { bytesOf, Core, writableOf } from './core.js'
import { ensure, outOfRange, unwrap, wrongType, wrongValue } from './errors.js'

/** The constructors that `view` takes. */
export interface ViewConstructor<V> {
  new (buffer: ArrayBuffer, byteOffset: number, length: number): V
  readonly BYTES_PER_ELEMENT?: number
}

/** The bytes of anything bytes-like, another mapping included. */
export function bytesOrMapping(value: unknown, name: string, besides = ''): Uint8Array {
  if (!(value instanceof Core)) return bytesIn(value, name, besides + check.BYTES)
  const bytes = bytesOf(value)
  // A copy: what is wrong with it is known only afterwards.
  return copyOf(bytes, 0, bytes.length)
}

/** Throws what went wrong with the bytes of two mappings: of which of them it is told with its own path. */
function blame<T>(answer: T | Failure | null, mine: Bytes, theirs: Bytes): T {
  const isFault = typeof answer === 'object' && answer !== null && 'reason' in answer && answer.reason != null
  // By now it is known, if it is theirs.
  if (isFault) ensure(theirs.native.verify(0, theirs.length), theirs.path)
  return unwrap(answer as T | Failure, mine.path)
}

/** A copy of a range within the bytes. */
export function copyOf(bytes: Bytes, start: number, length: number): Buffer {
  const copy = Buffer.allocUnsafe(length)
  if (length > 0) bytes.copyOut(start, copy, 0, length)
  return copy
}

function bytesOrByte(value: unknown, name: string): Uint8Array {
  if (typeof value === 'number') return Uint8Array.of(check.byte(value, name))
  return typeof value === 'string' ? Buffer.from(value) : bytesOrMapping(value, name, 'of type number or string or ')
}

/** A mapping as an array of bytes, with JavaScript's names and habits: `start` defaults to 0, ranges are clamped. */
export abstract class ByteArray extends Core implements Iterable<number> {
  /** All bytes, zero-copy: the same Buffer each time. Throws ERR_MMAP_NO_VIEWS in the home `'native'`. */
  get buffer(): Buffer<ArrayBufferLike> {
    return bytesOf(this).all()
  }

  /** A Buffer over a range, zero-copy. Negative bounds count from the end. Throws ERR_MMAP_NO_VIEWS as `buffer`. */
  subarray(start?: number | bigint, end?: number | bigint): Buffer {
    const all = bytesOf(this).all()
    const from = check.bound(start, 'start', all.length, 0)
    return all.subarray(from, Math.max(from, check.bound(end, 'end', all.length, all.length)))
  }

  /**
   * A typed array or a DataView over the mapping, zero-copy: `m.view(Float64Array, 16, 100)`.
   * @param byteOffset bytes from the start of the mapping; a multiple of the element's size
   * @param length elements (bytes of a DataView); default: as many as there are until the end
   * @throws {RangeError} ERR_OUT_OF_RANGE: not aligned, or beyond the end
   */
  view<V>(type: ViewConstructor<V>, byteOffset: number | bigint = 0, length?: number | bigint): V {
    const bytes = bytesOf(this)
    if (typeof type !== 'function' || (!ArrayBuffer.isView(type.prototype ?? null) && !isViewType(type))) {
      throw wrongType('type', "a typed array's constructor or DataView", type)
    }
    const all = bytes.all()
    const unit = type.BYTES_PER_ELEMENT ?? 1
    const from = check.size(byteOffset, 'byteOffset')
    if (from > all.length) throw outOfRange('byteOffset', `<= ${all.length}`, byteOffset)
    if (from % unit !== 0 || (unit > 1 && (from + bytes.slack) % unit !== 0)) {
      throw outOfRange(
        'byteOffset',
        `a multiple of ${unit}, in the mapping and in memory (the mapping begins ${bytes.slack} bytes into its page)`,
        byteOffset,
      )
    }
    const most = Math.floor((all.length - from) / unit)
    const count = length === undefined ? most : check.size(length, 'length')
    if (count > most) throw outOfRange('length', `<= ${most}`, length)
    return new type(all.buffer as ArrayBuffer, all.byteOffset + from, count)
  }

  /** A copy of a range. Negative bounds count from the end. */
  slice(start?: number | bigint, end?: number | bigint): Buffer {
    const bytes = bytesOf(this)
    const { length } = bytes
    const from = check.bound(start, 'start', length, 0)
    return copyOf(bytes, from, Math.max(0, check.bound(end, 'end', length, length) - from))
  }

  /** The byte at `index`, 0 to 255, negative from the end; `undefined` beyond either end. */
  at(index: number | bigint): number | undefined {
    const bytes = bytesOf(this)
    const { length } = bytes
    let at = check.index(index, 'index')
    if (at < 0) at += length
    return at >= 0 && at < length ? bytes.byte(at) : undefined
  }

  /**
   * Copies `source` into the mapping at `offset`. A source of wider elements counts by its bytes.
   * @throws {RangeError} ERR_OUT_OF_RANGE, nothing written: it does not fit
   */
  set(source: BytesLike | ByteArray, offset: number | bigint = 0): void {
    const bytes = writableOf(this)
    const at = check.size(offset, 'offset')
    const length = source instanceof ByteArray ? source.length : bytesIn(source, 'source').length
    const most = bytes.length - length
    if (most < 0) throw outOfRange('source', `at most ${bytes.length} bytes long`, `${length} bytes`)
    if (at > most) throw outOfRange('offset', `<= ${most} for ${length} bytes`, offset)
    if (source instanceof ByteArray) {
      const theirs = bytesOf(source)
      blame(bytes.native.copyFrom(at, theirs.native, 0, length), bytes, theirs)
    } else bytes.copyIn(at, bytesIn(source, 'source'))
  }

  /**
   * Fills a range with a byte, or with a pattern that repeats (a string is its UTF-8).
   * @throws {RangeError} ERR_OUT_OF_RANGE: a number that is no byte
   */
  fill(value: number | string | BytesLike | ByteArray, start?: number | bigint, end?: number | bigint): this {
    const bytes = writableOf(this)
    const { length } = bytes
    const pattern = bytesOrByte(value, 'value')
    if (pattern.length === 0) throw wrongValue('value', 'not empty', value)
    const from = check.bound(start, 'start', length, 0)
    const to = check.bound(end, 'end', length, length)
    if (from < to) ensure(bytes.native.fill(from, to, pattern), bytes.path)
    return this
  }

  /** Whether a byte (a number), a string (as UTF-8) or bytes occur at `start` or later. */
  includes(needle: number | string | BytesLike | ByteArray, start?: number | bigint): boolean {
    const bytes = bytesOf(this)
    const { length } = bytes
    const wanted = bytesOrByte(needle, 'needle')
    const from = check.bound(start, 'start', length, 0)
    return bytes.find(wanted, from, length, false) >= 0
  }

  /** Whether the bytes, all of them, are those of `other`. */
  equals(other: BytesLike | ByteArray): boolean {
    const bytes = bytesOf(this)
    if (other instanceof ByteArray) {
      const theirs = bytesOf(other)
      return theirs.length === bytes.length && blame(bytes.native.equalsMapping(theirs.native), bytes, theirs)
    }
    const theirs = bytesIn(other, 'other')
    return theirs.length === bytes.length && (unwrap(bytes.native.equals(0, theirs), bytes.path) as boolean)
  }

  /** A copy of the bytes, so that `Buffer.from(m)` has them. */
  override valueOf(): Buffer {
    return this.slice()
  }

  /** The bytes one by one, as numbers. Ends when the mapping does: after `close()` the next step throws. */
  [Symbol.iterator](): IterableIterator<number> {
    void this.length
    return each(this)
  }
}

function* each(array: ByteArray): Generator<number, void, undefined> {
  for (let index = 0; index < array.length; index++) yield bytesOf(array).byte(index)
}

const TYPED_ARRAY: unknown = Object.getPrototypeOf(Uint8Array)

function isViewType(type: unknown): boolean {
  if (type === DataView) return true
  for (let each = type; typeof each === 'function'; each = Object.getPrototypeOf(each)) {
    if (each === TYPED_ARRAY || each === DataView) return type !== TYPED_ARRAY
  }
  return false
}
