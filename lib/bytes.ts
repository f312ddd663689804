import { constants } from 'node:buffer'
import type { NativeMapping } from '../binding.js'
import * as binding from '../binding.js'
import { coded, ensure, unwrap } from './errors.js'

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
  copyOut(start: number, target: Uint8Array): void
  copyIn(start: number, source: Uint8Array): void
  /** The one Buffer over all bytes; throws ERR_MMAP_NO_VIEWS where there is none. */
  all(): Buffer
  /** The number of bytes hidden before the first one: views are aligned against the page. */
  readonly slack: number
  resize(length: number, reserve: boolean): void
  close(detach: boolean): void
}

/** The bytes behind calls into Rust. */
class Native implements Bytes {
  readonly native: NativeMapping
  readonly slack: number
  length: number

  constructor(native: NativeMapping, length: number, slack: number) {
    this.native = native
    this.length = length
    this.slack = slack
  }

  get home(): Home {
    return 'native'
  }

  byte(index: number): number {
    return unwrap(this.native.byte(index)) as number
  }

  setByte(index: number, value: number): void {
    ensure(this.native.setByte(index, value))
  }

  copyOut(start: number, target: Uint8Array): void {
    ensure(this.native.copyOut(start, target))
  }

  copyIn(start: number, source: Uint8Array): void {
    ensure(this.native.copyIn(start, source))
  }

  all(): Buffer {
    throw coded(
      'ERR_MMAP_NO_VIEWS',
      "There are no views in the home 'native': use slice(), read(), readInto(), at(), set() or write() instead",
    )
  }

  resize(length: number, reserve: boolean): void {
    ensure(this.native.resize(length, reserve))
    this.length = length
  }

  close(_detach: boolean): void {
    this.native.close()
  }
}

/** Held back at load, lest a later patch of the prototype changes what close() does. */
const transfer: ((this: ArrayBuffer, length: number) => ArrayBuffer) | undefined = Reflect.get(
  ArrayBuffer.prototype,
  'transfer',
)

/**
 * Detaches unless somebody took the memory by `transfer()` or marked it untransferable.
 * Through `transfer(0)` on V8, since there the native call aborts the process on a marked buffer (Node 24 to 26).
 */
function detach(buffer: ArrayBuffer): void {
  if (buffer.byteLength === 0) return
  if (transfer === undefined || process.versions['bun'] !== undefined) {
    binding.detach(buffer)
    return
  }
  try {
    transfer.call(buffer, 0)
  } catch {
    // Marked untransferable: its views stay attached, and read zeros.
  }
}

/** How many small accesses go to Rust before the ArrayBuffer is made: a large one costs a full collection. */
function patience(length: number): number {
  return 16 + length / 2 ** 20
}

/** The bytes behind an ArrayBuffer over the mapping. */
class External extends Native {
  #buffer: Buffer | undefined
  #patience: number

  constructor(native: NativeMapping, length: number, slack: number) {
    super(native, length, slack)
    this.#patience = patience(length)
  }

  override get home(): Home {
    return 'external'
  }

  /** The view, once it is worth having; `undefined` also when `transfer()` took it away. */
  #view(): Buffer | undefined {
    if (this.#buffer === undefined) {
      if (this.#patience-- > 0) return undefined
      this.all()
    }
    return this.#buffer?.length === this.length ? this.#buffer : undefined
  }

  override byte(index: number): number {
    return this.#buffer?.[index] ?? this.#view()?.[index] ?? super.byte(index)
  }

  override setByte(index: number, value: number): void {
    const view = this.#view()
    if (view === undefined) super.setByte(index, value)
    else view[index] = value
  }

  override copyOut(start: number, target: Uint8Array): void {
    const view = this.#view()
    if (view === undefined) super.copyOut(start, target)
    else view.copy(target, 0, start, start + target.length)
  }

  override copyIn(start: number, source: Uint8Array): void {
    const view = this.#view()
    if (view === undefined) super.copyIn(start, source)
    else view.set(source, start)
  }

  override all(): Buffer {
    if (this.#buffer === undefined) {
      const array = this.length === 0 ? new ArrayBuffer(0) : (unwrap(this.native.expose()) as ArrayBuffer)
      this.#buffer = Buffer.from(array, 0, this.length)
    }
    if (this.#buffer.length !== this.length) {
      throw coded('ERR_MMAP_NO_VIEWS', 'The ArrayBuffer of the mapping was transferred away')
    }
    return this.#buffer
  }

  #forget(): void {
    const buffer = this.#buffer
    this.#buffer = undefined
    if (buffer !== undefined) detach(buffer.buffer as ArrayBuffer)
  }

  override resize(length: number, reserve: boolean): void {
    checkLimit(length)
    super.resize(length, reserve)
    this.#forget()
  }

  override close(detachViews: boolean): void {
    if (detachViews) this.#forget()
    super.close(detachViews)
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
  all: closed,
  get slack() {
    return closed()
  },
  resize: closed,
  close() {},
}

let allowed: boolean | undefined

/** The engine's own answer, asked once: what decides is never the name of the product. */
function allowsExternal(): boolean {
  allowed ??= binding.allowsExternalBuffers()
  return allowed
}

function checkLimit(length: number): void {
  if (length > constants.MAX_LENGTH) {
    throw coded(
      'ERR_MMAP_NO_VIEWS',
      `The home 'external' ends at ${constants.MAX_LENGTH} bytes on this engine. Received a length of ${length}`,
    )
  }
}

/** The bytes of a new mapping, in the home that was asked for, or else in the best that there is. */
export function settle(native: NativeMapping, length: number, slack: number, home: Home | undefined): Bytes {
  const external = home === undefined ? length <= constants.MAX_LENGTH && allowsExternal() : home === 'external'
  if (!external) return new Native(native, length, slack)
  if (home !== undefined) {
    if (!allowsExternal())
      throw coded(
        'ERR_MMAP_NO_VIEWS',
        "This engine refuses ArrayBuffers over memory of others: the home 'external' is not to be had",
      )
    checkLimit(length)
  }
  return new External(native, length, slack)
}
