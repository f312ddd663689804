import { EARLY, LATE, randomFile } from '../data.mjs'
import { command, node } from '../harness.mjs'

/** @param {'find' | 'rfind'} direction */
function searching(direction) {
  /** @param {number} scale @returns {import('../harness.mjs').Workload[]} */
  return (scale) => {
    const length = Math.round(scale * 2 ** 30)
    const path = randomFile(length)
    const needle = direction === 'find' ? LATE : EARLY
    const name = direction === 'find' ? 'Buffer.indexOf' : 'Buffer.lastIndexOf'
    const sample = (/** @type {string} */ key) => node('find.mjs', path, key, needle, direction)
    /** @param {string} peer @param {number} [first] @param {number} [repeat] */
    const passes = (peer, first, repeat) => [
      { label: 'first pass', measure: 'first', ours: 'memmap', peer, atLeast: first },
      { label: 'repeat pass', measure: 'repeat', ours: 'memmap', peer, atLeast: repeat },
    ]
    const forwards = direction === 'find'
    return [
      {
        title: `${direction}: 8 rare bytes at the far end of ${Math.round(length / 2 ** 20)} MiB`,
        bytes: length,
        samples: {
          memmap: sample('memmap'),
          'memmap, 2 threads': sample('memmap-2-threads'),
          [`${name} on the heap`]: sample('heap'),
          [`${name} on m.buffer`]: sample('mapped'),
          'Python mmap': command('python3', 'find-python.py', path, needle, direction),
          'Bun.mmap': command(process.env['BUN'] ?? 'bun', 'find-bun.mjs', path, needle, direction),
          ...(forwards
            ? {
                'memmap-whole': sample('memmap-whole'),
                'readSync in pieces': sample('read-pieces'),
                rg: { ...sample('rg'), needs: 'rg' },
                'sum in C': { ...node('sum.mjs', path), needs: 'cc' },
                rfind: node('find.mjs', path, 'memmap', EARLY, 'rfind'),
              }
            : {}),
        },
        figures: [
          ...passes(`${name} on the heap`, 6, 6),
          ...passes(`${name} on m.buffer`, 6, 6),
          ...passes('Python mmap', undefined, forwards ? 5 : 4.5),
          ...passes('Bun.mmap', forwards ? 1.1 : undefined, forwards ? 1.1 : undefined),
          {
            label: `${direction}Async, first pass`,
            measure: 'first',
            ours: 'memmap, 2 threads',
            peer: 'memmap',
            atLeast: forwards ? 1.4 : undefined,
          },
          ...(forwards
            ? [
                {
                  label: 'open, find, close',
                  measure: 'first',
                  ours: 'memmap-whole',
                  peer: 'readSync in pieces',
                  atLeast: 3.5,
                },
                { label: 'open, find, close', measure: 'first', ours: 'memmap-whole', peer: 'rg', atLeast: 1 },
                {
                  label: 'repeat pass',
                  measure: 'repeat',
                  ours: 'memmap',
                  peer: 'sum in C',
                  atLeast: 0.75,
                  otherwise: true,
                },
                { label: 'rfind', measure: 'repeat', ours: 'rfind', peer: 'memmap', atLeast: 0.85, otherwise: true },
              ]
            : []),
        ],
      },
    ]
  }
}

/** Searching forwards. */
export const find = searching('find')

/** Searching backwards. */
export const rfind = searching('rfind')
