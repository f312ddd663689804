import type { NativeMapping } from '../../binding.js'
import { LONGEST_BUFFER, TOO_LONG } from '../buffers.js'
import { coded } from '../errors.js'
import { ensure, unwrap } from '../failures.js'
import { binding } from '../load/load.js'
import type { ResizeOptions, ViewsAfter } from '../options/lifetime.js'
import type { Home, MappedBytes } from './home.js'

const { Views } = binding

/** Functions of the addon that cost a fifth of its methods. */
const { byte, copyIn, copyOut, count, find, setByte, verify } = binding.fastCalls()

/** The home `'native'`: each access is a call into Rust, which checks for faults itself. */
export class NativeBytes implements MappedBytes {
  /** The number of `native`, which fast calls take; -1: not asked for yet. */
  #number = -1
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

  /** The first argument of a fast call. */
  #object(): number {
    if (this.#number < 0) this.#number = this.native.number()
    return this.#number
  }

  get home(): Home {
    return 'native'
  }

  byte(index: number): number | undefined {
    if (index >= this.length) return undefined
    return unwrap(byte(this.#object(), index), this.path)
  }

  setByte(index: number, value: number): void {
    ensure(setByte(this.#object(), index, value), this.path)
  }

  copyOut(start: number, target: Uint8Array, at: number, count: number): void {
    ensure(copyOut(this.#object(), start, target, at, count), this.path)
  }

  copyIn(start: number, source: Uint8Array): void {
    ensure(copyIn(this.#object(), start, source), this.path)
  }

  find(needle: Uint8Array, start: number, end: number, last: boolean): number {
    return unwrap(find(this.#object(), needle, start, end, last), this.path)
  }

  count(needle: Uint8Array, start: number, end: number): number {
    return unwrap(count(this.#object(), needle, start, end), this.path)
  }

  view(): Buffer<ArrayBuffer> {
    throw coded(
      'ERR_MMAP_NO_VIEWS',
      this.length > LONGEST_BUFFER
        ? `There are no views of ${this.length} bytes: ${TOO_LONG}`
        : "There are no views in the home 'native': use slice(), read(), readInto(), at(), set() or write() instead",
    )
  }

  resize(length: number, { reserve }: Required<ResizeOptions>): MappedBytes {
    ensure(this.native.resize(length, reserve, Views.Detach), this.path)
    this.length = length
    return this
  }

  remap(length: number | undefined, _views: ViewsAfter): MappedBytes {
    this.length = unwrap(this.native.remap(length ?? -1, Views.Detach), this.path)
    return this
  }

  faulted(): boolean {
    return unwrap(this.native.faulted(), this.path)
  }

  /** Throws if a byte of a range that was reached by a view just now is not the file's. */
  protected verify(start: number, length: number): void {
    ensure(verify(this.#object(), start, length), this.path)
  }

  check(): void {
    this.verify(0, this.length)
  }

  reattach(): void {
    unwrap(this.native.reattach(), this.path)
  }

  close(_views: ViewsAfter): void {
    this.native.close(Views.Detach)
  }
}
