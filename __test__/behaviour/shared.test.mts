// Views over a SharedArrayBuffer: `{ sharedBuffer: true }`.

import { constants } from 'node:buffer'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads'
import test, { type ExecutionContext } from 'ava'
import { type Home, Mmap, type ViewsAfter } from 'memmap'
import { ended, knows, run, story } from '../support/child.mjs'
import { deno, electron, emulator, file, HOMES, linux, SHARE, skip, throwsCode, windows } from '../support/common.mjs'

/** Whether a home has such views, with this engine and on this system. */
function hasShared(home: Home): boolean {
  if (home === 'native') return false
  try {
    using m = Mmap.anonymous(1, { home, sharedBuffer: true })
    return m.buffer.length === 1
  } catch {
    return false
  }
}

const SHARED: readonly Home[] = HOMES.filter(hasShared)
const ACCESSES = ['read', 'write', 'copy'] as const

function eachShared(title: string, check: (t: ExecutionContext, home: Home) => void | Promise<void>): void {
  for (const home of SHARED) test(`${title} [${home}]`, (t) => check(t, home))
}

test('the homes that have shared views', (t) => {
  t.log(SHARED.length === 0 ? 'skipped: this engine has no shared views on this system' : SHARED.join(', '))
  using m = Mmap.anonymous(10, { sharedBuffer: true })
  // The best of them is the default, and where there is none, the calls work.
  t.is(m.home, SHARED[0] ?? 'native')
  m.write('abc')
  t.is(m.toString('latin1', 0, 3), 'abc')
  if (SHARED.length === 0) throwsCode(t, () => m.buffer, { code: 'ERR_MMAP_NO_VIEWS' })
  for (const home of ['external', 'overlay'] as const) {
    if (SHARED.includes(home) || !HOMES.includes(home)) continue
    throwsCode(t, () => Mmap.anonymous(10, { home, sharedBuffer: true }), { code: 'ERR_MMAP_NO_VIEWS' })
  }
})

test('the option is checked', (t) => {
  const wrong = 'yes' as unknown as boolean
  const name = file(t, 'abc')
  using m = Mmap.anonymous(10)
  const token = m.share()
  for (const make of [
    () => Mmap.open(name, { sharedBuffer: wrong }),
    () => Mmap.anonymous(10, { sharedBuffer: wrong }),
    () => new Mmap(-1, 10, { sharedBuffer: wrong }),
    () => Mmap.attach(token, { sharedBuffer: wrong }),
  ])
    throwsCode(t, make, { code: 'ERR_INVALID_ARG_TYPE', message: /"options\.sharedBuffer"/ })
})

eachShared('views of each kind of mapping are over one SharedArrayBuffer', (t, home) => {
  const name = file(t, Buffer.alloc(10_000, 'abcdefghij'))
  for (const access of ACCESSES) {
    using m = Mmap.open(name, { access, offset: 13, length: 5000, home, sharedBuffer: true })
    t.is(m.home, home)
    const array: object = m.buffer.buffer
    t.true(array instanceof SharedArrayBuffer)
    t.is<object, object>(m.view(DataView, 3).buffer, array)
    t.is<object, object>(m.subarray(1, 3).buffer, array)
    t.is(m.buffer.toString('latin1', 0, 10), 'defghijabc')
    t.is(m.view(Uint8Array, 4990)[9], 'c'.charCodeAt(0))
    t.is(m.find('abc', 0), 7)
    if (access === 'read') continue
    m.buffer[0] = 0x44
    t.is(m.at(0), 0x44)
    m[1] = 0x45
    t.is(m.buffer[1], 0x45)
    // What lies before and behind the mapping stays as it was.
    t.is(fs.readFileSync(name, 'latin1').slice(10, 18), access === 'write' ? 'abcDEfgh' : 'abcdefgh')
    m.set(Buffer.from('de'))
  }
  using empty = Mmap.open(file(t, ''), { home, sharedBuffer: true })
  t.is(empty.buffer.length, 0)
  t.true((empty.buffer.buffer as ArrayBufferLike) instanceof SharedArrayBuffer)
})

eachShared('postMessage() shares the bytes, and Atomics wait and notify among threads', async (t, home) => {
  const name = file(t, Buffer.alloc(4096))
  using m = Mmap.open(name, { access: 'write', home, sharedBuffer: true })
  const worker = new Worker(
    `const { workerData } = require('node:worker_threads')
     const words = new Int32Array(workerData, 0, 3)
     for (let n = 0; n < 1000; n++) Atomics.add(words, 0, 1)
     Atomics.store(words, 1, 1)
     Atomics.notify(words, 1)
     Atomics.wait(words, 2, 0)
     Atomics.add(words, 0, 1)`,
    { eval: true, workerData: m.buffer.buffer },
  )
  const exit = new Promise((resolve) => worker.once('exit', resolve))
  const words = m.view(Int32Array, 0, 3)
  // Not Atomics.wait(), which would stop the thread that starts the worker.
  while (Atomics.load(words, 1) === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  t.is(words[0], 1000)
  Atomics.store(words, 2, 1)
  Atomics.notify(words, 2)
  await exit
  t.is(m.view(Int32Array)[0], 1001)
  t.is(fs.readFileSync(name).readInt32LE(0), 1001)
})

eachShared('attach() has shared views of its own', (t, home) => {
  using m = Mmap.anonymous(100, { home })
  using a = Mmap.attach(m.share(), { home, sharedBuffer: true })
  t.true((a.buffer.buffer as ArrayBufferLike) instanceof SharedArrayBuffer)
  t.true(m.buffer.buffer instanceof ArrayBuffer)
  a.buffer[5] = 7
  t.is(m.buffer[5], 7)
})

eachShared('after close() views keep their length, and the bytes if that is asked for', (t, home) => {
  const name = file(t, 'abcdefghij')
  for (const views of ['detach', 'zero', 'keep'] as const satisfies readonly ViewsAfter[]) {
    for (const access of ACCESSES) {
      const m = Mmap.open(name, { access, home, sharedBuffer: true })
      const view = m.buffer
      m.close({ views })
      // Windows cannot put other pages in the place of the bytes: they stay there.
      if (windows) {
        t.is(view.toString('latin1'), 'abcdefghij')
        continue
      }
      // A system call may not access what was taken away.
      const fd = fs.openSync(file(t, ''), 'w')
      t.teardown(() => fs.closeSync(fd))
      const write = (): number => fs.writeSync(fd, view)
      if (views === 'detach') throwsCode(t, write, { code: 'EFAULT' })
      else t.is(write(), 10)
      t.is(view.length, 10)
      t.is(view.toString('latin1'), views === 'keep' ? 'abcdefghij' : '\0'.repeat(10))
    }
  }
})

eachShared('resize(): the old views are as the new ones say, and new ones are shared', (t, home) => {
  for (const views of ['detach', 'zero', 'keep'] as const) {
    const name = file(t, 'abcdefghij')
    using m = Mmap.open(name, { access: 'write', home, sharedBuffer: true })
    const old = m.buffer
    if (windows) {
      throwsCode(t, () => m.resize(5), { code: 'ERR_MMAP_BUSY' })
      continue
    }
    m.resize(10_000, { views })
    t.true((m.buffer.buffer as ArrayBufferLike) instanceof SharedArrayBuffer)
    t.deepEqual([m.buffer.length, m.buffer.toString('latin1', 0, 10)], [10_000, 'abcdefghij'])
    t.deepEqual([old.length, old.toString('latin1')], [10, views === 'keep' ? 'abcdefghij' : '\0'.repeat(10)])
    m.buffer[0] = 0x41
    t.is(fs.readFileSync(name, 'latin1')[0], 'A')
  }
})

eachShared('a cut file and a stray store are told', (t, home) => {
  if (windows) return skip(t, 'on Windows a mapped file cannot be cut')
  const name = file(t, Buffer.alloc(20_000, 'x'))
  using m = Mmap.open(name, { home, sharedBuffer: true })
  const view = m.buffer
  view[5] = 0x41
  throwsCode(t, () => m.at(5), { code: 'ERR_MMAP_READ_ONLY' })
  t.is(view[5], 0x78)
  fs.truncateSync(name, 100)
  t.is(view[19_000], 0)
  throwsCode(t, () => m.at(19_000), { code: 'ERR_MMAP_FAULT' })
  t.true(m.faulted)
  fs.writeFileSync(name, Buffer.alloc(20_000, 'y'))
  m.reattach()
  t.deepEqual([view[19_000], m.at(19_000), m.faulted], [0x79, 0x79, false])
})

test('a posted SharedArrayBuffer is one, a posted view of the usual kind is a copy', (t) => {
  using usual = Mmap.anonymous(10)
  const { port1, port2 } = new MessageChannel()
  t.teardown(() => port1.close())
  const posted = (m: Mmap): Uint8Array => {
    port1.postMessage(m.buffer)
    return (receiveMessageOnPort(port2) as { message: Uint8Array }).message
  }
  for (const [m, byte] of [
    [usual, 0],
    ...SHARED.map((home): [Mmap, number] => [Mmap.anonymous(10, { home, sharedBuffer: true }), 9]),
  ] as const) {
    if (m.home === 'native') continue
    const view = posted(m)
    m.buffer[0] = 9
    t.is(view[0], byte)
    m.close()
  }
})

test('a mapping beyond 4 GiB has views in the home overlay, over a SharedArrayBuffer', async (t) => {
  if (!SHARED.includes('overlay')) return skip(t, 'there is no such home')
  if (emulator !== undefined) return skip(t, 'an emulator has no room for it')
  if (constants.MAX_LENGTH < 5 * 2 ** 30) return skip(t, 'the longest Buffer of this engine has 4 GiB')
  for (const shared of [false, true]) {
    const outcome = await run('shared', 'long', { home: 'overlay', shared })
    if (!ended(t, outcome)) return
    t.deepEqual(outcome.answer, { home: 'overlay', isShared: true, length: true, read: 'end' }, story(outcome))
  }
})

test('without WebAssembly the home overlay has its views over a SharedArrayBuffer', async (t) => {
  if (!SHARED.includes('overlay') || !knows('--jitless')) return skip(t, 'there is no such home, or no such flag')
  const outcome = await run('shared', 'jitless', {}, { flags: ['--jitless'] })
  if (ended(t, outcome)) t.deepEqual(outcome.answer, { byte: 7, isShared: true }, story(outcome))
})

test('where the engine has freed what a mapping lay over, nothing of it is answered for', async (t) => {
  const reason = !SHARED.includes('overlay') ? 'there is no such home' : undefined
  if (reason !== undefined || !HOMES.includes('external')) return skip(t, reason ?? 'views need a cage here')
  if (emulator !== undefined) return skip(t, "the addresses are the emulator's to give")
  const outcome = await run('shared', 'stale', { home: 'overlay' })
  t.deepEqual(outcome.answer, { again: true, freed: true }, story(outcome))
  t.is(outcome.signal, 'SIGSEGV', story(outcome))
})

const NOTHING_LEFT = linux ? { mapped: 0, open: 0 } : { mapped: -1, open: -1 }

/** Why a limit of addresses cannot be set for a child here. */
function withoutLimits(): string | undefined {
  if (!linux) return 'prlimit(2) is one of Linux'
  if (emulator !== undefined) return 'an emulator needs addresses of its own'
  return spawnSync('prlimit', ['--version']).error && 'there is no prlimit(1)'
}

for (const home of SHARED) {
  for (const ends of ['drop', 'detach'] as const) {
    test.serial(`what has no room is made room for: ${ends} [${home}]`, async (t) => {
      const reason = electron ? 'a cage has its addresses from the start' : withoutLimits()
      if (reason !== undefined) return skip(t, reason)
      const outcome = await run('shared', 'crowd', { home, ends })
      if (ended(t, outcome)) t.deepEqual(outcome.answer, { zeros: 60 }, story(outcome))
    })
  }

  test.serial(`what was dropped counts as no mapping [${home}]`, async (t) => {
    if (!linux || SHARE < 1) return skip(t, 'it takes the limit of Linux, and some seconds')
    const outcome = await run('shared', 'room', { home, count: 20_000 })
    if (ended(t, outcome)) t.deepEqual(outcome.answer, { code: 'none' }, story(outcome))
  })

  test.serial(`another thread has the bytes when object and thread of the mapping are gone [${home}]`, async (t) => {
    for (const end of ['drop', 'keep', 'exit', 'terminate']) {
      if (deno && end === 'terminate') continue
      const outcome = await run('shared', 'left', { home, end })
      if (!ended(t, outcome)) return
      t.deepEqual(outcome.answer, { read: 'xxxxx', cut: true, ...NOTHING_LEFT }, story(outcome))
    }
  })

  test.serial(`threads share, drop and close at once [${home}]`, async (t) => {
    const milliseconds = emulator === undefined ? 4000 * Math.max(SHARE, 0.3) : 1000
    const outcome = await run('shared', 'storm', { home, milliseconds })
    if (!ended(t, outcome)) return
    const { rounds, ...rest } = outcome.answer
    t.deepEqual(rest, { wrong: [], same: true, ...NOTHING_LEFT }, story(outcome))
    t.true(rounds > 0)
  })
}
