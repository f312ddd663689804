// Searching the bytes without making a string of them. It never moves the position.
import { isRegExp } from 'node:util/types'
import * as check from '../checks.js'
import { wrongValue } from '../errors.js'
import { unwrap } from '../failures.js'
import type { MappedBytes } from '../homes/home.js'
import { type JobOptions, runJob } from '../jobs.js'
import { type SearchOptions, type SearchRequest, searchRequest } from '../options/search.js'
import type { MappingState } from '../state.js'
import type { ByteMatch } from './byte-match.js'
import { iteratorOf } from './iterator.js'
import { firstMatch, Matches, matchesAsync } from './match.js'
import { needleBytes } from './operands.js'
import { compile, compileRegExp, compileToKeep, plainBytes } from './pattern.js'

/** The range [start, end) of the bytes; an end before the start gives an empty range. */
function range(bytes: MappedBytes, start: unknown, end: unknown, prefix = ''): [number, number] {
  const { length } = bytes
  const from = check.bound(start, `${prefix}start`, length, 0)
  return [from, Math.max(from, check.bound(end, `${prefix}end`, length, length))]
}

/** Where a search for all matches begins: for a RegExp, which must have the flag `g`, not before its `lastIndex`. */
function startOfAll(pattern: unknown, from: number): number {
  if (!isRegExp(pattern)) return from
  if (!pattern.global) throw wrongValue('pattern', 'a RegExp with the flag g', pattern)
  return Math.max(from, pattern.lastIndex)
}

export function search(state: MappingState, pattern: unknown, start: unknown, end: unknown): number {
  const { bytes } = state
  const [from, to] = range(bytes, start, end)
  if (!isRegExp(pattern)) return bytes.find(needleBytes(pattern), from, to, false)
  return unwrap(bytes.native.search(compileRegExp(pattern).wanted, from, to, from), bytes.path)
}

export function match(state: MappingState, pattern: unknown, start: unknown, end: unknown): ByteMatch | null {
  const [from, to] = range(state.bytes, start, end)
  const compiled = compile(pattern)
  if (!isRegExp(pattern) || !(pattern.global || pattern.sticky)) return firstMatch(state, compiled, from, to, from)
  const at = Math.max(from, pattern.lastIndex)
  const found = at > to ? null : firstMatch(state, compiled, from, to, at)
  pattern.lastIndex = found === null ? 0 : found.end
  return found
}

export function matchAll(
  state: MappingState,
  pattern: unknown,
  start: unknown,
  end: unknown,
): IteratorObject<ByteMatch, undefined, unknown> {
  const [from, to] = range(state.bytes, start, end)
  const at = startOfAll(pattern, from)
  return iteratorOf(new Matches(state, compileToKeep(pattern), from, to, at))
}

export function count(state: MappingState, pattern: unknown, start: unknown, end: unknown): number {
  const { bytes } = state
  const { length } = bytes
  const from = check.bound(start, 'start', length, 0)
  const to = check.bound(end, 'end', length, length)
  if (!isRegExp(pattern)) {
    const needle = plainBytes(pattern, 'needle')
    return from > to ? 0 : bytes.count(needle, from, to)
  }
  const { wanted } = compileRegExp(pattern)
  return from > to ? 0 : unwrap(bytes.native.count(wanted, from, to), bytes.path)
}

/** What the jobs of a search of `total` bytes obey. The jobs before have searched `searched` of them. */
function jobOptions({ signal, onProgress }: SearchRequest, total: number, searched = 0): JobOptions {
  return { signal, onProgress: onProgress && ((done) => onProgress(Math.min(total, searched + done), total)) }
}

export async function findAsync(
  state: MappingState,
  needle: unknown,
  options: SearchOptions | undefined,
  last: boolean,
): Promise<number> {
  const { bytes } = state
  const { length } = bytes
  const request = searchRequest(options)
  const wanted = needleBytes(needle)
  const from = check.start(request.start, 'options.start', length, state.position)
  const to = check.bound(request.end, 'options.end', length, length)
  if (from > to) return -1
  return runJob(state, jobOptions(request, to - from), (job) =>
    bytes.native.findAsync(job, wanted, { start: from, end: to, threads: request.threads }, last),
  )
}

export async function countAsync(
  state: MappingState,
  pattern: unknown,
  options: SearchOptions | undefined,
): Promise<number> {
  const { bytes } = state
  const { length } = bytes
  const request = searchRequest(options)
  const compiled = compile(pattern)
  const from = check.bound(request.start, 'options.start', length, 0)
  const to = check.bound(request.end, 'options.end', length, length)
  if (from > to) return 0
  return runJob(state, jobOptions(request, to - from), (job) =>
    bytes.native.countAsync(job, compiled.wanted, { start: from, end: to, threads: request.threads }),
  )
}

export async function matchAsync(
  state: MappingState,
  pattern: unknown,
  options: SearchOptions | undefined,
): Promise<ByteMatch | null> {
  // A closed mapping throws here, before the arguments are looked at.
  void state.bytes.length
  const request = searchRequest(options)
  const [from, to] = range(state.bytes, request.start, request.end, 'options.')
  const moves = isRegExp(pattern) && (pattern.global || pattern.sticky)
  const at = moves ? Math.max(from, pattern.lastIndex) : from
  const compiled = compileToKeep(pattern)
  const matches = matchesAsync(state, compiled, from, to, at, {
    ...request,
    jobOptions: (searched) => jobOptions(request, to - from, searched),
    most: 1,
  })
  const { value } = await matches.next()
  await matches.return()
  const found = value ?? null
  if (moves) pattern.lastIndex = found === null ? 0 : found.end
  return found
}

export function matchAllAsync(
  state: MappingState,
  pattern: unknown,
  options: SearchOptions | undefined,
): AsyncGenerator<ByteMatch, void, undefined> {
  // A closed mapping throws here, and not when the first match is asked for.
  void state.bytes.length
  const request = searchRequest(options)
  const [from, to] = range(state.bytes, request.start, request.end, 'options.')
  const at = startOfAll(pattern, from)
  const compiled = compileToKeep(pattern)
  return matchesAsync(state, compiled, from, to, at, {
    ...request,
    jobOptions: (searched) => jobOptions(request, to - from, searched),
  })
}
