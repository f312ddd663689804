import fs from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import { ended, type Outcome, run, story } from '../support/child.mjs'
import { linux, SHARE, skip } from '../support/common.mjs'

// One arena for malloc: an arena for each thread would take 64 MiB of address space, which is no leak.
const WITH_GC = { flags: ['--expose-gc'], env: { MALLOC_ARENA_MAX: '1' }, timeout: 120_000 }
// Other systems count nothing, and under Wine each mapping takes a millisecond. If half as many leaked, they would
// still exceed the limits below.
const COUNT = linux ? 100_000 * Math.max(SHARE, 0.5) : 3_000
const MANY = COUNT.toLocaleString('en')

/** Why the test cannot reach the limit of mappings here, if it cannot: some distributions set it to a million. */
function limitless(): string | undefined {
  if (!linux) return "the limit of mappings is Linux's"
  const limit = Number(fs.readFileSync('/proc/sys/vm/max_map_count', 'utf8'))
  return limit > 75_000 ? `70,000 mappings do not come near this system's limit of ${limit}` : undefined
}

/** Checks that descriptors, mappings, address space and memory were released, but for less than a hundredth. */
function nothingLeft(t: ExecutionContext, outcome: Outcome, left: Record<string, number | boolean>, lines = 900): void {
  if (left['deleted'] !== undefined) t.true(left['deleted'], `the file can be deleted: ${story(outcome)}`)
  if (!linux) {
    t.log('skipped in part: only Linux tells what a process holds')
    return
  }
  t.true(Number(left['descriptors'] ?? 0) <= 2, `descriptors: ${story(outcome)}`)
  // musl's malloc alone keeps some hundred, and each 1,024 mappings at once need a page for their status words.
  t.true(Number(left['lines'] ?? 0) < lines, `lines of /proc/self/maps: ${story(outcome)}`)
  // In kilobytes: 50,000 pages are 200,000. Adjacent zero pages are one line of maps, so sizes are checked as well. 100,000
  // objects that wait for the event loop to turn have 150,000.
  t.true(Number(left['size'] ?? 0) < 180_000, `VmSize: ${story(outcome)}`)
  t.true(Number(left['resident'] ?? 0) < 180_000, `VmRSS: ${story(outcome)}`)
}

// One after the other, since each keeps the machine busy.
for (const [make, home] of [
  ['open', 'external'],
  ['open', 'native'],
  ['anonymous', 'external'],
  ['anonymous', 'native'],
] as const) {
  test.serial(`${MANY} made and dropped in one loop, without a view [${make}, ${home}]`, async (t) => {
    const outcome = await run('leaks', 'dropped', { count: COUNT, make, home }, WITH_GC)
    if (!ended(t, outcome)) return
    t.is(outcome.answer.code, undefined, story(outcome))
    t.is(outcome.answer.made, COUNT)
    nothingLeft(t, outcome, outcome.answer)
  })
}

test.serial(
  `${MANY} made and dropped in one loop, with a view: an ENOMEM at worst, and all is let go later`,
  async (t) => {
    const outcome = await run('leaks', 'dropped', { count: COUNT, make: 'open', home: 'external', view: true }, WITH_GC)
    if (!ended(t, outcome)) return
    t.true([undefined, 'ENOMEM', 'EMFILE'].includes(outcome.answer.code), story(outcome))
    t.true(outcome.answer.made > COUNT / 10, story(outcome))
    nothingLeft(t, outcome, outcome.answer)
  },
)

for (const [view, detach, home] of [
  [false, true, 'native'],
  [false, true, 'external'],
  [true, true, 'external'],
  [true, false, 'external'],
] as const) {
  const title = `${view ? 'with' : 'without'} a view, detach: ${detach}, ${home}`
  test.serial(`${MANY} made and closed in one loop [${title}]`, async (t) => {
    const outcome = await run('leaks', 'closed', { count: COUNT, make: 'write', home, view, detach }, WITH_GC)
    if (!ended(t, outcome)) return
    t.is(outcome.answer.code, undefined, story(outcome))
    t.is(outcome.answer.made, COUNT)
    nothingLeft(t, outcome, outcome.answer)
  })
}

for (const home of ['native', 'external'] as const) {
  test.serial(`a mapping that is resized ${MANY} times in one loop [${home}]`, async (t) => {
    const outcome = await run('leaks', 'resized', { count: COUNT, home }, WITH_GC)
    if (!ended(t, outcome)) return
    t.is(outcome.answer.code, undefined, story(outcome))
    nothingLeft(t, outcome, outcome.answer)
  })
}

for (const [make, home, view] of [
  ['anonymous', 'external', true],
  ['anonymous', 'native', false],
] as const) {
  test.serial(`70,000 kept alive: a coded error, and the process stays well [${make}, ${home}]`, async (t) => {
    const reason = limitless()
    if (reason !== undefined) return skip(t, reason)
    const outcome = await run('leaks', 'kept', { count: 70_000, make, home, view }, WITH_GC)
    if (!ended(t, outcome)) return
    const { answer } = outcome
    t.like(answer.error, { code: 'ENOMEM', syscall: 'mmap', errno: -12 }, story(outcome))
    t.like(answer, { well: true, refused: 'ENOMEM', asynchronous: 'ENOMEM', bytes: 0, roomy: 0 }, story(outcome))
    // After this the engine keeps some memory in scattered pieces: up to 500 lines were
    // seen. Of our mappings there were more than 50,000.
    nothingLeft(t, outcome, { ...answer.left, size: 0, resident: 0 }, 5000)
  })
}

test.serial(
  'advice that splits a mapping into very many parts: a coded error, and the process stays well',
  async (t) => {
    const reason = limitless()
    if (reason !== undefined) return skip(t, reason)
    const outcome = await run('leaks', 'split', { advice: 'dontdump' }, WITH_GC)
    if (!ended(t, outcome)) return
    t.is(outcome.answer.well, true)
    t.is(outcome.answer.code, 'ENOMEM')
  },
)

for (const home of ['native', 'external'] as const) {
  test.serial(`at the limit, what was dropped makes room at once [${home}]`, async (t) => {
    const reason = limitless()
    if (reason !== undefined) return skip(t, reason)
    const outcome = await run('leaks', 'refilled', { home }, WITH_GC)
    if (!ended(t, outcome)) return
    t.true(['ENOMEM', 'EMFILE'].includes(outcome.answer.first), story(outcome))
    t.is(outcome.answer.second, undefined, story(outcome))
  })
}

test.serial('what fails leaves nothing behind', async (t) => {
  const outcome = await run('leaks', 'failing', { count: linux ? 3000 : 300 }, WITH_GC)
  if (!ended(t, outcome)) return
  t.false(outcome.answer.codes.includes('none'))
  nothingLeft(t, outcome, outcome.answer)
})

test.serial('more dropped mappings than there may be descriptors', async (t) => {
  if (!linux) return skip(t, 'the limit of descriptors is read from /proc')
  const outcome = await run('leaks', 'descriptors', {}, WITH_GC)
  if (!ended(t, outcome)) return
  t.is(outcome.answer.error, undefined, story(outcome))
  nothingLeft(t, outcome, outcome.answer)
})

for (const [how, code] of [
  ['aborted', 'ABORT_ERR'],
  ['returned', true],
] as const) {
  test.serial(`lines that nobody takes are let go of at once [${how}]`, async (t) => {
    if (!linux) return skip(t, 'only Linux tells what a process holds')
    const outcome = await run('leaks', 'unread', { how, rounds: 40, size: 20_000_000 }, WITH_GC)
    if (!ended(t, outcome)) return
    t.deepEqual(outcome.answer.codes, [code])
    // In kilobytes: less than three of the forty lines.
    t.true(outcome.answer.resident < 50_000, story(outcome))
  })
}
