// SharedArrayBuffers that show the bytes of a mapping. They cannot be detached: whoever has one sees what the native side puts in
// the place of the bytes.
import { MessageChannel, MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { NativeMapping } from '../../binding.js'
import { coded } from '../errors.js'
import { unwrap } from '../failures.js'
import { uncurried } from '../intrinsics.js'
import { binding } from '../load/load.js'
import { ENGINE } from './engine.js'
import { EngineBuffer, type EngineMemory, madeOrReclaimed } from './engine-buffer.js'
import type { ViewHost } from './viewed.js'

const { detachedByUs, exposed, released } = binding

// Captured at load: what somebody puts in their place must not be given a view that nobody has asked for.
const clone: typeof structuredClone | undefined = Reflect.get(globalThis, 'structuredClone')
const post = uncurried<MessagePort, [unknown], void>(MessagePort.prototype.postMessage)
const close = uncurried<MessagePort, [], void>(MessagePort.prototype.close)

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

/**
 * Another object of the same shared memory. The engine frees such memory without a word, but not as long as there is one.
 * @throws {Error} ERR_MMAP_NO_VIEWS
 */
function another(shared: SharedArrayBuffer): SharedArrayBuffer {
  let made: unknown
  try {
    made = clone?.(shared)
  } catch {
    // Electron's structuredClone() refuses shared memory.
    const { port1, port2 } = new MessageChannel()
    post(port1, shared)
    made = receiveMessageOnPort(port2)?.message
    close(port1)
  }
  if (Shared !== undefined && made instanceof Shared) return made
  throw coded('ERR_MMAP_NO_VIEWS', 'This engine does not share a SharedArrayBuffer')
}

/** Memory of whole pages of the engine's own, of at least so many bytes. */
function newPages(length: number): EngineMemory<SharedArrayBuffer> {
  const whole = Math.ceil(length / PAGES) * PAGES
  // One that could grow, and has no room for it, has pages of its own; the memory of others is of the engine's heap.
  const array = newShared(whole, { maxByteLength: whole })
  return { array, bytes: new Uint8Array(array, 0, whole), keeper: another(array) }
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
export class SharedOverlayBuffer extends EngineBuffer<SharedArrayBuffer> {
  constructor(native: NativeMapping, slack: number, length: number, path: string | undefined) {
    super(native, slack, path, length === 0 ? { array: newShared(0), bytes: undefined } : newPages(slack + length))
  }

  detach(): void {
    this.leave()
  }
}
