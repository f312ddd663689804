import test, { type ExecutionContext } from 'ava'
import { type Outcome, run, story } from '../../support/child.mjs'
import { emulator, linux, skip, VIEWED_HOME, windows } from '../../support/common.mjs'

const NO_CUT = 'Windows does not let anybody shorten a mapped file'

function ended(t: ExecutionContext, outcome: Outcome): boolean {
  return t.is(outcome.signal, null, story(outcome)) && t.is(outcome.code, 0, story(outcome))
}

/** Checks that the program found nothing that differs from its model of the file, and that it checked enough. */
function allRight(t: ExecutionContext, outcome: Outcome, least: number): void {
  if (!ended(t, outcome)) return
  const { wrong, count, checked, thrown } = outcome.answer
  t.deepEqual(wrong, [], `${count} wrong`)
  t.true(checked >= least && thrown >= least / 4, `only ${checked} checks, ${thrown} of them of faults`)
}

const WAYS = [
  [VIEWED_HOME, 'read', 'cold'],
  [VIEWED_HOME, 'read', 'warm'],
  [VIEWED_HOME, 'write', 'cold'],
  [VIEWED_HOME, 'write', 'viewed'],
  [VIEWED_HOME, 'copy', 'warm'],
  ['native', 'read', 'cold'],
  ['native', 'write', 'warm'],
  ['native', 'copy', 'cold'],
] as const

/** Under an emulator each takes a minute; most differ in system calls alone, so these stand for all. */
const ENOUGH = ['external, read, warm', 'external, write, viewed', 'native, copy, cold', 'constructor, write']
const TOO_MANY = `under ${emulator} some ways stand for all: ${ENOUGH.join('; ')}`

for (const [home, access, how] of WAYS) {
  test(`a file cut short: whatever meets the missing bytes throws, the rest is right [${home}, ${access}, ${how}]`, async (t) => {
    if (windows) return skip(t, NO_CUT)
    if (emulator !== undefined && !ENOUGH.includes(`${home}, ${access}, ${how}`)) return skip(t, TOO_MANY)
    allRight(t, await run('faults/cuts', 'matrix', { home, access, how, kind: 'open' }), 800)
  })
}

for (const [kind, access, home] of [
  ['offset', 'read', VIEWED_HOME],
  ['offset', 'write', 'native'],
  ['constructor', 'write', VIEWED_HOME],
  ['constructor', 'read', 'native'],
  ['untracked', 'read', VIEWED_HOME],
  ['untracked', 'copy', 'native'],
  ['raw', 'copy', VIEWED_HOME],
  ['raw', 'read', 'native'],
  ['named', 'write', VIEWED_HOME],
  ['named', 'write', 'native'],
] as const) {
  test(`a file cut short, mapped in another way: ${kind}, ${access} [${home}]`, async (t) => {
    if (windows) return skip(t, NO_CUT)
    if (emulator !== undefined && !ENOUGH.includes(`${kind}, ${access}`)) return skip(t, TOO_MANY)
    if (kind === 'named' && !linux) return skip(t, 'only Linux shows named memory as a file')
    allRight(t, await run('faults/cuts', 'matrix', { home, access, how: 'warm', kind }), 800)
  })
}

for (const [home, by] of [
  [VIEWED_HOME, 'the same'],
  [VIEWED_HOME, 'another'],
  ['native', 'another'],
] as const) {
  test(`bytes that a store has put behind the end of the file are not the file's [${home}, by ${by} mapping]`, async (t) => {
    if (windows) return skip(t, NO_CUT)
    const outcome = await run('faults/cuts', 'behind', { home, by, access: 'write' })
    if (!ended(t, outcome)) return
    for (const [call, code] of Object.entries(outcome.answer)) t.is(code, 'ERR_MMAP_FAULT', call)
  })
}

test('a search does not forget what it lost when the file is mapped again meanwhile', async (t) => {
  if (windows) return skip(t, NO_CUT)
  const outcome = await run('faults/cuts', 'reattached')
  if (!ended(t, outcome)) return
  const { met, code, value, right } = outcome.answer
  // A search that was over before the cut is right. One that had not come there yet finds that its pages were replaced.
  if (met || code !== undefined) t.regex(code, /^ERR_MMAP_(BUSY|FAULT)$/)
  else t.is(value, right)
})
