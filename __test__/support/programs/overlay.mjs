// Views over memory of the engine's own.
import fs from 'node:fs'
import process from 'node:process'
import * as threads from 'node:worker_threads'
import { Mmap } from 'memmap'
import { codeOf, collect, collectUntil, descriptors, file, lines, main, report, turn } from './common.mjs'

const overlay = { home: 'overlay' }
const PAGE = 65_536

/** A module with a function that stores 7 at an address of an imported memory. */
const STORES = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 1, 127, 0, 2, 8, 1, 1, 101, 1, 109, 2, 0, 1, 3, 2, 1, 0, 7, 5, 1, 1, 115, 0,
  0, 10, 11, 1, 9, 0, 32, 0, 65, 7, 58, 0, 0, 11,
])

/** Makes a view of a file, and closes or drops it. */
function viewed(name, access, views) {
  const m = Mmap.open(name, { ...overlay, access })
  const sum = m.buffer[0] + m.subarray(5000, 5001)[0]
  if (views !== undefined) m.close({ views })
  return sum
}

/** Has an object make its own view of private bytes, and drops it, although other threads could attach. */
function shared(name) {
  const m = Mmap.open(name, { ...overlay, access: 'copy' })
  for (let n = 0; n < 60; n++) m.at(n)
  return m.share()
}

/** Makes a view, and ends it in one of several ways. */
function cycle(name, round, state) {
  const access = ['read', 'copy', 'write'][round % 3]
  const m = Mmap.open(name, { ...overlay, access, offset: (round * 1000) % PAGE })
  const view = m.buffer
  if (view[0] !== 0x78 || view[view.length - 1] !== 0x78) state.wrong++
  if (access === 'copy') view.fill(1)
  if (round % 4 === 0) m.close({ views: ['detach', 'zero', 'keep'][round % 3] })
  if (round % 5 === 0) state.kept.push(view)
  if (state.kept.length > 20) state.kept = []
  state.junk[round % 50] = [new Uint8Array(PAGE).fill(round), new WebAssembly.Memory({ initial: 1, maximum: 1 })]
}

await main({
  /** A WebAssembly memory at the addresses of a view that was collected keeps its traps. */
  traps({ rounds }) {
    const name = file(Buffer.alloc(PAGE + 5000, 'x'))
    const module = new WebAssembly.Module(STORES)
    const counts = { trapped: 0, silent: 0 }
    for (let round = 0; round < rounds; round++) {
      const views = [undefined, 'zero', 'keep', 'detach'][Math.floor(round / 3) % 4]
      viewed(name, ['read', 'copy', 'write'][round % 3], views)
      collect()
      const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 })
      const { s } = new WebAssembly.Instance(module, { e: { m: memory } }).exports
      for (const at of [PAGE, PAGE + 4096, PAGE + 9000, 2 * PAGE]) {
        try {
          s(at)
          counts.silent++
        } catch {
          counts.trapped++
        }
      }
    }
    report({ ...counts, same: fs.readFileSync(name).every((byte) => byte === 0x78) })
  },

  /** What is dropped while it has a token does nothing to memory that the engine has made in its place. */
  async tokens({ rounds }) {
    const name = file(Buffer.alloc(PAGE + 5000, 'x'))
    let wrong = 0
    for (let round = 0; round < rounds; round++) {
      shared(name)
      collect()
      const memories = Array.from({ length: 4 }, () => new WebAssembly.Memory({ initial: 2, maximum: 2 }))
      for (const { buffer } of memories) new Uint8Array(buffer).fill(7)
      await turn()
      for (const { buffer } of memories) if (new Uint8Array(buffer).some((byte) => byte !== 7)) wrong++
    }
    report({ wrong })
  },

  /** Mappings that are viewed and closed or dropped, among other memory of the engine's. */
  async cycles({ rounds }) {
    const name = file(Buffer.alloc(3 * PAGE, 'x'))
    const content = fs.readFileSync(name)
    const state = { wrong: 0, kept: [], junk: [] }
    for (let round = 0; round < rounds; round++) {
      cycle(name, round, state)
      if (round % 50 !== 0) continue
      collect()
      await turn()
    }
    state.kept = []
    for (const [bytes] of state.junk) if (bytes.some((byte) => byte !== bytes[0])) state.wrong++
    await collectUntil(() => lines(name) <= 0)
    const same = fs.readFileSync(name).equals(content)
    report({ wrong: state.wrong, same, mapped: lines(name), open: descriptors(name) })
    process.exit()
  },

  /** What a file lost before there was a view is lost to the view, and a stray store behind the file's new end ends nothing. */
  lost({ access, trackfd }) {
    const name = file(Buffer.alloc(5 * 4096, 'x'))
    const fd = fs.openSync(name, 'r+')
    const m = new Mmap(fd, 0, { ...overlay, access, trackfd })
    fs.ftruncateSync(fd, 4096)
    const first = codeOf(() => m.at(3 * 4096))
    if (access === 'read' && codeOf(() => m.buffer) === undefined) m.buffer[2 * 4096] = 1
    const stray = access === 'read' ? codeOf(() => m.at(0)) : 'ERR_MMAP_READ_ONLY'
    fs.ftruncateSync(fd, 5 * 4096)
    const refused = codeOf(() => m.buffer)
    if (refused !== undefined) return report({ refused })
    const view = m.buffer
    const after = [() => m.check(), () => m.at(3 * 4096), () => m.slice()].map(codeOf)
    report({
      first,
      stray: stray ?? 'none',
      after,
      faulted: m.faulted,
      kept: view[5],
      rest: codeOf(() => m.at(5)) ?? 'none',
    })
  },

  /** A buffer that may not be transferred cannot be detached either. */
  untransferable() {
    const m = Mmap.open(file('hello'), overlay)
    const view = m.buffer
    threads.markAsUntransferable?.(view.buffer)
    m.close()
    report({ bytes: [0, 1, 2, 3, 4].map((at) => view[at] ?? 0).filter((byte) => byte !== 0) })
  },

  /** Mappings without bytes, and those that were resized, keep no memory of the engine's. */
  async nothing({ count }) {
    const empty = file('')
    const kept = []
    for (let n = 0; n < count; n++) {
      const m = Mmap.open(empty, overlay)
      if (m.buffer.length !== 0) throw new Error('an empty file has bytes')
      m.close()
      const resized = Mmap.anonymous(10, overlay)
      resized.buffer.fill(1)
      resized.resize(20)
      kept.push(resized)
    }
    await collectUntil(() => false, 3)
    report({ code: codeOf(() => new WebAssembly.Memory({ initial: 1, maximum: 1 })) ?? 'none', count: kept.length })
  },

  /** When the engine has no memory left, views are refused, and all else goes on. */
  async many({ count }) {
    const name = file('hello')
    const mappings = []
    const codes = new Set()
    let views = 0
    for (let n = 0; n < count; n++) {
      const m = Mmap.open(name, overlay)
      mappings.push(m)
      const code = codeOf(() => m.buffer)
      if (code === undefined) views++
      else codes.add(code)
    }
    let wrong = 0
    for (const m of mappings) {
      for (let n = 0; n < 60; n++) if (m.at(n % 5) !== 'hello'.charCodeAt(n % 5)) wrong++
      if (m.toString() !== 'hello' || m.find('llo', 0) !== 2) wrong++
    }
    // What is closed makes room.
    for (const m of mappings) m.close()
    await collectUntil(() => lines(name) <= 0)
    const after = codeOf(() => Mmap.open(name, overlay).buffer) ?? 'none'
    report({ views, codes: [...codes], wrong, after })
    process.exit()
  },
})
