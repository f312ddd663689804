// Searches a file for a rare needle, forwards or backwards: `find.mjs PEER NEEDLE find|rfind PATH`.
import { execFileSync, spawnSync } from 'node:child_process'
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { Mmap } from '../../index.js'
import { aligned, median, now, prepared, report, time } from './common.mjs'

const REPEATS = 3
const CHUNK = 65_536

const [peer, needle, direction, path] = process.argv.slice(2)
const backwards = direction === 'rfind'

/** All bytes of the file in a Buffer. Reading them is not measured. */
function onTheHeap() {
  const bytes = Buffer.allocUnsafeSlow(statSync(path).size)
  const fd = openSync(path, 'r')
  for (let at = 0; at < bytes.length; ) at += readSync(fd, bytes, at, Math.min(2 ** 20, bytes.length - at), at)
  closeSync(fd)
  return bytes
}

/** The fastest loop in plain JavaScript: overlapping pieces that fit into the processor's cache. */
function readInPieces() {
  const wanted = Buffer.from(needle)
  const overlap = wanted.length - 1
  const piece = aligned(CHUNK + 4096)
  const fd = openSync(path, 'r')
  let found = -1
  for (let at = 0, kept = 0; found < 0; ) {
    const count = readSync(fd, piece, 4096, CHUNK, null)
    if (count === 0) break
    const start = 4096 - kept
    const hit = piece.subarray(start, 4096 + count).indexOf(wanted)
    if (hit >= 0) found = at - kept + hit
    kept = Math.min(overlap, count)
    piece.copy(piece, 4096 - kept, 4096 + count - kept, 4096 + count)
    at += count
  }
  closeSync(fd)
  return found
}

/** @param {Buffer} bytes */
const indexOf = (bytes) => (backwards ? () => bytes.lastIndexOf(needle) : () => bytes.indexOf(needle))

/** @type {Record<string, () => () => number>} */
const peers = {
  memmap() {
    const m = Mmap.open(path)
    return backwards ? () => m.rfind(needle) : () => m.find(needle)
  },
  heap: () => indexOf(onTheHeap()),
  mapped: () => indexOf(Mmap.open(path).buffer),
  'memmap-whole': () => () => {
    const m = Mmap.open(path)
    const found = m.find(needle)
    m.close()
    return found
  },
  'read-pieces': () => readInPieces,
  count() {
    const m = Mmap.open(path)
    return () => m.count(needle)
  },
  wc: () => () => Number.parseInt(execFileSync('wc', ['-l', path], { encoding: 'utf8' }), 10),
  /** Prints the position of the match; `-a`, since the file may not be text. */
  rg: () => () => {
    const args = ['--no-config', '--threads', '1', '-a', '-o', '-b', '--no-filename', '-F', '--', needle, path]
    const { status, stdout } = spawnSync('rg', args, { encoding: 'latin1' })
    if (status !== 0) throw new Error(`rg ended with ${status}`)
    return Number.parseInt(stdout, 10)
  },
}

if (peer === 'memmap-2-threads') {
  const m = Mmap.open(path)
  const scan = { threads: 2 }
  await prepared()
  const start = now()
  const answer = await (backwards
    ? m.rfindAsync(needle, { start: 0, ...scan })
    : m.findAsync(needle, { start: 0, ...scan }))
  report(answer, { first: (now() - start) / 1e9 })
  process.exit()
}

const search = peers[peer]()
let answer = -1
const measured = () => {
  answer = search()
}
await prepared()
const first = time(measured)
report(answer, { first, repeat: median(Array.from({ length: REPEATS }, () => time(measured))) })
