import { randomFile } from '../data.mjs'
import { node } from '../harness.mjs'

/** What is the same work in both homes that have views, and the goals for `'overlay'`. @type {[string, import('../harness.mjs').Goal][]} */
const CALLS = [
  ['buffer[i]', { atMost: 1.1 }],
  ['readByte()', { atMost: 1.1 }],
  ['at(i)', { atMost: 1.1 }],
  ['writeByte(x)', {}],
  ['readInto 16 B', {}],
  ['find in 80 B', { atMost: 1.1 }],
]

const MIB = 2 ** 20
const FILES = [
  ['4 KiB', 4096, { atMost: 2 }],
  ['256 MiB', 256 * MIB, {}],
]

/** Hosts of a large mapping. @type {[string, string, string, import('../harness.mjs').Goal][]} */
const HOSTS = [
  ['WebAssembly', 'memmap-view-heap', 'overlay', {}],
  ['SharedArrayBuffer', 'memmap-shared-heap', 'overlay', { atMost: 1 }],
]

/** The home `'overlay'` beside `'external'`. @returns {import('../harness.mjs').Workload[]} */
export default () => [
  {
    title: "homes: one call, or one byte in a loop, in the home 'overlay' and in 'external'",
    samples: Object.fromEntries(
      CALLS.flatMap(([name]) =>
        ['overlay', 'external'].map((home) => [`${name}, ${home}`, node('micro.mjs', undefined, name, home)]),
      ),
    ),
    figures: CALLS.map(([name, goal]) => ({
      label: name,
      measure: 'call',
      ours: `${name}, overlay`,
      peer: `${name}, external`,
      ...goal,
    })),
  },
  {
    title: 'homes: open, map, view, first byte, close',
    samples: Object.fromEntries(
      FILES.flatMap(([size, length]) =>
        ['overlay', 'external'].map((home) => [
          `${size}, ${home}`,
          node('open.mjs', randomFile(length), 'memmap-view', home),
        ]),
      ),
    ),
    figures: FILES.map(([size, , goal]) => ({
      label: size,
      measure: 'call',
      ours: `${size}, overlay`,
      peer: `${size}, external`,
      ...goal,
    })),
  },
  {
    title: 'homes: the same of 1 GiB, beside 300 MB of live objects',
    samples: {
      external: node('open.mjs', randomFile(1024 * MIB), 'memmap-view-heap', 'external'),
      ...Object.fromEntries(
        HOSTS.map(([host, peer, home]) => [host, node('open.mjs', randomFile(1024 * MIB), peer, home)]),
      ),
    },
    figures: HOSTS.map(([host, , , goal]) => ({ label: host, measure: 'call', ours: host, peer: 'external', ...goal })),
  },
]
