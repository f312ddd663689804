// What the programs share. They are plain JavaScript, which Node, Bun and Deno run without a build.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

export const bun = process.versions.bun !== undefined
export const deno = process.versions.deno !== undefined

/** The home with views that is tested: see `VIEWED_HOME` of the tests. */
export const viewed = process.env.MEMMAP_TEST_VIEWED ?? 'external'

export const folder = process.env.MEMMAP_TEST_FOLDER ?? fs.mkdtempSync(path.join(os.tmpdir(), 'memmap-child-'))

/** Passes the answer to the test that started this program; prints it when there is none. */
export function report(value) {
  const name = process.env.MEMMAP_TEST_REPORT
  if (name === undefined) console.log(JSON.stringify(value))
  else fs.writeFileSync(name, JSON.stringify(value))
}

/** Runs the scenario that the command line names. */
export async function main(scenarios) {
  const [, , name, args = '{}'] = process.argv
  if (scenarios[name] === undefined) throw new Error(`No scenario '${name}'`)
  await scenarios[name](JSON.parse(args))
}

function engineGc() {
  if (bun) return () => globalThis.Bun.gc(true)
  if (globalThis.gc !== undefined) return globalThis.gc
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc')
}

let gc

export function collect() {
  gc ??= engineGc()
  gc()
}

export const turn = () => new Promise((resolve) => setImmediate(resolve))
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * Collects garbage and lets finalizers run, for some rounds or until `done` holds. Later rounds wait longer, since
 * threads of a busy machine take their time.
 */
export async function collectUntil(done, rounds = 60) {
  for (let round = 0; round < rounds && !done?.(); round++) {
    collect()
    await turn()
    await sleep(round < 3 ? 0 : 20)
  }
}

const proc = (name) => (process.platform === 'linux' ? fs.readFileSync(`/proc/self/${name}`, 'utf8') : '')

/** The number of lines of /proc/self/maps that contain `text`; -1 where there is no such file. */
export function lines(text = '') {
  if (process.platform !== 'linux') return -1
  return proc('maps')
    .split('\n')
    .filter((line) => line !== '' && line.includes(text)).length
}

/** Descriptors that engines open for the event loops of threads, and sometimes keep; a mapping never has such a one. */
const OF_LOOPS = /^(anon_inode|socket|pipe):/

/**
 * The number of open descriptors of `target`, or without one, of all but those of event loops; -1 where it is unknown.
 */
export function descriptors(target) {
  if (process.platform !== 'linux') return -1
  return fs.readdirSync('/proc/self/fd').filter((fd) => {
    try {
      const leads = fs.readlinkSync(`/proc/self/fd/${fd}`)
      return target === undefined ? !OF_LOOPS.test(leads) : leads.includes(target)
    } catch {
      return false
    }
  }).length
}

/** Address space and resident memory in kilobytes, lines of /proc/self/maps, and descriptors of this process. */
export function usage() {
  const status = proc('status')
  const kilobytes = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? -1)
  return { size: kilobytes('VmSize'), resident: kilobytes('VmRSS'), lines: lines(), descriptors: descriptors() }
}

/** Deletes a file; answers whether it is gone. On Windows it stays while somebody has it mapped or open. */
export function deleted(name) {
  try {
    fs.unlinkSync(name)
  } catch {
    // It is gone already, or in use.
  }
  return !fs.readdirSync(path.dirname(name)).includes(path.basename(name))
}

let files = 0

/** Makes a file with this content in the test's folder; answers its path. */
export function file(content, name = `file-${process.pid}-${files++}`) {
  const full = path.join(folder, name)
  fs.writeFileSync(full, content)
  return full
}

export function codeOf(run) {
  try {
    run()
    return undefined
  } catch (error) {
    return error.code ?? String(error)
  }
}

export async function rejection(promise) {
  try {
    await promise
    return undefined
  } catch (error) {
    return error.code ?? String(error)
  }
}
