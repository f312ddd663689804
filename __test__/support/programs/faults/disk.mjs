// Stores into holes of a file on a disk that has no free block.
import fs from 'node:fs'
import path from 'node:path'
import { Mmap, PAGESIZE } from 'memmap'
import { lines, main, report } from '../common.mjs'
import { attempt, pattern } from './common.mjs'

const P = PAGESIZE
const CONTENT = pattern(P)

/** Takes every free block. */
function fill(folder) {
  const name = path.join(folder, 'filler')
  const fd = fs.openSync(name, 'w')
  for (const size of [2 ** 20, P, 512]) {
    const bytes = Buffer.alloc(size, 'f')
    try {
      for (;;) if (fs.writeSync(fd, bytes) < size) break
    } catch (error) {
      if (error.code !== 'ENOSPC') throw error
    }
    try {
      fs.fsyncSync(fd)
    } catch {
      // There was no block for what was written: the disk is full.
    }
  }
  fs.closeSync(fd)
  return name
}

/** Makes a file of one page of data, and holes behind it. */
function holes(folder, pages) {
  const name = path.join(folder, 'holes')
  fs.writeFileSync(name, CONTENT)
  fs.truncateSync(name, pages * P)
  return name
}

await main({
  store({ folder, home }) {
    const name = holes(folder, 20)
    const filler = fill(folder)
    const m = Mmap.open(name, { access: 'write', home })
    const view = home === 'external' ? m.buffer : undefined
    const calm = m.faulted
    report({ underway: 'a store' })
    const call = attempt(() => {
      if (view === undefined) m.set(Buffer.from('x'), 5 * P + 7)
      else view[5 * P + 7] = 0x78
    })
    const faulted = m.faulted
    const bad = attempt(() => m.at(5 * P + 8))
    const across = attempt(() => m.slice(4 * P, 7 * P))
    const good = m.slice(0, P).equals(CONTENT)
    const called = attempt(() => m.set(Buffer.alloc(2 * P, 'y'), 9 * P + 5))
    const written = attempt(() => m.set(Buffer.from('#'), 3)).code ?? 'right'
    const check = attempt(() => m.check())
    const full = fs.readFileSync(name)
    fs.unlinkSync(filler)
    m.reattach()
    m.set(Buffer.from('z'), 5 * P + 7)
    m.flush()
    const mended = [m.faulted, m.at(5 * P + 7), attempt(() => m.check()).code ?? 'right']
    const short = ({ code, offset, reason }) => [code, offset, reason]
    m.close()
    const after = fs.readFileSync(name)
    report({
      calm,
      call: home === 'external' ? call : short(call),
      faulted,
      bad: short(bad),
      across: short(across),
      good,
      called: short(called),
      written,
      check: short(check),
      full: [full[3], full[5 * P + 7], full.length],
      mended,
      after: [after[3], after[5 * P + 7]],
    })
    fs.unlinkSync(name)
  },

  seconds({ folder, pages }) {
    const name = holes(folder, pages * 2)
    const filler = fill(folder)
    const m = Mmap.open(name, { access: 'write' })
    const view = m.buffer
    const before = lines()
    for (let page = 1; page < pages * 2; page += 2) view[page * P] = 1
    const more = lines() - before
    const { faulted } = m
    const code = attempt(() => m.at((pages * 2 - 1) * P))
    const good = m.slice(0, P).equals(CONTENT)
    const file = fs.readFileSync(name)
    let stored = 0
    for (let page = 1; page < pages * 2; page++) if (file[page * P] !== 0) stored++
    fs.unlinkSync(filler)
    m.close()
    fs.unlinkSync(name)
    // The disk may have had some free blocks after all.
    report({ more, code: code.code, reason: code.reason, good, faulted, few: stored <= 5 })
  },
})
