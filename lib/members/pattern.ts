// What is searched for, made ready to run.
import { isRegExp } from 'node:util/types'
import type { NativePattern } from '../../binding.js'
import { failed } from '../failures.js'
import { binding } from '../load/load.js'
import { bytesOrCopy } from './operands.js'

/** What is searched for, ready to run. */
export interface Compiled {
  /** As the addon takes it: bytes as they are, or a compiled RegExp. To be asked for before each call, and not kept. */
  readonly wanted: Uint8Array | NativePattern
  /** The name of each group, `null` for one without; group 0 is the whole match. */
  readonly names: readonly (string | null)[]
}

// Captured at load: a RegExp whose properties were replaced still means its own pattern.
const { get: sourceOf } = Object.getOwnPropertyDescriptor(RegExp.prototype, 'source') as { get(): string }
/** Letters of the flags that change what matches, in the order of `flags`, and their getters, which `flags` asks by name. */
const FLAGS = Object.entries({
  i: 'ignoreCase',
  m: 'multiline',
  s: 'dotAll',
  u: 'unicode',
  v: 'unicodeSets',
  y: 'sticky',
}).map(([letter, name]) => [letter, Object.getOwnPropertyDescriptor(RegExp.prototype, name)?.get] as const)

function flagsOf(pattern: RegExp): string {
  let flags = ''
  for (const [letter, isSet] of FLAGS) if (isSet?.call(pattern)) flags += letter
  return flags
}

const WHOLE_MATCH_ONLY: readonly (string | null)[] = [null]

/** How many patterns are kept compiled. Compiling one takes as long as searching some 100 KiB. */
const MOST_COMPILED = 64
/** How many bytes they may take together. The one that was used last is kept whatever it takes. */
const MOST_BYTES = 64 * 2 ** 20
/** After so many uses their bytes are counted anew: searches make a pattern larger. */
const COUNT_INTERVAL = 256

/** The patterns that are compiled now, in the order of their last use. */
const compiled = new Map<string, CompiledRegExp>()
/**
 * Objects of the addon that have no pattern. They are used again, since engines let go of such objects in a turn of the
 * event loop, for which a loop that makes a RegExp in each round may keep them waiting.
 */
const spares: NativePattern[] = []
/** The bytes of the compiled patterns when each was last counted. */
let bytes = 0
let usesUntilCount = COUNT_INTERVAL

/** A RegExp that was compiled. What was compiled may be let go of for others, and is then made again when it is needed. */
class CompiledRegExp implements Compiled {
  readonly #key: string
  readonly #source: string
  readonly #flags: string
  #names: readonly (string | null)[] = WHOLE_MATCH_ONLY
  #native: NativePattern | undefined
  /** Its part of `bytes`. */
  #counted = 0

  constructor(key: string, source: string, flags: string) {
    this.#key = key
    this.#source = source
    this.#flags = flags
    this.#compile()
  }

  get names(): readonly (string | null)[] {
    return this.#names
  }

  get wanted(): NativePattern {
    return this.#native ?? compiled.get(this.#key)?.wanted ?? this.#compile()
  }

  // Where the stack is nearly used up, each call may throw. So the pattern is kept only when all that is asked of the addon
  // has been answered.
  #compile(): NativePattern {
    const native = spares.pop() ?? new binding.NativePattern()
    const failure = native.compile(this.#source, this.#flags)
    if (failure !== null) {
      spares.push(native)
      throw failed(failure)
    }
    this.#names = native.groups()
    this.#native = native
    // The one before has been searched for since it was compiled, most often for the first time.
    newest?.count()
    compiled.set(this.#key, this)
    newest = this
    this.count()
    if (compiled.size > MOST_COMPILED) oldest().clear()
    if (bytes > MOST_BYTES) countAll()
    return native
  }

  /** Counts its bytes anew. */
  count(): void {
    const now = this.#native?.memory() ?? 0
    bytes += now - this.#counted
    this.#counted = now
  }

  /** Lets go of what was compiled. */
  clear(): void {
    compiled.delete(this.#key)
    const native = this.#native
    this.#native = undefined
    if (native === undefined) return
    native.clear()
    this.count()
    spares.push(native)
  }
}

/** The pattern that was compiled last. */
let newest: CompiledRegExp | undefined

function oldest(): CompiledRegExp {
  return compiled.values().next().value as CompiledRegExp
}

/** Counts all bytes anew, and lets go of the patterns whose last use is longest ago while they are too many. */
function countAll(): void {
  usesUntilCount = COUNT_INTERVAL
  for (const pattern of compiled.values()) pattern.count()
  while (bytes > MOST_BYTES && compiled.size > 1) oldest().clear()
}

/** Compiles a RegExp, unless it was used lately. */
export function compileRegExp(pattern: RegExp): CompiledRegExp {
  const source = sourceOf.call(pattern)
  const flags = flagsOf(pattern)
  const key = `${flags}/${source}`
  const known = compiled.get(key)
  if (known !== undefined) {
    compiled.delete(key)
    compiled.set(key, known)
  }
  if (--usesUntilCount <= 0) countAll()
  return known ?? new CompiledRegExp(key, source, flags)
}

/** What is searched for when it is no RegExp: bytes, or a string as UTF-8. `name` is the argument's, for errors. */
export function plainBytes(pattern: unknown, name = 'pattern'): Uint8Array {
  return typeof pattern === 'string'
    ? Buffer.from(pattern)
    : bytesOrCopy(pattern, name, 'of type string or an instance of RegExp or ')
}

/** What a caller searches for, for one call. */
export function compile(pattern: unknown): Compiled {
  return isRegExp(pattern) ? compileRegExp(pattern) : { wanted: plainBytes(pattern), names: WHOLE_MATCH_ONLY }
}

/** As `compile`, for several calls, between which the caller may change the bytes. */
export function compileToKeep(pattern: unknown): Compiled {
  return isRegExp(pattern) ? compileRegExp(pattern) : { wanted: copied(plainBytes(pattern)), names: WHOLE_MATCH_ONLY }
}

function copied(needle: Uint8Array): Buffer {
  try {
    return Buffer.from(needle)
  } catch {
    const message = 'There is no memory for a copy of what is searched for'
    throw failed({ code: binding.ErrorCode.System, name: 'ENOMEM', syscall: 'malloc', message })
  }
}
