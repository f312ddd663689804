import type { NativeMapping } from '../../binding.js'
import { coded } from '../errors.js'
import { ensure, unwrap } from '../failures.js'
import type { Home, MappedBytes } from './home.js'

/** The home `'native'`: each access is a call into Rust, which checks for faults itself. */
export class NativeBytes implements MappedBytes {
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
    return unwrap(this.native.byte(index), this.path)
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
    return unwrap(this.native.find(needle, start, end, last), this.path)
  }

  view(): Buffer {
    throw coded(
      'ERR_MMAP_NO_VIEWS',
      "There are no views in the home 'native': use slice(), read(), readInto(), at(), set() or write() instead",
    )
  }

  resize(length: number, reserve: boolean): MappedBytes {
    ensure(this.native.resize(length, reserve), this.path)
    this.length = length
    return this
  }

  faulted(): boolean {
    return unwrap(this.native.faulted(), this.path)
  }

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
