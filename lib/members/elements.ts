// What makes `m[i]` a byte.
import * as check from '../checks.js'
import { outOfRange } from '../errors.js'
import { isMapping, type MappingState, stateOf, writable } from '../state.js'

/**
 * The number that a property key stands for: `m[5]` asks for the key '5'. `undefined` if it stands for none, and then it is a
 * property like any other. As for a typed array, a number counts that is written as JavaScript writes it ('05' is none), and
 * also one that is no index (-1, 1.5, NaN).
 */
function numberOf(key: string | symbol): number | undefined {
  if (typeof key !== 'string') return undefined
  const first = key.charCodeAt(0)
  const isDigit = first >= 0x30 && first <= 0x39
  if (!isDigit && first !== 0x2d && key !== 'NaN' && key !== 'Infinity') return undefined
  const number = Number(key)
  return String(number) === key || key === '-0' ? number : undefined
}

function isIndex(number: number): boolean {
  return Number.isSafeInteger(number) && number >= 0 && !Object.is(number, -0)
}

function element(state: MappingState, index: number): number | undefined {
  const { bytes } = state
  const { length } = bytes
  return index < length && isIndex(index) ? bytes.byte(index) : undefined
}

function setElement(state: MappingState, index: number, value: unknown): void {
  const bytes = writable(state)
  const { length } = bytes
  const byte = check.byte(value, 'value')
  if (index >= length || !isIndex(index)) throw outOfRange('index', `an integer >= 0 && < ${length}`, index)
  bytes.setByte(index, byte)
}

/**
 * The prototype of the class's prototype: an engine comes here when it has found a property nowhere else, and then the key is
 * a byte's index, or the name of nothing. A proxy for each object would answer too, but would make each call slow, whereas a
 * lookup that ends earlier pays nothing for this one.
 */
export const elements: object = new Proxy(
  {},
  {
    get(target, key, receiver) {
      const index = numberOf(key)
      return index !== undefined && isMapping(receiver)
        ? element(stateOf(receiver), index)
        : Reflect.get(target, key, receiver)
    },
    set(target, key, value, receiver) {
      const index = numberOf(key)
      if (index === undefined || !isMapping(receiver)) return Reflect.set(target, key, value, receiver)
      setElement(stateOf(receiver), index, value)
      return true
    },
    // ECMAScript does not tell a prototype on whose behalf it is asked. So each index is said to exist, or else methods like
    // Array.prototype.map would pass over all bytes of a mapping. Those ask for indexes below the length only.
    has(target, key) {
      const index = numberOf(key)
      return index === undefined ? Reflect.has(target, key) : isIndex(index)
    },
  },
)
