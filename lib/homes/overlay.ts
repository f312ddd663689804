import { LONGEST_BUFFER } from '../buffers.js'
import { coded } from '../errors.js'
import { binding } from '../load/load.js'
import { isBun } from './engine.js'
import type { Home, MappedBytes } from './home.js'
import { NativeBytes } from './native.js'
import { hasMemory, LONGEST_HOST, OverlayBuffer } from './overlay-buffer.js'
import { hasSharedMemory, LONGEST_SHARED_HOST, SharedOverlayBuffer } from './shared-buffer.js'
import { ViewedBytes, type ViewHost } from './viewed.js'

/** Bytes that this home can have at most, with those that are hidden before the first one. */
const LONGEST = Math.min(LONGEST_BUFFER, hasSharedMemory ? LONGEST_SHARED_HOST : LONGEST_HOST)

/**
 * Whether there is this home at all. JavaScriptCore frees the pages of its memories in ways of its own, in which the file
 * would be overwritten.
 */
const isPossible = (hasMemory || hasSharedMemory) && !isBun && binding.canOverlay()

/** Whether the home `'overlay'` can be had for a mapping of `length` bytes. */
export function allowsOverlay(length: number, slack: number): boolean {
  return isPossible && slack + length <= LONGEST
}

/** To be refused a WebAssembly memory costs several collections: so many milliseconds long none is asked for then. */
const REFUSED_FOR = 1000
let refusedUntil = 0

const isNoViews = (error: unknown): boolean => (error as { code?: string }).code === 'ERR_MMAP_NO_VIEWS'

/** Throws if the home `'overlay'`, which the user asked for, cannot be had for a mapping of `length` bytes. */
export function requireOverlay(length: number, slack: number): void {
  if (!isPossible) {
    throw coded('ERR_MMAP_NO_VIEWS', "The home 'overlay' is not to be had on this system, or with this engine")
  }
  if (!allowsOverlay(length, slack)) {
    throw coded(
      'ERR_MMAP_NO_VIEWS',
      `The home 'overlay' ends at ${LONGEST} bytes on this engine: map a window with offset and length. Received a length of ${length}`,
    )
  }
}

/** The home `'overlay'`: the buffer is the engine's own, and the mapping is shown over its pages. */
export class OverlayBytes extends ViewedBytes {
  #isInOnePlace: boolean | undefined

  protected override get viewedHome(): Home {
    return 'overlay'
  }

  /** Not of private bytes: no other thread could attach to the mapping then, although nobody has asked for a view. */
  protected override makesOwnView(): boolean {
    this.#isInOnePlace ??= this.native.inOnePlace()
    return !this.#isInOnePlace
  }

  /**
   * An ArrayBuffer, which more functions take, unless a SharedArrayBuffer is asked for, or the only one to be had.
   */
  protected override makeHost(): ViewHost {
    const isLong = this.slack + this.length > LONGEST_HOST
    const isRefused = !hasMemory || (hasSharedMemory && performance.now() < refusedUntil)
    if (this.shared || isLong || isRefused) return this.#sharedHost()
    try {
      return new OverlayBuffer(this.native, this.slack, this.length, this.path)
    } catch (error) {
      // The engine has room for few WebAssembly memories in some processes, but for many others.
      if (!isNoViews(error) || !hasSharedMemory) throw error
      refusedUntil = performance.now() + REFUSED_FOR
      return this.#sharedHost()
    }
  }

  #sharedHost(): ViewHost {
    return new SharedOverlayBuffer(this.native, this.slack, this.length, this.path)
  }

  protected override requireLength(length: number): void {
    requireOverlay(length, this.slack)
  }

  protected override afterResize(length: number): MappedBytes {
    return allowsOverlay(length, this.slack) ? this : new NativeBytes(this.native, length, this.slack, this.path)
  }
}
