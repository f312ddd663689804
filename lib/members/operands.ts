import { isRegExp } from 'node:util/types'
import { newBuffer } from '../buffers.js'
import * as check from '../checks.js'
import { outOfRange, wrongType } from '../errors.js'
import type { MappedBytes } from '../homes/home.js'
import { isMapping, stateOf } from '../state.js'

/** A copy of a range of a mapping's bytes. It has an ArrayBuffer of its own, so that it can be transferred. */
export function copyOf(bytes: MappedBytes, start: number, length: number): Buffer<ArrayBuffer> {
  const copy = newBuffer(length)
  if (length > 0) bytes.copyOut(start, copy, 0, length)
  return copy
}

// In the functions below a Buffer, the usual argument, comes first: to find out that it is no mapping takes V8 30 ns.

/** An argument whose bytes are used in place: another mapping's, or those of an object that has bytes. */
export function bytesInPlace(value: unknown, name: string): MappedBytes | Uint8Array {
  if (check.isBytes(value)) return value
  return isMapping(value) ? stateOf(value).bytes : check.bytes(value, name)
}

/** Like `bytesInPlace`, or the bytes of a string in an encoding. */
export function bytesOrText(value: unknown, name: string, encoding?: BufferEncoding): MappedBytes | Uint8Array {
  if (check.isBytes(value)) return value
  return isMapping(value) ? stateOf(value).bytes : check.bytesOrString(value, name, encoding)
}

/** Like `bytesInPlace`, or an array of at most `most` elements that are bytes. A longer one is not looked through. */
export function bytesOrNumbers(value: unknown, name: string, most: number): MappedBytes | Uint8Array {
  if (check.isBytes(value)) return value
  if (!Array.isArray(value)) return bytesInPlace(value, name)
  if (value.length > most) throw outOfRange(name, `at most ${most} bytes long`, `${value.length} bytes`)
  return Uint8Array.from(value, (element: unknown, at) => check.byte(element, `${name}[${at}]`))
}

/**
 * An argument whose bytes are needed as a Uint8Array. A mapping is copied: whether its bytes are the file's is known only
 * after they were read. `besides` says in the error what else the argument may be.
 */
export function bytesOrCopy(value: unknown, name: string, besides = ''): Uint8Array {
  if (check.isBytes(value)) return value
  if (!isMapping(value)) return check.bytes(value, name, besides + check.BYTES)
  const { bytes } = stateOf(value)
  return copyOf(bytes, 0, bytes.length)
}

/** What is searched for: bytes, or a string as UTF-8. */
export function needleBytes(needle: unknown): Uint8Array {
  if (isRegExp(needle)) throw wrongType('needle', 'of type string or bytes: search() and match() take a RegExp', needle)
  return typeof needle === 'string' ? Buffer.from(needle) : bytesOrCopy(needle, 'needle', 'of type string or ')
}

/** A byte given as a number, a string as UTF-8, or bytes. */
export function bytesOrByte(value: unknown, name: string): Uint8Array {
  if (typeof value === 'number') return Uint8Array.of(check.byte(value, name))
  return typeof value === 'string' ? Buffer.from(value) : bytesOrCopy(value, name, 'of type number or string or ')
}
