// Other handlers of the same signals in the process. The test names the steps, and their answers are reported after
// each.
import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { bun, deno, folder, main, report, sleep } from '../common.mjs'
import { attempt, catches, fresh, inThread, pattern, trap } from './common.mjs'

const require = createRequire(import.meta.url)
const LENGTH = 4 * 65536
const CONTENT = pattern(LENGTH)

/** Loads the package when a step first needs it, since some tests do other steps before. */
let loaded
const load = () => {
  loaded ??= require('memmap')
  return loaded
}

const entry = () => require.resolve('memmap')
const copies = []

/** Loads another copy of the package, which has an addon of its own. */
function copyOf() {
  const from = path.dirname(entry())
  const to = fs.mkdtempSync(path.join(folder, 'copy-'))
  for (const name of fs.readdirSync(from)) {
    if (['index.js', 'package.json'].includes(name) || name.endsWith('.node'))
      fs.copyFileSync(path.join(from, name), path.join(to, name))
  }
  return require(path.join(to, 'index.js'))
}

function guarded({ Mmap }, access = 'write') {
  const name = fresh(CONTENT)
  const m = Mmap.open(name, { access })
  return { name, m, view: m.buffer }
}

/** Truncates the file of a mapping, and reads it. */
function survive({ name, m, view }) {
  fs.truncateSync(name, 0)
  const zeros = [view[0], view[LENGTH - 1]]
  const { code, offset, reason } = attempt(() => m.slice(5, 100))
  const right = m.faulted && zeros.every((byte) => byte === 0) && offset === 5 && reason === 'truncated'
  return right ? code : { zeros, code, offset, reason, faulted: m.faulted }
}

/** A crash that the addon must not catch: in a mapping that is not guarded. */
function crash({ Mmap }, kind) {
  const name = fresh(CONTENT)
  const view = Mmap.open(name, { faults: 'crash' }).buffer
  if (kind === 'segv') {
    view[0] = 1
    return view[0]
  }
  fs.truncateSync(name, 0)
  return view[0]
}

let heard = 0
const listener = () => heard++
const waiting = []

const STEPS = {
  load: () => load() !== undefined,
  map: (access) => waiting.push(guarded(load(), access)),
  /** A fault in a mapping that was made in an earlier step, and no other mapping was made since. */
  fault: () => survive(waiting.shift()),
  survive: () => survive(guarded(load())),
  stray: () => {
    const { m, view, name } = guarded(load(), 'read')
    view[0] = 0
    return [
      attempt(() => m.at(0)).code,
      attempt(() => m.at(0)).value === CONTENT[0],
      fs.readFileSync(name).equals(CONTENT),
    ]
  },
  copy: () => copies.push(copyOf()),
  surviveCopy: (number) => survive(guarded(copies[number])),
  crash: (kind) => crash(load(), kind),
  crashCopy: (number) => crash(copies[number], 'bus'),
  trap,
  listen: (signal) => process.on(signal, listener) && signal,
  once: (signal) => process.once(signal, listener) && signal,
  unlisten: (signal) => process.off(signal, listener) && signal,
  unlistenAll: (signal) => process.removeAllListeners(signal) && signal,
  churn(times) {
    for (let time = 0; time < times; time++) {
      process.on('SIGBUS', listener)
      process.off('SIGBUS', listener)
    }
    return times
  },
  async kill(signal) {
    const before = heard
    // Bun first replaces any handler that is not its own by the default action.
    if (bun) spawnSync('sh', ['-c', `kill -s ${signal.slice(3)} ${process.pid}`])
    else process.kill(process.pid, signal)
    for (let turn = 0; turn < 200 && heard === before; turn++) await sleep(5)
    return heard - before
  },
  /** Loads a crash reporter. process.dlopen loads what is no addon, too, and then throws. */
  reporter(library) {
    const { code } = attempt(() => process.dlopen({ exports: {} }, library))
    // Bun and Deno throw another error.
    return (bun || deno) && code !== undefined ? true : code === 'ERR_DLOPEN_FAILED'
  },
  catches: (number) => catches(number),
  unguarded() {
    const { Mmap } = load()
    const m = Mmap.open(fresh(CONTENT), { faults: 'crash' })
    return m.slice(0, 100).equals(CONTENT.subarray(0, 100)) && m.buffer.equals(CONTENT)
  },
  /** Loads the package in a thread, which ends. */
  thread: (access) => {
    const text = `
      import fs from 'node:fs'
      import { createRequire } from 'node:module'
      import { parentPort, workerData } from 'node:worker_threads'
      const { Mmap } = createRequire(workerData.entry)(workerData.entry)
      const m = Mmap.open(workerData.name, { access: '${access ?? 'write'}' })
      const view = m.buffer
      fs.truncateSync(workerData.name, 0)
      const zero = view[100]
      try { m.slice(0, 5) } catch (error) { parentPort.postMessage([zero, error.code]) }`
    return inThread(text, { entry: entry(), name: fresh(CONTENT) })
  },
}

/** Starts a shell that sends this process each of the signals so many times. */
function sender(signals, times) {
  const sends = signals.map((signal) => `kill -${signal.slice(3)} ${process.pid}`).join('; ')
  const script = `i=0; while [ $i -lt ${times} ]; do ${sends}; i=$((i+1)); done`
  const child = spawn('sh', ['-c', script], { stdio: 'ignore' })
  return new Promise((resolve) => child.once('exit', (code) => resolve(code)))
}

await main({
  /** Faults are survived while two processes send signals that have listeners, one of which goes through our handler. */
  async storm({ signal, times }) {
    const signals = [signal, 'SIGUSR2', 'SIGCHLD', 'SIGTERM']
    const counts = {}
    load()
    guarded(load())
    for (const name of signals) {
      counts[name] = 0
      process.on(name, () => counts[name]++)
    }
    let senders = 2
    const ends = Promise.all(
      [0, 1].map(async () => {
        const code = await sender(signals, times)
        senders--
        return code
      }),
    )
    const answers = new Set()
    let rounds = 0
    for (; senders > 0; rounds++) {
      report({ underway: rounds, counts })
      const one = guarded(load())
      answers.add(survive(one))
      one.m.close()
      fs.rmSync(one.name)
      await sleep(0)
    }
    const heard = signals.filter((name) => counts[name] > 0)
    report({ codes: await ends, answers: [...answers], heard, faulted: rounds > 0 })
  },

  async steps({ steps }) {
    const done = []
    for (const [name, argument] of steps) {
      report({ done, underway: name })
      done.push(await STEPS[name](argument))
      // Bun reports a new listener before it installs its handler; a turn later the addon's is on top again.
      if (bun) await sleep(1)
    }
    report({ done })
  },
})
