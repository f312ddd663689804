import { node } from '../harness.mjs'

/**
 * Our calls, the plain code that each is compared with, and the goals in the home `'external'`.
 * @type {[string, string, import('../harness.mjs').Goal][]}
 */
const PAIRS = [
  ['buffer[i]', 'plain[i]', { atMost: 1.15 }],
  ['readByte()', 'plain[i]', { atMost: 10 }],
  ['at(i)', 'plain[i]', {}],
  ['writeByte(x)', 'plain[i] = x', {}],
  ['readInto 16 B', 'copy 16 B', {}],
  ['readInto 4 KiB', 'copy 4 KiB', {}],
  ['find in 80 B', 'indexOf in 80 B', { atMost: 1.5 }],
  ['slice 16 B', 'Buffer.from 16 B', {}],
]

/** @param {'external' | 'native'} home @returns {import('../harness.mjs').Workload} */
function calls(home) {
  const pairs = PAIRS.filter(([ours]) => home === 'external' || ours !== 'buffer[i]')
  const names = [...pairs.map(([ours]) => ours), ...pairs.map(([, peer]) => peer)]
  return {
    title: `micro: one call, or one byte in a loop, in the home '${home}'`,
    samples: Object.fromEntries(names.map((name) => [name, node('micro.mjs', undefined, name, home)])),
    figures: pairs.map(([ours, peer, goal]) => ({
      label: ours,
      measure: 'call',
      ours,
      peer,
      ...(home === 'external' ? goal : {}),
    })),
  }
}

/** The cost of one call in each home. */
export default () => [calls('external'), calls('native')]
