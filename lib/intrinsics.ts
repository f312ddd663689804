// Functions and getters of the engine, captured at load. Where a view that the user has not seen is given to one, the engine's
// own is called: a patch of a prototype, as tracers and test spies make, would get hold of the view otherwise, and could keep a
// pointer into a mapping of which nobody knows.

const { bind, call } = Function.prototype

type Method<T, A extends unknown[], R> = (this: T, ...args: A) => R

/** Makes of a method a function whose first argument is the object. No property is looked up when it is called. */
export const uncurried: <T, A extends unknown[], R>(method: Method<T, A, R>) => (object: T, ...args: A) => R =
  bind.bind(call) as never

/** The getter of a prototype, as a function of the object. */
export function getter<T, R>(prototype: object, name: PropertyKey): (object: T) => R {
  const get = Object.getOwnPropertyDescriptor(prototype, name)?.get as ((this: T) => R) | undefined
  if (get === undefined) return (object) => Reflect.get(object as object, name)
  return uncurried<T, [], R>(get)
}

export const typedArrayPrototype: object = Object.getPrototypeOf(Uint8Array.prototype)

export const bufferOf: (array: Uint8Array<ArrayBuffer>) => ArrayBuffer = getter(typedArrayPrototype, 'buffer')

export const byteOffsetOf: (array: Uint8Array) => number = getter(typedArrayPrototype, 'byteOffset')

export const byteLengthOf: (buffer: ArrayBuffer) => number = getter(ArrayBuffer.prototype, 'byteLength')

/** Copies an array into another one, from an index on. */
export const setBytes: (target: Uint8Array, source: Uint8Array, at?: number) => void = uncurried(
  Uint8Array.prototype.set,
) as never

export const defineProperty: typeof Object.defineProperty = Object.defineProperty
export const hasOwn: typeof Object.hasOwn = Object.hasOwn
