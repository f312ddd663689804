// Generated from lib/ by `npm run build:lib`.
/// <reference types="node" />
/**
* Where the bytes of a mapping are reached.
* - `'external'`: an ArrayBuffer over the mapping, made when first needed. Node, Bun, Deno.
* - `'native'`: calls into Rust alone, no views: where the engine forbids such buffers (Electron, any V8 sandbox),
*   or the mapping is longer than its buffers may be.
*/
type Home = "external" | "native";
/** Bytes that can be read in place. */
type BytesLike = ArrayBufferView | ArrayBufferLike;
/** What may be done to the bytes: `'copy'` is writable, and private: the file never changes. */
type Access = "read" | "write" | "copy";
interface CloseOptions {
  /**
  * `true` (default): the views get length 0. `false`: they stay attached and read zeros, for a caller whose
  * zlib may still be reading one (Node's zlib fails when its buffer is detached).
  */
  detach?: boolean;
}
/** The lifetime of a mapping: its facts, and how it ends. */
declare abstract class Core implements Disposable {
  #private;
  /** Made by the constructor of `Mmap` alone. */
  protected constructor(given: object);
  /** The position, in bytes from the start of the mapping. */
  abstract tell(): number;
  /** Bytes of the mapping: fixed until `resize()`. */
  get length(): number;
  /** Bytes from the start of the file to the first byte of the mapping. */
  get offset(): number;
  /** What may be done to the bytes. */
  get access(): Access;
  /** The path that `open` was given; `undefined` for a descriptor and for memory. */
  get path(): string | undefined;
  /** Where the bytes are reached: with views (`'external'`) or without (`'native'`). */
  get home(): Home;
  /**
  * Whether bytes were lost since the mapping was made, or since `reattach()`: somebody made the file shorter, a disk
  * failed or was full, or a store went into a view of a read-only mapping. Asks nobody: a load. A file that was made
  * shorter is noticed by the first access to what it lost, or by `check()`.
  */
  get faulted(): boolean;
  /**
  * Throws if any of the bytes are not the file's. For whoever reads through views, which cannot throw.
  * @throws {Error} ERR_MMAP_FAULT, with `offset` in the file and `reason`; ERR_MMAP_READ_ONLY after a stray store
  */
  check(): void;
  /**
  * Maps the file again, as it is now, after a fault: bytes that were lost are the file's again if it has them. What
  * was stored into lost pages is gone. Views stay; on Windows they get length 0.
  * @throws {Error} ERR_MMAP_NO_DESCRIPTOR with `trackfd: false`
  */
  reattach(): void;
  /** Whether `close()` was called. Never throws. */
  get closed(): boolean;
  /**
  * Ends the mapping, before it returns: views of it get length 0, the file is let go, jobs at work reject with
  * ERR_MMAP_CLOSED. Memory that somebody still points into reads zeros, never another mapping's bytes; on Windows a
  * file of which you took a view is let go when that view is collected. There is no implicit `flush()`: the system
  * writes changed pages later. A second call does nothing.
  */
  close(closeOptions?: CloseOptions): void;
  /** `close()`, at the end of a `using` block. */
  [Symbol.dispose](): void;
}
/** The constructors that `view` takes. */
interface ViewConstructor<V> {
  new (buffer: ArrayBuffer, byteOffset: number, length: number): V;
  readonly BYTES_PER_ELEMENT?: number;
}
/** A mapping as an array of bytes, with JavaScript's names and habits: `start` defaults to 0, ranges are clamped. */
declare abstract class ByteArray extends Core implements Iterable<number> {
  /** All bytes, zero-copy: the same Buffer each time. Throws ERR_MMAP_NO_VIEWS in the home `'native'`. */
  get buffer(): Buffer<ArrayBufferLike>;
  /** A Buffer over a range, zero-copy. Negative bounds count from the end. Throws ERR_MMAP_NO_VIEWS as `buffer`. */
  subarray(start?: number | bigint, end?: number | bigint): Buffer;
  /**
  * A typed array or a DataView over the mapping, zero-copy: `m.view(Float64Array, 16, 100)`.
  * @param byteOffset bytes from the start of the mapping; a multiple of the element's size
  * @param length elements (bytes of a DataView); default: as many as there are until the end
  * @throws {RangeError} ERR_OUT_OF_RANGE: not aligned, or beyond the end
  */
  view<V>(type: ViewConstructor<V>, byteOffset?: number | bigint, length?: number | bigint): V;
  /** A copy of a range. Negative bounds count from the end. */
  slice(start?: number | bigint, end?: number | bigint): Buffer;
  /** The byte at `index`, 0 to 255, negative from the end; `undefined` beyond either end. */
  at(index: number | bigint): number | undefined;
  /**
  * Copies `source` into the mapping at `offset`. A source of wider elements counts by its bytes.
  * @throws {RangeError} ERR_OUT_OF_RANGE, nothing written: it does not fit
  */
  set(source: BytesLike | ByteArray, offset?: number | bigint): void;
  /**
  * Fills a range with a byte, or with a pattern that repeats (a string is its UTF-8).
  * @throws {RangeError} ERR_OUT_OF_RANGE: a number that is no byte
  */
  fill(value: number | string | BytesLike | ByteArray, start?: number | bigint, end?: number | bigint): this;
  /** Whether a byte (a number), a string (as UTF-8) or bytes occur at `start` or later. */
  includes(needle: number | string | BytesLike | ByteArray, start?: number | bigint): boolean;
  /** Whether the bytes, all of them, are those of `other`. */
  equals(other: BytesLike | ByteArray): boolean;
  /** A copy of the bytes, so that `Buffer.from(m)` has them. */
  override valueOf(): Buffer;
  /** The bytes one by one, as numbers. Ends when the mapping does: after `close()` the next step throws. */
  [Symbol.iterator](): IterableIterator<number>;
}
/** Bytes of a page of memory. */
declare const PAGESIZE: number;
/** What the constructor's `offset` is a multiple of, in bytes: the page size on Unix, usually 65536 on Windows. */
declare const ALLOCATIONGRANULARITY: number;
/** A name of the families PROT_, MAP_, MADV_ and MS_. */
type ConstantName = `${"PROT" | "MAP" | "MADV" | "MS"}_${string}`;
/** Each PROT_, MAP_, MADV_ and MS_ that this platform defines, with the values of its headers; none on Windows. */
declare const constants: Readonly<Record<ConstantName, number>>;
/** Codes of the errors that this package makes, besides the system's own (`'EACCES'`, `'ENOENT'`, ...). */
type ErrorCode = "ERR_MMAP_BINARY" | "ERR_MMAP_CLOSED" | "ERR_MMAP_READ_ONLY" | "ERR_MMAP_EMPTY_FILE" | "ERR_MMAP_OFFSET" | "ERR_MMAP_NO_DESCRIPTOR" | "ERR_MMAP_NO_VIEWS" | "ERR_MMAP_BUSY" | "ERR_MMAP_FAULT" | "ERR_MMAP_PATTERN" | "ERR_OUT_OF_RANGE" | "ERR_INVALID_ARG_TYPE" | "ERR_INVALID_ARG_VALUE" | "ABORT_ERR";
/** A state that forbids the call: closed, no descriptor, no views, busy. Or no binary: then it is what `import` throws. */
declare class MmapError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string, options?: ErrorOptions);
}
/** Why bytes are not to be had: the file was made shorter, they could not be read, the disk had no room for them. */
type FaultReason = "truncated" | "io" | "no-space";
/** Bytes of a mapping that are not the file's. */
declare class MmapFaultError extends MmapError {
  readonly code: "ERR_MMAP_FAULT";
  /** Of the first such byte that the call met, in bytes from the start of the file. */
  readonly offset: number;
  readonly reason: FaultReason;
  /** The path that `open` was given. */
  readonly path?: string;
  constructor(message: string, offset: number, reason: FaultReason, path?: string);
}
/** A pattern that cannot run in linear time, or is no RegExp. */
declare class MmapPatternError extends SyntaxError {
  readonly code = "ERR_MMAP_PATTERN";
  /** Where in the pattern's source, in UTF-16 units; `undefined` for the pattern as a whole. */
  readonly position: number | undefined;
  constructor(message: string, position: number | undefined);
}
/** An argument of the wrong type, or a store into a read-only mapping. */
declare class MmapTypeError extends TypeError {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string);
}
/** A number that does not fit. */
declare class MmapRangeError extends RangeError {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string);
}
/** What the system answered, with the fields that Node's own system errors have. */
declare class MmapSystemError extends Error {
  /** The name of the error: `'EACCES'`, `'ENOENT'`, ... */
  readonly code: string;
  /** libuv's number of it, negative. */
  readonly errno: number;
  /** The call that failed: `'open'`, `'mmap'`, `'ftruncate'`, ... */
  readonly syscall: string;
  /** The path that was to be opened. */
  readonly path?: string;
  constructor(message: string, code: string, errno: number, syscall: string, path?: string);
}
/** An AbortSignal ended the call; `cause` is the signal's reason. */
declare class MmapAbortError extends Error {
  readonly code = "ABORT_ERR";
  constructor(reason: unknown);
}
interface FlushOptions {
  /** Unix: MS_SYNC (default) or MS_ASYNC, possibly with MS_INVALIDATE, from `constants`. Not heard on Windows. */
  flags?: number;
}
interface FlushAsyncOptions extends FlushOptions {
  /** Ends the wait with an AbortError; what the system has begun goes on. */
  signal?: AbortSignal;
}
interface ResizeOptions {
  /** `true` (default): a file that grows has its blocks reserved, so that a full disk fails here. `false`: a hole. */
  reserve?: boolean;
}
/** The portable names of advice; those that a system lacks are not heard there. */
type AdviceName = "normal" | "random" | "sequential" | "willneed" | "dontneed" | "free" | "remove" | "dontfork" | "dofork" | "mergeable" | "unmergeable" | "hugepage" | "nohugepage" | "dontdump" | "dodump" | "cold" | "pageout";
/** A mapping as a file, with Python's names in camel case: a position that reading and writing move. */
declare abstract class FileLike extends ByteArray {
  #private;
  /** A copy of up to `size` bytes from the position on, which moves; everything when absent or negative. */
  read(size?: number | bigint | null): Buffer;
  /**
  * Copies bytes into `target` without making a Buffer, as `fs.readSync` does.
  * @param offset bytes from the start of `target`
  * @param length at most so many bytes; default: what fits
  * @param position where to read; absent or null: the position, which then moves
  * @returns how many bytes were copied; 0 at the end
  */
  readInto(target: BytesLike, offset?: number | bigint, length?: number | bigint | null, position?: number | bigint | null): number;
  /**
  * The byte at the position, which moves by one.
  * @throws {RangeError} ERR_OUT_OF_RANGE: the position is at the end
  */
  readByte(): number;
  /** A copy of the line from the position on, with its `\n`; the rest if there is none; empty at the end. */
  readLine(): Buffer;
  /**
  * Writes bytes, or a string, at the position, which moves. All or nothing: the mapping never grows.
  * @returns how many bytes were written
  * @throws {RangeError} ERR_OUT_OF_RANGE, nothing written: they do not fit
  */
  write(data: BytesLike | ByteArray | string, encoding?: BufferEncoding): number;
  /**
  * Writes one byte, 0 to 255, at the position, which moves by one.
  * @throws {RangeError} ERR_OUT_OF_RANGE: no byte, or the position is at the end
  */
  writeByte(value: number): void;
  /**
  * Moves the position and answers it.
  * @param whence 0: from the start (default), 1: from the position, 2: from the end
  * @throws {RangeError} ERR_OUT_OF_RANGE: before the start or beyond the end, the position stays
  */
  seek(position: number | bigint, whence?: 0 | 1 | 2): number;
  /** The position, in bytes from the start of the mapping. A shrinking `resize()` leaves it where it was. */
  override tell(): number;
  /** Always true. */
  seekable(): true;
  /** Bytes of the file now, which may be longer or shorter than the mapping; of memory, the length. */
  size(): number;
  /**
  * The first position of `needle` (a string is its UTF-8) wholly within [start, end), or -1. From the start of the
  * mapping, not from `start`. The position does not move.
  * @param start default: the position, as in Python. Negative: from the end
  */
  find(needle: string | BytesLike | ByteArray, start?: number | bigint | null, end?: number | bigint | null): number;
  /** As `find`, the last position. */
  rfind(needle: string | BytesLike | ByteArray, start?: number | bigint | null, end?: number | bigint | null): number;
  /**
  * Copies `count` bytes from `src` to `dest` within the mapping; the ranges may overlap.
  * @throws {RangeError} ERR_OUT_OF_RANGE: negative, or a range beyond the end
  */
  move(dest: number | bigint, src: number | bigint, count: number | bigint): void;
  /**
  * Gives the mapping, and the file below it, another length: the file ends where the mapping does (Python's rule).
  * New bytes are zero. Views made before are detached. If it fails, file and mapping are as they were.
  * @param length bytes, at least 1
  * @throws {TypeError} ERR_MMAP_READ_ONLY: the access is `'read'` or `'copy'`
  * @throws {Error} ERR_MMAP_NO_DESCRIPTOR with `trackfd: false`; ERR_MMAP_BUSY where the system refuses while
  * others hold the mapping (Windows: shrinking under a live view)
  */
  resize(length: number | bigint, resizeOptions?: ResizeOptions): void;
  /**
  * Writes changed bytes back to the file and waits for the disk: msync(2) of the pages that hold the range;
  * FlushViewOfFile and FlushFileBuffers on Windows; on macOS F_FULLFSYNC too. Nothing to do for `'read'` and `'copy'`.
  * @param offset bytes from the start of the mapping
  * @param length bytes; default: to the end
  */
  flush(offset?: number | bigint, length?: number | bigint, flushOptions?: FlushOptions): void;
  /** `flush`, off the event loop. */
  flushAsync(offset?: number | bigint, length?: number | bigint, flushOptions?: FlushAsyncOptions): Promise<void>;
  /**
  * Tells the system how the bytes will be used: madvise(2), PrefetchVirtualMemory for `'willneed'` on Windows.
  * A start is rounded down to its page, unless the advice drops bytes (`'dontneed'`, `'free'`, `'remove'`): then
  * one that is no multiple of PAGESIZE is EINVAL.
  * @param advice a portable name, or a MADV_ of `constants`
  * @param length bytes, clipped to the end; default: to the end
  * @returns whether the system heard: false where it has no such advice
  */
  madvise(advice: AdviceName | number, start?: number | bigint, length?: number | bigint | null): boolean;
  /**
  * Names anonymous memory for whoever reads /proc/PID/maps (Linux 5.17 and newer).
  * @param name at most 79 bytes of UTF-8, without a null, printable, none of `\ $ [ ]` and the backquote
  * @throws {Error} EINVAL: not anonymous memory, or a name that the kernel refuses; ENOSYS on other systems
  */
  setName(name: string): void;
}
/** What a line is given as. */
type LineKind = "string" | "buffer" | "offsets";
interface LinesOptions<K extends LineKind = LineKind> {
  /** `'string'` (default); `'buffer'`: a Buffer of its own memory; `'offsets'`: `[start, end]` in the mapping. */
  as?: K;
  /** Of strings: `'utf8'` (default; what is no UTF-8 becomes U+FFFD) or `'latin1'`. */
  encoding?: "utf8" | "utf-8" | "latin1" | "binary";
  /** Where the first line begins; default 0. Negative: from the end. */
  start?: number | bigint;
  /** Where the last line ends at the latest; default: the end. Negative: from the end. */
  end?: number | bigint;
  /** `true`: lines keep their `\n` or `\r\n`. Default false. */
  keepEnds?: boolean;
}
interface LinesAsyncOptions extends LinesOptions<"string" | "buffer"> {
  /** Ends the iteration with an AbortError. */
  signal?: AbortSignal;
}
/** A line of a kind. */
type Line<K extends LineKind> = K extends "string" ? string : K extends "buffer" ? Buffer : [number, number];
/** What is looked for as it is: a string is its UTF-8. */
type Needle = string | BytesLike | ByteArray;
/**
* What is looked for: as it is, or a RegExp, which means what it means in ECMAScript, over bytes. Without the flags `u`
* and `v` a byte is a character (`\\xff` is the byte 0xFF) and text beyond ASCII is its UTF-8; with them the bytes are
* UTF-8. Lookaround and backreferences are refused with ERR_MMAP_PATTERN: the rest runs in linear time.
*/
type Pattern = RegExp | Needle;
/** Matches that were found together. */
interface Batch {
  readonly mapping: Core;
  readonly names: readonly (string | null)[];
  /**
  * Of each match two numbers a group, where it begins and ends (-1: it took no part), and one more: where its bytes begin
  * in the text (-1: they are not there).
  */
  readonly slots: Float64Array;
  /** The bytes of the matches, one behind the other; those of a longer match are not there. */
  readonly text: Buffer;
}
type Span = [start: number, end: number];
/**
* A match: where it lies, and what its groups captured, as Buffers that are copied when you ask for them. It stays valid
* after `close()`; of a match of more than 64 KiB the captures, not the positions, must be asked for before.
*
* `const [whole, year, month] = match` takes the captures; a match that you keep keeps up to 64 KiB of its neighbours.
*/
declare class ByteMatch implements Iterable<Buffer | undefined> {
  #private;
  constructor(batch: Batch, slot: number);
  /** Bytes from the start of the mapping to the match. */
  get index(): number;
  /** Bytes from the start of the mapping to what follows the match. */
  get end(): number;
  /** How many captures there are, the whole match among them. */
  get length(): number;
  /** Where a group lies, by its number (0: the whole match) or name; `undefined`: it took no part, or there is none. */
  span(group?: number | string): Span | undefined;
  /** What a group captured, copied; by its number (0: the whole match) or name. */
  get(group?: number | string): Buffer | undefined;
  /** All captures, the whole match first. */
  get captures(): (Buffer | undefined)[];
  /** The captures of named groups; `undefined`: the pattern has none. */
  get groups(): Record<string, Buffer | undefined> | undefined;
  /** Where the groups lie, the whole match first; those with names in `groups` too. */
  get indices(): (Span | undefined)[] & {
    groups: Record<string, Span | undefined> | undefined;
  };
  /** What JSON has of it: where it lies. */
  toJSON(): {
    index: number;
    end: number;
  };
  /** The whole match as text. */
  toString(encoding?: BufferEncoding): string;
  [Symbol.iterator](): IterableIterator<Buffer | undefined>;
}
/** A path as `node:fs` takes it. */
type PathLike = string | Buffer | Uint8Array | URL;
/** What becomes of an access that the file, or its disk, cannot answer. */
type Faults = "guard" | "crash";
interface CommonOptions {
  /** Forces a home; default: the best that the engine allows. Environment: `MEMMAP_HOME`. */
  home?: Home;
  /**
  * `'guard'` (default): what would kill the process does not, see `faulted`. `'crash'`: nothing is watched.
  * Environment: `MEMMAP_FAULTS`.
  */
  faults?: Faults;
}
/** Options of the constructor. */
interface MmapOptions extends CommonOptions {
  /** Default: read and write, shared, as in Python. */
  access?: Access;
  /** Unix: bits of PROT_, with PROT_READ among them. Never with `access`. */
  prot?: number;
  /** Unix: bits of MAP_. Never with `access`. Refused: MAP_FIXED and its kin, MAP_GROWSDOWN, MAP_HUGETLB. */
  flags?: number;
  /** Bytes from the start of the file; a multiple of ALLOCATIONGRANULARITY. */
  offset?: number | bigint;
  /** `false` keeps no duplicate of the descriptor: `size()` and `resize()` then throw. Default true. */
  trackfd?: boolean;
  /** Named memory: the same bytes for everybody who gives the name. With `fileno` -1; on Windows also
  *  with a file. On POSIX systems it stays until `Mmap.unlink(name)`. */
  tagname?: string;
}
/** Options of `Mmap.open`. */
interface OpenOptions extends CommonOptions {
  /** Default `'read'`. */
  access?: Access;
  /** Bytes from the start of the file: any. */
  offset?: number | bigint;
  /** Bytes; 0 (default): to the end of the file. Beyond the end, with the access `'write'`, the file grows. */
  length?: number | bigint;
  /** Makes the file if there is none. With the access `'write'` alone. */
  create?: boolean;
}
/** Options of `Mmap.openAsync`. */
interface OpenAsyncOptions extends OpenOptions {
  /** Ends the wait with an AbortError; what was opened meanwhile is closed. */
  signal?: AbortSignal;
}
/** Options of `Mmap.anonymous`. */
interface AnonymousOptions extends CommonOptions {
  /** `'write'` (default) is shared memory, `'copy'` private. */
  access?: Access;
}
interface ScanOptions {
  /** Ends the search with an AbortError. */
  signal?: AbortSignal;
  /** How many threads may work on it; default: as many as there are processors. */
  threads?: number;
  /** Called now and then while it lasts, with the bytes that are done and how many there are. What it throws rejects. */
  onProgress?: (done: number, total: number) => void;
}
/** A mapping that is searched: over bytes, without making a string of them. Searching never moves the position. */
declare abstract class Searchable extends FileLike {
  #private;
  /**
  * Where the first match within [start, end) begins, from the start of the mapping, or -1. As
  * `String.prototype.search`: `lastIndex` is neither read nor set. `^` and `$` are the ends of the range.
  * @param start default 0. Negative: from the end
  * @throws {SyntaxError} ERR_MMAP_PATTERN: lookaround, a backreference, or too large
  */
  search(pattern: Pattern, start?: number | bigint | null, end?: number | bigint | null): number;
  /**
  * The first match within [start, end), or null. As `RegExp.prototype.exec`: with the flag `g` or `y` it begins at
  * `lastIndex`, in bytes from the start of the mapping, and sets that.
  */
  match(pattern: Pattern, start?: number | bigint | null, end?: number | bigint | null): ByteMatch | null;
  /**
  * All matches within [start, end), one after the other. As `String.prototype.matchAll`: a RegExp needs the flag `g`,
  * and its `lastIndex`, in bytes from the start of the mapping, says where to begin.
  */
  matchAll(pattern: Pattern, start?: number | bigint | null, end?: number | bigint | null): IterableIterator<ByteMatch>;
  /**
  * How many matches there are within [start, end), each beginning where the one before has ended or later.
  * @param start default 0. Negative: from the end
  */
  count(pattern: Pattern, start?: number | bigint | null, end?: number | bigint | null): number;
  /**
  * The lines, without their ends `\n` or `\r\n`: strings, Buffers or offsets. A last line needs no end; behind the last
  * end there is none.
  *
  * A string that you keep keeps the piece of about 64 KiB that it was cut from. Of offsets, what `next()` answers makes
  * `value` when it is read, each time anew.
  */
  lines<K extends LineKind = "string">(linesOptions?: LinesOptions<K>): IterableIterator<Line<K>>;
  /** The lines, some hundreds at a time, fetched off the event loop; no further than you ask. */
  linesAsync<K extends "string" | "buffer" = "string">(linesOptions?: LinesOptions<K> & Pick<LinesAsyncOptions, "signal">): AsyncGenerator<Line<K>[], void, undefined>;
  /**
  * `find`, off the event loop, on several threads.
  * @throws {Error} ERR_MMAP_BUSY, as each search off the event loop: `resize()` has moved the bytes meanwhile
  */
  findAsync(needle: Needle, start?: number | bigint | null, end?: number | bigint | null, scanOptions?: ScanOptions): Promise<number>;
  /** `rfind`, off the event loop, on several threads. */
  rfindAsync(needle: Needle, start?: number | bigint | null, end?: number | bigint | null, scanOptions?: ScanOptions): Promise<number>;
  /** `count`, off the event loop, on several threads where the pattern allows it, with the same answer. */
  countAsync(pattern: Pattern, start?: number | bigint | null, end?: number | bigint | null, scanOptions?: ScanOptions): Promise<number>;
  /** `match`, off the event loop. */
  matchAsync(pattern: Pattern, start?: number | bigint | null, end?: number | bigint | null, scanOptions?: ScanOptions): Promise<ByteMatch | null>;
  /** `matchAll`, off the event loop: fetched in batches, no further than you ask. */
  matchAllAsync(pattern: Pattern, matchOptions?: ScanOptions & {
    start?: number | bigint;
    end?: number | bigint;
  }): AsyncGenerator<ByteMatch, void, undefined>;
}
/**
* A memory-mapped file, or memory: at once a mutable array of bytes and a file with a position.
*
* ```js
* const m = Mmap.open('data.bin', { access: 'write' })
* m.find('needle')       // searched in Rust, nothing copied
* m.buffer[0] = 1        // the file's byte, in place
* m.flush()
* m.close()
* ```
*
* Every member but `close`, `closed`, dispose and inspect throws ERR_MMAP_CLOSED once the mapping is closed. Those
* that change bytes throw ERR_MMAP_READ_ONLY, before they look at a range, when the access is `'read'`.
*/
declare class Mmap extends Searchable {
  /**
  * Maps an open file, as Python's `mmap.mmap(fileno, length, ...)`. The descriptor is duplicated: close yours when
  * you like.
  * @param fileno a descriptor or a FileHandle; -1: memory that belongs to no file
  * @param length bytes; 0 (default): to the end of the file
  * @throws {RangeError} ERR_MMAP_EMPTY_FILE; ERR_MMAP_OFFSET: beyond the end, or no multiple of
  * ALLOCATIONGRANULARITY; ERR_OUT_OF_RANGE: longer than the file (Windows, when writable: the file grows instead)
  * @throws {Error} the system's: EBADF, EACCES, ENODEV, ENOMEM, ...
  */
  constructor(fileno: number | {
    readonly fd: number;
  }, length?: number | bigint, mmapOptions?: MmapOptions);
  /**
  * Opens a file and maps it; no descriptor is left to close. An empty file gives a mapping of length 0.
  * @throws {Error} the system's, with `path`: ENOENT, EACCES, EISDIR, ENODEV (a FIFO, a socket), ENOSPC, ...
  */
  static open(path: PathLike, openOptions?: OpenOptions): Mmap;
  /** `open`, off the event loop. */
  static openAsync(path: PathLike, openOptions?: OpenAsyncOptions): Promise<Mmap>;
  /**
  * Memory that belongs to no file, filled with zeros.
  * @param length bytes, at least 1
  */
  static anonymous(length: number | bigint, anonymousOptions?: AnonymousOptions): Mmap;
  /**
  * Takes the name of named memory (`tagname`) away; whoever has it mapped keeps it. On POSIX systems memory stays
  * until then, with nobody using it; on Windows the name ends with its last mapping, and the answer is false.
  * @returns whether there was such a name to take away
  */
  static unlink(name: string): boolean;
}
export { ALLOCATIONGRANULARITY, type Access, type AdviceName, type AnonymousOptions, ByteMatch, type BytesLike, type CloseOptions, type ConstantName, type ErrorCode, type FaultReason, type Faults, type FlushAsyncOptions, type FlushOptions, type Home, type Line, type LineKind, type LinesAsyncOptions, type LinesOptions, Mmap, MmapAbortError, MmapError, MmapFaultError, type MmapOptions, MmapPatternError, MmapRangeError, MmapSystemError, MmapTypeError, type Needle, type OpenAsyncOptions, type OpenOptions, PAGESIZE, type PathLike, type Pattern, type ResizeOptions, type ScanOptions, type ViewConstructor, constants };