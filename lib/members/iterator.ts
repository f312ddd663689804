// What makes iterators of ours those of the engine.
import { inspect } from 'node:util'

/** %IteratorPrototype%, which older engines have under no name. It has `map`, `take` and the others where an engine has them. */
const IteratorPrototype: object = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()))

/**
 * Makes the instances of a class iterators of the engine, and has `util.inspect` print a line for one. A class cannot extend
 * the global `Iterator`, which Node has from version 22 on.
 */
export function becomeIterator<T extends object>(prototype: T, describe: (iterator: T) => string): void {
  Object.setPrototypeOf(prototype, IteratorPrototype)
  Object.defineProperty(prototype, inspect.custom, {
    configurable: true,
    writable: true,
    value(this: T): string {
      return describe(this)
    },
  })
}

/** An instance of such a class, with the methods that TypeScript does not know of. */
export function iteratorOf<T>(iterator: Iterator<T, undefined, unknown>): IteratorObject<T, undefined, unknown> {
  return iterator as IteratorObject<T, undefined, unknown>
}
