// SharedArrayBuffers that show the bytes of a mapping. They cannot be detached: whoever has one sees what the native side puts in
// the place of the bytes.
import * as threads from 'node:worker_threads'
import type { NativeMapping } from '../../binding.js'
import { coded } from '../errors.js'
import { unwrap } from '../failures.js'
import { binding } from '../load/load.js'
import { ENGINE } from './engine.js'
import { madeOrReclaimed, showOver, stopShowing } from './overlay-buffer.js'
import type { ViewHost } from './viewed.js'

const { detachedByUs, exposed, released } = binding

/** Where the native side writes the number under which it registered a new buffer. */
const registered = new Float64Array(2)

/** A renderer of Electron has no such name. Then there is `undefined`. */
const Shared = Reflect.get(globalThis, 'SharedArrayBuffer') as
  | (new (
      length: number,
      options?: { maxByteLength: number },
    ) => SharedArrayBuffer)
  | undefined

export const hasSharedMemory: boolean = Shared !== undefined

/** Bytes that memory of the engine's own can have at most: V8 ends at 32 GiB, and Node 20 at 4 GiB. */
export const LONGEST_SHARED_HOST: number = 2 ** 35 - 2 ** 16

/** Whole pages of every system, and of WebAssembly. */
const PAGES = 65536

function newShared(length: number, options?: { maxByteLength: number }): SharedArrayBuffer {
  if (Shared === undefined) throw coded('ERR_MMAP_NO_VIEWS', 'This engine has no SharedArrayBuffer')
  return madeOrReclaimed(length, () => new Shared(length, options))
}

/** Another object of the same shared memory. */
function another(shared: SharedArrayBuffer): SharedArrayBuffer {
  try {
    return structuredClone(shared)
  } catch {
    // Electron's structuredClone() refuses shared memory.
    const { port1, port2 } = new threads.MessageChannel()
    port1.postMessage(shared)
    const received = threads.receiveMessageOnPort(port2)
    port1.close()
    return received?.message
  }
}

/** A SharedArrayBuffer over the memory of the mapping. */
export class SharedExternalBuffer implements ViewHost {
  readonly array: SharedArrayBuffer
  readonly first = 0
  /** The native side's number of it; 0 for an empty one, which has no memory. */
  readonly #number: number
  #isExposed = false

  constructor(native: NativeMapping, length: number) {
    this.array = length === 0 ? newShared(0) : unwrap(native.exposeShared(registered, ENGINE))
    this.#number = length === 0 ? 0 : (registered[0] ?? 0)
  }

  expose(path: string | undefined): void {
    exposed(this.#number, path)
    this.#isExposed = true
  }

  leave(): void {}

  detach(): void {
    // It stays attached, but has no right to the bytes any more.
    detachedByUs(this.#number)
    // What the program has never had, nobody reads: the addresses need not wait for the engine's finalizer.
    if (!this.#isExposed) released(this.#number)
  }
}

/** A SharedArrayBuffer of the engine's own, over whose pages the bytes of a mapping are shown. */
export class SharedOverlayBuffer implements ViewHost {
  readonly array: SharedArrayBuffer
  readonly first: number
  /** `undefined`: an empty mapping has none, nor has one that has let go of it. */
  #native: NativeMapping | undefined
  readonly #number: number

  constructor(native: NativeMapping, slack: number, length: number, path: string | undefined) {
    if (length === 0) {
      this.array = newShared(0)
      this.first = 0
      this.#number = 0
      return
    }
    const whole = Math.ceil((slack + length) / PAGES) * PAGES
    // One that could grow, and has no room for it, has pages of its own; the memory of others is of the engine's heap.
    this.array = newShared(whole, { maxByteLength: whole })
    this.first = slack
    // The engine frees the memory without a word. As long as there is another object of it, this cannot happen.
    this.#number = showOver(native, this.array, new Uint8Array(this.array, 0, whole), another(this.array), path)
    this.#native = native
  }

  expose(path: string | undefined): void {
    exposed(this.#number, path)
  }

  leave(): void {
    stopShowing(this.#native)
    this.#native = undefined
  }

  detach(): void {
    this.leave()
  }
}
