// The bytes as a stream: of Node's, and of the Web's.
import { Readable } from 'node:stream'
import * as check from '../checks.js'
import type { ReadStreamOptions } from '../options/streams.js'
import { streamRequest } from '../options/streams.js'
import type { Cancel, MappingState } from '../state.js'
import { copies } from './ahead.js'

/** Bytes of a chunk of a Web stream. */
const CHUNK = 262_144
/** So many bytes behind a chunk are asked of the system, each time when a half of them are left. */
const AHEAD = 2 ** 23

/** Takes out of a mapping's jobs what a stream has left there that was collected before its end. */
const abandoned = new FinalizationRegistry<{ jobs: Set<Cancel>; cancel: Cancel }>(({ jobs, cancel }) => {
  jobs.delete(cancel)
})

/** The bytes from `start` to `stop`, or to the end of the mapping, chunk by chunk. */
class Reader {
  readonly #state: MappingState
  readonly #stop: number
  readonly #aborts = new AbortController()
  readonly #cancel: Cancel
  readonly #fail: Cancel
  #at: number
  /** Where what the system was asked for ends. */
  #asked: number

  /** `fail` is called when the mapping is closed. */
  constructor(state: MappingState, start: number, stop: number, fail: Cancel) {
    this.#state = state
    this.#at = start
    this.#asked = start
    this.#stop = stop
    this.#fail = fail
    // A closed mapping throws here.
    void state.bytes.length
    // The mapping must not keep a stream that nobody reads any more.
    const weak = new WeakRef(this)
    this.#cancel = (reason) => {
      const reader = weak.deref()
      if (reader !== undefined) reader.#fail(reason)
    }
    state.jobs ??= new Set()
    state.jobs.add(this.#cancel)
    abandoned.register(this, { jobs: state.jobs, cancel: this.#cancel })
  }

  /** The next chunk of at most `most` bytes; `undefined` at the end. */
  async next(most: number): Promise<Buffer<ArrayBuffer> | undefined> {
    const start = this.#at
    const last = Math.min(this.#stop, this.#state.bytes.length)
    const end = Math.min(start + most, last)
    if (start >= end) return undefined
    this.#at = end
    const isDue = this.#asked < last && this.#asked - end < AHEAD / 2
    const ahead = isDue ? Math.min(AHEAD, last - end) : 0
    if (isDue) this.#asked = end + ahead
    const [chunk] = await copies(this.#state, Float64Array.of(start, end), { signal: this.#aborts.signal, ahead })
    return chunk
  }

  /** To be called when nobody wants more. */
  end(): void {
    this.#state.jobs?.delete(this.#cancel)
    this.#aborts.abort()
  }
}

export function createReadStream(
  state: MappingState,
  options: ReadStreamOptions | BufferEncoding | null | undefined,
): Readable {
  const { emitClose, encoding, highWaterMark, signal, start, stop } = streamRequest(options)
  const reader = new Reader(state, start, stop, (reason) => stream.destroy(reason as Error))
  const stream = new Readable({
    highWaterMark,
    emitClose,
    ...(encoding && { encoding }),
    ...(signal && { signal }),
    read(size) {
      reader.next(Math.max(size, highWaterMark)).then(
        (chunk) => this.push(chunk ?? null),
        (error) => this.destroy(error),
      )
    },
    destroy(error, callback) {
      reader.end()
      callback(error)
    },
  })
  return stream
}

export function stream(state: MappingState, start: unknown, end: unknown): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { length } = state.bytes
  const from = check.bound(start, 'start', length, 0)
  const to = Math.max(from, check.bound(end, 'end', length, length))
  let fail: (reason: unknown) => void
  const reader = new Reader(state, from, to, (reason) => fail(reason))
  return new ReadableStream({
    type: 'bytes',
    start(controller) {
      fail = (reason) => controller.error(reason)
    },
    async pull(controller) {
      const view = controller.byobRequest?.view as Uint8Array | null | undefined
      let chunk: Buffer<ArrayBuffer> | undefined
      try {
        chunk = await reader.next(view?.byteLength ?? CHUNK)
      } catch (error) {
        reader.end()
        throw error
      }
      if (chunk === undefined) {
        reader.end()
        controller.close()
        controller.byobRequest?.respond(0)
      } else if (view) {
        view.set(chunk)
        controller.byobRequest?.respond(chunk.length)
      } else {
        controller.enqueue(new Uint8Array(chunk.buffer, 0, chunk.length))
      }
    },
    cancel() {
      reader.end()
    },
  }) as ReadableStream<Uint8Array<ArrayBuffer>>
}
