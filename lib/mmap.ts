import type { Readable } from 'node:stream'
import { inspect } from 'node:util'
import type { BytesLike } from './checks.js'
import * as check from './checks.js'
import type { Home } from './homes/home.js'
import * as ahead from './members/ahead.js'
import type { ViewConstructor } from './members/array.js'
import * as array from './members/array.js'
import type { ByteMatch } from './members/byte-match.js'
import { elements } from './members/elements.js'
import * as file from './members/file.js'
import * as lifetime from './members/lifetime.js'
import * as lines from './members/lines.js'
import { linesAsync } from './members/lines-async.js'
import type { Residency } from './members/memory.js'
import * as memory from './members/memory.js'
import * as named from './members/named.js'
import * as opening from './members/open.js'
import * as searching from './members/search.js'
import * as sharing from './members/share.js'
import * as streams from './members/streams.js'
import type { Access } from './options/access.js'
import type { ByteRange, PrefetchOptions, ReadAsyncOptions, ReadIntoOptions } from './options/ahead.js'
import type { CloseOptions, RemapOptions, ResizeAsyncOptions, ResizeOptions } from './options/lifetime.js'
import type { Line, LineKind, LinesAsyncOptions, LinesOptions } from './options/lines.js'
import type { AdviceName, FlushAsyncOptions, FlushOptions } from './options/memory.js'
import type { AnonymousOptions, MmapOptions, OpenAsyncOptions, OpenOptions } from './options/open.js'
import { anonymousOptions } from './options/open.js'
import type { PathLike } from './options/path.js'
import type { SearchOptions } from './options/search.js'
import type { AttachOptions, ShareToken } from './options/share.js'
import type { ReadStreamOptions } from './options/streams.js'
import { attachState, isMapping, stateOf } from './state.js'

/** What is searched for as it is: bytes, or a string, which stands for its UTF-8. */
export type Needle = string | BytesLike | Mmap

/**
 * What is searched for: bytes or a string as they are, or a RegExp, which means over bytes what it means in ECMAScript over
 * characters. Without the flags `u` and `v` a byte is a character (`\\xff` is the byte 0xFF), and characters beyond ASCII
 * stand for their UTF-8; with one of them, the bytes are decoded as UTF-8. Lookaround and backreferences are refused with
 * ERR_MMAP_PATTERN, because all else can be matched in linear time.
 */
export type Pattern = RegExp | Needle

/**
 * A memory-mapped file, or memory: at once a mutable array of bytes and a file with a position.
 *
 * ```js
 * const m = Mmap.open('data.bin', { access: 'write' })
 * m.find('needle')       // searched in Rust, nothing copied
 * m[0] = 97              // the file's byte, in place
 * m.flush()
 * m.close()
 * ```
 *
 * On a closed mapping every member but `close`, `closed`, `seekable`, `Symbol.dispose` and `util.inspect` throws ERR_MMAP_CLOSED. On one
 * with the access `'read'`, the members that change bytes throw ERR_MMAP_READ_ONLY, whatever range they are given. Where
 * bytes are lost because the file was made shorter or its disk failed, the members that meet them throw ERR_MMAP_FAULT.
 */
export class Mmap implements Disposable, AsyncDisposable, Iterable<number> {
  /**
   * The byte at `index`, 0 to 255: `m[i]`, `m[i] = 97`. Beyond the end there is `undefined`, and an assignment throws
   * ERR_OUT_OF_RANGE, as it does for a value that is no byte. `i in m` is true for every index, also beyond the end. In a loop
   * over many bytes `m.buffer[i]` and `m.at(i)` are faster.
   */
  [index: number]: number

  static {
    Object.setPrototypeOf(Mmap.prototype, elements)
    // Not a method, since it is for util.inspect alone.
    Object.defineProperty(Mmap.prototype, inspect.custom, {
      configurable: true,
      writable: true,
      value(this: object): unknown {
        // What only inherits from a mapping is shown as any object.
        return isMapping(this) ? lifetime.description(stateOf(this), this.constructor?.name ?? 'Mmap') : this
      },
    })
  }

  /**
   * Maps an open file, as Python's `mmap.mmap(fileno, length, ...)` does. The descriptor is duplicated: you may close yours
   * at any time.
   * @param fileno a descriptor or a FileHandle; -1: memory that belongs to no file
   * @param length bytes; 0 (default): to the end of the file
   * @throws {RangeError} ERR_MMAP_EMPTY_FILE: the file is empty. ERR_MMAP_OFFSET: the offset is beyond the end of the file,
   * or no multiple of ALLOCATIONGRANULARITY. ERR_OUT_OF_RANGE: the length is beyond the end of the file (on Windows, a
   * writable mapping makes the file longer instead)
   * @throws {Error} the system's: EBADF, EACCES, ENODEV, ENOMEM, ...
   */
  constructor(fileno: number | { readonly fd: number }, length: number | bigint = 0, options?: MmapOptions) {
    attachState(this, opening.mapDescriptor(fileno, length, options))
  }

  /**
   * Opens a file and maps it. No descriptor is left for you to close. An empty file gives a mapping of length 0.
   * @throws {Error} the system's, with `path`: ENOENT, EACCES, EISDIR, ENODEV (a FIFO, a socket), ENOSPC, ...
   */
  static open(path: PathLike, options?: OpenOptions): Mmap {
    return attachState(Object.create(Mmap.prototype) as Mmap, opening.open(path, options))
  }

  /** `open`, off the event loop. */
  static async openAsync(path: PathLike, options?: OpenAsyncOptions): Promise<Mmap> {
    return attachState(Object.create(Mmap.prototype) as Mmap, await opening.openAsync(path, options))
  }

  /**
   * Maps memory that belongs to no file, filled with zeros.
   * @param length bytes, at least 1
   */
  static anonymous(length: number | bigint, options?: AnonymousOptions): Mmap {
    return new Mmap(-1, check.size(length, 'length', 1), anonymousOptions(options))
  }

  /**
   * Removes the name of named memory (`tagname`). Whoever has the memory mapped keeps it. On POSIX systems the memory stays
   * until then, even when no process uses it. On Windows the name ends with its last mapping, and the answer is false.
   * @returns whether there was such a name to remove
   */
  static unlink(name: string): boolean {
    return named.unlink(name)
  }

  /**
   * Another object over the mapping of a token that `share()` has answered, in any thread of the process: the same bytes, with
   * a position and views of its own. The mapping ends when the last object over it is closed, or its thread ends.
   * @throws {Error} ERR_MMAP_CLOSED: the last object over the mapping is closed
   * @throws {Error} ERR_MMAP_BUSY: in the home `'overlay'`, another object has views of private bytes (`access: 'copy'`)
   * @throws {TypeError} ERR_INVALID_ARG_VALUE: this process has not made the token
   */
  static attach(token: ShareToken, options?: AttachOptions): Mmap {
    return attachState(Object.create(Mmap.prototype) as Mmap, sharing.attach(token, options))
  }

  /** The number of bytes. It changes with `resize()` only. */
  get length(): number {
    return stateOf(this).bytes.length
  }

  /** The same as `length`. */
  get byteLength(): number {
    return stateOf(this).bytes.length
  }

  /** Bytes from the start of the file to the first byte of the mapping. */
  get offset(): number {
    return lifetime.fact(stateOf(this), 'offset')
  }

  /** What may be done to the bytes. */
  get access(): Access {
    return lifetime.fact(stateOf(this), 'access')
  }

  /** The path that `open` was given; `undefined` for a mapping of a descriptor or of memory. */
  get path(): string | undefined {
    return lifetime.fact(stateOf(this), 'path')
  }

  /**
   * How the bytes are reached: through views (`'external'`, `'overlay'`), or without them (`'native'`; also once `transfer()` took
   * the view's memory).
   */
  get home(): Home {
    return stateOf(this).bytes.home
  }

  /** Whether `close()` was called. It never throws. */
  get closed(): boolean {
    return lifetime.isClosed(stateOf(this))
  }

  /**
   * Whether bytes were lost since the mapping was made or since `reattach()`: the file was made shorter, its disk failed or
   * was full, or a view of a read-only mapping was stored to. Reading it makes no system call: that the file was made
   * shorter is noticed by the first access to what it lost, or by `check()`.
   */
  get faulted(): boolean {
    return stateOf(this).bytes.faulted()
  }

  /**
   * Throws if any of the bytes are not the file's. It is for those who read through views, which cannot throw.
   * @throws {Error} ERR_MMAP_FAULT, with `offset` in the file and `reason`; ERR_MMAP_READ_ONLY after a store to a view of a
   * read-only mapping
   */
  check(): void {
    stateOf(this).bytes.check()
  }

  /**
   * Maps the file anew, as it is now, after a fault. Lost bytes are the file's again if it has them; what was stored into
   * lost pages is gone. Views stay valid; on Windows they get length 0.
   * @throws {Error} ERR_MMAP_NO_DESCRIPTOR with `trackfd: false`
   */
  reattach(): void {
    stateOf(this).bytes.reattach()
  }

  /**
   * Ends the mapping, before it returns: its views get length 0, the file is released, and its running jobs reject with
   * ERR_MMAP_CLOSED. Nothing is flushed: the system writes changed pages back later. A second call does nothing.
   *
   * Who still has the address of a view's bytes (a write of `fs` or of a socket, zlib, a native library) cannot reach them any
   * more: a system call fails with EFAULT, and other code meets zeros, of which a process warning MEMMAP_READ_AFTER_CLOSE tells.
   * So close when they are done (`response.end(view, () => m.close())`, `await pipeline(...)`), or with `{ views: 'keep' }`.
   * Node's asynchronous zlib fails when its buffer is detached (Node 20 aborts the process): await it, or keep the views. On
   * Windows a file of which you took a view is released when that view is collected, and the bytes stay until then.
   */
  close(options?: CloseOptions): void {
    lifetime.close(stateOf(this), options)
  }

  /** Calls `close()`, at the end of a `using` block: await there what works on views. */
  [Symbol.dispose](): void {
    this.close()
  }

  /** Calls `close()`, at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }

  /**
   * All bytes, without a copy: the same Buffer each time. With `sharedBuffer`, its `buffer` is a SharedArrayBuffer.
   * @throws {Error} ERR_MMAP_NO_VIEWS in the home `'native'`, or when `transfer()` took the memory of the Buffer
   */
  get buffer(): Buffer<ArrayBuffer> {
    return stateOf(this).bytes.view()
  }

  /**
   * A Buffer over a range, without a copy. Negative bounds count from the end.
   * @throws {Error} ERR_MMAP_NO_VIEWS, as `buffer`
   */
  subarray(start?: number | bigint, end?: number | bigint): Buffer<ArrayBuffer> {
    return array.subarray(stateOf(this), start, end)
  }

  /**
   * A typed array or a DataView over the mapping, without a copy: `m.view(Float64Array, 16, 100)`.
   * @param type the constructor
   * @param byteOffset bytes from the start of the mapping: a multiple of the element's size; default 0
   * @param length elements, for a DataView bytes; default: as many as there are until the end
   * @throws {RangeError} ERR_OUT_OF_RANGE: not aligned, or beyond the end
   * @throws {Error} ERR_MMAP_NO_VIEWS, as `buffer`
   */
  view<V>(type: ViewConstructor<V>, byteOffset: number | bigint = 0, length?: number | bigint): V {
    return array.view(stateOf(this), type, byteOffset, length)
  }

  /**
   * A copy of a range, in memory of its own: it can be transferred. Negative bounds count from the end.
   */
  slice(start?: number | bigint, end?: number | bigint): Buffer<ArrayBuffer> {
    return array.slice(stateOf(this), start, end)
  }

  /** The byte at `index`, 0 to 255. A negative index counts from the end; one beyond either end gives `undefined`. */
  at(index: number | bigint): number | undefined {
    return array.at(stateOf(this), index)
  }

  /**
   * Copies `source` into the mapping at `offset` (default 0). A source of wider elements counts by its bytes; of an array,
   * each element is a byte.
   * @throws {RangeError} ERR_OUT_OF_RANGE, and nothing is written: the source does not fit, or an element is no byte
   */
  set(source: BytesLike | Mmap | readonly number[], offset: number | bigint = 0): void {
    array.set(stateOf(this), source, offset)
  }

  /**
   * Fills a range with a byte, or with bytes that are repeated (a string stands for its UTF-8). Negative bounds count from
   * the end.
   * @throws {RangeError} ERR_OUT_OF_RANGE: a number that is no byte
   */
  fill(value: number | Needle, start?: number | bigint, end?: number | bigint): this {
    array.fill(stateOf(this), value, start, end)
    return this
  }

  /** Whether a byte (a number), a string (as UTF-8) or bytes occur at `start` (default 0) or later. */
  includes(needle: number | Needle, start?: number | bigint): boolean {
    return array.includes(stateOf(this), needle, start)
  }

  /**
   * Where a byte (a number), a string or bytes first occur at `start` or later, or -1, as `indexOf` of a Buffer. Text in
   * `'utf16le'` is found at odd positions too.
   * @param start default 0, whereas `find` begins at the position. Negative: counted from the end
   * @param encoding of a string; default `'utf8'`
   */
  indexOf(needle: number | Needle, start?: number | bigint | null | BufferEncoding, encoding?: BufferEncoding): number {
    return array.indexOf(stateOf(this), needle, start, encoding)
  }

  /**
   * Where a byte (a number), a string or bytes last occur, beginning at `start` or before, or -1, as `lastIndexOf` of a Buffer.
   * @param start default: the end. Negative: counted from the end
   * @param encoding of a string; default `'utf8'`
   */
  lastIndexOf(
    needle: number | Needle,
    start?: number | bigint | null | BufferEncoding,
    encoding?: BufferEncoding,
  ): number {
    return array.lastIndexOf(stateOf(this), needle, start, encoding)
  }

  /** Whether the bytes are the same as all bytes of `other`. */
  equals(other: BytesLike | Mmap): boolean {
    return array.equals(stateOf(this), other)
  }

  /**
   * The bytes of a range as text. Negative bounds count from the end.
   * @param encoding default `'utf8'`
   * @throws {Error} ERR_STRING_TOO_LONG: longer than the engine's strings may be (Node: 512 MiB)
   */
  toString(encoding?: BufferEncoding, start?: number | bigint, end?: number | bigint): string {
    return array.text(stateOf(this), encoding, start, end)
  }

  /** A copy of the bytes, so that `Buffer.from(m)` has them. */
  valueOf(): Buffer<ArrayBuffer> {
    return array.slice(stateOf(this))
  }

  /** The bytes as numbers, as they are at each step. After `close()` the next step throws. */
  [Symbol.iterator](): IterableIterator<number> {
    return array.iterate(stateOf(this))
  }

  /** A copy of up to `size` bytes from the position, which moves on; all that are left if `size` is absent or negative. */
  read(size?: number | bigint | null): Buffer<ArrayBuffer> {
    return file.read(stateOf(this), size)
  }

  /**
   * Copies bytes into `target` without making a Buffer, as `fs.readSync` does.
   * @param offset bytes from the start of `target`; default 0
   * @param length bytes to copy at most; default: as many as fit
   * @param position where to read, in bytes from the start of the mapping; absent or null: at the position, which moves on
   * @returns how many bytes were copied; 0 at the end
   */
  readInto(
    target: BytesLike,
    offset: number | bigint = 0,
    length?: number | bigint | null,
    position?: number | bigint | null,
  ): number {
    return file.readInto(stateOf(this), target, offset, length, position)
  }

  /**
   * The byte at the position, which moves on by one.
   * @throws {RangeError} ERR_OUT_OF_RANGE: the position is at the end
   */
  readByte(): number {
    return file.readByte(stateOf(this))
  }

  /** A copy of the line at the position, which moves on, with its `\n`; what is left if there is none; empty at the end. */
  readLine(): Buffer<ArrayBuffer> {
    return file.readLine(stateOf(this))
  }

  /**
   * Writes bytes or a string at the position, which moves on. It writes all or nothing: the mapping never grows.
   * @param encoding of a string; default `'utf8'`
   * @returns how many bytes were written
   * @throws {RangeError} ERR_OUT_OF_RANGE, and nothing is written: they do not fit
   */
  write(data: BytesLike | Mmap | string, encoding?: BufferEncoding): number {
    return file.write(stateOf(this), data, encoding)
  }

  /**
   * Writes one byte, 0 to 255, at the position, which moves on by one.
   * @throws {RangeError} ERR_OUT_OF_RANGE: the value is no byte, or the position is at the end
   */
  writeByte(value: number): void {
    file.writeByte(stateOf(this), value)
  }

  /**
   * Moves the position, and returns it.
   * @param whence from where to count: 0 the start (default), 1 the position, 2 the end
   * @throws {RangeError} ERR_OUT_OF_RANGE, and the position stays: before the start or beyond the end
   */
  seek(position: number | bigint, whence: 0 | 1 | 2 = 0): number {
    return file.seek(stateOf(this), position, whence)
  }

  /** The position, in bytes from the start of the mapping. A `resize()` that shrinks leaves it where it was. */
  tell(): number {
    return file.tell(stateOf(this))
  }

  /** Always true, also of a closed mapping. */
  seekable(): true {
    return file.seekable(stateOf(this))
  }

  /** The size of the file now, in bytes, which may differ from the mapping's; of memory, the length. */
  size(): number {
    return file.size(stateOf(this))
  }

  /**
   * Where `needle` first occurs wholly within [start, end), in bytes from the start of the mapping, or -1. The position does
   * not move.
   * @param needle a string stands for its UTF-8
   * @param start default: the position, as in Python. Negative: counted from the end
   * @param end default: the end. Negative: counted from the end
   */
  find(needle: Needle, start?: number | bigint | null, end?: number | bigint | null): number {
    return file.find(stateOf(this), needle, start, end, false)
  }

  /** Where `needle` last occurs within [start, end), as `find`. */
  rfind(needle: Needle, start?: number | bigint | null, end?: number | bigint | null): number {
    return file.find(stateOf(this), needle, start, end, true)
  }

  /**
   * Copies `count` bytes from `src` to `dest` within the mapping. The ranges may overlap.
   * @throws {RangeError} ERR_OUT_OF_RANGE: a negative number, or a range beyond the end
   */
  move(dest: number | bigint, src: number | bigint, count: number | bigint): void {
    file.move(stateOf(this), dest, src, count)
  }

  /**
   * Changes the length of the mapping, and makes the file end where the mapping does, as Python does. New bytes are zero.
   * Earlier views get length 0, or what `views` says. If it fails, file and mapping are as they were.
   * @param length bytes, at least 1
   * @throws {TypeError} ERR_MMAP_READ_ONLY: the access is `'read'` or `'copy'`
   * @throws {Error} ERR_MMAP_NO_DESCRIPTOR with `trackfd: false`; ERR_MMAP_BUSY where the system refuses because others hold
   * the mapping (Windows: shrinking under a live view)
   */
  resize(length: number | bigint, options?: ResizeOptions): void {
    file.resize(stateOf(this), length, options)
  }

  /**
   * `resize`, with the blocks of a file that becomes longer found off the event loop, which may take a disk long (on Linux; elsewhere
   * it is `resize`). A file that others have made longer than asked for meanwhile stays as long. If it fails, file and mapping are as they were; after an abort, blocks may stay reserved behind the file's end.
   * @throws {Error} ENOSPC: the disk is full. ABORT_ERR, ERR_MMAP_CLOSED: it ended early; and what `resize` throws
   */
  async resizeAsync(length: number | bigint, options?: ResizeAsyncOptions): Promise<void> {
    return file.resizeAsync(stateOf(this), length, options)
  }

  /**
   * Maps the file again, to its end as it is now, or to a length within it, in every access and without changing the file: how a
   * reader follows a file that grows. What was stored into a private mapping stays. Earlier views get length 0, or what `views`
   * says; the position moves back to the end if it is beyond it.
   * @param length bytes; default: to the end of the file
   * @throws {RangeError} ERR_OUT_OF_RANGE: the file has fewer bytes; ERR_MMAP_OFFSET: it ends before the mapping's start
   * @throws {Error} ERR_MMAP_NO_DESCRIPTOR with `trackfd: false`; EINVAL: this is anonymous memory; ERR_MMAP_BUSY while other objects
   * are attached
   */
  remap(length?: number | bigint | null, options?: RemapOptions): void {
    file.remap(stateOf(this), length, options)
  }

  /**
   * Which pages of a range are in memory: those of a file in the system's cache, on Windows in the working set of this process.
   * Linux hides it, from 5.2 on, from whoever neither owns the file nor may write to it: then there are `undefined`s.
   * @param start default 0. Negative: counted from the end
   * @param end default: the end. Negative: counted from the end
   */
  residency(start?: number | bigint | null, end?: number | bigint | null): Residency {
    return memory.residency(stateOf(this), start, end)
  }

  /**
   * Keeps the pages that hold a range in memory until `unlock`, `close`, `resize` or `remap`: mlock(2), VirtualLock. They are read
   * from the disk before it returns.
   * @param start default 0. Negative: counted from the end
   * @param end default: the end. Negative: counted from the end
   * @throws {Error} ENOMEM: more than the process may lock; the message says how much that is
   */
  lock(start?: number | bigint | null, end?: number | bigint | null): void {
    memory.setLocked(stateOf(this), start, end, true)
  }

  /** Undoes `lock` for a range; on Windows it must have been locked. */
  unlock(start?: number | bigint | null, end?: number | bigint | null): void {
    memory.setLocked(stateOf(this), start, end, false)
  }

  /**
   * Writes changed bytes back to the file, and waits for the disk: msync(2) of the pages that hold the range;
   * FlushViewOfFile and FlushFileBuffers on Windows; F_FULLFSYNC as well on macOS. With the access `'read'` or `'copy'` there
   * is nothing to do.
   * @param offset bytes from the start of the mapping; default 0
   * @param length bytes; default: to the end
   */
  flush(offset?: number | bigint, length?: number | bigint, options?: FlushOptions): void {
    memory.flush(stateOf(this), offset, length, options)
  }

  /** `flush`, off the event loop. */
  async flushAsync(offset?: number | bigint, length?: number | bigint, options?: FlushAsyncOptions): Promise<void> {
    return memory.flushAsync(stateOf(this), offset, length, options)
  }

  /**
   * Brings bytes into memory, off the event loop, so that whoever touches them next does not wait for a disk. Everything is asked of
   * the system before any of it is waited for, 64 MiB at a time.
   * @param start bytes from the start of the mapping; default 0. Negative: counted from the end
   * @param end default: the end. Negative: counted from the end
   * @throws {Error} ERR_MMAP_FAULT: the file no longer has a page, or it cannot be read. ABORT_ERR, ERR_MMAP_CLOSED: it ended early
   */
  prefetch(start?: number | bigint | null, end?: number | bigint | null, options?: PrefetchOptions): Promise<void>
  /** The same of many ranges at once, in any order: what overlaps is brought once. */
  prefetch(ranges: readonly ByteRange[], options?: PrefetchOptions): Promise<void>
  async prefetch(start?: unknown, end?: unknown, options?: unknown): Promise<void> {
    return ahead.prefetch(stateOf(this), start, end, options)
  }

  /**
   * A copy of the bytes within [start, end), made off the event loop: what is not in memory is waited for there.
   * @param start default 0. Negative: counted from the end
   * @param end default: the end. Negative: counted from the end
   * @throws {Error} ERR_MMAP_FAULT: the file no longer has a byte, or it cannot be read. ABORT_ERR, ERR_MMAP_CLOSED: it ended early
   * @throws {RangeError} ERR_OUT_OF_RANGE: `into` is shorter than the range
   */
  readAsync(
    start?: number | bigint | null,
    end?: number | bigint | null,
    options?: ReadIntoOptions,
  ): Promise<Buffer<ArrayBuffer>>
  /** Copies of many ranges, in their order. All are asked of the system before any is waited for. */
  readAsync(ranges: readonly ByteRange[], options?: ReadAsyncOptions): Promise<Buffer<ArrayBuffer>[]>
  async readAsync(
    start?: unknown,
    end?: unknown,
    options?: unknown,
  ): Promise<Buffer<ArrayBuffer> | Buffer<ArrayBuffer>[]> {
    return ahead.readAsync(stateOf(this), start, end, options)
  }

  /**
   * The bytes as a Readable, with the options of `fs.createReadStream`: `end` is the last byte, not the one behind it. Chunks are
   * copies, read off the event loop, while the system reads ahead. `close()` destroys it with ERR_MMAP_CLOSED, and bytes that
   * the file has lost with ERR_MMAP_FAULT.
   */
  createReadStream(options?: ReadStreamOptions | BufferEncoding | null): Readable {
    return streams.createReadStream(stateOf(this), options)
  }

  /**
   * The bytes within [start, end) as a byte stream of the Web, as `Blob.prototype.stream` gives it: for
   * `new Response(m.stream())`. Chunks are copies, as of `createReadStream`.
   * @param start default 0. Negative: counted from the end
   * @param end default: the end. Negative: counted from the end
   */
  stream(start?: number | bigint | null, end?: number | bigint | null): ReadableStream<Uint8Array<ArrayBuffer>> {
    return streams.stream(stateOf(this), start, end)
  }

  /**
   * Tells the system how the bytes will be used: madvise(2); on Windows PrefetchVirtualMemory, for `'willneed'` alone. The
   * start is rounded down to a page. An advice that drops bytes (`'dontneed'`, `'free'`, `'remove'`) needs a start that is a
   * multiple of PAGESIZE, or fails with EINVAL.
   * @param advice a portable name, or a MADV_ of `constants`
   * @param start bytes from the start of the mapping; default 0
   * @param length bytes, clipped to the end; default: to the end
   * @returns whether the system took the advice: false where it knows none such
   */
  madvise(advice: AdviceName | number, start: number | bigint = 0, length?: number | bigint | null): boolean {
    return memory.madvise(stateOf(this), advice, start, length)
  }

  /**
   * Names anonymous memory, for those who read /proc/PID/maps (Linux 5.17 and newer).
   * @param name at most 79 bytes of UTF-8: printable, without a null, and without `\ $ [ ]` and the backquote
   * @throws {Error} EINVAL: this is not anonymous memory, or the kernel refuses the name; ENOSYS on other systems
   */
  setName(name: string): void {
    memory.setName(stateOf(this), name)
  }

  /**
   * A token for `Mmap.attach` in another thread, to be sent by `postMessage()` or `workerData`. While several objects share
   * a mapping, `resize()` and `reattach()` throw ERR_MMAP_BUSY, and `close()` takes nothing away but the object's own views:
   * those of other objects keep their bytes, and in the home `'external'` so do its own with `views: 'zero'`.
   */
  share(): ShareToken {
    return sharing.share(stateOf(this))
  }

  /**
   * Where the first match within [start, end) begins, in bytes from the start of the mapping, or -1. As in
   * `String.prototype.search`, `lastIndex` is neither read nor set. `^` and `$` match at the ends of the range.
   * @param start default 0. Negative: counted from the end
   * @param end default: the end. Negative: counted from the end
   * @throws {SyntaxError} ERR_MMAP_PATTERN: the pattern has lookaround or a backreference, or is too large
   */
  search(pattern: Pattern, start?: number | bigint | null, end?: number | bigint | null): number {
    return searching.search(stateOf(this), pattern, start, end)
  }

  /**
   * The first match within [start, end), or null. As in `RegExp.prototype.exec`, a RegExp with the flag `g` or `y` begins at
   * its `lastIndex`, in bytes from the start of the mapping, and has it set to the end of the match.
   */
  match(pattern: Pattern, start?: number | bigint | null, end?: number | bigint | null): ByteMatch | null {
    return searching.match(stateOf(this), pattern, start, end)
  }

  /**
   * All matches within [start, end), one after the other. As in `String.prototype.matchAll`, a RegExp needs the flag `g`, and
   * its `lastIndex`, in bytes from the start of the mapping, says where to begin. If the mapping becomes shorter meanwhile, by
   * `resize` or `remap`, the first match that is not within it is the end.
   */
  matchAll(
    pattern: Pattern,
    start?: number | bigint | null,
    end?: number | bigint | null,
  ): IteratorObject<ByteMatch, undefined, unknown> {
    return searching.matchAll(stateOf(this), pattern, start, end)
  }

  /**
   * The number of matches within [start, end) that do not overlap: each begins where the one before has ended, or later.
   * @param start default 0. Negative: counted from the end
   * @param end default: the end. Negative: counted from the end
   */
  count(pattern: Pattern, start?: number | bigint | null, end?: number | bigint | null): number {
    return searching.count(stateOf(this), pattern, start, end)
  }

  /**
   * The lines, without their ends `\n` or `\r\n`, as strings, Buffers or offsets. The last line may lack an end; behind the
   * last end there is no empty line.
   *
   * The iterator is one of the engine's: it has `map`, `filter`, `take` and the others where the engine has them. After a
   * `resize()` that shrinks, offsets beyond the new end are not given; text that was read before is.
   *
   * A string that you keep also keeps the piece of about 64 KiB that it was cut from. With `as: 'offsets'`, the result of
   * `next()` makes a new pair each time that its `value` is read.
   */
  lines<K extends LineKind = 'string'>(options?: LinesOptions<K>): IteratorObject<Line<K>, undefined, unknown> {
    return lines.lines(stateOf(this), options)
  }

  /** The lines in arrays of some hundreds, fetched off the event loop, and no further ahead than you ask. */
  linesAsync<K extends 'string' | 'buffer' = 'string'>(
    options?: LinesOptions<K> & Pick<LinesAsyncOptions, 'signal'>,
  ): AsyncGenerator<Line<K>[], void, undefined> {
    return linesAsync(stateOf(this), options)
  }

  /**
   * `find`, off the event loop, on several threads.
   * @throws {Error} ERR_MMAP_BUSY, as of each search off the event loop: `resize()` or `reattach()` has replaced the bytes
   * meanwhile
   */
  async findAsync(needle: Needle, options?: SearchOptions): Promise<number> {
    return searching.findAsync(stateOf(this), needle, options, false)
  }

  /** `rfind`, off the event loop, on several threads. */
  async rfindAsync(needle: Needle, options?: SearchOptions): Promise<number> {
    return searching.findAsync(stateOf(this), needle, options, true)
  }

  /** `count`, off the event loop, with the same answer. It takes several threads where the pattern allows that. */
  async countAsync(pattern: Pattern, options?: SearchOptions): Promise<number> {
    return searching.countAsync(stateOf(this), pattern, options)
  }

  /** `match`, off the event loop. */
  async matchAsync(pattern: Pattern, options?: SearchOptions): Promise<ByteMatch | null> {
    return searching.matchAsync(stateOf(this), pattern, options)
  }

  /** `matchAll`, off the event loop: fetched in batches, and no further ahead than you ask. */
  matchAllAsync(pattern: Pattern, options?: SearchOptions): AsyncGenerator<ByteMatch, void, undefined> {
    return searching.matchAllAsync(stateOf(this), pattern, options)
  }
}
