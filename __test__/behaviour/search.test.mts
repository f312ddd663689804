import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { setMaxListeners } from 'node:events'
import fs from 'node:fs/promises'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import test from 'ava'
import fc from 'fast-check'
import { Mmap } from 'memmap'
import { run, story } from '../support/child.mjs'
import {
  bun,
  closing,
  deno,
  eachHome,
  emulator,
  file,
  rejectsCode,
  SHARE,
  skip,
  throwsCode,
  windows,
} from '../support/common.mjs'

/** Why a child's address space cannot be limited here, if it cannot. */
function cannotStarve(): string | undefined {
  if (process.platform !== 'linux') return 'prlimit(2) is one of Linux'
  if (bun || deno || emulator !== undefined) return 'without address space this engine itself does not live'
  return spawnSync('prlimit', ['--version']).error && 'there is no prlimit(1)'
}

function naiveCount(bytes: Buffer, needle: Buffer): number {
  if (needle.length === 0) return bytes.length + 1
  let count = 0
  for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + needle.length)) count++
  return count
}

eachHome('count, and each search off the event loop, agree with the naive ones', async (t, home) => {
  const letters = fc.array(fc.constantFrom('a', 'b', '\n', 'ä'), { maxLength: 40 }).map((all) => all.join(''))
  const needle = fc.array(fc.constantFrom('a', 'b', '\n', 'ä'), { maxLength: 3 }).map((all) => all.join(''))
  const bound = fc.integer({ min: -45, max: 45 })
  await fc.assert(
    fc.asyncProperty(letters, needle, bound, bound, async (content, wanted, start, end) => {
      const name = file(t, content)
      using m = Mmap.open(name, { home })
      const range = m.slice(start, end)
      const bounds = [start < 0 ? Math.max(0, m.length + start) : start, end < 0 ? Math.max(0, m.length + end) : end]
      const isRange = Math.min(bounds[0] ?? 0, m.length) <= Math.min(bounds[1] ?? 0, m.length)
      assert.equal(m.count(wanted, start, end), isRange ? naiveCount(range, Buffer.from(wanted)) : 0)
      assert.equal(await m.countAsync(wanted, { start, end }), m.count(wanted, start, end))
      assert.equal(await m.findAsync(wanted, { start, end }), m.find(wanted, start, end))
      assert.equal(await m.rfindAsync(wanted, { start, end, threads: 2 }), m.rfind(wanted, start, end))
      assert.equal(m.tell(), 0)
    }),
    { numRuns: windows ? 30 : Math.max(10, 200 * SHARE) },
  )
  t.pass()
})

/** Larger than what one thread searches at a time, with needles across the borders of these parts. */
function large(): Buffer {
  const bytes = Buffer.alloc(20 * 2 ** 20, 'some text without it\n')
  const part = 4 * 2 ** 20
  for (const at of [part - 3, 2 * part - 1, 3 * part, 4 * part - 6]) bytes.write('needle', at)
  return bytes
}

eachHome('threads change nothing in a large range', async (t, home) => {
  const bytes = large()
  using m = Mmap.open(file(t, bytes), { home })
  const early = m.find('needle')
  const late = m.rfind('needle')
  const newlines = naiveCount(bytes, Buffer.from('\n'))
  t.is(early, bytes.indexOf('needle'))
  t.is(late, bytes.lastIndexOf('needle'))
  for (const threads of [1, 2, 7]) {
    t.is(await m.findAsync('needle', { start: 0, threads }), early)
    t.is(await m.findAsync('needle', { start: early + 1, threads }), bytes.indexOf('needle', early + 1))
    t.is(await m.rfindAsync('needle', { start: 0, threads }), late)
    t.is(await m.rfindAsync('needle', { start: 0, end: late, threads }), bytes.lastIndexOf('needle', late - 6))
    t.is(await m.findAsync('absent', { start: 0, threads }), -1)
    t.is(await m.countAsync('needle', { threads }), 4)
    t.is(await m.countAsync('\n', { threads }), newlines)
  }
})

test.serial('timers and fs go on while a search is at work', async (t) => {
  const name = file(t, 2 ** 31)
  using m = Mmap.open(name)
  let [ticks, reads, over] = [0, 0, false]
  const timer = setInterval(() => ticks++, 1)
  const reading = (async () => {
    while (!over) {
      await fs.stat(name)
      reads++
    }
  })()
  const progress: number[] = []
  const onProgress = (done: number, total: number): void => {
    t.is(total, m.length)
    progress.push(done)
  }
  t.is(await m.findAsync('absent', { start: 0, onProgress }), -1)
  over = true
  clearInterval(timer)
  await reading
  t.true(ticks > 2 && reads > 2, `${ticks} ticks, ${reads} reads`)
  t.deepEqual(
    progress,
    [...progress].sort((a, b) => a - b),
  )
})

test('many searches at once leave the pool of fs free', async (t) => {
  const name = file(t, 2 ** 30)
  using m = Mmap.open(name)
  const controller = new AbortController()
  const { signal } = controller
  setMaxListeners(0, signal)
  const searches = Array.from({ length: 16 }, () =>
    rejectsCode(t, () => m.countAsync('absent', { signal }), { code: 'ABORT_ERR' }),
  )
  t.is((await fs.stat(name)).size, 2 ** 30)
  controller.abort()
  await Promise.all(searches)
})

test('an abort and a close end a search', async (t) => {
  const name = file(t, 2 ** 30)
  const m = Mmap.open(name)
  const reason = new Error('why')
  const aborted = await t.throwsAsync(() => m.findAsync('absent', { start: 0, signal: AbortSignal.abort(reason) }))
  t.is(aborted?.cause, reason)
  const controller = new AbortController()
  const searching = m.countAsync('absent', { signal: controller.signal })
  await sleep(1)
  controller.abort()
  await rejectsCode(t, () => searching, { code: 'ABORT_ERR' })
  const others = [m.findAsync('absent'), m.rfindAsync('absent'), m.countAsync('absent')]
  m.close()
  for (const each of others) await rejectsCode(t, () => each, { code: 'ERR_MMAP_CLOSED' })
  await rejectsCode(t, () => m.findAsync('absent'), { code: 'ERR_MMAP_CLOSED' })
})

test('searching: bad arguments are named', async (t) => {
  using m = Mmap.anonymous(100)
  throwsCode(t, () => m.count(1 as unknown as string), { code: 'ERR_INVALID_ARG_TYPE', message: /"needle"/ })
  throwsCode(t, () => m.count('a', 0.5), { code: 'ERR_INVALID_ARG_TYPE', message: /"start"/ })
  for (const [threads, code] of [
    [0, 'ERR_OUT_OF_RANGE'],
    [-1, 'ERR_OUT_OF_RANGE'],
    [1.5, 'ERR_INVALID_ARG_TYPE'],
  ] as const) {
    await rejectsCode(t, () => m.findAsync('a', { start: 0, threads }), { code, message: /threads/ })
  }
  const wrong = { onProgress: 1 } as unknown as object
  await rejectsCode(t, () => m.countAsync('a', wrong), { code: 'ERR_INVALID_ARG_TYPE', message: /onProgress/ })
  const unknown = { thread: 1 } as object
  await rejectsCode(t, () => m.rfindAsync('a', unknown), { code: 'ERR_INVALID_ARG_VALUE', message: /thread/ })
})

eachHome(
  'a resize in flight is an error of the search, or the answer is right: never one about zeros',
  async (t, home) => {
    const length = 2 ** 29
    const make = {
      file: () => Mmap.open(file(t, length), { access: 'write', home }),
      memory: () => Mmap.anonymous(2 ** 26, { home }),
    }
    for (const [what, open] of Object.entries(make)) {
      for (const search of [
        (m: Mmap) => m.findAsync('needle'),
        (m: Mmap) => m.countAsync(/needle/),
        async (m: Mmap) => (await m.matchAsync(/needle/))?.index,
      ]) {
        for (const [views, growth] of [
          ['detach', 4096],
          // Windows does not shorten a file while a job works on it.
          ['keep', windows ? 4096 : -4096],
        ] as const) {
          using m = open()
          if (home !== 'native') m.buffer
          const at = m.length - 5000
          m.set(Buffer.from('needle'), at)
          const answer = search(m).catch((error: { code: string }) => error.code)
          m.resize(m.length + growth, { views })
          t.true(
            ['ERR_MMAP_BUSY', at, 1].includes((await answer) as string | number),
            `${what}, ${views}: ${await answer}`,
          )
        }
      }
    }
  },
)

test('what onProgress throws rejects, and ends the search', async (t) => {
  using m = Mmap.open(file(t, 2 ** 31))
  const mine = new Error('mine')
  const onProgress = (): never => {
    throw mine
  }
  t.is(await t.throwsAsync(() => m.countAsync('absent', { onProgress, threads: 1 })), mine)
})

eachHome('iterations end where a mapping was made shorter', async (t, home) => {
  const open = (): Mmap => Mmap.open(file(t, 'word\n'.repeat(50_000)), { access: 'write', home })
  for (const at of [0, 1000]) {
    using m = open()
    const [matches, lines, later, laterLines] = [
      m.matchAll(/word/g, at),
      m.lines({ start: at }),
      m.matchAllAsync(/word/g, { start: at }),
      m.linesAsync({ start: at }),
    ]
    m.resize(500)
    t.is([...matches].length, at === 0 ? 100 : 0)
    t.is([...lines].length, at === 0 ? 100 : 0)
    let count = 0
    for await (const _ of later) count++
    for await (const some of laterLines) count += some.length
    t.is(count, at === 0 ? 200 : 0)
  }
})

test('bytes that change under a search are no error, and no match is out of order', async (t) => {
  const outcome = await run('search', 'changes', { rounds: 25, length: 10_000 })
  t.is(outcome.signal, null, story(outcome))
  t.deepEqual(outcome.answer, { answers: 25 * 8 * 4, errors: [] }, story(outcome))
  t.is(outcome.output, '')
})

test('lines of bytes that change meanwhile are no error, and none is lost', async (t) => {
  const outcome = await run('search', 'lines', { passes: 3000 })
  t.is(outcome.signal, null, story(outcome))
  t.deepEqual(outcome.answer, { lost: 0, errors: [], both: true }, story(outcome))
})

test('a long line is copied once, and without memory for that it is an error', async (t) => {
  const reason = cannotStarve()
  if (reason !== undefined) return skip(t, reason)
  const size = 250_000_000
  // One arena, since glibc's malloc reserves up to 128 MiB of address space for the arena of each thread.
  const env = { MALLOC_ARENA_MAX: '1' }
  const enough = await run('search', 'starved', { size, copies: 1.5 }, { env })
  t.deepEqual([enough.code, enough.answer], [0, { lengths: [size] }], story(enough))
  const scarce = await run('search', 'starved', { size, copies: 0.5 }, { env })
  t.is(scarce.code, 0, story(scarce))
  t.is(scarce.answer.code, 'ENOMEM', story(scarce))
  t.regex(scarce.answer.message, /^ENOMEM: There is no memory for the line at 0, malloc/)
})

test('a thread ends at once while its search waits behind those of another', async (t) => {
  const outcome = await run('search', 'terminated')
  t.is(outcome.answer?.ended, 64, story(outcome))
  // Some may end while the thread starts. If its end had to wait for the others, nearly all would have ended by then.
  t.true(outcome.answer.before < 32, story(outcome))
})

test('without memory for a copy of a long needle it is an error, and where none is needed there is an answer', async (t) => {
  const reason = cannotStarve()
  if (reason !== undefined) return skip(t, reason)
  const outcome = await run('search', 'needles', { size: 2 ** 28 }, { env: { MALLOC_ARENA_MAX: '1' } })
  const { count, search, match, ...others } = outcome.answer ?? {}
  t.deepEqual([count, search, match], [0, -1, null], story(outcome))
  t.deepEqual(others, {
    findAsync: 'ENOMEM',
    rfindAsync: 'ENOMEM',
    countAsync: 'ENOMEM',
    matchAsync: 'ENOMEM',
    matchAll: 'ENOMEM',
    matchAllAsync: 'ENOMEM',
  })
})

test('fill with a long pattern needs one copy of it, and without memory for that it is an error', async (t) => {
  const reason = cannotStarve()
  if (reason !== undefined) return skip(t, reason)
  const env = { MALLOC_ARENA_MAX: '1' }
  const enough = await run('search', 'filled', { size: 2 ** 28, copies: 1.5 }, { env })
  t.deepEqual(enough.answer, { end: 'bab' }, story(enough))
  const scarce = await run('search', 'filled', { size: 2 ** 28, copies: 0.5 }, { env })
  t.deepEqual(scarce.answer, { code: 'ENOMEM' }, story(scarce))
})

test('a synchronous loop of searches keeps no memory', async (t) => {
  const outcome = await run('search', 'loops', { rounds: 200_000 })
  t.is(outcome.code, 0, story(outcome))
  for (const [loop, grown] of Object.entries(outcome.answer)) t.true((grown as number) < 2 ** 26, `${loop}: ${grown}`)
})

eachHome('matchAll and lines are iterators of the engine, which print as a line', (t, home) => {
  const m = closing(t, Mmap.anonymous(11, { home }))
  m.set(Buffer.from('a1\nb22\nc333'))
  const make = [
    () => m.matchAll(/\d+/g),
    () => m.lines(),
    () => m.lines({ as: 'buffer' }),
    () => m.lines({ as: 'offsets' }),
  ]
  const IteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())) as object
  for (const each of make) {
    t.true(Object.prototype.isPrototypeOf.call(IteratorPrototype, each()))
    const iterator = each()
    t.is(iterator[Symbol.iterator](), iterator)
    t.regex(inspect(iterator), /^(Matches|Lines) \{ .*start: 0, end: 11 \}$/)
    t.is([...each()].length, 3)
  }
  if (!('Iterator' in globalThis)) return skip(t, 'in part: iterator helpers came with Node 22')
  type Helpers = {
    take(count: number): { toArray(): unknown[] }
    map(f: (value: never) => unknown): { toArray(): unknown[] }
  }
  const helped = make.map((each) => each() as unknown as Helpers)
  t.deepEqual(helped[0]?.map(String).toArray(), ['1', '22', '333'])
  t.deepEqual(helped[1]?.take(2).toArray(), ['a1', 'b22'])
  t.deepEqual(helped[2]?.map(String).toArray(), ['a1', 'b22', 'c333'])
  t.deepEqual(helped[3]?.take(2).toArray(), [
    [0, 2],
    [3, 6],
  ])
})

eachHome('searches off the event loop take one object of options, and find() names search()', async (t, home) => {
  const m = closing(t, Mmap.anonymous(10, { home }))
  m.set(Buffer.from('abcabcabca'))
  t.is(await m.findAsync('a', { start: 1 }), 3)
  t.is(await m.findAsync('a', { start: -1n, end: null }), 9)
  t.is(await m.rfindAsync('a', { start: 0, end: -1 }), 6)
  t.is(await m.countAsync(/a/, { start: 1, end: 9 }), 2)
  t.is((await m.matchAsync(/a/, { start: 4 }))?.index, 6)
  m.seek(4)
  t.is(await m.findAsync('a'), 6, 'from the position on, as find')
  const wrong = { start: 1.5 }
  for (const call of [
    () => m.findAsync('a', wrong),
    () => m.rfindAsync('a', wrong),
    () => m.countAsync('a', wrong),
    () => m.matchAsync('a', wrong),
  ])
    await rejectsCode(t, call, { code: 'ERR_INVALID_ARG_TYPE', message: /"options.start"/ })
  await rejectsCode(t, () => m.findAsync('a', 0 as unknown as object), {
    code: 'ERR_INVALID_ARG_TYPE',
    message: /options/,
  })
  const regExp = /a/ as unknown as string
  throwsCode(t, () => m.find(regExp), { code: 'ERR_INVALID_ARG_TYPE', message: /search\(\)/ })
  await rejectsCode(t, () => m.findAsync(regExp), { code: 'ERR_INVALID_ARG_TYPE', message: /search\(\)/ })
})
