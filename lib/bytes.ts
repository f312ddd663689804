import { constants } from 'node:buffer'
import type { NativeMapping } from '../binding.js'
import { coded, ensure, unwrap } from './errors.js'
import { binding } from './load.js'

/**
 * Where the bytes of a mapping are reached.
 * - `'external'`: an ArrayBuffer over the mapping, made when first needed. Node, Bun, Deno.
 * - `'native'`: calls into Rust alone, no views: where the engine forbids such buffers (Electron, any V8 sandbox),
 *   or the mapping is longer than its buffers may be.
 */
export type Home = 'external' | 'native'

export const HOMES: readonly Home[] = ['external', 'native']

/** The seam between the class and the bytes. Ranges are checked by the caller. */
export interface Bytes {
  readonly home: Home
  readonly length: number
  /** What the native calls go to. */
  readonly native: NativeMapping
  byte(index: number): number
  setByte(index: number, value: number): void
  /** Copies `count` bytes from `start` on to `at` in `target`. */
  copyOut(start: number, target: Uint8Array, at: number, count: number): void
  copyIn(start: number, source: Uint8Array): void
  /** The first or last position within a range, or -1. */
  find(needle: Uint8Array, start: number, end: number, last: boolean): number
  /** The one Buffer over all bytes, where there is one. */
  whole(): Buffer | undefined
  /** The same; throws ERR_MMAP_NO_VIEWS where there is none. */
  all(): Buffer
  /** The number of bytes hidden before the first one: views are aligned against the page. */
  readonly slack: number
  /** The path of the file, for errors. */
  readonly path: string | undefined
  /** Answers what the bytes are reached through from now on. */
  resize(length: number, reserve: boolean): Bytes
  /** Whether anything went wrong so far. */
  faulted(): boolean
  /** Throws what is wrong with a range that was reached just now. */
  verify(start: number, length: number): void
  /** Throws what is wrong anywhere. */
  check(): void
  reattach(): void
  close(detach: boolean): void
}

/** The bytes behind calls into Rust. */
export class Native implements Bytes {
  readonly native: NativeMapping
  readonly slack: number
  readonly path: string | undefined
  length: number

  constructor(native: NativeMapping, length: number, slack: number, path: string | undefined) {
    this.native = native
    this.length = length
    this.slack = slack
    this.path = path
  }

  get home(): Home {
    return 'native'
  }

  byte(index: number): number {
    return unwrap(this.native.byte(index), this.path) as number
  }

  setByte(index: number, value: number): void {
    ensure(this.native.setByte(index, value), this.path)
  }

  copyOut(start: number, target: Uint8Array, at: number, count: number): void {
    const part = at === 0 && count === target.length ? target : target.subarray(at, at + count)
    ensure(this.native.copyOut(start, part), this.path)
  }

  copyIn(start: number, source: Uint8Array): void {
    ensure(this.native.copyIn(start, source), this.path)
  }

  find(needle: Uint8Array, start: number, end: number, last: boolean): number {
    return unwrap(this.native.find(needle, start, end, last), this.path) as number
  }

  whole(): Buffer | undefined {
    return undefined
  }

  all(): Buffer {
    throw coded(
      'ERR_MMAP_NO_VIEWS',
      "There are no views in the home 'native': use slice(), read(), readInto(), at(), set() or write() instead",
    )
  }

  resize(length: number, reserve: boolean): Bytes {
    ensure(this.native.resize(length, reserve), this.path)
    this.length = length
    return this
  }

  faulted(): boolean {
    return unwrap(this.native.faulted(), this.path) as boolean
  }

  /** Calls into Rust see for themselves. */
  verify(_start: number, _length: number): void {}

  check(): void {
    ensure(this.native.verify(0, this.length), this.path)
  }

  reattach(): void {
    unwrap(this.native.reattach(), this.path)
  }

  close(_detach: boolean): void {
    this.native.close()
  }
}

function closed(): never {
  throw coded('ERR_MMAP_CLOSED', 'The mapping is closed')
}

/** What stands in the place of the bytes after close(). */
export const CLOSED: Bytes = {
  get home() {
    return closed()
  },
  get length() {
    return closed()
  },
  get native() {
    return closed()
  },
  byte: closed,
  setByte: closed,
  copyOut: closed,
  copyIn: closed,
  find: closed,
  whole: closed,
  all: closed,
  get slack() {
    return closed()
  },
  path: undefined,
  resize: closed,
  faulted: closed,
  verify: closed,
  check: closed,
  reattach: closed,
  close() {},
}

let allowed: boolean | undefined

/** The engine's own answer, asked once: what decides is never the name of the product. */
export function allowsExternal(): boolean {
  allowed ??= binding.allowsExternalBuffers()
  return allowed
}

/** Refuses the home `'external'` where it was asked for and is not to be had for so many bytes. */
export function checkHome(home: Home | undefined, length: number): void {
  if (home !== 'external') return
  if (!allowsExternal()) {
    throw coded(
      'ERR_MMAP_NO_VIEWS',
      "This engine refuses ArrayBuffers over memory of others: the home 'external' is not to be had",
    )
  }
  if (length > constants.MAX_LENGTH) {
    throw coded(
      'ERR_MMAP_NO_VIEWS',
      `The home 'external' ends at ${constants.MAX_LENGTH} bytes on this engine. Received a length of ${length}`,
    )
  }
}
