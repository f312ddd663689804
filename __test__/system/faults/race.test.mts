import test from 'ava'
import { run, story } from '../../support/child.mjs'
import { skip, windows } from '../../support/common.mjs'

test('a file that another process cuts and lets grow under four threads: each answer is right, or an error', async (t) => {
  if (windows) return skip(t, 'Windows does not let anybody shorten a mapped file')
  const outcome = await run('faults/race', 'race', { seconds: 2, threads: 4 })
  t.is(outcome.signal, null, story(outcome))
  t.is(outcome.code, 0, story(outcome))
  if (outcome.answer === undefined) return
  const { cuts, right, faults, reasons, wrong, wrongs, file } = outcome.answer
  t.deepEqual([wrong, wrongs, file], [[], 0, true])
  t.deepEqual(Object.keys(reasons), ['truncated'])
  // The file was in fact truncated, and faults were met.
  t.true(cuts > 20 && right > 100 && faults > 20, story(outcome))
})

test('a cut that waits for the disk, half done: no zero is taken for a byte of the file', async (t) => {
  if (windows) return skip(t, 'Windows does not let anybody shorten a mapped file')
  const outcome = await run('faults/race', 'zeros', { seconds: 4, threads: 4 })
  t.is(outcome.signal, null, story(outcome))
  t.is(outcome.code, 0, story(outcome))
  if (outcome.answer === undefined) return
  const { right, faults, wrongs } = outcome.answer
  t.is(wrongs, 0)
  t.true(right > 0 && faults > 0, story(outcome))
})
