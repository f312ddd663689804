// Stores through views of read-only mappings: they change nothing, and the next call throws.
import crypto from 'node:crypto'
import fs from 'node:fs'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { constants, Mmap, PAGESIZE } from 'memmap'
import { main, report } from '../common.mjs'
import { attempt, fresh, pattern } from './common.mjs'

const LENGTH = 5 * 65536 + 1000
const CONTENT = pattern(LENGTH)
let named = 0
/** Buffers that outlive their mappings, for as long as the process. */
const KEPT = []

/** Read-only mappings of each kind: `m`, `now()` for the bytes of the file, and the `bytes` that it must keep. */
const KINDS = {
  file() {
    const name = fresh(CONTENT)
    return { m: Mmap.open(name), now: () => fs.readFileSync(name), bytes: CONTENT }
  },
  offset() {
    const name = fresh(CONTENT)
    return {
      m: Mmap.open(name, { offset: 999 }),
      now: () => fs.readFileSync(name).subarray(999),
      bytes: CONTENT.subarray(999),
    }
  },
  /** The descriptor may write, the mapping may not. */
  constructor() {
    const name = fresh(CONTENT)
    const fd = fs.openSync(name, 'r+')
    // Where the test calls reattach(), the mapping keeps its descriptor.
    const m = new Mmap(fd, 0, { access: 'read', trackfd: STAYS })
    fs.closeSync(fd)
    return { m, now: () => fs.readFileSync(name), bytes: CONTENT }
  },
  shared() {
    const name = fresh(CONTENT)
    const fd = fs.openSync(name, 'r+')
    const m = new Mmap(fd, 0, { prot: constants.PROT_READ, flags: constants.MAP_SHARED })
    fs.closeSync(fd)
    return { m, now: () => fs.readFileSync(name), bytes: CONTENT }
  },
  private() {
    const name = fresh(CONTENT)
    const fd = fs.openSync(name, 'r')
    const m = new Mmap(fd, 0, { prot: constants.PROT_READ, flags: constants.MAP_PRIVATE })
    fs.closeSync(fd)
    return { m, now: () => fs.readFileSync(name), bytes: CONTENT }
  },
  anonymous() {
    const m = Mmap.anonymous(LENGTH, { access: 'read' })
    return { m, now: () => m.slice(), bytes: Buffer.alloc(LENGTH) }
  },
  named() {
    const tagname = `/memmap-stray-${process.pid}-${named++}`
    const writer = new Mmap(-1, LENGTH, { tagname })
    writer.set(CONTENT)
    const m = new Mmap(-1, LENGTH, { tagname, access: 'read' })
    return { m, now: () => writer.slice(), bytes: CONTENT, end: () => Mmap.unlink(tagname) }
  },
}

function hot(view, value) {
  for (let at = 0; at < view.length; at++) view[at] = value
}

const aligned = (m) => (m.length - (m.length % 8)) / 8 - 1

/** Ways to store into a view; each gets a mapping of its own. */
const STORES = {
  index(m) {
    m.buffer[m.length - 1] = 0
  },
  hot(m) {
    // Runs often on other memory before, so that optimised code meets the read-only pages.
    const own = Buffer.alloc(1000)
    for (let round = 0; round < 500; round++) hot(own, round)
    hot(m.buffer, 1)
  },
  DataView: (m) => m.view(DataView).setUint32(m.length - 4, 0xffffffff),
  Float64Array(m) {
    if ((m.offset & 7) === 0) m.view(Float64Array).fill(Number.NaN, 0, aligned(m))
    else m.view(Uint8Array).fill(7)
  },
  'Buffer.fill': (m) => m.buffer.fill('x'),
  'Buffer.copy': (m) => Buffer.alloc(m.length, 'y').copy(m.buffer),
  'Buffer.write': (m) => m.buffer.write('stray', 4090),
  'Uint8Array.set': (m) => m.subarray(10, 100).set(Buffer.alloc(90, 'z')),
  'copyWithin and reverse': (m) => m.buffer.copyWithin(0, 100, 5000).reverse(),
  'Atomics.store': (m) => Atomics.store(m.view(Uint8Array), 4096, 0),
  'Atomics.add': (m) => Atomics.add(m.view(Uint8Array), 0, 77),
  'Atomics.compareExchange': (m) => Atomics.compareExchange(m.view(Uint8Array), 5, m.at(5), 0),
  'fs.readSync into it': (m) => {
    // The kernel refuses to write there with EFAULT, so there is no fault.
    const fd = fs.openSync(fresh(Buffer.alloc(100)), 'r')
    try {
      fs.readSync(fd, m.buffer, 0, 100, 0)
    } catch (error) {
      return error.code
    } finally {
      fs.closeSync(fd)
    }
  },
}

const CALLS = {
  at: (m) => m.at(0),
  slice: (m) => m.slice(0, 10),
  read: (m) => m.read(5),
  find: (m) => m.find('nowhere'),
  check: (m) => m.check(),
  equals: (m) => m.equals(Buffer.alloc(m.length)),
}

/** Whether the mapping throws until reattach(), as on Windows, where reattach() detaches the views. */
const STAYS = process.platform === 'win32'

if (!isMainThread && workerData?.stray !== undefined) {
  const { name, go } = workerData
  const views = Array.from({ length: workerData.rounds }, () => Mmap.open(name).buffer)
  const signal = new Int32Array(go)
  Atomics.add(signal, 1, 1)
  Atomics.wait(signal, 0, 0)
  for (const view of views) for (let at = 0; at < view.length; at += 512) view[at] = 0
} else {
  await main({
    stores({ kind }) {
      const wrong = []
      let checked = 0
      for (const [how, store] of Object.entries(STORES)) {
        // On Windows the system's own write may fault like any store.
        if (STAYS && how.startsWith('fs.')) continue
        for (const [call, ask] of Object.entries(CALLS)) {
          const { m, now, bytes, end } = KINDS[kind]()
          report({ underway: `${how}, then ${call}` })
          const complain = (what) => wrong.push(`${how}, then ${call}: ${what}`)
          if (m.faulted) complain('faulted before')
          const refused = store(m) === 'EFAULT'
          if (m.faulted === refused) complain(`faulted is ${m.faulted}`)
          const first = attempt(() => ask(m)).code
          if (first !== (refused ? undefined : 'ERR_MMAP_READ_ONLY')) complain(`first call: ${first}`)
          if (STAYS) {
            const again = attempt(() => ask(m)).code
            if (again !== first) complain(`second call: ${again}`)
            m.reattach()
          }
          const second = attempt(() => ask(m)).code
          if (second !== undefined) complain(`call after it: ${second}`)
          if (m.faulted) complain('faulted after it was thrown')
          if (!m.slice().equals(bytes) || !m.buffer.equals(bytes)) complain('other bytes in the mapping')
          if (!now().equals(bytes)) complain('other bytes in the file')
          if (attempt(() => m.set(Buffer.alloc(1))).code !== 'ERR_MMAP_READ_ONLY') complain('it is writable')
          // A second store is discarded like the first.
          m.buffer[7] = 0
          if (attempt(() => ask(m)).code !== 'ERR_MMAP_READ_ONLY') complain('not thrown again')
          if (STAYS) m.reattach()
          if (m.buffer[7] !== bytes[7]) complain('the second store stays')
          m.close()
          end?.()
          checked++
        }
      }
      report({ checked, count: wrong.length, wrong: wrong.slice(0, 12) })
    },

    /** A call after each store, which throws each time. */
    rounds({ count }) {
      const { m, now } = KINDS.file()
      const view = m.buffer
      let [said, right] = [0, 0]
      for (let round = 0; round < count; round++) {
        view[(round * 4097) % LENGTH] = 0
        if (attempt(() => m.at(1)).code === 'ERR_MMAP_READ_ONLY') said++
        if (m.at((round * 4097) % LENGTH) === CONTENT[(round * 4097) % LENGTH]) right++
      }
      report({ thrown: said, right, same: now().equals(CONTENT) && view.equals(CONTENT) })
    },

    /** Without a call in between nothing throws, and the view keeps what was stored into it. */
    quiet({ count }) {
      const { m, now } = KINDS.file()
      const view = m.buffer
      for (let round = 0; round < count; round++) view[(round * 4097) % LENGTH] = 1
      const kept = view[4097] === 1
      const faulted = m.faulted
      const first = attempt(() => m.check()).code
      if (STAYS) m.reattach()
      report({ kept, faulted, first, same: now().equals(CONTENT) && m.buffer.equals(CONTENT) })
    },

    /** Threads that store into their own mappings of one file. */
    async threads({ rounds }) {
      const name = fresh(CONTENT)
      const go = new SharedArrayBuffer(8)
      const signal = new Int32Array(go)
      const threads = Array.from(
        { length: 4 },
        () => new Worker(new URL(import.meta.url), { workerData: { stray: true, name, go, rounds }, argv: ['none'] }),
      )
      const ends = threads.map(
        (thread) => new Promise((resolve) => thread.once('exit', resolve).once('error', resolve)),
      )
      while (Atomics.load(signal, 1) < 4) await new Promise((resolve) => setTimeout(resolve, 5))
      Atomics.store(signal, 0, 1)
      Atomics.notify(signal, 0)
      const codes = await Promise.all(ends)
      report({ codes: codes.map(String), same: fs.readFileSync(name).equals(CONTENT) })
    },

    /** Threads of libuv's pool store into one page of one mapping at the same time. */
    async pool({ rounds }) {
      const name = fresh(CONTENT)
      const fill = (view) =>
        new Promise((resolve) => crypto.randomFill(view, (error) => resolve(error?.code ?? 'done')))
      const ends = new Set()
      let right = 0
      for (let round = 0; round < rounds; round++) {
        const m = Mmap.open(name)
        const page = m.subarray(4096, 4096 + 64)
        for (const end of await Promise.all(Array.from({ length: 16 }, () => fill(page)))) ends.add(end)
        if (attempt(() => m.at(0)).code === 'ERR_MMAP_READ_ONLY' && m.buffer.equals(CONTENT)) right++
        m.close()
      }
      report({ ends: [...ends], right, same: fs.readFileSync(name).equals(CONTENT) })
    },

    /** A program that only makes asynchronous calls is told once, and goes on. */
    async jobs() {
      const m = Mmap.open(fresh(CONTENT))
      const first = CONTENT[100]
      const all = async (values) => {
        for await (const value of values) if (value === undefined) return
      }
      const jobs = {
        findAsync: () => m.findAsync('Q'),
        countAsync: () => m.countAsync('Q'),
        matchAsync: () => m.matchAsync(/Q/),
        linesAsync: () => all(m.linesAsync()),
        matchAllAsync: () => all(m.matchAllAsync(/Q/g)),
      }
      const codes = {}
      for (const [name, job] of Object.entries(jobs)) {
        m.buffer[100] = first ^ 1
        codes[name] = []
        for (let time = 0; time < 3; time++)
          codes[name].push(
            await job().then(
              () => 'done',
              ({ code }) => code,
            ),
          )
        codes[name].push(m.buffer[100] === first)
      }
      report(codes)
    },

    /** Mappings that are closed while a job discards a stray store, a little later in each round. Their buffers live on. */
    async discards({ rounds }) {
      const name = fresh(CONTENT)
      const codes = new Set()
      for (let round = 0; round < rounds; round++) {
        const m = Mmap.open(name)
        KEPT.push(m.buffer.buffer)
        m.buffer[100] = CONTENT[100] ^ 1
        const job = m.countAsync('Q').catch(({ code }) => codes.add(code))
        const until = process.hrtime.bigint() + BigInt((round % 3000) * 50)
        while (process.hrtime.bigint() < until);
        m.close()
        await job
      }
      const maps = process.platform === 'linux' ? fs.readFileSync('/proc/self/maps', 'latin1') : ''
      report({ codes: [...codes].sort(), mapped: maps.includes(name), same: fs.readFileSync(name).equals(CONTENT) })
    },

    /** A stray store into the first page of a device, whose bytes are `content` again and again. */
    device({ device, content }) {
      const fd = fs.openSync(device, 'r')
      const answers = [true, false].map((trackfd) => {
        const m = new Mmap(fd, 65536, { access: 'read', trackfd })
        const part = (start) => attempt(() => m.slice(start, start + content.length).toString())
        m.buffer[0] = 1
        const code = attempt(() => m.check()).code
        return { trackfd, code, first: part(0), second: part(PAGESIZE), faulted: m.faulted }
      })
      const same = fs.readFileSync(device).subarray(0, content.length).toString() === content
      report({ answers, same })
    },

    /** Mappings that are closed after a stray store: the file keeps its bytes. */
    closed() {
      const { m, now } = KINDS.file()
      const view = m.buffer
      view[0] = 0
      m.close({ detach: false })
      view[1] = 5
      const { m: other, now: others } = KINDS.file()
      other.buffer[0] = 0
      other.close()
      report({ same: now().equals(CONTENT) && others().equals(CONTENT), zeros: view[0] })
    },

    /** A stray store and a truncated file: calls throw for both. */
    both() {
      const name = fresh(CONTENT)
      const m = Mmap.open(name)
      const view = m.buffer
      view[100] = 0
      fs.truncateSync(name, 70_000)
      const zero = view[200_000]
      const codes = [0, 1, 2].map(() => attempt(() => m.slice(100, 100_000)).code)
      const good = m.slice(0, 70_000).equals(CONTENT.subarray(0, 70_000))
      view[100] = 0
      const again = [0, 1].map(() => attempt(() => m.at(3)).code ?? 'right')
      report({ zero, codes, good, again, same: fs.readFileSync(name).equals(CONTENT.subarray(0, 70_000)) })
    },
  })
}
