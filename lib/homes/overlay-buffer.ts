import * as threads from 'node:worker_threads'
import type { NativeMapping } from '../../binding.js'
import { coded } from '../errors.js'
import { unwrap } from '../failures.js'
import { defineProperty, getter, uncurried } from '../intrinsics.js'
import { binding } from '../load/load.js'
import { reclaim } from '../reclaim.js'
import { ENGINE } from './engine.js'
import type { ViewHost } from './viewed.js'

const { exposed, keepMemory } = binding

/** Node has it from 21 on. */
const isMarkedAsUntransferable: ((object: object) => boolean) | undefined = Reflect.get(
  threads,
  'isMarkedAsUntransferable',
)

/** Bytes of a page of WebAssembly. */
const WASM_PAGE = 65536

/** Bytes that a WebAssembly memory can have at most. */
export const LONGEST_HOST: number = 65536 * WASM_PAGE

interface Memory {
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}

interface MemoryClass {
  new (limits: { initial: number; maximum: number }): Memory
  readonly prototype: Memory
}

/** The engine's WebAssembly.Memory; `undefined` where it has none (node --jitless). */
const { Memory } = (Reflect.get(globalThis, 'WebAssembly') ?? {}) as { Memory?: MemoryClass }
const bufferOfMemory = getter<Memory, ArrayBuffer>(Memory?.prototype ?? {}, 'buffer')
const grow = uncurried<Memory, [number], number>(Memory?.prototype.grow ?? unreachable)

function unreachable(): never {
  throw new Error('This engine has no WebAssembly')
}

export const hasMemory: boolean = Memory !== undefined

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

function newMemory(length: number): Memory {
  const pages = Math.ceil(length / WASM_PAGE)
  return madeOrReclaimed(length, () => new (Memory as MemoryClass)({ initial: pages, maximum: pages }))
}

/**
 * Shows the bytes of a mapping over a buffer of the engine's own, of which `bytes` are all; answers the native side's number of
 * it. `keeper`: see the native side.
 */
export function showOver(
  native: NativeMapping,
  array: ArrayBufferLike,
  bytes: Uint8Array,
  keeper: SharedArrayBuffer | undefined,
  path: string | undefined,
): number {
  const number = unwrap(
    keeper === undefined ? native.overlay(bytes, array, ENGINE) : native.overlay(bytes, array, ENGINE, keeper),
    path,
  )
  // A call of the native side that reads private bytes reads them there, so its object must keep the memory alive.
  defineProperty(native, 'host', { value: array, configurable: true })
  return number
}

/** The mapping's object needs the buffer no more. */
export function stopShowing(native: NativeMapping | undefined): void {
  if (native !== undefined) Reflect.deleteProperty(native, 'host')
}

/** The ArrayBuffer of a WebAssembly memory, over whose pages the bytes of a mapping are shown. */
export class OverlayBuffer implements ViewHost {
  readonly array: ArrayBuffer
  readonly first: number
  /** `undefined`: an empty mapping has none. */
  readonly #memory: Memory | undefined
  #native: NativeMapping | undefined
  /** The native side's number of it; 0 for an empty one. */
  readonly #number: number

  constructor(native: NativeMapping, slack: number, length: number, path: string | undefined) {
    if (length === 0) {
      this.array = new ArrayBuffer(0)
      this.first = 0
      this.#number = 0
      return
    }
    this.#memory = newMemory(slack + length)
    this.array = bufferOfMemory(this.#memory)
    this.first = slack
    this.#number = showOver(native, this.array, new Uint8Array(this.array), undefined, path)
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
    if (this.#memory === undefined) return
    // A job of the host's may have an address in the memory: it is there as long as the ArrayBuffer object lives.
    keepMemory(this.#number, this.#memory)
    // V8 ends the process rather than to detach what was marked so (Node 24 to 26). Its views stay attached and read zeros.
    if (isMarkedAsUntransferable?.(this.array)) return
    // To grow a memory, also by nothing, detaches its ArrayBuffer.
    grow(this.#memory, 0)
  }
}
