import { randomFile } from '../data.mjs'
import { node } from '../harness.mjs'

const GIB = 2 ** 30
const PEER = 'a SharedArrayBuffer, filled and posted'

/** One file for four threads. @param {number} scale @returns {import('../harness.mjs').Workload[]} */
export default (scale) => {
  const path = randomFile(Math.max(2 ** 20, Math.round((GIB * scale) / 2 ** 20) * 2 ** 20))
  return [
    {
      title: `threads: four have the first byte of a file, ${scale} GiB`,
      samples: {
        'share and attach': node('threads.mjs', path, 'attach'),
        [PEER]: node('threads.mjs', path, 'fill'),
      },
      figures: [
        {
          label: 'first byte in each',
          measure: 'given',
          ours: 'share and attach',
          peer: PEER,
          ...(scale === 1 ? { atLeast: 150 } : {}),
        },
      ],
    },
  ]
}
