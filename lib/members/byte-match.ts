import { inspect } from 'node:util'

/** Matches that were found together, and share memory. */
export interface Batch {
  /** The names of the groups; group 0 is the whole match. */
  readonly names: readonly (string | null)[]
  /**
   * For each match: two numbers for each group, where it begins and ends in the mapping (-1: it took no part), and one more,
   * where the match's bytes begin in `text` (-1: the match is too long, and they are not there).
   */
  readonly slots: Float64Array
  /** The bytes of the matches, one after the other. */
  readonly text: Buffer
  /** Copies bytes of the mapping, for a match whose bytes are not in `text`. */
  copy(start: number, length: number): Buffer
}

/** Where a match or a group begins and ends, in bytes from the start of the mapping. */
export type Span = [start: number, end: number]

/** The match whose numbers begin at `slot` of a batch's slots. Only this package makes matches. */
export let matchOf: (batch: Batch, slot: number) => ByteMatch

/**
 * A match: where it lies in the mapping, and what its groups captured. Captures are Buffers, copied when you ask for them.
 * A match stays valid after `close()`, but the captures of one longer than 64 KiB must be asked for before. Those are the
 * bytes that the mapping has when you ask; after a `resize()` that cut them off they throw ERR_OUT_OF_RANGE.
 *
 * `const [whole, year, month] = match` takes the captures. A match that you keep also keeps up to 64 KiB of the matches
 * that were found with it.
 */
export class ByteMatch implements Iterable<Buffer | undefined> {
  readonly #batch: Batch
  /** The index of the match's first number in the slots. */
  readonly #slot: number

  static {
    matchOf = (batch, slot) => new ByteMatch(batch, slot)
    Object.defineProperty(ByteMatch.prototype, inspect.custom, {
      configurable: true,
      writable: true,
      value(this: ByteMatch): string {
        return `ByteMatch ${inspect(this.toJSON())}`
      },
    })
  }

  private constructor(batch: Batch, slot: number) {
    this.#batch = batch
    this.#slot = slot
  }

  // Positions are getters: as fields, each would be a heap number of its own, and make a match cost a third more.
  /** Where the match begins, in bytes from the start of the mapping. */
  get index(): number {
    return this.#batch.slots[this.#slot] as number
  }

  /** Where the match ends (the position behind its last byte), in bytes from the start of the mapping. */
  get end(): number {
    return this.#batch.slots[this.#slot + 1] as number
  }

  /** The number of captures, the whole match included. */
  get length(): number {
    return this.#batch.names.length
  }

  #number(group: number | string): number {
    return typeof group === 'string' ? this.#numberOfName(group) : group
  }

  /** The number of the group with a name. If several have it, at most one took part in the match: that one. */
  #numberOfName(name: string): number {
    const { names } = this.#batch
    let found = -1
    for (let group = names.indexOf(name); group >= 0; group = names.indexOf(name, group + 1)) {
      found = group
      if (this.span(group) !== undefined) break
    }
    return found
  }

  /**
   * Where a group lies: `[start, end]`, in bytes from the start of the mapping. `undefined` if the group took no part in the
   * match, or there is none.
   * @param group its number or name; default 0, the whole match
   */
  span(group: number | string = 0): Span | undefined {
    const number = this.#number(group)
    if (!(number >= 0 && number < this.length)) return undefined
    const at = this.#slot + 2 * number
    const start = this.#batch.slots[at] as number
    return start < 0 ? undefined : [start, this.#batch.slots[at + 1] as number]
  }

  /**
   * A copy of what a group captured. `undefined` if the group took no part in the match, or there is none.
   * @param group its number or name; default 0, the whole match
   */
  get(group: number | string = 0): Buffer | undefined {
    const span = this.span(group)
    if (span === undefined) return undefined
    const [start, end] = span
    const { names, slots, text } = this.#batch
    const textStart = slots[this.#slot + 2 * names.length] as number
    if (textStart < 0) return this.#batch.copy(start, end - start)
    const from = textStart + start - this.index
    return Buffer.from(text.subarray(from, from + end - start))
  }

  /** All captures, the whole match first. */
  get captures(): (Buffer | undefined)[] {
    return Array.from({ length: this.length }, (_, group) => this.get(group))
  }

  /** The captures of named groups; `undefined` if the pattern has none. */
  get groups(): Record<string, Buffer | undefined> | undefined {
    return this.#byName((name) => this.get(name))
  }

  /** Where the groups lie, the whole match first. Its property `groups` has those with names. */
  get indices(): (Span | undefined)[] & { groups: Record<string, Span | undefined> | undefined } {
    const spans = Array.from({ length: this.length }, (_, group) => this.span(group))
    return Object.assign(spans, { groups: this.#byName((name) => this.span(name)) })
  }

  #byName<T>(of: (name: string) => T): Record<string, T> | undefined {
    const names = this.#batch.names.filter((name) => name !== null)
    if (names.length === 0) return undefined
    const found: Record<string, T> = Object.create(null)
    for (const name of names) found[name] = of(name)
    return found
  }

  /** Where the match lies, for `JSON.stringify`. */
  toJSON(): { index: number; end: number } {
    return { index: this.index, end: this.end }
  }

  /** The whole match as a string. */
  toString(encoding: BufferEncoding = 'utf8'): string {
    return this.get()?.toString(encoding) ?? ''
  }

  /** The captures, the whole match first. */
  [Symbol.iterator](): IterableIterator<Buffer | undefined> {
    return this.captures[Symbol.iterator]()
  }
}
