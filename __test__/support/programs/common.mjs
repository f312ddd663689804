// What the programs share. Plain JavaScript: they run in Node, Bun and Deno as they are.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

export const bun = process.versions.bun !== undefined
export const deno = process.versions.deno !== undefined

export const folder = process.env.MEMMAP_TEST_FOLDER ?? fs.mkdtempSync(path.join(os.tmpdir(), 'memmap-child-'))

/** Hands the answer to the test; without one, prints it. */
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

/** Collects, and lets finalizers run, so often; or until `done` holds, with patience: threads of a busy machine wait. */
export async function settle(done, rounds = 60) {
  for (let round = 0; round < rounds && !done?.(); round++) {
    collect()
    await turn()
    await sleep(round < 3 ? 0 : 20)
  }
}

const proc = (name) => (process.platform === 'linux' ? fs.readFileSync(`/proc/self/${name}`, 'utf8') : '')

/** Lines of /proc/self/maps, those with `text` alone. -1: this system has no such file. */
export function lines(text = '') {
  if (process.platform !== 'linux') return -1
  return proc('maps')
    .split('\n')
    .filter((line) => line !== '' && line.includes(text)).length
}

/** What engines open for the loops of their threads, and some keep when these have ended: a mapping never needs one. */
const OF_LOOPS = /^(anon_inode|socket|pipe):/

/** Open descriptors, those alone that lead to `target`; without one, all but those of loops. -1: not told here. */
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

/** Kilobytes of address space and of memory, lines of maps, descriptors. */
export function usage() {
  const status = proc('status')
  const kilobytes = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? -1)
  return { size: kilobytes('VmSize'), resident: kilobytes('VmRSS'), lines: lines(), descriptors: descriptors() }
}

/** Deletes a file, and tells whether it is gone: on Windows it stays while anybody has it mapped or open. */
export function deleted(name) {
  try {
    fs.unlinkSync(name)
  } catch {
    // Gone already, or in use.
  }
  return !fs.readdirSync(path.dirname(name)).includes(path.basename(name))
}

let files = 0

/** A file of `content`, in the test's folder. */
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
