import { constants } from 'node:buffer'
import { coded } from './errors.js'

type BufferOver = (memory: ArrayBufferLike, offset: number, length: number) => Buffer
type BufferClass = new (memory: ArrayBufferLike, offset: number, length: number) => Buffer

/**
 * A Buffer over memory. `Buffer[Symbol.species]` is Node's internal class FastBuffer, whose constructor is three times as
 * fast as `Buffer.from`. It is used where an engine has it.
 */
export const bufferOver: BufferOver = (() => {
  const from = Buffer.from.bind(Buffer)
  const { [Symbol.species]: Class } = Buffer as unknown as { [Symbol.species]?: BufferClass }
  if (Class === undefined || Class.prototype !== Buffer.prototype || Object.is(Class, Buffer))
    return (memory, offset, length) => from(memory as ArrayBuffer, offset, length)
  return (memory, offset, length) => new Class(memory, offset, length)
})()

/** Bytes of this engine's longest Buffer: 4 GiB on Node 20 and Bun, more on newer Nodes. */
export const LONGEST_BUFFER: number = constants.MAX_LENGTH

/** What an error about more bytes than a Buffer holds says. */
export const TOO_LONG: string = `the longest Buffer of this engine has ${LONGEST_BUFFER} bytes. Take less, or map a window of the file with offset and length`

// Captured at load: a function that somebody puts in its place must not be given memory that a job is about to write to.
const allocate = Buffer.allocUnsafeSlow.bind(Buffer) as (length: number) => Buffer<ArrayBuffer>

/**
 * A Buffer whose ArrayBuffer is its own, so that it can be transferred. Its memory is not initialised: the caller fills it to
 * its end before anybody sees it.
 */
export function newBuffer(length: number): Buffer<ArrayBuffer> {
  if (length > LONGEST_BUFFER) throw coded('ERR_OUT_OF_RANGE', `${length} bytes are too many: ${TOO_LONG}`)
  return allocate(length)
}
