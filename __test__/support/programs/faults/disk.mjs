// Stores into holes of a file on a disk that has no free block.
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { Mmap, PAGESIZE } from 'memmap'
import { lines, main, report, sleep, turn } from '../common.mjs'
import { attempt, pattern } from './common.mjs'

const P = PAGESIZE
const CONTENT = pattern(P)

function thrown(run) {
  try {
    run()
    return undefined
  } catch (error) {
    return error
  }
}

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
    const view = home !== 'native' ? m.buffer : undefined
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
      call: home !== 'native' ? call : short(call),
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

  /** resize() and open() that find no room, with nobody else at the file. */
  refused({ folder, length }) {
    const name = path.join(folder, 'refused')
    // An end within a block, and one between two.
    const answer = [P + 10, 2 * P].map((size) => {
      fs.writeFileSync(name, Buffer.alloc(size, 'x'))
      const m = Mmap.open(name, { access: 'write', home: 'native' })
      const codes = [
        attempt(() => m.resize(length)).code,
        attempt(() => Mmap.open(name, { access: 'write', length, home: 'native' })).code,
      ]
      const left = fs.statSync(name).size - size
      const right = m.length === size && fs.readFileSync(name).subarray(0, size).equals(Buffer.alloc(size, 'x'))
      m.close()
      return [codes, left, right]
    })
    fs.unlinkSync(name)
    report(answer)
  },

  /** Fails to make a file longer, again and again, while another process appends to it. */
  async race({ folder, length, milliseconds }) {
    const name = path.join(folder, `race-${process.pid}`)
    fs.writeFileSync(name, Buffer.alloc(P, 'x'))
    const m = Mmap.open(name, { access: 'write', home: 'native' })
    const program = fileURLToPath(import.meta.url)
    const log = path.join(process.env.MEMMAP_TEST_FOLDER ?? folder, 'appended')
    const args = JSON.stringify({ name, log, milliseconds: milliseconds + 500 })
    const child = spawn(process.execPath, [program, 'append', args], {
      stdio: 'inherit',
      env: { ...process.env, MEMMAP_TEST_REPORT: log },
    })
    const ended = new Promise((resolve) => child.once('exit', resolve))
    while (!fs.existsSync(log)) await sleep(10)
    const codes = new Set()
    for (const end = Date.now() + milliseconds; Date.now() < end; ) {
      codes.add(attempt(() => m.resize(length)).code)
      codes.add(attempt(() => Mmap.open(name, { access: 'write', length, home: 'native' })).code)
    }
    await ended
    m.close()
    const { appended, records } = JSON.parse(fs.readFileSync(log, 'utf8'))
    // Each record must be there. Zeros may lie between them, where a failed call cannot be taken back any more.
    const there = fs.readFileSync(name).subarray(P)
    let found = 0
    for (let at = there.indexOf(0x72); at >= 0; at = there.indexOf(0x72, at + 1)) found++
    fs.unlinkSync(name)
    report({ codes: [...codes], appended: appended > 0, lost: (appended - found) / records })
  },

  /** Makes files longer where the system interrupts what reserves blocks, as long as it is asked for many at once. */
  interrupted({ length }) {
    const filtered = process.env.FALLOCATE_FILTER === '1'
    const name = path.join(process.env.MEMMAP_TEST_FOLDER, 'interrupted')
    const CONTENT = Buffer.alloc(P + 10, 'x')
    const answer = {}
    for (const way of ['resize', 'open']) {
      fs.writeFileSync(name, CONTENT)
      const m = Mmap.open(name, { access: 'write', home: 'native' })
      const make = {
        resize: () => void m.resize(length),
        open: () => Mmap.open(name, { access: 'write', length, home: 'native' }).close(),
      }
      // Without the filter there is nothing to see.
      const error = filtered ? thrown(make[way]) : undefined
      const { size, blocks } = fs.statSync(name)
      m.close()
      const kept = fs
        .readFileSync(name)
        .subarray(0, P + 10)
        .equals(CONTENT)
      answer[way] = {
        code: error?.code ?? 'right',
        syscall: error?.syscall ?? 'none',
        size,
        reserved: blocks * 512 >= size,
        kept,
      }
      fs.unlinkSync(name)
    }
    report({ filtered, ...answer })
  },

  /** The other process of `race`: appends records of `r`, and never makes the file shorter. */
  async append({ name, log, milliseconds }) {
    const RECORDS = 16
    const record = Buffer.alloc(RECORDS, 'r')
    const fd = fs.openSync(name, 'a')
    let appended = 0
    fs.writeFileSync(log, '')
    for (const end = Date.now() + milliseconds; Date.now() < end; ) {
      for (let n = 0; n < 50 && appended < 2 ** 22; n++) {
        try {
          appended += fs.writeSync(fd, record)
        } catch (error) {
          // The disk is full at times.
          if (error.code !== 'ENOSPC') throw error
        }
      }
      await turn()
    }
    fs.closeSync(fd)
    report({ appended, records: RECORDS })
  },
})
