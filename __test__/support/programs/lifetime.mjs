import crypto from 'node:crypto'
import { setMaxListeners } from 'node:events'
import fs from 'node:fs'
import process from 'node:process'
import * as threads from 'node:worker_threads'
import { Worker } from 'node:worker_threads'
import zlib from 'node:zlib'
import { Mmap } from 'memmap'
import {
  collect,
  collectUntil,
  deleted,
  descriptors,
  file,
  lines,
  main,
  rejection,
  report,
  sleep,
  turn,
  usage,
} from './common.mjs'

const MIB = 2 ** 20
const external = { home: 'external' }

/** Keeps the one thread of libuv's pool busy (UV_THREADPOOL_SIZE=1), so that the next request waits. */
function occupyPool(iterations = 300_000) {
  return new Promise((resolve) => crypto.pbkdf2('a', 'b', iterations, 64, 'sha512', resolve))
}

/** Makes 40 mappings, and answers a function that counts those with a byte other than zero. */
function stained(length) {
  const fresh = Array.from({ length: 40 }, () => Mmap.anonymous(length, external))
  return () => fresh.filter((m) => m.buffer.some((byte) => byte !== 0)).length
}

function work(mode, args = {}) {
  return new Promise((resolve) => {
    const worker = new Worker(new URL('./worker.mjs', import.meta.url), { workerData: { mode, ...args } })
    const seen = { messages: [], error: undefined }
    worker.on('message', (message) => {
      seen.messages.push(message)
      if (message === 'end me') worker.terminate()
    })
    worker.on('error', (error) => (seen.error = error.message))
    worker.on('exit', (code) => resolve({ ...seen, code }))
  })
}

/** Queues so many short jobs that all of the addon's own threads are busy for a while. `end` calls them off. */
function occupyOwnPool() {
  const name = file('busy')
  const controller = new AbortController()
  const { signal } = controller
  setMaxListeners(0, signal)
  let left = 5000
  const ended = () => left--
  const opened = Array.from({ length: left }, () =>
    Mmap.openAsync(name, { signal })
      .then((m) => m.close())
      .then(ended, ended),
  )
  return {
    isBusy: () => left > 0,
    async end() {
      controller.abort()
      await Promise.all(opened)
    },
  }
}

await main({
  // Only the buffer is kept: stores into it reach the file, and stores into the file are seen in it.
  async outlives() {
    const name = file('hello')
    const buffer = (() => Mmap.open(name, { access: 'write', ...external }).buffer)()
    await collectUntil(undefined, 5)
    buffer[0] = 0x48
    report({
      bytes: buffer.toString(),
      file: fs.readFileSync(name, 'utf8'),
      mapped: lines(name),
      open: descriptors(name),
    })
  },

  async collected({ view, home, async, keep }) {
    const name = file(Buffer.alloc(8192, 'x'))
    // In separate functions, since an engine may keep values of a function that still runs alive.
    const touch = (m) => {
      if (view) m.subarray(1, 5)[0] = 1
      if (keep) m.close({ views: 'keep' })
    }
    for (let i = 0; i < 20; i++) {
      if (async) await Mmap.openAsync(name, { access: 'write', home }).then(touch)
      else touch(Mmap.open(name, { access: 'write', home }))
    }
    const before = { mapped: lines(name), open: descriptors(name) }
    await collectUntil(() => lines(name) <= 0 && descriptors(name) <= 0 && deleted(name))
    report({ before, mapped: lines(name), open: descriptors(name), deleted: deleted(name) })
  },

  // After close(), nothing that is done to the views may abort the process.
  async untransferable({ exit }) {
    const m = Mmap.anonymous(MIB, external)
    const { buffer } = m
    buffer.fill(7)
    threads.markAsUntransferable(buffer.buffer)
    m.close()
    let sum = 0
    for (let i = 0; i < buffer.length; i++) sum += buffer[i]
    report({ closed: m.closed, sum })
    if (exit) process.exit(0)
  },

  async transferred() {
    const m = Mmap.anonymous(MIB, external)
    m.buffer.fill(7)
    const taken = new Uint8Array(m.buffer.buffer.transfer())
    const before = taken[MIB - 1]
    const fallback = m.at(5)
    m.close()
    const sum = taken.reduce((sum, byte) => sum + byte, 0)
    taken.fill(1)
    await collectUntil(undefined, 3)
    report({ before, fallback, after: sum, length: taken.length, last: taken[MIB - 1] })
  },

  // The worker that made the mapping ends, and another thread still has the bytes.
  async movedOut() {
    const worker = new Worker(new URL('./worker.mjs', import.meta.url), { workerData: { mode: 'transfer' } })
    const ended = new Promise((resolve) => worker.once('exit', resolve))
    const bytes = await new Promise((resolve) => worker.once('message', (buffer) => resolve(new Uint8Array(buffer))))
    await ended
    await sleep(50)
    const sum = bytes.reduce((sum, byte) => sum + byte, 0)
    bytes.fill(1)
    report({ length: bytes.length, sum, last: bytes.at(-1) })
  },

  // Another thread reads the old view all the while: it must not get a fault at the new end of the file.
  async shrunkUnderReader() {
    const name = file(Buffer.alloc(MIB, 'S'))
    const m = Mmap.open(name, { access: 'write', ...external })
    const source = `const { parentPort } = require('node:worker_threads')
      let views = []
      parentPort.on('message', (buffer) => { views = [new Uint8Array(buffer)]; parentPort.postMessage('reading'); round() })
      function round() { for (let n = 0; n < 20; n++) for (const view of views) for (let i = 0; i < view.length; i += 512) view[i]; setImmediate(round) }`
    const worker = new Worker(source, { eval: true })
    for (let n = 0; n < 30; n++) {
      const taken = m.buffer.buffer.transfer()
      const reading = new Promise((resolve) => worker.once('message', resolve))
      worker.postMessage(taken, [taken])
      await reading
      m.resize(1)
      m.resize(MIB, { reserve: false })
    }
    await worker.terminate()
    report({ length: m.length, first: m.at(0), size: fs.statSync(name).size })
  },

  // A buffer is transferred when the thread has begun to end, after all other listeners of `exit` have run.
  async movedAtExit() {
    const worker = new Worker(new URL('./worker.mjs', import.meta.url), { workerData: { mode: 'transfer at exit' } })
    const ended = new Promise((resolve) => worker.once('exit', resolve))
    const bytes = await new Promise((resolve) => worker.once('message', (buffer) => resolve(new Uint8Array(buffer))))
    await ended
    await sleep(50)
    const others = Array.from({ length: 40 }, () => Mmap.anonymous(bytes.length, external).fill(0x40))
    report({ others: others.length, foreign: bytes.includes(0x40), length: bytes.length })
  },

  // A request in libuv's queue still has the address of the view when the mapping is closed.
  async queuedRead() {
    const name = file(Buffer.alloc(MIB, 'E'))
    const fd = fs.openSync(name)
    const busy = occupyPool()
    const m = Mmap.anonymous(MIB, external)
    const read = new Promise((resolve) => fs.read(fd, m.buffer, 0, MIB, 0, resolve))
    m.close()
    for (let i = 0; i < 5; i++) await turn()
    collect()
    await turn()
    const count = stained(MIB)
    await read
    await busy
    report({ stained: count() })
  },

  async queuedWrite() {
    const name = file('')
    const fd = fs.openSync(name, 'w')
    const busy = occupyPool()
    const m = Mmap.anonymous(MIB, external)
    const written = new Promise((resolve) => fs.write(fd, m.buffer, 0, MIB, 0, resolve))
    m.close()
    for (let i = 0; i < 5; i++) await turn()
    const others = Array.from({ length: 40 }, () => Mmap.anonymous(MIB, external).fill('S'))
    await written
    await busy
    report({ others: others.length, leaked: fs.readFileSync(name).includes('S') })
  },

  async queuedResize() {
    const name = file(Buffer.alloc(MIB, 'E'))
    const fd = fs.openSync(name)
    const busy = occupyPool()
    const m = Mmap.anonymous(MIB, external)
    const read = new Promise((resolve) => fs.read(fd, m.buffer, 0, MIB, 0, resolve))
    m.resize(4096)
    for (let i = 0; i < 5; i++) await turn()
    const count = stained(MIB)
    await read
    await busy
    report({ stained: count(), own: m.includes('E') })
  },

  // Closes mappings while other threads work on the views, with `detach: false`, which is meant for that.
  async underWork({ kind }) {
    const jobs = {
      deflate: (view) => new Promise((resolve) => zlib.deflate(view, { level: 9 }, resolve)),
      brotli: (view) =>
        new Promise((resolve) =>
          zlib.brotliCompress(view, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 5 } }, resolve),
        ),
      pbkdf2: (view) =>
        new Promise((resolve) => crypto.pbkdf2(view, view.subarray(0, 4096), 20, 4096, 'sha512', resolve)),
      randomFill: (view) => new Promise((resolve) => crypto.randomFill(view, resolve)),
    }
    const name = file(crypto.randomBytes(4 * MIB))
    const running = []
    for (let i = 0; i < 6; i++) {
      const m = Mmap.open(name, { access: 'copy', ...external })
      running.push(jobs[kind](m.buffer), jobs[kind](m.subarray(4096)))
      if (i % 2 === 0) await sleep(3)
      m.close({ detach: false })
    }
    const mapped = lines(name)
    const errors = await Promise.all(running)
    report({ errors: errors.map((error) => error?.code ?? null), mapped })
  },

  async underWrite({ detach }) {
    const content = crypto.randomBytes(16 * MIB)
    const [source, target] = [file(content), file('')]
    const fd = fs.openSync(target, 'w')
    const m = Mmap.open(source, external)
    const written = new Promise((resolve) =>
      fs.write(fd, m.buffer, 0, content.length, 0, (error, count) => resolve([error?.code ?? null, count])),
    )
    await sleep(1)
    m.close({ detach })
    const [code, count] = await written
    const got = fs.readFileSync(target)
    // Each byte that was written is the file's, or a zero of the closed mapping.
    let foreign = 0
    for (let i = 0; i < got.length; i++) if (got[i] !== content[i] && got[i] !== 0) foreign++
    report({ code: code === 'EFAULT' ? null : code, count: count ?? 0, foreign })
  },

  async workers({ count, mode, home }) {
    const name = file(Buffer.alloc(65536, 'w'))
    // The first worker makes the engine allocate memory that it keeps.
    await work('exit', { name: file('x'), home })
    await collectUntil(undefined, 3)
    const before = usage()
    const ends = []
    for (let i = 0; i < count; i += 5) {
      const mixed = ['exit', 'terminate', 'throw', 'jobs', 'busy'].slice(0, mode === 'pausing' ? 4 : 5)
      const modes = mode === 'mixed' || mode === 'pausing' ? mixed : Array(5).fill(mode)
      ends.push(...(await Promise.all(modes.map((each) => work(each, { name, home })))))
    }
    await collectUntil(() => lines(name) <= 0 && descriptors(name) <= 0 && deleted(name))
    const after = usage()
    report({
      ends: ends.length,
      unexpected: ends.map((end) => end.error).filter((error) => error !== undefined && error !== 'on purpose'),
      said: ends.filter((end) => end.messages.length > 0).length,
      mapped: lines(name),
      open: descriptors(name),
      deleted: deleted(name),
      more: { lines: after.lines - before.lines, descriptors: after.descriptors - before.descriptors },
    })
  },

  exit() {
    const name = file('keep')
    const m = Mmap.open(name, { access: 'write', ...external })
    m.buffer[0] = 0x4b
    m.flushAsync().catch(() => {})
    globalThis.kept = [m, m.buffer, Mmap.anonymous(MIB)]
    process.on('exit', () => report({ file: fs.readFileSync(name, 'utf8'), byte: m.at(0) }))
    process.exit(7)
  },

  naturalEnd() {
    const name = file('keep')
    const m = Mmap.open(name, { access: 'write', ...external })
    m.buffer[0] = 0x4b
    m.flushAsync()
    globalThis.kept = [m, m.buffer, Mmap.anonymous(MIB)]
    process.on('exit', () => report({ file: fs.readFileSync(name, 'utf8'), byte: m.at(0) }))
  },

  uncaught() {
    const m = Mmap.open(file('keep'), external)
    globalThis.kept = [m, m.buffer]
    process.on('exit', () => report({ byte: m.at(0) }))
    throw new Error('on purpose')
  },

  // An abort ends the wait at once, also while all threads of the pool are busy, as a network drive may keep them.
  async abortedOpen() {
    const name = file('x')
    const busy = occupyOwnPool()
    const controller = new AbortController()
    const opened = rejection(Mmap.openAsync(name, { signal: controller.signal }))
    controller.abort()
    const code = await opened
    const prompt = busy.isBusy()
    await busy.end()
    await collectUntil(() => lines(name) <= 0 && descriptors(name) <= 0 && deleted(name))
    report({ code, prompt, mapped: lines(name), open: descriptors(name), deleted: deleted(name) })
  },

  // close() rejects a job that has not begun at once.
  async closedFlush() {
    const m = Mmap.open(file(Buffer.alloc(MIB)), { access: 'write' })
    const busy = occupyOwnPool()
    const codes = Promise.all([rejection(m.flushAsync()), rejection(m.flushAsync(4096, 5))])
    m.close()
    const got = await codes
    const prompt = busy.isBusy()
    await busy.end()
    report({ codes: got, prompt })
  },

  async inherited() {
    const { spawnSync } = await import('node:child_process')
    const name = file('inherited')
    const m = Mmap.open(name)
    const { stdout } = spawnSync('ls', ['-l', '/proc/self/fd'], { encoding: 'utf8' })
    report({ length: m.length, inherited: stdout.includes(name) })
  },
})
