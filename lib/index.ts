export type { BytesLike } from './checks.js'
export { ALLOCATIONGRANULARITY, type ConstantName, type Constants, constants, PAGESIZE } from './constants.js'
export {
  type ErrorCode,
  type FaultReason,
  MmapAbortError,
  MmapError,
  MmapFaultError,
  MmapPatternError,
  MmapRangeError,
  MmapSystemError,
  MmapTypeError,
} from './errors.js'
export type { Home } from './homes/home.js'
export type { ViewConstructor } from './members/array.js'
export { ByteMatch, type Span } from './members/byte-match.js'
export type { Residency } from './members/memory.js'
export { Mmap, type Needle, type Pattern } from './mmap.js'
export type { Access } from './options/access.js'
export type { ByteRange, PrefetchOptions, ReadAsyncOptions, ReadIntoOptions } from './options/ahead.js'
export type { CloseOptions, RemapOptions, ResizeAsyncOptions, ResizeOptions, ViewsAfter } from './options/lifetime.js'
export type { Line, LineKind, LinesAsyncOptions, LinesOptions } from './options/lines.js'
export type { AdviceName, FlushAsyncOptions, FlushOptions } from './options/memory.js'
export type {
  AnonymousOptions,
  CommonOptions,
  Faults,
  MmapOptions,
  OpenAsyncOptions,
  OpenOptions,
} from './options/open.js'
export type { PathLike } from './options/path.js'
export type { SearchOptions } from './options/search.js'
export type { AttachOptions, ShareToken } from './options/share.js'
export type { ReadStreamOptions } from './options/streams.js'
