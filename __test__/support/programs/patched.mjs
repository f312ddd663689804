// Puts functions of its own in the place of the engine's, as tracers and test spies do, and looks at what they are given.
import process from 'node:process'
import { Mmap } from 'memmap'
import { codeOf, file, main, report } from './common.mjs'

/** A length that nothing else here has, and that of the memory of 64 KiB pages that a mapping of it is shown over. */
const LENGTH = 200_000
const HOST_LENGTHS = [LENGTH, 262_144]

const { apply, ownKeys } = Reflect
const typedArray = Object.getPrototypeOf(Uint8Array.prototype)
const originals = {
  buffer: Object.getOwnPropertyDescriptor(typedArray, 'buffer').get,
  byteLength: Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength').get,
}
const { isView } = ArrayBuffer
const isArrayBuffer = (value) => {
  try {
    apply(originals.byteLength, value, [])
    return true
  } catch {
    return false
  }
}

const seen = new Set()
let watches = false

/** Notes who was given memory of a mapping. */
function look(name, values) {
  if (!watches) return
  watches = false
  for (const value of values) {
    const memory = isView(value) && value instanceof Uint8Array ? apply(originals.buffer, value, []) : value
    if (isArrayBuffer(memory) && HOST_LENGTHS.includes(apply(originals.byteLength, memory, []))) seen.add(name)
  }
  watches = true
}

/** Replaces all methods and getters of an object, but for those that the programs themselves need. */
function patch(object, label) {
  for (const key of ownKeys(object)) {
    const property = Object.getOwnPropertyDescriptor(object, key)
    if (!property.configurable || key === 'constructor' || key === 'prototype') continue
    const name = `${label}.${String(key)}`
    const wrap = (original) =>
      function (...args) {
        look(name, [this, ...args])
        return apply(original, this, args)
      }
    if (typeof property.value === 'function')
      Object.defineProperty(object, key, { ...property, value: wrap(property.value) })
    else if (property.get !== undefined) Object.defineProperty(object, key, { ...property, get: wrap(property.get) })
  }
}

await main({
  /** Nothing that a program can replace is given memory of a mapping before the program has asked for a view. */
  views({ home }) {
    const target = Buffer.alloc(100)
    const name = file(Buffer.alloc(LENGTH, 'x'))
    for (const [object, label] of [
      [typedArray, 'TypedArray'],
      [Uint8Array.prototype, 'Uint8Array'],
      [Buffer.prototype, 'Buffer'],
      [Buffer, 'Buffer'],
      [ArrayBuffer.prototype, 'ArrayBuffer'],
      [Function.prototype, 'Function'],
      [Object, 'Object'],
      [Reflect, 'Reflect'],
      ...(globalThis.WebAssembly === undefined ? [] : [[WebAssembly.Memory.prototype, 'Memory']]),
    ])
      patch(object, label)
    watches = true
    const m = Mmap.open(name, { access: 'write', home })
    for (let n = 0; n < 300; n++) {
      m.at(n)
      m.writeByte(0x78)
      m.indexOf('y', LENGTH - 500)
      m.lastIndexOf('y', 500)
      m.readInto(target, 0, 100, n)
      m.set(target, n)
      m.slice(n, n + 60)
      m[n] = m[n + 1]
    }
    m.resize(LENGTH + 1)
    m.resize(LENGTH)
    for (let n = 0; n < 300; n++) m.at(n)
    m.close()
    watches = false
    report({ seen: [...seen] })
    process.exit()
  },

  /** Properties that an object inherits from Object.prototype are no answers and no options. */
  inherited() {
    const name = file('abc')
    Object.defineProperty(Object.prototype, 'code', { value: 1, configurable: true, writable: true })
    Object.defineProperty(Object.prototype, 'views', { value: 'keep', configurable: true, writable: true })
    const code = codeOf(() => {
      const m = Mmap.open(name, { access: 'write' })
      const view = m.home === 'native' ? [] : m.buffer
      m.resize(5)
      if (view.length !== 0) throw new Error('the view was kept')
      m.close()
    })
    report({ code: code ?? 'none' })
  },
})
