// The cost of single calls, with mitata: `micro.mjs CASE HOME`. One case a process, since the compiler would learn
// types of other cases.
import { do_not_optimize as keep, measure } from 'mitata'
import { Mmap } from '../../index.js'
import { now, report } from './common.mjs'

const BYTES = 65_536
const CALLS = 256

const [name, home] = process.argv.slice(2)
const m = Mmap.open('/tmp/f64k', { home, access: 'write' })
const plain = Uint8Array.from({ length: BYTES }, (_, index) => (index * 31 + 7) & 255)
m.set(plain)

const small = Buffer.alloc(16)
const page = Buffer.from(new WebAssembly.Memory({ initial: 1 }).buffer, 0, 4096)
const heap = Buffer.from(plain)
const absent = Buffer.from('absent!!')

/** Another position at each call, so that neither processor nor compiler can predict the answer. @param {number} call */
const place = (call) => (call * 509) & (BYTES - 4097)

/** For each case, how many calls or bytes one run of its function has, and the function. @type {Record<string, [number, () => any]>} */
const cases = {
  'plain[i]': [
    BYTES,
    () => {
      let sum = 0
      for (let index = 0; index < plain.length; index++) sum += plain[index]
      return sum
    },
  ],
  'buffer[i]': [
    BYTES,
    () => {
      const { buffer } = m
      let sum = 0
      for (let index = 0; index < buffer.length; index++) sum += buffer[index]
      return sum
    },
  ],
  'readByte()': [
    BYTES,
    () => {
      let sum = 0
      m.seek(0)
      for (let index = 0; index < BYTES; index++) sum += m.readByte()
      return sum
    },
  ],
  'at(i)': [
    BYTES,
    () => {
      let sum = 0
      for (let index = 0; index < BYTES; index++) sum += m.at(index)
      return sum
    },
  ],
  'plain[i] = x': [
    BYTES,
    () => {
      for (let index = 0; index < plain.length; index++) plain[index] = index
      return plain[9]
    },
  ],
  'writeByte(x)': [
    BYTES,
    () => {
      m.seek(0)
      for (let index = 0; index < BYTES; index++) m.writeByte(index & 255)
      return m.at(9)
    },
  ],
  ...calls('readInto 16 B', (at) => m.readInto(small, 0, 16, at)),
  ...calls('readInto 4 KiB', (at) => m.readInto(page, 0, 4096, at)),
  ...calls('copy 16 B', (at) => heap.copy(small, 0, at, at + 16)),
  ...calls('copy 4 KiB', (at) => heap.copy(page, 0, at, at + 4096)),
  ...calls('find in 80 B', (at) => m.find(absent, at, at + 80)),
  ...calls('indexOf in 80 B', (at) => heap.subarray(at, at + 80).indexOf(absent)),
  ...calls('slice 16 B', (at) => m.slice(at, at + 16).length),
  ...calls('Buffer.from 16 B', (at) => Buffer.from(heap.subarray(at, at + 16)).length),
}

/** @param {string} title @param {(at: number) => number} call */
function calls(title, call) {
  const loop = () => {
    let sum = 0
    for (let index = 0; index < CALLS; index++) sum += call(place(index))
    return sum
  }
  return { [title]: [CALLS, loop] }
}

const [count, work] = cases[name]
const answer = work()
const { p50 } = await measure(() => keep(work()), { now, min_cpu_time: 300e6 })
report(answer, { call: p50 / count / 1e9 })
