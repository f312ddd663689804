import { randomFile } from '../data.mjs'
import { node } from '../harness.mjs'

/** Reads of blocks at random positions. @param {number} scale @returns {import('../harness.mjs').Workload[]} */
export default (scale) => {
  const length = Math.round(scale * 2 ** 30)
  const path = randomFile(length)
  const sample = (/** @type {string} */ key) => node('random.mjs', path, key)
  return [
    {
      title: `random: readInto of 4 KiB anywhere in ${Math.round(length / 2 ** 20)} MiB`,
      samples: {
        memmap: sample('memmap'),
        readSync: sample('readSync'),
        'memmap-native': sample('memmap-native'),
        'm.buffer.copy': sample('buffer-copy'),
      },
      figures: [
        { label: "home 'external'", measure: 'call', ours: 'memmap', peer: 'readSync', atLeast: 3 },
        { label: "home 'native'", measure: 'call', ours: 'memmap-native', peer: 'readSync' },
        { label: "home 'external'", measure: 'call', ours: 'memmap', peer: 'm.buffer.copy' },
      ],
    },
  ]
}
