import test, { type ExecutionContext } from 'ava'
import { knows, type Outcome, run, story } from '../../support/child.mjs'
import { blockDevice, electron, SHARE, skip, windows } from '../../support/common.mjs'

const STRAY = 'ERR_MMAP_READ_ONLY'
const FAULT = 'ERR_MMAP_FAULT'
const STRAYS = 10_000 * Math.max(SHARE, 0.1)

function ended(t: ExecutionContext, outcome: Outcome): boolean {
  return t.is(outcome.signal, null, story(outcome)) && t.is(outcome.code, 0, story(outcome))
}

for (const kind of ['file', 'offset', 'constructor', 'shared', 'private', 'anonymous', 'named']) {
  test(`a store through a view of what is read-only goes nowhere, and the next call says so [${kind}]`, async (t) => {
    if (windows && ['shared', 'private'].includes(kind)) return skip(t, 'prot and flags are for Unix')
    const outcome = await run('faults/stray', 'stores', { kind })
    if (!ended(t, outcome)) return
    t.deepEqual(outcome.answer.wrong, [], `${outcome.answer.count} wrong`)
    t.true(outcome.answer.checked >= 60)
  })
}

test('optimised code that stores, from its first run on', async (t) => {
  for (const flag of ['--no-opt', '--always-sparkplug', '--always-turbofan']) {
    if (!knows(flag)) {
      t.log(`skipped in part: this node has no ${flag}`)
      continue
    }
    const outcome = await run('faults/stray', 'quiet', { count: 3000 }, { flags: [flag] })
    if (ended(t, outcome)) t.deepEqual(outcome.answer, { kept: true, faulted: true, first: STRAY, same: true }, flag)
  }
})

test('each of thousands of stray stores makes the call that follows throw', async (t) => {
  if (windows) return skip(t, 'a stray store stays noted on Windows until reattach()')
  const outcome = await run('faults/stray', 'rounds', { count: STRAYS })
  if (ended(t, outcome)) t.deepEqual(outcome.answer, { thrown: STRAYS, right: STRAYS, same: true })
})

test('stray stores of four threads', async (t) => {
  const outcome = await run('faults/stray', 'threads', { rounds: 20 })
  if (ended(t, outcome)) t.deepEqual(outcome.answer, { codes: ['0', '0', '0', '0'], same: true })
})

test('threads of the pool that store into the same page at once', async (t) => {
  const options = { env: { UV_THREADPOOL_SIZE: '16' } }
  const outcome = await run('faults/stray', 'pool', { rounds: 300 }, options)
  if (!ended(t, outcome)) return
  if (windows) return skip(t, 'skipped in part: a stray store stays noted on Windows')
  t.deepEqual(outcome.answer, { ends: ['done'], right: 300, same: true })
})

test('asynchronous calls tell of a stray store once, and then go on', async (t) => {
  const outcome = await run('faults/stray', 'jobs')
  if (!ended(t, outcome)) return
  if (windows) return skip(t, 'skipped in part: a stray store stays noted on Windows')
  for (const [name, codes] of Object.entries(outcome.answer)) t.deepEqual(codes, [STRAY, 'done', 'done', true], name)
})

test('a stray store into a block device takes at most its own page away', async (t) => {
  const device = blockDevice(t, Buffer.alloc(2 ** 20, 'device! '))
  if (device === undefined) return
  const outcome = await run('faults/stray', 'device', { device, content: 'device! ' })
  if (!ended(t, outcome)) return
  const right = { value: 'device! ' }
  const lost = { code: FAULT, offset: 0, reason: 'io' }
  t.deepEqual(outcome.answer, {
    answers: [
      { trackfd: true, code: STRAY, first: right, second: right, faulted: false },
      // Without a descriptor the page cannot be mapped again.
      { trackfd: false, code: STRAY, first: lost, second: right, faulted: true },
    ],
    same: true,
  })
})

test('stray stores before and after close()', async (t) => {
  const outcome = await run('faults/stray', 'closed')
  if (!ended(t, outcome)) return
  t.true(outcome.answer.same)
  if (windows) return skip(t, 'skipped in part: on Windows a view that outlives close() keeps its bytes')
  t.is(outcome.answer.zeros, 0)
})

test('a mapping that is closed while a job discards a stray store does not get its file back', async (t) => {
  if (windows) return skip(t, 'Windows cannot map a file over pages that are mapped, so nothing is discarded')
  // Electron, as a Node, has room for some 120 buffers at once, and here all are kept.
  const rounds = electron ? 100 : STRAYS
  const outcome = await run('faults/stray', 'discards', { rounds })
  if (!ended(t, outcome)) return
  const { codes, ...rest } = outcome.answer
  t.true(codes.includes('ERR_MMAP_CLOSED'))
  t.deepEqual(rest, { mapped: false, same: true })
})

test('a stray store into a file that is cut: calls throw for both', async (t) => {
  if (windows) return skip(t, 'Windows does not let anybody shorten a mapped file')
  const outcome = await run('faults/stray', 'both')
  if (!ended(t, outcome)) return
  t.deepEqual(outcome.answer, {
    zero: 0,
    codes: [STRAY, FAULT, FAULT],
    good: true,
    again: [STRAY, 'right'],
    same: true,
  })
})
