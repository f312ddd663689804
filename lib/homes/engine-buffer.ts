import type { NativeMapping } from '../../binding.js'
import { coded } from '../errors.js'
import { unwrap } from '../failures.js'
import { defineProperty } from '../intrinsics.js'
import { binding } from '../load/load.js'
import { reclaim } from '../reclaim.js'
import { ENGINE } from './engine.js'
import type { ViewHost } from './viewed.js'

const { exposed } = binding

/**
 * Has the engine make memory of its own of `length` bytes. What was closed or dropped may have to be collected first.
 * @throws {Error} ERR_MMAP_NO_VIEWS
 */
export function madeOrReclaimed<M>(length: number, make: () => M): M {
  try {
    return make()
  } catch {
    reclaim()
  }
  try {
    return make()
  } catch (error) {
    throw coded(
      'ERR_MMAP_NO_VIEWS',
      `This engine has no memory of its own left for views of ${length} bytes (${(error as Error).message}). Close other mappings, map a window with offset and length, or use slice(), read(), at(), set() or write() instead`,
    )
  }
}

/** A buffer of the engine's own, and all of its bytes. */
export interface EngineMemory<B extends ArrayBufferLike> {
  array: B
  /** `undefined`: of an empty mapping there is nothing to show. */
  bytes: Uint8Array | undefined
  /** Another object of the same shared memory, for the native side to hold. */
  keeper?: SharedArrayBuffer
}

/** A buffer of the engine's own, over whose pages the bytes of a mapping are shown. */
export abstract class EngineBuffer<B extends ArrayBufferLike> implements ViewHost {
  readonly array: B
  readonly first: number
  /** The native side's number of it; 0 for an empty one. */
  protected readonly number: number
  #native: NativeMapping | undefined

  constructor(native: NativeMapping, slack: number, path: string | undefined, memory: EngineMemory<B>) {
    const { array, bytes, keeper } = memory
    this.array = array
    this.first = bytes === undefined ? 0 : slack
    this.number = bytes === undefined ? 0 : unwrap(native.overlay(bytes, array, ENGINE, keeper), path)
    if (bytes === undefined) return
    // A call of the native side that reads private bytes reads them there, so its object must keep the memory alive.
    defineProperty(native, 'host', { value: array, configurable: true })
    this.#native = native
  }

  expose(path: string | undefined): void {
    exposed(this.number, path)
  }

  leave(): void {
    if (this.#native !== undefined) Reflect.deleteProperty(this.#native, 'host')
    this.#native = undefined
  }

  abstract detach(): void
}
