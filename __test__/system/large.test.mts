import buffer from 'node:buffer'
import fs from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import { ALLOCATIONGRANULARITY, type Home, Mmap, PAGESIZE } from 'memmap'
import { eachHome, file, held, inChild, linux, skip, throwsCode, windows } from '../support/common.mjs'

const GIB = 2 ** 30
// Files on Windows have no holes by default, so there the file is no longer than the borders below need.
const LARGE = (windows ? 4 : 8) * GIB + 3 * ALLOCATIONGRANULARITY + 5
const LIMIT = buffer.constants.MAX_LENGTH
const MARK = 'marked here'

/** The greatest length that is tested in this home. */
function longest(home: Home): number {
  // A memory of WebAssembly ends there.
  if (home === 'overlay') return Math.min(LARGE, LIMIT, 4 * GIB)
  return home === 'external' ? Math.min(LARGE, LIMIT) : LARGE
}

/** Positions around 2, 4 and 8 GiB, and at the end. */
function borders(length: number): number[] {
  const half = Math.floor(MARK.length / 2)
  const inside = [2 * GIB, 4 * GIB, 8 * GIB].filter((border) => border + MARK.length < length)
  return [...inside.map((border) => border - half), length - MARK.length]
}

/** Reads bytes of the file without the mapping. */
function onDisk(name: string, position: number, length: number): string {
  const fd = fs.openSync(name, 'r')
  const bytes = Buffer.alloc(length)
  fs.readSync(fd, bytes, 0, length, position)
  fs.closeSync(fd)
  return bytes.toString('latin1')
}

eachHome('reading, writing and searching over the borders of 2 and 4 GiB', (t, home) => {
  const length = longest(home)
  const name = file(t, length)
  using m = Mmap.open(name, { access: 'write', home })
  t.is(m.length, length)
  const near = 2 ** 20
  for (const at of borders(length)) {
    const what = `at ${at}`
    t.is(m.seek(at), at)
    t.is(m.write(MARK), MARK.length)
    t.is(m.tell(), at + MARK.length)
    t.is(onDisk(name, at, MARK.length), MARK, what)
    t.is(m.slice(at, at + MARK.length).toString(), MARK, what)
    t.is(m.at(at + 3), MARK.charCodeAt(3))
    t.is(m.at(BigInt(at - length)), MARK.charCodeAt(0))
    t.is(m.find(MARK, at - near), at, what)
    t.is(m.find(MARK, at), at, what)
    t.is(m.find(MARK, at - near, at + MARK.length - 1), -1, what)
    t.is(m.rfind(MARK, at - near, at + MARK.length), at, what)
    t.is(m.rfind(MARK, at + 1, at + MARK.length), -1, what)
    m.seek(at - length, 2)
    t.is(m.tell(), at)
    const target = Buffer.alloc(MARK.length)
    t.is(m.readInto(target), MARK.length)
    t.is(m.readInto(target, 0, 1, at + 1), 1)
    t.is(target.toString(), `a${MARK.slice(1)}`, what)
    m.seek(at)
    t.is(m.readByte(), MARK.charCodeAt(0))
    m.writeByte(0x0a)
    m.seek(at)
    t.is(m.readLine().toString(), 'm\n')
    m.fill('-+', at, at + 4)
    m.set(Buffer.from('!'), at + 4)
    t.is(onDisk(name, at, MARK.length), `-+-+!${MARK.slice(5)}`, what)
    m.move(at - 2, at, 5)
    t.is(m.slice(at - 2, at + 3).toString(), '-+-+!')
    m.move(7, at + 5, MARK.length - 5)
    t.is(m.slice(7, 2 + MARK.length).toString(), MARK.slice(5), what)
    m.flush(at, 1)
    if (home !== 'native') {
      t.is(m.subarray(at + 5, at + MARK.length).toString(), MARK.slice(5), what)
      const aligned = at - (at % 8)
      m.view(BigUint64Array, aligned, 1)[0] = 0x4142434445464748n
      t.is(onDisk(name, aligned, 8), 'HGFEDCBA')
    }
  }
  throwsCode(t, () => m.seek(length + 1), { code: 'ERR_OUT_OF_RANGE' })
  throwsCode(t, () => m.set(Buffer.alloc(1), length), { code: 'ERR_OUT_OF_RANGE' })
  t.is(m.at(length), undefined)
})

test('what is longer than a Buffer may be has the home native, and says so', (t) => {
  const name = file(t, LARGE)
  using m = Mmap.open(name)
  t.is(m.home, LARGE > LIMIT ? 'native' : 'external')
  if (LARGE <= LIMIT) return skip(t, `in part: a Buffer may have ${LIMIT} bytes here`)
  const tooLong = new RegExp(`${LARGE} bytes.*${LIMIT} bytes.*map a window.*offset and length`)
  throwsCode(t, () => m.buffer, { code: 'ERR_MMAP_NO_VIEWS', message: tooLong })
  throwsCode(t, () => Mmap.open(name, { home: 'external' }), {
    code: 'ERR_MMAP_NO_VIEWS',
    message: new RegExp(`'external'.*${LIMIT}.*window.*${LARGE}`),
  })
  // The mapping that was made before its home was refused is gone.
  t.is(held(name).mappings.length, linux ? 1 : 0)
  // Copies have the same limit, and the position stays.
  throwsCode(t, () => m.slice(), { code: 'ERR_OUT_OF_RANGE', message: tooLong })
  throwsCode(t, () => m.read(), { code: 'ERR_OUT_OF_RANGE', message: tooLong })
  throwsCode(t, () => m.toString(), { code: 'ERR_OUT_OF_RANGE', message: tooLong })
  t.is(m.tell(), 0)
  using edge = Mmap.open(name, { length: LIMIT })
  t.is(edge.home, 'external')
  t.is(edge.buffer.length, LIMIT)
})

eachHome('offsets beyond 4 GiB', (t, home) => {
  const name = file(t, LARGE)
  const offset = 4 * GIB + ALLOCATIONGRANULARITY
  fs.closeSync(writeAt(name, offset + 123, MARK))
  using opened = Mmap.open(name, { offset: offset + 123, length: 100, access: 'write', home })
  t.is(opened.slice(0, MARK.length).toString(), MARK)
  t.is(opened.offset, offset + 123)
  const fd = fs.openSync(name, 'r+')
  using m = new Mmap(fd, 0n, { offset: BigInt(offset), home: 'native' })
  fs.closeSync(fd)
  t.is(m.length, LARGE - offset)
  t.is(m.find(MARK, 0, 1000), 123)
  opened.fill('x')
  t.is(m.slice(122, 124).toString('latin1'), '\0x')
  throwsCode(t, () => Mmap.open(name, { offset: LARGE + 1, home }), { code: 'ERR_MMAP_OFFSET' })
})

function writeAt(name: string, position: number, text: string): number {
  const fd = fs.openSync(name, 'r+')
  fs.writeSync(fd, Buffer.from(text), 0, text.length, position)
  return fd
}

eachHome('another process writes beyond 4 GiB, and it is seen at once', (t, home) => {
  const name = file(t, LARGE)
  const offset = 4 * GIB + 100
  const kinds = (['read', 'write', 'copy'] as const).map((access) =>
    Mmap.open(name, { offset, length: 10 * PAGESIZE, access, home }),
  )
  const all = (): string[] => kinds.map((m) => m.slice(0, 5).toString('latin1'))
  t.deepEqual(all(), Array(3).fill('\0'.repeat(5)))
  const [at, there] = [String(offset), String(offset + 4)]
  inChild(`fs.writeSync(fs.openSync(args[0], 'r+'), Buffer.from('file.'), 0, 5, Number(args[1]))`, [name, at])
  t.deepEqual(all(), Array(3).fill('file.'))
  const script = `const m = Mmap.open(args[0], { access: 'write' }); m.set(Buffer.from('!'), Number(args[1]))
    console.log(m.slice(Number(args[1]) - 4, Number(args[1]) + 1).toString())`
  t.is(inChild(script, [name, there]).trim(), 'file!')
  t.deepEqual(all(), Array(3).fill('file!'))
  for (const m of kinds) m.close()
})

eachHome('resize beyond 4 GiB and back', (t, home) => {
  const length = longest(home)
  const name = file(t, MARK)
  using m = Mmap.open(name, { access: 'write', home })
  m.resize(length, { reserve: false })
  t.deepEqual([m.length, m.size(), m.at(length - 1)], [length, length, 0])
  m.set(Buffer.from('end'), length - 3)
  t.is(onDisk(name, length - 3, 3), 'end')
  m.resize(MARK.length)
  t.is(fs.readFileSync(name, 'latin1'), MARK)
})

/** Kilobytes of anonymous memory of this process. */
function anonymousKb(): number {
  return Number(/^RssAnon:\s+(\d+) kB/m.exec(fs.readFileSync('/proc/self/status', 'latin1'))?.[1])
}

function bounded(t: ExecutionContext, run: () => void): void {
  const before = anonymousKb()
  run()
  const grown = anonymousKb() - before
  t.true(grown < 64 * 1024, `${grown} kB more`)
}

test('reading and searching through 8 GiB takes no memory of its own', (t) => {
  if (!linux) return skip(t, 'only Linux tells memory that no file backs')
  const name = file(t, LARGE)
  fs.closeSync(writeAt(name, 5 * GIB, MARK))
  for (const access of ['read', 'write', 'copy'] as const) {
    using m = Mmap.open(name, { access, home: 'native' })
    // Reads a piece here and there from the first byte to the last, since all the holes would only fill the page cache.
    const piece = Buffer.alloc(2 ** 20)
    const step = 64 * piece.length
    bounded(t, () => {
      let found = 0
      for (let at = 0; at < LARGE; at += step) {
        m.seek(at)
        t.is(m.readInto(piece), Math.min(piece.length, LARGE - at))
        if (piece.includes(MARK)) found = at + piece.indexOf(MARK)
      }
      t.is(found, 5 * GIB)
    })
    bounded(t, () => {
      t.is(m.find(MARK, 5 * GIB - 300 * 2 ** 20), 5 * GIB)
      t.is(m.rfind(MARK, 0, 5 * GIB + 300 * 2 ** 20), 5 * GIB)
    })
  }
})

test('a line of more than 2 GiB is one line, without its end or with it', (t) => {
  const name = file(t, 2 * GIB + 100)
  fs.appendFileSync(name, '\r\nshort')
  using m = Mmap.open(name, { home: 'native' })
  const [end, next] = [2 * GIB + 100, 2 * GIB + 102]
  t.deepEqual(
    [...m.lines({ as: 'offsets' })],
    [
      [0, end],
      [next, next + 5],
    ],
  )
  t.deepEqual(
    [...m.lines({ as: 'offsets', keepEnds: true })],
    [
      [0, next],
      [next, next + 5],
    ],
  )
  t.deepEqual([...m.lines({ as: 'offsets', start: 1, end: end - 1 })], [[1, end - 1]])
  throwsCode(t, () => m.lines().next(), { code: 'ERR_OUT_OF_RANGE', message: /longer than a string may be/ })
})
