// One mapping in several threads.
import fs from 'node:fs'
import process from 'node:process'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { Mmap } from 'memmap'
import { codeOf, collectUntil, descriptors, file, lines, main, rejection, report, sleep, turn } from './common.mjs'

const LENGTH = 2 ** 20
const PART = 4096

/** What each worker does with its mapping. */
const workers = {
  /** Fills its part, and ends in a way of its own. */
  async part({ token, number, end, home }) {
    const m = Mmap.attach(token, { home })
    globalThis.kept = m
    const part = home !== 'native' ? m.subarray(number * PART, (number + 1) * PART) : undefined
    if (part === undefined) m.fill(number + 1, number * PART, (number + 1) * PART)
    else part.fill(number + 1)
    if (end === 'close') m.close()
    if (end === 'keep') m.close({ views: 'keep' })
    parentPort.postMessage(m.closed ? number + 1 : m.at(number * PART))
    if (end === 'throw') throw new Error('on purpose')
    if (end === 'exit') process.exit(0)
    if (end === 'terminate') setInterval(() => part, 1000)
  },

  /** Counts in the first word, together with others. */
  async counter({ token, times, home }) {
    const words = Mmap.attach(token, { home }).view(Int32Array, 0, 1)
    for (let n = 0; n < times; n++) Atomics.add(words, 0, 1)
    parentPort.postMessage('done')
  },

  /** Takes a view of each mapping that it is given the token of, and keeps it while the other thread ends the mapping. */
  keeper({ flags, home }) {
    parentPort.on('message', (token) => {
      const m = Mmap.attach(token, { home })
      Atomics.store(flags, 0, 1)
      while (Atomics.load(flags, 1) === 0);
      const view = m.buffer
      m.close({ views: 'keep' })
      while (Atomics.load(flags, 1) === 1);
      const right = view.length === 2 * PART && view[0] === 0x78 && view[2 * PART - 1] === 0x78
      parentPort.postMessage(right)
    })
  },

  /** Stores by mistake, and counts which of its calls tells of it. */
  strayer({ token, flag, home }) {
    const stop = new Int32Array(flag)
    const m = Mmap.attach(token, { home })
    const view = m.buffer
    const told = [0, 0]
    parentPort.postMessage('begins')
    while (Atomics.load(stop, 0) === 0) {
      view[5] = 0x53
      told[codeOf(() => m.at(0)) === 'ERR_MMAP_READ_ONLY' ? 0 : 1]++
    }
    parentPort.postMessage(told)
  },

  /** Says what it reads, whenever it is asked. */
  async reader({ token, home }) {
    const m = Mmap.attach(token, { home })
    if (home !== 'native') globalThis.kept = m.buffer
    parentPort.on('message', (message) => {
      if (message === 'end') process.exit(0)
      parentPort.postMessage(codeOf(() => m.check()) ?? m.toString('latin1', 0, 5))
    })
    parentPort.postMessage('ready')
  },

  /** Attaches and ends it in every way, until it is told to stop. */
  async storm({ token, flag, home }) {
    const stop = new Int32Array(flag)
    const codes = new Set()
    let rounds = 0
    Atomics.store(stop, 1, 1)
    while (Atomics.load(stop, 0) === 0) {
      try {
        const m = Mmap.attach(token, { home })
        const views = ['detach', 'zero', 'keep', undefined][rounds % 4]
        if (home !== 'native' && m.buffer[rounds % LENGTH] !== 0x78) codes.add('wrong in view')
        if (m.at(rounds % LENGTH) !== 0x78) codes.add('wrong')
        if (views !== undefined) m.close({ views })
      } catch (error) {
        codes.add(error.code ?? String(error))
      }
      rounds++
      if (rounds % 64 === 0) await turn()
    }
    parentPort.postMessage({ rounds, codes: [...codes] })
  },
}

const start = (role, data) => new Worker(new URL(import.meta.url), { workerData: { role, ...data } })

/** Not once() of node:events, which rejects when the thread throws. */
const heard = (worker, event) => new Promise((resolve) => worker.once(event, resolve))

/** Sends a message, and answers what comes back. */
function ask(worker, message) {
  const answered = heard(worker, 'message')
  worker.postMessage(message)
  return answered
}

/** Whether all other objects over the mapping are gone; they go with the end of their threads, and when they are collected. */
async function isAlone({ first }) {
  const alone = () => codeOf(() => first.reattach()) === undefined
  await collectUntil(alone)
  return alone()
}

function attachAndDrop(token, home, times) {
  for (let n = 0; n < times; n++) {
    const m = Mmap.attach(token, { home })
    if (home !== 'native' && n % 2 === 0) m.buffer.at(0)
  }
}

/** Closes a mapping. Whether views that are to be kept have the bytes then; none of them outlives the call. */
function closedRightly(m, views) {
  const view = m.home !== 'native' ? m.buffer : undefined
  m.close({ views })
  return views !== 'keep' || view === undefined || view.every((byte) => byte === 0x78)
}

const scenarios = {
  attach({ token }) {
    report({ code: codeOf(() => Mmap.attach(token)) })
  },

  /** Objects that are dropped are counted, and the mapping ends with the last one. */
  async dropped({ home }) {
    const name = file('abc')
    const mapping = { first: Mmap.open(name, { home }) }
    const token = mapping.first.share()
    attachAndDrop(token, home, 100)
    const busy = codeOf(() => mapping.first.reattach())
    const alone = await isAlone(mapping)
    delete mapping.first
    const code = () => codeOf(() => Mmap.attach(token).close())
    await collectUntil(() => code() !== undefined)
    report({ busy, alone, code: code(), mapped: lines(name), open: descriptors(name) })
    process.exit()
  },

  /** Workers that end in each way: their bytes are there, and nothing is left of them. */
  async ends({ home, ends }) {
    const name = file(Buffer.alloc(ends.length * PART))
    const m = Mmap.open(name, { access: 'write', home })
    const token = m.share()
    const said = []
    await Promise.all(
      ends.map(async (end, number) => {
        const worker = start('part', { token, number, end, home })
        const ended = heard(worker, 'exit')
        if (end === 'throw') worker.on('error', () => {})
        said[number] = await heard(worker, 'message')
        if (end === 'terminate') await worker.terminate()
        await ended
      }),
    )
    const alone = await isAlone({ first: m })
    const right = ends.every((_, number) =>
      m.slice(number * PART, (number + 1) * PART).every((byte) => byte === number + 1),
    )
    m.close()
    await collectUntil(() => lines(name) <= 0)
    report({
      said,
      alone,
      right,
      mapped: lines(name),
      open: descriptors(name),
      after: codeOf(() => Mmap.attach(token)),
    })
    process.exit()
  },

  /** The mapping outlives the thread that made it. */
  async outlives({ home }) {
    const name = file('hello')
    const m = Mmap.open(name, { home })
    const token = m.share()
    const worker = start('reader', { token, home })
    await heard(worker, 'message')
    const buffer = home !== 'native' ? m.buffer : undefined
    m.close()
    const read = await ask(worker, 'read')
    const between = { read, length: buffer?.length ?? 0, mapped: lines(name) }
    const ended = heard(worker, 'exit')
    worker.postMessage('end')
    await ended
    await collectUntil(() => codeOf(() => Mmap.attach(token).close()) !== undefined)
    report({ between, code: codeOf(() => Mmap.attach(token)), mapped: lines(name), open: descriptors(name) })
    process.exit()
  },

  /** Threads that count together. */
  async counts({ threads, times, home }) {
    const m = Mmap.anonymous(8, { home })
    const token = m.share()
    const workers = Array.from({ length: threads }, () => start('counter', { token, times, home }))
    await Promise.all(workers.map((worker) => heard(worker, 'message')))
    report({ count: m.view(Int32Array, 0, 1)[0] })
    process.exit()
  },

  /** A fault is every thread's. */
  async faults({ home }) {
    const name = file(Buffer.alloc(5 * PART, 'x'))
    const m = Mmap.open(name, { home })
    const others = [0, 1].map(() => start('reader', { token: m.share(), home }))
    await Promise.all(others.map((worker) => heard(worker, 'message')))
    const before = await Promise.all(others.map((worker) => ask(worker, 'read')))
    fs.truncateSync(name, PART)
    const cut = await Promise.all(others.map((worker) => ask(worker, 'read')))
    const own = codeOf(() => m.check())
    fs.truncateSync(name, 5 * PART)
    const busy = codeOf(() => m.reattach())
    report({ before, cut, own, busy, faulted: m.faulted })
    process.exit()
  },

  /** A stray store of one thread is told to all. */
  async strays({ home }) {
    const m = Mmap.open(file(Buffer.alloc(5 * PART, 'x')), { home })
    const others = [0, 1, 2].map((n) => start('reader', { token: m.share(), home: n < 2 ? home : 'native' }))
    await Promise.all(others.map((worker) => heard(worker, 'message')))
    const answers = []
    for (let round = 0; round < 20; round++) {
      m.buffer[round * 10] = 0x41
      answers.push(codeOf(() => m.check()))
      for (let time = 0; time < 2; time++)
        answers.push(...(await Promise.all(others.map((worker) => ask(worker, 'read')))))
    }
    const counts = {}
    for (const answer of answers) counts[answer] = (counts[answer] ?? 0) + 1
    report({ counts, faulted: m.faulted })
    process.exit()
  },

  /** Threads that attach and end objects as fast as they can, while the mapping is closed and made again. */
  async storm({ home, milliseconds, terminates }) {
    const name = file(Buffer.alloc(LENGTH, 'x'))
    const codes = new Set()
    let rounds = 0
    let mappings = 0
    const until = Date.now() + milliseconds
    while (Date.now() < until) {
      const m = Mmap.open(name, { home })
      mappings++
      const flag = new SharedArrayBuffer(8)
      const threads = [0, 1, 2].map(() => start('storm', { token: m.share(), flag, home }))
      const ended = threads.map((worker) => heard(worker, 'exit'))
      const said = threads.map((worker) => heard(worker, 'message'))
      // On a busy machine, and in an emulator, it takes a while.
      while (Atomics.load(new Int32Array(flag), 1) === 0) await sleep(5)
      await sleep(Math.random() * 200)
      if (!closedRightly(m, ['detach', 'keep', 'zero'][mappings % 3])) codes.add('kept view is wrong')
      await sleep(Math.random() * 50)
      if (terminates) await Promise.all(threads.map((worker) => worker.terminate()))
      else {
        Atomics.store(new Int32Array(flag), 0, 1)
        for (const answer of await Promise.all(said)) {
          rounds += answer.rounds
          for (const code of answer.codes) codes.add(code)
        }
      }
      await Promise.all(ended)
    }
    await collectUntil(() => lines(name) <= 0)
    const same = fs.readFileSync(name).every((byte) => byte === 0x78)
    report({ codes: [...codes], rounds, mappings, same, mapped: lines(name), open: descriptors(name) })
    process.exit()
  },

  /** A thread closes or resizes a mapping while another one takes a view, and keeps it. */
  async keepers({ end, rounds, home }) {
    const name = file(Buffer.alloc(2 * PART, 'x'))
    const flags = new Int32Array(new SharedArrayBuffer(8))
    const worker = start('keeper', { flags, home })
    let wrong = 0
    for (let round = 0; round < rounds; round++) {
      const m = Mmap.open(name, { access: 'write', home })
      flags.fill(0)
      const answered = ask(worker, m.share())
      while (Atomics.load(flags, 0) === 0);
      Atomics.store(flags, 1, 1)
      if (end === 'close') m.close()
      else while (codeOf(() => m.resize(2 * PART)) === 'ERR_MMAP_BUSY');
      Atomics.store(flags, 1, 2)
      if (!(await answered)) wrong++
      m.close()
    }
    report({ wrong })
    process.exit()
  },

  /** One thread stores by mistake, another one reads and searches. */
  async strayStorm({ milliseconds, home }) {
    const m = Mmap.open(file(Buffer.alloc(16 * PART, 'x')), { home })
    const flag = new SharedArrayBuffer(4)
    const worker = start('strayer', { token: m.share(), flag, home })
    await heard(worker, 'message')
    const said = heard(worker, 'message')
    const codes = new Set()
    const target = Buffer.alloc(16 * PART)
    let wrong = 0
    const until = Date.now() + milliseconds
    for (let n = 0; Date.now() < until; n++) {
      codes.add(codeOf(() => m.at(n % 16)) ?? 'none')
      codes.add(codeOf(() => m.find('S', 0) >= 0 && wrong++) ?? 'none')
      codes.add(codeOf(() => m.readInto(target, 0, 16 * PART, 0) && target[5] !== 0x78 && wrong++) ?? 'none')
      if (n % 64 === 0) codes.add((await rejection(m.countAsync('S').then((count) => count > 0 && wrong++))) ?? 'none')
    }
    Atomics.store(new Int32Array(flag), 0, 1)
    const [told, late] = await said
    report({ wrong, codes: [...codes].sort(), told: told > 0, late })
    process.exit()
  },

  /** The process ends in the midst of it. */
  async exits({ home }) {
    const m = Mmap.open(file(Buffer.alloc(LENGTH, 'x')), { home })
    const flag = new SharedArrayBuffer(8)
    const threads = [0, 1, 2].map(() => start('storm', { token: m.share(), flag, home }))
    await Promise.all(threads.map((worker) => heard(worker, 'online')))
    await sleep(50 + Math.random() * 50)
    report({ ends: true })
    process.exit(7)
  },
}

// No `await` here: V8 ends the process when a thread is terminated while it evaluates a module with one (Node 22).
if (isMainThread) main(scenarios)
else setImmediate(() => workers[workerData.role](workerData))
