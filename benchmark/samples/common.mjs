// What the sample processes share. A sample is `node FILE.mjs PEER [PATH]` and prints one line of JSON.
import { writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** The processor time of this process in nanoseconds. */
function cpuTime() {
  const { user, system } = process.cpuUsage()
  return (user + system) * 1e3
}

/** The time in nanoseconds by the chosen clock. */
export const now = process.env['BENCHMARK_CLOCK'] === 'cpu' ? cpuTime : () => Number(process.hrtime.bigint())

/** Seconds that `work` takes. @param {() => unknown} work */
export function time(work) {
  const start = now()
  work()
  return (now() - start) / 1e9
}

/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2
}

/**
 * Seconds of one call, the median of `batches` batches, after the code was optimised.
 * @param {() => unknown} work @param {number} calls how many calls make a batch @param {number} batches
 */
export function timeEach(work, calls, batches = 30) {
  const batch = () => {
    for (let call = 0; call < calls; call++) work()
  }
  for (let warming = 0; warming < 5; warming++) batch()
  return median(Array.from({ length: batches }, () => time(batch) / calls))
}

/**
 * Memory that begins at a page. The allocator puts large Buffers 16 bytes into a page, where some processors copy from
 * the kernel at a quarter of the speed: a peer would be slower by accident.
 * @param {number} length
 */
export function aligned(length) {
  return Buffer.from(new WebAssembly.Memory({ initial: Math.ceil(length / 65_536) }).buffer, 0, length)
}

const majorFaults = () => process.resourceUsage().majorPageFault
let faultsAtStart = majorFaults()

/**
 * To be called after the preparations: from here on no page may come from the disk. It waits a moment, since the
 * threads of a new process are busy for some milliseconds.
 */
export async function prepared() {
  await sleep(50)
  faultsAtStart = majorFaults()
}

/**
 * @param {unknown} answer the answer, which must be the same for all peers
 * @param {Record<string, number>} seconds by the name of the measure
 */
export function report(answer, seconds) {
  const sample = { answer, seconds, majorFaults: majorFaults() - faultsAtStart, cpu: cpuTime() / 1e9 }
  writeSync(1, `${JSON.stringify(sample)}\n`)
}
