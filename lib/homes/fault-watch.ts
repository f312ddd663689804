import type { NativeMapping } from '../../binding.js'
import { isBun } from './engine.js'
import { statusWord } from './status-words.js'

/** Where the native side writes the chunk and slot of a mapping's status word, and the offset to probe. */
const statusPlace = new Float64Array(3)

/** Stands in for the view of a status word where nothing is watched. */
const NO_FAULT = new Int32Array(1)

/**
 * Loads a status word. The load must happen each time: the fault handler stores to the word behind the engine's back.
 * JavaScriptCore moves a plain load out of a loop in which nothing stores to the array, but keeps an atomic one, and does
 * not move loads from a view past it. The view itself must not be read with `Atomics.load`: JavaScriptCore compiles that
 * to an instruction that also stores, which faults on a read-only page.
 */
const loadStatus: (word: Int32Array) => number = isBun ? (word) => Atomics.load(word, 0) : (word) => word[0] as number

const PAGE_SIZE = 2 ** 12
/** How many confirmed pages are remembered. */
const REMEMBERED_PAGES = 64
/** How many reads of zeros a confirmation serves before the file's size is asked again. */
const READS_PER_CONFIRMATION = 1024

/**
 * Tells, in most cases without a call into Rust, whether bytes read through a view were the file's or those of a zero page
 * that replaced a page lost to truncation or to an I/O error.
 */
export class FaultWatch {
  /** A view of the status word of the mapping, which is not 0 once a fault was handled. */
  status: Int32Array = NO_FAULT
  /**
   * An offset in the last page: a load there faults, and so sets the status, if the file was cut before that page. It
   * speaks for all bytes before it. At or above the mapping's length there is no need to probe.
   */
  probe: number = Number.MAX_SAFE_INTEGER
  /** The same if such a load is needed, else 0: a field of its own, since it is compared for each byte. */
  #probed = 0
  /** What the last probe loaded. It is stored only so that the engine does not drop the load. */
  lastProbe: number | undefined = 0
  /** A direct-mapped cache of confirmed pages: page numbers plus 1, each at its number modulo the cache's size. */
  #confirmedPages: Float64Array | undefined
  #readsLeft = 0

  /** Watches the present region of a mapping. */
  start(native: NativeMapping, length: number): void {
    native.statusPlace(statusPlace)
    const chunk = statusPlace[0] as number
    const slot = statusPlace[1] as number
    const probe = statusPlace[2] as number
    this.stop()
    if (chunk < 0) return
    this.status = statusWord(chunk, slot)
    this.probe = probe
    this.#probed = probe < length ? probe : 0
  }

  stop(): void {
    this.status = NO_FAULT
    this.probe = Number.MAX_SAFE_INTEGER
    this.#probed = 0
    this.forgetPages()
  }

  get isFaultFree(): boolean {
    return loadStatus(this.status) === 0
  }

  /**
   * Whether bytes before `end` that were just stored are known to have gone to the file's pages. A file that was cut
   * anywhere before its last page has lost its last page too, so a load from that page faults and sets the status.
   */
  isKnownStored(view: Uint8Array, end: number): boolean {
    if (end > this.probe) return false
    if (this.#probed > 0) this.lastProbe = view[this.#probed]
    return loadStatus(this.status) === 0
  }

  /**
   * Whether the bytes of the non-empty range [start, end), read just now, are known to be file data.
   *
   * What truncation takes away at this very moment reads as zeros up to the end of the range, so a last byte that is not 0
   * speaks for the whole range, once a load from the last page has shown that the file was not cut before. A page that the
   * kernel mapped at the very moment of the truncation can show such zeros for a while, and so can the last page. Zeros are
   * therefore trusted only in pages that were confirmed: a page that was mapped before is unmapped by the kernel before its
   * content becomes zeros.
   */
  isKnownFileData(view: Uint8Array, start: number, end: number): boolean {
    if (end > this.probe) return false
    if (this.#probed === 0 || view[end - 1] !== 0) return this.isKnownStored(view, end)
    return this.#isConfirmed(start, end) && this.isKnownStored(view, end)
  }

  /**
   * Whether a byte that was read just now, and is not 0, is known to be file data. What truncation takes away reads as zeros,
   * but a store can put other bytes behind the file's new end, in the page where it lies: then the last page is lost too.
   * Within the last page itself nothing can tell, short of asking for the file's size for each byte.
   */
  isKnownByte(view: Uint8Array, index: number): boolean {
    if (index < this.#probed) this.lastProbe = view[this.#probed]
    return loadStatus(this.status) === 0
  }

  #isConfirmed(start: number, end: number): boolean {
    if (this.#confirmedPages === undefined || this.#readsLeft-- <= 0) return false
    const [first, last] = [Math.floor(start / PAGE_SIZE), Math.floor((end - 1) / PAGE_SIZE)]
    if (last - first > 1) return false
    return (
      this.#confirmedPages[first % REMEMBERED_PAGES] === first + 1 &&
      this.#confirmedPages[last % REMEMBERED_PAGES] === last + 1
    )
  }

  /** Remembers that [start, end) was read and that the file's size, asked for afterwards, covers it. */
  confirm(start: number, end: number): void {
    if (this.probe >= Number.MAX_SAFE_INTEGER) return
    if (this.#readsLeft <= 0) this.forgetPages()
    this.#confirmedPages ??= new Float64Array(REMEMBERED_PAGES)
    if (this.#readsLeft <= 0) this.#readsLeft = READS_PER_CONFIRMATION
    const last = Math.floor((end - 1) / PAGE_SIZE)
    // isKnownFileData() answers for ranges of two pages at most.
    for (let page = Math.max(Math.floor(start / PAGE_SIZE), last - 1); page <= last; page++)
      this.#confirmedPages[page % REMEMBERED_PAGES] = page + 1
  }

  /** Forgets the confirmed pages, because they are about to be mapped anew. */
  forgetPages(): void {
    this.#confirmedPages?.fill(0)
    this.#readsLeft = 0
  }
}
