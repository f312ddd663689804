import test, { type ExecutionContext } from 'ava'
import { ended, run, story } from '../support/child.mjs'
import { emulator, hasOverlay, SHARE, skip } from '../support/common.mjs'

const missing = hasOverlay ? undefined : "there is no home 'overlay' here"
const SOME = emulator === undefined ? Math.max(SHARE, 0.2) : 0.02
/** More than an engine has room for, where it has little. */
const MANY = emulator === undefined ? 400 : 30

function overlaid(title: string, body: (t: ExecutionContext) => Promise<void>): void {
  test.serial(title, async (t) => (missing === undefined ? body(t) : skip(t, missing)))
}

overlaid('a memory of WebAssembly keeps its traps where a view was that has been collected', async (t) => {
  const rounds = Math.ceil(150 * SOME)
  const outcome = await run('overlay', 'traps', { rounds })
  if (ended(t, outcome)) t.deepEqual(outcome.answer, { trapped: 4 * rounds, silent: 0, same: true }, story(outcome))
})

overlaid('what is dropped with a token leaves the memory of others alone', async (t) => {
  const outcome = await run('overlay', 'tokens', { rounds: Math.ceil(100 * SOME) })
  if (ended(t, outcome)) t.deepEqual(outcome.answer, { wrong: 0 }, story(outcome))
})

overlaid('thousands are viewed, and closed or dropped, among other memory of the engine', async (t) => {
  const outcome = await run('overlay', 'cycles', { rounds: Math.ceil(3000 * SOME) })
  if (ended(t, outcome)) t.deepEqual(outcome.answer, { wrong: 0, same: true, mapped: 0, open: 0 }, story(outcome))
})

for (const access of ['read', 'write', 'copy'] as const) {
  for (const trackfd of [true, false]) {
    overlaid(`what was lost before there was a view stays lost [${access}, trackfd: ${trackfd}]`, async (t) => {
      const outcome = await run('overlay', 'lost', { access, trackfd })
      if (!ended(t, outcome)) return
      if (outcome.answer.refused === 'ERR_MMAP_NO_VIEWS' && !trackfd)
        return skip(t, 'Linux before 6.17 moves no mapping that is in several pieces')
      const FAULT = 'ERR_MMAP_FAULT'
      // Without a descriptor there is one mapping. If the call before the store has put writable zeros where the file ends, there
      // is nothing to tell of the store.
      const { stray } = outcome.answer
      const tells = access === 'read' && !trackfd ? ['ERR_MMAP_READ_ONLY', 'none'] : ['ERR_MMAP_READ_ONLY']
      t.true(tells.includes(stray), story(outcome))
      const expected = {
        first: FAULT,
        stray,
        after: [FAULT, FAULT, FAULT],
        faulted: true,
        kept: 0x78,
        rest: 'none',
      }
      t.deepEqual(outcome.answer, expected, story(outcome))
    })
  }
}

overlaid('what was marked as untransferable is closed too', async (t) => {
  const outcome = await run('overlay', 'untransferable')
  if (ended(t, outcome)) t.deepEqual(outcome.answer, { bytes: [] }, story(outcome))
})

overlaid('mappings without bytes, and those that were resized, keep no memory of the engine', async (t) => {
  const outcome = await run('overlay', 'nothing', { count: MANY })
  if (ended(t, outcome)) t.deepEqual(outcome.answer, { code: 'none', count: MANY }, story(outcome))
})

overlaid('when the engine has no memory left there are no views, and all else goes on', async (t) => {
  const outcome = await run('overlay', 'many', { count: MANY })
  if (!ended(t, outcome)) return
  const { views, codes, ...rest } = outcome.answer
  t.log(`${views} views at once`)
  t.true(views >= 20, story(outcome))
  t.deepEqual(codes, views === MANY ? [] : ['ERR_MMAP_NO_VIEWS'], story(outcome))
  t.deepEqual(rest, { wrong: 0, after: 'none' }, story(outcome))
})
