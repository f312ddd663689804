import { binding } from './load/load.js'

/** The size of a page of memory, in bytes. */
export const PAGESIZE: number = binding.pageSize()

/** The constructor's `offset` must be a multiple of this many bytes: the page size on Unix, usually 65536 on Windows. */
export const ALLOCATIONGRANULARITY: number = binding.allocationGranularity()

/** The constants that every Unix has, and those of some systems or processors alone, which are `undefined` elsewhere. */
export interface Constants {
  readonly PROT_NONE: number
  readonly PROT_READ: number
  readonly PROT_WRITE: number
  readonly PROT_EXEC: number
  readonly MAP_SHARED: number
  readonly MAP_PRIVATE: number
  readonly MAP_FIXED: number
  readonly MAP_ANON: number
  readonly MADV_NORMAL: number
  readonly MADV_RANDOM: number
  readonly MADV_SEQUENTIAL: number
  readonly MADV_WILLNEED: number
  readonly MADV_DONTNEED: number
  readonly MS_SYNC: number
  readonly MS_ASYNC: number
  readonly MS_INVALIDATE: number
  readonly MADV_AUTOSYNC?: number
  readonly MADV_CAN_REUSE?: number
  readonly MADV_COLD?: number
  readonly MADV_CORE?: number
  readonly MADV_DODUMP?: number
  readonly MADV_DOFORK?: number
  readonly MADV_DONTDUMP?: number
  readonly MADV_DONTFORK?: number
  readonly MADV_FREE?: number
  readonly MADV_FREE_REUSABLE?: number
  readonly MADV_FREE_REUSE?: number
  readonly MADV_HUGEPAGE?: number
  readonly MADV_HWPOISON?: number
  readonly MADV_KEEPONFORK?: number
  readonly MADV_MERGEABLE?: number
  readonly MADV_NOCORE?: number
  readonly MADV_NOHUGEPAGE?: number
  readonly MADV_NOSYNC?: number
  readonly MADV_PAGEOUT?: number
  readonly MADV_POPULATE_READ?: number
  readonly MADV_POPULATE_WRITE?: number
  readonly MADV_PROTECT?: number
  readonly MADV_REMOVE?: number
  readonly MADV_SOFT_OFFLINE?: number
  readonly MADV_UNMERGEABLE?: number
  readonly MADV_WIPEONFORK?: number
  readonly MADV_ZERO_WIRED_PAGES?: number
  readonly MAP_32BIT?: number
  readonly MAP_ALIGNED_SUPER?: number
  readonly MAP_ANONYMOUS?: number
  readonly MAP_DENYWRITE?: number
  readonly MAP_EXCL?: number
  readonly MAP_EXECUTABLE?: number
  readonly MAP_FIXED_NOREPLACE?: number
  readonly MAP_GROWSDOWN?: number
  readonly MAP_GUARD?: number
  readonly MAP_HASSEMAPHORE?: number
  readonly MAP_HUGETLB?: number
  readonly MAP_JIT?: number
  readonly MAP_LOCKED?: number
  readonly MAP_NOCACHE?: number
  readonly MAP_NOCORE?: number
  readonly MAP_NOEXTEND?: number
  readonly MAP_NONBLOCK?: number
  readonly MAP_NORESERVE?: number
  readonly MAP_NOSYNC?: number
  readonly MAP_POPULATE?: number
  readonly MAP_RENAME?: number
  readonly MAP_SHARED_VALIDATE?: number
  readonly MAP_STACK?: number
  readonly MAP_SYNC?: number
}

/** The name of a constant. */
export type ConstantName = keyof Constants

/**
 * The constants PROT_, MAP_, MADV_ and MS_ that this platform's headers define, with their values. On Windows there are none,
 * and each is `undefined`.
 */
export const constants: Constants = Object.freeze(binding.constants() as Partial<Constants> as Constants)
