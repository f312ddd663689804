// Reads the lines of a file: `lines.mjs PEER PATH`. The answer is the number of lines and of characters.
import { closeSync, createReadStream, openSync, readSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Mmap } from '../../index.js'
import { aligned, now, prepared, report, time } from './common.mjs'

const [peer, path] = process.argv.slice(2)

/** @param {Iterable<{ length: number }>} lines */
function total(lines) {
  let [count, sum] = [0, 0]
  for (const line of lines) {
    count++
    sum += line.length
  }
  return count + sum / 2 ** 40
}

/** The fastest loop in plain JavaScript: it reads pieces of whole lines. @param {'latin1' | 'utf8'} encoding */
function byHand(encoding) {
  const piece = aligned(131_072)
  const fd = openSync(path, 'r')
  let [count, sum, kept] = [0, 0, 0]
  for (;;) {
    const read = readSync(fd, piece, kept, 65_536, null)
    if (read === 0) break
    const end = piece.lastIndexOf(10, kept + read - 1) + 1
    const text = piece.toString(encoding, 0, end)
    for (let from = 0, at = text.indexOf('\n'); at >= 0; from = at + 1, at = text.indexOf('\n', from)) {
      const line = text.slice(from, text.charCodeAt(at - 1) === 13 ? at - 1 : at)
      count++
      sum += line.length
    }
    piece.copy(piece, 0, end, kept + read)
    kept = kept + read - end
  }
  closeSync(fd)
  return count + sum / 2 ** 40
}

/** @type {Record<string, () => number | Promise<number>>} */
const peers = {
  memmap: () => total(Mmap.open(path).lines()),
  'memmap-latin1': () => total(Mmap.open(path).lines({ encoding: 'latin1' })),
  'memmap-buffers': () => total(Mmap.open(path).lines({ as: 'buffer' })),
  'memmap-offsets'() {
    let [count, sum] = [0, 0]
    for (const [start, end] of Mmap.open(path).lines({ as: 'offsets' })) {
      count++
      sum += end - start
    }
    return count + sum / 2 ** 40
  },
  async 'memmap-async'() {
    let [count, sum] = [0, 0]
    for await (const lines of Mmap.open(path).linesAsync()) {
      for (const line of lines) {
        count++
        sum += line.length
      }
    }
    return count + sum / 2 ** 40
  },
  indexOf() {
    const { buffer } = Mmap.open(path)
    let [count, sum] = [0, 0]
    for (let from = 0, at = buffer.indexOf(10); at >= 0; from = at + 1, at = buffer.indexOf(10, from)) {
      count++
      sum += at - from
    }
    return count + sum / 2 ** 40
  },
  'by-hand': () => byHand('latin1'),
  'by-hand-utf8': () => byHand('utf8'),
  readline: () =>
    new Promise((resolve) => {
      let [count, sum] = [0, 0]
      createInterface({ input: createReadStream(path) })
        .on('line', (line) => {
          count++
          sum += line.length
        })
        .on('close', () => resolve(count + sum / 2 ** 40))
    }),
}

await prepared()
const start = now()
const pass = peers[peer]()
const answer = await pass
const seconds = { first: (now() - start) / 1e9 }
// In the first pass the compiler knows no types but those of this loop.
report(answer, pass instanceof Promise ? seconds : { ...seconds, repeat: time(peers[peer]) })
