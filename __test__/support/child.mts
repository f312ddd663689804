import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { ExecutionContext } from 'ava'
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
  /** What it passed to `report`; undefined when it ended before that. */
  // biome-ignore lint/suspicious/noExplicitAny: each program has a shape of its own
  answer: any
}

const programs = path.join(support, 'programs')

/** The factor for all timeouts: scripts that emulate set it. On a busy machine things take three times as long. */
const PATIENCE = 3 * Number(process.env['MEMMAP_TEST_PATIENCE'] ?? 1)

/** Variables of the environment that would change what a child does. */
const OURS = ['MEMMAP_HOME', 'MEMMAP_FAULTS', 'NODE_OPTIONS', 'LD_PRELOAD']

function read(name: string): string {
  return fs.existsSync(name) ? fs.readFileSync(name, 'utf8') : ''
}

/**
 * The number of children that run at once. ava starts all tests of a file at once, and children that get too little of
 * the processor reach their timeout.
 */
const AT_ONCE = 4
let running = 0
const waiting: (() => void)[] = []

async function turn(): Promise<Disposable> {
  if (running === AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve))
  else running++
  return {
    // The turn passes to the one that has waited longest.
    [Symbol.dispose]() {
      const next = waiting.shift()
      if (next === undefined) running--
      else next()
    },
  }
}

/** Starts a node. When many start at once, Wine sometimes fails with an unknown error; then it tries again. */
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
 * Runs a scenario of a program of programs/ in a child process. What it prints and reports goes through files, because
 * under Wine node.exe does not start when its output is a pipe.
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
  // Where a test says nothing of homes, the one that the run is for.
  if (env['MEMMAP_TEST_VIEWED'] !== undefined) env['MEMMAP_HOME'] = env['MEMMAP_TEST_VIEWED']
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

/** Whether this node has a flag: flags of V8's compilers differ from version to version. */
export function knows(flag: string): boolean {
  return spawnSync(process.execPath, [flag, '-e', '0'], { stdio: 'ignore' }).status === 0
}

/** How a child ended, for the message of an assertion. */
export function story({ code, signal, output, answer }: Outcome): string {
  return `exit code ${code}, signal ${signal}, reported ${JSON.stringify(answer)}, printed:\n${output.slice(0, 4000)}`
}

/** Checks that a child has ended by itself with this code. */
export function ended(t: ExecutionContext, outcome: Outcome, code = 0): boolean {
  return t.is(outcome.signal, null, story(outcome)) && t.is(outcome.code, code, story(outcome))
}
