// Somebody truncates a mapped file: every call is compared with a model of the file.
import fs from 'node:fs'
import { ALLOCATIONGRANULARITY, constants, Mmap, PAGESIZE } from 'memmap'
import { main, report, viewed } from '../common.mjs'
import { attempt, fresh, pattern, roundUp } from './common.mjs'

const P = PAGESIZE
/** The length of the file, whose end is within its last page. */
const LENGTH = 5 * P - 700
const CONTENT = pattern(LENGTH, [100, P + 50, 3 * P + 10])
const ABSENT = Buffer.from([1, 2, 3, 4])
const part = (at, end) => CONTENT.subarray(at, end)
/** Makes several calls an expression; answers the last answer. */
const inTurn = (...answers) => answers.at(-1)

/** The ranges that calls read or write: near each new end of the file, across each, and all of it. */
const RANGES = [
  [0, 10],
  [P - 5, P + 5],
  [2 * P + 100, 2 * P + 200],
  [4 * P + 90, 4 * P + 110],
  [LENGTH - 10, LENGTH],
  [0, LENGTH],
]
const KEEPS = [0, P, 2 * P + 123, 4 * P, 4 * P + 100, LENGTH - 1, LENGTH]

/** Calls that read: `met` is the range that each reads, `value` its answer while the file is whole. */
function reads() {
  const ops = []
  const add = (name, met, run, value, first = met[0]) => ops.push({ name, met, run, value, first })
  for (const range of RANGES) {
    const [from, to] = range
    const whole = part(from, to)
    add('slice', range, (m) => m.slice(from, to), whole)
    add('read', range, (m) => inTurn(m.seek(from), m.read(to - from)), whole)
    const into = (m) => {
      const target = Buffer.alloc(to - from + 4)
      return target.subarray(2, 2 + m.readInto(target, 2, to - from, from))
    }
    add('readInto', range, into, whole)
    add('at', [from, from + 1], (m) => m.at(from), whole[0])
    add('at', [to - 1, to], (m) => m.at(to - 1 - LENGTH), whole.at(-1))
    add('readByte', [to - 1, to], (m) => inTurn(m.seek(to - 1), m.readByte()), whole.at(-1))
    if (to - from >= 8) {
      const last = part(to - 8, to)
      const first = part(from, from + 8)
      add('find', range, (m) => m.find(last, from, to), to - 8)
      add('find', [from, from + 8], (m) => m.find(first, from), from)
      // A match before the new end is an answer, however far the search might have gone.
      add('find, in a small range', [from, from + 8], (m) => m.find(first, from, from + 600), from)
      add('includes', range, (m) => m.includes(last, from), true)
      add('rfind', range, (m) => m.rfind(first, from, to), from)
      // Searching backwards, the needle is in the missing part and not found, so that the search goes on to the start.
      add('rfind', [to - 8, to], (m) => m.rfind(last, 0, to), to - 8, 0)
    }
    add('find nothing', range, (m) => m.find(ABSENT, from, to), -1)
    add('rfind nothing', range, (m) => m.rfind(ABSENT, from, to), -1)
  }
  for (const [from, to] of [
    [0, 101],
    [P, P + 51],
    [P + 51, 3 * P + 11],
    [3 * P + 11, LENGTH],
  ])
    add('readLine', [from, to], (m) => inTurn(m.seek(from), m.readLine()), part(from, to))
  add('equals', [0, LENGTH], (m) => m.equals(CONTENT), true)
  add('iteration', [0, LENGTH], (m) => Buffer.from([...m]), CONTENT)
  const other = Mmap.anonymous(LENGTH)
  other.set(CONTENT)
  add('equals of mappings', [0, LENGTH], (m) => m.equals(other), true)
  add('equals of mappings, reversed', [0, LENGTH], (m) => other.equals(m), true)
  const into = (m) => inTurn(Mmap.anonymous(LENGTH).set(m), 0)
  add('set of another mapping from this one', [0, LENGTH], into, 0)
  return ops
}

function writes() {
  const ops = []
  const add = (name, met, run, value, stores = met) => ops.push({ name, met, run, value, stores })
  for (const range of RANGES) {
    const [from, to] = range
    const bytes = Buffer.alloc(to - from, '#')
    add('write', range, (m) => inTurn(m.seek(from), m.write(bytes)), to - from)
    add('set', range, (m) => inTurn(m.set(bytes, from), 0), 0)
    add('fill', range, (m) => inTurn(m.fill('#', from, to), 0), 0)
    add('fill with a pattern', range, (m) => inTurn(m.fill('##', from, to), 0), 0)
    add('writeByte', [from, from + 1], (m) => inTurn(m.seek(from), m.writeByte(0x23), 0), 0)
    add('writeByte', [to - 1, to], (m) => inTurn(m.seek(to - 1), m.writeByte(0x23), 0), 0)
  }
  for (const range of [RANGES[0], RANGES[2], [0, LENGTH]]) {
    const [from, to] = range
    const flush = (m) => inTurn(m.flush(from, to - from), 0)
    const flushAsync = (m) => m.flushAsync(from, to - from).then(() => 0)
    for (const run of [flush, flushAsync]) ops.push({ name: run.name, met: range, run, value: 0, flushes: true })
  }
  for (const [name, to, from, count] of [
    ['move from', 0, 3 * P, 50],
    ['move to', 3 * P, 0, 50],
    ['move within', 4 * P + 80, 4 * P + 90, 40],
  ]) {
    // The source is checked before the target.
    const mets = [
      [from, from + count],
      [to, to + count],
    ]
    ops.push({ name, mets, run: (m) => inTurn(m.move(to, from, count), 0), value: 0, stores: 'moved' })
  }
  return ops
}

const PROTS = { read: constants.PROT_READ, write: constants.PROT_READ | constants.PROT_WRITE }
const FLAGS = { read: constants.MAP_SHARED, write: constants.MAP_SHARED, copy: constants.MAP_PRIVATE }
let named = 0

/** Makes a file with the content, and a mapping of it that begins at `base` in the file. */
function make(kind, access, home) {
  const bases = { offset: 1000, constructor: ALLOCATIONGRANULARITY }
  const base = bases[kind] ?? 0
  if (kind === 'named') {
    const tagname = `/memmap-fault-${process.pid}-${named++}`
    const m = new Mmap(-1, LENGTH, { tagname, home })
    m.set(CONTENT)
    return { m, base, name: `/dev/shm${tagname}`, end: () => Mmap.unlink(tagname) }
  }
  const name = fresh(Buffer.concat([pattern(base), CONTENT]))
  const end = () => fs.unlinkSync(name)
  if (kind === 'open' || kind === 'offset') {
    return { m: Mmap.open(name, { access, home, offset: base }), base, name, end, where: name }
  }
  const fd = fs.openSync(name, access === 'write' ? 'r+' : 'r')
  const prot = PROTS[access === 'copy' ? 'write' : access]
  const options = kind === 'raw' ? { prot, flags: FLAGS[access] } : { access, trackfd: kind !== 'untracked' }
  const m = new Mmap(fd, LENGTH, { ...options, offset: base, home })
  fs.closeSync(fd)
  return { m, base, name, end }
}

function warm(m, how) {
  if (how === 'cold') return
  // So many reads that the class reads through a view of its own.
  for (let at = 0; at < 200; at++) m.at(Math.floor((at * LENGTH) / 200))
  if (how === 'viewed') m.buffer.equals(CONTENT)
}

const same = (one, other) => (Buffer.isBuffer(other) ? Buffer.isBuffer(one) && one.equals(other) : one === other)
const show = (got) =>
  JSON.stringify(got, (_, value) => (value?.type === 'Buffer' ? `${value.data.length} bytes` : value))

await main({
  async matrix({ home, access, kind, how }) {
    const wrong = []
    let [checked, thrown] = [0, 0]
    const ops = [...reads(), ...(access === 'read' ? [] : writes())]
    for (const keep of KEEPS) {
      for (const op of ops) {
        const { m, base, name, end, where } = make(kind, access, home)
        const mets = op.mets ?? [op.met]
        const title = `${op.name} of [${mets.join(') and [')}) of a file cut to ${keep}`
        const complain = (what) => wrong.push(`${title}: ${what}`)
        // If a signal kills the process, this names the call.
        report({ underway: title })
        warm(m, how)
        const before = fs.readFileSync(name)
        fs.truncateSync(name, base + keep)
        // Without a descriptor the addon cannot tell where within the last page the file ends.
        const seen = kind === 'untracked' ? Math.min(LENGTH, roundUp(keep)) : keep
        const [from, to] = mets.find((met) => met[1] > seen) ?? mets[0]
        const bad = to > seen && !(op.flushes && access !== 'write')
        const at = base + Math.max(op.first ?? from, seen)
        const call = async () => {
          const got = attempt(() => op.run(m))
          return got.value instanceof Promise
            ? got.value.then(
                (value) => ({ value }),
                ({ code, offset, reason, path }) => ({ code, offset, reason, where: path }),
              )
            : got
        }
        const judge = (got, when) => {
          checked++
          if (bad) {
            thrown++
            // Without a descriptor the fault is at the first page that the call touched.
            const there =
              kind === 'untracked' ? got.offset >= base + seen && got.offset < base + LENGTH : got.offset === at
            const right = got.code === 'ERR_MMAP_FAULT' && there && got.reason === 'truncated'
            if (!right || got.where !== where) complain(`${when}: ${show(got)}, expected a fault at ${at}`)
          } else if (mets.every((met) => met[1] <= keep) && !same(got.value, op.value))
            complain(`${when}: ${show(got)}, expected ${show(op.value)}`)
        }
        // Without a descriptor a flush touches no page, and `equals` finds zeros, which differ, in the page of the new
        // end.
        const blind = op.flushes || (op.name.startsWith('equals') && keep % P !== 0)
        if (blind && kind === 'untracked') {
          m.close()
          end()
          continue
        }
        judge(await call(), 'first')
        if (bad && !m.faulted) complain('faulted is false after the throw')
        judge(await call(), 'second')
        const good = Math.min(keep, 64)
        const stores = op.stores !== undefined
        if (!stores && !m.slice(0, good).equals(part(0, good))) complain('the good bytes are not the same')
        const after = fs.readFileSync(name)
        if (after.length !== base + keep) complain(`the file has ${after.length} bytes`)
        // The bytes that a store may have changed; all others of the file must be as they were.
        const [low, high] = stores && access === 'write' ? (op.stores === 'moved' ? [0, LENGTH] : op.stores) : [0, 0]
        const unchanged = high === low && after.equals(before.subarray(0, after.length))
        for (let byte = 0; !unchanged && byte < after.length; byte++) {
          const inside = byte >= base + low && byte < base + high
          if (after[byte] !== before[byte] && !(inside && (op.stores === 'moved' || after[byte] === 0x23))) {
            complain(`byte ${byte} of the file is ${after[byte]}`)
            break
          }
          if (!bad && inside && op.stores !== 'moved' && after[byte] !== 0x23) {
            complain(`byte ${byte} of the file was not written`)
            break
          }
        }
        if (bad) {
          // The file becomes longer again: the range still throws until reattach().
          fs.truncateSync(name, base + LENGTH)
          judge(await call(), 'grown')
          if (kind !== 'untracked') {
            m.reattach()
            if (m.faulted) complain('faulted is true after reattach()')
            const now = m.slice()
            const good = stores && access !== 'read' ? 0 : keep
            if (!now.subarray(0, good).equals(part(0, good))) complain('other bytes after reattach()')
            const tail = stores ? roundUp(base + keep) - base : keep
            if (access !== 'copy' && now.subarray(tail).some((byte) => byte !== 0)) complain('the new tail is not zero')
            const check = attempt(() => m.check())
            if (check.code !== undefined) complain(`check() after reattach(): ${check.code}`)
          } else if (attempt(() => m.reattach()).code !== 'ERR_MMAP_NO_DESCRIPTOR')
            complain('reattach() did not refuse')
        }
        m.close()
        end()
      }
    }
    report({ checked, thrown, count: wrong.length, wrong: wrong.slice(0, 12) })
  },

  // A store puts bytes behind the end of the file, in the page where that is, after the file was cut there.
  behind({ home, access, by }) {
    const name = fresh(Buffer.alloc(3 * P, 1))
    const m = Mmap.open(name, { access, home })
    const other = Mmap.open(name, { access: 'write', home: viewed })
    for (let at = 0; at < 40; at++) m.at(at)
    fs.truncateSync(name, P + 900)
    const storing = by === 'another' ? other : m
    storing.buffer[P + 1900] = 7
    const calls = {
      slice: () => m.slice(P + 900, P + 1901),
      at: () => m.at(P + 1900),
      readInto: () => m.readInto(new Uint8Array(1001), 0, null, P + 900),
      find: () => m.find(Uint8Array.of(7), P + 900, P + 1901),
      find8: () => m.includes(Uint8Array.of(0, 7), P + 900),
    }
    report(Object.fromEntries(Object.entries(calls).map(([call, run]) => [call, attempt(run).code])))
  },

  // While a search is under way the file is cut, made whole again, and mapped again.
  async reattached() {
    const size = 32 << 20
    const name = fresh(Buffer.alloc(size, 'a'))
    const m = Mmap.open(name)
    void m.buffer
    const found = m.countAsync(/(?:a[^z]*?a|\0)/g).then(
      (value) => ({ value }),
      ({ code }) => ({ code }),
    )
    await new Promise((resolve) => setTimeout(resolve, 30))
    fs.truncateSync(name, size - (2 << 20))
    for (const stop = Date.now() + 5000; !m.faulted && Date.now() < stop; );
    const met = m.faulted
    fs.writeFileSync(name, Buffer.alloc(2 << 20, 'a'), { flag: 'a' })
    m.reattach()
    report({ met, ...(await found), right: size / 2 })
  },
})
