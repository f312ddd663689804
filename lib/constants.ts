import { binding } from './load/load.js'

/** Bytes of a page of memory. */
export const PAGESIZE: number = binding.pageSize()

/** What the constructor's `offset` is a multiple of, in bytes: the page size on Unix, usually 65536 on Windows. */
export const ALLOCATIONGRANULARITY: number = binding.allocationGranularity()

/** A name of the families PROT_, MAP_, MADV_ and MS_. */
export type ConstantName = `${'PROT' | 'MAP' | 'MADV' | 'MS'}_${string}`

/** Each PROT_, MAP_, MADV_ and MS_ that this platform defines, with the values of its headers; none on Windows. */
export const constants: Readonly<Record<ConstantName, number>> = Object.freeze(binding.constants())
