// Ratios of pairs that were measured alternately within one process, with the confidence interval of their mean.
import { spawnSync } from 'node:child_process'
import { warm } from './data.mjs'

/**
 * @typedef {object} Paired
 * @property {string} title
 * @property {import('./harness.mjs').Command} pairs
 * @property {Record<string, number | undefined>} limits the upper bound that the time beside the peer's may have
 */
/** @typedef {{ label: string, middle: number, low: number, high: number, limit?: number, reached?: boolean }} Verdict */

/** The mean of the logarithms and its 95 % confidence interval (Student's t). @param {number[]} ratios */
export function interval(ratios) {
  const logs = ratios.map(Math.log)
  const count = logs.length
  const mean = logs.reduce((sum, each) => sum + each, 0) / count
  const variance = logs.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (count - 1)
  // The quantile of Student's t, by the expansion of Cornish and Fisher; it approaches 1.96 for many pairs.
  const t = 1.96 + 2.372 / (count - 1) + 2.82 / (count - 1) ** 2
  const half = t * Math.sqrt(variance / count)
  return { middle: Math.exp(mean), low: Math.exp(mean - half), high: Math.exp(mean + half) }
}

/** @param {Paired} workload @param {string} clock @returns {Verdict[]} */
export function pair({ pairs, limits }, clock) {
  if (pairs.file !== undefined) warm(pairs.file)
  const env = { ...process.env, BENCHMARK_CLOCK: clock }
  const { status, stdout, stderr } = spawnSync(pairs.program, pairs.args, { env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${pairs.args.join(' ')} failed:\n${stderr}`)
  const { ratios } = JSON.parse(stdout)
  return Object.entries(limits).map(([label, limit]) => {
    const found = interval(ratios[label])
    return limit === undefined ? { label, ...found } : { label, ...found, limit, reached: found.high <= limit }
  })
}

/** @param {Verdict[]} verdicts */
export function pairTable(verdicts) {
  return verdicts
    .map(({ label, middle, low, high, limit, reached }) => {
      const goal = limit === undefined ? '' : `upper bound <= ${limit}: ${reached ? 'reached' : 'NOT REACHED'}`
      const text = `  ${label.padEnd(16)} ${middle.toFixed(3)}x the time (95 %: ${low.toFixed(3)} – ${high.toFixed(3)})`
      return `${text}  ${goal}`.trimEnd()
    })
    .join('\n')
}
