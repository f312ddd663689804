// What the sample processes share. A sample is `node FILE.mjs PEER [PATH]` and prints one line of JSON.
import { writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Nanoseconds that the processors worked for this process. */
function cpuTime() {
  const { user, system } = process.cpuUsage()
  return (user + system) * 1e3
}

/** Nanoseconds by the clock that was asked for. */
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
 * Seconds of one call, the median of `batches` batches, after the compiler had its say.
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
 * Memory at the start of a page: where the allocator puts large Buffers, 16 bytes into one, some processors copy from
 * the kernel at a quarter of the speed, and a peer would lose by accident.
 * @param {number} length
 */
export function aligned(length) {
  return Buffer.from(new WebAssembly.Memory({ initial: Math.ceil(length / 65_536) }).buffer, 0, length)
}

const majorFaults = () => process.resourceUsage().majorPageFault
let faultsAtStart = majorFaults()

/**
 * Call when the preparations are over: from here on no page may come from the disk. Waits a moment, since the threads of
 * a young process are at work for some milliseconds.
 */
export async function prepared() {
  await sleep(50)
  faultsAtStart = majorFaults()
}

/**
 * @param {unknown} answer what all peers must agree on
 * @param {Record<string, number>} seconds by the name of the measure
 */
export function report(answer, seconds) {
  const sample = { answer, seconds, majorFaults: majorFaults() - faultsAtStart, cpu: cpuTime() / 1e9 }
  writeSync(1, `${JSON.stringify(sample)}\n`)
}
