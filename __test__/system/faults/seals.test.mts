import test, { type ExecutionContext } from 'ava'
import { type Outcome, run, story } from '../../support/child.mjs'
import { HOMES, linux, skip } from '../../support/common.mjs'

/** Runs a scenario; answers nothing where it cannot run. */
async function sealed(
  t: ExecutionContext,
  scenario: string,
  args: Record<string, unknown>,
): Promise<Outcome['answer']> {
  if (!linux) return void skip(t, 'only Linux has seals')
  const outcome = await run('faults/seals', scenario, args)
  t.is(outcome.signal, null, story(outcome))
  t.is(outcome.code, 0, story(outcome))
  if (outcome.answer?.skipped !== undefined) return void skip(t, outcome.answer.skipped)
  return outcome.answer
}

for (const home of HOMES) {
  test(`a reattach() that fails forgets nothing of what was lost [${home}]`, async (t) => {
    const answer = await sealed(t, 'failedReattach', { home })
    if (answer === undefined) return
    const fault = 'ERR_MMAP_FAULT'
    t.deepEqual(answer, { cut: fault, reattached: 'EPERM', after: [fault, fault, fault], faulted: true, first: 0x61 })
  })

  test(`private bytes are there after a resize() that fails [${home}]`, async (t) => {
    const answer = await sealed(t, 'privateResize', { home, rounds: 30 })
    if (answer !== undefined) t.deepEqual(answer, { codes: ['EPERM'], wrong: 0 })
  })

  test(`a resize() that fails while a thread reads the view [${home}]`, async (t) => {
    if (home === 'native') return skip(t, 'there are no views in this home')
    const answer = await sealed(t, 'readShrink', { home, rounds: 100 })
    if (answer !== undefined) t.deepEqual(answer, { codes: ['EPERM'], whole: true })
  })

  test(`a resize() that fails does not show its zeros to a search [${home}]`, async (t) => {
    const answer = await sealed(t, 'failedShrink', { home })
    if (answer === undefined) return
    t.deepEqual(answer.other, [])
    t.is(answer.right + answer.busy, 150)
    t.true(answer.whole)
  })
}
