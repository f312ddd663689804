import test, { type ExecutionContext } from 'ava'
import { type Outcome, run, story } from '../support/child.mjs'
import { bun, deno, emulator, SHARE, skip, VIEWED, windows } from '../support/common.mjs'

const CONSUMERS = ['write', 'writeFile', 'pipeline', 'net', 'http', 'stdin', 'deflate'] as const
const ROUNDS = Math.max(20, Math.round(200 * SHARE))
/** Each home with views; in the second one, what differs is seen in fewer rounds. */
const CASES = VIEWED.flatMap((home, number) =>
  CONSUMERS.map((consumer) => ({ consumer, home, rounds: number === 0 ? ROUNDS : Math.round(ROUNDS / 5) })),
)

interface Counts {
  right: number
  short: number
  error: number
  warned: number
  wrong: number
  hangs: number
}

function ended(t: ExecutionContext, outcome: Outcome): Counts | undefined {
  const isWell = t.is(outcome.signal, null, story(outcome)) && t.is(outcome.code, 0, story(outcome))
  return isWell ? outcome.answer.counts : undefined
}

/** Why the test cannot run here, if it cannot. */
function missing(consumer: string): string | undefined {
  if (windows) return 'on Windows views keep their bytes until they are collected'
  if (emulator !== undefined) return `${emulator} is too slow for so many rounds`
  if (consumer === 'stdin' && bun) return "Bun waits for ever after a child's stdin failed with EFAULT"
  return undefined
}

for (const { consumer, home, rounds } of CASES) {
  test.serial(
    `closed while ${consumer} works on a view: the right bytes, an error or a warning [${home}]`,
    async (t) => {
      const reason = missing(consumer)
      if (reason !== undefined) return skip(t, reason)
      const args = { consumer, home, views: 'detach', rounds }
      const outcome = await run('consumers', 'closedMeanwhile', args, { timeout: 200_000 })
      const counts = ended(t, outcome)
      if (counts === undefined) return
      t.is(counts.wrong, 0, story(outcome))
      t.is(counts.hangs, 0, story(outcome))
      // It reads in user space. Deno compresses a copy.
      if (consumer === 'deflate' && !deno) t.true(counts.warned > 0, story(outcome))
    },
  )

  for (const end of ['close', 'resize']) {
    test.serial(
      `${end}({ views: 'keep' }) while ${consumer} works on a view: all bytes are right [${home}]`,
      async (t) => {
        if (windows && consumer === 'stdin') return skip(t, 'there is no cat(1) on Windows')
        if (windows && end === 'resize') return skip(t, 'on Windows a file cannot be resized while a view lives')
        if (emulator !== undefined) return skip(t, `${emulator} is too slow for so many rounds`)
        const args = { consumer, home, views: 'keep', rounds: Math.round(rounds / 4), end }
        const outcome = await run('consumers', 'closedMeanwhile', args, { timeout: 100_000 })
        const counts = ended(t, outcome)
        if (counts === undefined) return
        t.is(counts.right, args.rounds, story(outcome))
        t.is(outcome.answer.needless, 0, story(outcome))
      },
    )
  }
}

test.serial('a mapping that is read late after each of three resizes is warned of once', async (t) => {
  if (windows) return skip(t, 'on Windows a file cannot be resized while a view lives')
  if (deno || bun) return skip(t, 'Deno compresses a copy, and Bun has a pool of more threads')
  if (emulator !== undefined) return skip(t, `${emulator} is too slow`)
  const outcome = await run('consumers', 'resizedMeanwhile', { times: 3 }, { env: { UV_THREADPOOL_SIZE: '1' } })
  t.is(outcome.code, 0, story(outcome))
  t.is(outcome.answer.warnings, 1, story(outcome))
})

for (const args of [
  { closes: true, terminates: false },
  { closes: true, terminates: true },
  { closes: false, terminates: true },
  { closes: false, terminates: false },
  { closes: false, terminates: false, shares: true },
]) {
  test.serial(
    `memory given away by a worker that has ended: right bytes or a warning ${JSON.stringify(args)}`,
    async (t) => {
      if (!('transfer' in ArrayBuffer.prototype)) return skip(t, 'transfer() came with Node 22')
      if (deno && args.terminates) return skip(t, "Deno ends a worker's environment some time after terminate()")
      const outcome = await run('consumers', 'givenByWorker', args)
      t.is(outcome.code, 0, story(outcome))
      t.true(outcome.answer.byte === 0x78 || outcome.answer.isWarned, story(outcome))
      // A thread that ends in good order, with its mapping open, has given its bytes away.
      if (!args.closes && !args.terminates) t.is(outcome.answer.byte, 0x78, story(outcome))
    },
  )
}
