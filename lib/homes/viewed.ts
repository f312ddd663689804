import type { NativeMapping } from '../../binding.js'
import { bufferOver } from '../buffers.js'
import { coded } from '../errors.js'
import { ensure, unwrap } from '../failures.js'
import { byteOffsetOf, setBytes, uncurried } from '../intrinsics.js'
import { watchLateAccesses } from '../late-accesses.js'
import { binding } from '../load/load.js'
import type { ResizeOptions, ViewsAfter } from '../options/lifetime.js'
import { FaultWatch } from './fault-watch.js'
import type { Home, MappedBytes } from './home.js'
import { NativeBytes } from './native.js'

const { Views } = binding
const NATIVE_VIEWS = { detach: Views.Detach, zero: Views.Zero, keep: Views.Keep }

const indexOf = uncurried<Buffer, [Uint8Array], number>(Buffer.prototype.indexOf)
const lastIndexOf = uncurried<Buffer, [Uint8Array], number>(Buffer.prototype.lastIndexOf)

/** Up to this many bytes a loop in JavaScript copies faster than a call of the engine's. */
const LOOP_BYTES = 48
/** Up to this many bytes the engine's own search is faster than a call into Rust. */
const SMALL_RANGE = 1024

/** Up to this many bytes a loop in JavaScript is faster still. */
const LOOP_RANGE = 128

/** Where a larger one of them is searched: Buffer's own methods look up properties of their object, which must not be the view. */
const scratch = new ArrayBuffer(SMALL_RANGE)

/**
 * How many small accesses go to Rust before the ArrayBuffer is made. To make one over much memory costs a full garbage
 * collection, since the engine counts the memory as its own.
 */
function accessesBeforeBuffer(length: number): number {
  return 16 + length / 2 ** 20
}

/** After an ArrayBuffer could not be had, so many small accesses do without one. */
const RETRY_AFTER = 100_000

function isAt(view: Uint8Array, needle: Uint8Array, at: number): boolean {
  for (let n = 1; n < needle.length; n++) if (view[at + n] !== needle[n]) return false
  return true
}

/** Where the first or last occurrence of a needle in [start, end) of a view begins, counted from `start`; -1: nowhere. */
function scan(view: Uint8Array, needle: Uint8Array, start: number, end: number, last: boolean): number {
  const first = needle[0] as number
  const most = end - needle.length
  if (last) {
    for (let at = most; at >= start; at--) if (view[at] === first && isAt(view, needle, at)) return at - start
  } else {
    for (let at = start; at <= most; at++) if (view[at] === first && isAt(view, needle, at)) return at - start
  }
  return -1
}

/** How the home was chosen. */
export interface ViewsChoice {
  readonly isForced: boolean
  readonly shared: boolean
}

/** An ArrayBuffer that shows the bytes of a mapping, or a SharedArrayBuffer. */
export interface ViewHost {
  readonly array: ArrayBufferLike
  /** Where the bytes of the mapping begin in it. */
  readonly first: number
  /** To be called before the user gets a view of it: it may give the address to a job of the host's (fs, zlib). */
  expose(path: string | undefined): void
  /** Takes the bytes away from all views, which have length 0 then, unless they are shared. */
  detach(): void
  /** The object has no use for it any more, and its views stay as they are. */
  leave(): void
}

/**
 * Bytes that JavaScript reaches through a view: small accesses go through a Buffer over the mapping, large work to Rust. What
 * the Buffer is made of is the derived class's to say.
 */
export abstract class ViewedBytes extends NativeBytes {
  /** Over all bytes of the mapping. */
  #buffer: Buffer<ArrayBuffer> | undefined
  #host: ViewHost | undefined
  #isExposed = false
  /** The ArrayBuffer of `#host`, and where the bytes begin in it. */
  #array: ArrayBufferLike | undefined
  #first = 0
  #accessesLeft: number
  readonly #watch = new FaultWatch()

  /** Whether the user asked for this home by name: then there is no other to fall back to. */
  readonly #isForced: boolean
  /** Whether views are over a SharedArrayBuffer. */
  protected readonly shared: boolean

  constructor(native: NativeMapping, length: number, slack: number, path: string | undefined, choice: ViewsChoice) {
    super(native, length, slack, path)
    this.#isForced = choice.isForced
    this.shared = choice.shared
    this.#accessesLeft = accessesBeforeBuffer(length)
  }

  /** The home, as long as the user has not transferred the Buffer's memory away. */
  protected abstract readonly viewedHome: Home

  /** Whether the object may make a view for its own use, which the user has not asked for. */
  protected makesOwnView(): boolean {
    return true
  }

  /** Makes the ArrayBuffer. Throws ERR_MMAP_NO_VIEWS if there can be none now. */
  protected abstract makeHost(): ViewHost

  /** Throws if this home cannot have so many bytes. */
  protected abstract requireLength(length: number): void

  /** What reaches the bytes when there are `length` of them. */
  protected abstract afterResize(length: number): MappedBytes

  override get home(): Home {
    // Once transfer() has taken the memory of the Buffer, calls reach the bytes without it.
    return this.#buffer === undefined || this.#isWhole(this.#buffer) ? this.viewedHome : 'native'
  }

  /** Whether nobody has transferred the Buffer's memory away. Before the user has seen it, nothing is looked up on it. */
  #isWhole(buffer: Buffer): boolean {
    return !this.#isExposed || buffer.length === this.length
  }

  /** The Buffer for a small access: `undefined` while it is not worth making, and when `transfer()` has taken its memory. */
  #fastBuffer(): Buffer<ArrayBuffer> | undefined {
    if (this.#buffer === undefined) {
      return this.#accessesLeft-- > 0 || !this.makesOwnView() ? undefined : this.#bufferIfAny()
    }
    return this.#isWhole(this.#buffer) ? this.#buffer : undefined
  }

  /** The same, made now. If there can be none, the next try is some accesses away. */
  #bufferIfAny(): Buffer<ArrayBuffer> | undefined {
    try {
      return this.#wholeBuffer()
    } catch {
      // Calls into Rust serve as well, and whoever asks for a view gets the error.
      this.#accessesLeft = RETRY_AFTER
      return undefined
    }
  }

  /** The Buffer over all bytes, made now if need be; `undefined` when `transfer()` has taken its memory. */
  #wholeBuffer(): Buffer<ArrayBuffer> | undefined {
    if (this.#buffer === undefined) {
      const host = this.makeHost()
      this.#host = host
      this.#watch.start(this.native, this.length)
      this.#array = host.array
      this.#first = host.first
      this.#buffer = bufferOver(host.array, host.first, this.length) as Buffer<ArrayBuffer>
    }
    return this.#isWhole(this.#buffer) ? this.#buffer : undefined
  }

  /** The view of a part. */
  #part(start: number, length: number): Uint8Array {
    return bufferOver(this.#array as ArrayBufferLike, this.#first + start, length)
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

  override byte(index: number): number | undefined {
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
    const view = this.#fastBuffer()
    if (view === undefined) {
      super.copyOut(start, target, at, count)
      return
    }
    // Not view.copy(), which cuts offsets to 32 bits (nodejs/node#55422).
    if (count > LOOP_BYTES) setBytes(target, this.#part(start, count), at)
    // The target may be a view of the mapping: what lies behind the source is written from its end, so that no byte is
    // overwritten before it is read. Whether it is one is not asked, since V8 would have to make an ArrayBuffer for the answer.
    else if (byteOffsetOf(target) + at > this.#first + start)
      for (let n = count - 1; n >= 0; n--) target[at + n] = view[start + n] as number
    else for (let n = 0; n < count; n++) target[at + n] = view[start + n] as number
    this.#verifyRead(view, start, start + count)
  }

  override copyIn(start: number, source: Uint8Array): void {
    const view = this.#fastBuffer()
    if (view === undefined) super.copyIn(start, source)
    else {
      setBytes(view, source, start)
      this.#verifyStored(view, start, start + source.length)
    }
  }

  override find(needle: Uint8Array, start: number, end: number, last: boolean): number {
    const view = end - start <= SMALL_RANGE && needle.length > 0 ? this.#fastBuffer() : undefined
    if (view === undefined) return super.find(needle, start, end, last)
    const found =
      end - start <= LOOP_RANGE
        ? scan(view, needle, start, end, last)
        : this.#scratched(start, end - start, needle, last)
    // Verified is what the answer depends on and no more: bytes behind a first match, or before a last one, do not matter.
    const from = found >= 0 && last ? start + found : start
    this.#verifyRead(view, from, found >= 0 && !last ? start + found + needle.length : end)
    return found < 0 ? found : start + found
  }

  /** The engine's own search, over a copy of the range. */
  #scratched(start: number, length: number, needle: Uint8Array, last: boolean): number {
    const range = bufferOver(scratch, 0, length)
    setBytes(range, this.#part(start, length))
    return (last ? lastIndexOf : indexOf)(range, needle)
  }

  override view(): Buffer<ArrayBuffer> {
    const buffer = this.#wholeBuffer()
    if (buffer === undefined)
      throw coded(
        'ERR_MMAP_NO_VIEWS',
        'The ArrayBuffer of the mapping was transferred away. Open the file again for other views; to give bytes away, transfer a slice()',
      )
    if (!this.#isExposed) this.#host?.expose(this.path)
    this.#isExposed = true
    return buffer
  }

  /** Forgets the ArrayBuffer, if there is one, and answers it. The next access makes another. */
  #forget(): ViewHost | undefined {
    const host = this.#host
    this.#buffer = undefined
    this.#host = undefined
    this.#isExposed = false
    this.#array = undefined
    this.#watch.stop()
    return host
  }

  #detach(): void {
    this.#forget()?.detach()
  }

  /** Does to a buffer that the user has seen what is said of views. */
  #takeAway(views: ViewsAfter): void {
    if (views === 'detach') this.#detach()
    else this.#forget()?.leave()
  }

  override resize(length: number, options: Required<ResizeOptions>): MappedBytes {
    if (this.#isForced) this.requireLength(length)
    // A buffer that the user has not seen is detached first: on Windows a file with a view cannot be made shorter. One
    // that the user has seen stays attached if resizing fails, and so does one under which private bytes lie.
    if (!this.#isExposed && this.viewedHome === 'external') this.#detach()
    const { reserve, views } = options
    // Also if resizing fails then: the bytes are away for a moment.
    if (this.#host !== undefined && views === 'detach') watchLateAccesses()
    ensure(this.native.resize(length, reserve, NATIVE_VIEWS[views]), this.path)
    this.length = length
    if (this.#host !== undefined) this.#takeAway(views)
    return this.afterResize(length)
  }

  override remap(length: number | undefined, views: ViewsAfter): MappedBytes {
    if (!this.#isExposed && this.viewedHome === 'external') this.#detach()
    if (this.#host !== undefined && views === 'detach') watchLateAccesses()
    this.length = unwrap(this.native.remap(length ?? -1, NATIVE_VIEWS[views]), this.path)
    if (this.#host !== undefined) this.#takeAway(views)
    return this.afterResize(this.length)
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
    if (this.#isExposed) {
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
