export type { ViewConstructor } from './array.js'
export type { Home } from './bytes.js'
export type { BytesLike } from './checks.js'
export { ALLOCATIONGRANULARITY, type ConstantName, constants, PAGESIZE } from './constants.js'
export type { Access, CloseOptions } from './core.js'
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
export type { AdviceName, FlushAsyncOptions, FlushOptions, ResizeOptions } from './file.js'
export type { Line, LineKind, LinesAsyncOptions, LinesOptions } from './lines.js'
export { ByteMatch } from './match.js'
export { Mmap } from './mmap.js'
export type { AnonymousOptions, Faults, MmapOptions, OpenAsyncOptions, OpenOptions, PathLike } from './options.js'
export type { Needle, Pattern } from './pattern.js'
export type { ScanOptions } from './search.js'
