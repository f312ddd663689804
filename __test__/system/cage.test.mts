import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { Home } from 'memmap'
import { ended, type Outcome, run, story } from '../support/child.mjs'
import { bun, compileLibrary, linux, skip } from '../support/common.mjs'

const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'memmap-cage-'))
const library = path.join(folder, 'cage.so')
let missing: string | undefined

test.before(() => {
  if (!linux) {
    missing = 'a library is preloaded on Linux alone'
    return
  }
  if (!['x64', 'arm64'].includes(process.arch)) {
    missing = `cage.c knows no machine code of ${process.arch}`
    return
  }
  missing = compileLibrary('cage.c', library)
})

test.after.always(() => fs.rmSync(folder, { recursive: true, force: true }))

/** A test whose child process refuses external buffers, like an engine with a memory cage. */
function caged(title: string, body: (t: ExecutionContext) => Promise<void>): void {
  test(title, async (t) => (missing === undefined ? body(t) : skip(t, missing)))
}

/** The home in an engine with a cage: on Bun there are no views there. */
const CAGED = bun ? 'native' : 'overlay'

caged('a caged engine: the default home, and native can be asked for', async (t) => {
  for (const [args, home] of [[{}, CAGED] as const, [{ home: 'native' }, 'native'] as const]) {
    const outcome = await run('cage', 'home', args, { preload: library })
    if (ended(t, outcome)) t.deepEqual(outcome.answer, { home })
  }
})

caged(
  'a caged engine: the home external is refused, by option and by environment, and leaves nothing behind',
  async (t) => {
    for (const option of [true, false]) {
      const env = option ? {} : { MEMMAP_HOME: 'external' }
      const outcome = await run('cage', 'refused', { option }, { preload: library, env })
      if (!ended(t, outcome)) return
      t.deepEqual(outcome.answer, { codes: ['ERR_MMAP_NO_VIEWS'], mapped: 0, open: 0, memory: 0 })
    }
  },
)

caged('a caged engine: the option goes before the environment', async (t) => {
  const outcome = await run('cage', 'home', { home: 'native' }, { preload: library, env: { MEMMAP_HOME: 'external' } })
  if (ended(t, outcome)) t.deepEqual(outcome.answer, { home: 'native' })
})

function everythingWorks(t: ExecutionContext, outcome: Outcome, home: Home): void {
  if (!ended(t, outcome)) return
  const { answer } = outcome
  t.is(answer.views.length, 3)
  if (home === 'overlay') t.deepEqual(answer.views, [null, null, null])
  else for (const message of answer.views) t.regex(message, /^Error ERR_MMAP_NO_VIEWS: .*'native'.*use slice\(\)/)
  t.deepEqual(answer.facts, { home, length: 24, at: 10, find: 12, rfind: 19 })
  t.is(answer.line, 'hello world\n')
  t.is(answer.into, 5)
  t.deepEqual(answer.copies, Array(4).fill('JJ--o'))
  t.is(answer.iterated, 24)
  t.deepEqual(answer.equal, [true, true, true, 0])
  t.deepEqual([answer.resized, answer.file5], ['JJ--o', 'JJ--o'])
  if (linux) t.deepEqual([answer.advised, answer.mapped, answer.open], [true, 0, 0])
}

caged('a caged engine: everything works', async (t) => {
  everythingWorks(t, await run('cage', 'works', {}, { preload: library }), CAGED)
})

test('MEMMAP_HOME=native: all but the views works', async (t) => {
  everythingWorks(t, await run('cage', 'works', {}, { env: { MEMMAP_HOME: 'native' } }), 'native')
})

test('MEMMAP_HOME in an engine without a cage', async (t) => {
  for (const [home, expected] of [
    ['native', 'native'],
    ['external', 'external'],
    ['', 'external'],
  ] as const) {
    const outcome = await run('cage', 'home', {}, { env: { MEMMAP_HOME: home } })
    if (ended(t, outcome)) t.deepEqual(outcome.answer, { home: expected })
  }
  const outcome = await run('cage', 'home', { home: 'external' }, { env: { MEMMAP_HOME: 'native' } })
  if (ended(t, outcome)) t.deepEqual(outcome.answer, { home: 'external' })
})

test('MEMMAP_HOME=nonsense is refused by name', async (t) => {
  for (const home of ['nonsense', 'EXTERNAL', ' ']) {
    const outcome = await run('cage', 'message', {}, { env: { MEMMAP_HOME: home } })
    if (!ended(t, outcome)) return
    t.regex(outcome.answer.message, /^TypeError ERR_INVALID_ARG_VALUE: .*"MEMMAP_HOME".*'external'.*'native'/)
    t.true(outcome.answer.message.includes(`'${home}'`))
  }
})

caged('the program that proves the addon in Electron passes in an engine with a cage', async (t) => {
  const outcome = await run('../../project/electron/main', '', {}, { preload: library })
  if (!ended(t, outcome)) return
  const { main, worker, utility } = outcome.answer
  t.true(['overlay', 'native'].includes(main), story(outcome))
  t.deepEqual([worker, utility], [main, 0])
})

test('the program that proves the addon in Electron fails in an engine without a cage', async (t) => {
  const outcome = await run('../../project/electron/main', '')
  t.is(outcome.code, 1, story(outcome))
  t.is(outcome.answer, undefined)
  t.regex(outcome.output, /AssertionError.*'external'.*'(overlay|native)'/s)
})
