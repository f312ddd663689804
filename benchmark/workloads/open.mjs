import { randomFile } from '../data.mjs'
import { command, node } from '../harness.mjs'

const KIB = 2 ** 10
const MIB = 2 ** 20

/**
 * The goals are for a mapping without a view; the figure below each shows what a view adds.
 * @type {[string, number, string, import('../harness.mjs').Goal][]}
 */
const FILES = [
  ['4 KiB', 4 * KIB, 'read-one', { atMost: 4 }],
  ['1 MiB', MIB, 'read-whole', { atLeast: 1 }],
  ['16 MiB', 16 * MIB, 'read-whole', { atLeast: 1 }],
  ['256 MiB', 256 * MIB, 'read-whole', { atLeast: 1 }],
]

const NAMES = { 'read-one': 'openSync, readSync 1 byte, closeSync', 'read-whole': 'the same, the whole file' }

/** The cost of opening a file. @returns {import('../harness.mjs').Workload[]} */
export default () => [
  {
    title: 'open: open, map, first byte, close',
    samples: Object.assign(
      {},
      ...FILES.map(([size, length, peer]) => {
        const path = randomFile(length)
        return {
          [size]: node('open.mjs', path, 'memmap'),
          [`${NAMES[peer]}, ${size}`]: node('open.mjs', path, peer),
          [`${size}, with m.buffer`]: node('open.mjs', path, 'memmap-view'),
          [`Python mmap, ${size}`]: command('python3', 'open-python.py', path),
        }
      }),
    ),
    figures: FILES.flatMap(([size, , peer, goal]) => [
      { label: size, measure: 'call', ours: size, peer: `${NAMES[peer]}, ${size}`, ...goal },
      { label: size, measure: 'call', ours: size, peer: `Python mmap, ${size}` },
      {
        label: `${size}, with m.buffer`,
        measure: 'call',
        ours: `${size}, with m.buffer`,
        peer: `Python mmap, ${size}`,
      },
    ]),
  },
]
