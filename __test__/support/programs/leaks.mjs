import fs from 'node:fs'
import { Worker } from 'node:worker_threads'
import { Mmap } from 'memmap'
import { codeOf, collect, collectUntil, deleted, file, main, rejection, report, sleep, usage } from './common.mjs'

const name = file(Buffer.alloc(4096, 'x'))

const MAKE = {
  open: (home) => Mmap.open(name, { home }),
  write: (home) => Mmap.open(name, { access: 'write', home }),
  anonymous: (home) => Mmap.anonymous(4096, { home }),
}

/** More mappings than an engine itself unmaps when it collects garbage. */
const MARGIN = 2000

/** The growth of `usage()` since `before`. */
function leftover(before) {
  const now = usage()
  return Object.fromEntries(Object.keys(before).map((key) => [key, now[key] - before[key]]))
}

/** Collects garbage until everything that the tests look at is released: after one round thousands may be left. */
async function letGo(before, done) {
  await collectUntil(() => {
    const left = leftover(before)
    return left.descriptors <= 1 && done(left)
  })
}

function again(count, make, then) {
  for (let i = 0; i < count; i++) then(make(), i)
}

async function measure(count, work) {
  // A first run, for what the engine maps once: optimised code, threads of the collector.
  work(Math.min(count, 2000))
  await collectUntil(undefined, 5)
  const before = usage()
  const error = work(count)
  await letGo(before, (left) => left.lines < 50 && left.size < 50_000 && deleted(name))
  return { ...error, ...leftover(before), deleted: deleted(name) }
}

/** Whether the rest of the process works: V8 allocates memory and starts a thread. */
async function wellbeing() {
  const junk = Array.from({ length: 200 }, () => new Array(50_000).fill(1.5))
  const store = new Uint8Array(32 * 2 ** 20).fill(1)
  const code = await new Promise((resolve, reject) => {
    const worker = new Worker('require("node:worker_threads").parentPort.postMessage(new Array(1e6).fill(0).length)', {
      eval: true,
    })
    worker.once('error', reject)
    worker.once('exit', resolve)
  })
  return junk.length === 200 && store[5] === 1 && code === 0
}

await main({
  // Mappings that are dropped in one synchronous loop, in which no finalizer runs.
  async dropped({ count, make, home, view }) {
    report(
      await measure(count, (many) => {
        let made = 0
        try {
          again(
            many,
            () => MAKE[make](home),
            (m) => {
              if (view) m.buffer[0]
              made++
            },
          )
        } catch (error) {
          return { code: error.code, made }
        }
        return { made }
      }),
    )
  },

  async closed({ count, make, home, view, detach }) {
    report(
      await measure(count, (many) => {
        let made = 0
        try {
          again(
            many,
            () => MAKE[make](home),
            (m) => {
              if (view) m.buffer[0]
              m.close({ detach })
              made++
            },
          )
        } catch (error) {
          return { code: error.code, made }
        }
        return { made }
      }),
    )
  },

  async resized({ count, home }) {
    report(
      await measure(count, (many) => {
        const m = Mmap.anonymous(4096, { home })
        let made = 0
        try {
          for (; made < many; made++) {
            if (home !== 'native') m.buffer[0] = 1
            m.resize(made % 2 ? 4096 : 8192)
          }
        } catch (error) {
          return { code: error.code, made }
        }
        return { made }
      }),
    )
  },

  // Mappings that are all kept until the system's limit is reached; the rest of the process must go on working.
  async kept({ count, make, home, view }) {
    await wellbeing()
    await collectUntil(undefined, 5)
    const before = usage()
    const kept = []
    let error
    try {
      for (let i = 0; i < count; i++) {
        const m = MAKE[make](home)
        kept.push(m)
        if (view) kept.push(m.buffer)
      }
    } catch (caught) {
      error = caught
    }
    const made = kept.length
    const well = await wellbeing()
    await collectUntil(undefined, 3)
    // The limit counts the engine's own mappings too. Those that it has unmapped since leave room, which is filled
    // again.
    let refused
    for (let i = 0; i < MARGIN && refused === undefined; i++) refused = codeOf(() => kept.push(MAKE[make](home)))
    let asynchronous
    for (let i = 0; i < MARGIN && asynchronous === undefined; i++) {
      asynchronous = await Mmap.openAsync(name, { home }).then(
        (m) => void kept.push(m),
        (caught) => caught.code,
      )
    }
    const bytes = kept[0].at(1)
    // When some are closed, there is room again.
    for (const each of kept.splice(0, 2000)) if (each instanceof Mmap) each.close()
    await collectUntil(undefined, 3)
    const roomy = MAKE[make](home).at(1)
    kept.length = 0
    await letGo(before, (left) => left.lines < 50)
    report({
      error: error && { code: error.code, syscall: error.syscall, errno: error.errno, message: error.message },
      made,
      well,
      refused,
      asynchronous,
      bytes,
      roomy,
      left: leftover(before),
    })
  },

  // Objects of the old generation, all dropped at once: no minor collection frees them before the limit is met again.
  async refilled({ home }) {
    const name = file('refilled')
    const fill = (kept) => {
      for (let i = 0; i < 70_000; i++) kept.push(Mmap.open(name, { home }))
    }
    const kept = []
    const first = codeOf(() => fill(kept))
    collect()
    collect()
    const made = kept.length
    kept.length = 0
    // In the same turn of the event loop, so no finalizer has run.
    report({ first, made, second: codeOf(() => Mmap.open(name, { home }).close()) })
  },

  // Advice for a part of a mapping splits it into several in the kernel, which limits their number.
  async split({ advice }) {
    const m = Mmap.anonymous(2 ** 30)
    let code
    let done = 0
    try {
      for (; done < 131_072; done++) m.madvise(advice, done * 8192, 4096)
    } catch (error) {
      code = error.code
    }
    const well = await wellbeing()
    m.close()
    report({ code, well, done })
  },

  async failing({ count }) {
    const missing = `${name}-missing`
    // First the pool's threads are started, since each maps a stack.
    await Promise.all(Array.from({ length: 8 }, () => Mmap.openAsync(name)))
    await collectUntil(undefined, 3)
    const before = usage()
    const codes = new Set()
    for (let i = 0; i < count; i++) {
      for (const attempt of [
        () => Mmap.open(missing),
        () => new Mmap(-1, 5, { offset: 5 }),
        () => Mmap.open(name, { offset: 5000 }),
        () => new Mmap(900_000, 5),
        () => Mmap.open('.'),
      ]) {
        try {
          attempt()
          codes.add('none')
        } catch (error) {
          codes.add(error.code)
        }
      }
    }
    for (let i = 0; i < 100; i++) await Mmap.openAsync(missing).catch((error) => codes.add(error.code))
    await letGo(before, (left) => left.size < 50_000)
    report({ codes: [...codes], ...leftover(before) })
  },

  // The limit of descriptors is far below that of mappings: dropped ones must be released before it is an error.
  async descriptors() {
    const before = usage()
    const limit = Number(/Max open files\s+(\d+)/.exec(fs.readFileSync('/proc/self/limits', 'utf8'))[1])
    const count = Math.min(limit * 2, 50_000)
    let error
    try {
      again(
        count,
        () => Mmap.open(name),
        () => {},
      )
    } catch (caught) {
      error = caught.code
    }
    await letGo(before, () => true)
    report({ error, limit, count, ...leftover(before) })
  },

  // Lines that a thread has prepared and nobody takes: the engine does not know of this memory, so no collection comes.
  async unread({ how, rounds, size }) {
    const name = file(Buffer.concat([Buffer.alloc(65_000, 'short\n'), Buffer.alloc(size, 'x')]))
    const m = Mmap.open(name)
    const codes = new Set()
    const unread = {
      async aborted() {
        const controller = new AbortController()
        const first = m.linesAsync({ start: 65_000, signal: controller.signal }).next()
        // Keeps the event loop busy until the job has ended.
        const until = performance.now() + 60
        while (performance.now() < until);
        controller.abort()
        codes.add(await rejection(first))
      },
      async returned() {
        const lines = m.linesAsync({ encoding: 'latin1' })
        codes.add((await lines.next()).value.length > 0)
        await lines.return()
      },
    }
    await unread[how]()
    const before = usage()
    for (let round = 0; round < rounds; round++) await unread[how]()
    // On a busy machine the last jobs may still have to notice that they were called off. Nothing is collected meanwhile.
    for (let turn = 0; turn < 100 && leftover(before).resident >= 50_000; turn++) await sleep(20)
    report({ codes: [...codes], ...leftover(before) })
  },
})
