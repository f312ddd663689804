// The cost of the guard against faults, with and without it alternately within one process: `faults.mjs PAIRS PATH`.
import { Mmap } from '../../index.js'
import { aligned, now, prepared } from './common.mjs'

const [pairs, path] = [Number(process.argv[2]), process.argv[3]]
const [guarded, bare] = [Mmap.open(path, { faults: 'guard' }), Mmap.open(path, { faults: 'crash' })]
const SEGMENT = Math.min(guarded.length, 2 ** 26)
// The needle is in the page before the last, and searches of what is before it do not find it.
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
    // They take turns to begin, since the second finds the caches as the first left them.
    const order = round % 2 === 0 ? [guarded, bare] : [bare, guarded]
    const results = new Map(order.map((m) => [m, timed(() => measure(m, Math.abs(round)))]))
    const [ours = [0, 0], theirs = [0, 0]] = [results.get(guarded), results.get(bare)]
    if (ours[1] !== theirs[1]) throw new Error(`${name}: ${ours[1]} and ${theirs[1]}`)
    // The first rounds are not counted: the compiler is at work.
    if (round >= 0) ratios[name].push(ours[0] / theirs[0])
  }
}
console.log(JSON.stringify({ ratios }))
