// Mappings whose views are over a SharedArrayBuffer, which several threads have.
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import process from 'node:process'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { Mmap } from 'memmap'
import { codeOf, collect, collectUntil, descriptors, file, lines, main, report, sleep, turn } from './common.mjs'

const PAGE = 4096
const LENGTH = 5 * PAGE

const open = (name, home) => Mmap.open(name, { home, sharedBuffer: true })

/** Each in a function of its own, so that no variable of a frame that goes on keeps the object. */
function giveAway(name, home, closes) {
  const m = open(name, home)
  parentPort.postMessage(m.buffer.buffer)
  if (closes) m.close({ views: 'keep' })
}

const workers = {
  /** Maps a file, gives its bytes to the main thread, and is over with it in some way. */
  async giver({ name, home, end }) {
    if (end === 'exit' || end === 'terminate') {
      globalThis.kept = open(name, home)
      parentPort.postMessage(globalThis.kept.buffer.buffer)
      if (end === 'exit') process.exit()
      setInterval(() => {}, 1000)
      return
    }
    giveAway(name, home, end === 'keep')
    for (let round = 0; round < 20; round++) {
      collect()
      await turn()
    }
    parentPort.postMessage('dropped')
  },

  /** Looks at the bytes of what it is given, keeps it for a while, and makes garbage. */
  holder() {
    const held = []
    const wrong = new Set()
    let rounds = 0
    parentPort.on('message', (message) => {
      if (message === 'end') {
        parentPort.postMessage({ rounds, wrong: [...wrong] })
        parentPort.close()
        return
      }
      held.push(message)
      if (held.length > 1 + (rounds % 8)) held.splice(0, 2)
      for (const { bytes, mayVanish } of held) {
        const at = (rounds * 997) % LENGTH
        const byte = new Uint8Array(bytes, 0, LENGTH)[at]
        if (byte !== 0x78 && !(mayVanish && byte === 0)) wrong.add(`${mayVanish ? 'closed' : 'kept'} ${byte}`)
      }
      if (rounds % 50 === 0) collect()
      globalThis.junk = new Uint8Array(1000 + (rounds % 7) * 10_000)
      rounds++
    })
  },
}

const start = (role, data) => new Worker(new URL(import.meta.url), { workerData: { role, ...data } })
const heard = (worker, event) => new Promise((resolve) => worker.once(event, resolve))

/** A byte of a mapping, which is then closed, or dropped. */
function viewed(name, home, ends) {
  const m = open(name, home)
  const byte = m.buffer[5]
  if (ends !== 'drop') m.close({ views: ends })
  return byte === 0 ? 1 : 0
}

function again(home, count) {
  const held = []
  for (let n = 0; n < count; n++) {
    const m = Mmap.anonymous(16 * PAGE, { home, sharedBuffer: true })
    m.buffer.at(0)
    held.push(m)
  }
}

/** Maps a file so often, and takes a view of each mapping. */
function seen(name, home, count) {
  const held = []
  for (let n = 0; n < count; n++) {
    const m = open(name, home)
    m.buffer.at(0)
    held.push(m)
  }
}

/** Maps, shares and ends one mapping. */
function round(name, home, number, holders) {
  const m = open(name, home)
  const views = ['keep', 'drop', 'detach', 'zero', 'drop'][number % 5]
  const message = { bytes: m.buffer.buffer, mayVanish: views === 'detach' || views === 'zero' }
  for (const holder of holders) holder.postMessage(message)
  if (views !== 'drop') m.close({ views })
}

const scenarios = {
  /** The main thread has the bytes after the object that mapped them, and its thread, are gone. */
  async left({ home, end }) {
    const name = file(Buffer.alloc(LENGTH, 'x'))
    const worker = start('giver', { name, home, end })
    const ended = heard(worker, 'exit')
    const held = { bytes: await heard(worker, 'message') }
    if (end === 'terminate') await worker.terminate()
    await ended
    await collectUntil(undefined, 5)
    const read = Buffer.from(held.bytes, 0, 5).toString('latin1')
    // Not on Windows, where the file has no end that could come before its views.
    if (process.platform !== 'win32') fs.truncateSync(name, PAGE)
    const cut = process.platform === 'win32' || Buffer.from(held.bytes, 0, LENGTH)[LENGTH - 1] === 0
    delete held.bytes
    await collectUntil(() => lines(name) <= 0)
    report({ read, cut, mapped: lines(name), open: descriptors(name) })
    process.exit()
  },

  /** More mappings than there is room for at once are viewed and dropped, or closed, in one synchronous loop. */
  crowd({ home, ends }) {
    process.removeAllListeners('warning')
    const name = file('')
    fs.truncateSync(name, 2 ** 30)
    // Beside what the process has reserved already, which differs from engine to engine. The last half a GiB is for the engine itself.
    const [, pages] = /^(\d+)/.exec(fs.readFileSync('/proc/self/statm', 'utf8'))
    execFileSync('prlimit', ['--pid', String(process.pid), `--as=${Number(pages) * PAGE + 20.5 * 2 ** 30}`])
    let zeros = 0
    for (let number = 0; number < 60; number++) zeros += viewed(name, home, ends)
    report({ zeros })
    process.exit()
  },

  /** What was dropped is no mapping of the process any more, whoever might have its bytes. */
  async room({ home, count }) {
    again(home, count)
    await collectUntil(() => lines() < count / 2)
    const held = []
    const code = codeOf(() => {
      while (held.length < 40_000) held.push(Mmap.anonymous(PAGE, { home: 'native' }))
    })
    report({ code: code ?? 'none' })
    process.exit()
  },

  /**
   * Mappings whose faults are not handled, at addresses where the engine has freed what mappings lay over: a store into a read-only
   * one ends the process, as it does where no mapping was before.
   */
  async stale({ home }) {
    const name = file(Buffer.alloc(2 ** 17, 'x'))
    const places = () =>
      new Set(
        fs
          .readFileSync('/proc/self/maps', 'utf8')
          .split('\n')
          .filter((line) => line.includes(name))
          .map((line) => line.split('-')[0]),
      )
    seen(name, home, 200)
    const before = places()
    await collectUntil(() => lines(name) <= 0)
    const held = []
    for (let n = 0; n < 1000; n++) held.push(Mmap.open(name, { faults: 'crash', home: 'external' }))
    const again = [...places()].filter((place) => before.has(place)).length
    report({ again: again > 0, freed: before.size >= 200 })
    for (const m of held) m.buffer[5] = 0x41
    report({ survived: true })
    process.exit()
  },

  /** A file beyond 4 GiB, which no WebAssembly memory holds. */
  long({ home, shared }) {
    const name = file('')
    const length = 5 * 2 ** 30 + 10
    fs.truncateSync(name, length)
    const fd = fs.openSync(name, 'r+')
    fs.writeSync(fd, Buffer.from('end'), 0, 3, length - 3)
    const m = Mmap.open(name, { home, sharedBuffer: shared })
    const view = m.buffer
    const read = Buffer.from(view.subarray(length - 3)).toString('latin1')
    report({ home: m.home, isShared: view.buffer instanceof SharedArrayBuffer, length: view.length === length, read })
    process.exit()
  },

  /** What there is without WebAssembly. */
  jitless() {
    const plain = Mmap.anonymous(10, { home: 'overlay' })
    plain.buffer[3] = 7
    const m = Mmap.anonymous(10, { sharedBuffer: true })
    report({ byte: plain.at(3), isShared: m.buffer.buffer instanceof SharedArrayBuffer })
    process.exit()
  },

  /** Threads that hold what the main thread maps, shares, and closes or drops. */
  async storm({ home, milliseconds }) {
    process.removeAllListeners('warning')
    const name = file(Buffer.alloc(LENGTH, 'x'))
    const holders = [0, 1, 2].map(() => start('holder', {}))
    const ended = holders.map((holder) => heard(holder, 'exit'))
    await Promise.all(holders.map((holder) => heard(holder, 'online')))
    const until = Date.now() + milliseconds
    for (let number = 0; Date.now() < until; number++) {
      round(name, home, number, holders)
      if (number % 16 === 0) await sleep(1)
      if (number % 200 === 0) await collectUntil(undefined, 1)
    }
    const said = holders.map((holder) => heard(holder, 'message'))
    for (const holder of holders) holder.postMessage('end')
    const answers = await Promise.all(said)
    await Promise.all(ended)
    await collectUntil(() => lines(name) <= 0)
    report({
      rounds: Math.min(...answers.map(({ rounds }) => rounds)),
      wrong: answers.flatMap(({ wrong }) => wrong),
      same: fs.readFileSync(name).equals(Buffer.alloc(LENGTH, 'x')),
      mapped: lines(name),
      open: descriptors(name),
    })
    process.exit()
  },
}

// No `await` here: V8 ends the process when a thread is terminated while it evaluates a module with one (Node 22).
if (isMainThread) main(scenarios)
else workers[workerData.role](workerData)
