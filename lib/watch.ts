import { isMainThread } from 'node:worker_threads'
import type { NativeMapping } from '../binding.js'
import { unwrap } from './errors.js'
import { binding } from './load.js'

const { arm } = binding

/** Where the native side writes how a mapping is watched. */
const place = new Float64Array(3)

/** The status words of each chunk of the native side's table. */
const words: (Int32Array | undefined)[] = []

/** In place of a status word where nothing is watched. */
const CALM = new Int32Array(1)

/**
 * A load of a status word that is made each time. JavaScriptCore takes a plain one out of a loop, since nothing in the loop
 * stores there. Nor does it move a view's loads past this one. A view itself must not be read so: its compilers make
 * of an atomic load a store of what is there, and a read-only page refuses that.
 */
const load: (words: Int32Array, slot: number) => number =
  process.versions['bun'] === undefined
    ? (words, slot) => words[slot] as number
    : (words, slot) => Atomics.load(words, slot)

/** Pages that are remembered, and how many zeros are believed before they are forgotten. */
const PAGES = 64
const BELIEVED = 1024
const PAGE = 2 ** 12

/** What tells, without a call, whether the bytes of a view are still the file's. */
export class Watch {
  /** The word that is not 0 once something went wrong: status[slot]. */
  status: Int32Array = CALM
  slot = 0
  /** Bytes that a load from the next one vouches for; at the length of the mapping nothing needs to be vouched for. */
  probe: number = Number.MAX_SAFE_INTEGER
  /** What that load gave: kept, lest the engine leaves the load out. */
  seen: number | undefined = 0
  /** Numbers of pages that were there when the file's size was asked, plus 1, each in the place of its low bits. */
  #pages: Float64Array | undefined
  #believes = 0

  /** Looks at the present region of a mapping. */
  begin(native: NativeMapping): void {
    native.watch(place)
    const [chunk = -1, slot = 0, probe = 0] = place
    this.end()
    if (chunk < 0) return
    words[chunk] ??= new Int32Array(unwrap(binding.statusWords(chunk)) as ArrayBuffer)
    this.status = words[chunk]
    this.slot = slot
    this.probe = probe
  }

  end(): void {
    this.status = CALM
    this.slot = 0
    this.probe = Number.MAX_SAFE_INTEGER
    this.forget()
  }

  get isCalm(): boolean {
    return load(this.status, this.slot) === 0
  }

  /**
   * Whether the bytes before `end`, stored to just now, were surely the file's. A file that was cut anywhere before its
   * last page has no last page: to load from it faults, and that is noticed.
   */
  holds(view: Uint8Array, end: number): boolean {
    if (end > this.probe) return false
    if (this.probe < view.length) this.seen = view[this.probe]
    return load(this.status, this.slot) === 0
  }

  /**
   * Whether the bytes of [start, end), which are some, read just now, are surely the file's.
   *
   * What is being cut off reads 0 to its end. A page that the system mapped in the very moment of the cut shows such
   * zeros for a while, and so may the last page: the first zeros of a page are believed once the file's size was asked.
   * A page that was there before is taken away before it is made zeros.
   */
  vouches(view: Uint8Array, start: number, end: number): boolean {
    if (end > this.probe) return false
    if (this.probe >= view.length || view[end - 1] !== 0) return load(this.status, this.slot) === 0
    return this.#knows(start, end) && this.holds(view, end)
  }

  #knows(start: number, end: number): boolean {
    if (this.#pages === undefined || this.#believes-- <= 0) return false
    const [first, last] = [Math.floor(start / PAGE), Math.floor((end - 1) / PAGE)]
    return last - first <= 1 && this.#pages[first % PAGES] === first + 1 && this.#pages[last % PAGES] === last + 1
  }

  /** The bytes of [start, end) were read, and then the file's size asked: it has them. */
  asked(start: number, end: number): void {
    if (this.probe >= Number.MAX_SAFE_INTEGER) return
    if (this.#believes <= 0) this.forget()
    this.#pages ??= new Float64Array(PAGES)
    if (this.#believes <= 0) this.#believes = BELIEVED
    const last = Math.floor((end - 1) / PAGE)
    for (let page = Math.max(Math.floor(start / PAGE), last - 1); page <= last; page++)
      this.#pages[page % PAGES] = page + 1
  }

  /** The pages are about to be mapped anew. */
  forget(): void {
    this.#pages?.fill(0)
    this.#believes = 0
  }
}

let listening = !isMainThread

function heard(name: string | symbol): void {
  // libuv has just taken the signal for itself, or left it to the system. Its own listeners came before this one.
  if (name !== 'SIGBUS' && name !== 'SIGSEGV') return
  arm()
  // Bun tells before it does.
  queueMicrotask(arm)
  setImmediate(arm).unref()
}

/** Keeps the handlers of faults on top when the program's own come or go. */
export function listen(): void {
  if (listening) return
  listening = true
  process.on('newListener', heard)
  process.on('removeListener', heard)
}
