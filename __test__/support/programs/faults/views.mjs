// What a program sees through its views when the file is truncated, and how it goes on.
import fs from 'node:fs'
import zlib from 'node:zlib'
import { Mmap, PAGESIZE } from 'memmap'
import { collectUntil, descriptors, lines, main, report, usage, viewed } from '../common.mjs'
import { attempt, failure, fresh, isAll, pattern } from './common.mjs'

const P = PAGESIZE
const LENGTH = 10 * P + 100
const CONTENT = pattern(LENGTH)

/**
 * Loops that read a whole mapping by small calls, often enough to be optimised; the answer is 'the end', or what
 * differs.
 */
const LOOPS = {
  readByte(m, step) {
    for (let at = 0; at < LENGTH; at++) {
      step(at)
      if (m.readByte() !== CONTENT[at]) return `other byte at ${at}`
    }
    return 'the end'
  },
  at(m, step) {
    for (let at = 0; at < LENGTH; at++) {
      step(at)
      if (m.at(at) !== CONTENT[at]) return `other byte at ${at}`
    }
    return 'the end'
  },
  slice(m, step) {
    for (let at = 0; at + 8 <= LENGTH; at += 4) {
      step(at)
      const eight = m.slice(at, at + 8)
      for (let n = 0; n < 8; n++) if (eight[n] !== CONTENT[at + n]) return `other byte at ${at + n}`
    }
    return 'the end'
  },
  readInto(m, step) {
    const target = Buffer.alloc(16)
    for (let at = 0; at + 16 <= LENGTH; at += 16) {
      step(at)
      m.readInto(target)
      for (let n = 0; n < 16; n++) if (target[n] !== CONTENT[at + n]) return `other byte at ${at + n}`
    }
    return 'the end'
  },
  find(m, step) {
    for (let at = 0; at + 40 <= LENGTH; at += 20) {
      step(at)
      if (m.find(CONTENT.subarray(at, at + 20), at, at + 40) !== at) return `not found at ${at}`
    }
    return 'the end'
  },
  iterate(m, step) {
    let at = 0
    for (const byte of m) {
      step(at)
      // The iterator has read this byte before the step.
      if (byte !== CONTENT[at]) return `other byte at ${at}`
      at++
    }
    return 'the end'
  },
}

function whole(access, home) {
  const name = fresh(CONTENT)
  return { name, m: Mmap.open(name, { access, home }) }
}

await main({
  /** The program itself truncates the file, half way through a loop. */
  hot({ home, access }) {
    const wrong = []
    for (const [how, loop] of Object.entries(LOOPS)) {
      // First on whole files, so that the code is optimised for these.
      for (let round = 0; round < 3; round++) {
        const { m } = whole(access, home)
        const end = loop(m, () => {})
        if (end !== 'the end') wrong.push(`${how} of a whole file: ${end}`)
        m.close()
      }
      for (const keep of [0, 5 * P, 6 * P + 500, 10 * P, 10 * P + 50]) {
        const { m, name } = whole(access, home)
        const cut = Math.floor(LENGTH / 2)
        const step = (at) => {
          if (at === cut - (cut % 20) || at === cut - (cut % 16)) fs.truncateSync(name, keep)
        }
        const got = attempt(() => loop(m, step))
        report({ underway: `${how}, cut to ${keep}` })
        if (got.code !== 'ERR_MMAP_FAULT' || got.reason !== 'truncated') {
          wrong.push(`${how}, cut to ${keep}: ${JSON.stringify(got)}`)
        } else if (got.offset < keep || !m.faulted) wrong.push(`${how}, cut to ${keep}: a fault at ${got.offset}`)
        m.close()
      }
    }
    report({ wrong: wrong.slice(0, 12), count: wrong.length })
  },

  /** faulted, check() and reattach(), all with one Buffer. */
  again({ access }) {
    const { m, name } = whole(access, viewed)
    const view = m.buffer
    const calm = [m.faulted, attempt(() => m.check()).code ?? 'right', view.equals(CONTENT)]
    if (access === 'copy') {
      view[0] = 0x23
      view[5 * P] = 0x23
    }
    fs.truncateSync(name, 3 * P + 10)
    const looked = isAll(view.subarray(4 * P), 0)
    const fault = attempt(() => m.check())
    const seen = [m.faulted, looked, fault.code, fault.offset]
    // The file is still too short: reattach() clears the fault, and the next call finds it again.
    m.reattach()
    const short = [m.faulted, attempt(() => m.at(5 * P)).code, m.faulted, m.at(1) === CONTENT[1]]
    // The file is as long as before, with other bytes.
    const other = pattern(LENGTH).fill('n', 3 * P)
    const fd = fs.openSync(name, 'r+')
    fs.writeSync(fd, other)
    fs.closeSync(fd)
    const until = attempt(() => m.at(5 * P)).code
    m.reattach()
    const expected = Buffer.from(other)
    if (access === 'copy') expected[0] = 0x23
    const good = [m.faulted, m.buffer === view, view.equals(expected), m.slice().equals(expected)]
    const checked = attempt(() => m.check()).code ?? 'right'
    report({ calm, seen, short, until, good, checked, file: fs.readFileSync(name).equals(other) })
  },

  /** Stores into pages that the file has lost are gone, and stores into other pages are in the file. */
  stored() {
    const { m, name } = whole('write', viewed)
    const view = m.buffer
    fs.truncateSync(name, 2 * P)
    view[0] = 0x23
    view[5 * P] = 0x23
    const kept = view[5 * P]
    const fault = attempt(() => m.flush())
    fs.truncateSync(name, LENGTH)
    const file = fs.readFileSync(name)
    m.reattach()
    report({ kept, fault: fault.code, offset: fault.offset, first: file[0], lost: file[5 * P], now: view[5 * P] })
  },

  resized({ home }) {
    const { m, name } = whole('write', home)
    fs.truncateSync(name, 3 * P + 10)
    const fault = attempt(() => m.slice()).code
    m.resize(LENGTH + P)
    const grown = [m.faulted, m.length, m.size(), m.slice(0, 3 * P + 10).equals(CONTENT.subarray(0, 3 * P + 10))]
    const zeros = isAll(m.slice(3 * P + 10), 0)
    m.set(Buffer.from('new'), 5 * P)
    fs.truncateSync(name, P)
    const again = attempt(() => m.at(5 * P)).code
    m.resize(P)
    const shrunk = [m.faulted, m.length, m.slice().equals(CONTENT.subarray(0, P))]
    report({ fault, grown, zeros, again, shrunk, size: fs.statSync(name).size })
  },

  async closed({ home }) {
    const codes = []
    for (const detach of [true, false]) {
      const { m, name } = whole('write', home)
      const view = home !== 'native' ? m.buffer : Buffer.alloc(0)
      fs.truncateSync(name, P)
      codes.push(attempt(() => m.slice()).code)
      m.close({ detach })
      codes.push(attempt(() => m.faulted).code, view.length === (detach ? 0 : LENGTH) || home === 'native')
      if (!detach) codes.push(isAll(view, 0))
    }
    report({ codes, mapped: lines('fault-'), open: descriptors('fault-') })
  },

  /** zlib reads the view in threads of libuv's pool. */
  async deflate({ close }) {
    const length = 4 * 2 ** 20
    const content = Buffer.alloc(length)
    for (let at = 0; at < length; at++) content[at] = (Math.imul(at, 2654435761) >>> 13) & 0xff || 1
    const ends = []
    const faults = []
    for (let round = 0; round < 4; round++) {
      const name = fresh(content)
      const m = Mmap.open(name)
      const jobs = Array.from(
        { length: 4 },
        () =>
          new Promise((resolve) =>
            zlib.deflate(m.buffer, { level: 6 }, (error, out) => resolve(error?.code ?? out.length > 0)),
          ),
      )
      await new Promise((resolve) => setTimeout(resolve, 2 + round * 3))
      fs.truncateSync(name, round % 2 === 0 ? 0 : length / 2 + 77)
      if (close) m.close({ detach: false })
      ends.push(...(await Promise.all(jobs)))
      if (!close) faults.push(attempt(() => m.check()).code, m.faulted)
      m.close()
      fs.unlinkSync(name)
    }
    report({ ends: [...new Set(ends)], faults: [...new Set(faults)] })
  },

  /** A system call reads the view: it fails with EFAULT. */
  async system() {
    const { m, name } = whole('read', viewed)
    const view = m.buffer
    const to = fs.openSync(fresh(''), 'w')
    const before = fs.writeSync(to, view)
    fs.truncateSync(name, 2 * P)
    const code = attempt(() => fs.writeSync(to, view, 5 * P)).code
    const later = await new Promise((resolve) => fs.write(to, view, 5 * P, 100, 0, (error) => resolve(error?.code)))
    const codes = [code, later, attempt(() => m.slice(5 * P)).code]
    // By now the pages have been replaced by zeros, and can be read.
    const after = attempt(() => fs.writeSync(to, view.subarray(5 * P))).value
    report({ before, codes, after, faulted: m.faulted, check: attempt(() => m.check()).code })
  },

  /** Asynchronous members throw the same error. */
  async promises() {
    const { m, name } = whole('write', viewed)
    fs.truncateSync(name, 2 * P)
    const flushed = await m.flushAsync().then(() => 'right', failure)
    const good = await m.flushAsync(0, P).then(() => 'right', failure)
    const opened = await Mmap.openAsync(name)
    fs.truncateSync(name, 0)
    const late = attempt(() => opened.slice()).code
    report({ flushed: [flushed.code, flushed.offset, flushed.reason], good, late })
  },

  async leaks({ rounds, home }) {
    let before
    for (let round = 0; round <= rounds + 100; round++) {
      if (round === 100) {
        await collectUntil(undefined, 3)
        before = usage()
      }
      const { m, name } = whole(round % 3 === 0 ? 'read' : 'write', home)
      const view = home !== 'native' ? m.buffer : undefined
      fs.truncateSync(name, P + 5)
      if (view?.[5 * P] !== (view && 0) || attempt(() => m.slice()).code !== 'ERR_MMAP_FAULT')
        throw new Error('no fault')
      if (m.access === 'read' && view !== undefined) {
        view[0] = 0
        attempt(() => m.at(0))
      }
      if (round % 2 === 0) {
        fs.truncateSync(name, LENGTH)
        m.reattach()
        if (m.slice(P + 5).some((byte) => byte !== 0)) throw new Error('not attached')
      }
      // Some are not closed, but dropped and collected.
      if (round % 4 !== 3) m.close()
      fs.unlinkSync(name)
      if (round % 100 === 99) await collectUntil(() => lines('fault-') <= 0, 5)
    }
    await collectUntil(() => lines('fault-') <= 0 && descriptors('fault-') <= 0)
    const after = usage()
    report({
      mapped: lines('fault-'),
      open: descriptors('fault-'),
      lines: after.lines - before.lines,
      descriptors: after.descriptors - before.descriptors,
      kilobytes: after.resident - before.resident,
    })
  },

  /** A mapping far longer than its file: one fault is enough for all that is missing. */
  huge({ count, access }) {
    const length = 2 ** 30
    const name = fresh(Buffer.alloc(P, 'h'))
    fs.truncateSync(name, length)
    const m = Mmap.open(name, { access })
    const view = m.buffer
    const faults = () => Number(fs.readFileSync(count).readBigUInt64LE())
    fs.truncateSync(name, P)
    const [before, had] = [faults(), lines()]
    // In an order in which no page follows its neighbour.
    let sum = 0
    for (let page = 1; page < length / P; page++) sum += view[((page * 7919) % (length / P)) * P || length - 1]
    const got = [faults() - before, lines() - had]
    report({
      sum,
      faults: got[0],
      lines: got[1],
      code: attempt(() => m.slice(5 * P, 6 * P)).code,
      right: m.at(5) === 0x68,
    })
  },

  /** Reads every second page. */
  seconds({ count, pages, track }) {
    const name = fresh(Buffer.alloc(P, 'h'))
    fs.truncateSync(name, pages * P)
    const fd = fs.openSync(name, 'r+')
    const m = new Mmap(fd, 0, { access: 'write', trackfd: track })
    const view = m.buffer
    const faults = () => Number(fs.readFileSync(count).readBigUInt64LE())
    fs.truncateSync(name, P)
    const [before, had] = [faults(), lines()]
    let sum = 0
    for (let page = pages - 1; page > 0; page -= 2) sum += view[page * P]
    const got = [faults() - before, lines() - had]
    report({
      sum,
      faults: got[0],
      lines: got[1],
      code: attempt(() => m.slice(5 * P, 6 * P)).code,
      right: m.at(5) === 0x68,
    })
  },

  /** The errors for wrong values of the option and of the environment variable. */
  option({ given }) {
    const message = (run) => {
      try {
        return run()
      } catch (error) {
        return `${error.name} ${error.code}: ${error.message}`
      }
    }
    const name = fresh(CONTENT)
    const options = given === undefined ? {} : { faults: given }
    report({
      open: message(() => Mmap.open(name, options).length),
      anonymous: message(() => Mmap.anonymous(10, options).length),
      constructor: message(() => new Mmap(-1, 10, options).length),
    })
  },

  crash({ options, how }) {
    const { name } = whole('write')
    const m = Mmap.open(name, options)
    fs.truncateSync(name, 0)
    report({ length: m.length })
    if (how === 'view') return report({ byte: m.buffer[0] })
    return report({ slice: m.slice(0, 10).length })
  },
})
