import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type Home, PAGESIZE } from 'memmap'
import { type ChildOptions, knows, type Outcome, run, story } from '../../support/child.mjs'
import { bun, compileLibrary, electron, emulator, HOMES, linux, skip, windows } from '../../support/common.mjs'

const NO_CUT = 'Windows does not let anybody shorten a mapped file'
const FAULT = 'ERR_MMAP_FAULT'

function ended(t: ExecutionContext, outcome: Outcome): boolean {
  return t.is(outcome.signal, null, story(outcome)) && t.is(outcome.code, 0, story(outcome))
}

/** A test that runs a scenario with files that are truncated, which must end by itself. */
function cut(
  title: string,
  scenario: string,
  args: Readonly<Record<string, unknown>>,
  // biome-ignore lint/suspicious/noExplicitAny: each scenario has a shape of its own
  judge: (t: ExecutionContext, answer: any) => void,
  options: ChildOptions = {},
): void {
  test(title, async (t) => {
    if (windows) return skip(t, NO_CUT)
    if (emulator !== undefined && (options.flags ?? []).length > 0)
      return skip(t, `under ${emulator} V8 compiles as it likes: its compilers by turns take minutes`)
    const outcome = await run('faults/views', scenario, args, options)
    if (ended(t, outcome)) judge(t, outcome.answer)
  })
}

const TIERS = [[], ['--no-opt'], ['--always-sparkplug'], ['--always-turbofan']]
// In other homes small calls go to Rust: there is no fast path that a compiler could optimise.
const tiers = (home: Home): string[][] => (home !== 'native' ? TIERS.filter((flags) => flags.every(knows)) : [[]])

for (const home of HOMES) {
  for (const flags of tiers(home)) {
    const title = `a hot loop of small calls throws when the file is cut, and hands no zeros on [${home}, ${flags[0] ?? 'no flags'}]`
    const access = flags.length === 0 ? 'write' : 'read'
    cut(title, 'hot', { home, access }, (t, { wrong, count }) => t.deepEqual([wrong, count], [[], 0]), { flags })
  }

  cut(`resize() mends a mapping that was cut [${home}]`, 'resized', { home }, (t, answer) => {
    t.deepEqual(answer, {
      fault: FAULT,
      grown: [false, 11 * PAGESIZE + 100, 11 * PAGESIZE + 100, true],
      zeros: true,
      again: FAULT,
      shrunk: [false, PAGESIZE, true],
      size: PAGESIZE,
    })
  })

  cut(`close() after a fault leaves nothing behind [${home}]`, 'closed', { home }, (t, answer) => {
    const closed = 'ERR_MMAP_CLOSED'
    t.deepEqual(answer.codes, [FAULT, closed, true, FAULT, closed, true, true])
    if (linux) t.deepEqual([answer.mapped, answer.open], [0, 0])
  })

  const rounds = emulator === undefined ? 2000 : 200
  cut(`${rounds} faults leak nothing [${home}]`, 'leaks', { home, rounds }, (t, answer) => {
    if (!linux) return skip(t, 'only Linux tells what a process holds')
    // Bun's collector scans the stack conservatively, so a stale word there may keep the last mapping alive.
    t.true(answer.mapped <= Number(bun) && answer.open <= Number(bun), JSON.stringify(answer))
    // Electron's allocator of pages has others each time.
    t.true(answer.lines <= (electron ? 200 : 20) && answer.descriptors <= 2, JSON.stringify(answer))
    // The engine itself takes some memory in so many rounds; 2,000 mappings that leaked would be 80 MiB.
    t.true(answer.kilobytes < 40_000, JSON.stringify(answer))
  })
}

for (const access of ['read', 'write', 'copy']) {
  cut(`reattach() mends the same Buffer [${access}]`, 'again', { access }, (t, answer) => {
    t.deepEqual(answer, {
      calm: [false, 'right', true],
      seen: [true, true, FAULT, 3 * PAGESIZE + 10],
      short: [false, FAULT, true, true],
      until: FAULT,
      good: [false, true, true, true],
      checked: 'right',
      file: true,
    })
  })
}

cut('stores into lost pages are gone, and flush() says so; others reach the file', 'stored', {}, (t, answer) => {
  t.deepEqual(answer, { kept: 0x23, fault: FAULT, offset: 2 * PAGESIZE, first: 0x23, lost: 0, now: 0 })
})

cut('zlib at work on a view in other threads outlives the file', 'deflate', { close: false }, (t, answer) => {
  t.deepEqual(answer, { ends: [true], faults: [FAULT, true] })
})

cut('zlib outlives the file and close({ detach: false })', 'deflate', { close: true }, (t, answer) => {
  t.deepEqual(answer, { ends: [true], faults: [] })
})

cut('the system refuses to write from a view whose file was cut', 'system', {}, (t, answer) => {
  t.is(answer.before, 10 * PAGESIZE + 100)
  t.deepEqual([answer.codes, answer.faulted, answer.check], [['EFAULT', 'EFAULT', FAULT], true, FAULT])
  t.is(answer.after, 5 * PAGESIZE + 100)
})

cut('what is asynchronous says the same', 'promises', {}, (t, answer) => {
  t.deepEqual(answer, { flushed: [FAULT, 2 * PAGESIZE, 'truncated'], good: 'right', late: FAULT })
})

const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'memmap-count-'))
const library = path.join(folder, 'count.so')
let missing: string | undefined

test.before(() => {
  if (!linux) {
    missing = 'a library is preloaded on Linux alone'
    return
  }
  missing = compileLibrary('count-handler-calls.c', library)
})

test.after.always(() => fs.rmSync(folder, { recursive: true, force: true }))

/** A test that runs a scenario and counts its signals. */
function counted(title: string, scenario: string, args: Readonly<Record<string, unknown>>): void {
  test(title, async (t) => {
    if (missing !== undefined) return skip(t, missing)
    if (args['track'] === false && emulator === 'qemu')
      return skip(t, 'qemu has no process_vm_readv, which tells where a file without a descriptor ends')
    const count = path.join(folder, `count-${scenario}-${Object.values(args).join('-')}`)
    const options = { preload: library, env: { FAULTS_COUNT: count } }
    const outcome = await run('faults/views', scenario, { ...args, count }, options)
    if (!ended(t, outcome)) return
    const { sum, faults, lines, code, right } = outcome.answer
    t.deepEqual([sum, code, right], [0, FAULT, true])
    // Zero would mean that nothing was counted; a few of them are retries.
    t.true(faults >= 1 && faults <= 10, `${faults} faults`)
    // A few may be the engine's own; one for each page would be 100,000.
    t.true(lines <= 50, `${lines} more mappings`)
  })
}

for (const access of ['read', 'write', 'copy'])
  counted(`the lost tail of a mapping of 1 GiB is one fault [${access}]`, 'huge', { access })

for (const track of [true, false])
  counted(
    `each second one of 200,000 lost pages, from the last to the first, is one fault [trackfd: ${track}]`,
    'seconds',
    { pages: 200_000, track },
  )

for (const how of ['view', 'slice']) {
  for (const [given, options, env] of [
    ['the option', { faults: 'crash' }, {}],
    ['the environment', {}, { MEMMAP_FAULTS: 'crash' }],
  ] as const) {
    test(`with faults left to crash, by ${given}, a lost page ends the process [${how}]`, async (t) => {
      if (windows) return skip(t, NO_CUT)
      const outcome = await run('faults/views', 'crash', { options, how }, { env })
      t.is(outcome.signal, 'SIGBUS', story(outcome))
      t.deepEqual(outcome.answer, { length: 10 * PAGESIZE + 100 })
    })
  }
}

test('the option goes before the environment', async (t) => {
  if (windows) return skip(t, NO_CUT)
  const args = { options: { faults: 'guard' }, how: 'view' }
  const outcome = await run('faults/views', 'crash', args, { env: { MEMMAP_FAULTS: 'crash' } })
  if (ended(t, outcome)) t.deepEqual(outcome.answer, { byte: 0 })
})

test('what is no way to treat faults is refused by name', async (t) => {
  const lengths = { open: 10 * PAGESIZE + 100, anonymous: 10, constructor: 10 }
  for (const given of ['guard', 'crash', '']) {
    const outcome = await run('faults/views', 'option', {}, { env: { MEMMAP_FAULTS: given } })
    if (ended(t, outcome)) t.deepEqual(outcome.answer, lengths, given)
  }
  for (const [args, env, name] of [
    [{ given: 'nonsense' }, {}, 'options.faults'],
    [{ given: 'Guard' }, {}, 'options.faults'],
    [{ given: null }, {}, 'options.faults'],
    [{ given: true }, {}, 'options.faults'],
    [{ given: 'nonsense' }, { MEMMAP_FAULTS: 'crash' }, 'options.faults'],
    [{}, { MEMMAP_FAULTS: 'nonsense' }, 'MEMMAP_FAULTS'],
    [{}, { MEMMAP_FAULTS: 'CRASH' }, 'MEMMAP_FAULTS'],
  ] as const) {
    const outcome = await run('faults/views', 'option', args, { env })
    if (!ended(t, outcome)) continue
    for (const message of Object.values(outcome.answer)) {
      t.regex(String(message), /^TypeError ERR_INVALID_ARG_VALUE: .*'guard', 'crash'/)
      t.true(String(message).includes(`"${name}"`), String(message))
    }
  }
})
