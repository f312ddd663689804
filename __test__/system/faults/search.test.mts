import fs from 'node:fs'
import { type Home, Mmap } from 'memmap'
import { eachHome, file, rejectsCode, skip, windows } from '../../support/common.mjs'

const CUT = 100_001

/** A mapping of a log whose file has been truncated since. */
function cut(t: Parameters<typeof file>[0], home: Home): Mmap {
  const name = file(t, 'line of text\n'.repeat(20_000))
  const m = Mmap.open(name, { home })
  fs.truncateSync(name, CUT)
  return m
}

const CALLS: Record<string, (m: Mmap) => unknown> = {
  search: (m) => m.search(/absent/),
  match: (m) => m.match(/absent/),
  matchAll: (m) => [...m.matchAll(/text/g)],
  'matchAll of bytes': (m) => [...m.matchAll('text')],
  count: (m) => m.count(/t/),
  'count of bytes': (m) => m.count('text'),
  'lines as strings': (m) => [...m.lines()],
  'lines as Buffers': (m) => [...m.lines({ as: 'buffer' })],
  'lines as offsets': (m) => [...m.lines({ as: 'offsets' })],
  findAsync: (m) => m.findAsync('absent'),
  rfindAsync: (m) => m.rfindAsync('absent'),
  countAsync: (m) => m.countAsync('text'),
  'countAsync of a pattern': (m) => m.countAsync(/te/g),
  matchAsync: (m) => m.matchAsync(/absent/),
  async matchAllAsync(m) {
    for await (const _ of m.matchAllAsync(/text/g));
  },
  async linesAsync(m) {
    for await (const _ of m.linesAsync());
  },
}

eachHome('searching and lines tell of a file that was cut, and go on before the cut', async (t, home) => {
  if (windows) return skip(t, 'Windows does not let anybody shorten a mapped file')
  for (const [what, call] of Object.entries(CALLS)) {
    using m = cut(t, home)
    await rejectsCode(t, async () => call(m), { code: 'ERR_MMAP_FAULT', message: /100001/ }, what)
    t.true(m.faulted, what)
  }
  using m = cut(t, home)
  const [end, lines] = [90_000, Math.ceil(90_000 / 13)]
  t.is(m.count('text', 0, end), lines - 1)
  t.is(await m.countAsync(/text/g, { end }), lines - 1)
  t.is([...m.lines({ end })].length, lines)
  t.is(await m.findAsync('text'), 8)
})

eachHome('lines before the cut are given, and then an error', async (t, home) => {
  if (windows) return skip(t, 'Windows does not let anybody shorten a mapped file')
  using m = cut(t, home)
  const given: string[] = []
  const reading = async (): Promise<void> => {
    for await (const some of m.linesAsync()) given.push(...some)
  }
  await rejectsCode(t, reading, { code: 'ERR_MMAP_FAULT' })
  t.true(given.length > 1000 && given.length * 13 < CUT, String(given.length))
  t.true(given.every((line) => line === 'line of text'))
})
