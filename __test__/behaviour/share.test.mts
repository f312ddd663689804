import fs from 'node:fs'
import test from 'ava'
import { type Home, Mmap, type ShareToken } from 'memmap'
import { run, story } from '../support/child.mjs'
import { eachHome, file, HOMES, linux, rejectsCode, skip, throwsCode, VIEWED, windows } from '../support/common.mjs'

const CLOSED = { code: 'ERR_MMAP_CLOSED' }
const BUSY = { code: 'ERR_MMAP_BUSY' }
const STRAY = { code: 'ERR_MMAP_READ_ONLY' }

function mapped(name: string): number {
  return linux ? fs.readFileSync('/proc/self/maps', 'utf8').split(name).length - 1 : 0
}

eachHome('an attached object has the same bytes, and a position of its own', (t, home) => {
  const name = file(t, 'abcdefghij')
  for (const access of ['read', 'write', 'copy'] as const) {
    using m = Mmap.open(name, { access, offset: 2, length: 7, home })
    m.seek(3)
    // As it goes through postMessage() and workerData.
    const token = structuredClone(m.share())
    t.deepEqual(Object.keys(token), ['memmap'])
    using a = Mmap.attach(token, { home })
    t.deepEqual([a.length, a.offset, a.access, a.path, a.home, a.tell()], [7, 2, access, name, home, 0])
    t.is(a.toString(), 'cdefghi')
    t.is(a.read(2).toString(), 'cd')
    t.is(m.tell(), 3)
    t.is(a.size(), 10)
    if (access === 'read') continue
    m[0] = 0x43
    t.is(a[0], 0x43)
    // Also of private memory: it is one mapping.
    t.is(fs.readFileSync(name, 'latin1')[2], access === 'write' ? 'C' : 'c')
    a.write('XY')
    t.is(m.toString(), access === 'write' ? 'CdXYghi' : 'CdXYghi')
    t.is(a.find('hi', 0), 5)
    t.is(m.count(/X/), 1)
    t.deepEqual([...a.lines()], ['CdXYghi'])
    t.true(a.equals(m))
    a.write('\n')
    m.fill(0x63, 0, 7)
    t.is(a.toString(), 'ccccccc')
    m.set(Buffer.from('cdefghi'))
  }
})

test('an attached object is in the best home there is', (t) => {
  using m = Mmap.anonymous(10, { home: 'native' })
  using a = Mmap.attach(m.share())
  using same = Mmap.anonymous(10)
  t.is(a.home, same.home)
})

eachHome('private bytes are shared as long as nobody has asked for a view', (t, home) => {
  using m = Mmap.open(file(t, 'abcdef'), { access: 'copy', home })
  for (let n = 0; n < 100; n++) t.is(m.at(n % 6), 'abcdef'.charCodeAt(n % 6))
  using a = Mmap.attach(m.share(), { home })
  a[0] = 0x41
  t.is(m.toString(), 'Abcdef')
})

eachHome('memory of each kind is shared', (t, home) => {
  const makers: Record<string, () => Mmap> = {
    shared: () => Mmap.anonymous(5000, { home }),
    private: () => Mmap.anonymous(5000, { access: 'copy', home }),
    named: () => new Mmap(-1, 5000, { tagname: `memmap-share-${process.pid}`, home }),
    empty: () => Mmap.open(file(t, ''), { home }),
  }
  for (const [kind, make] of Object.entries(makers)) {
    using m = make()
    using a = Mmap.attach(m.share(), { home })
    t.deepEqual([a.length, a.access, a.path, a.offset], [m.length, m.access, m.path, 0], kind)
    if (kind !== 'empty') m.writeByte(7)
    t.is(a.at(0), kind === 'empty' ? undefined : 7, kind)
  }
  Mmap.unlink(`memmap-share-${process.pid}`)
})

eachHome('the mapping ends with its last object, and the token leads to it until then', (t, home) => {
  const name = file(t, 'abc')
  const m = Mmap.open(name, { home })
  const token = m.share()
  t.deepEqual(m.share(), token)
  const objects = [Mmap.attach(token, { home }), Mmap.attach(token, { home })]
  t.deepEqual(objects[0]?.share(), token)
  m.close()
  throwsCode(t, () => m.share(), CLOSED)
  t.is(objects[1]?.toString(), 'abc')
  objects.push(Mmap.attach(token, { home }))
  for (const each of objects) {
    t.is(each.toString(), 'abc')
    if (linux) t.is(mapped(name), 1)
    each.close()
    each.close()
    throwsCode(t, () => each.length, CLOSED)
  }
  t.is(mapped(name), 0)
  throwsCode(t, () => Mmap.attach(token), CLOSED)
  // A token is of a mapping, not of a file.
  using again = Mmap.open(name, { home })
  throwsCode(t, () => Mmap.attach(token), CLOSED)
  t.notDeepEqual(again.share(), token)
})

test('what is no token is refused', (t) => {
  using m = Mmap.anonymous(10)
  const { memmap } = m.share()
  const attach = (value: unknown) => () => Mmap.attach(value as ShareToken)
  for (const value of [undefined, null, 5, memmap, {}, { memmap: 5 }, { memmap: null }, [], m]) {
    throwsCode(t, attach(value), { code: 'ERR_INVALID_ARG_TYPE' }, String(value))
  }
  const [number = '', proof = ''] = memmap.split('-')
  const other = (Number.parseInt(number, 16) + 1).toString(16)
  const flipped = proof.replace(/.$/, (last) => (last === '0' ? '1' : '0'))
  for (const text of [
    '',
    '-',
    number,
    `-${proof}`,
    `${other}-${proof}`,
    `${number}-${flipped}`,
    `0${memmap}`,
    `${memmap} `,
  ]) {
    throwsCode(t, attach({ memmap: text }), { code: 'ERR_INVALID_ARG_VALUE', message: /share\(\)/ }, text)
  }
  throwsCode(t, attach({ memmap: '\ud800'.repeat(1000) }), { code: 'ERR_INVALID_ARG_VALUE', message: /^.{0,250}$/u })
  const long = { code: 'ERR_INVALID_ARG_VALUE', message: /^The argument "token" must .*share\(\).{20,150}$/ }
  for (const text of [`${memmap}${memmap}`, 'a'.repeat(2 ** 20)]) throwsCode(t, attach({ memmap: text }), long)
  // @ts-expect-error: an option that there is not.
  throwsCode(t, () => Mmap.attach({ memmap }, { access: 'read' }), { code: 'ERR_INVALID_ARG_VALUE' })
  throwsCode(t, () => Mmap.attach({ memmap }, { home: 'x' as Home }), { code: 'ERR_INVALID_ARG_VALUE' })
  // None of these has attached anything.
  m.resize(20)
  t.is(m.length, 20)
})

test('a token means nothing to another process', async (t) => {
  using m = Mmap.anonymous(10)
  const outcome = await run('share', 'attach', { token: m.share() })
  t.is(outcome.answer?.code, 'ERR_INVALID_ARG_VALUE', story(outcome))
})

eachHome('resize() and reattach() are refused while others are attached', (t, home) => {
  const name = file(t, 'abcdef')
  using m = Mmap.open(name, { access: 'write', home })
  const token = m.share()
  m.resize(8)
  using a = Mmap.attach(token, { home })
  for (const each of [m, a]) {
    for (const change of [() => each.resize(4), () => each.resize(100), () => each.reattach()]) {
      throwsCode(t, change, { ...BUSY, message: /1 other object/ })
    }
  }
  t.is(fs.statSync(name).size, 8)
  t.is(m.toString(), 'abcdef\0\0')
  m.close()
  a.resize(5)
  t.is(fs.readFileSync(name, 'latin1'), 'abcde')
  a.reattach()
  using late = Mmap.attach(token, { home })
  t.is(late.toString(), 'abcde')
})

for (const home of VIEWED)
  test(`a resize that is refused leaves the views as they are [${home}]`, (t) => {
    using mapped_ = Mmap.open(file(t, Buffer.alloc(20_000, 'x')), { access: 'write', home })
    using memory = Mmap.anonymous(20_000, { home }).fill('x')
    for (const m of [mapped_, memory]) {
      using a = Mmap.attach(m.share(), { home })
      const [ours, theirs] = [m.buffer, a.buffer]
      for (const views of ['detach', 'zero', 'keep'] as const) throwsCode(t, () => m.resize(10, { views }), BUSY)
      ours[5] = 0x41
      theirs[6] = 0x42
      t.is(ours.toString('latin1', 4, 8), 'xABx')
      t.is(theirs.toString('latin1', 4, 8), 'xABx')
      t.is(m.toString('latin1', 4, 8), 'xABx')
    }
  })

for (const home of VIEWED)
  test(`close() takes away the views of its own object alone [${home}]`, (t) => {
    for (const views of ['detach', 'zero', 'keep'] as const) {
      const m = Mmap.open(file(t, 'abcdef'), { home })
      const a = Mmap.attach(m.share(), { home })
      const [ours, theirs] = [m.buffer, a.subarray(2)]
      t.not(ours.buffer, theirs.buffer)
      m.close({ views })
      // The home 'overlay' has a mapping for the views of each object.
      const left = views === 'zero' && home === 'overlay' ? '\0'.repeat(6) : 'abcdef'
      t.is(ours.toString(), views === 'detach' ? '' : left, views)
      t.is(theirs.toString(), 'cdef', views)
      a.close()
      t.is(theirs.length, 0)
      // What was kept, or left, is kept also by the last close().
      t.is(ours.toString(), views === 'detach' ? '' : left, views)
    }
  })

for (const home of VIEWED)
  test(`views that were kept are kept by a resize of the object that is left [${home}]`, (t) => {
    if (windows) return skip(t, 'on Windows a file cannot be resized while a view lives')
    const m = Mmap.open(file(t, 'abcdef'), { access: 'write', home })
    using a = Mmap.attach(m.share(), { home })
    const kept = m.buffer
    m.close({ views: 'keep' })
    a.resize(10_000)
    t.is(kept.toString(), 'abcdef')
    a[0] = 0x41
    t.is(kept.toString(), 'Abcdef')
  })

for (const viewed of VIEWED)
  test(`a stray store is told to each object, once [${viewed}]`, (t) => {
    if (windows) return skip(t, 'a stray store stays noted on Windows until reattach()')
    for (const homes of HOMES.flatMap((home) => [[home, viewed] as const, [viewed, home] as const])) {
      using m = Mmap.open(file(t, Buffer.alloc(10_000, 'x')), { home: viewed })
      const others = homes.map((home) => Mmap.attach(m.share(), { home }))
      // So many that reads go through the views.
      for (const each of [m, ...others]) for (let n = 0; n < 40; n++) t.is(each.readByte(), 0x78)
      m.buffer[5000] = 0x41
      const [first, second] = others as [Mmap, Mmap]
      t.true(m.faulted && first.faulted && second.faulted)
      throwsCode(t, () => first.at(5000), STRAY)
      t.is(first.at(5000), 0x78)
      t.false(first.faulted)
      t.true(second.faulted && m.faulted)
      throwsCode(t, () => m.at(0), STRAY)
      t.is(m.at(5000), 0x78)
      t.false(m.faulted)
      using late = Mmap.attach(m.share())
      t.is(late.at(5000), 0x78)
      throwsCode(t, () => second.find('y', 0), STRAY)
      t.is(second.find('y', 0), -1)
      t.false(m.faulted || first.faulted || second.faulted || late.faulted)
      // One that is closed untold leaves nobody waiting.
      m.buffer[1] = 0x41
      throwsCode(t, () => m.slice(), STRAY)
      for (const each of others) each.close()
      t.is(m.slice().toString(), 'x'.repeat(10_000))
      throwsCode(t, () => late.slice(), STRAY)
      t.is(late.slice().toString(), 'x'.repeat(10_000))
      t.false(m.faulted || late.faulted)
    }
  })

eachHome('what a file has lost is lost to each object', (t, home) => {
  if (windows) return skip(t, 'on Windows a mapped file cannot be cut')
  const name = file(t, Buffer.alloc(20_000, 'x'))
  const m = Mmap.open(name, { home })
  using a = Mmap.attach(m.share(), { home })
  const FAULT = { code: 'ERR_MMAP_FAULT' }
  fs.truncateSync(name, 8192)
  throwsCode(t, () => m.at(15_000), FAULT)
  t.true(m.faulted && a.faulted)
  throwsCode(t, () => a.at(15_000), { ...FAULT, message: new RegExp(name.replaceAll('\\', '\\\\')) })
  throwsCode(t, () => a.check(), FAULT)
  t.is(a.at(100), 0x78)
  throwsCode(t, () => m.reattach(), BUSY)
  fs.truncateSync(name, 20_000)
  m.close()
  a.reattach()
  t.false(a.faulted)
  using late = Mmap.attach(a.share(), { home })
  t.is(late.at(15_000), 0)
})

eachHome('a job goes on when another object is closed, and ends with its own', async (t, home) => {
  const m = Mmap.anonymous(64 * 2 ** 20, { home })
  const a = Mmap.attach(m.share(), { home })
  const b = Mmap.attach(m.share(), { home })
  const [first, second] = [a.countAsync('\0'), b.countAsync('\0')]
  m.close()
  b.close()
  await rejectsCode(t, () => second, CLOSED)
  t.is(await first, 64 * 2 ** 20)
  a.close()
})
