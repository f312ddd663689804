import { isRegExp } from 'node:util/types'
import type { NativePattern } from '../binding.js'
import type { ByteArray } from './array.js'
import { bytesOrMapping } from './array.js'
import type { BytesLike } from './checks.js'
import { unwrap } from './errors.js'
import { binding } from './load.js'

/** What is looked for as it is: a string is its UTF-8. */
export type Needle = string | BytesLike | ByteArray

/**
 * What is looked for: as it is, or a RegExp, which means what it means in ECMAScript, over bytes. Without the flags `u`
 * and `v` a byte is a character (`\\xff` is the byte 0xFF) and text beyond ASCII is its UTF-8; with them the bytes are
 * UTF-8. Lookaround and backreferences are refused with ERR_MMAP_PATTERN: the rest runs in linear time.
 */
export type Pattern = RegExp | Needle

/** A pattern that is ready to run. */
export interface Compiled {
  readonly native: NativePattern
  /** The names of the groups; the first is the whole match. */
  readonly names: readonly (string | null)[]
}

export function needleBytes(needle: unknown): Uint8Array {
  return typeof needle === 'string' ? Buffer.from(needle) : bytesOrMapping(needle, 'needle', 'of type string or ')
}

// Held back: what is compiled is the pattern, whatever was put in the place of its properties.
const { get: sourceOf } = Object.getOwnPropertyDescriptor(RegExp.prototype, 'source') as { get(): string }
const { get: flagsOf } = Object.getOwnPropertyDescriptor(RegExp.prototype, 'flags') as { get(): string }

/** The last patterns that were used, the newest last: to compile one costs as much as to search some 100 KiB. */
const cache = new Map<string, Compiled>()
const CACHED = 64

const WHOLE: readonly (string | null)[] = [null]

/** Makes ready what is looked for; `name` is the argument's, for errors. */
export function compile(pattern: unknown, name = 'pattern'): Compiled {
  if (!isRegExp(pattern)) {
    const bytes =
      typeof pattern === 'string'
        ? Buffer.from(pattern)
        : bytesOrMapping(pattern, name, 'of type string or an instance of RegExp or ')
    return { native: binding.verbatim(bytes), names: WHOLE }
  }
  const source = sourceOf.call(pattern)
  const flags = flagsOf.call(pattern).replaceAll(/[dg]/g, '')
  const key = `${flags}/${source}`
  let compiled = cache.get(key)
  if (compiled === undefined) {
    const native = unwrap(binding.compile(source, flags)) as NativePattern
    compiled = { native, names: native.groups() }
    if (cache.size >= CACHED) cache.delete(cache.keys().next().value as string)
  } else cache.delete(key)
  cache.set(key, compiled)
  return compiled
}
