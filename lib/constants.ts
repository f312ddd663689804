import { binding } from './load/load.js'

/** The size of a page of memory, in bytes. */
export const PAGESIZE: number = binding.pageSize()

/** The constructor's `offset` must be a multiple of this many bytes: the page size on Unix, usually 65536 on Windows. */
export const ALLOCATIONGRANULARITY: number = binding.allocationGranularity()

/** The name of a constant: PROT_, MAP_, MADV_ or MS_ and more. */
export type ConstantName = `${'PROT' | 'MAP' | 'MADV' | 'MS'}_${string}`

/** The constants PROT_, MAP_, MADV_ and MS_ that this platform's headers define, with their values. None on Windows. */
export const constants: Readonly<Record<ConstantName, number>> = Object.freeze(binding.constants())
