import type { Access } from 'memmap'

/** Thrown by the model where a mapping throws; `code` is the code of the error. */
export class Refusal extends Error {
  readonly code: string
  constructor(code: string) {
    super(code)
    this.code = code
  }
}

type Size = number | bigint | null | undefined

function integer(value: unknown): number {
  if (typeof value === 'bigint') return Number(value)
  if (typeof value !== 'number') throw new Refusal('ERR_INVALID_ARG_TYPE')
  if (Math.abs(value) === Number.POSITIVE_INFINITY) throw new Refusal('ERR_OUT_OF_RANGE')
  if (!Number.isInteger(value)) throw new Refusal('ERR_INVALID_ARG_TYPE')
  return value
}

function within(value: unknown, least: number, most: number): number {
  const number = integer(value)
  if (number < least || number > most) throw new Refusal('ERR_OUT_OF_RANGE')
  return number
}

const size = (value: unknown, least = 0): number => within(value, least, Number.MAX_SAFE_INTEGER)

/** Resolves a bound as Python and JavaScript do; `beyond` is the result for one past the end. */
function bound(value: Size, length: number, absent: number, beyond = length): number {
  if (value === undefined || value === null) return absent
  if (value === Number.NEGATIVE_INFINITY) return 0
  const number = value === Number.POSITIVE_INFINITY ? value : integer(value)
  if (number > length) return beyond
  return number < 0 ? Math.max(0, length + number) : number
}

const bytesOf = (value: string | Uint8Array | number): Buffer =>
  typeof value === 'number' ? Buffer.of(within(value, 0, 255)) : Buffer.from(value as string)

/** A mapping and its file as two Buffers: the simplest code that does what `Mmap` must do. */
export class Model {
  /** The whole file; `undefined` for anonymous memory. */
  disk: Buffer | undefined
  bytes: Buffer
  position = 0
  readonly #access: Access
  readonly #offset: number
  /** Whether stores stay in the mapping and do not reach the file. */
  readonly #own: boolean

  constructor(access: Access, own: boolean, disk: Buffer | undefined, offset: number, length: number) {
    this.#access = access
    this.#own = own || access === 'copy'
    this.disk = disk && Buffer.from(disk)
    this.#offset = offset
    this.bytes = disk === undefined ? Buffer.alloc(length) : Buffer.from(disk.subarray(offset, offset + length))
  }

  get length(): number {
    return this.bytes.length
  }

  #writable(): void {
    if (this.#access === 'read') throw new Refusal('ERR_MMAP_READ_ONLY')
  }

  #store(at: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, at)
    if (!this.#own) this.disk?.set(bytes, this.#offset + at)
  }

  #take(count: number): Buffer {
    const taken = Buffer.from(this.bytes.subarray(this.position, this.position + count))
    this.position += taken.length
    return taken
  }

  size(): number {
    return this.disk?.length ?? this.length
  }

  slice(start: Size, end: Size): Buffer {
    return Buffer.from(this.bytes.subarray(bound(start, this.length, 0), bound(end, this.length, this.length)))
  }

  at(index: number): number | undefined {
    return this.bytes.at(integer(index))
  }

  set(source: Uint8Array, offset: Size = 0): void {
    this.#writable()
    const at = size(offset)
    if (at + source.length > this.length) throw new Refusal('ERR_OUT_OF_RANGE')
    this.#store(at, source)
  }

  fill(value: string | Uint8Array | number, start: Size, end: Size): this {
    this.#writable()
    const pattern = bytesOf(value)
    if (pattern.length === 0) throw new Refusal('ERR_INVALID_ARG_VALUE')
    const [from, to] = [bound(start, this.length, 0), bound(end, this.length, this.length)]
    for (let at = from; at < to; at++) this.#store(at, Buffer.of(pattern[(at - from) % pattern.length] ?? 0))
    return this
  }

  includes(needle: string | Uint8Array | number, start: Size): boolean {
    const wanted = bytesOf(needle)
    return this.bytes.includes(wanted, bound(start, this.length, 0))
  }

  read(count: Size): Buffer {
    const wanted = count === undefined || count === null ? -1 : integer(count)
    return this.#take(wanted < 0 ? this.length : wanted)
  }

  readInto(target: Uint8Array, offset: Size = 0, length?: Size, position?: Size): number {
    const at = within(offset, 0, Math.min(target.length, Number.MAX_SAFE_INTEGER))
    const room = target.length - at
    const wanted = length === undefined || length === null ? room : within(length, 0, room)
    const own = this.position
    if (position !== undefined && position !== null) this.position = size(position)
    const bytes = this.#take(wanted)
    if (position !== undefined && position !== null) this.position = own
    target.set(bytes, at)
    return bytes.length
  }

  readByte(): number {
    if (this.position >= this.length) throw new Refusal('ERR_OUT_OF_RANGE')
    return this.#take(1)[0] ?? -1
  }

  readLine(): Buffer {
    const rest = this.bytes.subarray(this.position)
    return this.#take(rest.includes('\n') ? rest.indexOf('\n') + 1 : rest.length)
  }

  write(data: string | Uint8Array): number {
    this.#writable()
    const bytes = bytesOf(data)
    if (this.position + bytes.length > this.length) throw new Refusal('ERR_OUT_OF_RANGE')
    this.#store(this.position, bytes)
    this.position += bytes.length
    return bytes.length
  }

  writeByte(value: number): void {
    this.#writable()
    this.write(Buffer.of(within(value, 0, 255)))
  }

  seek(distance: Size, whence: number = 0): number {
    const step = integer(distance)
    if (![0, 1, 2].includes(whence)) throw new Refusal('ERR_INVALID_ARG_VALUE')
    this.position = within(step + ([0, this.position, this.length][whence] ?? 0), 0, this.length)
    return this.position
  }

  tell(): number {
    return this.position
  }

  find(needle: string | Uint8Array, start: Size, end: Size): number {
    return this.#search(needle, start, end, (part, wanted) => part.indexOf(wanted))
  }

  rfind(needle: string | Uint8Array, start: Size, end: Size): number {
    return this.#search(needle, start, end, (part, wanted) =>
      wanted.length === 0 ? part.length : part.lastIndexOf(wanted),
    )
  }

  #search(needle: string | Uint8Array, start: Size, end: Size, look: (part: Buffer, wanted: Buffer) => number): number {
    // A start past the end is not clamped: not even an empty needle is found there.
    const from = bound(start, this.length, this.position, Number.POSITIVE_INFINITY)
    const to = bound(end, this.length, this.length)
    if (from > to) return -1
    const found = look(this.bytes.subarray(from, to), bytesOf(needle))
    return found < 0 ? -1 : found + from
  }

  move(dest: Size, src: Size, count: Size): void {
    this.#writable()
    const [to, from, length] = [size(dest), size(src), size(count)]
    if (to + length > this.length || from + length > this.length) throw new Refusal('ERR_OUT_OF_RANGE')
    this.#store(to, Buffer.from(this.bytes.subarray(from, from + length)))
  }

  flush(offset: Size, length: Size): void {
    const from = within(offset ?? 0, 0, this.length)
    if (length !== undefined && length !== null && length !== -1 && length !== -1n)
      within(length, 0, this.length - from)
  }

  /** Afterwards the file ends where the mapping does. */
  resize(length: Size): void {
    if (this.#access !== 'write') throw new Refusal('ERR_MMAP_READ_ONLY')
    const wanted = size(length, 1)
    const padded = (bytes: Buffer, to: number): Buffer =>
      Buffer.concat([bytes.subarray(0, to), Buffer.alloc(Math.max(0, to - bytes.length))])
    if (this.disk !== undefined) this.disk = padded(this.disk, this.#offset + wanted)
    // A longer mapping shows what the file had behind it.
    const shared = this.disk !== undefined && !this.#own
    this.bytes = shared ? Buffer.from(this.disk?.subarray(this.#offset) ?? []) : padded(this.bytes, wanted)
  }
}
