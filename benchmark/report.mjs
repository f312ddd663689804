// Prints the results.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { cpus, release, totalmem, type } from 'node:os'
import { PAGESIZE } from '../index.js'

/** @typedef {import('./harness.mjs').Result} Result */
/** @typedef {import('./harness.mjs').Spread} Spread */

/** @param {() => string} ask */
function unlessAbsent(ask) {
  try {
    return ask().trim()
  } catch {
    return 'unknown'
  }
}

/** What a reader must know about the machine to compare figures. @returns {Record<string, string>} */
export function environment() {
  const folder = import.meta.dirname
  return {
    cpu: `${cpus()[0]?.model.trim()}, ${cpus().length} in all`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB, pages of ${PAGESIZE}`,
    kernel: `${type()} ${release()}`,
    node: `${process.version}, V8 ${process.versions.v8}`,
    'file system': unlessAbsent(
      () => execFileSync('df', ['--output=fstype', folder], { encoding: 'utf8' }).split('\n')[1],
    ),
    'huge pages': unlessAbsent(() => readFileSync('/sys/kernel/mm/transparent_hugepage/enabled', 'utf8')),
    'read-ahead': unlessAbsent(() =>
      readdirSync('/sys/block')
        .filter((disk) => !/^(loop|ram|zram)/.test(disk))
        .map((disk) => `${disk} ${readFileSync(`/sys/block/${disk}/queue/read_ahead_kb`, 'utf8').trim()} KiB`)
        .join(', '),
    ),
  }
}

/** @param {number} seconds */
function duration(seconds) {
  for (const [unit, least] of /** @type {const} */ ([
    ['s', 1],
    ['ms', 1e-3],
    ['µs', 1e-6],
  ])) {
    if (seconds >= least) return `${digits(seconds / least)} ${unit}`
  }
  return `${digits(seconds * 1e9)} ns`
}

/** A number with three significant digits. @param {number} value */
const digits = (value) => (value >= 100 ? String(Math.round(value)) : value.toPrecision(3))

/** @param {Result} result */
function goal({ atMost, atLeast }) {
  if (atMost !== undefined) return `<= ${atMost}x the time`
  return atLeast === undefined ? '' : `>= ${atLeast}x faster`
}

/** @param {Result} result */
function ratioText({ ratio, atLeast }) {
  if (ratio === undefined) return 'skipped'
  const range = `${digits(ratio.least)} – ${digits(ratio.most)}`
  return `${digits(ratio.middle)}x ${atLeast === undefined ? 'the time' : 'faster'} (${range})`
}

/** @param {Result} result */
const verdict = ({ reached }) => (reached === undefined ? '' : reached ? 'reached' : 'NOT REACHED')

/** @param {Spread | undefined} time @param {number} [bytes] */
function timeText(time, bytes) {
  if (time === undefined) return ''
  if (bytes === undefined) return `${duration(time.middle)} (${duration(time.least)} – ${duration(time.most)})`
  const rate = (/** @type {number} */ seconds) => (bytes / seconds / 1e9).toFixed(2)
  return `${rate(time.middle)} GB/s (${rate(time.most)} – ${rate(time.least)})`
}

const HEAD = ['figure', 'ours, median (min – max)', 'peer', 'its median (min – max)', 'ratio', 'goal', '']

/** @param {Result[]} results @param {number} [bytes] what one measure goes through */
export function table(results, bytes) {
  const rows = [
    HEAD,
    ...results.map((result) => [
      result.label,
      timeText(result.ourTime, bytes),
      result.peer,
      timeText(result.peerTime, bytes),
      ratioText(result),
      goal(result),
      verdict(result),
    ]),
  ]
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  return rows
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column])).join('  ')}`.trimEnd())
    .join('\n')
}
