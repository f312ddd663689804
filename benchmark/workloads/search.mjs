import { textFile } from '../data.mjs'
import { node } from '../harness.mjs'

/** Patterns of different kinds: a rare literal, many classes, digits, alternatives, no literal at all. */
const SOURCES = {
  'rare literal': 'user99999 timeout',
  'class-heavy': '\\[(auth|mailer)\\] id=[0-9a-f]{8} .*timeout',
  digits: 'dur=1[0-9]{3}ms',
  alternatives: 'timeout|retry|closed|flushed|replica',
  'no literal': '[0-9]{4}-[0-9]{2}-[0-9]{2}T',
}

/** Regular expressions over a log. @param {number} scale @returns {import('../harness.mjs').Workload[]} */
export default (scale) => {
  const length = Math.round(scale * 5e8)
  const path = textFile(length)
  const size = `${Math.round(length / 1e6)} MB`
  const counting = Object.entries(SOURCES).map(([name, source]) => {
    const sample = (/** @type {string} */ key) => node('search.mjs', path, key, source)
    // These match at most once in a line, so that matches can be compared with lines; alternatives may match more
    // often.
    const lines = name === 'alternatives' ? {} : { rg: { ...sample('rg'), needs: 'rg' } }
    return {
      title: `search: ${name}, /${source}/ in ${size}`,
      bytes: length,
      samples: {
        memmap: sample('memmap'),
        'V8 on a latin1 string': sample('v8'),
        'memmap-whole': sample('memmap-whole'),
        'memmap, 2 threads': sample('memmap-2-threads'),
        ...lines,
      },
      figures: [
        { label: 'count', measure: 'repeat', ours: 'memmap', peer: 'V8 on a latin1 string', atLeast: 2 },
        ...(name === 'alternatives'
          ? []
          : [
              { label: 'open, count, close', measure: 'first', ours: 'memmap-whole', peer: 'rg', atLeast: 1 },
              { label: 'the same, 2 threads', measure: 'first', ours: 'memmap, 2 threads', peer: 'rg', atLeast: 1.6 },
            ]),
        { label: '2 threads', measure: 'first', ours: 'memmap, 2 threads', peer: 'memmap-whole' },
      ],
    }
  })
  const matches = (/** @type {string} */ key) => node('search.mjs', path, key, SOURCES.digits)
  return [
    ...counting,
    {
      title: `search: each match of /${SOURCES.digits}/ as an object, ${size}`,
      samples: { memmap: matches('memmap-matches'), 'String.matchAll': matches('v8-matches') },
      figures: [{ label: 'matchAll', measure: 'repeat', ours: 'memmap', peer: 'String.matchAll', atLeast: 2 }],
    },
  ]
}
