import test from 'ava'
import { ended, run, story } from '../support/child.mjs'
import { deno, emulator, HOMES, linux, SHARE, skip, VIEWED, windows } from '../support/common.mjs'

const NOTHING_LEFT = linux ? { mapped: 0, open: 0 } : { mapped: -1, open: -1 }
/** A thread of Deno that is terminated lets go of what it has some time later. */
const ENDS = deno ? ['close', 'keep', 'drop', 'exit'] : ['close', 'keep', 'drop', 'exit', 'throw', 'terminate']
const MILLISECONDS = emulator === undefined ? 3000 * Math.max(SHARE, 0.3) : 1000

for (const home of HOMES) {
  test(`threads that end in each way leave their bytes and nothing else [${home}]`, async (t) => {
    const outcome = await run('share', 'ends', { home, ends: [...ENDS, ...ENDS] })
    if (!ended(t, outcome)) return
    const { mapped, open, ...rest } = outcome.answer
    const said = [...ENDS, ...ENDS].map((_, number) => number + 1)
    t.deepEqual(rest, { said, alone: true, right: true, after: 'ERR_MMAP_CLOSED' }, story(outcome))
    t.deepEqual({ mapped, open }, NOTHING_LEFT, story(outcome))
  })

  test(`objects that are dropped are counted [${home}]`, async (t) => {
    const outcome = await run('share', 'dropped', { home })
    if (!ended(t, outcome)) return
    const expected = { busy: 'ERR_MMAP_BUSY', alone: true, code: 'ERR_MMAP_CLOSED', ...NOTHING_LEFT }
    t.deepEqual(outcome.answer, expected, story(outcome))
  })

  test(`a mapping outlives the thread that made it, and ends with the last one [${home}]`, async (t) => {
    const outcome = await run('share', 'outlives', { home })
    if (!ended(t, outcome)) return
    const between = { read: 'hello', length: 0, mapped: linux ? (home === 'overlay' ? 2 : 1) : -1 }
    t.deepEqual(outcome.answer, { between, code: 'ERR_MMAP_CLOSED', ...NOTHING_LEFT }, story(outcome))
  })

  test(`a fault is one of each thread [${home}]`, async (t) => {
    if (windows) return skip(t, 'on Windows a mapped file cannot be cut')
    const outcome = await run('share', 'faults', { home })
    if (!ended(t, outcome)) return
    const FAULT = 'ERR_MMAP_FAULT'
    const expected = {
      before: ['xxxxx', 'xxxxx'],
      cut: [FAULT, FAULT],
      own: FAULT,
      busy: 'ERR_MMAP_BUSY',
      faulted: true,
    }
    t.deepEqual(outcome.answer, expected, story(outcome))
  })

  for (const terminates of [false, true]) {
    test.serial(
      `threads attach, close and drop at once${terminates ? ', and are terminated' : ''} [${home}]`,
      async (t) => {
        if (deno && terminates) return skip(t, "Deno ends a worker's environment some time after terminate()")
        const outcome = await run('share', 'storm', { home, milliseconds: MILLISECONDS, terminates })
        if (!ended(t, outcome)) return
        const { codes, rounds, mappings, same, mapped, open } = outcome.answer
        const wrong = codes.filter((code: string) => code !== 'ERR_MMAP_CLOSED')
        t.deepEqual(wrong, [], story(outcome))
        t.true(same && mappings > 0 && (terminates || rounds > 0), story(outcome))
        t.deepEqual({ mapped, open }, NOTHING_LEFT, story(outcome))
      },
    )
  }

  test.serial(`the process ends while threads attach [${home}]`, async (t) => {
    const outcome = await run('share', 'exits', { home })
    ended(t, outcome, 7)
    t.deepEqual(outcome.answer, { ends: true }, story(outcome))
  })
}

for (const home of VIEWED) {
  for (const end of ['close', 'resize']) {
    test.serial(
      `a view that one thread keeps while another ends the mapping has its bytes: ${end} [${home}]`,
      async (t) => {
        if (windows && end === 'resize') return skip(t, 'on Windows a file cannot be resized while a view lives')
        const rounds = emulator === undefined ? 800 * Math.max(SHARE, 0.2) : 50
        const outcome = await run('share', 'keepers', { end, rounds, home })
        if (ended(t, outcome)) t.deepEqual(outcome.answer, { wrong: 0 }, story(outcome))
      },
    )
  }

  test.serial(
    `each stray store is told by the next call of its thread, and no call of another answers its byte [${home}]`,
    async (t) => {
      if (windows) return skip(t, 'a stray store stays noted on Windows until reattach()')
      const outcome = await run('share', 'strayStorm', { milliseconds: MILLISECONDS, home })
      if (!ended(t, outcome)) return
      const { codes, ...rest } = outcome.answer
      t.deepEqual(rest, { wrong: 0, told: true, late: 0 }, story(outcome))
      t.true(
        codes.every((code: string) => ['ERR_MMAP_READ_ONLY', 'none'].includes(code)),
        story(outcome),
      )
    },
  )

  test(`what Atomics do to a view is atomic among threads [${home}]`, async (t) => {
    const outcome = await run('share', 'counts', { threads: 4, times: 200_000, home })
    if (ended(t, outcome)) t.deepEqual(outcome.answer, { count: 800_000 }, story(outcome))
  })

  test(`a stray store is told to each thread [${home}]`, async (t) => {
    if (windows) return skip(t, 'a stray store stays noted on Windows until reattach()')
    const outcome = await run('share', 'strays', { home })
    if (!ended(t, outcome)) return
    t.deepEqual(outcome.answer, { counts: { ERR_MMAP_READ_ONLY: 80, xxxxx: 60 }, faulted: false }, story(outcome))
  })
}
