import type { Access as NativeAccess } from '../../binding.js'
import { binding } from '../load/load.js'

/**
 * What may be done to the bytes of a mapping. `'write'`: changes go to the file, and other processes see them. `'copy'`:
 * changes are private to the mapping, and the file never changes.
 */
export type Access = 'read' | 'write' | 'copy'

export const ACCESSES: readonly Access[] = ['read', 'write', 'copy']

const NATIVE: Record<Access, NativeAccess> = {
  read: binding.Access.Read,
  write: binding.Access.Write,
  copy: binding.Access.Copy,
}

/** The access that the addon answered, which is never the default. */
export function accessOf(native: NativeAccess): Access {
  return ACCESSES.find((access) => NATIVE[access] === native) ?? 'write'
}

/** An access as the addon knows it. If none was given, `prot` or Python's default decides. */
export function nativeAccess(access: Access | undefined): NativeAccess {
  return access === undefined ? binding.Access.Default : NATIVE[access]
}
