// A mapping as a byte array: `m[i]`, and what a Buffer has beside.
import assert from 'node:assert/strict'
import * as threads from 'node:worker_threads'
import test from 'ava'
import fc from 'fast-check'
import { type Home, Mmap } from 'memmap'
import { closing, eachHome, file, SHARE, skip, throwsCode } from '../support/common.mjs'

const RANGE = 'ERR_OUT_OF_RANGE'
const TYPE = 'ERR_INVALID_ARG_TYPE'

function of(home: Home, bytes: Uint8Array | string): Mmap {
  const content = Buffer.from(bytes as string)
  const m = Mmap.anonymous(content.length, { home })
  m.set(content)
  return m
}

/** A mapping as an object with any keys. */
const keyed = (m: Mmap): Record<PropertyKey, unknown> => m as unknown as Record<PropertyKey, unknown>

/** Keys of every kind: indexes, numbers that are none, strings that look like numbers, names, symbols. */
const keys = fc.oneof(
  fc.integer({ min: -3, max: 40 }),
  fc.double(),
  fc.constantFrom('01', '1.0', '-0', ' 1', '1e3', '', '+1', '0x1', 'foo', Symbol.for('memmap.test'), 2 ** 32, 2 ** 53),
  fc.string({ maxLength: 3 }).filter((key) => !(key in Mmap.prototype) || /^\d+$/.test(key)),
)

eachHome('m[i] and m[i] = x do what they do with a Uint8Array, for keys of every kind', (t, home) => {
  const property = fc.property(
    fc.uint8Array({ minLength: 1, maxLength: 33 }),
    fc.array(fc.tuple(keys, fc.integer({ min: 0, max: 255 })), { maxLength: 60 }),
    (bytes, steps) => {
      const model = new Uint8Array(bytes)
      const named = new Set(Object.getOwnPropertyNames(Uint8Array.prototype))
      using m = of(home, bytes)
      for (const [key, value] of steps) {
        // V8 takes longer numbers than this for names, against ECMAScript.
        if (named.has(String(key)) || String(key).length > 24) continue
        const it = model as unknown as Record<PropertyKey, unknown>
        assert.equal(keyed(m)[key], it[key], `[${String(key)}]`)
        // An assignment beyond the end is ignored by a Uint8Array, and is an error here.
        it[key] = value
        try {
          keyed(m)[key] = value
        } catch (error) {
          assert.equal((error as NodeJS.ErrnoException).code, RANGE)
          assert.equal(it[key], undefined, `[${String(key)}]`)
        }
        assert.equal(keyed(m)[key], it[key])
        if (Object.hasOwn(m, key)) {
          Reflect.deleteProperty(model, key)
          Reflect.deleteProperty(m, key)
        }
      }
      assert.deepEqual(m.slice(), Buffer.from(model))
    },
  )
  t.notThrows(() => fc.assert(property, { numRuns: Math.max(30, Math.round(300 * SHARE)) }))
})

eachHome('m[i] = x refuses what is no byte, beyond the end, read-only, closed', (t, home) => {
  const m = of(home, 'abc')
  for (const value of [-1, 256]) throwsCode(t, () => (m[0] = value), { code: RANGE })
  for (const value of ['1', undefined, null, {}, 1.5, Number.NaN])
    throwsCode(t, () => (keyed(m)[0] = value), { code: TYPE }, String(value))
  for (const index of [3, -1, 1.5, 2 ** 40])
    throwsCode(t, () => (m[index] = 1), { code: RANGE, message: /"index"/ }, String(index))
  t.is(m.toString(), 'abc')
  t.is(Reflect.set(m, 1, 0x42), true)
  t.is(m[1], 0x42)
  m[2] = (m[2] ?? 0) + 1
  t.is(m[2], 0x64)
  m.close()
  throwsCode(t, () => m[0], { code: 'ERR_MMAP_CLOSED' })
  throwsCode(t, () => (m[0] = 1), { code: 'ERR_MMAP_CLOSED' })

  const name = file(t, 'abc')
  const readOnly = closing(t, Mmap.open(name, { home }))
  throwsCode(t, () => (readOnly[0] = 1), { code: 'ERR_MMAP_READ_ONLY' })
  t.is(readOnly[0], 0x61)
})

eachHome('a mapping is an array-like: whoever copies or walks one meets its bytes', (t, home) => {
  using m = of(home, 'hello')
  const target = new Uint8Array(7)
  target.set(m, 1)
  t.is(Buffer.from(target).toString('latin1'), '\0hello\0')
  const generic = Array.prototype
  t.deepEqual(
    generic.map.call(m, (byte) => byte as number),
    [...Buffer.from('hello')],
  )
  t.is(generic.lastIndexOf.call(m, 0x6c), 3)
  t.is(String.fromCharCode(...Array.from(m as ArrayLike<number>)), 'hello')
  generic.reverse.call(m)
  t.is(m.toString(), 'olleh')
  t.true(0 in m && 4 in m && 'find' in m && 'toString' in m && 'hasOwnProperty' in m)
  t.false((-1) in m || 'name' in m || 1.5 in m || Symbol.asyncIterator in m)
  t.deepEqual(Object.keys(m), [])
  t.true(m instanceof Object)
  t.is(keyed(m)['then'], undefined)
})

test('other properties and objects are as they are without the elements', (t) => {
  using m = of('native', 'abc')
  keyed(m)['foo'] = 1
  t.true(Object.hasOwn(m, 'foo'))
  const derived = Object.create(m) as Record<PropertyKey, unknown>
  t.is(derived[0], undefined)
  derived[0] = 'own'
  t.deepEqual([derived[0], m[0]], ['own', 0x61])
  t.is((Mmap.prototype as unknown as number[])[0], undefined)
  class Derived extends Mmap {}
  using d = new Derived(-1, 3)
  d[1] = 7
  t.deepEqual([...d], [0, 7, 0])
})

/** Searches of a Buffer, of which each must have the same answer from a mapping. */
const needles = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', 'ä'), maxLength: 4 }),
  fc.uint8Array({ maxLength: 3, max: 100, min: 97 }),
  fc.integer({ min: 95, max: 100 }),
)
const offsets = fc.oneof(
  fc.constant(undefined),
  fc.integer({ min: -40, max: 40 }),
  fc.constantFrom(Infinity, -Infinity),
)

eachHome('indexOf, lastIndexOf and toString answer what a Buffer does', (t, home) => {
  const property = fc.property(
    fc.string({ unit: fc.constantFrom('a', 'b', 'ä'), minLength: 1, maxLength: 30 }),
    needles,
    offsets,
    fc.constantFrom(undefined, 'utf8', 'latin1', 'hex'),
    (text, needle, offset, encoding?: BufferEncoding) => {
      const buffer = Buffer.from(text)
      using m = of(home, text)
      assert.equal(m.indexOf(needle, offset, encoding), buffer.indexOf(needle, offset, encoding))
      assert.equal(m.lastIndexOf(needle, offset, encoding), buffer.lastIndexOf(needle, offset, encoding))
      if (typeof needle === 'string') assert.equal(m.indexOf(needle, 'latin1'), buffer.indexOf(needle, 'latin1'))
      assert.equal(m.toString(encoding, 1, -1), buffer.subarray(1, -1).toString(encoding))
      assert.equal(`${m}`, text)
    },
  )
  t.notThrows(() => fc.assert(property, { numRuns: Math.max(30, Math.round(300 * SHARE)) }))
})

eachHome('indexOf begins at 0, wherever the position is', (t, home) => {
  using m = of(home, 'abcabc')
  m.seek(4)
  t.deepEqual([m.indexOf('a'), m.find('a'), m.lastIndexOf('a')], [0, -1, 3])
  t.is(m.byteLength, 6)
  throwsCode(t, () => m.indexOf(256), { code: RANGE })
  throwsCode(t, () => m.indexOf('a', 0, 'utf9' as 'utf8'), { code: 'ERR_INVALID_ARG_VALUE' })
  throwsCode(t, () => m.toString('utf9' as 'utf8'), { code: 'ERR_INVALID_ARG_VALUE' })
})

eachHome('set takes an array of bytes; if one is none, nothing is written', (t, home) => {
  using m = of(home, 'abcdef')
  m.set([1, 2, 255], 2)
  t.deepEqual([...m], [0x61, 0x62, 1, 2, 255, 0x66])
  throwsCode(t, () => m.set([1, 256]), { code: RANGE, message: /source\[1\]/ })
  throwsCode(t, () => m.set([1, '2' as unknown as number]), { code: TYPE, message: /source\[1\]/ })
  throwsCode(t, () => m.set([1, 2, 3], 4), { code: RANGE })
  throwsCode(t, () => m.set(new Array(2 ** 32 - 1)), { code: RANGE, message: /at most 6 bytes/ })
  m.set([], 6)
  t.deepEqual([...m], [0x61, 0x62, 1, 2, 255, 0x66])
})

eachHome('slice, read and readLine answer Buffers of their own memory', (t, home) => {
  using m = of(home, 'ab\ncd')
  const copies = [m.slice(0, 4), m.read(2), m.readLine(), m.slice(0, 0), m.valueOf()]
  for (const copy of copies) t.deepEqual([copy.buffer.byteLength, copy.byteOffset], [copy.length, 0])
  const moved = structuredClone(m.slice(0, 2).buffer, { transfer: [] })
  t.is(Buffer.from(moved).toString(), 'ab')
  const buffer = m.slice(3).buffer as ArrayBuffer
  t.is(Buffer.from(structuredClone(buffer, { transfer: [buffer] })).toString(), 'cd')
  t.is(buffer.byteLength, 0)
})

test('structuredClone() and postMessage() of a mapping are errors', (t) => {
  if (!('markAsUncloneable' in threads)) return skip(t, 'markAsUncloneable() came with Node 22.10')
  using m = of('native', 'abc')
  const { port1, port2 } = new threads.MessageChannel()
  // Not with t.throws(): a DOMException is no native error everywhere.
  const refusal = (run: () => unknown): unknown => {
    try {
      return run()
    } catch (error) {
      return (error as Error).name
    }
  }
  t.is(
    refusal(() => structuredClone(m)),
    'DataCloneError',
  )
  t.is(
    refusal(() => port1.postMessage(m)),
    'DataCloneError',
  )
  port1.close()
  port2.close()
})
