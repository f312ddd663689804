import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import test, { type ExecutionContext } from 'ava'
import { type Home, Mmap } from 'memmap'

/** The path of index.js, by which a child process may load the package. */
export const ENTRY: string = fileURLToPath(import.meta.resolve('memmap'))
/** The folder of the repository. */
export const root: string = path.dirname(ENTRY)
/** This folder in the sources, where the programs are: build/ has nothing but compiled TypeScript. */
export const support: string = path.join(root, '__test__', 'support')

export const windows: boolean = process.platform === 'win32'
export const linux: boolean = process.platform === 'linux'
export const bun: boolean = process.versions['bun'] !== undefined
/** The name of the emulator that runs the engine, if one does: the script that starts it sets this. */
export const emulator: string | undefined = process.env['MEMMAP_TEST_EMULATOR']
/**
 * The share of the long loops that is to run. Scripts that repeat the suite on another system or engine set it below 1.
 */
export const SHARE: number = Number(process.env['MEMMAP_TEST_SHARE'] ?? 1)
export const deno: boolean = process.versions['deno'] !== undefined
export const electron: boolean = process.versions['electron'] !== undefined

/** Whether a mapping can be in this home on this system and with this engine. */
function isPossible(home: Home): boolean {
  try {
    Mmap.anonymous(1, { home }).close()
    return true
  } catch {
    return false
  }
}

/** Whether there is the home `'overlay'`. */
export const hasOverlay: boolean = isPossible('overlay')

/**
 * The homes in which each test of behaviour runs: all that there are here. Under an emulator, which takes its time, the tests of
 * the home `'overlay'` itself stand for the others in it.
 */
export const HOMES: readonly Home[] = (['external', 'overlay', 'native'] as const).filter(
  (home) => isPossible(home) && (home !== 'overlay' || emulator === undefined),
)

/** The homes that have views. Where an engine has neither, a test of views meets its error. */
export const VIEWED: readonly Home[] =
  HOMES.includes('external') || HOMES.includes('overlay') ? HOMES.filter((home) => home !== 'native') : ['external']

/** The home with views that the tests of faults use. A second run sets another one by the environment. */
export const VIEWED_HOME: Home = (process.env['MEMMAP_TEST_VIEWED'] ?? VIEWED[0]) as Home

/** Defines a test that runs in each home. */
export function eachHome(title: string, run: (t: ExecutionContext, home: Home) => void | Promise<void>): void {
  for (const home of HOMES) test(`${title} [${home}]`, (t) => run(t, home))
}

/** Ends a test that cannot run here, with the reason in its log. */
export function skip(t: ExecutionContext, reason: string): void {
  t.log(`skipped: ${reason}`)
  t.pass()
}

/** Collects all garbage. It needs no flag of node, so the tests start as users' programs do. */
export function collect(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}

/**
 * Removes a file or a folder; answers whether it is gone. On Windows a file stays until its views are collected, so
 * there it collects garbage and tries again.
 */
export async function removed(name: string): Promise<boolean> {
  const attempts = windows ? 6 : 1
  for (let attempt = 1; ; attempt++) {
    try {
      fs.rmSync(name, { recursive: true, force: true })
      return true
    } catch (error) {
      if (!windows) throw error
      if (attempt === attempts) return false
    }
    collect()
    await setTimeout(attempt * 20)
  }
}

/** Makes a folder for the test, which is removed at its end. */
export function scratch(t: ExecutionContext): string {
  const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'memmap-'))
  t.teardown(async () => {
    // A view that the test itself still holds is no failure: then the folder stays among the system's temporary files.
    if (!(await removed(folder))) t.log(`left behind: ${folder}`)
  })
  return folder
}

let files = 0

/** Makes a file for the test. A number as content means so many zeros, as a hole where the file system has holes. */
export function file(t: ExecutionContext, content: string | Uint8Array | number, folder = scratch(t)): string {
  const name = path.join(folder, `file-${files++}`)
  fs.writeFileSync(name, typeof content === 'number' ? '' : content)
  if (typeof content === 'number') fs.truncateSync(name, content)
  return name
}

/**
 * Makes a block device with this content, which goes away at the end of the test; answers its path. Where that cannot be
 * done, it ends the test with the reason in its log.
 */
export function blockDevice(t: ExecutionContext, content: Uint8Array): string | undefined {
  if (!linux || process.getuid?.() !== 0) return void skip(t, 'only root of Linux can make a block device of a file')
  const { error, status, stdout, stderr } = spawnSync('losetup', ['-f', '--show', file(t, content)], {
    encoding: 'utf8',
  })
  if (status !== 0) return void skip(t, `no block device can be made here: ${error?.message ?? stderr.trim()}`)
  const device = stdout.trim()
  t.teardown(() => void spawnSync('losetup', ['-d', device]))
  return device
}

/** Opens a descriptor, which is closed at the end of the test. */
export function descriptor(t: ExecutionContext, name: string, flags: string | number = 'r+'): number {
  const fd = fs.openSync(name, flags)
  t.teardown(() => fs.closeSync(fd))
  return fd
}

/** A number that is no open descriptor. */
export function closedDescriptor(): number {
  // So high that nothing opens it meanwhile.
  return 900_000
}

/** Closes a mapping at the end of the test, before its file is removed. */
export function closing<T extends Disposable>(t: ExecutionContext, mapping: T): T {
  t.teardown(() => mapping[Symbol.dispose]())
  return mapping
}

type ErrorClass = new (message?: string) => Error

const TYPE_ERRORS = ['ERR_MMAP_READ_ONLY', 'ERR_INVALID_ARG_TYPE', 'ERR_INVALID_ARG_VALUE', 'ERR_INVALID_URL_SCHEME']
const RANGE_ERRORS = ['ERR_MMAP_EMPTY_FILE', 'ERR_MMAP_OFFSET', 'ERR_OUT_OF_RANGE']

function classOf(code: string): ErrorClass {
  if (TYPE_ERRORS.includes(code)) return TypeError
  return RANGE_ERRORS.includes(code) ? RangeError : Error
}

export interface Expected {
  code: string
  /** By default the class that belongs to the code. */
  instanceOf?: ErrorClass
  message?: RegExp
}

function checkError(t: ExecutionContext, error: unknown, expected: Expected, what: string): void {
  const instanceOf = expected.instanceOf ?? classOf(expected.code)
  if (!(error instanceof Error)) {
    t.fail(`${what}: expected ${expected.code}, got ${String(error)}`)
    return
  }
  const { code, message, stack } = error as NodeJS.ErrnoException
  t.is(code, expected.code, `${what}: ${stack}`)
  t.true(error instanceof instanceOf, `${what}: ${error.name} is no ${instanceOf.name}`)
  // A plain Error must not be one of the two narrower classes.
  if (instanceOf === Error) t.false(error instanceof TypeError || error instanceof RangeError, what)
  if (expected.message !== undefined) t.regex(message, expected.message, what)
}

/** Checks that `run` throws an error with this code and of its class; answers the error. */
export function throwsCode(
  t: ExecutionContext,
  run: () => unknown,
  expected: Expected,
  what = String(run),
): NodeJS.ErrnoException | undefined {
  let answer: unknown
  try {
    answer = run()
  } catch (error) {
    checkError(t, error, expected, what)
    return error as NodeJS.ErrnoException
  }
  t.fail(`${what}: expected ${expected.code}, got the answer ${typeof answer}`)
  return undefined
}

/** Like `throwsCode`, for a promise that is rejected. */
export async function rejectsCode(
  t: ExecutionContext,
  run: () => Promise<unknown>,
  expected: Expected,
  what = String(run),
): Promise<NodeJS.ErrnoException | undefined> {
  const answer = await run().then(
    () => undefined,
    (error: unknown) => error,
  )
  checkError(t, answer, expected, what)
  return answer as NodeJS.ErrnoException | undefined
}

/**
 * The descriptors and mappings of files below `folder` that this process has. On Linux only; elsewhere it answers none.
 */
export function held(folder: string): { descriptors: string[]; mappings: string[] } {
  if (!linux) return { descriptors: [], mappings: [] }
  const descriptors = fs.readdirSync('/proc/self/fd').map((fd) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      // The descriptor that read the listing is closed by now.
      return ''
    }
  })
  return {
    descriptors: descriptors.filter((target) => target.includes(folder)),
    mappings: fs
      .readFileSync('/proc/self/maps', 'latin1')
      .split('\n')
      .filter((line) => line.includes(folder)),
  }
}

/** Permissions, flags and fields that /proc/self/smaps has for the only mapping of a file. */
export function kernelView(name: string): { perms: string; flags: string[]; kb: (field: string) => number } {
  const blocks = fs.readFileSync('/proc/self/smaps', 'latin1').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)
  const block = blocks.find((text) => text.slice(0, text.indexOf('\n')).includes(name))
  if (block === undefined) throw new Error(`no mapping of ${name}`)
  return {
    perms: block.split(' ')[1] ?? '',
    flags: (/^VmFlags: (.*)$/m.exec(block)?.[1] ?? '').trim().split(' '),
    kb: (field) => Number(new RegExp(`^${field}: +([0-9]+) kB`, 'm').exec(block)?.[1]),
  }
}

/** Compiles a C source of native/ into a shared library; answers why that cannot be done here, if it cannot. */
export function compileLibrary(source: string, library: string, ...flags: string[]): string | undefined {
  const args = [...flags, '-shared', '-fPIC', '-o', library, path.join(support, 'native', source)]
  const { error, status, stderr } = spawnSync('cc', [...args, ...(linux ? ['-ldl'] : [])], { encoding: 'utf8' })
  if (error !== undefined) return `there is no C compiler here: ${error.message}`
  if (status !== 0) throw new Error(`${source} does not compile:\n${stderr}`)
  return undefined
}

export interface ChildOptions {
  /** A shell command to run first, such as `ulimit`. */
  limit?: string
  env?: NodeJS.ProcessEnv
}

/** Runs a script in a child process, where `Mmap`, `fs` and `args` are defined; answers what it printed. */
export function inChild(script: string, args: readonly string[] = [], { limit, env = {} }: ChildOptions = {}): string {
  const prologue = `const fs = require('fs'); const [entry, ...args] = JSON.parse(process.env.MEMMAP_TEST_CHILD);
    const { Mmap } = require(entry);`
  const node = [process.execPath, '-e', `${prologue}\n${script}`]
  const [command = '', ...rest] = limit === undefined ? node : ['sh', '-c', `${limit} && exec "$0" "$@"`, ...node]
  const options = {
    encoding: 'utf8',
    env: { ...process.env, MEMMAP_TEST_CHILD: JSON.stringify([ENTRY, ...args]), ...env },
  } as const
  const { status, signal, stdout, stderr } = spawnSync(command, rest, options)
  if (status !== 0) throw new Error(`the child ended with ${signal ?? status}: ${stderr}`)
  return stdout
}
