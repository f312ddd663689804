/**
 * What may be done to the bytes of a mapping. `'write'`: changes go to the file, and other processes see them. `'copy'`:
 * changes are private to the mapping, and the file never changes.
 */
export type Access = 'read' | 'write' | 'copy'

export const ACCESSES: readonly Access[] = ['read', 'write', 'copy']

/** The number by which the addon knows an access. 0: none was given, so that `prot` or Python's default decides. */
export function accessCode(access: Access | undefined): number {
  return access === undefined ? 0 : ACCESSES.indexOf(access) + 1
}
