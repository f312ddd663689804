// How a mapping ends, and what can be told of it at any time.
import { inspect } from 'node:util'
import { coded } from '../errors.js'
import { CLOSED } from '../homes/closed.js'
import { uncurried } from '../intrinsics.js'
import { type CloseOptions, viewsAfterClose } from '../options/lifetime.js'
import type { Cancel, MappingState } from '../state.js'

const eachOf = uncurried<Set<Cancel>, [(cancel: Cancel) => void], void>(Set.prototype.forEach)

export function isClosed(state: MappingState): boolean {
  return state.bytes === CLOSED
}

export function close(state: MappingState, options?: CloseOptions): void {
  const views = viewsAfterClose(options)
  const { bytes, jobs } = state
  state.bytes = CLOSED
  state.changes++
  bytes.close(views)
  if (jobs === undefined || jobs.size === 0) return
  eachOf(jobs, (cancel) => cancel(coded('ERR_MMAP_CLOSED', 'The mapping was closed')))
}

/** Reads a fact of a mapping; of a closed one it throws. */
export function fact<K extends 'offset' | 'access' | 'path'>(state: MappingState, name: K): MappingState[K] {
  void state.bytes.length
  return state[name]
}

/** What `util.inspect` shows: one line with the facts, under the name of the object's class. */
export function description(state: MappingState, name: string): string {
  if (isClosed(state)) return `${name} { closed: true }`
  const { access, bytes, offset, position } = state
  const path = state.path === undefined ? '' : `, path: ${inspect(state.path)}`
  return `${name} { length: ${bytes.length}, access: '${access}', position: ${position}, offset: ${offset}, home: '${bytes.home}'${path} }`
}
