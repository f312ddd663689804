import { isAnyArrayBuffer, isDataView } from 'node:util/types'
import { clipped, outOfRange, wrongType, wrongValue } from './errors.js'
import { getter, typedArrayPrototype } from './intrinsics.js'

/** An object whose bytes can be read in place: a Buffer, typed array, DataView, ArrayBuffer or SharedArrayBuffer. */
export type BytesLike = ArrayBufferView | ArrayBufferLike

/**
 * An integer of any size and sign, as a number. A bigint beyond 2^53 is rounded, and stays out of range. A fraction and
 * NaN are of a wrong type, as they are in Python; an infinity is out of any range.
 */
function integer(value: unknown, name: string): number {
  if (typeof value === 'bigint') return Number(value)
  if (typeof value !== 'number') throw wrongType(name, 'of type number or bigint', value)
  if (Number.isInteger(value)) return value
  if (Math.abs(value) === Number.POSITIVE_INFINITY) throw outOfRange(name, 'an integer', value)
  throw wrongType(name, 'an integer', value)
}

/** A size, an offset or a position: an integer from `least` to 2^53 - 1. */
export function size(value: unknown, name: string, least = 0): number {
  const number = integer(value, name)
  if (number < least || number > Number.MAX_SAFE_INTEGER) {
    throw outOfRange(name, `>= ${least} && <= ${Number.MAX_SAFE_INTEGER}`, value)
  }
  return number
}

/** A byte: an integer from 0 to 255. */
export function byte(value: unknown, name: string): number {
  const number = integer(value, name)
  if (number < 0 || number > 255) throw outOfRange(name, '>= 0 && <= 255', value)
  return number
}

/** An index, which may be negative to count from the end. NaN and fractions are refused. */
export function index(value: unknown, name: string): number {
  return typeof value === 'number' && Number.isInteger(value) ? value : integer(value, name)
}

/** Like `bound`, but a start beyond the end is not clamped to it. */
export function start(value: unknown, name: string, length: number, fallback: number): number {
  if (value === Number.POSITIVE_INFINITY) return value
  const beyond = (typeof value === 'bigint' || typeof value === 'number') && value > length
  return beyond ? integer(value, name) : bound(value, name, length, fallback)
}

/**
 * A bound of a range of `length` elements, as `Array.prototype.slice` takes it: a negative one counts from the end, and
 * what is out of range is clamped. `fallback` is for an absent one.
 */
export function bound(value: unknown, name: string, length: number, fallback: number): number {
  if (value === undefined || value === null) return fallback
  if (value === Number.POSITIVE_INFINITY) return length
  if (value === Number.NEGATIVE_INFINITY) return 0
  const number = integer(value, name)
  if (number < 0) return Math.max(0, length + number)
  return Math.min(number, length)
}

/** A C `int`: a descriptor, flags, an advice. */
export function int32(value: unknown, name: string): number {
  if (typeof value !== 'number') throw wrongType(name, 'of type number', value)
  if (value !== (value | 0)) {
    throw outOfRange(name, '>= -2147483648 && <= 2147483647', integer(value, name))
  }
  return value
}

export function boolean(value: unknown, name: string, fallback: boolean): boolean {
  if (value === undefined) return fallback
  if (typeof value !== 'boolean') throw wrongType(name, 'of type boolean', value)
  return value
}

/** A function, unless it is absent. */
export function callback<F>(value: F | undefined, name: string): F | undefined {
  if (value !== undefined && typeof value !== 'function') throw wrongType(name, 'of type function', value)
  return value
}

export function string(value: unknown, name: string): string {
  if (typeof value !== 'string') throw wrongType(name, 'of type string', value)
  return value
}

/**
 * UTF-16 units of the longest name that memory has on any system: that of an object of Windows, whose length in bytes is a number
 * of 16 bits (UNICODE_STRING). shm_open(3) allows 255 bytes.
 */
const LONGEST_MEMORY_NAME = 32_767

/** A name of memory. The addon copies it and looks at its characters, so it must not be of any length. */
export function memoryName(value: unknown, name: string): string {
  const text = string(value, name)
  if (text.length > LONGEST_MEMORY_NAME)
    throw wrongValue(name, `a name of at most ${LONGEST_MEMORY_NAME} characters`, clipped(text))
  return text
}

export function oneOf<T extends string>(value: unknown, name: string, values: readonly T[]): T | undefined {
  if (value === undefined) return undefined
  if (!values.includes(value as T))
    throw wrongValue(name, `one of ${values.map((each) => `'${each}'`).join(', ')}`, value)
  return value as T
}

/** Without a prototype, of which others may have made an object with options. */
const NO_OPTIONS: object = Object.freeze(Object.create(null))

/** An object of options. An unknown key is an error, as an unknown keyword argument is in Python. */
export function options<T extends object>(value: T | undefined, known: readonly string[]): Partial<T> {
  if (value === undefined) return NO_OPTIONS
  if (typeof value !== 'object' || value === null) throw wrongType('options', 'an object', value)
  for (const key of Object.keys(value)) {
    if (!known.includes(key))
      throw wrongValue(
        `options.${key}`,
        `absent: it is unknown here. Known are ${known.join(', ')}`,
        Reflect.get(value, key),
      )
  }
  return value
}

// What a view is, by the engine's own getters: a derived class may have others of these names, and any object properties of its
// own, which say what they like.
function getters(prototype: object) {
  return {
    bufferOf: getter<ArrayBufferView, ArrayBufferLike>(prototype, 'buffer'),
    byteOffsetOf: getter<ArrayBufferView, number>(prototype, 'byteOffset'),
    byteLengthOf: getter<ArrayBufferView, number>(prototype, 'byteLength'),
  }
}

const ofTypedArray = getters(typedArrayPrototype)
const ofDataView = getters(DataView.prototype)
const { byteLengthOf } = ofTypedArray
/** The name of a typed array's class; `undefined` for all else, also for what only inherits from one, as a Proxy does. */
const tagOf = getter<unknown, string | undefined>(typedArrayPrototype, Symbol.toStringTag)

/**
 * Whether a value is a Uint8Array whose `length` is how many bytes it has. V8 compiles both getters into the caller, which makes
 * this as fast as `instanceof`.
 */
export function isBytes(value: unknown): value is Uint8Array {
  return tagOf(value) === 'Uint8Array' && (value as Uint8Array).length === byteLengthOf(value as Uint8Array)
}

/** The bytes of an object that has bytes, in place, as a Uint8Array whose `length` is how many there are. */
export function bytes(value: unknown, name: string, expected: string = BYTES): Uint8Array {
  return isBytes(value) ? value : otherBytes(value, name, expected)
}

/** A function of its own, so that V8 compiles the usual case into the caller. */
function otherBytes(value: unknown, name: string, expected: string): Uint8Array {
  if (ArrayBuffer.isView(value)) {
    const { bufferOf, byteLengthOf, byteOffsetOf } = isDataView(value) ? ofDataView : ofTypedArray
    return new Uint8Array(bufferOf(value), byteOffsetOf(value), byteLengthOf(value))
  }
  // If the buffer can grow, the bytes that there are now.
  if (isAnyArrayBuffer(value)) return new Uint8Array(value, 0, byteLengthOf(new Uint8Array(value)))
  throw wrongType(name, expected, value)
}

export const BYTES = 'an instance of Buffer, TypedArray, DataView, ArrayBuffer, SharedArrayBuffer or Mmap'

/** Bytes in place, or the bytes of a string in an encoding. */
export function bytesOrString(value: unknown, name: string, encoding?: BufferEncoding): Uint8Array {
  if (typeof value !== 'string') return bytes(value, name, `of type string or ${BYTES}`)
  if (encoding !== undefined && !Buffer.isEncoding(encoding)) throw wrongValue('encoding', 'an encoding', encoding)
  return Buffer.from(value, encoding)
}

export function signal(value: unknown): AbortSignal | undefined {
  if (value === undefined) return undefined
  if (!(value instanceof AbortSignal)) throw wrongType('options.signal', 'an instance of AbortSignal', value)
  return value
}
