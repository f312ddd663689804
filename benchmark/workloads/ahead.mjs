import { randomFile } from '../data.mjs'
import { node } from '../harness.mjs'

/** Reads off the event loop, of files that are in the page cache and that are not. @param {number} scale @returns {import('../harness.mjs').Workload[]} */
export default (scale) => {
  const large = randomFile(Math.round(scale * 2 ** 32))
  const small = randomFile(Math.round(scale * 2 ** 30))
  /** @param {string} heat @param {string} path @param {string[]} peers */
  const samples = (heat, path, ...peers) =>
    Object.fromEntries(peers.map((peer) => [peer, node('ahead.mjs', undefined, peer, heat, path)]))
  const figure = (
    /** @type {string} */ ours,
    /** @type {string} */ peer,
    /** @type {import('../harness.mjs').Goal} */ goal,
  ) => ({ label: ours, measure: 'all', ours, peer, ...goal })
  const lanes = ['fs-4', 'fs-16', 'fs-64']
  return [
    {
      title: 'ahead: 10,000 random blocks of 4 KiB of a cold file',
      samples: samples('cold', large, 'prefetch', 'readAsync', 'touch', ...lanes),
      figures: ['prefetch', 'readAsync'].flatMap((ours) => [
        ...lanes.map((peer) => figure(ours, peer, { atLeast: 0.9 })),
        figure(ours, 'touch', { atLeast: 2 }),
      ]),
    },
    {
      title: 'ahead: one block of 4 KiB after the other, which are in memory',
      samples: samples('warm', small, 'readAsync-one', 'fs-one'),
      figures: [figure('readAsync-one', 'fs-one', { atMost: 1.2 })],
    },
    {
      title: 'ahead: one pass over a cold file, as a stream',
      bytes: Math.round(scale * 2 ** 30),
      samples: samples('cold', small, 'createReadStream', 'stream', 'fs-stream'),
      figures: ['createReadStream', 'stream'].map((ours) => figure(ours, 'fs-stream', { atLeast: 0.95 })),
    },
    {
      title: 'ahead: one pass over a file in memory, as a stream',
      bytes: Math.round(scale * 2 ** 30),
      samples: samples('warm', small, 'createReadStream', 'stream', 'fs-stream'),
      figures: ['createReadStream', 'stream'].map((ours) =>
        figure(ours, 'fs-stream', ours === 'stream' ? { atLeast: 1.2 } : {}),
      ),
    },
  ]
}
