import { textFile } from '../data.mjs'
import { node } from '../harness.mjs'

/** The example `grep -c`, a whole process, beside `rg -c`. @param {number} scale @returns {import('../harness.mjs').Workload[]} */
export default (scale) => {
  const length = Math.round(scale * 5e8)
  const path = textFile(length)
  const patterns = { literal: 'user99999 timeout', 'class-heavy': '\\[(auth|mailer)\\] id=[0-9a-f]{8} .*timeout' }
  return Object.entries(patterns).map(([name, pattern]) => ({
    title: `grep -c: ${name}, ${pattern} in ${Math.round(length / 1e6)} MB, less the run on an empty file`,
    samples: {
      'npm run grep': node('grep.mjs', path, 'memmap', pattern),
      'rg -c': { ...node('grep.mjs', path, 'rg', pattern), needs: 'rg' },
    },
    figures: [{ label: 'grep -c', measure: 'net', ours: 'npm run grep', peer: 'rg -c', atMost: 1.3 }],
  }))
}
