import * as check from '../checks.js'
import { outOfRange, wrongValue } from '../errors.js'

/** Options of `createReadStream`, as those of `fs.createReadStream`. */
export interface ReadStreamOptions {
  /** The first byte. Default 0. */
  start?: number | undefined
  /** The last byte, which belongs to the stream. Default: the mapping's. */
  end?: number | undefined
  /** Bytes of a chunk, and of what the stream reads before anybody asks. Default 65,536. */
  highWaterMark?: number | undefined
  /** Chunks are strings of this encoding then. Default, also with null: Buffers. */
  encoding?: BufferEncoding | null | undefined
  /** Whether the stream emits `'close'`. Default true. */
  emitClose?: boolean | undefined
  /** Destroys the stream with an AbortError. */
  signal?: AbortSignal | undefined
}

/** Options of `createReadStream`, checked. */
export interface StreamRequest {
  start: number
  /** Where the stream ends; the mapping may end before. */
  stop: number
  highWaterMark: number
  encoding: BufferEncoding | undefined
  emitClose: boolean
  signal: AbortSignal | undefined
}

const KEYS = ['start', 'end', 'highWaterMark', 'encoding', 'emitClose', 'signal']

export function streamRequest(given: ReadStreamOptions | BufferEncoding | null | undefined): StreamRequest {
  const options = typeof given === 'string' ? { encoding: given } : (given ?? undefined)
  const { emitClose, end, highWaterMark, signal, start, ...rest } = check.options(options, KEYS)
  const encoding = rest.encoding ?? undefined
  const first = start === undefined ? 0 : check.size(start, 'options.start')
  const isOpen = end === undefined || end === Number.POSITIVE_INFINITY
  const last = isOpen ? Number.MAX_SAFE_INTEGER - 1 : check.size(end, 'options.end')
  if (first > last) throw outOfRange('options.start', `<= the end (${last})`, start)
  if (encoding !== undefined && !Buffer.isEncoding(encoding))
    throw wrongValue('options.encoding', 'an encoding', encoding)
  return {
    start: first,
    stop: last + 1,
    highWaterMark: highWaterMark === undefined ? 65_536 : check.size(highWaterMark, 'options.highWaterMark', 1),
    encoding,
    emitClose: check.boolean(emitClose, 'options.emitClose', true),
    signal: check.signal(signal),
  }
}
