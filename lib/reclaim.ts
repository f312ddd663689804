// Getting back what was dropped and not closed, when the system has no more of it.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { binding } from './load/load.js'

/** The engine's function for a full garbage collection. */
function garbageCollector(): (() => void) | undefined {
  const bun = Reflect.get(globalThis, 'Bun')
  if (bun !== undefined) return () => bun.gc(true)
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc')
}

/** Closes mappings that the engine has already collected. */
export function closeCollected(): void {
  binding.sweep()
}

/** Forces a garbage collection, and closes the mappings that were dropped without `close()`. It is slow: a last resort. */
export function reclaim(): void {
  let collect: (() => void) | undefined
  try {
    collect = garbageCollector()
  } catch {
    // The engine offers no such function. The mapping then fails as it would have.
  }
  collect?.()
  closeCollected()
  // What the mappings have let go of: memory of the engine's own.
  collect?.()
}
