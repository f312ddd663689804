import * as threads from 'node:worker_threads'
import { coded } from './errors.js'
import type { MappedBytes } from './homes/home.js'
import type { Access } from './options/access.js'

/** Ends a job early: its promise rejects with the reason. */
export type Cancel = (reason: unknown) => void

/** What a mapping object consists of. Members of the class work on it, and never on private fields of the class. */
export class MappingState {
  /** The bytes, as the mapping's home reaches them. After `close()` these are `CLOSED`, which throw. */
  bytes: MappedBytes
  /** How often `resize()` or `close()` has changed `bytes` or their length: what an iterator compares at each step. */
  changes = 0
  /** The position that reading and writing move, in bytes from the start of the mapping. */
  position = 0
  /** Bytes from the start of the file to the start of the mapping. */
  readonly offset: number
  readonly access: Access
  readonly path: string | undefined
  /** The jobs that are running, which `close()` ends. */
  jobs: Set<Cancel> | undefined

  constructor(bytes: MappedBytes, offset: number, access: Access, path: string | undefined) {
    this.bytes = bytes
    this.offset = offset
    this.access = access
    this.path = path
    this.jobs = undefined
  }
}

/** The bytes of a mapping for a member that changes them: refused when the access is `'read'`. */
export function writable(state: MappingState): MappedBytes {
  const { bytes } = state
  if (state.access === 'read') {
    // If the mapping is closed, that is the error.
    void bytes.length
    throw coded('ERR_MMAP_READ_ONLY', 'The mapping is read-only')
  }
  return bytes
}

/** As a base class, it makes `super(object)` give a derived class the object itself to put its fields on. */
function Itself(object: object): object {
  return object
}

/** The value for the private field of the next `Stateful`. */
let nextState: MappingState | undefined

/**
 * Puts a state on an object as a private field. The state is then out of everybody's sight, and `Mmap.open()` can make a
 * mapping without the work of the public constructor. Engines read a private field as fast as any property, whereas a WeakMap
 * would cost each call a look into a hash table.
 */
class Stateful extends (Itself as unknown as new (object: object) => object) {
  // An initializer, because a store in the constructor would be the second one, after that of `undefined`. V8 treats a field
  // that was stored to only once as constant, and need not load it again in a loop: readByte() takes 6 % less time.
  readonly #state = nextState as MappingState

  static has(value: unknown): boolean {
    return typeof value === 'object' && value !== null && #state in value
  }

  static get(object: object): MappingState {
    return (object as Stateful).#state
  }
}

/**
 * Makes `structuredClone()` and `postMessage()` of an object an error. A clone would be an empty object, since engines copy no
 * private fields. Node has it from 22.10 on.
 */
const markAsUncloneable: ((object: object) => void) | undefined = Reflect.get(threads, 'markAsUncloneable')

/** Makes an object a mapping. An object can become one only once. */
export function attachState<T extends object>(object: T, state: MappingState): T {
  markAsUncloneable?.(object)
  nextState = state
  new Stateful(object)
  // Kept here, it would keep the mapping from being collected.
  nextState = undefined
  return object
}

/** The state of a mapping. Throws a TypeError if the object is none. */
export function stateOf(object: object): MappingState {
  return Stateful.get(object)
}

/** Whether a value is a mapping that this copy of the module has made. */
export function isMapping(value: unknown): value is object {
  return Stateful.has(value)
}
