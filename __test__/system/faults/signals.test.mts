import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { run, story } from '../../support/child.mjs'
import { bun, compileLibrary, deno, emulator, linux, SHARE, skip, windows } from '../../support/common.mjs'

type Step = readonly [name: string, argument?: unknown]

interface Case {
  steps: readonly Step[]
  /** The answers of the steps that the program completes. */
  done: readonly unknown[]
  /** The signal that kills the program; by default it ends by itself. */
  dies?: NodeJS.Signals
  /** All that is printed, by crash reporters; a list means any one of its texts. */
  prints?: string | readonly string[]
}

const FAULT = 'ERR_MMAP_FAULT'
const STRAY = ['ERR_MMAP_READ_ONLY', true, true]

const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'memmap-signals-'))
const RESETS = path.join(folder, 'resets.so')
const CHAINS = path.join(folder, 'chains.so')
const STRIPS = path.join(folder, 'strips.so')
let missing: string | undefined

test.before(() => {
  if (windows) {
    missing = 'there are no signals of memory on Windows'
    return
  }
  for (const [library, flags] of [
    [RESETS, []],
    [CHAINS, ['-DCHAINS']],
    [STRIPS, ['-DSTRIPS']],
  ] as const) {
    // Node unloads a library that is no addon, but its handlers must stay.
    const stays = linux ? ['-Wl,-z,nodelete'] : []
    missing = compileLibrary('crash-reporter.c', library, ...flags, ...stays)
  }
})

test.after.always(() => fs.rmSync(folder, { recursive: true, force: true }))

async function steps(t: ExecutionContext, { steps, done, dies, prints = '' }: Case): Promise<void> {
  // Deno does so without the package too, with and without listeners.
  if (deno && steps.some(([name]) => name === 'kill'))
    return skip(t, 'Deno passes over the first SIGBUS or SIGSEGV that is sent to it, and dies by the second')
  const outcome = await run('faults/signals', 'steps', { steps }, { timeout: 20_000 })
  const said = story(outcome)
  t.is(outcome.signal, dies ?? null, said)
  if (dies === undefined) t.is(outcome.code, 0, said)
  t.deepEqual(outcome.answer?.done, done, said)
  t.true([prints].flat().includes(withoutHosts(outcome.output)), said)
}

/** Removes what Bun and qemu print: each is a crash reporter itself, below all the others. */
function withoutHosts(output: string): string {
  if (emulator !== undefined) return output.replace(/^qemu: uncaught target signal .*\n/m, '')
  return bun ? output.replace(/=+\nBun v[\s\S]*?https:\/\/bun\.report\/\S+\s*$/, '') : output
}

function unix(title: string, given: Case): void {
  test(title, async (t) => (windows ? skip(t, 'there are no signals of memory on Windows') : steps(t, given)))
}

/** A test with a crash reporter, which the step `reporter` loads, where one can be compiled. */
function reported(title: string, given: Case, library: () => string): void {
  test(title, async (t) => {
    if (missing !== undefined) return skip(t, missing)
    const made = given.steps.map((step): Step => (step[0] === 'reporter' ? ['reporter', library()] : step))
    return steps(t, { ...given, steps: made })
  })
}

unix('traps of WebAssembly are its own before and after faults', {
  steps: [['trap'], ['survive'], ['trap'], ['stray'], ['trap'], ['survive']],
  done: ['RuntimeError', FAULT, 'RuntimeError', STRAY, 'RuntimeError', FAULT],
})

for (const signal of ['SIGBUS', 'SIGSEGV'] as const) {
  unix(`${signal} sent to a process that does not listen ends it`, {
    steps: [['survive'], ['stray'], ['kill', signal]],
    done: [FAULT, STRAY],
    dies: signal,
  })
  unix(`a listener for ${signal} added before the first mapping hears, and faults are survived`, {
    steps: [['listen', signal], ['survive'], ['stray'], ['kill', signal], ['map'], ['fault'], ['kill', signal]],
    done: [signal, FAULT, STRAY, 1, 1, FAULT, 1],
  })
  unix(`a listener for ${signal} added after the mapping hears, and faults are survived with no new mapping between`, {
    steps: [['map'], ['map'], ['listen', signal], ['fault'], ['kill', signal], ['fault'], ['kill', signal]],
    done: [1, 2, signal, FAULT, 1, FAULT, 1],
  })
  test(`a storm of ${signal} and other signals with listeners, and faults between them`, async (t) => {
    if (windows) return skip(t, 'there are no signals of memory on Windows')
    if (deno) return skip(t, 'Deno passes over the first SIGBUS or SIGSEGV that is sent to it, and dies by the second')
    if (emulator !== undefined && signal === 'SIGSEGV')
      return skip(t, 'qemu dies by SIGSEGVs that are sent in great numbers, with or without this package')
    const outcome = await run('faults/signals', 'storm', { signal, times: 20_000 * Math.max(SHARE, 0.1) })
    const heard = [signal, 'SIGUSR2', 'SIGCHLD', 'SIGTERM']
    t.deepEqual(outcome.answer, { codes: [0, 0], answers: [FAULT], heard, faulted: true }, story(outcome))
  })
  unix(`when the listener for ${signal} was removed, faults are survived and the signal ends the process`, {
    steps: [
      ['map'],
      ['map'],
      ['listen', signal],
      ['fault'],
      ['unlisten', signal],
      ['fault'],
      ['stray'],
      ['kill', signal],
    ],
    done: [1, 2, signal, FAULT, signal, FAULT, STRAY],
    dies: signal,
  })
}

unix('a listener that hears once', {
  steps: [['map'], ['once', 'SIGBUS'], ['kill', 'SIGBUS'], ['fault'], ['survive'], ['kill', 'SIGBUS']],
  done: [1, 'SIGBUS', 1, FAULT, FAULT],
  dies: 'SIGBUS',
})

unix('all listeners removed at once', {
  steps: [
    ['map'],
    ['listen', 'SIGBUS'],
    ['listen', 'SIGBUS'],
    ['unlistenAll', 'SIGBUS'],
    ['fault'],
    ['kill', 'SIGBUS'],
  ],
  done: [1, 'SIGBUS', 'SIGBUS', 'SIGBUS', FAULT],
  dies: 'SIGBUS',
})

unix('a listener that comes and goes fifty times', {
  steps: [
    ['map'],
    ['churn', 50],
    ['fault'],
    ['listen', 'SIGBUS'],
    ['kill', 'SIGBUS'],
    ['unlisten', 'SIGBUS'],
    ['crash', 'bus'],
  ],
  done: [1, 50, FAULT, 'SIGBUS', 1, 'SIGBUS'],
  dies: 'SIGBUS',
})

const CRASHES = [
  ['bus', 'SIGBUS'],
  ['segv', 'SIGSEGV'],
] as const

for (const [crash, signal] of CRASHES) {
  unix(`a crash that is not ours ends by its own signal: ${signal}`, {
    steps: [['survive'], ['stray'], ['crash', crash]],
    done: [FAULT, STRAY],
    dies: signal,
  })
  unix(`two copies of the addon make no circle: ${signal}`, {
    steps: [['survive'], ['copy'], ['surviveCopy', 0], ['survive'], ['surviveCopy', 0], ['map'], ['crash', crash]],
    done: [FAULT, 1, FAULT, FAULT, FAULT, 1],
    dies: signal,
  })
  for (const [how, library] of [
    ['resets', () => RESETS],
    ['chains', () => CHAINS],
  ] as const) {
    const prints = `reporter: ${signal}\n`
    reported(
      `a crash reporter that was there before us and ${how} speaks of foreign crashes alone: ${signal}`,
      {
        steps: [['reporter'], ['survive'], ['stray'], ['crash', crash]],
        done: [true, FAULT, STRAY],
        dies: signal,
        prints,
      },
      library,
    )
    reported(
      `a crash reporter that came after us and ${how} speaks of foreign crashes alone, once we are on top again: ${signal}`,
      {
        steps: [['map'], ['reporter'], ['survive'], ['fault'], ['stray'], ['crash', crash]],
        done: [1, true, FAULT, FAULT, STRAY],
        dies: signal,
        prints,
      },
      library,
    )
    reported(
      `a crash reporter that ${how} hears a signal that was sent: ${signal}`,
      { steps: [['map'], ['reporter'], ['survive'], ['kill', signal]], done: [1, true, FAULT], dies: signal, prints },
      library,
    )
  }
  reported(
    `a reporter on top that chains to us: our faults are survived, and a foreign crash ends: ${signal}`,
    {
      // The reporter prints our fault too, since its handler is called before ours.
      steps: [['map'], ['reporter'], ['fault'], ['kill', signal]],
      done: [1, true, FAULT],
      dies: signal,
      prints: `reporter: SIGBUS\nreporter: ${signal}\n`,
    },
    () => CHAINS,
  )
  reported(
    `reporters and copies of the addon, on top of each other in turn, make no circle: ${signal}`,
    {
      steps: [
        ['map'],
        ['reporter'],
        ['survive'],
        ['copy'],
        ['surviveCopy', 0],
        ['survive'],
        ['surviveCopy', 0],
        ['crash', crash],
      ],
      done: [1, true, FAULT, 1, FAULT, FAULT, FAULT],
      dies: signal,
      // Which of the handlers is called first is not specified.
      prints: ['', `reporter: ${signal}\n`],
    },
    () => CHAINS,
  )
}

for (const [crash, signal] of CRASHES) {
  reported(
    `handlers that somebody put back without their flags are whole again at the next fault: ${signal}`,
    {
      steps: [
        ['map'],
        ['map', 'read'],
        ['reporter'],
        ['fault'],
        ['fault'],
        ['reporter'],
        ['stray'],
        ['survive'],
        ['crash', crash],
      ],
      done: [1, 2, true, FAULT, FAULT, true, STRAY, FAULT],
      dies: signal,
    },
    () => STRIPS,
  )
}

unix('a crash in the mapping of the other copy of the addon ends the process', {
  steps: [['survive'], ['copy'], ['surviveCopy', 0], ['crashCopy', 0]],
  done: [FAULT, 1, FAULT],
  dies: 'SIGBUS',
})

const OVER = [0, FAULT]

unix('a thread that alone had the package leaves a process that dies as it should', {
  steps: [['thread'], ['thread'], ['trap'], ['kill', 'SIGBUS']],
  done: [OVER, OVER, 'RuntimeError'],
  dies: 'SIGBUS',
})

unix('the package comes to the main thread after a thread has had it', {
  steps: [['thread', 'read'], ['survive'], ['stray'], ['thread'], ['survive'], ['kill', 'SIGSEGV']],
  done: [OVER, FAULT, STRAY, OVER, FAULT],
  dies: 'SIGSEGV',
})

test('without guarded mappings no handler is installed', async (t) => {
  if (!linux) return skip(t, 'only Linux tells which signals are caught')
  if (emulator !== undefined) return skip(t, `the system tells of the signals of ${emulator} itself`)
  if (bun || deno) return skip(t, 'this engine has handlers of its own for both signals')
  await steps(t, {
    steps: [['catches', 7], ['unguarded'], ['catches', 7], ['survive'], ['catches', 7], ['catches', 11]],
    done: [false, true, false, FAULT, true, true],
  })
})
