import { textFile } from '../data.mjs'
import { command, node } from '../harness.mjs'

const BUN = process.env['BUN'] ?? 'bun'

/** Reading the lines of a log. @param {number} scale @returns {import('../harness.mjs').Workload[]} */
export default (scale) => {
  const length = Math.round(scale * 5e8)
  const size = `${Math.round(length / 1e6)} MB`
  const [ascii, utf8, crlf] = /** @type {const} */ (['ascii', 'utf8', 'crlf']).map((kind) => textFile(length, kind))
  /** @param {string} label @param {string} ours @param {string} peer @param {number} [atLeast] */
  const figure = (label, ours, peer, atLeast) => ({ label, measure: 'first', ours, peer, atLeast })
  /** @type {typeof figure} */
  const again = (label, ours, peer, atLeast) => ({ label: `${label} again`, measure: 'repeat', ours, peer, atLeast })
  /** @param {string} path @param {string} kind @param {string} byHand */
  const strings = (path, kind, byHand) => ({
    title: `lines: strings of ${size}, ${kind}`,
    bytes: length,
    samples: {
      memmap: node('lines.mjs', path, 'memmap'),
      readline: node('lines.mjs', path, 'readline'),
      'readSync by hand': node('lines.mjs', path, byHand),
      'linesAsync()': node('lines.mjs', path, 'memmap-async'),
    },
    figures: [
      figure('lines()', 'memmap', 'readline', 7),
      figure('lines()', 'memmap', 'readSync by hand', 1.3),
      again('lines()', 'memmap', 'readSync by hand', 1.3),
      figure('linesAsync()', 'linesAsync()', 'readline'),
    ],
  })
  const plain = strings(ascii, 'ASCII', 'by-hand')
  const counted = { label: 'count, repeat pass', measure: 'repeat', ours: "count('\\n')" }
  return [
    {
      ...plain,
      samples: {
        ...plain.samples,
        'Python readline': command('python3', 'lines-python.py', ascii),
        'Bun split': command(BUN, 'lines-bun.mjs', ascii),
        buffers: node('lines.mjs', ascii, 'memmap-buffers'),
        offsets: node('lines.mjs', ascii, 'memmap-offsets'),
        'indexOf(10) on m.buffer': node('lines.mjs', ascii, 'indexOf'),
      },
      figures: [
        ...plain.figures,
        figure('lines()', 'memmap', 'Python readline', 3),
        figure('lines()', 'memmap', 'Bun split', 3),
        figure("as: 'buffer'", 'buffers', 'readline', 3.5),
        figure("as: 'offsets'", 'offsets', 'indexOf(10) on m.buffer', 1.6),
        again("as: 'offsets'", 'offsets', 'indexOf(10) on m.buffer', 1.6),
      ],
    },
    {
      title: `lines: counted, ${size}`,
      bytes: length,
      samples: {
        "count('\\n')": node('find.mjs', ascii, 'count', '\n', 'find'),
        'wc -l': node('find.mjs', ascii, 'wc', '\n', 'find'),
        'sum in C': { ...node('sum.mjs', ascii), needs: 'cc' },
      },
      figures: [
        { ...counted, label: 'count, first pass', measure: 'first', peer: 'wc -l' },
        { ...counted, peer: 'wc -l', atLeast: 2 },
        { ...counted, peer: 'sum in C', atLeast: 0.65, otherwise: true },
      ],
    },
    strings(utf8, 'UTF-8', 'by-hand-utf8'),
    strings(crlf, 'CRLF', 'by-hand'),
  ]
}
