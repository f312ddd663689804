// Reads off the event loop: `ahead.mjs PEER cold|warm PATH`. Cold: the file is not in the page cache when the clock starts.
import { spawnSync } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { Mmap } from '../../index.js'
import { xorshift } from '../data.mjs'
import { now, prepared, report } from './common.mjs'

const BLOCK = 4096

const [peer, heat, path] = process.argv.slice(2)
const { size } = await stat(path)
const reads = heat === 'cold' ? 10_000 : 20_000
const next = xorshift(7)
// Warm reads are of few pages, which are surely in memory.
const pages = heat === 'cold' ? Math.floor(size / BLOCK) : 100
const positions = Array.from({ length: reads }, () => Math.floor((next() / 2 ** 32) * pages) * BLOCK)
const ranges = positions.map((at) => [at, at + BLOCK])

let answer = 0
/** @param {Uint8Array} block */
const take = (block) => {
  answer = (answer + block[0] + block[BLOCK - 1]) >>> 0
}

/** @param {number} lanes how many reads are in flight */
async function readByFs(lanes) {
  const file = await open(path)
  let index = 0
  const lane = async () => {
    while (index < reads) {
      const { buffer } = await file.read(Buffer.allocUnsafeSlow(BLOCK), 0, BLOCK, positions[index++])
      take(buffer)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  await file.close()
}

/** @param {AsyncIterable<Uint8Array>} stream */
async function readAll(stream) {
  for await (const chunk of stream) answer += chunk.length
}

/** The file, mapped anew, so that none of its pages is mapped yet. */
const map = () => Mmap.open(path)

/** @type {Record<string, () => Promise<void> | void>} */
const peers = {
  async prefetch() {
    const m = map()
    await m.prefetch(ranges)
    const block = Buffer.alloc(BLOCK)
    for (const at of positions) {
      m.readInto(block, 0, BLOCK, at)
      take(block)
    }
  },
  async readAsync() {
    for (const block of await map().readAsync(ranges)) take(block)
  },
  touch() {
    const m = map()
    const block = Buffer.alloc(BLOCK)
    for (const at of positions) {
      m.readInto(block, 0, BLOCK, at)
      take(block)
    }
  },
  async 'readAsync-one'() {
    const m = map()
    for (const at of positions) take(await m.readAsync(at, at + BLOCK))
  },
  'fs-one': () => readByFs(1),
  'fs-4': () => readByFs(4),
  'fs-16': () => readByFs(16),
  'fs-64': () => readByFs(64),
  createReadStream: () => readAll(map().createReadStream()),
  stream: () => readAll(map().stream()),
  'fs-stream': () => readAll(createReadStream(path)),
}

if (heat === 'cold') {
  // GNU's dd drops a whole file from the page cache so: nothing else that is everywhere can.
  const { status } = spawnSync('dd', [`of=${path}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0'], {
    stdio: 'ignore',
  })
  if (status !== 0) throw new Error('dd(1) could not drop the file from the page cache')
}
const start = now()
await peers[peer]()
const seconds = (now() - start) / 1e9
// The pages that came from the disk were meant to.
await prepared()
report(answer, { all: seconds })
