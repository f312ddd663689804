// What is searched for, made ready to run.
import { isRegExp } from 'node:util/types'
import type { NativePattern } from '../../binding.js'
import { unwrap } from '../failures.js'
import { binding } from '../load/load.js'
import { bytesOrCopy } from './operands.js'

/** A pattern that is ready to run. */
export interface Compiled {
  readonly native: NativePattern
  /** The name of each group, `null` for one without; group 0 is the whole match. */
  readonly names: readonly (string | null)[]
}

// Captured at load: a RegExp whose properties were replaced still means its own pattern.
const { get: sourceOf } = Object.getOwnPropertyDescriptor(RegExp.prototype, 'source') as { get(): string }
const { get: flagsOf } = Object.getOwnPropertyDescriptor(RegExp.prototype, 'flags') as { get(): string }

/**
 * The patterns that were used last, in the order of their use. Compiling a pattern takes as long as searching some
 * 100 KiB.
 */
const cache = new Map<string, Compiled>()
const CACHE_SIZE = 64

const WHOLE_MATCH_ONLY: readonly (string | null)[] = [null]

/** Compiles what a caller searches for. `name` is the name of the argument, for errors. */
export function compile(pattern: unknown, name = 'pattern'): Compiled {
  if (!isRegExp(pattern)) {
    const bytes =
      typeof pattern === 'string'
        ? Buffer.from(pattern)
        : bytesOrCopy(pattern, name, 'of type string or an instance of RegExp or ')
    return { native: binding.verbatim(bytes), names: WHOLE_MATCH_ONLY }
  }
  const source = sourceOf.call(pattern)
  // `d` and `g` do not change what matches.
  const flags = flagsOf.call(pattern).replaceAll(/[dg]/g, '')
  const key = `${flags}/${source}`
  let compiled = cache.get(key)
  if (compiled === undefined) {
    const native = unwrap(binding.compile(source, flags))
    compiled = { native, names: native.groups() }
    if (cache.size >= CACHE_SIZE) cache.delete(cache.keys().next().value as string)
  } else cache.delete(key)
  cache.set(key, compiled)
  return compiled
}
