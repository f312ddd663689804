import type { NativeMapping } from '../../binding.js'
import { bufferOver, LONGEST_BUFFER } from '../buffers.js'
import { coded } from '../errors.js'
import { ensure, unwrap } from '../failures.js'
import { watchLateAccesses } from '../late-accesses.js'
import { binding } from '../load/load.js'
import type { ResizeOptions, ViewsAfter } from '../options/lifetime.js'
import { ExternalBuffer } from './external-buffer.js'
import { FaultWatch } from './fault-watch.js'
import type { Home, MappedBytes } from './home.js'
import { NativeBytes } from './native.js'

const { Views } = binding
const NATIVE_VIEWS = { detach: Views.Detach, zero: Views.Zero, keep: Views.Keep }

let allowed: boolean | undefined

/** Whether the engine allows ArrayBuffers over foreign memory: its own answer, whatever the product is called. */
export function allowsExternal(): boolean {
  allowed ??= binding.allowsExternalBuffers()
  return allowed
}

/** Throws if the home `'external'`, which the user asked for, cannot be had for a mapping of `length` bytes. */
export function requireExternal(length: number): void {
  if (!allowsExternal()) {
    throw coded(
      'ERR_MMAP_NO_VIEWS',
      "This engine refuses ArrayBuffers over memory of others: the home 'external' is not to be had",
    )
  }
  if (length > LONGEST_BUFFER) {
    throw coded(
      'ERR_MMAP_NO_VIEWS',
      `The home 'external' ends at ${LONGEST_BUFFER} bytes on this engine: map a window with offset and length. Received a length of ${length}`,
    )
  }
}

// Captured at load, so that a method that somebody puts in the place of these never gets hold of the view: it could keep a
// pointer into the mapping that nobody knows of.
const { indexOf, lastIndexOf } = Buffer.prototype
const copy = Uint8Array.prototype.set

/** Up to this many bytes a loop in JavaScript copies faster than a call of the engine's. */
const LOOP_BYTES = 48
/** Up to this many bytes the engine's own search is faster than a call into Rust. */
const SMALL_RANGE = 1024

/**
 * How many small accesses go to Rust before the ArrayBuffer is made. To make one over much memory costs a full garbage
 * collection, since the engine counts the memory as its own.
 */
function accessesBeforeBuffer(length: number): number {
  return 16 + length / 2 ** 20
}

/** The home `'external'`: small accesses go through a Buffer over the mapping, large work to Rust. */
export class ExternalBytes extends NativeBytes {
  /** Over all of `#host`. */
  #buffer: Buffer<ArrayBuffer> | undefined
  #host: ExternalBuffer | undefined
  #accessesLeft: number
  /** Whether the user asked for this home by name: then there is no other to fall back to. */
  readonly #isForced: boolean
  readonly #watch = new FaultWatch()

  constructor(native: NativeMapping, length: number, slack: number, path: string | undefined, isForced: boolean) {
    super(native, length, slack, path)
    this.#isForced = isForced
    this.#accessesLeft = accessesBeforeBuffer(length)
  }

  override get home(): Home {
    // Once transfer() has taken the memory of the Buffer, calls reach the bytes without it.
    return this.#buffer === undefined || this.#buffer.length === this.length ? 'external' : 'native'
  }

  /** The Buffer for a small access: `undefined` while it is not worth making, and when `transfer()` has taken its memory. */
  #fastBuffer(): Buffer<ArrayBuffer> | undefined {
    if (this.#buffer === undefined) {
      if (this.#accessesLeft-- > 0) return undefined
      return this.#wholeBuffer()
    }
    return this.#buffer.length === this.length ? this.#buffer : undefined
  }

  /** The Buffer over all bytes, made now if need be; `undefined` when `transfer()` has taken its memory. */
  #wholeBuffer(): Buffer<ArrayBuffer> | undefined {
    if (this.#buffer === undefined) {
      this.#host = new ExternalBuffer(this.native, this.length)
      this.#watch.start(this.native, this.length)
      this.#buffer = Buffer.from(this.#host.array, 0, this.length)
    }
    return this.#buffer.length === this.length ? this.#buffer : undefined
  }

  /** Throws unless the range, read through the view just now, was the file's. */
  #verifyRead(view: Buffer, start: number, end: number): void {
    if (start >= end || this.#watch.isKnownFileData(view, start, end)) return
    this.verify(start, end - start)
    this.#watch.confirm(start, end)
  }

  /** Throws unless the range, stored to through the view just now, was the file's. */
  #verifyStored(view: Buffer, start: number, end: number): void {
    if (!this.#watch.isKnownStored(view, end)) this.verify(start, end - start)
  }

  override byte(index: number): number {
    const view = this.#buffer ?? this.#fastBuffer()
    const byte = view?.[index]
    if (view === undefined || byte === undefined) return super.byte(index)
    if (byte === 0 ? this.#watch.isKnownFileData(view, index, index + 1) : this.#watch.isKnownByte(view, index))
      return byte
    const verified = super.byte(index)
    this.#watch.confirm(index, index + 1)
    return verified
  }

  override setByte(index: number, value: number): void {
    const view = this.#fastBuffer()
    if (view === undefined) super.setByte(index, value)
    else {
      view[index] = value
      this.#verifyStored(view, index, index + 1)
    }
  }

  override copyOut(start: number, target: Uint8Array, at: number, count: number): void {
    // Before the view is looked up: a subclass of Uint8Array may have a getter here that closes the mapping.
    const { buffer } = target
    const view = this.#fastBuffer()
    if (view === undefined) {
      super.copyOut(start, target, at, count)
      return
    }
    if (count <= LOOP_BYTES && buffer !== view.buffer)
      for (let n = 0; n < count; n++) target[at + n] = view[start + n] as number
    // Not view.copy(), which cuts offsets to 32 bits (nodejs/node#55422).
    else copy.call(target, bufferOver(view.buffer, start, count), at)
    this.#verifyRead(view, start, start + count)
  }

  override copyIn(start: number, source: Uint8Array): void {
    const view = this.#fastBuffer()
    if (view === undefined) super.copyIn(start, source)
    else {
      copy.call(view, source, start)
      this.#verifyStored(view, start, start + source.length)
    }
  }

  override find(needle: Uint8Array, start: number, end: number, last: boolean): number {
    const view = end - start <= SMALL_RANGE && needle.length > 0 ? this.#fastBuffer() : undefined
    if (view === undefined) return super.find(needle, start, end, last)
    const range = bufferOver(view.buffer, start, end - start)
    const found = (last ? lastIndexOf : indexOf).call(range, needle)
    // Verified is what the answer depends on and no more: bytes behind a first match, or before a last one, do not matter.
    const from = found >= 0 && last ? start + found : start
    this.#verifyRead(view, from, found >= 0 && !last ? start + found + needle.length : end)
    return found < 0 ? found : start + found
  }

  override view(): Buffer<ArrayBuffer> {
    const buffer = this.#wholeBuffer()
    if (buffer === undefined)
      throw coded(
        'ERR_MMAP_NO_VIEWS',
        'The ArrayBuffer of the mapping was transferred away. Open the file again for other views; to give bytes away, transfer a slice()',
      )
    this.#host?.expose(this.path)
    return buffer
  }

  /** Forgets the ArrayBuffer, if there is one, and answers it. The next access makes another. */
  #forget(): ExternalBuffer | undefined {
    const host = this.#host
    this.#buffer = undefined
    this.#host = undefined
    this.#watch.stop()
    return host
  }

  #detach(): void {
    this.#forget()?.detach()
  }

  /** Does to a buffer that the user has seen what is said of views. */
  #takeAway(views: ViewsAfter): void {
    if (views === 'detach') this.#detach()
    else this.#forget()
  }

  override resize(length: number, options: Required<ResizeOptions>): MappedBytes {
    if (this.#isForced) requireExternal(length)
    // A buffer that the user has not seen is detached first: on Windows a file with a view cannot be made shorter. One
    // that the user has seen stays attached if resizing fails.
    if (!this.#host?.isExposed) this.#detach()
    const { reserve, views } = options
    // Also if resizing fails then: the bytes are away for a moment.
    if (this.#host !== undefined && views === 'detach') watchLateAccesses()
    ensure(this.native.resize(length, reserve, NATIVE_VIEWS[views]), this.path)
    this.length = length
    if (this.#host !== undefined) this.#takeAway(views)
    return length <= LONGEST_BUFFER ? this : new NativeBytes(this.native, length, this.slack, this.path)
  }

  override faulted(): boolean {
    // The word is also set for whoever was not told yet of a stray store.
    return this.#buffer !== undefined && this.#watch.isFaultFree ? false : super.faulted()
  }

  override reattach(): void {
    this.#watch.forgetPages()
    // On Windows the file is mapped at other addresses, and views of the old ones are detached.
    const isSameAddress = unwrap(this.native.reattach(), this.path)
    if (!isSameAddress) this.#detach()
  }

  override close(views: ViewsAfter): void {
    if (this.#host?.isExposed) {
      // Detached first: an engine that looks at a buffer that is attached must not meet inaccessible pages.
      this.#takeAway(views)
      this.native.close(NATIVE_VIEWS[views])
      if (views === 'detach') watchLateAccesses()
    } else {
      this.#detach()
      this.native.close(Views.Detach)
    }
  }
}
