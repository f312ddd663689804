// Opens a file, reads its first byte, and closes it.
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { Mmap } from '../../index.js'
import { aligned, prepared, report, timeEach } from './common.mjs'

const [peer, ...rest] = process.argv.slice(2)
// The path comes last; before it there may be a home.
const path = rest.at(-1)
const home = rest.length > 1 ? rest[0] : undefined
const { size } = statSync(path)
const one = Buffer.alloc(1)
const whole = aligned(size)

function memmap() {
  const m = Mmap.open(path)
  const byte = m.at(0)
  m.close()
  return byte
}

function memmapView() {
  const m = Mmap.open(path, { home })
  const byte = m.buffer[0]
  m.close()
  return byte
}

/** @param {Buffer} target */
function read(target) {
  const fd = openSync(path, 'r')
  readSync(fd, target, 0, target.length, 0)
  closeSync(fd)
  return target[0]
}

const peers = { memmap, 'memmap-view': memmapView, 'read-one': () => read(one), 'read-whole': () => read(whole) }
const work = peers[peer]
const calls = peer === 'read-whole' ? Math.ceil(2 ** 22 / size) : peer === 'memmap-view' ? 20 : 200
const batches = size > 2 ** 26 && peer === 'read-whole' ? 5 : 30
await prepared()
report(work(), { call: timeEach(work, calls, batches) })
