import { constants } from 'node:buffer'
import { isMainThread } from 'node:worker_threads'
import type { NativeMapping } from '../binding.js'
import { allowsExternal, type Bytes, checkHome, type Home, Native } from './bytes.js'
import { coded, ensure, unwrap } from './errors.js'
import { binding } from './load.js'
import { Watch } from './watch.js'

// Taken out once: a look into the addon is slower than a variable.
const { detach: detachNatively, detached, handed, released } = binding

/** How this engine ends a thread, as the native side counts them: 0 Node, 1 Bun, 2 Deno. */
const ENGINE = process.versions['bun'] !== undefined ? 1 : process.versions['deno'] !== undefined ? 2 : 0

let settling = isMainThread || ENGINE === 2

/** Before a worker ends: memory that `transfer()` took to another thread must outlive it. */
function settleAtExit(): void {
  if (settling) return
  settling = true
  process.once('exit', () => binding.settle())
}

/** Held back at load, as below. */
const copy = Uint8Array.prototype.set

/** Held back at load, lest a later patch of the prototype changes what close() does. */
const { slice } = ArrayBuffer.prototype
const transfer: ((this: ArrayBuffer, length?: number) => ArrayBuffer) | undefined = Reflect.get(
  ArrayBuffer.prototype,
  'transfer',
)

/**
 * Detaches unless somebody took the memory by `transfer()` or marked it untransferable.
 * Through `transfer(0)` on V8, since there the native call aborts the process on a marked buffer (Node 24 to 26).
 */
function detach(buffer: ArrayBuffer, number: number): void {
  if (buffer.byteLength === 0) return
  // Said before: some engines let go of the memory at once.
  detached(number)
  if (transfer === undefined || ENGINE === 1) {
    detachNatively(buffer)
    return
  }
  try {
    transfer.call(buffer, 0)
  } catch {
    // Marked untransferable: its views stay attached, and read zeros.
  }
}

/**
 * Lets a buffer's own `transfer()` copy, as the standard allows, where memory of ours must not end in another thread: Bun
 * would change the list of finalizers of this one from there (oven-sh/bun#39973), and end the process sooner or later.
 */
function copyWhenTransferred(buffer: ArrayBuffer, number: number): void {
  if (transfer === undefined) return
  const value = (length?: number): ArrayBuffer => {
    const copied = transfer.call(slice.call(buffer, 0), length)
    detach(buffer, number)
    return copied
  }
  for (const name of ['transfer', 'transferToFixedLength'])
    Object.defineProperty(buffer, name, { value, configurable: true, writable: true })
}

/** Where the native side writes the number of a new ArrayBuffer. */
const made = new Float64Array(2)

/** How many small accesses go to Rust before the ArrayBuffer is made: a large one costs a full collection. */
function patience(length: number): number {
  return 16 + length / 2 ** 20
}

/** Up to so many bytes a loop is faster than a call, and a search in the engine faster than one in Rust. */
const LOOP = 48
const SMALL = 1024

/** The bytes behind an ArrayBuffer over the mapping. */
class External extends Native {
  #buffer: Buffer | undefined
  #number = 0
  /** Whether anybody else has seen the buffer, and may have given its address to a job of the host's. */
  #handed = false
  #patience: number
  readonly #forced: boolean
  readonly #watch = new Watch()

  constructor(native: NativeMapping, length: number, slack: number, path: string | undefined, forced: boolean) {
    super(native, length, slack, path)
    this.#forced = forced
    this.#patience = patience(length)
  }

  override get home(): Home {
    return 'external'
  }

  /** The view, once it is worth having; `undefined` also when `transfer()` took it away. */
  #view(): Buffer | undefined {
    if (this.#buffer === undefined) {
      if (this.#patience-- > 0) return undefined
      return this.whole()
    }
    return this.#buffer.length === this.length ? this.#buffer : undefined
  }

  /** Throws unless a range of the view that was read just now is the file's. */
  #settled(view: Buffer, start: number, end: number): void {
    if (start >= end || this.#watch.vouches(view, start, end)) return
    this.verify(start, end - start)
    this.#watch.asked(start, end)
  }

  /** Throws unless a range of the view that was stored to just now was the file's. */
  #stored(view: Buffer, start: number, end: number): void {
    if (!this.#watch.holds(view, end)) this.verify(start, end - start)
  }

  override verify(start: number, length: number): void {
    ensure(this.native.verify(start, length), this.path)
  }

  override faulted(): boolean {
    return this.#buffer === undefined ? super.faulted() : !this.#watch.isCalm
  }

  override reattach(): void {
    this.#watch.forget()
    // On Windows the file is mapped at other addresses.
    if (unwrap(this.native.reattach(), this.path) === false) this.#forget()
  }

  override byte(index: number): number {
    const view = this.#buffer ?? this.#view()
    const byte = view?.[index]
    if (view === undefined || byte === undefined) return super.byte(index)
    // What was cut off reads 0, also where nothing faults.
    if (byte === 0 ? this.#watch.vouches(view, index, index + 1) : this.#watch.isCalm) return byte
    const told = super.byte(index)
    this.#watch.asked(index, index + 1)
    return told
  }

  override setByte(index: number, value: number): void {
    const view = this.#view()
    if (view === undefined) super.setByte(index, value)
    else {
      view[index] = value
      this.#stored(view, index, index + 1)
    }
  }

  override copyOut(start: number, target: Uint8Array, at: number, count: number): void {
    const view = this.#view()
    if (view === undefined) {
      super.copyOut(start, target, at, count)
      return
    }
    if (count <= LOOP && target.buffer !== view.buffer)
      for (let n = 0; n < count; n++) target[at + n] = view[start + n] as number
    // Not view.copy(): it cuts offsets to 32 bits (nodejs/node#55422).
    // Not target.set(): a target's own would see the view.
    else copy.call(target, view.subarray(start, start + count), at)
    this.#settled(view, start, start + count)
  }

  override find(needle: Uint8Array, start: number, end: number, last: boolean): number {
    const view = end - start <= SMALL && needle.length > 0 ? this.#view() : undefined
    if (view === undefined) return super.find(needle, start, end, last)
    const range = view.subarray(start, end)
    const found = last ? range.lastIndexOf(needle) : range.indexOf(needle)
    // What the answer rests upon, and no more.
    const from = found >= 0 && last ? start + found : start
    this.#settled(view, from, found >= 0 && !last ? start + found + needle.length : end)
    return found < 0 ? found : start + found
  }

  override copyIn(start: number, source: Uint8Array): void {
    const view = this.#view()
    if (view === undefined) super.copyIn(start, source)
    else {
      view.set(source, start)
      this.#stored(view, start, start + source.length)
    }
  }

  override whole(): Buffer | undefined {
    const buffer = this.#make()
    return buffer.length === this.length ? buffer : undefined
  }

  override all(): Buffer {
    const buffer = this.whole()
    if (buffer === undefined) throw coded('ERR_MMAP_NO_VIEWS', 'The ArrayBuffer of the mapping was transferred away')
    if (!this.#handed) handed(this.#number)
    this.#handed = true
    return buffer
  }

  #make(): Buffer {
    if (this.#buffer === undefined) {
      const array = this.length === 0 ? new ArrayBuffer(0) : (unwrap(this.native.expose(made, ENGINE)) as ArrayBuffer)
      settleAtExit()
      this.#number = this.length === 0 ? 0 : (made[0] ?? 0)
      if (ENGINE === 1 && this.#number > 0) copyWhenTransferred(array, this.#number)
      this.#watch.begin(this.native)
      this.#buffer = Buffer.from(array, 0, this.length)
    }
    return this.#buffer
  }

  #forget(): void {
    const buffer = this.#buffer
    this.#buffer = undefined
    this.#watch.end()
    if (buffer === undefined) return
    const array = buffer.buffer as ArrayBuffer
    detach(array, this.#number)
    // The engine's own word comes a turn of the event loop later: too late where it keeps a file from being deleted.
    if (!this.#handed && array.byteLength === 0) released(this.#number)
    this.#handed = false
  }

  override resize(length: number, reserve: boolean): Bytes {
    const fits = length <= constants.MAX_LENGTH
    if (this.#forced) checkHome('external', length)
    // What nobody else has seen is in nobody's way: Windows would refuse to make the file shorter.
    if (!this.#handed) this.#forget()
    super.resize(length, reserve)
    this.#forget()
    return fits ? this : new Native(this.native, length, this.slack, this.path)
  }

  override close(detachViews: boolean): void {
    if (detachViews) this.#forget()
    super.close(detachViews)
  }
}

/** The bytes of a new mapping, in the home that was asked for, or else in the best that there is. */
export function settle(
  native: NativeMapping,
  length: number,
  slack: number,
  home: Home | undefined,
  path: string | undefined,
): Bytes {
  checkHome(home, length)
  const external = home === undefined ? length <= constants.MAX_LENGTH && allowsExternal() : home === 'external'
  return external
    ? new External(native, length, slack, path, home !== undefined)
    : new Native(native, length, slack, path)
}
