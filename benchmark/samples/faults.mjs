// What it costs to be watched: guarded against faults and not, in turn, within one process: `faults.mjs PAIRS PATH`.
import { Mmap } from '../../index.js'
import { aligned, now, prepared } from './common.mjs'

const [pairs, path] = [Number(process.argv[2]), process.argv[3]]
const [guarded, bare] = [Mmap.open(path, { faults: 'guard' }), Mmap.open(path, { faults: 'crash' })]
const SEGMENT = Math.min(guarded.length, 2 ** 26)
// The page before the last has the needle: up to there it is absent.
const end = guarded.length - 8192

/** @type {Record<string, (m: Mmap, round: number) => number>} */
const measures = {
  find: (m) => m.find('NeEdLe#7', 0, end),
  readByte(m, round) {
    const from = (round * SEGMENT) % (m.length - SEGMENT + 1)
    m.seek(from)
    let sum = 0
    for (let left = SEGMENT; left > 0; left--) sum += m.readByte()
    return sum
  },
  'readInto 4 KiB'(m, round) {
    let sum = 0
    for (let call = 0; call < 20_000; call++) sum += m.readInto(page, 0, 4096, (call * 7919 + round * 104_729) % end)
    return sum
  },
  'at(i)'(m) {
    let sum = 0
    for (let index = 0; index < 2 ** 22; index++) sum += m.at((index * 509) & (2 ** 22 - 1)) ?? 0
    return sum
  },
}
const page = aligned(4096)

/** @param {() => number} work @returns {[number, number]} */
function timed(work) {
  const start = now()
  const answer = work()
  return [now() - start, answer]
}

await prepared()
/** @type {Record<string, number[]>} */
const ratios = {}
for (const [name, measure] of Object.entries(measures)) {
  ratios[name] = []
  for (let round = -3; round < pairs; round++) {
    // Who begins changes, lest one of them always finds the caches as the other left them.
    const order = round % 2 === 0 ? [guarded, bare] : [bare, guarded]
    const results = new Map(order.map((m) => [m, timed(() => measure(m, Math.abs(round)))]))
    const [ours = [0, 0], theirs = [0, 0]] = [results.get(guarded), results.get(bare)]
    if (ours[1] !== theirs[1]) throw new Error(`${name}: ${ours[1]} and ${theirs[1]}`)
    // The first rounds are the compiler's.
    if (round >= 0) ratios[name].push(ours[0] / theirs[0])
  }
}
console.log(JSON.stringify({ ratios }))
