// Takes samples: each in a process of its own, the peers in turn, with the file in the page cache; compares the
// answers.
import { spawnSync } from 'node:child_process'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { warm } from './data.mjs'
import { median } from './samples/common.mjs'

/** @typedef {{ atMost?: number, atLeast?: number }} Goal times the peer's time, or times as fast as the peer */
/**
 * `otherwise`: the two do different work, and their answers are not compared.
 * @typedef {Goal & { label: string, measure: string, ours: string, peer: string, otherwise?: boolean }} Figure
 */
/** @typedef {{ program: string, args: string[], file?: string, needs?: string }} Command `file` is read into the page cache before; `needs` is another program that it starts */
/** @typedef {{ answer: unknown, seconds: Record<string, number>, majorFaults: number, cpu: number }} Sample */
/**
 * @typedef {object} Workload
 * @property {string} title
 * @property {number} [bytes] the bytes that one measure processes, where a rate says more than a time
 * @property {Record<string, Command>} samples by the name of the peer
 * @property {Figure[]} figures
 */
/** @typedef {{ peer: string, round: number, disturbed: boolean } & Sample} Taken */
/** @typedef {{ middle: number, least: number, most: number }} Spread */
/** @typedef {Figure & { ourTime?: Spread, peerTime?: Spread, ratio?: Spread, reached?: boolean }} Result */

const SAMPLES = join(import.meta.dirname, 'samples')
const TRIES = 2

/**
 * @param {string} program @param {string} script in samples/
 * @param {string | undefined} file what is read, if a file is @param {...string} args
 * @returns {Command}
 */
export function command(program, script, file, ...args) {
  return { program, args: [join(SAMPLES, script), ...(file === undefined ? args : [...args, file])], file }
}

/** @param {string} script @param {string | undefined} file @param {...string} args */
export const node = (script, file, ...args) => command(process.execPath, script, file, ...args)

/** @param {Command} wanted */
const isThere = ({ program, needs = program }) => spawnSync(needs, ['--version'], { stdio: 'ignore' }).status === 0

/** The seconds for which all processors have been busy. */
function busyTime() {
  const times = cpus().map((cpu) => cpu.times)
  return times.reduce((sum, { user, nice, sys, irq }) => sum + user + nice + sys + irq, 0) / 1e3
}

/** Waits, for at most 2 seconds, until less than half of one processor is busy. */
async function quiet() {
  for (let tries = 0; tries < 10; tries++) {
    const before = busyTime()
    await sleep(200)
    if (busyTime() - before < 0.1) return
  }
}

/** @param {Command} wanted @param {string} clock @returns {Sample} */
function run({ program, args }, clock) {
  const env = { ...process.env, BENCHMARK_CLOCK: clock }
  const { status, stdout, stderr } = spawnSync(program, args, { env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed:\n${stderr}`)
  return JSON.parse(stdout)
}

/**
 * Takes a sample, if possible one in which no page came from the disk and other processes did hardly any work.
 * @param {Command} wanted @param {string} clock
 */
async function take(wanted, clock) {
  for (let tries = 1; ; tries++) {
    if (clock === 'wall') await quiet()
    if (wanted.file !== undefined) warm(wanted.file)
    const [start, before] = [performance.now(), busyTime()]
    const sample = run(wanted, clock)
    const lasted = (performance.now() - start) / 1e3
    const disturbed = clock === 'wall' && busyTime() - before - sample.cpu > 0.05 + lasted / 5
    if (sample.majorFaults === 0 && (!disturbed || tries >= TRIES)) return { ...sample, disturbed }
    if (tries >= 2 * TRIES) throw new Error(`${wanted.args.join(' ')}: the file does not stay in the page cache`)
  }
}

/**
 * Takes all samples of a workload, round by round.
 * @param {Workload} workload @param {number} rounds @param {string} clock @param {(line: string) => void} say
 */
export async function sample(workload, rounds, clock, say) {
  const there = Object.entries(workload.samples).filter(([peer, wanted]) => {
    const found = isThere(wanted)
    if (!found)
      say(
        `skipped: ${peer}, since there is no ${wanted.needs ?? wanted.program} here. Its figures count as not reached`,
      )
    return found
  })
  /** @type {Taken[]} */
  const taken = []
  for (let round = 0; round < rounds; round++) {
    for (const [peer, wanted] of there) taken.push({ peer, round, ...(await take(wanted, clock)) })
  }
  const disturbed = taken.filter((each) => each.disturbed).length
  if (disturbed > 0) say(`${disturbed} of ${taken.length} samples were disturbed by other processes`)
  return taken
}

/** @param {number[]} values @returns {Spread} */
const spread = (values) => ({ middle: median(values), least: Math.min(...values), most: Math.max(...values) })

/** @param {Figure} figure @param {Taken[]} taken @returns {Result} */
export function judge(figure, taken) {
  const answers = new Set(
    taken.filter(({ peer }) => peer === figure.ours || peer === figure.peer).map((each) => each.answer),
  )
  if (answers.size !== 1 && figure.otherwise !== true)
    throw new Error(`${figure.ours} and ${figure.peer} differ: ${[...answers].join(', ')}`)
  const times = (/** @type {string} */ peer) =>
    taken.filter((each) => each.peer === peer).map(({ seconds }) => seconds[figure.measure])
  const [ours, theirs] = [times(figure.ours), times(figure.peer)]
  const { atMost, atLeast } = figure
  if (theirs.length === 0) return { ...figure, ourTime: spread(ours), reached: false }
  const ratio = spread(ours.map((time, round) => (atLeast === undefined ? time / theirs[round] : theirs[round] / time)))
  const result = { ...figure, ourTime: spread(ours), peerTime: spread(theirs), ratio }
  if (atLeast !== undefined) return { ...result, reached: ratio.middle >= atLeast }
  return atMost === undefined ? result : { ...result, reached: ratio.middle <= atMost }
}
