// Opens a file, reads its first byte, and closes it: `open.mjs PEER [HOME] PATH`. The peers whose names end with `-heap` do so while
// 300 MB of objects live, which a collection has to look at.
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { Mmap } from '../../index.js'
import { aligned, prepared, report, timeEach } from './common.mjs'

const [peer, ...rest] = process.argv.slice(2)
// The path comes last; before it there may be a home.
const path = rest.at(-1)
const home = rest.length > 1 ? rest[0] : undefined
const { size } = statSync(path)
const one = Buffer.alloc(1)
const whole = peer === 'read-whole' ? aligned(size) : one

function memmap() {
  const m = Mmap.open(path)
  const byte = m.at(0)
  m.close()
  return byte
}

function memmapView(sharedBuffer = false) {
  const m = Mmap.open(path, { home, sharedBuffer })
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

const peers = {
  memmap,
  'memmap-view': () => memmapView(),
  'memmap-shared': () => memmapView(true),
  'read-one': () => read(one),
  'read-whole': () => read(whole),
}
const hasHeap = peer.endsWith('-heap')
const work = peers[peer.replace('-heap', '')]
const isView = work === peers['memmap-view'] || work === peers['memmap-shared']
const calls = hasHeap ? 2 : peer === 'read-whole' ? Math.ceil(2 ** 22 / size) : isView ? 20 : 200
const batches = hasHeap || (size > 2 ** 26 && peer === 'read-whole') ? 5 : 30
// Small objects, some 100 bytes each.
globalThis.live = hasHeap ? Array.from({ length: 3_000_000 }, (_, number) => ({ number, text: [number] })) : undefined
await prepared()
report(work(), { call: timeEach(work, calls, batches) })
