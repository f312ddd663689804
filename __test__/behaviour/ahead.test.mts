// What is read, brought into memory, or streamed off the event loop.
import fs from 'node:fs'
import { Readable } from 'node:stream'
import { buffer as bytesOf } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import test from 'ava'
import fc from 'fast-check'
import { type ByteRange, Mmap, type PrefetchOptions, type ReadIntoOptions } from 'memmap'
import {
  blockDevice,
  bun,
  closing,
  collect,
  eachHome,
  emulator,
  file,
  rejectsCode,
  scratch,
  skip,
  throwsCode,
  windows,
} from '../support/common.mjs'

const FAULT = { code: 'ERR_MMAP_FAULT' }
const CLOSED = { code: 'ERR_MMAP_CLOSED' }
const ABORT = { code: 'ABORT_ERR' }
const RANGE = { code: 'ERR_OUT_OF_RANGE' }
const TYPE = { code: 'ERR_INVALID_ARG_TYPE' }

const CONTENT = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, index) => index % 251))
const RUNS = emulator === undefined ? 60 : 8

const bound = fc.option(
  fc.oneof(fc.integer({ min: -310_000, max: 310_000 }), fc.bigInt({ min: -10n, max: 400_000n })),
  {
    nil: undefined,
  },
)

eachHome('readAsync() of a range and of many is what slice() gives', async (t, home) => {
  const name = file(t, CONTENT)
  for (const access of ['read', 'write', 'copy'] as const) {
    using m = Mmap.open(name, { access, offset: 7, home })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(bound, bound), { maxLength: 6 }), async (ranges) => {
        await m.prefetch(ranges)
        const many = await m.readAsync(ranges)
        t.is(many.length, ranges.length)
        for (const [index, [start, end]] of ranges.entries()) {
          const expected = m.slice(start, end)
          t.true(many[index]?.equals(expected))
          t.true((await m.readAsync(start, end)).equals(expected))
        }
      }),
      { numRuns: RUNS },
    )
    const [one] = await m.readAsync([[0, 10]])
    t.is(one?.buffer.byteLength, 10)
    // An array may be shorter than two, and a range may be empty.
    t.deepEqual(await m.readAsync([[], [-3], [5, 5]]), [m.slice(), m.slice(-3), Buffer.alloc(0)])
    t.deepEqual(await m.readAsync([]), [])
  }
  using memory = Mmap.anonymous(100_000, { home })
  memory.write('abc')
  await memory.prefetch(50_000)
  t.is((await memory.readAsync(0, 3)).toString(), 'abc')
  // What was stored into private bytes, and is not in the file.
  using copy = Mmap.open(name, { access: 'copy', home })
  copy[5] = 0xff
  t.is((await copy.readAsync(5, 6))[0], 0xff)
  using empty = Mmap.open(file(t, ''), { home })
  await empty.prefetch()
  t.deepEqual(await empty.readAsync(), Buffer.alloc(0))
})

eachHome('readAsync({ into }) fills what it is given, and no more', async (t, home) => {
  using m = Mmap.open(file(t, CONTENT), { home })
  const into = Buffer.alloc(12, 0xee).subarray(1, 11)
  const answer = await m.readAsync(3, 7, { into })
  t.deepEqual([...answer], [3, 4, 5, 6])
  t.is(answer.buffer, into.buffer)
  t.deepEqual([...into], [3, 4, 5, 6, ...Array(6).fill(0xee)])
  await rejectsCode(t, () => m.readAsync(0, 11, { into }), RANGE)
  const late = new Uint8Array(100)
  const reading = m.readAsync(0, 100, { into: late })
  // Given away before the bytes come.
  structuredClone(late.buffer, { transfer: [late.buffer] })
  await rejectsCode(t, () => reading, RANGE)
  t.is((await m.readAsync(5, 5, { into: late })).length, 0)
  if (home === 'native' || windows) return
  // A store into a read-only view, as readInto() says too.
  await rejectsCode(t, () => m.readAsync(1, 4, { into: m.subarray(50, 53) }), { code: 'ERR_MMAP_READ_ONLY' })
  t.is(m.at(50), 50)
})

test('options and ranges that are none are named', async (t) => {
  using m = Mmap.anonymous(10)
  const wrong = <T,>(value: unknown): T => value as T
  for (const ranges of [[5], [[0, 1, 2]], ['ab'], [{}]])
    for (const call of [() => m.prefetch(wrong(ranges)), () => m.readAsync(wrong<ByteRange[]>(ranges))])
      await rejectsCode(t, call, { ...TYPE, message: /"ranges\[0\]"/ })
  await rejectsCode(t, () => m.readAsync([[0, wrong<number>('1')]]), { ...TYPE, message: /"ranges\[0\]\[1\]"/ })
  await rejectsCode(t, () => m.prefetch(wrong('0')), { ...TYPE, message: /"start"/ })
  for (const options of [{ signal: 5 }, { onProgress: 5 }])
    await rejectsCode(t, () => m.prefetch(0, 1, wrong<PrefetchOptions>(options)), TYPE)
  for (const options of [{ signal: 5 }, { into: 'abc' }])
    await rejectsCode(t, () => m.readAsync(0, 1, wrong<ReadIntoOptions>(options)), TYPE)
  await rejectsCode(t, () => m.readAsync([[0, 1]], wrong<ReadIntoOptions>({ into: Buffer.alloc(1) })), {
    code: 'ERR_INVALID_ARG_VALUE',
  })
  for (const options of [{ start: -1 }, { start: 5, end: 4 }, { highWaterMark: 0 }])
    throwsCode(t, () => m.createReadStream(options), RANGE)
  for (const options of [{ start: '1' }, { end: {} }, { signal: 5 }, { emitClose: 1 }])
    throwsCode(t, () => m.createReadStream(wrong(options)), TYPE)
  throwsCode(t, () => m.createReadStream(wrong({ encoding: 'none' })), { code: 'ERR_INVALID_ARG_VALUE' })
})

eachHome('progress, aborts and close()', async (t, home) => {
  const name = file(t, 64 * 2 ** 20)
  const m = closing(t, Mmap.open(name, { home }))
  const signal = AbortSignal.abort('no')
  for (const call of [
    () => m.prefetch(0, 1, { signal }),
    () => m.readAsync(0, 1, { signal }),
    () => m.readAsync([], { signal }),
  ])
    await rejectsCode(t, call, ABORT)
  for (const start of [
    (signal: AbortSignal) => m.prefetch(0, null, { signal }),
    (signal: AbortSignal) => m.readAsync(0, null, { signal }),
  ]) {
    const controller = new AbortController()
    const running = start(controller.signal)
    controller.abort('enough')
    await rejectsCode(t, () => running, ABORT)
  }
  await rejectsCode(
    t,
    () =>
      m
        .prefetch(0, null, {
          onProgress(done, total) {
            t.true(done <= total && total === m.length)
            throw Object.assign(new Error('mine'), { code: 'ERR_MINE' })
          },
        })
        .then(() => Promise.reject(Object.assign(new Error('too fast to be asked'), { code: 'ERR_MINE' }))),
    { code: 'ERR_MINE' },
  )
  // What overlaps counts once, also for the total.
  let last = [0, 0]
  const ranges: ByteRange[] = [
    [0, 2 ** 25],
    [2 ** 24, 2 ** 26],
    [5, 6],
  ]
  await m.prefetch(ranges, { onProgress: (done, total) => (last = [done, total]) })
  t.true(last[1] === 0 || last[1] === 2 ** 26, String(last))
  const running = [m.prefetch(), m.readAsync(), m.readAsync([[0, 9], [5]])]
  const ended = running.map((each) => rejectsCode(t, () => each, CLOSED))
  m.close()
  await Promise.all(ended)
})

eachHome('what the file no longer has is an error', async (t, home) => {
  if (windows) return skip(t, 'on Windows a mapped file cannot be cut')
  const name = file(t, CONTENT)
  for (const access of ['read', 'write'] as const) {
    fs.writeFileSync(name, CONTENT)
    using m = Mmap.open(name, { access, home })
    fs.truncateSync(name, 100_000)
    await m.prefetch(0, 90_000)
    t.true((await m.readAsync(10, 99_000)).equals(CONTENT.subarray(10, 99_000)))
    await rejectsCode(t, () => m.prefetch(), FAULT)
    await rejectsCode(
      t,
      () =>
        m.prefetch([
          [0, 1],
          [200_000, 200_001],
        ]),
      FAULT,
    )
    await rejectsCode(t, () => m.readAsync(99_000, 100_001), FAULT)
    await rejectsCode(t, () => m.readAsync([[250_000, 250_001]]), FAULT)
    // A stream gives what there is, and then the error.
    const seen: Buffer[] = []
    const reading = async (): Promise<void> => {
      for await (const chunk of m.createReadStream({ highWaterMark: 10_000 })) seen.push(chunk)
    }
    await rejectsCode(t, reading, FAULT)
    t.true(Buffer.concat(seen).equals(CONTENT.subarray(0, 100_000)))
    await rejectsCode(t, () => bytesOf(m.stream(50_000) as never), FAULT)
    // The rest works on.
    t.is(m.at(5), 5)
  }
})

test('a block device is read, too', async (t) => {
  const device = blockDevice(t, CONTENT.subarray(0, 262_144))
  if (device === undefined) return
  using m = Mmap.open(device)
  await m.prefetch()
  t.true((await m.readAsync(5, 200_000)).equals(CONTENT.subarray(5, 200_000)))
})

eachHome('createReadStream() gives what that of fs gives', async (t, home) => {
  const name = file(t, CONTENT)
  using m = Mmap.open(name, { home })
  for (const options of [
    {},
    { start: 5 },
    { start: 5, end: 5 },
    { end: 0 },
    { start: 299_999 },
    { start: 300_000 },
    { start: 10, end: 1_000_000 },
    { highWaterMark: 1000, end: 30_000 },
    { encoding: 'hex' as const, end: 9 },
    { encoding: null, end: 9 },
    'latin1' as const,
    null,
    { end: Number.POSITIVE_INFINITY },
  ]) {
    const parts: unknown[][] = []
    for (const stream of [m.createReadStream(options), fs.createReadStream(name, options as never)]) {
      const chunks: unknown[] = []
      for await (const chunk of stream) chunks.push(chunk)
      parts.push(chunks)
    }
    t.deepEqual(...(parts as [unknown[], unknown[]]))
  }
  const copied = `${name}-copy`
  await pipeline(m.createReadStream(), fs.createWriteStream(copied))
  t.true(fs.readFileSync(copied).equals(CONTENT))
  fs.unlinkSync(copied)
})

eachHome('streams end with an abort, with destroy(), and with the mapping', async (t, home) => {
  const m = closing(t, Mmap.open(file(t, CONTENT), { home }))
  const controller = new AbortController()
  const aborted = m.createReadStream({ signal: controller.signal })
  controller.abort()
  await rejectsCode(t, () => bytesOf(aborted), ABORT)
  const destroyed = m.createReadStream({ highWaterMark: 10 })
  for await (const _ of destroyed) break
  t.true(destroyed.destroyed)
  const cancelled = m.stream().getReader()
  t.true(((await cancelled.read()).value?.length ?? 0) > 0)
  await cancelled.cancel('enough')
  t.true((await cancelled.read()).done)
  // Idle, and in the midst of a read.
  const idle = m.createReadStream({ highWaterMark: 10 })
  const closed = new Promise((resolve) => idle.once('error', resolve))
  const web = m.stream().getReader()
  const busy = bytesOf(m.createReadStream({ highWaterMark: 10 }))
  m.close()
  t.is(((await closed) as { code?: string }).code, 'ERR_MMAP_CLOSED')
  await rejectsCode(t, () => busy, CLOSED)
  const rest = async (): Promise<void> => {
    while (!(await web.read()).done);
  }
  await rejectsCode(t, rest, CLOSED)
})

eachHome('stream() is a byte stream: for Response, for BYOB readers, and for Readable', async (t, home) => {
  using m = Mmap.open(file(t, CONTENT), { home })
  t.true(Buffer.from(await new Response(m.stream()).arrayBuffer()).equals(CONTENT))
  t.true(Buffer.from(await new Response(m.stream(-10, -3)).arrayBuffer()).equals(CONTENT.subarray(-10, -3)))
  t.is((await new Response(m.stream(5, 5)).arrayBuffer()).byteLength, 0)
  t.true((await bytesOf(Readable.fromWeb(m.stream(10) as never))).equals(CONTENT.subarray(10)))
  const reader = m.stream(290_000).getReader({ mode: 'byob' })
  const parts: Uint8Array[] = []
  for (;;) {
    const { done, value } = await reader.read(new Uint8Array(3000))
    if (done) break
    parts.push(value)
  }
  t.true(Buffer.concat(parts).equals(CONTENT.subarray(290_000)))
})

eachHome('a stream over a mapping that is resized ends where the mapping does', async (t, home) => {
  if (windows) return skip(t, 'on Windows a file cannot be made shorter while a job works on its mapping')
  const folder = scratch(t)
  const m = closing(t, Mmap.open(file(t, CONTENT, folder), { access: 'write', home }))
  const chunks: Buffer[] = []
  for await (const chunk of m.createReadStream({ highWaterMark: 1000 })) {
    chunks.push(chunk)
    if (chunks.length === 2) m.resize(5000)
  }
  t.true(Buffer.concat(chunks).equals(CONTENT.subarray(0, 5000)))
})

test('a stream that is abandoned is collected, though the mapping is open', async (t) => {
  if (bun) return skip(t, 'this collector is conservative')
  using m = Mmap.open(file(t, CONTENT))
  const streams = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const stream = m.createReadStream()
      await new Promise((resolve) => stream.once('readable', resolve))
      return [new WeakRef(stream), new WeakRef(m.stream())]
    }),
  )
  const left = (): number => streams.flat().filter((each) => each.deref() !== undefined).length
  // Whether they are left is asked in the end only: to ask keeps an object for the turn.
  for (let round = 0; round < 20; round++) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    collect()
  }
  await new Promise((resolve) => setTimeout(resolve, 10))
  t.true(left() <= 4, `${left()} of 40 are left`)
})

test('await using closes', async (t) => {
  const m = Mmap.anonymous(10)
  await m[Symbol.asyncDispose]()
  t.true(m.closed)
})
