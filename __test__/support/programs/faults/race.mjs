// Another process truncates and extends a file, over and over, while threads read and write it.
//
// It extends the file by writes at its end, so that the file never has a byte that is zero. It truncates it at page
// boundaries: the rest of a page beyond the end of the file reads as zeros, and by the time that the addon asks for the
// size, the file may be longer again.
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { Mmap, PAGESIZE } from 'memmap'
import { main, report, viewed } from '../common.mjs'
import { fresh, pattern } from './common.mjs'

const P = PAGESIZE
const LENGTH = 64 * P
const CONTENT = pattern(LENGTH)
const SELF = fileURLToPath(import.meta.url)

const random = (below) => Math.floor(Math.random() * below)

function pause(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** Writes the file to the disk until it is killed. ftruncate(2) waits for that when it has done half of its work. */
function syncer(name) {
  const file = fs.openSync(name, 'r+')
  for (;;) {
    fs.fsyncSync(file)
    pause(0.3)
  }
}

/** Truncates and extends the file until it is killed; writes down how often. */
function cutter(name, count) {
  const file = fs.openSync(name, 'r+')
  const counter = fs.openSync(count, 'w')
  for (let cuts = 1; ; cuts++) {
    const keep = random(4) === 0 ? 0 : random(64) * P
    fs.ftruncateSync(file, keep)
    if (random(3) === 0) pause(random(2))
    fs.writeSync(file, CONTENT, keep, LENGTH - keep, keep)
    const digits = Buffer.from(String(cuts))
    fs.writeSync(counter, digits, 0, digits.length, 0)
    if (random(2) === 0) pause(random(3))
  }
}

const same = (got, from) => got.equals(CONTENT.subarray(from, from + got.length))

/** Calls that throw, or answer whether what they read is right. */
const CALLS = {
  slice(m) {
    const from = random(LENGTH - 100)
    return same(m.slice(from, from + 1 + random(4 * P)), from)
  },
  'slice of all': (m) => same(m.slice(), 0),
  'small slice'(m) {
    const from = random(LENGTH - 8)
    return same(m.slice(from, from + 8), from)
  },
  at(m) {
    const at = random(LENGTH)
    return m.at(at) === CONTENT[at]
  },
  readByte(m) {
    const at = random(LENGTH)
    m.seek(at)
    return m.readByte() === CONTENT[at]
  },
  readInto(m) {
    const target = Buffer.alloc(1 + random(2 * P))
    const from = random(LENGTH - target.length)
    m.readInto(target, 0, target.length, from)
    return same(target, from)
  },
  find(m) {
    const at = random(LENGTH - 32)
    return m.find(CONTENT.subarray(at, at + 32), Math.max(0, at - random(3 * P))) === at
  },
  rfind(m) {
    const at = random(LENGTH - 32)
    return m.rfind(CONTENT.subarray(at, at + 32), 0) === at
  },
  equals: (m) => m.equals(CONTENT),
  /** Reads a view: its bytes are right, or check() throws afterwards. */
  view(m, view) {
    const from = random(LENGTH)
    const to = Math.min(LENGTH, from + random(8 * P))
    let right = true
    for (let at = from; at < to; at += 61) if (view[at] !== CONTENT[at]) right = false
    if (m.faulted || !right) m.check()
    return right
  },
  'view, copied'(m, view) {
    const from = random(LENGTH - P)
    const copy = Buffer.from(view.subarray(from, from + P))
    const right = same(copy, from)
    if (m.faulted || !right) m.check()
    return right
  },
}

/** Calls that write the bytes that the file has there anyway. */
const WRITES = {
  set(m) {
    const from = random(LENGTH - 3 * P)
    m.set(CONTENT.subarray(from, from + random(3 * P)), from)
    return true
  },
  writeByte(m) {
    const at = random(LENGTH)
    m.seek(at)
    m.writeByte(CONTENT[at])
    return true
  },
  'view, stored'(_, view) {
    const from = random(LENGTH - P)
    CONTENT.copy(view, from, from, from + random(P))
    return true
  },
  flush(m) {
    m.flush(random(LENGTH))
    return true
  },
}

/**
 * Makes calls for so many seconds, and on until it has seen enough, since a slow machine starts the other process late.
 */
function work(name, count, seconds, which) {
  const access = ['write', 'read', 'copy', 'read'][which % 4]
  const home = which % 4 === 3 ? 'native' : viewed
  const calls = Object.entries({ ...CALLS, ...(access === 'read' ? {} : WRITES) })
  const usable = calls.filter(([how]) => home !== 'native' || !how.startsWith('view'))
  const counts = { right: 0, faults: 0, mappings: 0, reasons: {}, wrong: [], wrongs: 0 }
  const end = Date.now() + seconds * 1000
  const enough = () => counts.right > 25 && counts.faults > 5 && Number(fs.readFileSync(count, 'utf8')) > 20
  let m
  while (Date.now() < end || !enough()) {
    if (m === undefined || random(300) === 0) {
      m?.close()
      try {
        m = Mmap.open(name, { access, home })
      } catch (error) {
        throw new Error('open', { cause: error })
      }
      counts.mappings++
      // The file was short at that moment.
      if (m.length !== LENGTH) {
        m.close()
        m = undefined
        pause(1)
        continue
      }
    }
    const view = home !== 'native' ? m.buffer : undefined
    const [how, call] = usable[random(usable.length)]
    try {
      if (call(m, view)) counts.right++
      else if (counts.wrongs++ < 5) counts.wrong.push(`${how} [${access}, ${home}]`)
    } catch (error) {
      if (error.code !== 'ERR_MMAP_FAULT') {
        if (counts.wrongs++ < 5) counts.wrong.push(`${how} [${access}, ${home}]: ${error.stack}`)
      }
      counts.faults++
      counts.reasons[error.reason] = (counts.reasons[error.reason] ?? 0) + 1
      if (random(3) === 0) m.reattach()
      else {
        m.close()
        m = undefined
      }
    }
  }
  m?.close()
  return counts
}

/** Reads bytes of the pages that the kernel maps together with the last one (fault-around): none may be 0. */
function look(name, seconds, which) {
  const counts = { right: 0, faults: 0, wrongs: 0 }
  const end = Date.now() + seconds * 1000
  let m
  // On until it has seen enough, since a slow machine starts the other process late.
  while (Date.now() < end || counts.faults < 5) {
    for (let round = 0; round < 200; round++) {
      if (m === undefined) {
        m = Mmap.open(name, { access: which % 2 === 0 ? 'read' : 'copy', home: viewed })
        if (m.length === LENGTH) void m.buffer
        else {
          m.close()
          m = undefined
          continue
        }
      }
      const at = (LENGTH / P - 1 - random(16)) * P + random(P)
      try {
        if (m.at(at) === CONTENT[at]) counts.right++
        else counts.wrongs++
      } catch (error) {
        if (error.code !== 'ERR_MMAP_FAULT') throw error
        counts.faults++
        m.reattach()
      }
    }
  }
  m?.close()
  return counts
}

function inWorker(data) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(SELF, { workerData: data, argv: [] })
    let counts
    worker.once('message', (message) => {
      counts = message
    })
    worker.once('error', reject)
    worker.once('exit', () => resolve(counts))
  })
}

/** Starts processes that work on the file until they are killed, while threads of this one read it. */
async function zeros({ seconds, threads }) {
  const [name, count] = [fresh(CONTENT), fresh('')]
  const others = ['cutter', 'syncer'].map((which) =>
    spawn(process.execPath, [SELF, which, JSON.stringify({ name, count })], { stdio: 'inherit' }),
  )
  const ended = others.map((other) => new Promise((resolve) => other.once('exit', resolve)))
  const all = await Promise.all(
    Array.from({ length: threads }, (_, which) => inWorker({ look: true, name, seconds, which })),
  )
  for (const other of others) other.kill('SIGKILL')
  await Promise.all(ended)
  const sum = (key) => all.reduce((total, counts) => total + counts[key], 0)
  report({ right: sum('right'), faults: sum('faults'), wrongs: sum('wrongs') })
}

async function race({ seconds, threads }) {
  const [name, count] = [fresh(CONTENT), fresh('')]
  const other = spawn(process.execPath, [SELF, 'cutter', JSON.stringify({ name, count })], { stdio: 'inherit' })
  const others = Array.from({ length: threads - 1 }, (_, which) =>
    inWorker({ race: true, name, count, seconds, which: which + 1 }),
  )
  const all = [work(name, count, seconds, 0), ...(await Promise.all(others))]
  other.kill('SIGKILL')
  await new Promise((resolve) => other.once('exit', resolve))
  const sum = (key) => all.reduce((total, counts) => total + counts[key], 0)
  const reasons = {}
  for (const counts of all) {
    for (const [reason, times] of Object.entries(counts.reasons)) reasons[reason] = (reasons[reason] ?? 0) + times
  }
  // The file has its content, whatever was stored through mappings.
  const file = fs.readFileSync(name)
  report({
    cuts: Number(fs.readFileSync(count, 'utf8')),
    right: sum('right'),
    faults: sum('faults'),
    mappings: sum('mappings'),
    reasons,
    wrongs: sum('wrongs'),
    wrong: all.flatMap((counts) => counts.wrong),
    file: same(file, 0),
  })
}

if (!isMainThread && workerData?.race) {
  const { name, count, seconds, which } = workerData
  parentPort.postMessage(work(name, count, seconds, which))
} else if (!isMainThread && workerData?.look) {
  const { name, seconds, which } = workerData
  parentPort.postMessage(look(name, seconds, which))
} else {
  await main({ race, zeros, cutter: ({ name, count }) => cutter(name, count), syncer: ({ name }) => syncer(name) })
}
