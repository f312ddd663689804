import { randomFile } from '../data.mjs'
import { node } from '../harness.mjs'

/** The cost of the guard against faults. @param {number} scale @param {number} rounds */
export default (scale, rounds) => {
  const length = Math.round(scale * 2 ** 30)
  const pairs = Math.max(15, rounds * 6)
  return [
    {
      title: `faults: 'guard' beside faults: 'crash', ${pairs} pairs in turn, ${Math.round(length / 2 ** 20)} MiB`,
      pairs: node('faults.mjs', randomFile(length), String(pairs)),
      limits: { find: 1.05, readByte: 1.15, 'at(i)': undefined, 'readInto 4 KiB': undefined },
    },
  ]
}
