import * as threads from 'node:worker_threads'
import type { NativeMapping } from '../../binding.js'
import { getter, uncurried } from '../intrinsics.js'
import { binding } from '../load/load.js'
import { EngineBuffer, madeOrReclaimed } from './engine-buffer.js'

const { keepMemory } = binding

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

function newMemory(length: number): Memory {
  const pages = Math.ceil(length / WASM_PAGE)
  return madeOrReclaimed(length, () => new (Memory as MemoryClass)({ initial: pages, maximum: pages }))
}

/** The ArrayBuffer of a WebAssembly memory, over whose pages the bytes of a mapping are shown. */
export class OverlayBuffer extends EngineBuffer<ArrayBuffer> {
  /** `undefined`: an empty mapping has none. */
  readonly #memory: Memory | undefined

  constructor(native: NativeMapping, slack: number, length: number, path: string | undefined) {
    const memory = length === 0 ? undefined : newMemory(slack + length)
    const array = memory === undefined ? new ArrayBuffer(0) : bufferOfMemory(memory)
    super(native, slack, path, { array, bytes: memory && new Uint8Array(array) })
    this.#memory = memory
  }

  detach(): void {
    this.leave()
    if (this.#memory === undefined) return
    // A job of the host's may have an address in the memory: it is there as long as the ArrayBuffer object lives.
    keepMemory(this.number, this.#memory)
    // V8 ends the process rather than to detach what was marked so (Node 24 to 26). Its views stay attached and read zeros.
    if (isMarkedAsUntransferable?.(this.array)) return
    // To grow a memory, also by nothing, detaches its ArrayBuffer.
    grow(this.#memory, 0)
  }
}
