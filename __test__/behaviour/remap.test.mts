// Files that grow: mapped again, made longer off the event loop; and which of their pages are in memory.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import test from 'ava'
import { type Home, Mmap, PAGESIZE, type RemapOptions, type ResizeAsyncOptions, type ViewsAfter } from 'memmap'
import {
  closing,
  eachHome,
  file,
  inChild,
  linux,
  rejectsCode,
  skip,
  throwsCode,
  VIEWED,
  windows,
} from '../support/common.mjs'

const ACCESSES = ['read', 'write', 'copy'] as const
const RANGE = { code: 'ERR_OUT_OF_RANGE' }

eachHome('remap() maps what the file has become, in every access', (t, home) => {
  for (const access of ACCESSES) {
    const name = file(t, 'hello')
    const m = closing(t, Mmap.open(name, { access, home }))
    m.seek(4)
    if (access === 'copy') m[0] = 0x48
    const first = access === 'copy' ? 'Hello' : 'hello'
    fs.appendFileSync(name, ' world'.repeat(2000))
    t.is(m.length, 5)
    m.remap()
    t.is(m.length, 12_005)
    t.is(m.toString('latin1', 0, 11), `${first} world`)
    t.is(m.slice(-5).toString(), 'world')
    t.is(m.tell(), 4)
    m.remap(3)
    t.deepEqual([m.length, m.tell(), m.toString()], [3, 3, first.slice(0, 3)])
    t.is(fs.statSync(name).size, 12_005)
    for (const length of [12_006, 2 ** 52]) throwsCode(t, () => m.remap(length), RANGE)
    t.is(m.length, 3)
    m.remap(0)
    t.deepEqual([m.length, m.at(0), m.toString()], [0, undefined, ''])
    m.remap(null)
    t.is(m.length, 12_005)
    // What was stored into a private mapping is lost with the bytes that it is in.
    t.is(m.at(0), 0x68)
    if (access !== 'write') continue
    m[1] = 0x45
    t.is(fs.readFileSync(name, 'latin1').slice(0, 5), 'hEllo')
    t.is(m.size(), 12_005)
  }
})

eachHome('remap() of a file that was cut, replaced, or ends before the mapping', (t, home) => {
  if (windows) return skip(t, 'on Windows a mapped file cannot be cut')
  const name = file(t, Buffer.alloc(50_000, 'x'))
  const m = closing(t, Mmap.open(name, { offset: 100, home }))
  fs.truncateSync(name, 20_000)
  throwsCode(t, () => m.at(40_000), { code: 'ERR_MMAP_FAULT' })
  t.true(m.faulted)
  m.remap()
  t.deepEqual([m.length, m.faulted, m.at(19_899), m.at(19_900)], [19_900, false, 0x78, undefined])
  fs.truncateSync(name, 100)
  m.remap()
  t.is(m.length, 0)
  fs.truncateSync(name, 99)
  throwsCode(t, () => m.remap(), { code: 'ERR_MMAP_OFFSET' })
  fs.appendFileSync(name, 'yz')
  m.remap()
  t.is(m.toString(), 'z')
})

eachHome('what remap() and resizeAsync() refuse', async (t, home) => {
  const name = file(t, 'abcdef')
  using memory = Mmap.anonymous(10, { home })
  throwsCode(t, () => memory.remap(), { code: 'EINVAL' })
  const fd = fs.openSync(name, 'r+')
  t.teardown(() => fs.closeSync(fd))
  using untracked = new Mmap(fd, 0, { trackfd: false, home })
  throwsCode(t, () => untracked.remap(), { code: 'ERR_MMAP_NO_DESCRIPTOR' })
  await rejectsCode(t, () => untracked.resizeAsync(100), { code: 'ERR_MMAP_NO_DESCRIPTOR' })
  using m = Mmap.open(name, { access: 'write', home })
  for (const length of [-1, 1.5, '3', {}]) {
    const code = length === -1 ? 'ERR_OUT_OF_RANGE' : 'ERR_INVALID_ARG_TYPE'
    throwsCode(t, () => m.remap(length as number), { code })
    await rejectsCode(t, () => m.resizeAsync(length as number), { code })
  }
  throwsCode(t, () => m.remap(1, { views: 'all' } as unknown as RemapOptions), { code: 'ERR_INVALID_ARG_VALUE' })
  for (const options of [{ signal: 1 }, { reserve: 1 }])
    await rejectsCode(t, () => m.resizeAsync(1, options as unknown as ResizeAsyncOptions), {
      code: 'ERR_INVALID_ARG_TYPE',
    })
  {
    using other = Mmap.attach(m.share(), { home })
    throwsCode(t, () => m.remap(), { code: 'ERR_MMAP_BUSY' })
    await rejectsCode(t, () => m.resizeAsync(1_000_000), { code: 'ERR_MMAP_BUSY' })
    t.is(other.length, 6)
  }
  t.is(fs.statSync(name).size, 6)
  t.is(m.toString(), 'abcdef')
})

for (const home of VIEWED) {
  test(`remap({ views }) does to earlier views what resize() does [${home}]`, (t) => {
    for (const access of ACCESSES)
      for (const views of ['detach', 'zero', 'keep'] as const satisfies readonly ViewsAfter[]) {
        if (windows && views !== 'detach') continue
        const name = file(t, 'hello')
        const m = closing(t, Mmap.open(name, { access, home }))
        const old = m.buffer
        fs.appendFileSync(name, ' world')
        m.remap(null, { views })
        t.is(old.toString(), { detach: '', zero: '\0\0\0\0\0', keep: 'hello' }[views], `${access} ${views}`)
        t.is(m.buffer.toString(), 'hello world')
      }
  })
}

eachHome('iterators over a mapping that is mapped again never go beyond its end', (t, home) => {
  const name = file(t, 'ab\n'.repeat(4000))
  const m = closing(t, Mmap.open(name, { home }))
  const offsets = m.lines({ as: 'offsets' })
  const matches = m.matchAll(/b/g)
  t.deepEqual([offsets.next().value, matches.next().value?.index], [[0, 2], 1])
  m.remap(7)
  // What was a line beyond the end is none.
  t.deepEqual([...offsets], [[3, 5]])
  for (const match of matches) t.true(match.end <= 7)
})

eachHome('resizeAsync() gives what resize() gives', async (t, home) => {
  const name = file(t, 'abcdef')
  const m = closing(t, Mmap.open(name, { access: 'write', offset: 2, home }))
  await m.resizeAsync(100_000)
  t.deepEqual([m.length, fs.statSync(name).size, m.toString('latin1', 0, 5)], [100_000, 100_002, 'cdef\0'])
  await m.resizeAsync(200_000, { reserve: false })
  await m.resizeAsync(3)
  t.deepEqual([m.length, fs.readFileSync(name, 'latin1')], [3, 'abcde'])
  using memory = Mmap.anonymous(10, { home })
  await memory.resizeAsync(20_000)
  t.is(memory.length, 20_000)
})

eachHome('resizeAsync() that makes a file longer cuts off nothing that others append', async (t, home) => {
  const name = file(t, Buffer.alloc(4096, 'x'))
  const m = closing(t, Mmap.open(name, { access: 'write', home }))
  const running = m.resizeAsync(8192)
  const until = performance.now() + 30
  while (performance.now() < until);
  fs.truncateSync(name, Math.max(8192, fs.statSync(name).size))
  fs.appendFileSync(name, 'appended')
  await running
  t.deepEqual([m.length, fs.statSync(name).size], [8192, 8200])
  t.is(fs.readFileSync(name, 'latin1').slice(8192), 'appended')
})

test('resizeAsync() to more than the disk has is ENOSPC, fills nothing, and leaves the file as it was', async (t) => {
  if (!linux) return skip(t, 'elsewhere the blocks are found by resize()')
  const name = file(t, 'abcdef')
  using m = Mmap.open(name, { access: 'write' })
  const { bfree, bsize } = fs.statfsSync(name)
  const blocks = fs.statSync(name).blocks
  // Less than the longest file that ext4 may have.
  const wanted = Math.min(bfree * bsize + 2 ** 36, 2 ** 43)
  if (wanted < bfree * bsize) return skip(t, 'the disk is larger than a file may be')
  await rejectsCode(t, () => m.resizeAsync(wanted), { code: 'ENOSPC' })
  t.deepEqual([fs.readFileSync(name, 'latin1'), m.length, fs.statSync(name).blocks], ['abcdef', 6, blocks])
})

eachHome('resizeAsync() that ends early leaves the file as it was', async (t, home) => {
  const name = file(t, 'abcdef')
  const big = 64 * 2 ** 20
  const m = closing(t, Mmap.open(name, { access: 'write', home }))
  const signal = AbortSignal.abort()
  await rejectsCode(t, () => m.resizeAsync(big, { signal }), { code: 'ABORT_ERR' })
  await rejectsCode(t, () => m.resizeAsync(3, { signal }), { code: 'ABORT_ERR' })
  const controller = new AbortController()
  const aborted = m.resizeAsync(big, { signal: controller.signal })
  controller.abort()
  await rejectsCode(t, () => aborted, { code: 'ABORT_ERR' })
  const closed = m.resizeAsync(big)
  m.close()
  await rejectsCode(t, () => closed, { code: 'ERR_MMAP_CLOSED' })
  // The jobs themselves end some time later, and then take back what they have given.
  for (let turn = 0; turn < 200 && fs.statSync(name).size !== 6; turn++)
    await new Promise((resolve) => setTimeout(resolve, 20))
  t.is(fs.readFileSync(name, 'latin1'), 'abcdef')
})

/** Whether a page is in memory, by the bitmap. */
const bit = (bitmap: Uint8Array | undefined, page: number): boolean =>
  (((bitmap?.[page >> 3] ?? 0) >> (page & 7)) & 1) === 1

eachHome('residency() knows the pages that were touched', (t, home) => {
  const name = file(t, Buffer.alloc(20 * PAGESIZE, 'x'))
  using m = Mmap.open(name, { home, offset: 5 })
  m.count('y')
  const all = m.residency()
  t.is(all.pages, 20)
  t.is(all.resident, 20)
  t.true(Array.from({ length: 20 }, (_, page) => page).every((page) => bit(all.bitmap, page)))
  t.is(all.bitmap?.length, 3)
  t.is((all.bitmap?.[2] ?? 0) >> 4, 0)
  t.deepEqual(m.residency(0, 1), { pages: 1, resident: 1, bitmap: Uint8Array.of(1) })
  // The first page begins 5 bytes before the mapping.
  t.is(m.residency(PAGESIZE - 6, PAGESIZE - 4).pages, 2)
  t.deepEqual(m.residency(5, 5), { pages: 0, resident: 0, bitmap: new Uint8Array(0) })
  throwsCode(t, () => m.residency('0' as unknown as number), { code: 'ERR_INVALID_ARG_TYPE' })
  using memory = Mmap.anonymous(10 * PAGESIZE, { home })
  memory[5 * PAGESIZE] = 1
  if (!windows) {
    const { bitmap, resident } = memory.residency()
    t.true(bit(bitmap, 5) && !bit(bitmap, 9) && (resident ?? 0) >= 1)
  }
})

test('residency() is unknown where the system hides it', (t) => {
  if (!linux || process.getuid?.() !== 0) return skip(t, 'only root of Linux can become somebody who may not write')
  const name = file(t, Buffer.alloc(PAGESIZE))
  fs.chmodSync(name, 0o444)
  const seen = inChild(
    `const fd = fs.openSync(args[0], 'r')
     process.setgid(65534); process.setuid(65534)
     const m = new Mmap(fd, 0, { access: 'read' })
     m.at(0)
     console.log(JSON.stringify(m.residency()))`,
    [name],
  )
  t.deepEqual(JSON.parse(seen), { pages: 1 })
})

eachHome('lock() and unlock()', (t, home) => {
  using m = Mmap.anonymous(10 * PAGESIZE, { home })
  t.is(m.lock(0, PAGESIZE), undefined)
  if (linux) t.true(lockedBytes() >= PAGESIZE)
  m.unlock(0, PAGESIZE)
  m.lock(3, 3)
  throwsCode(t, () => m.lock({} as number), { code: 'ERR_INVALID_ARG_TYPE' })
})

function lockedBytes(): number {
  return Number(/VmLck:\s+(\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024
}

test('lock() of more than the limit names it', (t) => {
  if (windows) return skip(t, 'the limit of Windows is no option of a shell')
  if (spawnSync('setpriv', ['--version']).error)
    return skip(t, 'there is no setpriv(1), to give up the right to exceed the limit')
  const told = inChild(
    `process.setuid?.(65534)
     const m = Mmap.anonymous(1 << 20, { home: 'native' })
     try { m.lock() } catch (error) { console.log(error.code, error.message) }`,
    [],
    { limit: 'ulimit -l 64' },
  )
  t.regex(told, /^ENOMEM .*1048576 bytes.*RLIMIT_MEMLOCK.*65536 bytes/)
})

test('homes of one file that grows beyond what a home may have', (t) => {
  const name = file(t, 'abc')
  const homes = VIEWED.map((home): [Home, Mmap] => [home, closing(t, Mmap.open(name, { home }))])
  fs.appendFileSync(name, 'def')
  for (const [home, m] of homes) {
    m.remap()
    t.deepEqual([m.home, m.toString()], [home, 'abcdef'])
  }
})
