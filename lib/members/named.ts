// Named memory.
import * as check from '../checks.js'
import { unwrap } from '../failures.js'
import { binding } from '../load/load.js'

export function unlink(name: unknown): boolean {
  return unwrap(binding.unlink(check.memoryName(name, 'name')))
}
