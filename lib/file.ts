import { ByteArray, bytesOrMapping, copyOf } from './array.js'
import type { BytesLike } from './checks.js'
import * as check from './checks.js'
import { bytesOf, moveTo, runJob, writableOf } from './core.js'
import { coded, ensure, outOfRange, unwrap, wrongType, wrongValue } from './errors.js'

export interface FlushOptions {
  /** Unix: MS_SYNC (default) or MS_ASYNC, possibly with MS_INVALIDATE, from `constants`. Not heard on Windows. */
  flags?: number
}

export interface FlushAsyncOptions extends FlushOptions {
  /** Ends the wait with an AbortError; what the system has begun goes on. */
  signal?: AbortSignal
}

export interface ResizeOptions {
  /** `true` (default): a file that grows has its blocks reserved, so that a full disk fails here. `false`: a hole. */
  reserve?: boolean
}

/** The portable names of advice; those that a system lacks are not heard there. */
export type AdviceName =
  | 'normal'
  | 'random'
  | 'sequential'
  | 'willneed'
  | 'dontneed'
  | 'free'
  | 'remove'
  | 'dontfork'
  | 'dofork'
  | 'mergeable'
  | 'unmergeable'
  | 'hugepage'
  | 'nohugepage'
  | 'dontdump'
  | 'dodump'
  | 'cold'
  | 'pageout'

const NEWLINE = Uint8Array.of(0x0a)

/** A mapping as a file, with Python's names in camel case: a position that reading and writing move. */
export abstract class FileLike extends ByteArray {
  #position = 0

  /** A copy of up to `size` bytes from the position on, which moves; everything when absent or negative. */
  read(size?: number | bigint | null): Buffer {
    const bytes = bytesOf(this)
    const copy = copyOf(bytes, this.#position, this.#count(bytes.length, size))
    this.#position += copy.length
    return copy
  }

  #count(length: number, size: unknown): number {
    const rest = Math.max(0, length - this.#position)
    if (size === undefined || size === null) return rest
    const wanted = check.index(size, 'size')
    return wanted < 0 ? rest : Math.min(wanted, rest)
  }

  /**
   * Copies bytes into `target` without making a Buffer, as `fs.readSync` does.
   * @param offset bytes from the start of `target`
   * @param length at most so many bytes; default: what fits
   * @param position where to read; absent or null: the position, which then moves
   * @returns how many bytes were copied; 0 at the end
   */
  readInto(
    target: BytesLike,
    offset: number | bigint = 0,
    length?: number | bigint | null,
    position?: number | bigint | null,
  ): number {
    const bytes = bytesOf(this)
    const whole = check.bytes(target, 'target')
    const at = check.size(offset, 'offset')
    if (at > whole.length) throw outOfRange('offset', `<= ${whole.length}`, offset)
    const room = whole.length - at
    const wanted = length === undefined || length === null ? room : check.size(length, 'length')
    if (wanted > room) throw outOfRange('length', `<= ${room}`, length)
    const moves = position === undefined || position === null
    const from = moves ? this.#position : check.size(position, 'position')
    const count = Math.min(wanted, bytes.length - from)
    if (count <= 0) return 0
    bytes.copyOut(from, whole, at, count)
    if (moves) this.#position += count
    return count
  }

  /**
   * The byte at the position, which moves by one.
   * @throws {RangeError} ERR_OUT_OF_RANGE: the position is at the end
   */
  readByte(): number {
    const bytes = bytesOf(this)
    const position = this.#position
    if (position >= bytes.length) throw outOfRange('position', `< ${bytes.length} to read a byte`, position)
    const byte = bytes.byte(position)
    this.#position = position + 1
    return byte
  }

  /** A copy of the line from the position on, with its `\n`; the rest if there is none; empty at the end. */
  readLine(): Buffer {
    const bytes = bytesOf(this)
    if (this.#position >= bytes.length) return Buffer.alloc(0)
    const found = bytes.find(NEWLINE, this.#position, bytes.length, false)
    return this.read(found < 0 ? undefined : found + 1 - this.#position)
  }

  /**
   * Writes bytes, or a string, at the position, which moves. All or nothing: the mapping never grows.
   * @returns how many bytes were written
   * @throws {RangeError} ERR_OUT_OF_RANGE, nothing written: they do not fit
   */
  write(data: BytesLike | ByteArray | string, encoding?: BufferEncoding): number {
    const bytes = writableOf(this)
    const source = data instanceof ByteArray ? data : check.bytesOrString(data, 'data', encoding)
    const room = bytes.length - this.#position
    if (source.length > room) {
      throw outOfRange(
        'data',
        `at most ${Math.max(0, room)} bytes long, what there is from the position ${this.#position} on`,
        `${source.length} bytes`,
      )
    }
    this.set(source, this.#position)
    this.#position += source.length
    return source.length
  }

  /**
   * Writes one byte, 0 to 255, at the position, which moves by one.
   * @throws {RangeError} ERR_OUT_OF_RANGE: no byte, or the position is at the end
   */
  writeByte(value: number): void {
    const bytes = writableOf(this)
    const byte = check.byte(value, 'value')
    if (this.#position >= bytes.length)
      throw outOfRange('position', `< ${bytes.length} to write a byte`, this.#position)
    bytes.setByte(this.#position, byte)
    this.#position++
  }

  /**
   * Moves the position and answers it.
   * @param whence 0: from the start (default), 1: from the position, 2: from the end
   * @throws {RangeError} ERR_OUT_OF_RANGE: before the start or beyond the end, the position stays
   */
  seek(position: number | bigint, whence: 0 | 1 | 2 = 0): number {
    const { length } = bytesOf(this)
    const distance = check.index(position, 'position')
    if (whence !== 0 && whence !== 1 && whence !== 2)
      throw wrongValue('whence', '0 (start), 1 (position) or 2 (end)', whence)
    const target = distance + (whence === 0 ? 0 : whence === 1 ? this.#position : length)
    if (target < 0 || target > length)
      throw outOfRange(
        'position',
        `between the start and the end, 0 and ${length}, when counted from ${['the start', 'the position', 'the end'][whence]}`,
        position,
      )
    this.#position = target
    return target
  }

  /** The position, in bytes from the start of the mapping. A shrinking `resize()` leaves it where it was. */
  override tell(): number {
    void this.length
    return this.#position
  }

  /** Always true. */
  seekable(): true {
    void this.length
    return true
  }

  /** Bytes of the file now, which may be longer or shorter than the mapping; of memory, the length. */
  size(): number {
    return unwrap(bytesOf(this).native.size()) as number
  }

  /**
   * The first position of `needle` (a string is its UTF-8) wholly within [start, end), or -1. From the start of the
   * mapping, not from `start`. The position does not move.
   * @param start default: the position, as in Python. Negative: from the end
   */
  find(needle: string | BytesLike | ByteArray, start?: number | bigint | null, end?: number | bigint | null): number {
    return this.#find(needle, start, end, false)
  }

  /** As `find`, the last position. */
  rfind(needle: string | BytesLike | ByteArray, start?: number | bigint | null, end?: number | bigint | null): number {
    return this.#find(needle, start, end, true)
  }

  #find(needle: unknown, start: unknown, end: unknown, last: boolean): number {
    const bytes = bytesOf(this)
    const { length } = bytes
    const wanted =
      typeof needle === 'string' ? Buffer.from(needle) : bytesOrMapping(needle, 'needle', 'of type string or ')
    // A start beyond the end finds nothing, not even nothing (Python 3.15).
    const from = check.start(start, 'start', length, this.#position)
    const to = check.bound(end, 'end', length, length)
    if (from > to) return -1
    return bytes.find(wanted, from, to, last)
  }

  /**
   * Copies `count` bytes from `src` to `dest` within the mapping; the ranges may overlap.
   * @throws {RangeError} ERR_OUT_OF_RANGE: negative, or a range beyond the end
   */
  move(dest: number | bigint, src: number | bigint, count: number | bigint): void {
    const bytes = writableOf(this)
    const [to, from, length] = [check.size(dest, 'dest'), check.size(src, 'src'), check.size(count, 'count')]
    const most = bytes.length - length
    if (most < 0) throw outOfRange('count', `<= ${bytes.length}`, count)
    if (to > most) throw outOfRange('dest', `<= ${most} for ${length} bytes`, dest)
    if (from > most) throw outOfRange('src', `<= ${most} for ${length} bytes`, src)
    if (length > 0) ensure(bytes.native.copyFrom(to, bytes.native, from, length), bytes.path)
  }

  /**
   * Gives the mapping, and the file below it, another length: the file ends where the mapping does (Python's rule).
   * New bytes are zero. Views made before are detached. If it fails, file and mapping are as they were.
   * @param length bytes, at least 1
   * @throws {TypeError} ERR_MMAP_READ_ONLY: the access is `'read'` or `'copy'`
   * @throws {Error} ERR_MMAP_NO_DESCRIPTOR with `trackfd: false`; ERR_MMAP_BUSY where the system refuses while
   * others hold the mapping (Windows: shrinking under a live view)
   */
  resize(length: number | bigint, resizeOptions?: ResizeOptions): void {
    const bytes = bytesOf(this)
    if (this.access !== 'write')
      throw coded('ERR_MMAP_READ_ONLY', `A mapping with the access '${this.access}' cannot be resized`)
    const wanted = check.size(length, 'length', 1)
    const reserve = check.boolean(check.options(resizeOptions, ['reserve']).reserve, 'options.reserve', true)
    moveTo(this, bytes.resize(wanted, reserve))
  }

  #flushed(offset: unknown, length: unknown, flags: unknown): [number, number, number] {
    const whole = bytesOf(this).length
    const from = check.size(offset === undefined ? 0 : offset, 'offset')
    if (from > whole) throw outOfRange('offset', `<= ${whole}`, offset)
    const rest = whole - from
    const count =
      length === undefined || length === null || length === -1 || length === -1n ? rest : check.size(length, 'length')
    if (count > rest) throw outOfRange('length', `<= ${rest}`, length)
    return [from, count, flags === undefined ? 0 : check.int32(flags, 'options.flags')]
  }

  /**
   * Writes changed bytes back to the file and waits for the disk: msync(2) of the pages that hold the range;
   * FlushViewOfFile and FlushFileBuffers on Windows; on macOS F_FULLFSYNC too. Nothing to do for `'read'` and `'copy'`.
   * @param offset bytes from the start of the mapping
   * @param length bytes; default: to the end
   */
  flush(offset?: number | bigint, length?: number | bigint, flushOptions?: FlushOptions): void {
    const { flags } = check.options(flushOptions, ['flags'])
    const range = this.#flushed(offset, length, flags)
    const bytes = bytesOf(this)
    ensure(bytes.native.flush(...range), bytes.path)
  }

  /** `flush`, off the event loop. */
  async flushAsync(
    offset?: number | bigint,
    length?: number | bigint,
    flushOptions?: FlushAsyncOptions,
  ): Promise<void> {
    const { flags, signal } = check.options(flushOptions, ['flags', 'signal'])
    const range = this.#flushed(offset, length, flags)
    await runJob(this, check.signal(signal), () => bytesOf(this).native.flushAsync(...range))
  }

  /**
   * Tells the system how the bytes will be used: madvise(2), PrefetchVirtualMemory for `'willneed'` on Windows.
   * A start is rounded down to its page, unless the advice drops bytes (`'dontneed'`, `'free'`, `'remove'`): then
   * one that is no multiple of PAGESIZE is EINVAL.
   * @param advice a portable name, or a MADV_ of `constants`
   * @param length bytes, clipped to the end; default: to the end
   * @returns whether the system heard: false where it has no such advice
   */
  madvise(advice: AdviceName | number, start: number | bigint = 0, length?: number | bigint | null): boolean {
    const bytes = bytesOf(this)
    const given = typeof advice === 'number' ? check.int32(advice, 'advice') : advice
    if (typeof given !== 'number' && typeof given !== 'string')
      throw wrongType('advice', 'of type string or number', advice)
    const from = check.size(start, 'start')
    if (from >= bytes.length && (from > 0 || bytes.length > 0)) throw outOfRange('start', `< ${bytes.length}`, start)
    const rest = bytes.length - from
    const count = length === undefined || length === null ? rest : Math.min(rest, check.size(length, 'length'))
    return unwrap(bytes.native.advise(given, from, count)) as boolean
  }

  /**
   * Names anonymous memory for whoever reads /proc/PID/maps (Linux 5.17 and newer).
   * @param name at most 79 bytes of UTF-8, without a null, printable, none of `\ $ [ ]` and the backquote
   * @throws {Error} EINVAL: not anonymous memory, or a name that the kernel refuses; ENOSYS on other systems
   */
  setName(name: string): void {
    const bytes = bytesOf(this)
    const text = check.string(name, 'name')
    if (text.includes('\0')) throw wrongValue('name', 'a string without null bytes', name)
    if (Buffer.byteLength(text) > 79) throw wrongValue('name', 'at most 79 bytes long', name)
    ensure(bytes.native.setName(text))
  }
}
