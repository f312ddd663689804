// Generated from lib/ by `npm run build:lib`.
/// <reference types="node" />
import { Readable } from "node:stream";

// lib/checks.d.ts
/** An object whose bytes can be read in place: a Buffer, typed array, DataView, ArrayBuffer or SharedArrayBuffer. */
type BytesLike = ArrayBufferView | ArrayBufferLike;
/** The size of a page of memory, in bytes. */
declare const PAGESIZE: number;
/** The constructor's `offset` must be a multiple of this many bytes: the page size on Unix, usually 65536 on Windows. */
declare const ALLOCATIONGRANULARITY: number;
/** The constants that every Unix has, and those of some systems or processors alone, which are `undefined` elsewhere. */
interface Constants {
  readonly PROT_NONE: number;
  readonly PROT_READ: number;
  readonly PROT_WRITE: number;
  readonly PROT_EXEC: number;
  readonly MAP_SHARED: number;
  readonly MAP_PRIVATE: number;
  readonly MAP_FIXED: number;
  readonly MAP_ANON: number;
  readonly MADV_NORMAL: number;
  readonly MADV_RANDOM: number;
  readonly MADV_SEQUENTIAL: number;
  readonly MADV_WILLNEED: number;
  readonly MADV_DONTNEED: number;
  readonly MS_SYNC: number;
  readonly MS_ASYNC: number;
  readonly MS_INVALIDATE: number;
  readonly MADV_AUTOSYNC?: number;
  readonly MADV_CAN_REUSE?: number;
  readonly MADV_COLD?: number;
  readonly MADV_CORE?: number;
  readonly MADV_DODUMP?: number;
  readonly MADV_DOFORK?: number;
  readonly MADV_DONTDUMP?: number;
  readonly MADV_DONTFORK?: number;
  readonly MADV_FREE?: number;
  readonly MADV_FREE_REUSABLE?: number;
  readonly MADV_FREE_REUSE?: number;
  readonly MADV_HUGEPAGE?: number;
  readonly MADV_HWPOISON?: number;
  readonly MADV_KEEPONFORK?: number;
  readonly MADV_MERGEABLE?: number;
  readonly MADV_NOCORE?: number;
  readonly MADV_NOHUGEPAGE?: number;
  readonly MADV_NOSYNC?: number;
  readonly MADV_PAGEOUT?: number;
  readonly MADV_POPULATE_READ?: number;
  readonly MADV_POPULATE_WRITE?: number;
  readonly MADV_PROTECT?: number;
  readonly MADV_REMOVE?: number;
  readonly MADV_SOFT_OFFLINE?: number;
  readonly MADV_UNMERGEABLE?: number;
  readonly MADV_WIPEONFORK?: number;
  readonly MADV_ZERO_WIRED_PAGES?: number;
  readonly MAP_32BIT?: number;
  readonly MAP_ALIGNED_SUPER?: number;
  readonly MAP_ANONYMOUS?: number;
  readonly MAP_DENYWRITE?: number;
  readonly MAP_EXCL?: number;
  readonly MAP_EXECUTABLE?: number;
  readonly MAP_FIXED_NOREPLACE?: number;
  readonly MAP_GROWSDOWN?: number;
  readonly MAP_GUARD?: number;
  readonly MAP_HASSEMAPHORE?: number;
  readonly MAP_HUGETLB?: number;
  readonly MAP_JIT?: number;
  readonly MAP_LOCKED?: number;
  readonly MAP_NOCACHE?: number;
  readonly MAP_NOCORE?: number;
  readonly MAP_NOEXTEND?: number;
  readonly MAP_NONBLOCK?: number;
  readonly MAP_NORESERVE?: number;
  readonly MAP_NOSYNC?: number;
  readonly MAP_POPULATE?: number;
  readonly MAP_RENAME?: number;
  readonly MAP_SHARED_VALIDATE?: number;
  readonly MAP_STACK?: number;
  readonly MAP_SYNC?: number;
}
/** The name of a constant. */
type ConstantName = keyof Constants;
/**
* The constants PROT_, MAP_, MADV_ and MS_ that this platform's headers define, with their values. On Windows there are none,
* and each is `undefined`.
*/
declare const constants: Constants;
/** Codes of the errors that this package makes, besides the system's own (`'EACCES'`, `'ENOENT'`, ...). */
type ErrorCode = "ERR_MMAP_BINARY" | "ERR_MMAP_CLOSED" | "ERR_MMAP_READ_ONLY" | "ERR_MMAP_EMPTY_FILE" | "ERR_MMAP_OFFSET" | "ERR_MMAP_NO_DESCRIPTOR" | "ERR_MMAP_NO_VIEWS" | "ERR_MMAP_BUSY" | "ERR_MMAP_FAULT" | "ERR_MMAP_PATTERN" | "ERR_OUT_OF_RANGE" | "ERR_INVALID_ARG_TYPE" | "ERR_INVALID_ARG_VALUE" | "ABORT_ERR";
/**
* The state of the mapping forbids the call: it is closed, has no descriptor or no views, or others use it. `import` throws
* one with the code ERR_MMAP_BINARY when the package finds no binary that runs on this system.
*/
declare class MmapError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string, options?: ErrorOptions);
}
/** Why bytes are lost: the file was made shorter, the device failed to read them, or the disk had no room for them. */
type FaultReason = "truncated" | "io" | "no-space";
/** Thrown when a call meets bytes of a mapping that are no longer, or never were, the file's. */
declare class MmapFaultError extends MmapError {
  readonly code: "ERR_MMAP_FAULT";
  /** Where the first such byte that the call met lies, in bytes from the start of the file. */
  readonly offset: number;
  readonly reason: FaultReason;
  /** The path that `open` was given; absent for mappings of a descriptor. */
  readonly path?: string;
  constructor(message: string, offset: number, reason: FaultReason, path?: string);
}
/** A pattern that cannot be matched in linear time (lookaround, backreferences), is too large, or is not valid. */
declare class MmapPatternError extends SyntaxError {
  readonly code = "ERR_MMAP_PATTERN";
  /** Where in the pattern's source the error is, in UTF-16 units; `undefined` if it is the pattern as a whole. */
  readonly position: number | undefined;
  constructor(message: string, position: number | undefined);
}
/** An argument of the wrong type, or a store into a read-only mapping. */
declare class MmapTypeError extends TypeError {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string);
}
/** A number, a range or a length that is out of range. */
declare class MmapRangeError extends RangeError {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string);
}
/** An error of the operating system, with the fields that Node's own system errors have. */
declare class MmapSystemError extends Error {
  /** The name of the error: `'EACCES'`, `'ENOENT'`, ... */
  readonly code: string;
  /** libuv's negative number of the error. */
  readonly errno: number;
  /** The call that failed: `'open'`, `'mmap'`, `'ftruncate'`, ... */
  readonly syscall: string;
  /** The path that `open` was given; absent for mappings of a descriptor. */
  readonly path?: string;
  constructor(message: string, code: string, errno: number, syscall: string, path?: string);
}
/** An AbortSignal ended the call. Its `cause` is the signal's reason. */
declare class MmapAbortError extends Error {
  readonly code = "ABORT_ERR";
  constructor(reason: unknown);
}
/**
* What becomes of the views of bytes that a mapping no longer has, after `close()` or `resize()`.
* - `'detach'`: they get length 0, unless they are over a SharedArrayBuffer, which has no such thing. Whoever still has a pointer to the bytes (a job of `fs`, `net` or `zlib`, a native
*   library) can access them no more: a system call fails with EFAULT, and code that reads them itself meets zeros, of which
*   a process warning with the code MEMMAP_READ_AFTER_CLOSE tells.
* - `'zero'`: they keep their length and read zeros, without a warning.
* - `'keep'`: they keep their bytes until they are collected. Then the file is released too.
*
* On Windows the bytes cannot be taken away from who has a pointer to them: with `'detach'` and `'zero'` they stay there, and
* the file is released with the last view.
*/
type ViewsAfter = "detach" | "zero" | "keep";
/** Options of `resize`. */
interface ResizeOptions {
  /**
  * `true` (default): blocks are reserved for a file that grows, so that a full disk is an error of `resize`. `false`: the
  * file gets a hole, and a full disk is a fault at a later store.
  */
  reserve?: boolean;
  /**
  * What becomes of earlier views. Default `'detach'`. With `'keep'`, those of a file go on showing it, but for what a resize
  * that shrinks cuts off: that reads zeros, also when the file grows again. Those of memory show the memory that the
  * mapping had.
  */
  views?: ViewsAfter;
}
/** Options of `resizeAsync`. */
interface ResizeAsyncOptions extends ResizeOptions {
  /** Ends it with an AbortError. The file is as long as before then. */
  signal?: AbortSignal | undefined;
}
/** Options of `remap`. */
interface RemapOptions {
  /** What becomes of earlier views. Default `'detach'`. With `'keep'` they go on showing the file as far as it still reaches. */
  views?: ViewsAfter;
}
/** Options of `close`. */
interface CloseOptions {
  /** What becomes of views. Default `'detach'`. */
  views?: ViewsAfter;
  /** `false` is another name of `views: 'zero'`. */
  detach?: boolean;
}
/**
* How JavaScript reaches the bytes of a mapping.
* - `'external'`: through an ArrayBuffer over the mapped memory, made when it is first needed. Node, Bun, Deno.
* - `'overlay'`: through memory of the engine's own, over whose pages the mapping is shown. Used where the engine forbids
*   ArrayBuffers over foreign memory (Electron, any V8 with its sandbox), up to 32 GiB, on Linux.
* - `'native'`: through calls into Rust only, without views. Used where there can be neither: on macOS and Windows in Electron, and for
*   mappings longer than the engine's buffers may be.
*/
type Home = "external" | "overlay" | "native";
/**
* What may be done to the bytes of a mapping. `'write'`: changes go to the file, and other processes see them. `'copy'`:
* changes are private to the mapping, and the file never changes.
*/
type Access = "read" | "write" | "copy";
/** The constructor of a typed array or of DataView, which `view` takes. */
interface ViewConstructor<V> {
  new (buffer: ArrayBuffer, byteOffset: number, length: number): V;
  readonly BYTES_PER_ELEMENT?: number;
}
/** Where a match or a group begins and ends, in bytes from the start of the mapping. */
type Span = [start: number, end: number];
/**
* A match: where it lies in the mapping, and what its groups captured. Captures are Buffers, copied when you ask for them.
* A match stays valid after `close()`, but the captures of one longer than 64 KiB must be asked for before. Those are the
* bytes that the mapping has when you ask; after a `resize()` that cut them off they throw ERR_OUT_OF_RANGE.
*
* `const [whole, year, month] = match` takes the captures. A match that you keep also keeps up to 64 KiB of the matches
* that were found with it.
*/
declare class ByteMatch implements Iterable<Buffer | undefined> {
  #private;
  private constructor();
  /** Where the match begins, in bytes from the start of the mapping. */
  get index(): number;
  /** Where the match ends (the position behind its last byte), in bytes from the start of the mapping. */
  get end(): number;
  /** The number of captures, the whole match included. */
  get length(): number;
  /**
  * Where a group lies: `[start, end]`, in bytes from the start of the mapping. `undefined` if the group took no part in the
  * match, or there is none.
  * @param group its number or name; default 0, the whole match
  */
  span(group?: number | string): Span | undefined;
  /**
  * A copy of what a group captured. `undefined` if the group took no part in the match, or there is none.
  * @param group its number or name; default 0, the whole match
  */
  get(group?: number | string): Buffer | undefined;
  /** All captures, the whole match first. */
  get captures(): (Buffer | undefined)[];
  /** The captures of named groups; `undefined` if the pattern has none. */
  get groups(): Record<string, Buffer | undefined> | undefined;
  /** Where the groups lie, the whole match first. Its property `groups` has those with names. */
  get indices(): (Span | undefined)[] & {
    groups: Record<string, Span | undefined> | undefined;
  };
  /** Where the match lies, for `JSON.stringify`. */
  toJSON(): {
    index: number;
    end: number;
  };
  /** The whole match as a string. */
  toString(encoding?: BufferEncoding): string;
  /** The captures, the whole match first. */
  [Symbol.iterator](): IterableIterator<Buffer | undefined>;
}
/** Options of `flush`. */
interface FlushOptions {
  /**
  * Unix: MS_SYNC (default) or MS_ASYNC, possibly with MS_INVALIDATE, from `constants`; see msync(2). Ignored on
  * Windows.
  */
  flags?: number;
}
/** Options of `flushAsync`. */
interface FlushAsyncOptions extends FlushOptions {
  /** Ends the wait with an AbortError. What the system has begun to write goes on. */
  signal?: AbortSignal | undefined;
}
/** The portable names of advice: MADV_NORMAL is `'normal'`, and so on. Those that a system does not know have no effect there. */
type AdviceName = "normal" | "random" | "sequential" | "willneed" | "dontneed" | "free" | "remove" | "dontfork" | "dofork" | "mergeable" | "unmergeable" | "hugepage" | "nohugepage" | "dontdump" | "dodump" | "cold" | "pageout";
/** Which pages of a range are in memory. */
interface Residency {
  /** How many pages hold the range. */
  pages: number;
  /** How many of them are in memory; `undefined`: the system hides it. */
  resident: number | undefined;
  /** A bit for each page, that of the first one the lowest of the first byte; `undefined`: the system hides it. */
  bitmap: Uint8Array<ArrayBuffer> | undefined;
}
/** A start and an end, in bytes from the start of the mapping. Negative: counted from the end. Absent: 0, and the end. */
type ByteRange = readonly [start?: number | bigint | null | undefined, end?: number | bigint | null | undefined];
/** Options of `prefetch`. */
interface PrefetchOptions {
  /** Ends the wait with an AbortError. What the system has begun to read goes on. */
  signal?: AbortSignal | undefined;
  /**
  * Called about 20 times a second while it lasts, with the number of bytes that are in memory so far, and the number in all. If it
  * throws, the promise rejects with what it threw.
  */
  onProgress?: ((done: number, total: number) => void) | undefined;
}
/** Options of `readAsync`. */
interface ReadAsyncOptions {
  /** Ends the read with an AbortError. */
  signal?: AbortSignal | undefined;
}
/** Options of `readAsync` of one range. */
interface ReadIntoOptions extends ReadAsyncOptions {
  /** Where the bytes go; the Buffer of the answer is over them then. Default: memory of their own. */
  into?: Uint8Array | undefined;
}
/** What a line is given as. */
type LineKind = "string" | "buffer" | "offsets";
/** Options of `lines`. */
interface LinesOptions<K extends LineKind = LineKind> {
  /**
  * `'string'` (default). `'buffer'`: Buffers of memory of their own. `'offsets'`: pairs `[start, end]`, in bytes from the
  * start of the mapping.
  */
  as?: K;
  /** For strings: `'utf8'` (default; invalid sequences become U+FFFD) or `'latin1'`. */
  encoding?: "utf8" | "utf-8" | "latin1" | "binary";
  /** Where the first line begins. Default 0. Negative: counted from the end. */
  start?: number | bigint;
  /** Where the last line ends at the latest. Default: the end. Negative: counted from the end. */
  end?: number | bigint;
  /** `true`: lines keep their `\n` or `\r\n`. Default false. */
  keepEnds?: boolean;
}
/** Options of `linesAsync`. */
interface LinesAsyncOptions extends LinesOptions<"string" | "buffer"> {
  /** Ends the iteration with an AbortError. */
  signal?: AbortSignal | undefined;
}
/** The type of a line of a kind. */
type Line<K extends LineKind> = K extends "string" ? string : K extends "buffer" ? Buffer<ArrayBuffer> : [number, number];
/**
* What becomes of a fault: an access that the file or its disk cannot answer. `'guard'`: the process lives on.
* `'crash'`: the system's default, which ends the process (SIGBUS).
*/
type Faults = "guard" | "crash";
/** Options that every kind of mapping has. */
interface CommonOptions {
  /**
  * Forces a home. Default: the best that the engine allows. The environment variable `MEMMAP_HOME` sets another
  * default.
  */
  home?: Home;
  /**
  * `'guard'` (default): a fault does not end the process; see `faulted`. `'crash'`: faults are not handled. The
  * environment variable `MEMMAP_FAULTS` sets another default.
  */
  faults?: Faults;
  /**
  * Views over a SharedArrayBuffer: `postMessage()` of `m.buffer.buffer` then shares the bytes with a thread rather than to copy
  * them, and `Atomics.wait()` works on them. It cannot be detached, so views keep their length after `close()`: pointers to
  * the bytes meet what `views` of `close` says. Some functions of Node and of the Web refuse such views: docs/shared-buffers.md
  * has a table. Where it is not to be had, the mapping has the home `'native'`. Default false.
  */
  sharedBuffer?: boolean;
}
/** Options of the constructor. */
interface MmapOptions extends CommonOptions {
  /** Default: read and write, shared, as in Python. */
  access?: Access;
  /** Unix: bits of PROT_, with PROT_READ among them. Not together with `access`. */
  prot?: number;
  /**
  * Unix: bits of MAP_. Not together with `access`. MAP_FIXED and its relatives, MAP_GROWSDOWN and MAP_HUGETLB are
  * refused.
  */
  flags?: number;
  /** Bytes from the start of the file to the start of the mapping: a multiple of ALLOCATIONGRANULARITY. Default 0. */
  offset?: number | bigint;
  /**
  * Whether the mapping keeps a duplicate of the descriptor. Default true. With `false`, `size()`, `resize()` and
  * `reattach()` throw ERR_MMAP_NO_DESCRIPTOR.
  */
  trackfd?: boolean;
  /**
  * The name of named memory: mappings with the same name, in any process, have the same bytes. With `fileno` -1; on Windows also with a
  * file. On POSIX systems the memory stays until `Mmap.unlink(name)`.
  */
  tagname?: string;
}
/** Options of `Mmap.open`. */
interface OpenOptions extends CommonOptions {
  /** Default `'read'`. */
  access?: Access;
  /** Bytes from the start of the file to the start of the mapping: any number. Default 0. */
  offset?: number | bigint;
  /**
  * Bytes to map. 0 (default): to the end of the file. With the access `'write'`, a length beyond the end makes the file
  * longer.
  */
  length?: number | bigint;
  /** Creates the file if it does not exist. Only with the access `'write'`. Default false. */
  create?: boolean;
}
/** Options of `Mmap.openAsync`. */
interface OpenAsyncOptions extends OpenOptions {
  /** Ends the wait with an AbortError. If the file has been opened meanwhile, it is closed. */
  signal?: AbortSignal | undefined;
}
/** Options of `Mmap.anonymous`. */
interface AnonymousOptions extends CommonOptions {
  /** `'write'` (default): shared memory. `'copy'`: private memory. */
  access?: Access;
}
/** A path as `node:fs` takes it. */
type PathLike = string | Buffer | Uint8Array | URL;
/** Options of searches off the event loop. */
interface SearchOptions {
  /**
  * Where the search begins. Default: the position for `findAsync` and `rfindAsync`, 0 for the others. Negative: counted from
  * the end.
  */
  start?: number | bigint | null | undefined;
  /** Where the search ends. Default: the end. Negative: counted from the end. */
  end?: number | bigint | null | undefined;
  /** Ends the search with an AbortError. */
  signal?: AbortSignal | undefined;
  /** How many threads may work on the search, at least 1. Default: as many as there are processors. */
  threads?: number | undefined;
  /**
  * Called about 20 times a second while the search lasts, with the number of bytes searched so far and the number in
  * all. If it throws, the search rejects with what it threw.
  */
  onProgress?: ((done: number, total: number) => void) | undefined;
}
/**
* What `share()` answers, for `postMessage()` and `workerData`: it says which mapping is meant, and means nothing to another
* process. It holds nothing open, and may be used any number of times.
*/
interface ShareToken {
  readonly memmap: string;
}
/** Options of `Mmap.attach`. */
type AttachOptions = Pick<CommonOptions, "home" | "sharedBuffer">;
/** Options of `createReadStream`, as those of `fs.createReadStream`. */
interface ReadStreamOptions {
  /** The first byte. Default 0. */
  start?: number | undefined;
  /** The last byte, which belongs to the stream. Default: the mapping's. */
  end?: number | undefined;
  /** Bytes of a chunk, and of what the stream reads before anybody asks. Default 65,536. */
  highWaterMark?: number | undefined;
  /** Chunks are strings of this encoding then. Default, also with null: Buffers. */
  encoding?: BufferEncoding | null | undefined;
  /** Whether the stream emits `'close'`. Default true. */
  emitClose?: boolean | undefined;
  /** Destroys the stream with an AbortError. */
  signal?: AbortSignal | undefined;
}
/** What is searched for as it is: bytes, or a string, which stands for its UTF-8. */
type Needle = string | BytesLike | Mmap;
/**
* What is searched for: bytes or a string as they are, or a RegExp, which means over bytes what it means in ECMAScript over
* characters. Without the flags `u` and `v` a byte is a character (`\\xff` is the byte 0xFF), and characters beyond ASCII
* stand for their UTF-8; with one of them, the bytes are decoded as UTF-8. Lookaround and backreferences are refused with
* ERR_MMAP_PATTERN, because all else can be matched in linear time.
*/
type Pattern = RegExp | Needle;
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
declare class Mmap implements Disposable, AsyncDisposable, Iterable<number> {
  /**
  * The byte at `index`, 0 to 255: `m[i]`, `m[i] = 97`. Beyond the end there is `undefined`, and an assignment throws
  * ERR_OUT_OF_RANGE, as it does for a value that is no byte. `i in m` is true for every index, also beyond the end. In a loop
  * over many bytes `m.buffer[i]` and `m.at(i)` are faster.
  */
  [index: number]: number;
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
  constructor(fileno: number | {
    readonly fd: number;
  }, length?: number | bigint, options?: MmapOptions);
  /**
  * Opens a file and maps it. No descriptor is left for you to close. An empty file gives a mapping of length 0.
  * @throws {Error} the system's, with `path`: ENOENT, EACCES, EISDIR, ENODEV (a FIFO, a socket), ENOSPC, ...
  */
  static open(path: PathLike, options?: OpenOptions): Mmap;
  /** `open`, off the event loop. */
  static openAsync(path: PathLike, options?: OpenAsyncOptions): Promise<Mmap>;
  /**
  * Maps memory that belongs to no file, filled with zeros.
  * @param length bytes, at least 1
  */
  static anonymous(length: number | bigint, options?: AnonymousOptions): Mmap;
  /**
  * Removes the name of named memory (`tagname`). Whoever has the memory mapped keeps it. On POSIX systems the memory stays
  * until then, even when no process uses it. On Windows the name ends with its last mapping, and the answer is false.
  * @returns whether there was such a name to remove
  */
  static unlink(name: string): boolean;
  /**
  * Another object over the mapping of a token that `share()` has answered, in any thread of the process: the same bytes, with
  * a position and views of its own. The mapping ends when the last object over it is closed, or its thread ends.
  * @throws {Error} ERR_MMAP_CLOSED: the last object over the mapping is closed
  * @throws {Error} ERR_MMAP_BUSY: in the home `'overlay'`, another object has views of private bytes (`access: 'copy'`)
  * @throws {TypeError} ERR_INVALID_ARG_VALUE: this process has not made the token
  */
  static attach(token: ShareToken, options?: AttachOptions): Mmap;
  /** The number of bytes. It changes with `resize()` only. */
  get length(): number;
  /** The same as `length`. */
  get byteLength(): number;
  /** Bytes from the start of the file to the first byte of the mapping. */
  get offset(): number;
  /** What may be done to the bytes. */
  get access(): Access;
  /** The path that `open` was given; `undefined` for a mapping of a descriptor or of memory. */
  get path(): string | undefined;
  /**
  * How the bytes are reached: through views (`'external'`, `'overlay'`), or without them (`'native'`; also once `transfer()` took
  * the view's memory).
  */
  get home(): Home;
  /** Whether `close()` was called. It never throws. */
  get closed(): boolean;
  /**
  * Whether bytes were lost since the mapping was made or since `reattach()`: the file was made shorter, its disk failed or
  * was full, or a view of a read-only mapping was stored to. Reading it makes no system call: that the file was made
  * shorter is noticed by the first access to what it lost, or by `check()`.
  */
  get faulted(): boolean;
  /**
  * Throws if any of the bytes are not the file's. It is for those who read through views, which cannot throw.
  * @throws {Error} ERR_MMAP_FAULT, with `offset` in the file and `reason`; ERR_MMAP_READ_ONLY after a store to a view of a
  * read-only mapping
  */
  check(): void;
  /**
  * Maps the file anew, as it is now, after a fault. Lost bytes are the file's again if it has them; what was stored into
  * lost pages is gone. Views stay valid; on Windows they get length 0.
  * @throws {Error} ERR_MMAP_NO_DESCRIPTOR with `trackfd: false`
  */
  reattach(): void;
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
  close(options?: CloseOptions): void;
  /** Calls `close()`, at the end of a `using` block: await there what works on views. */
  [Symbol.dispose](): void;
  /** Calls `close()`, at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void>;
  /**
  * All bytes, without a copy: the same Buffer each time. With `sharedBuffer`, its `buffer` is a SharedArrayBuffer.
  * @throws {Error} ERR_MMAP_NO_VIEWS in the home `'native'`, or when `transfer()` took the memory of the Buffer
  */
  get buffer(): Buffer<ArrayBuffer>;
  /**
  * A Buffer over a range, without a copy. Negative bounds count from the end.
  * @throws {Error} ERR_MMAP_NO_VIEWS, as `buffer`
  */
  subarray(start?: number | bigint, end?: number | bigint): Buffer<ArrayBuffer>;
  /**
  * A typed array or a DataView over the mapping, without a copy: `m.view(Float64Array, 16, 100)`.
  * @param type the constructor
  * @param byteOffset bytes from the start of the mapping: a multiple of the element's size; default 0
  * @param length elements, for a DataView bytes; default: as many as there are until the end
  * @throws {RangeError} ERR_OUT_OF_RANGE: not aligned, or beyond the end
  * @throws {Error} ERR_MMAP_NO_VIEWS, as `buffer`
  */
  view<V>(type: ViewConstructor<V>, byteOffset?: number | bigint, length?: number | bigint): V;
  /**
  * A copy of a range, in memory of its own: it can be transferred. Negative bounds count from the end.
  */
  slice(start?: number | bigint, end?: number | bigint): Buffer<ArrayBuffer>;
  /** The byte at `index`, 0 to 255. A negative index counts from the end; one beyond either end gives `undefined`. */
  at(index: number | bigint): number | undefined;
  /**
  * Copies `source` into the mapping at `offset` (default 0). A source of wider elements counts by its bytes; of an array,
  * each element is a byte.
  * @throws {RangeError} ERR_OUT_OF_RANGE, and nothing is written: the source does not fit, or an element is no byte
  */
  set(source: BytesLike | Mmap | readonly number[], offset?: number | bigint): void;
  /**
  * Fills a range with a byte, or with bytes that are repeated (a string stands for its UTF-8). Negative bounds count from
  * the end.
  * @throws {RangeError} ERR_OUT_OF_RANGE: a number that is no byte
  */
  fill(value: number | Needle, start?: number | bigint, end?: number | bigint): this;
  /** Whether a byte (a number), a string (as UTF-8) or bytes occur at `start` (default 0) or later. */
  includes(needle: number | Needle, start?: number | bigint): boolean;
  /**
  * Where a byte (a number), a string or bytes first occur at `start` or later, or -1, as `indexOf` of a Buffer. Text in
  * `'utf16le'` is found at odd positions too.
  * @param start default 0, whereas `find` begins at the position. Negative: counted from the end
  * @param encoding of a string; default `'utf8'`
  */
  indexOf(needle: number | Needle, start?: number | bigint | null | BufferEncoding, encoding?: BufferEncoding): number;
  /**
  * Where a byte (a number), a string or bytes last occur, beginning at `start` or before, or -1, as `lastIndexOf` of a Buffer.
  * @param start default: the end. Negative: counted from the end
  * @param encoding of a string; default `'utf8'`
  */
  lastIndexOf(needle: number | Needle, start?: number | bigint | null | BufferEncoding, encoding?: BufferEncoding): number;
  /** Whether the bytes are the same as all bytes of `other`. */
  equals(other: BytesLike | Mmap): boolean;
  /**
  * The bytes of a range as text. Negative bounds count from the end.
  * @param encoding default `'utf8'`
  * @throws {Error} ERR_STRING_TOO_LONG: longer than the engine's strings may be (Node: 512 MiB)
  */
  toString(encoding?: BufferEncoding, start?: number | bigint, end?: number | bigint): string;
  /** A copy of the bytes, so that `Buffer.from(m)` has them. */
  valueOf(): Buffer<ArrayBuffer>;
  /** The bytes as numbers, as they are at each step. After `close()` the next step throws. */
  [Symbol.iterator](): IterableIterator<number>;
  /** A copy of up to `size` bytes from the position, which moves on; all that are left if `size` is absent or negative. */
  read(size?: number | bigint | null): Buffer<ArrayBuffer>;
  /**
  * Copies bytes into `target` without making a Buffer, as `fs.readSync` does.
  * @param offset bytes from the start of `target`; default 0
  * @param length bytes to copy at most; default: as many as fit
  * @param position where to read, in bytes from the start of the mapping; absent or null: at the position, which moves on
  * @returns how many bytes were copied; 0 at the end
  */
  readInto(target: BytesLike, offset?: number | bigint, length?: number | bigint | null, position?: number | bigint | null): number;
  /**
  * The byte at the position, which moves on by one.
  * @throws {RangeError} ERR_OUT_OF_RANGE: the position is at the end
  */
  readByte(): number;
  /** A copy of the line at the position, which moves on, with its `\n`; what is left if there is none; empty at the end. */
  readLine(): Buffer<ArrayBuffer>;
  /**
  * Writes bytes or a string at the position, which moves on. It writes all or nothing: the mapping never grows.
  * @param encoding of a string; default `'utf8'`
  * @returns how many bytes were written
  * @throws {RangeError} ERR_OUT_OF_RANGE, and nothing is written: they do not fit
  */
  write(data: BytesLike | Mmap | string, encoding?: BufferEncoding): number;
  /**
  * Writes one byte, 0 to 255, at the position, which moves on by one.
  * @throws {RangeError} ERR_OUT_OF_RANGE: the value is no byte, or the position is at the end
  */
  writeByte(value: number): void;
  /**
  * Moves the position, and returns it.
  * @param whence from where to count: 0 the start (default), 1 the position, 2 the end
  * @throws {RangeError} ERR_OUT_OF_RANGE, and the position stays: before the start or beyond the end
  */
  seek(position: number | bigint, whence?: 0 | 1 | 2): number;
  /** The position, in bytes from the start of the mapping. A `resize()` that shrinks leaves it where it was. */
  tell(): number;
  /** Always true, also of a closed mapping. */
  seekable(): true;
  /** The size of the file now, in bytes, which may differ from the mapping's; of memory, the length. */
  size(): number;
  /**
  * Where `needle` first occurs wholly within [start, end), in bytes from the start of the mapping, or -1. The position does
  * not move.
  * @param needle a string stands for its UTF-8
  * @param start default: the position, as in Python. Negative: counted from the end
  * @param end default: the end. Negative: counted from the end
  */
  find(needle: Needle, start?: number | bigint | null, end?: number | bigint | null): number;
  /** Where `needle` last occurs within [start, end), as `find`. */
  rfind(needle: Needle, start?: number | bigint | null, end?: number | bigint | null): number;
  /**
  * Copies `count` bytes from `src` to `dest` within the mapping. The ranges may overlap.
  * @throws {RangeError} ERR_OUT_OF_RANGE: a negative number, or a range beyond the end
  */
  move(dest: number | bigint, src: number | bigint, count: number | bigint): void;
  /**
  * Changes the length of the mapping, and makes the file end where the mapping does, as Python does. New bytes are zero.
  * Earlier views get length 0, or what `views` says. If it fails, file and mapping are as they were.
  * @param length bytes, at least 1
  * @throws {TypeError} ERR_MMAP_READ_ONLY: the access is `'read'` or `'copy'`
  * @throws {Error} ERR_MMAP_NO_DESCRIPTOR with `trackfd: false`; ERR_MMAP_BUSY where the system refuses because others hold
  * the mapping (Windows: shrinking under a live view)
  */
  resize(length: number | bigint, options?: ResizeOptions): void;
  /**
  * `resize`, with the blocks of a file that becomes longer found off the event loop, which may take a disk long (on Linux; elsewhere
  * it is `resize`). A file that others have made longer than asked for meanwhile stays as long. If it fails, file and mapping are as they were; after an abort, blocks may stay reserved behind the file's end.
  * @throws {Error} ENOSPC: the disk is full. ABORT_ERR, ERR_MMAP_CLOSED: it ended early; and what `resize` throws
  */
  resizeAsync(length: number | bigint, options?: ResizeAsyncOptions): Promise<void>;
  /**
  * Maps the file again, to its end as it is now, or to a length within it, in every access and without changing the file: how a
  * reader follows a file that grows. What was stored into a private mapping stays. Earlier views get length 0, or what `views`
  * says; the position moves back to the end if it is beyond it.
  * @param length bytes; default: to the end of the file
  * @throws {RangeError} ERR_OUT_OF_RANGE: the file has fewer bytes; ERR_MMAP_OFFSET: it ends before the mapping's start
  * @throws {Error} ERR_MMAP_NO_DESCRIPTOR with `trackfd: false`; EINVAL: this is anonymous memory; ERR_MMAP_BUSY while other objects
  * are attached
  */
  remap(length?: number | bigint | null, options?: RemapOptions): void;
  /**
  * Which pages of a range are in memory: those of a file in the system's cache, on Windows in the working set of this process.
  * Linux hides it, from 5.2 on, from whoever neither owns the file nor may write to it: then there are `undefined`s.
  * @param start default 0. Negative: counted from the end
  * @param end default: the end. Negative: counted from the end
  */
  residency(start?: number | bigint | null, end?: number | bigint | null): Residency;
  /**
  * Keeps the pages that hold a range in memory until `unlock`, `close`, `resize` or `remap`: mlock(2), VirtualLock. They are read
  * from the disk before it returns.
  * @param start default 0. Negative: counted from the end
  * @param end default: the end. Negative: counted from the end
  * @throws {Error} ENOMEM: more than the process may lock; the message says how much that is
  */
  lock(start?: number | bigint | null, end?: number | bigint | null): void;
  /** Undoes `lock` for a range; on Windows it must have been locked. */
  unlock(start?: number | bigint | null, end?: number | bigint | null): void;
  /**
  * Writes changed bytes back to the file, and waits for the disk: msync(2) of the pages that hold the range;
  * FlushViewOfFile and FlushFileBuffers on Windows; F_FULLFSYNC as well on macOS. With the access `'read'` or `'copy'` there
  * is nothing to do.
  * @param offset bytes from the start of the mapping; default 0
  * @param length bytes; default: to the end
  */
  flush(offset?: number | bigint, length?: number | bigint, options?: FlushOptions): void;
  /** `flush`, off the event loop. */
  flushAsync(offset?: number | bigint, length?: number | bigint, options?: FlushAsyncOptions): Promise<void>;
  /**
  * Brings bytes into memory, off the event loop, so that whoever touches them next does not wait for a disk. Everything is asked of
  * the system before any of it is waited for, 64 MiB at a time.
  * @param start bytes from the start of the mapping; default 0. Negative: counted from the end
  * @param end default: the end. Negative: counted from the end
  * @throws {Error} ERR_MMAP_FAULT: the file no longer has a page, or it cannot be read. ABORT_ERR, ERR_MMAP_CLOSED: it ended early
  */
  prefetch(start?: number | bigint | null, end?: number | bigint | null, options?: PrefetchOptions): Promise<void>;
  /** The same of many ranges at once, in any order: what overlaps is brought once. */
  prefetch(ranges: readonly ByteRange[], options?: PrefetchOptions): Promise<void>;
  /**
  * A copy of the bytes within [start, end), made off the event loop: what is not in memory is waited for there.
  * @param start default 0. Negative: counted from the end
  * @param end default: the end. Negative: counted from the end
  * @throws {Error} ERR_MMAP_FAULT: the file no longer has a byte, or it cannot be read. ABORT_ERR, ERR_MMAP_CLOSED: it ended early
  * @throws {RangeError} ERR_OUT_OF_RANGE: `into` is shorter than the range
  */
  readAsync(start?: number | bigint | null, end?: number | bigint | null, options?: ReadIntoOptions): Promise<Buffer<ArrayBuffer>>;
  /** Copies of many ranges, in their order. All are asked of the system before any is waited for. */
  readAsync(ranges: readonly ByteRange[], options?: ReadAsyncOptions): Promise<Buffer<ArrayBuffer>[]>;
  /**
  * The bytes as a Readable, with the options of `fs.createReadStream`: `end` is the last byte, not the one behind it. Chunks are
  * copies, read off the event loop, while the system reads ahead. `close()` destroys it with ERR_MMAP_CLOSED, and bytes that
  * the file has lost with ERR_MMAP_FAULT.
  */
  createReadStream(options?: ReadStreamOptions | BufferEncoding | null): Readable;
  /**
  * The bytes within [start, end) as a byte stream of the Web, as `Blob.prototype.stream` gives it: for
  * `new Response(m.stream())`. Chunks are copies, as of `createReadStream`.
  * @param start default 0. Negative: counted from the end
  * @param end default: the end. Negative: counted from the end
  */
  stream(start?: number | bigint | null, end?: number | bigint | null): ReadableStream<Uint8Array<ArrayBuffer>>;
  /**
  * Tells the system how the bytes will be used: madvise(2); on Windows PrefetchVirtualMemory, for `'willneed'` alone. The
  * start is rounded down to a page. An advice that drops bytes (`'dontneed'`, `'free'`, `'remove'`) needs a start that is a
  * multiple of PAGESIZE, or fails with EINVAL.
  * @param advice a portable name, or a MADV_ of `constants`
  * @param start bytes from the start of the mapping; default 0
  * @param length bytes, clipped to the end; default: to the end
  * @returns whether the system took the advice: false where it knows none such
  */
  madvise(advice: AdviceName | number, start?: number | bigint, length?: number | bigint | null): boolean;
  /**
  * Names anonymous memory, for those who read /proc/PID/maps (Linux 5.17 and newer).
  * @param name at most 79 bytes of UTF-8: printable, without a null, and without `\ $ [ ]` and the backquote
  * @throws {Error} EINVAL: this is not anonymous memory, or the kernel refuses the name; ENOSYS on other systems
  */
  setName(name: string): void;
  /**
  * A token for `Mmap.attach` in another thread, to be sent by `postMessage()` or `workerData`. While several objects share
  * a mapping, `resize()` and `reattach()` throw ERR_MMAP_BUSY, and `close()` takes nothing away but the object's own views:
  * those of other objects keep their bytes, and in the home `'external'` so do its own with `views: 'zero'`.
  */
  share(): ShareToken;
  /**
  * Where the first match within [start, end) begins, in bytes from the start of the mapping, or -1. As in
  * `String.prototype.search`, `lastIndex` is neither read nor set. `^` and `$` match at the ends of the range.
  * @param start default 0. Negative: counted from the end
  * @param end default: the end. Negative: counted from the end
  * @throws {SyntaxError} ERR_MMAP_PATTERN: the pattern has lookaround or a backreference, or is too large
  */
  search(pattern: Pattern, start?: number | bigint | null, end?: number | bigint | null): number;
  /**
  * The first match within [start, end), or null. As in `RegExp.prototype.exec`, a RegExp with the flag `g` or `y` begins at
  * its `lastIndex`, in bytes from the start of the mapping, and has it set to the end of the match.
  */
  match(pattern: Pattern, start?: number | bigint | null, end?: number | bigint | null): ByteMatch | null;
  /**
  * All matches within [start, end), one after the other. As in `String.prototype.matchAll`, a RegExp needs the flag `g`, and
  * its `lastIndex`, in bytes from the start of the mapping, says where to begin. If the mapping becomes shorter meanwhile, by
  * `resize` or `remap`, the first match that is not within it is the end.
  */
  matchAll(pattern: Pattern, start?: number | bigint | null, end?: number | bigint | null): IteratorObject<ByteMatch, undefined, unknown>;
  /**
  * The number of matches within [start, end) that do not overlap: each begins where the one before has ended, or later.
  * @param start default 0. Negative: counted from the end
  * @param end default: the end. Negative: counted from the end
  */
  count(pattern: Pattern, start?: number | bigint | null, end?: number | bigint | null): number;
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
  lines<K extends LineKind = "string">(options?: LinesOptions<K>): IteratorObject<Line<K>, undefined, unknown>;
  /** The lines in arrays of some hundreds, fetched off the event loop, and no further ahead than you ask. */
  linesAsync<K extends "string" | "buffer" = "string">(options?: LinesOptions<K> & Pick<LinesAsyncOptions, "signal">): AsyncGenerator<Line<K>[], void, undefined>;
  /**
  * `find`, off the event loop, on several threads.
  * @throws {Error} ERR_MMAP_BUSY, as of each search off the event loop: `resize()` or `reattach()` has replaced the bytes
  * meanwhile
  */
  findAsync(needle: Needle, options?: SearchOptions): Promise<number>;
  /** `rfind`, off the event loop, on several threads. */
  rfindAsync(needle: Needle, options?: SearchOptions): Promise<number>;
  /** `count`, off the event loop, with the same answer. It takes several threads where the pattern allows that. */
  countAsync(pattern: Pattern, options?: SearchOptions): Promise<number>;
  /** `match`, off the event loop. */
  matchAsync(pattern: Pattern, options?: SearchOptions): Promise<ByteMatch | null>;
  /** `matchAll`, off the event loop: fetched in batches, and no further ahead than you ask. */
  matchAllAsync(pattern: Pattern, options?: SearchOptions): AsyncGenerator<ByteMatch, void, undefined>;
}
export { ALLOCATIONGRANULARITY, type Access, type AdviceName, type AnonymousOptions, type AttachOptions, ByteMatch, type ByteRange, type BytesLike, type CloseOptions, type CommonOptions, type ConstantName, type Constants, type ErrorCode, type FaultReason, type Faults, type FlushAsyncOptions, type FlushOptions, type Home, type Line, type LineKind, type LinesAsyncOptions, type LinesOptions, Mmap, MmapAbortError, MmapError, MmapFaultError, type MmapOptions, MmapPatternError, MmapRangeError, MmapSystemError, MmapTypeError, type Needle, type OpenAsyncOptions, type OpenOptions, PAGESIZE, type PathLike, type Pattern, type PrefetchOptions, type ReadAsyncOptions, type ReadIntoOptions, type ReadStreamOptions, type RemapOptions, type Residency, type ResizeAsyncOptions, type ResizeOptions, type SearchOptions, type ShareToken, type Span, type ViewConstructor, type ViewsAfter, constants };