import type { NativeMapping } from '../../binding.js'
import type { ResizeOptions, ViewsAfter } from '../options/lifetime.js'

/**
 * How JavaScript reaches the bytes of a mapping.
 * - `'external'`: through an ArrayBuffer over the mapped memory, made when it is first needed. Node, Bun, Deno.
 * - `'overlay'`: through memory of the engine's own, over whose pages the mapping is shown. Used where the engine forbids
 *   ArrayBuffers over foreign memory (Electron, any V8 with its sandbox), up to 32 GiB, on Linux.
 * - `'native'`: through calls into Rust only, without views. Used where there can be neither: on macOS and Windows in Electron, and for
 *   mappings longer than the engine's buffers may be.
 */
export type Home = 'external' | 'overlay' | 'native'

export const HOMES: readonly Home[] = ['external', 'overlay', 'native']

/**
 * The bytes of one mapping as a home reaches them: the seam between the members of the class and the memory. Callers
 * have checked every range against `length`. After `close()` the members meet an implementation that throws.
 */
export interface MappedBytes {
  readonly home: Home
  readonly length: number
  /** The object of the addon, for what only Rust does. */
  readonly native: NativeMapping
  /** Bytes between the start of the mapping's first page and its first byte. Alignment of views depends on it. */
  readonly slack: number
  /** The path of the file, for error messages. */
  readonly path: string | undefined

  /** `undefined` beyond the end, since a view tells of it at no cost. The index is at least 0. */
  byte(index: number): number | undefined
  setByte(index: number, value: number): void
  /** Copies `count` bytes from `start` to `target`, beginning at its index `at`. */
  copyOut(start: number, target: Uint8Array, at: number, count: number): void
  copyIn(start: number, source: Uint8Array): void
  /** The position of the first (or last) occurrence of `needle` within [start, end), or -1. */
  find(needle: Uint8Array, start: number, end: number, last: boolean): number
  /** How often `needle` occurs within [start, end), each time behind the time before. */
  count(needle: Uint8Array, start: number, end: number): number
  /** The Buffer over all bytes, about to be given to the user. Throws ERR_MMAP_NO_VIEWS where there can be none. */
  view(): Buffer<ArrayBuffer>
  /** Changes the length; answers what reaches the bytes from then on. */
  resize(length: number, options: Required<ResizeOptions>): MappedBytes
  /** Maps the file again, to its end or to a length; answers what reaches the bytes from then on. */
  remap(length: number | undefined, views: ViewsAfter): MappedBytes
  /** Whether a fault has replaced any byte since the mapping was made or reattached. */
  faulted(): boolean
  /** Throws if any byte is not the file's. */
  check(): void
  reattach(): void
  close(views: ViewsAfter): void
}
