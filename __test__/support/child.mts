import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { support } from './common.mjs'

export interface ChildOptions {
  /** Flags of node itself, before the program. */
  flags?: readonly string[]
  env?: Record<string, string>
  /** A shared library for LD_PRELOAD. */
  preload?: string
  /** Milliseconds until the child is killed. */
  timeout?: number
}

export interface Outcome {
  code: number | null
  signal: NodeJS.Signals | null
  /** What the program printed, standard output and error together. */
  output: string
  /** What it handed to `report`; undefined when it ended before. */
  // biome-ignore lint/suspicious/noExplicitAny: each program has a shape of its own
  answer: any
}

const programs = path.join(support, 'programs')

/** By how much to multiply what a child may take: an emulator's tests set it. A busy machine is three times slower. */
const PATIENCE = 3 * Number(process.env['MEMMAP_TEST_PATIENCE'] ?? 1)

/** Environment variables that would change what a child measures. */
const OURS = ['MEMMAP_HOME', 'MEMMAP_FAULTS', 'NODE_OPTIONS', 'LD_PRELOAD']

function read(name: string): string {
  return fs.existsSync(name) ? fs.readFileSync(name, 'utf8') : ''
}

/** Children at a time: a test file starts all of its tests at once, and what is starved reaches its timeout. */
const AT_ONCE = 4
let running = 0
const waiting: (() => void)[] = []

async function turn(): Promise<Disposable> {
  if (running === AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve))
  else running++
  return {
    // A turn goes straight to who waits longest.
    [Symbol.dispose]() {
      const next = waiting.shift()
      if (next === undefined) running--
      else next()
    },
  }
}

/** A node that has begun. Wine, where many do at once, now and then starts none and cannot say why: then once more. */
async function started(args: readonly string[], options: SpawnOptions, attempts = 3): Promise<ChildProcess> {
  try {
    return spawn(process.execPath, args, options)
  } catch (error) {
    if (attempts === 1 || (error as NodeJS.ErrnoException).code !== 'UNKNOWN') throw error
    console.error(`Once more: ${error}`)
    await new Promise((resolve) => setTimeout(resolve, 1000))
    return started(args, options, attempts - 1)
  }
}

/**
 * Runs the scenario of a program of programs/ in a process of its own. What it prints and reports goes through files:
 * node.exe cannot have a pipe as its standard output under Wine.
 */
export async function run(
  program: string,
  scenario: string,
  args: Readonly<Record<string, unknown>> = {},
  options: ChildOptions = {},
): Promise<Outcome> {
  using _ = await turn()
  const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'memmap-child-'))
  const [printed, reported] = [path.join(folder, 'printed'), path.join(folder, 'reported')]
  const output = fs.openSync(printed, 'w')
  const env: NodeJS.ProcessEnv = { ...process.env }
  for (const name of OURS) delete env[name]
  Object.assign(env, options.env, { MEMMAP_TEST_REPORT: reported, MEMMAP_TEST_FOLDER: folder })
  if (options.preload !== undefined) env['LD_PRELOAD'] = options.preload
  try {
    const child = await started(
      [...(options.flags ?? []), path.join(programs, `${program}.mjs`), scenario, JSON.stringify(args)],
      { env, cwd: folder, stdio: ['ignore', output, output], windowsHide: true },
    )
    const timer = setTimeout(() => child.kill('SIGKILL'), (options.timeout ?? 60_000) * PATIENCE)
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (...end) => resolve(end))
    })
    clearTimeout(timer)
    const answer = read(reported)
    return { code, signal, output: read(printed), answer: answer === '' ? undefined : JSON.parse(answer) }
  } finally {
    fs.closeSync(output)
    fs.rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** Whether this node knows a flag: those of the compilers come and go with V8. */
export function knows(flag: string): boolean {
  return spawnSync(process.execPath, [flag, '-e', '0'], { stdio: 'ignore' }).status === 0
}

/** What went wrong in a child, for the message of an assertion. */
export function story({ code, signal, output, answer }: Outcome): string {
  return `exit code ${code}, signal ${signal}, reported ${JSON.stringify(answer)}, printed:\n${output.slice(0, 4000)}`
}
