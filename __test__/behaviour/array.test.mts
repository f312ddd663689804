import fs from 'node:fs'
import { inspect } from 'node:util'
import { runInNewContext } from 'node:vm'
import test from 'ava'
import { ALLOCATIONGRANULARITY, type BytesLike, type Home, Mmap } from 'memmap'
import { closing, eachHome, file, throwsCode, VIEWED } from '../support/common.mjs'

const TYPE = 'ERR_INVALID_ARG_TYPE'
const RANGE = 'ERR_OUT_OF_RANGE'
const NO_VIEWS = { code: 'ERR_MMAP_NO_VIEWS', message: /'native'.*slice\(\)/ }
const TEXT = 'abcabcdefg'

/** Bounds of every kind, for an array of ten bytes. */
const BOUNDS = [
  undefined,
  0,
  1,
  3,
  9,
  10,
  11,
  1000,
  -1,
  -3,
  -10,
  -11,
  -1000,
  2 ** 53,
  -(2 ** 53),
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  3n,
  -3n,
  2n ** 70n,
  -(2n ** 70n),
] as const
const NO_INTEGERS = ['1', {}, Symbol('one'), () => 1, new Date(1), true, Number.NaN, 1.5]

const plain = (bound: number | bigint | undefined): number | undefined => (bound === undefined ? bound : Number(bound))

function ofText(home: Home, text = TEXT): Mmap {
  const m = Mmap.anonymous(text.length, { home })
  m.set(Buffer.from(text))
  return m
}

/** Reads bytes many times, since the external home makes its ArrayBuffer only after a number of reads. */
function twice(m: Mmap, run: () => void): void {
  run()
  for (let step = 0; step < 40; step++) m.at(0)
  run()
}

function words(m: Mmap): string {
  return m.slice().toString('latin1')
}

eachHome('slice and subarray have the bounds of a Buffer', (t, home) => {
  using m = ofText(home)
  const model = Buffer.from(TEXT)
  twice(m, () => {
    for (const start of BOUNDS) {
      for (const end of BOUNDS) {
        const expected = model.subarray(plain(start), plain(end))
        t.deepEqual(m.slice(start, end), expected, `${start}, ${end}`)
        if (home !== 'native') t.deepEqual(m.subarray(start, end), expected, `${start}, ${end}`)
      }
    }
  })
  if (home === 'native') throwsCode(t, () => m.subarray(0, 1), NO_VIEWS)
})

eachHome('a slice is a copy, a subarray and the buffer are not', (t, home) => {
  using m = ofText(home)
  const copy = m.slice(0, 3)
  copy[0] = 0x58
  t.is(words(m), TEXT)
  if (home === 'native') {
    throwsCode(t, () => m.buffer, NO_VIEWS)
    return
  }
  t.is(m.buffer, m.buffer)
  t.true(Buffer.isBuffer(m.buffer))
  t.is(m.buffer.length, 10)
  const view = m.subarray(2, 4)
  view[0] = 0x58
  m.buffer.write('Y', 3)
  t.is(words(m), 'abXYbcdefg')
  m.set(Buffer.from('z'), 2)
  t.is(view.toString(), 'zY')
})

eachHome('at', (t, home) => {
  using m = ofText(home)
  const model = Uint8Array.from(Buffer.from(TEXT))
  twice(m, () => {
    for (const index of BOUNDS) {
      if (index === undefined || Math.abs(Number(index)) === Number.POSITIVE_INFINITY) continue
      t.is(m.at(index), model.at(Number(index)), String(index))
    }
  })
  throwsCode(t, () => m.at(Number.POSITIVE_INFINITY), { code: RANGE, message: /"index".*integer/ })
  for (const index of [...NO_INTEGERS, null, undefined]) {
    throwsCode(t, () => m.at(index as number), { code: TYPE, message: /"index"/ }, String(index))
  }
})

eachHome('bounds that are no integers are refused', (t, home) => {
  using m = ofText(home)
  const calls: [string, (bound: unknown) => unknown][] = [
    ['start', (bound) => m.slice(bound as number)],
    ['end', (bound) => m.slice(0, bound as number)],
    ['start', (bound) => m.fill(1, bound as number)],
    ['end', (bound) => m.fill(1, 0, bound as number)],
    ['start', (bound) => m.includes('a', bound as number)],
  ]
  if (home !== 'native') {
    calls.push(['start', (bound) => m.subarray(bound as number)], ['end', (bound) => m.subarray(0, bound as number)])
  }
  for (const [name, call] of calls) {
    for (const value of NO_INTEGERS) {
      const expected = { code: TYPE, message: new RegExp(`"${name}".*Received`) }
      throwsCode(t, () => call(value), expected, `${name}, ${String(value)}`)
    }
  }
  t.is(words(m), TEXT)
})

/** The bytes 'xyz' in every form that bytes come in. */
function forms(): [string, BytesLike][] {
  const bytes = Uint8Array.from(Buffer.from('xyz'))
  const wide = new Uint16Array(new Uint8Array([0x78, 0x79]).buffer)
  const shared = new SharedArrayBuffer(3)
  new Uint8Array(shared).set(bytes)
  return [
    ['Buffer', Buffer.from('xyz')],
    ['Uint8Array with an offset', Uint8Array.from(Buffer.from('..xyz.')).subarray(2, 5)],
    ['ArrayBuffer', bytes.buffer.slice(0)],
    ['SharedArrayBuffer', shared],
    ['DataView', new DataView(Uint8Array.from(Buffer.from('.xyz')).buffer, 1)],
    ['Int8Array', Int8Array.from(bytes)],
    ['Uint16Array', wide],
    ['of another realm', runInNewContext('new Uint8Array([120, 121, 122])') as Uint8Array],
  ]
}

const NO_BYTES = [null, undefined, {}, [120], new Date(0), Symbol('x'), () => 'x', true]

eachHome('set', (t, home) => {
  using m = ofText(home)
  twice(m, () => {
    for (const [form, source] of forms()) {
      m.set(Buffer.from(TEXT))
      m.set(source, 7n)
      const expected = source.byteLength === 2 ? 'abcabcdxyg' : 'abcabcdxyz'
      t.is(words(m), expected, form)
    }
  })
  using other = ofText(home, 'OTHER')
  m.set(other, 5)
  t.is(words(m), 'abcabOTHER')
  m.set(Buffer.alloc(0), 10)
  for (const [source, offset] of [
    ['x', 10],
    ['xyz', 8],
    ['', 11],
    ['12345678901', 0],
  ] as const) {
    throwsCode(t, () => m.set(Buffer.from(source), offset), { code: RANGE, message: /Received/ }, `${source} ${offset}`)
  }
  throwsCode(t, () => m.set(other, 6), { code: RANGE, message: /"offset".*<= 5 .*Received 6/ })
  for (const offset of [-1, 2 ** 53, Number.POSITIVE_INFINITY]) {
    throwsCode(t, () => m.set(Buffer.from('x'), offset), { code: RANGE, message: /"offset"/ }, String(offset))
  }
  for (const source of [...NO_BYTES, 'x', 5].filter((each) => !Array.isArray(each))) {
    throwsCode(t, () => m.set(source as Buffer), { code: TYPE, message: /"source".*Buffer.*Received/ }, String(source))
  }
  t.is(words(m), 'abcabOTHER')
})

eachHome('fill', (t, home) => {
  using m = ofText(home)
  const values = [0x78, 0, 255, 'x', 'xy', 'ä€', '12345678901', ...forms().map(([, form]) => form)]
  twice(m, () => {
    for (const value of values) {
      for (const start of BOUNDS) {
        for (const end of [undefined, 0, 4, 9, 11, -1, -11, Number.POSITIVE_INFINITY, 4n]) {
          const model = Buffer.from(TEXT)
          const raw = typeof value === 'object' && !ArrayBuffer.isView(value) ? new Uint8Array(value) : value
          const bytes = typeof raw === 'object' ? new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength) : raw
          model.subarray(plain(start), plain(end)).fill(bytes)
          m.set(Buffer.from(TEXT))
          t.is(m.fill(value, start, end), m)
          t.deepEqual(m.slice(), model, `${String(value)}, ${start}, ${end}`)
        }
      }
    }
  })
  using other = ofText(home, 'xyz')
  m.set(Buffer.from(TEXT))
  t.is(words(m.fill(other as unknown as Buffer, 1)), 'axyzxyzxyz')
  for (const value of [256, -1, Number.POSITIVE_INFINITY]) {
    throwsCode(t, () => m.fill(value), { code: RANGE, message: /"value"/ }, String(value))
  }
  for (const value of [...NO_BYTES, 1.5, Number.NaN])
    throwsCode(t, () => m.fill(value as number), { code: TYPE, message: /"value"/ })
  for (const value of ['', Buffer.alloc(0)]) {
    throwsCode(t, () => m.fill(value), { code: 'ERR_INVALID_ARG_VALUE', message: /"value".*empty/ })
  }
  t.is(words(m), 'axyzxyzxyz')
})

eachHome('includes finds subsequences', (t, home) => {
  using m = ofText(home)
  m.seek(10)
  const model = Buffer.from(TEXT)
  for (const needle of ['a', 'abcd', 'cab', 'g', 'gh', '', 0x61, 0x68, 0, 'ä'] as const) {
    for (const start of BOUNDS) {
      t.is(m.includes(needle, start), model.includes(needle, plain(start)), `${needle}, ${start}`)
    }
  }
  for (const [form, needle] of forms()) t.false(m.includes(needle), form)
  using part = ofText(home, 'bcde')
  t.true(m.includes(part as unknown as Buffer))
  for (const needle of [256, -1]) throwsCode(t, () => m.includes(needle), { code: RANGE, message: /"needle"/ })
  for (const needle of [...NO_BYTES, 1.5])
    throwsCode(t, () => m.includes(needle as number), { code: TYPE, message: /"needle"/ })
})

eachHome('equals', (t, home) => {
  using m = ofText(home, 'xyz')
  for (const [form, other] of forms()) t.is(m.equals(other), other.byteLength === 3, form)
  for (const other of ['xy', 'xyzz', 'xyZ', '']) t.false(m.equals(Buffer.from(other)), other)
  using same = ofText(home === 'native' ? (VIEWED[0] as Home) : 'native', 'xyz')
  using longer = ofText(home, 'xyz.')
  t.true(m.equals(m))
  t.true(m.equals(same))
  t.false(m.equals(longer))
  same.fill('a', 2)
  t.false(m.equals(same))
  for (const other of [...NO_BYTES, 'xyz', 5]) {
    throwsCode(t, () => m.equals(other as Buffer), { code: TYPE, message: /"other".*Mmap/ })
  }
})

/** Bytes `b` that say of themselves, each in another way, that there are `claimed` of them. */
function liars(length: number, claimed: number): [string, BytesLike][] {
  class Liar extends Uint8Array {
    override get length(): number {
      return claimed
    }
    override get byteLength(): number {
      return claimed
    }
  }
  const own = <T extends object>(object: T): T =>
    Object.defineProperties(object, { length: { value: claimed }, byteLength: { value: claimed } })
  const memory = (): ArrayBuffer => new Uint8Array(length).fill(0x62).buffer
  return [
    ['a derived class', new Liar(memory())],
    ['a Uint8Array', own(new Uint8Array(memory()))],
    ['a Buffer', own(Buffer.from(memory()))],
    ['an Int8Array', own(new Int8Array(memory()))],
    ['a DataView', own(new DataView(memory()))],
    ['an ArrayBuffer', own(memory())],
    ['elements of another size', Object.setPrototypeOf(new Uint16Array(memory()), Uint8Array.prototype)],
  ]
}

eachHome('bytes are as many as there are, whatever their length says', (t, home) => {
  using m = Mmap.anonymous(8192, { home })
  twice(m, () => {
    for (const claimed of [0, 1, 8192, 2 ** 40]) {
      for (const [form, source] of liars(8, claimed)) {
        const what = `${form}, ${claimed}`
        m.fill(0x62)
        t.false(m.equals(source), what)
        m.fill(0x61)
        m.seek(10)
        t.is(m.write(source), 8, what)
        t.is(m.tell(), 18, what)
        m.set(source, 8184)
        t.is(m.slice(0, 20).toString(), 'aaaaaaaaaabbbbbbbbaa', what)
        t.is(m.slice(-10).toString(), 'aabbbbbbbb', what)
        t.is(m.indexOf(source), 10, what)
        t.is(m.lastIndexOf(source), 8184, what)
        t.is(m.count(source), 2, what)
        t.is(m.fill(source, 1, 3).slice(0, 4).toString(), 'abba', what)
        for (const store of [() => m.set(source, 8185), () => m.seek(8185) && m.write(source)])
          throwsCode(t, store, { code: RANGE, message: /8 bytes/ }, what)
        m.fill(0x63)
        t.is(m.readInto(source, 0, null, 0), 8, what)
        throwsCode(t, () => m.readInto(source, 9), { code: RANGE, message: /<= 8/ }, what)
      }
    }
  })
  using short = Mmap.anonymous(8, { home })
  for (const [form, source] of liars(8, 1)) t.true(short.fill(0x62).equals(source), form)
})

eachHome('what only inherits from Uint8Array has no bytes', (t, home) => {
  using m = ofText(home)
  for (const none of [new Proxy(new Uint8Array(4), {}), Object.create(Uint8Array.prototype) as Uint8Array]) {
    const calls = [() => m.set(none), () => m.fill(none), () => m.includes(none), () => m.equals(none)]
    calls.push(
      () => m.write(none),
      () => m.readInto(none),
      () => m.find(none),
      () => m.match(none),
    )
    for (const call of calls) throwsCode(t, call, { code: TYPE, message: /^The "\w+" argument must be .*Buffer/ })
  }
})

eachHome('what takes a mapping refuses a closed one', (t, home) => {
  using m = ofText(home)
  const other = ofText(home, 'ab')
  other.close()
  const given = other as unknown as Buffer
  const calls = [() => m.set(given), () => m.fill(given), () => m.includes(given), () => m.equals(given)]
  calls.push(
    () => m.write(given),
    () => m.find(given),
    () => m.rfind(given),
  )
  for (const call of calls) throwsCode(t, call, { code: 'ERR_MMAP_CLOSED' })
})

eachHome('writes that overlap themselves are as if by a copy', (t, home) => {
  using m = ofText(home)
  const table: [string, (target: Mmap) => unknown, string][] = [
    ['set of itself', () => m.set(m), TEXT],
    ['write of itself', () => m.write(m), TEXT],
    ['fill with itself', () => m.fill(m as unknown as Buffer, 1), 'aabcabcdef'],
    ['move up', () => m.move(2, 0, 8), 'ababcabcde'],
    ['move down', () => m.move(0, 3, 7), 'abcdefgefg'],
  ]
  if (home !== 'native') {
    table.push(
      ['write of the whole buffer', () => m.write(m.buffer.subarray()), TEXT],
      ['write of a later part', () => m.write(m.subarray(3)), 'abcdefgefg'],
      ['set of an earlier part', () => m.set(m.subarray(0, 8), 2), 'ababcabcde'],
      ['set of a view of other elements', () => m.set(m.view(Uint16Array, 0, 4), 2), 'ababcabcde'],
      ['fill with a part', () => m.fill(m.subarray(0, 3), 1), 'aabcabcabc'],
      ['fill with a part inside', () => m.fill(m.subarray(5, 7), 4, 9), 'abcacdcdcg'],
      ['readInto a later part', () => m.readInto(m.subarray(2)), 'ababcabcde'],
      ['readInto an earlier part', () => m.readInto(m.buffer, 0, 7, 3), 'abcdefgefg'],
    )
  }
  twice(m, () => {
    for (const [what, run, expected] of table) {
      m.seek(0)
      m.set(Buffer.from(TEXT))
      run(m)
      t.is(words(m), expected, what)
    }
  })
  t.is(m.find(m as unknown as Buffer, 0), 0)
})

const TYPES = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
]

eachHome('view: every type, aligned, over the same bytes', (t, home) => {
  using m = Mmap.anonymous(101, { home })
  if (home === 'native') {
    throwsCode(t, () => m.view(Uint8Array), { code: 'ERR_MMAP_NO_VIEWS' })
    return
  }
  for (const type of TYPES) {
    const unit = 'BYTES_PER_ELEMENT' in type ? type.BYTES_PER_ELEMENT : 1
    const made = m.view(type as Uint8ArrayConstructor, 8, 3)
    t.true((made as unknown) instanceof type)
    t.is(made.byteLength, 3 * unit)
    t.is(m.view(type as Uint8ArrayConstructor).byteLength, 101 - (101 % unit), type.name)
    t.is(m.view(type as Uint8ArrayConstructor, 96n, 0n).byteLength, 0)
    m.fill(0)
    m.set(Buffer.from([1]), 8)
    t.is(new Uint8Array(made.buffer, made.byteOffset)[0], 1)
    const most = Math.floor((101 - 8) / unit)
    throwsCode(t, () => m.view(type as Uint8ArrayConstructor, 8, most + 1), { code: RANGE, message: /"length"/ })
    throwsCode(t, () => m.view(type as Uint8ArrayConstructor, 102), { code: RANGE, message: /"byteOffset"/ })
    if (unit > 1) {
      throwsCode(t, () => m.view(type as Uint8ArrayConstructor, 9), { code: RANGE, message: /a multiple of/ })
    }
  }
  const floats = m.view(Float64Array, 16, 2)
  floats[1] = Math.PI
  t.is(m.slice(24, 32).readDoubleLE(), Math.PI)
  const none = [undefined, null, 'Uint8Array', {}, Array, Object, Map, () => {}, Object.getPrototypeOf(Uint8Array), 5]
  for (const type of none) {
    throwsCode(
      t,
      () => m.view(type as Uint8ArrayConstructor),
      { code: TYPE, message: /"type".*typed array/ },
      inspect(type),
    )
  }
  for (const at of [-1, 2 ** 53, 1.5, Number.NaN]) {
    const code = Number.isInteger(at) ? RANGE : TYPE
    throwsCode(t, () => m.view(Uint8Array, at), { code, message: /"byteOffset"/ })
    throwsCode(t, () => m.view(Uint8Array, 0, at), { code, message: /"length"/ })
  }
  class Mine extends Float32Array {}
  t.true(m.view(Mine, 4, 1) instanceof Mine)
})

test('view of another realm: the constructor is known by what it makes', (t) => {
  using m = Mmap.anonymous(64, { home: VIEWED[0] as Home })
  m.fill(1)
  for (const name of ['Uint8Array', 'Float64Array', 'BigInt64Array', 'DataView', 'class extends Uint16Array {}']) {
    const type = runInNewContext(`(${name})`) as Uint8ArrayConstructor
    const view = m.view(type, 8, 2)
    t.true(ArrayBuffer.isView(view) && view instanceof type, name)
    t.is(view.buffer, m.buffer.buffer)
  }
  for (const name of ['Array', 'Object', 'ArrayBuffer', 'Object.getPrototypeOf(Uint8Array)', '() => 1', 'Promise'])
    throwsCode(t, () => m.view(runInNewContext(`(${name})`) as Uint8ArrayConstructor), { code: TYPE }, name)
})

test('view: alignment counts in memory too, where open hides a slack', (t) => {
  const name = file(t, Buffer.alloc(100))
  using odd = Mmap.open(name, { access: 'write', offset: 4, home: VIEWED[0] as Home })
  t.is(odd.view(Uint32Array).length, 24)
  throwsCode(t, () => odd.view(Float64Array), { code: RANGE, message: /"byteOffset".*multiple of 8: it is 4\. Copy/ })
  throwsCode(t, () => odd.view(Float64Array, 4), {
    code: RANGE,
    message: /a multiple of 8: map the file from offset 0, then it is 8/,
  })
  using even = Mmap.open(name, { access: 'write', offset: 8, home: VIEWED[0] as Home })
  even.view(Float64Array)[0] = 1
  even.flush()
  t.is(fs.readFileSync(name).readDoubleLE(8), 1)
})

eachHome('a Buffer made from the mapping has its bytes', (t, home) => {
  using m = ofText(home)
  const copy = Buffer.from(m as unknown as Buffer)
  t.is(copy.toString(), TEXT)
  copy[0] = 0
  t.is(m.at(0), 0x61)
  t.is(m.valueOf().toString(), TEXT)
  using empty = Mmap.open(file(t, ''), { home })
  t.is(Buffer.from(empty as unknown as Buffer).length, 0)
})

eachHome('iteration yields numbers, of the bytes as they are at each step', (t, home) => {
  using m = ofText(home)
  m.seek(5)
  twice(m, () => t.deepEqual([...m], [...Buffer.from(TEXT)]))
  t.deepEqual(Uint8Array.from(m), Uint8Array.from(Buffer.from(TEXT)))
  t.is(m.tell(), 5)
  const seen: number[] = []
  for (const byte of m) {
    seen.push(byte)
    if (seen.length === 3) m.resize(5)
    if (seen.length === 4) m.fill(0)
  }
  t.deepEqual(seen, [0x61, 0x62, 0x63, 0x61, 0])
  const left = m[Symbol.iterator]()
  left.next()
  m.close()
  throwsCode(t, () => left.next(), { code: 'ERR_MMAP_CLOSED' })
})

eachHome('inspect tells length, access, position, offset and home in one line', (t, home) => {
  const name = file(t, Buffer.alloc(ALLOCATIONGRANULARITY + 9))
  class Mine extends Mmap {}
  const m = new Mine(-1, 10, { home })
  m.seek(4)
  t.is(inspect(m), `Mine { length: 10, access: 'write', position: 4, offset: 0, home: '${home}' }`)
  t.regex(inspect(Object.create(m)), /\{\}$/)
  m.close()
  t.is(inspect(m), 'Mine { closed: true }')
  t.is(inspect([m]), '[ Mine { closed: true } ]')
  const offset = ALLOCATIONGRANULARITY
  const opened = closing(t, Mmap.open(name, { offset, home }))
  const facts = `length: 9, access: 'read', position: 0, offset: ${offset}, home: '${home}', path: ${inspect(name)}`
  t.is(inspect(opened), `Mmap { ${facts} }`)
})

eachHome('shared, private and read-only bytes, and the file', (t, home) => {
  const name = file(t, TEXT)
  using shared = Mmap.open(name, { access: 'write', home })
  using copy = Mmap.open(name, { access: 'copy', home })
  using read = Mmap.open(name, { home })
  shared.set(Buffer.from('S'))
  // The file has the bytes without a flush, and private pages that nobody has written show the file's.
  for (const m of [copy, read]) t.is(m.slice(0, 1).toString(), 'S')
  t.is(fs.readFileSync(name, 'latin1'), `S${TEXT.slice(1)}`)
  copy.set(Buffer.from('C'), 1)
  copy.flush()
  t.is(words(copy), `SC${TEXT.slice(2)}`)
  for (const m of [shared, read]) t.is(words(m), `S${TEXT.slice(1)}`)
  const fd = fs.openSync(name, 'r+')
  fs.writeSync(fd, Buffer.from('F'), 0, 1, 2)
  fs.closeSync(fd)
  t.is(words(read), 'SbFabcdefg')
})

test('names of the classes of errors', (t) => {
  const m = Mmap.anonymous(1)
  const wrong = throwsCode(t, () => m.set('x' as unknown as Buffer), { code: TYPE })
  t.is(wrong?.name, 'TypeError')
  t.regex(wrong?.stack ?? '', /^TypeError \[ERR_INVALID_ARG_TYPE\]: The "source" argument/)
  m.close()
  const closed = throwsCode(t, () => m.length, { code: 'ERR_MMAP_CLOSED' })
  t.is(closed?.name, 'Error')
  t.regex(closed?.stack ?? '', /^Error \[ERR_MMAP_CLOSED\]: /)
})

eachHome('nobody is given a view that was not asked for', (t, home) => {
  const given: unknown[] = []
  class Spy extends Uint8Array {
    override set(source: ArrayLike<number>, offset?: number): void {
      given.push(source)
      super.set(source, offset)
    }
  }
  using m = Mmap.anonymous(100, { home })
  m.fill(1)
  for (let n = 0; n < 40; n++) m.at(n)
  const spy = new Spy(100)
  t.is(m.readInto(spy), 100)
  t.deepEqual([given.length, spy[99]], [0, 1])
})

eachHome('a pattern longer than the range is cut to it', (t, home) => {
  using m = Mmap.anonymous(4, { home })
  using long = Mmap.anonymous(2 ** 31, { home: VIEWED[0] as Home })
  long.buffer.set([1, 2, 3], 0)
  t.deepEqual([...m.fill(long.buffer).slice()], [1, 2, 3, 0])
})

eachHome(
  'set() between mappings of one file copies what was there before, also where the ranges overlap',
  (t, home) => {
    const content = Buffer.from(Array.from({ length: 700_000 }, (_, index) => (index * 7919) >> 3))
    const length = 600_000
    for (const [from, to] of [
      [0, 100],
      [100, 0],
      [0, 70_000],
      [70_000, 0],
      [5, 5],
    ] as const) {
      const name = file(t, content)
      using source = Mmap.open(name, { offset: from, length, home })
      using target = Mmap.open(name, { offset: to, length, access: 'write', home })
      target.set(source)
      const expected = Buffer.from(content).copyWithin(to, from, from + length)
      t.true(fs.readFileSync(name).equals(expected), `from ${from} to ${to}`)
      // Without descriptors it is not known that the two are one file.
      // Written in place: Windows lets nobody cut a mapped file, be it to write it anew.
      fs.writeFileSync(name, content, { flag: 'r+' })
      const fd = fs.openSync(name, 'r+')
      using blind = new Mmap(fd, length, { trackfd: false, home })
      fs.closeSync(fd)
      blind.set(source)
      const whole = Buffer.from(content)
      content.copy(whole, 0, from, from + length)
      t.true(fs.readFileSync(name).equals(whole), `to a mapping without a descriptor, from ${from}`)
    }
  },
)

eachHome('methods in the place of those of typed arrays never see the mapping', (t, home) => {
  const m = closing(t, Mmap.anonymous(1000, { home }))
  const seen = new Set<unknown>()
  const { indexOf, lastIndexOf, set, subarray } = Uint8Array.prototype
  const spied = { indexOf, lastIndexOf, set, subarray } as Record<string, (...args: unknown[]) => unknown>
  for (const [name, method] of Object.entries(spied)) {
    Reflect.set(Uint8Array.prototype, name, function (this: Uint8Array, ...args: unknown[]) {
      seen.add(this)
      for (const argument of args) seen.add(argument)
      return method.apply(this, args)
    })
  }
  try {
    for (let time = 0; time < 60; time++) {
      m.set(Uint8Array.of(1, 2, 3), time)
      m.slice(time, time + 100)
      m.find('abc', 0, 100)
      m.rfind('abc', 0, 100)
      m.readInto(Buffer.alloc(200), 0, 200, 0)
    }
  } finally {
    for (const [name, method] of Object.entries(spied)) Reflect.set(Uint8Array.prototype, name, method)
  }
  if (home !== 'native') {
    const { buffer } = m.buffer
    for (const each of seen) if (ArrayBuffer.isView(each)) t.not(each.buffer, buffer)
  }
  t.is(m.at(0), 1)
})
