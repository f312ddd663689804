// Reads 4 KiB at random positions, which are the same for all peers.
import { openSync, readSync, statSync } from 'node:fs'
import { Mmap } from '../../index.js'
import { xorshift } from '../data.mjs'
import { aligned, prepared, report, time } from './common.mjs'

const BLOCK = 4096
const READS = 200_000

const [peer, path] = process.argv.slice(2)
const { size } = statSync(path)
const target = aligned(BLOCK)
const next = xorshift(7)
const positions = Float64Array.from({ length: READS }, () => Math.floor((next() / 2 ** 32) * (size - BLOCK)))

/** @param {'external' | 'native'} home */
function mapped(home) {
  const m = Mmap.open(path, { home })
  m.find('touches every page')
  return (/** @type {number} */ position) => m.readInto(target, 0, BLOCK, position)
}

/** @type {Record<string, () => (position: number) => number>} */
const peers = {
  memmap: () => mapped('external'),
  'memmap-native': () => mapped('native'),
  'buffer-copy'() {
    const m = Mmap.open(path, { home: 'external' })
    m.find('touches every page')
    const { buffer } = m
    return (position) => buffer.copy(target, 0, position, position + BLOCK)
  },
  readSync() {
    const fd = openSync(path, 'r')
    return (position) => readSync(fd, target, 0, BLOCK, position)
  },
}

const read = peers[peer]()
let answer = 0
/** @param {number} reads */
const readAll = (reads) => {
  for (let index = 0; index < reads; index++) answer = (answer + read(positions[index]) + target[0]) >>> 0
}
readAll(5_000)
await prepared()
report(answer, { call: time(() => readAll(READS)) / READS })
