import buffer from 'node:buffer'
import fs from 'node:fs'
import { inspect } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { type AdviceName, ALLOCATIONGRANULARITY, constants, type Home, Mmap, type OpenOptions, PAGESIZE } from 'memmap'
import {
  descriptor,
  eachHome,
  emulator,
  file,
  inChild,
  kernelView,
  linux,
  rejectsCode,
  scratch,
  skip,
  throwsCode,
  windows,
} from '../support/common.mjs'

const TYPE = 'ERR_INVALID_ARG_TYPE'
const VALUE = 'ERR_INVALID_ARG_VALUE'
const RANGE = 'ERR_OUT_OF_RANGE'
const NO_INTEGERS = ['1', {}, Symbol('one'), () => 1, new Date(1), true, Number.NaN, 1.5]
const NO_SIZES = [-1, Number.POSITIVE_INFINITY, 2 ** 53, 2n ** 64n, -1n]

function ofText(home: Home, text: string): Mmap {
  const m = Mmap.anonymous(text.length, { home })
  m.set(Buffer.from(text))
  return m
}

/** Checks that each value is refused with its table's error, which names the argument, and that the position stays. */
function refuses(
  t: ExecutionContext,
  m: Mmap,
  name: string,
  call: (value: never) => unknown,
  outOfRange: readonly unknown[] = [],
) {
  const position = m.tell()
  for (const [values, code] of [
    [NO_INTEGERS, TYPE],
    [outOfRange, RANGE],
  ] as const) {
    for (const value of values) {
      const expected = { code, message: new RegExp(`"(options\\.)?${name}".*Received`) }
      throwsCode(t, () => call(value as never), expected, `${name}: ${String(value)}`)
    }
  }
  t.is(m.tell(), position)
}

eachHome('read', (t, home) => {
  using m = ofText(home, '0123456789')
  const table: [position: number, size: number | bigint | null | undefined, content: string][] = [
    [0, undefined, '0123456789'],
    [0, null, '0123456789'],
    [3, undefined, '3456789'],
    [3, -1, '3456789'],
    [3, -(2 ** 53), '3456789'],
    [3, -5n, '3456789'],
    [3, 0, ''],
    [3, 4, '3456'],
    [3, 7, '3456789'],
    [3, 8, '3456789'],
    [3, 2 ** 53, '3456789'],
    [3, 2n ** 70n, '3456789'],
    [10, undefined, ''],
    [10, 5, ''],
  ]
  for (const [position, size, content] of table) {
    m.seek(position)
    t.is(m.read(size).toString(), content, `${position}, ${size}`)
    t.is(m.tell(), position + content.length)
  }
  refuses(t, m, 'size', (value) => m.read(value))
})

eachHome('readInto', (t, home) => {
  using m = ofText(home, '0123456789')
  type Row = [position: number, given: unknown[], count: number, content: string, after: number]
  const table: Row[] = [
    [0, [], 6, '012345', 6],
    [7, [], 3, '789...', 10],
    [10, [], 0, '......', 10],
    [2, [1], 5, '.23456', 7],
    [2, [6], 0, '......', 2],
    [2, [1, 2], 2, '.23...', 4],
    [2, [1n, 2n], 2, '.23...', 4],
    [2, [0, null], 6, '234567', 8],
    [2, [0, 0], 0, '......', 2],
    // With an explicit position, the mapping's own stays where it is, as with fs.read.
    [2, [0, 6, 5], 5, '56789.', 2],
    [2, [0, 6, 0n], 6, '012345', 2],
    [2, [0, 6, null], 6, '234567', 8],
    [2, [0, 6, 10], 0, '......', 2],
    [2, [0, 6, 2 ** 53 - 1], 0, '......', 2],
  ]
  for (const [position, given, count, content, after] of table) {
    const bytes = Buffer.alloc(6, '.')
    const whole = new SharedArrayBuffer(6)
    for (const target of [bytes, new DataView(bytes.buffer, bytes.byteOffset, 6), whole]) {
      bytes.fill('.')
      new Uint8Array(whole).fill(0x2e)
      m.seek(position)
      const copied = Reflect.apply(m.readInto, m, [target, ...given])
      t.is(copied, count, String(given))
      t.is(Buffer.from(target === whole ? new Uint8Array(whole).slice() : bytes).toString(), content, String(given))
      t.is(m.tell(), after)
    }
  }
  const wide = new Uint32Array(2)
  m.seek(0)
  t.is(m.readInto(wide, 2), 6)
  t.is(Buffer.from(wide.buffer).toString('latin1'), '\0\x00012345')
  const target = Buffer.alloc(6)
  refuses(t, m, 'offset', (value) => m.readInto(target, value), [...NO_SIZES, 7])
  refuses(t, m, 'length', (value) => m.readInto(target, 1, value), [...NO_SIZES, 6])
  refuses(t, m, 'position', (value) => m.readInto(target, 0, 1, value), NO_SIZES)
  for (const none of [undefined, null, 'abc', 5, {}, [1, 2]]) {
    throwsCode(t, () => m.readInto(none as unknown as Buffer), { code: TYPE, message: /"target"/ })
  }
})

eachHome('readByte and writeByte', (t, home) => {
  using m = ofText(home, 'ab')
  t.deepEqual([m.readByte(), m.readByte(), m.tell()], [0x61, 0x62, 2])
  throwsCode(t, () => m.readByte(), { code: RANGE, message: /"position".*< 2/ })
  throwsCode(t, () => m.writeByte(1), { code: RANGE, message: /"position".*< 2/ })
  m.seek(0)
  for (const byte of [0, 255]) t.is(m.writeByte(byte), undefined)
  t.deepEqual([...m], [0, 255])
  m.seek(1)
  refuses(t, m, 'value', (value) => m.writeByte(value), [256, -1, Number.POSITIVE_INFINITY, 2n ** 64n])
  t.deepEqual([...m], [0, 255])
})

eachHome('readLine ends at a newline alone', (t, home) => {
  using m = ofText(home, 'one\ntwo\r\n\n\rthree\0')
  const lines: string[] = []
  for (let line = m.readLine(); line.length > 0; line = m.readLine()) lines.push(line.toString('latin1'))
  t.deepEqual(lines, ['one\n', 'two\r\n', '\n', '\rthree\0'])
  t.is(m.tell(), m.length)
  m.seek(1)
  t.is(m.readLine().toString(), 'ne\n')
  t.is(m.tell(), 4)
})

eachHome('write is all or nothing', (t, home) => {
  using m = ofText(home, '0123456789')
  t.is(m.write(Buffer.from('ab')), 2)
  t.is(m.write('é€'), 5)
  t.is(m.write('ff00', 'hex'), 2)
  t.is(m.write(new Uint16Array(0)), 0)
  t.is(m.tell(), 9)
  t.deepEqual(m.slice(), Buffer.concat([Buffer.from('abé€'), Buffer.from([255, 0, 0x39])]))
  for (const data of [Buffer.from('xy'), 'xy', 'é', new Uint16Array(1), new ArrayBuffer(2), m]) {
    throwsCode(t, () => m.write(data), { code: RANGE, message: /"data".*at most 1 bytes.*Received \d+ bytes/ })
  }
  t.is(m.tell(), 9)
  t.is(m.at(9), 0x39)
  t.is(m.write('!'), 1)
  t.is(m.write(''), 0)
  for (const data of [undefined, null, 5, {}, [1], new Date(0), Symbol('x')]) {
    throwsCode(t, () => m.write(data as string), { code: TYPE, message: /"data".*Buffer.*Received/ }, String(data))
  }
  throwsCode(t, () => m.write('x', 'klingon' as 'utf8'), { code: VALUE, message: /"encoding".*'klingon'/ })
  using other = ofText(home, 'xyz')
  m.seek(4)
  t.is(m.write(other), 3)
  t.is(m.slice(4, 7).toString(), 'xyz')
  t.is(m.tell(), 7)
})

eachHome('what takes strings says so', (t, home) => {
  using m = ofText(home, 'a')
  const none = {} as string
  for (const refused of [() => m.write(none), () => m.find(none), () => m.rfind(none)]) {
    throwsCode(t, refused, { code: TYPE, message: /of type string.*Buffer.*Received an instance of Object/ })
  }
  for (const refused of [() => m.fill(none), () => m.includes(none)]) {
    throwsCode(t, refused, { code: TYPE, message: /of type number.*string.*Buffer.*Received an instance/ })
  }
})

eachHome('seek, tell and seekable', (t, home) => {
  using m = ofText(home, '0123456789')
  const table: [from: number, given: [number | bigint, (0 | 1 | 2)?], to: number | undefined][] = [
    [0, [4], 4],
    [4, [0, 0], 0],
    [4, [10], 10],
    [4, [11], undefined],
    [4, [-1], undefined],
    [4, [0, 1], 4],
    [4, [6, 1], 10],
    [4, [-4, 1], 0],
    [4, [7, 1], undefined],
    [4, [-5, 1], undefined],
    [4, [0, 2], 10],
    [4, [-10, 2], 0],
    [4, [1, 2], undefined],
    [4, [-11, 2], undefined],
    [4, [5n], 5],
    [4, [-2n, 2], 8],
    [4, [2n ** 64n], undefined],
    [4, [2 ** 53, 1], undefined],
    [4, [Number.MAX_SAFE_INTEGER, 2], undefined],
    [4, [-(2n ** 70n), 1], undefined],
  ]
  for (const [from, given, to] of table) {
    m.seek(from)
    if (to === undefined)
      throwsCode(t, () => m.seek(...given), { code: RANGE, message: /"position".*0 and 10/ }, String(given))
    else t.is(m.seek(...given), to, String(given))
    t.is(m.tell(), to ?? from)
  }
  refuses(t, m, 'position', (value) => m.seek(value), [Number.POSITIVE_INFINITY])
  for (const whence of [3, -1, '0', null, Number.NaN]) {
    throwsCode(t, () => m.seek(0, whence as 0), { code: VALUE, message: /"whence".*Received/ }, String(whence))
  }
  t.true(m.seekable())
})

type FindRow = [
  position: number,
  given: [string, ...(number | bigint | null | undefined)[]],
  first: number,
  last: number,
]

eachHome('find and rfind: from the position by default, as in Python 3.15', (t, home) => {
  using m = ofText(home, 'one two ones')
  const inf = Number.POSITIVE_INFINITY
  const table: FindRow[] = [
    [0, ['one'], 0, 8],
    [1, ['one'], 8, 8],
    [9, ['one'], -1, -1],
    [12, ['one'], -1, -1],
    [12, ['one', 0], 0, 8],
    [12, ['one', -12], 0, 8],
    [12, ['one', -100], 0, 8],
    [12, ['one', -inf], 0, 8],
    [5, ['one', 0, 8], 0, 0],
    [5, ['one', 1, -1], 8, 8],
    [5, ['one', 1, -2], -1, -1],
    [5, ['one', 0, 100], 0, 8],
    [5, ['one', 0, inf], 0, 8],
    [5, ['one', 0n, 8n], 0, 0],
    [5, ['one', 8, 3], -1, -1],
    [5, ['one', 0, -100], -1, -1],
    // null and undefined mean the default; an end beside such a start still counts.
    [5, ['one', undefined, 11], 8, 8],
    [5, ['one', null, 10], -1, -1],
    [5, ['one', 0, null], 0, 8],
    [0, ['one', null, 3], 0, 0],
    // An empty needle is found at the start, and last at the end, but not beyond the end.
    [0, [''], 0, 12],
    [5, [''], 5, 12],
    [0, ['', 3, 7], 3, 7],
    [0, ['', 7, 3], -1, -1],
    [0, ['', 12], 12, 12],
    [0, ['', 13], -1, -1],
    [0, ['', 13n], -1, -1],
    [0, ['', inf], -1, -1],
    [0, ['', 2n ** 70n], -1, -1],
    [0, ['one two ones'], 0, 0],
    [0, ['one two ones!'], -1, -1],
    [0, [' '], 3, 7],
  ]
  for (const [position, [needle, start, end], first, last] of table) {
    m.seek(position)
    const bytes = Uint8Array.from(Buffer.from(needle))
    const shared = new SharedArrayBuffer(bytes.length)
    new Uint8Array(shared).set(bytes)
    for (const each of [needle, bytes, bytes.buffer, shared]) {
      const what = `${needle}, ${inspect(start)}, ${inspect(end)} at ${position}`
      t.deepEqual([m.find(each, start, end), m.rfind(each, start, end)], [first, last], what)
    }
    t.is(m.tell(), position)
  }
  for (const find of ['find', 'rfind'] as const) {
    refuses(t, m, 'start', (value) => m[find]('o', value))
    refuses(t, m, 'end', (value) => m[find]('o', 0, value))
    for (const needle of [undefined, null, 0x6f, {}, ['o']]) {
      throwsCode(t, () => m[find](needle as string), { code: TYPE, message: /"needle".*Buffer/ }, String(needle))
    }
  }
  using accents = Mmap.open(file(t, 'caf\u00e9!'), { home })
  t.deepEqual([accents.find('\u00e9'), accents.find('!')], [3, 5])
})

eachHome('move', (t, home) => {
  using m = ofText(home, '0123456789')
  const table: [number | bigint, number | bigint, number | bigint, string | undefined][] = [
    [0, 5, 5, '5678956789'],
    [5, 0, 5, '0123401234'],
    [1, 0, 9, '0012345678'],
    [0, 1, 9, '1234567899'],
    [0n, 8n, 2n, '8923456789'],
    [3, 3, 7, '0123456789'],
    [10, 0, 0, '0123456789'],
    [0, 10, 0, '0123456789'],
    [11, 0, 0, undefined],
    [0, 11, 0, undefined],
    [0, 1, 10, undefined],
    [1, 0, 10, undefined],
    [0, 0, 11, undefined],
    [0, 0, 2 ** 53 - 1, undefined],
    [2 ** 53 - 1, 0, 1, undefined],
    [0, 2 ** 53 - 1, 2 ** 53 - 1, undefined],
  ]
  for (const [dest, src, count, content] of table) {
    const what = `${dest}, ${src}, ${count}`
    m.set(Buffer.from('0123456789'))
    if (content === undefined) throwsCode(t, () => m.move(dest, src, count), { code: RANGE, message: /Received/ }, what)
    else t.is(m.move(dest, src, count), undefined)
    t.is(m.slice().toString(), content ?? '0123456789', what)
  }
  refuses(t, m, 'dest', (value) => m.move(value, 0, 1), NO_SIZES)
  refuses(t, m, 'src', (value) => m.move(0, value, 1), NO_SIZES)
  refuses(t, m, 'count', (value) => m.move(0, 0, value), NO_SIZES)
})

eachHome('size is that of the file now, and of memory the length', (t, home) => {
  using memory = Mmap.anonymous(5, { home })
  t.is(memory.size(), 5)
  const name = file(t, 'abc')
  using m = Mmap.open(name, { home })
  fs.appendFileSync(name, 'defg')
  t.is(m.size(), 7)
  t.is(m.length, 3)
})

eachHome('flush: ranges and flags', async (t, home) => {
  const name = file(t, Buffer.alloc(3 * PAGESIZE))
  for (const access of ['write', 'copy', 'read'] as const) {
    using m = Mmap.open(name, { access, home })
    const { length } = m
    for (const range of [[], [0], [PAGESIZE], [length], [0, 1], [100, 100], [0, -1], [5n, 5n], [length, 0]] as const) {
      t.is(m.flush(...range), undefined)
      t.is(await m.flushAsync(...range), undefined)
    }
    refuses(t, m, 'offset', (value) => m.flush(value), [...NO_SIZES, length + 1])
    // -1 stands for everything from the offset on, as in Python.
    refuses(t, m, 'length', (value) => m.flush(1, value), [-2, Number.POSITIVE_INFINITY, length])
    refuses(t, m, 'flags', (value) => m.flush(0, 0, { flags: value }), [2 ** 31])
    const unknown = { flag: 1 } as object
    throwsCode(t, () => m.flush(0, 0, unknown), { code: VALUE, message: /"options\.flag"/ })
    await rejectsCode(t, () => m.flushAsync(0, length + 1), { code: RANGE, message: /"length"/ })
    await rejectsCode(t, () => m.flushAsync(0, 0, unknown), { code: VALUE })
    if (windows) {
      // Windows ignores the flags.
      t.is(m.flush(0, length, { flags: 5 }), undefined)
      continue
    }
    const { MS_SYNC = 0, MS_ASYNC = 0, MS_INVALIDATE = 0 } = constants
    for (const flags of [0, MS_SYNC, MS_ASYNC, MS_SYNC | MS_INVALIDATE]) t.is(m.flush(0, length, { flags }), undefined)
    // msync(2) refuses these flags; it is not called where there is nothing to write back.
    for (const flags of [MS_SYNC | MS_ASYNC, -1]) {
      if (access !== 'write') t.is(m.flush(0, length, { flags }), undefined)
      else {
        for (const [start, count] of [
          [0, length],
          [length, 0],
          [5, 0],
        ] as const)
          throwsCode(t, () => m.flush(start, count, { flags }), { code: 'EINVAL', message: /msync '/ }, String(flags))
      }
    }
  }
})

eachHome('flush leaves no page dirty', async (t, home) => {
  if (!linux) return skip(t, 'only Linux tells which pages are dirty')
  const far = 2 ** 25
  const name = file(t, 2 * far)
  using m = Mmap.open(name, { access: 'write', home })
  const dirty = (): number => kernelView(name).kb('Private_Dirty') + kernelView(name).kb('Shared_Dirty')
  const page = PAGESIZE / 1024
  for (let attempt = 1; ; attempt++) {
    // Far apart, since the kernel writes neighbouring pages back together.
    for (const at of [0, far]) m.set(Buffer.from('x'), at + 100)
    const both = dirty()
    m.flush(far + 200, 1)
    const first = dirty()
    if (both === 2 * page && first === both) return skip(t, 'a file system in memory writes nothing back')
    await m.flushAsync(far)
    const still = dirty()
    await m.flushAsync(0, 1)
    t.is(dirty(), 0)
    // The kernel may have written a page back by itself meanwhile; then the round is repeated.
    if (attempt < 10 && (both < 2 * page || still < page)) continue
    t.deepEqual([both, first, still], [2 * page, page, page])
    break
  }
  m.set(Buffer.from('y'), far)
  m.flush()
  t.is(dirty(), 0)
})

/** The flag by which VmFlags in /proc/PID/smaps shows each advice, see proc_pid_smaps(5). */
const HEARD: readonly [AdviceName, string, AdviceName][] = [
  ['sequential', 'sr', 'normal'],
  ['random', 'rr', 'normal'],
  ['dontfork', 'dc', 'dofork'],
  ['dontdump', 'dd', 'dodump'],
  ['hugepage', 'hg', 'nohugepage'],
  ['mergeable', 'mg', 'unmergeable'],
]

const DEAF = 'qemu says yes to any advice, and hands on hardly any of it'

eachHome('madvise: the kernel hears it', (t, home) => {
  if (!linux) return skip(t, 'only Linux tells what it heard')
  if (emulator === 'qemu') return skip(t, DEAF)
  const name = file(t, Buffer.alloc(2 * PAGESIZE))
  using m = Mmap.open(name, { access: 'copy', home })
  for (const [advice, flag, undo] of HEARD) {
    const number = constants[`MADV_${advice.toUpperCase() as Uppercase<AdviceName>}`] ?? -1
    for (const given of [advice, number]) {
      try {
        t.true(m.madvise(given))
      } catch (error) {
        // A kernel that was built without huge pages or page merging refuses with EINVAL.
        t.is((error as NodeJS.ErrnoException).code, 'EINVAL')
        t.log(`skipped in part: this kernel knows no ${advice}`)
        continue
      }
      t.true(kernelView(name).flags.includes(flag), advice)
      t.true(m.madvise(undo))
      t.false(kernelView(name).flags.includes(flag), undo)
    }
  }
})

eachHome('madvise: dropping pages', (t, home) => {
  if (!linux) return skip(t, 'what "dontneed" does is Linux\'s own')
  if (emulator === 'qemu') return skip(t, DEAF)
  const name = file(t, Buffer.alloc(2 * PAGESIZE, 'f'))
  using m = Mmap.open(name, { access: 'copy', home })
  m.fill('x')
  // Advice that drops bytes is never widened to whole pages: it would drop bytes outside the range.
  throwsCode(t, () => m.madvise('dontneed', 100), { code: 'EINVAL', message: /madvise$/ })
  throwsCode(t, () => m.madvise(constants['MADV_DONTNEED'] ?? 0, 100, 1), { code: 'EINVAL' })
  t.true(m.equals(Buffer.alloc(2 * PAGESIZE, 'x')))
  t.true(m.madvise('dontneed', PAGESIZE))
  t.deepEqual(m.slice(), Buffer.concat([Buffer.alloc(PAGESIZE, 'x'), Buffer.alloc(PAGESIZE, 'f')]))
  using memory = Mmap.anonymous(2 * PAGESIZE, { home })
  memory.fill('x')
  t.true(memory.madvise('remove', 0, PAGESIZE))
  t.deepEqual(memory.slice(), Buffer.concat([Buffer.alloc(PAGESIZE), Buffer.alloc(PAGESIZE, 'x')]))
})

eachHome('madvise: a hole in the file has no byte of what is outside of the mapping', (t, home) => {
  if (!linux) return skip(t, "holes are Linux's")
  if (emulator === 'qemu') return skip(t, DEAF)
  const content = Buffer.alloc(3 * PAGESIZE, 'r')
  const name = file(t, content)
  const remove = (options: OpenOptions): void => {
    using m = Mmap.open(name, { access: 'write', home, ...options })
    m.madvise('remove')
  }
  throwsCode(t, () => remove({ offset: 100, length: 10 }), { code: 'EINVAL' })
  remove({ length: 10 })
  t.deepEqual(fs.readFileSync(name), content)
  remove({ offset: PAGESIZE, length: PAGESIZE + 10 })
  t.deepEqual(fs.readFileSync(name), content.fill(0, PAGESIZE, 2 * PAGESIZE))
})

eachHome('madvise: arguments', (t, home) => {
  using m = Mmap.anonymous(2 * PAGESIZE + 10, { access: 'copy', home })
  t.true(m.madvise('willneed'))
  t.true(m.madvise('willneed', PAGESIZE, 100))
  // The range is clipped at the end, and a start within a page means that page.
  for (const range of [[0, 2 ** 53 - 1], [PAGESIZE], [100], [100, 5], [0, 0], [0n, 5n], [0, null]]) {
    t.is(Reflect.apply(m.madvise, m, ['normal', ...range]), !windows, String(range))
  }
  refuses(t, m, 'start', (value) => m.madvise('normal', value), [...NO_SIZES, m.length])
  refuses(t, m, 'length', (value) => m.madvise('normal', 0, value), NO_SIZES)
  for (const advice of [undefined, null, {}, Symbol('x'), true, 5n, Number.NaN, 1.5]) {
    throwsCode(t, () => m.madvise(advice as 'normal'), { code: TYPE, message: /"advice"/ }, String(advice))
  }
  throwsCode(t, () => m.madvise('sometimes' as 'normal'), { code: VALUE, message: /'advice'.*'willneed'.*'sometimes'/ })
  throwsCode(t, () => m.madvise(2 ** 31), { code: RANGE, message: /"advice"/ })
  if (windows) throwsCode(t, () => m.madvise(3), { code: VALUE, message: /a name.*no MADV_/ })
  if (!linux) return
  if (emulator === 'qemu') t.log(`skipped in part: ${DEAF}`)
  else throwsCode(t, () => m.madvise(9999), { code: 'EINVAL', message: /madvise$/ })
  // After these, an access to the pages kills the process: HWPOISON, SOFT_OFFLINE, GUARD_INSTALL, GUARD_REMOVE.
  for (const advice of [100, 101, 102, 103]) {
    throwsCode(t, () => m.madvise(advice), { code: VALUE, message: /unusable.*Received 10\d/ }, String(advice))
  }
})

eachHome('flags are those that the kernel has', (t, home) => {
  if (!linux) return skip(t, 'only Linux tells the flags of a mapping')
  if (emulator === 'qemu') return skip(t, 'qemu shows mappings without their permission to execute')
  const {
    MAP_PRIVATE = 0,
    MAP_NORESERVE = 0,
    MAP_SHARED = 0,
    MAP_POPULATE = 0,
    PROT_READ = 0,
    PROT_EXEC = 0,
  } = constants
  const content = Buffer.alloc(4 * PAGESIZE, 1)
  const table: [object, string, string?][] = [
    [{}, 'rw-s'],
    [{ access: 'write' }, 'rw-s'],
    [{ access: 'copy' }, 'rw-p'],
    [{ access: 'read' }, 'r--p', 'nr'],
    // Private like the one above, so that a stray store does not reach the file.
    [{ prot: PROT_READ }, 'r--p', 'nr'],
    [{ prot: PROT_READ | PROT_EXEC, flags: MAP_PRIVATE }, 'r-xp'],
    [{ flags: MAP_PRIVATE }, 'rw-p'],
    [{ flags: MAP_PRIVATE | MAP_NORESERVE }, 'rw-p', 'nr'],
  ]
  for (const [options, perms, flag] of table) {
    const name = file(t, content)
    using m = new Mmap(descriptor(t, name), 0, { home, ...options })
    const seen = kernelView(name)
    t.is(seen.perms, perms, JSON.stringify(options))
    if (flag !== undefined) t.true(seen.flags.includes(flag), JSON.stringify(options))
    t.true(m.equals(content))
  }
  const name = file(t, content)
  using m = new Mmap(descriptor(t, name), 0, { home, flags: MAP_SHARED | MAP_POPULATE })
  t.is(kernelView(name).kb('Rss'), m.length / 1024)
})

eachHome('setName', (t, home) => {
  using m = Mmap.anonymous(PAGESIZE, { home })
  for (const name of NO_INTEGERS.slice(1).concat([5 as never, null as never])) {
    throwsCode(t, () => m.setName(name as string), { code: TYPE, message: /"name".*string/ }, String(name))
  }
  throwsCode(t, () => m.setName('a\0b'), { code: VALUE, message: /"name".*null bytes/ })
  for (const name of ['x'.repeat(80), 'é'.repeat(40)]) {
    throwsCode(t, () => m.setName(name), { code: VALUE, message: /"name".*79 bytes/ })
  }
  if (!linux) {
    throwsCode(t, () => m.setName('x'), { code: 'ENOSYS' })
    return
  }
  for (const name of ['a$b', 'a[b', 'a`b', 'a\\b', 'a\nb']) throwsCode(t, () => m.setName(name), { code: 'EINVAL' })
  using opened = Mmap.open(file(t, 'abc'), { home })
  throwsCode(t, () => opened.setName('file'), { code: 'EINVAL', message: /prctl$/ })
  const longest = `memmap-${home}-`.padEnd(79, 'x')
  try {
    m.setName(longest)
  } catch (error) {
    t.is((error as NodeJS.ErrnoException).code, 'EINVAL')
    return skip(t, 'this kernel names no memory')
  }
  t.regex(fs.readFileSync('/proc/self/maps', 'latin1'), new RegExp(`\\[anon(_shmem)?:${longest}\\]`))
})

eachHome('resize: the file ends where the mapping does', (t, home) => {
  const name = file(t, 'abcdefghij')
  using m = Mmap.open(name, { access: 'write', home })
  const big = 3 * PAGESIZE + 5
  m.seek(8)
  m.resize(big)
  t.deepEqual([m.length, m.size(), fs.statSync(name).size, m.tell()], [big, big, big, 8])
  t.deepEqual(m.slice(), Buffer.concat([Buffer.from('abcdefghij'), Buffer.alloc(big - 10)]))
  // The blocks are reserved, so that a full disk is an error of resize() and not of a later store.
  if (linux) t.true(fs.statSync(name).blocks * 512 >= big)
  m.set(Buffer.from('end'), big - 3)
  m.resize(4)
  t.is(fs.readFileSync(name, 'latin1'), 'abcd')
  m.resize(BigInt(big))
  t.deepEqual(m.slice(), Buffer.concat([Buffer.from('abcd'), Buffer.alloc(big - 4)]))
  m.resize(big)
  t.is(m.size(), big)
  // A file that somebody else has extended is truncated to the new length.
  fs.appendFileSync(name, Buffer.alloc(PAGESIZE, 'z'))
  m.resize(big + 2)
  t.deepEqual([m.size(), m.slice(-4).toString('latin1')], [big + 2, '\0\0zz'])
  refuses(t, m, 'length', (value) => m.resize(value), [...NO_SIZES, 0])
  for (const none of [undefined, null])
    throwsCode(t, () => m.resize(none as never), { code: TYPE, message: /"length"/ })
  throwsCode(t, () => m.resize(5, { reserve: 1 as never }), { code: TYPE, message: /"options\.reserve"/ })
  throwsCode(t, () => m.resize(5, { hole: true } as object), { code: VALUE, message: /"options\.hole"/ })
  t.is(m.length, big + 2)
})

eachHome('resize: without a view taken it goes both ways, however much was read and written', (t, home) => {
  const name = file(t, Buffer.alloc(1000, 'x'))
  using m = Mmap.open(name, { access: 'write', home })
  for (const length of [100, 70_000, 99, 98]) {
    // After many small accesses the class reads through a view of its own.
    for (let at = 0; at < 90; at++) t.is(m.at(at), 0x78)
    t.is(m.find('y'), -1)
    m.resize(length)
    t.deepEqual([m.length, m.size()], [length, length])
    m.fill('x', 0, 90)
  }
})

eachHome('resize: reserve: false leaves a hole', (t, home) => {
  if (!linux) return skip(t, 'blocks are counted on Linux')
  const name = file(t, 'abc')
  using m = Mmap.open(name, { access: 'write', home })
  m.resize(2 ** 30, { reserve: false })
  t.is(m.size(), 2 ** 30)
  t.true(fs.statSync(name).blocks * 512 <= PAGESIZE)
})

eachHome('resize: with an offset', (t, home) => {
  const offset = ALLOCATIONGRANULARITY
  const name = file(t, Buffer.alloc(offset + 100, 'x'))
  using m = new Mmap(descriptor(t, name), 0, { offset, home })
  m.resize(50)
  t.is(fs.statSync(name).size, offset + 50)
  m.resize(offset)
  t.is(fs.statSync(name).size, 2 * offset)
  t.deepEqual(m.slice(0, 60), Buffer.concat([Buffer.alloc(50, 'x'), Buffer.alloc(10)]))
})

eachHome('resize: a position that it leaves behind', (t, home) => {
  using m = ofText(home, '0123456789')
  m.seek(8)
  m.resize(5)
  t.is(m.tell(), 8)
  t.is(m.read().length, 0)
  t.is(m.read(3).length, 0)
  t.is(m.readLine().length, 0)
  t.is(m.readInto(Buffer.alloc(3)), 0)
  t.is(m.find(''), -1)
  t.is(m.rfind('', undefined, 5), -1)
  const calls = [() => m.readByte(), () => m.writeByte(1), () => m.write('x'), () => m.write(''), () => m.seek(0, 1)]
  for (const call of calls) throwsCode(t, call, { code: RANGE })
  t.is(m.tell(), 8)
  t.is(m.seek(-8, 1), 0)
  t.is(m.read().toString(), '01234')
})

eachHome('resize: memory, new bytes are zero', (t, home) => {
  const kinds: [string, object][] = [['shared', {}]]
  if (!windows) kinds.push(['private', { flags: constants['MAP_PRIVATE'] }])
  for (const [kind, options] of kinds) {
    for (const views of home !== 'native' ? [false, true] : [false]) {
      using m = new Mmap(-1, 3 * PAGESIZE, { home, ...options })
      m.fill('x')
      // Whether a view exists decides whether the mapping may be resized in place.
      if (views) t.is(m.buffer.length, m.length)
      for (const [length, kept] of [
        [100, 100],
        [2 * PAGESIZE, 100],
        [PAGESIZE + 50, 100],
        [5 * PAGESIZE, 100],
      ] as const) {
        m.resize(length)
        const expected = Buffer.concat([Buffer.alloc(kept, 'x'), Buffer.alloc(length - kept)])
        t.deepEqual([m.length, m.size()], [length, length])
        t.is(m.slice().compare(expected), 0, `${kind} to ${length}, views ${views}`)
        if (views) t.is(m.buffer.length, length)
      }
    }
  }
})

/** Of a private mapping of a file, the file gets the new length, and not the bytes. */
eachHome('resize: private pages are carried over, new bytes are zero', (t, home) => {
  if (windows) return skip(t, 'Windows has no flags')
  for (const views of home !== 'native' ? [false, true] : [false]) {
    const name = file(t, Buffer.alloc(3 * PAGESIZE, 'f'))
    using m = new Mmap(descriptor(t, name), 0, { flags: constants['MAP_PRIVATE'] ?? 0, home })
    if (views) t.is(m.buffer.length, m.length)
    m.set(Buffer.from('own'), 10)
    m.set(Buffer.from('own'), PAGESIZE + 10)
    const model = m.slice()
    for (const length of [4 * PAGESIZE, PAGESIZE + 20, 5 * PAGESIZE]) {
      m.resize(length)
      const kept = Math.min(length, length === 4 * PAGESIZE ? 3 * PAGESIZE : PAGESIZE + 20)
      const expected = Buffer.concat([model.subarray(0, kept), Buffer.alloc(length - kept)])
      t.is(m.slice().compare(expected), 0, `to ${length}, views ${views}`)
      if (views) t.is(m.buffer.length, length)
      const disk = Buffer.concat([Buffer.alloc(kept, 'f'), Buffer.alloc(length - kept)])
      t.is(fs.readFileSync(name).compare(disk), 0, `file, to ${length}, views ${views}`)
    }
  }
})

eachHome('resize: views made before have length 0', (t, home) => {
  if (home === 'native') return skip(t, 'there are no views in this home')
  using m = ofText(home, '0123456789')
  const [all, part] = [m.buffer, m.subarray(2, 5)]
  m.resize(20)
  t.deepEqual([all.length, part.length], [0, 0])
  t.is(m.buffer.length, 20)
  t.is(m.subarray(2, 5).toString(), '234')
})

eachHome('resize: what is read-only, copied or without a descriptor', (t, home) => {
  const name = file(t, 'abc')
  for (const access of ['read', 'copy'] as const) {
    using m = Mmap.open(name, { access, home })
    for (const length of [1, 3, 10, 0, -1]) {
      throwsCode(t, () => m.resize(length), { code: 'ERR_MMAP_READ_ONLY', message: new RegExp(`'${access}'`) })
    }
    t.deepEqual([m.length, m.size()], [3, 3])
  }
})

/** Checks that a resize that failed left mapping and file as they were. */
function unchanged(
  t: ExecutionContext,
  m: Mmap,
  name: string,
  content: Buffer,
  fail: () => unknown,
  ...codes: readonly string[]
): void {
  const { size, blocks } = fs.statSync(name)
  const view = m.home !== 'native' ? m.buffer : undefined
  m.seek(2)
  const { code = '', syscall = '' } = (t.throws(fail) ?? {}) as Partial<NodeJS.ErrnoException>
  t.true(codes.includes(code), `${code}, expected ${codes}`)
  if (!code.startsWith('ERR_')) t.regex(syscall, /^(fallocate|ftruncate)$/)
  t.deepEqual([m.length, m.tell(), m.closed], [content.length, 2, false])
  t.true(m.equals(content))
  if (view !== undefined) t.is(view.length, content.length)
  t.deepEqual([fs.statSync(name).size, fs.statSync(name).blocks], [size, blocks])
}

eachHome('resize that fails leaves file and mapping as they were', (t, home) => {
  const content = Buffer.alloc(PAGESIZE + 10, 'x')
  const name = file(t, content)
  if (linux || windows) {
    using m = Mmap.open(name, { access: 'write', home })
    const length = 2 ** 53 - 2 ** 20
    // On Windows the error depends on the file system.
    const system = linux ? ['EFBIG'] : ['EFBIG', 'EINVAL', 'ENOMEM', 'ENOSPC']
    const tooLong = home === 'overlay' || (home === 'external' && length > buffer.constants.MAX_LENGTH)
    const codes = tooLong ? ['ERR_MMAP_NO_VIEWS'] : system
    for (const reserve of [true, false]) unchanged(t, m, name, content, () => m.resize(length, { reserve }), ...codes)
    // A view exists by now, and Windows cannot shorten a file while one does.
    if (windows && home !== 'native') unchanged(t, m, name, content, () => m.resize(10), 'ERR_MMAP_BUSY')
  }
  if (windows) {
    t.log('skipped in part: Windows has no private flags')
    return
  }
  // Private pages may be written although the descriptor is read-only; then the file cannot be resized.
  using own = new Mmap(descriptor(t, name, 'r'), 0, { flags: constants['MAP_PRIVATE'] ?? 0, home })
  unchanged(t, own, name, content, () => own.resize(3 * PAGESIZE), 'EBADF')
  unchanged(t, own, name, content, () => own.resize(100), 'EINVAL')
  own.set(Buffer.from('own'))
  t.is(own.slice(0, 4).toString(), 'ownx')
})

eachHome('a limit of the file size is an error, never a signal', (t, home) => {
  if (windows) return skip(t, 'there is no ulimit on Windows')
  const name = file(t, Buffer.alloc(PAGESIZE, 'x'))
  const script = `
    const [name, home] = args
    const fail = (run) => { try { run(); return 'nothing' } catch (error) { return error.code } }
    const m = Mmap.open(name, { access: 'write', home })
    const view = home !== 'native' ? m.buffer : undefined
    const codes = [true, false].map((reserve) => fail(() => m.resize(2 ** 21, { reserve })))
    codes.push(fail(() => Mmap.open(name, { access: 'write', length: 2 ** 21, home })))
    codes.push(fail(() => Mmap.open(name + '-made', { access: 'write', create: true, length: 2 ** 21, home })))
    m.resize(2 ** 14)
    m.set(Buffer.from('end'), 2 ** 14 - 3)
    const made = fs.existsSync(name + '-made')
    console.log(JSON.stringify({ codes, made, kept: m.slice(0, ${PAGESIZE}).equals(Buffer.alloc(${PAGESIZE}, 'x')) }))`
  // Shells count blocks of 512 or of 1024 bytes: the limit is below 2 MiB with either.
  // The limit holds for files of Deno's cache too, so the child gets an empty one.
  const env = { DENO_DIR: scratch(t) }
  const answer = JSON.parse(inChild(script, [name, home], { limit: 'ulimit -f 1000', env }))
  t.deepEqual(answer, { codes: ['EFBIG', 'EFBIG', 'EFBIG', 'EFBIG'], made: false, kept: true })
  t.is(fs.statSync(name).size, 2 ** 14)
  t.is(fs.readFileSync(name).subarray(-3).toString(), 'end')
})

eachHome('an option that closes the mapping meets a closed one', async (t, home) => {
  const closes = (m: Mmap, key: string, value: unknown): object => ({
    get [key]() {
      m.close()
      return value
    },
  })
  const calls: ((m: Mmap) => unknown)[] = [
    (m) => m.resize(20, closes(m, 'reserve', true)),
    (m) => m.flush(0, 1, closes(m, 'flags', 0)),
    (m) => m.flushAsync(0, 1, closes(m, 'flags', 0)),
  ]
  for (const call of calls) {
    const m = ofText(home, '0123456789')
    await rejectsCode(t, async () => call(m), { code: 'ERR_MMAP_CLOSED' })
    t.true(m.closed)
  }
})

/** How to call each member: `given` are its arguments, `mutates` those of a mutator that are out of range. */
const MEMBERS: Record<string, { given?: unknown[]; mutates?: unknown[] }> = {
  at: { given: [0] },
  buffer: {},
  subarray: {},
  view: { given: [Uint8Array] },
  slice: {},
  set: { given: [Buffer.from('a')], mutates: [Buffer.from('a'), 1000] },
  fill: { given: [1], mutates: [256, -1000, 1000] },
  includes: { given: ['a'] },
  indexOf: { given: ['a'] },
  lastIndexOf: { given: ['a'] },
  toString: {},
  byteLength: {},
  equals: { given: [Buffer.from('a')] },
  valueOf: {},
  'Symbol(Symbol.iterator)': {},
  length: {},
  offset: {},
  access: {},
  path: {},
  home: {},
  size: {},
  read: {},
  readInto: { given: [Buffer.alloc(1)] },
  readByte: {},
  readLine: {},
  write: { given: ['a'], mutates: [Buffer.alloc(1000)] },
  writeByte: { given: [1], mutates: [256] },
  seek: { given: [0] },
  tell: {},
  find: { given: ['a'] },
  rfind: { given: ['a'] },
  move: { given: [0, 0, 1], mutates: [1000, 1000, 1000] },
  resize: { given: [5], mutates: [-1] },
  flush: {},
  flushAsync: {},
  madvise: { given: ['normal'] },
  share: {},
  search: { given: [/a/] },
  match: { given: [/a/] },
  matchAll: { given: [/a/g] },
  count: { given: ['a'] },
  lines: {},
  linesAsync: {},
  findAsync: { given: ['a'] },
  rfindAsync: { given: ['a'] },
  countAsync: { given: ['a'] },
  matchAsync: { given: ['a'] },
  matchAllAsync: { given: ['a'] },
  faulted: {},
  check: {},
  reattach: {},
  setName: { given: ['name'] },
  resizeAsync: { given: [5], mutates: [-1] },
  remap: {},
  residency: {},
  lock: {},
  unlock: {},
  prefetch: {},
  readAsync: {},
  createReadStream: {},
  stream: {},
}

/** The members that work on a closed mapping too, and the constructor. */
const ALWAYS: readonly (string | symbol)[] = [
  'constructor',
  'close',
  'closed',
  'seekable',
  Symbol.dispose,
  Symbol.asyncDispose,
  inspect.custom,
]

/** Every key of the class, with its property descriptor. */
function members(): Map<string | symbol, PropertyDescriptor> {
  const found = new Map<string | symbol, PropertyDescriptor>()
  for (let each = Mmap.prototype; each !== Object.prototype; each = Object.getPrototypeOf(each)) {
    for (const key of Reflect.ownKeys(each)) {
      if (!found.has(key)) found.set(key, Object.getOwnPropertyDescriptor(each, key) as PropertyDescriptor)
    }
  }
  return found
}

/** Calls a method or reads a property. Of an iterator, it takes the first value. */
async function call(m: Mmap, key: string | symbol, given: readonly unknown[]): Promise<unknown> {
  const member = members().get(key)
  if (typeof member?.value !== 'function') return Reflect.get(m, key)
  const answer: { next?: () => unknown } | undefined = await Reflect.apply(member.value, m, [...given])
  return typeof answer?.next === 'function' ? answer.next() : answer
}

test('no member is forgotten in the tables of the tests below', (t) => {
  const known = [...Object.keys(MEMBERS), ...ALWAYS.map(String)]
  t.deepEqual([...members().keys()].map(String).sort(), known.sort())
})

eachHome('closed: each member throws, whatever it is given', async (t, home) => {
  for (const access of ['write', 'copy', 'read'] as const) {
    for (const [key] of members()) {
      const m = Mmap.open(file(t, 'abcdefgh'), { access, home })
      m.close()
      if (ALWAYS.includes(key)) continue
      const { given = [] } = MEMBERS[String(key)] ?? {}
      await rejectsCode(t, () => call(m, key, given), { code: 'ERR_MMAP_CLOSED' }, `${access}: ${String(key)}`)
      t.true(m.closed)
      m.close()
      m[Symbol.dispose]()
    }
  }
})

eachHome('read-only: each mutator throws before it looks at a range', async (t, home) => {
  for (const [key] of members()) {
    const { given = [], mutates } = MEMBERS[String(key)] ?? {}
    if (mutates === undefined) continue
    const name = file(t, 'abcdefgh')
    using m = Mmap.open(name, { home })
    for (const each of [given, mutates, []]) {
      await rejectsCode(t, () => call(m, key, each), { code: 'ERR_MMAP_READ_ONLY' }, `${String(key)} ${String(each)}`)
    }
    t.is(m.slice().toString(), 'abcdefgh')
    t.is(fs.readFileSync(name, 'latin1'), 'abcdefgh')
  }
})
