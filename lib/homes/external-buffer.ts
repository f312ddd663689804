import { isMainThread } from 'node:worker_threads'
import type { NativeMapping } from '../../binding.js'
import { unwrap } from '../failures.js'
import { byteLengthOf, defineProperty, uncurried } from '../intrinsics.js'
import { binding } from '../load/load.js'
import { ENGINE, isBun, isDeno } from './engine.js'
import type { ViewHost } from './viewed.js'

// Held in variables, because a property access on the addon's object is slower.
const { detach: detachNatively, detachedByUs, exposed, released } = binding

// Captured at load, so that a later patch of the prototype cannot change what close() does.
const slice = uncurried<ArrayBuffer, [number], ArrayBuffer>(ArrayBuffer.prototype.slice)
type Transfer = (this: ArrayBuffer, length?: number) => ArrayBuffer
const transferMethod: Transfer | undefined = Reflect.get(ArrayBuffer.prototype, 'transfer')
const transfer =
  transferMethod === undefined ? undefined : uncurried<ArrayBuffer, [number?], ArrayBuffer>(transferMethod)

/** Where the native side writes the number under which it registered a new ArrayBuffer. */
const registered = new Float64Array(2)

// The main thread ends with the process, and Deno frees only memory that no thread has any more.
let leaksTransferred = isMainThread || isDeno

/** Makes a worker, when it ends, leak on purpose the memory that `transfer()` gave to another thread: it is in use there. */
function leakTransferredAtExit(): void {
  if (leaksTransferred) return
  leaksTransferred = true
  process.once('exit', () => binding.leakTransferred())
}

/**
 * Detaches an ArrayBuffer, unless `transfer()` has taken its memory or it was marked untransferable. V8 is asked through
 * `transfer(0)`, because Node-API's detach aborts the process on a buffer that was marked untransferable (Node 24 to 26).
 */
function detach(buffer: ArrayBuffer, number: number): void {
  if (byteLengthOf(buffer) === 0) return
  // Reported first: some engines free the memory, and call its finalizer, during the detach.
  detachedByUs(number)
  if (transfer === undefined || isBun) {
    detachNatively(buffer)
    return
  }
  try {
    transfer(buffer, 0)
  } catch {
    // It was marked untransferable. Its views stay attached and read zeros.
  }
}

/**
 * Makes a buffer's own `transfer()` copy the bytes, which ECMAScript allows. In Bun, memory with a finalizer of ours must
 * not move to another thread: that thread would change this thread's list of finalizers without a lock, and the process
 * would crash sooner or later (oven-sh/bun#39973).
 */
function copyWhenTransferred(buffer: ArrayBuffer, number: number): void {
  if (transfer === undefined) return
  const value = (length?: number): ArrayBuffer => {
    const copied = transfer(slice(buffer, 0), length)
    detach(buffer, number)
    return copied
  }
  for (const name of ['transfer', 'transferToFixedLength'])
    defineProperty(buffer, name, { value, configurable: true, writable: true })
}

/** An ArrayBuffer over the memory of a mapping, and what the native side has to know about it. */
export class ExternalBuffer implements ViewHost {
  readonly array: ArrayBuffer
  readonly first = 0
  /** The native side's number of it; 0 for an empty one, which has no memory. */
  readonly #number: number
  #isExposed = false

  constructor(native: NativeMapping, length: number) {
    this.array = length === 0 ? new ArrayBuffer(0) : unwrap(native.expose(registered, ENGINE))
    this.#number = length === 0 ? 0 : (registered[0] ?? 0)
    leakTransferredAtExit()
    if (isBun && this.#number > 0) copyWhenTransferred(this.array, this.#number)
  }

  expose(path: string | undefined): void {
    exposed(this.#number, path)
    this.#isExposed = true
  }

  leave(): void {}

  detach(): void {
    detach(this.array, this.#number)
    // If the user has never had it, its addresses need not wait for the engine's finalizer. That comes a turn of the event
    // loop later, and on Windows the file could not be deleted until then.
    if (!this.#isExposed && byteLengthOf(this.array) === 0) released(this.#number)
  }
}
