import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { type ByteMatch, Mmap } from 'memmap'
import { run, story } from '../support/child.mjs'
import { bun, eachHome, file, rejectsCode, SHARE, skip, throwsCode, windows } from '../support/common.mjs'
import { type Case, cases, lineCases, reference } from '../support/patterns.mjs'

const SEED = Number(process.env['PATTERN_SEED'] ?? 20_261_123)
const CASES = Number(process.env['PATTERN_CASES'] ?? (windows ? 500 : 8_000 * SHARE))

function spansOf(match: ByteMatch): number[] {
  return Array.from({ length: match.length }, (_, group) => match.span(group) ?? [-1, -1]).flat()
}

const KINDS = [
  { title: 'patterns and texts', each: cases(SEED, CASES), count: CASES },
  { title: 'patterns and lines', each: lineCases(SEED, CASES / 4), count: CASES / 4 },
]
for (const { title, each, count } of KINDS)
  test(`what V8 answers, for ${count} ${title} of the seed ${SEED}`, (t) => answersAsV8(t, each, count))

function answersAsV8(t: ExecutionContext, all: Iterable<Case>, count: number): void {
  using m = Mmap.anonymous(16_384)
  let [compared, refused, invalid] = [0, 0, 0]
  for (const { source, flags, text } of all) {
    const expected = reference(source, flags, text)
    const what = `/${source}/${flags} on ${JSON.stringify(text.toString('latin1'))}`
    if (expected === undefined) {
      invalid++
      continue
    }
    const global = flags.includes('g') ? flags : `${flags}g`
    const pattern = new RegExp(source, global)
    m.set(text)
    let found: number[][]
    try {
      found = [...m.matchAll(pattern, 0, text.length)].map(spansOf)
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'ERR_MMAP_PATTERN', what)
      refused++
      continue
    }
    assert.deepEqual(found, expected, what)
    assert.equal(m.count(pattern, 0, text.length), expected.length, what)
    assert.equal(m.search(new RegExp(source, flags), 0, text.length), expected[0]?.[0] ?? -1, what)
    compared++
  }
  t.log(`${compared} equal, ${refused} refused, ${invalid} invalid for both`)
  t.true(compared > 0.9 * count && refused < 0.02 * count)
}

eachHome('a match has positions, captures and names, copied when asked for, and outlives the mapping', (t, home) => {
  const m = Mmap.open(file(t, 'on 2024-05-17 and 2025-11-02, ä'), { home })
  const pattern = /(?<year>\d{4})-(?<month>\d\d)(x)?/g
  const [first, second, ...rest] = m.matchAll(pattern)
  t.deepEqual(rest, [])
  t.is(pattern.lastIndex, 0)
  const single = m.match(/(?<letter>ä)$/u)
  m.close()
  t.is(first?.index, 3)
  t.is(first?.end, 10)
  t.is(String(second), '2025-11')
  t.is(inspect(first), 'ByteMatch { index: 3, end: 10 }')
  t.is(JSON.stringify(first), '{"index":3,"end":10}')
  t.deepEqual(
    first?.captures.map((each) => each?.toString()),
    ['2024-05', '2024', '05', undefined],
  )
  t.is(first?.get('year')?.toString(), '2024')
  t.is(first?.get('absent'), undefined)
  t.is(first?.get(4), undefined)
  t.is(first?.groups?.['month']?.toString(), '05')
  t.deepEqual([...(first?.indices ?? [])], [[3, 10], [3, 7], [8, 10], undefined])
  t.deepEqual(first?.indices.groups?.['year'], [3, 7])
  const [whole, year] = second ?? []
  t.is(`${whole} ${year}`, '2025-11 2025')
  t.is(single?.get('letter')?.toString(), 'ä')
  t.is(single?.index, 30)
  // The match's bytes are a copy: a change of them changes nothing else.
  first?.get('year')?.fill(0)
  t.is(first?.get('year')?.toString(), '2024')
})

eachHome('a match of more than 64 KiB keeps its positions', (t, home) => {
  const m = Mmap.open(file(t, Buffer.alloc(300_000, 'x')), { home })
  const [match] = m.matchAll(/x+/g)
  t.is(match?.get()?.length, 300_000)
  t.is(m.match(/x+/)?.get()?.length, 300_000)
  m.close()
  t.deepEqual(match?.span(), [0, 300_000])
  throwsCode(t, () => match?.get(), { code: 'ERR_MMAP_CLOSED' })
})

eachHome('what a kept match of more than 64 KiB captured is an error once a resize has cut it off', (t, home) => {
  for (const open of [
    () => Mmap.anonymous(300_000, { home }),
    () => Mmap.open(file(t, 300_000), { access: 'write', faults: 'crash', home }),
  ]) {
    using m = open()
    m.fill('x', 0, 100)
    m.fill('y', 100)
    const match = m.match(/(x+)y+/)
    const [inAll] = m.matchAll(/(x+)y+/g)
    m.resize(200)
    if (home !== 'native') t.is(m.buffer.length, 200)
    for (const kept of [match, inAll]) {
      t.deepEqual(kept?.span(), [0, 300_000])
      t.is(kept?.get(1)?.toString(), 'x'.repeat(100))
      for (const all of [() => kept?.get(), () => kept?.captures, () => String(kept)])
        throwsCode(t, all, { code: 'ERR_OUT_OF_RANGE', message: /was made shorter.*200 bytes/ })
    }
  }
})

eachHome('strings and bytes are looked for as they are', async (t, home) => {
  using m = Mmap.open(file(t, 'a.b a+b ä.b aab'), { home })
  t.is(m.search('a+b'), 4)
  t.is(m.match('.b')?.index, 1)
  t.is(m.match(Buffer.from('nothing')), null)
  t.deepEqual(
    [...m.matchAll('.b')].map((match) => match.index),
    [1, 10],
  )
  t.is(m.count('a'), 4)
  t.is([...m.matchAll('')].length, m.length + 1)
  const found: number[] = []
  for await (const match of m.matchAllAsync(Buffer.from('b'))) found.push(match.index)
  t.deepEqual(
    found,
    [...m.matchAll('b')].map((match) => match.index),
  )
})

eachHome('a range is a text of its own: ^ and $ are its ends, and negative bounds count from the end', (t, home) => {
  using m = Mmap.open(file(t, 'one two three'), { home })
  t.is(m.search(/^two$/, 4, 7), 4)
  t.is(m.search(/^two/), -1)
  t.is(m.match(/\w+$/, 0, -6)?.index, 4)
  t.is(m.count(/\b\w/g, -5), 1)
  t.is(m.search(/x*/, 5), 5)
  t.is(m.search(/a/, 9, 3), -1)
})

test('lastIndex is read and set as RegExp.prototype.exec and String.prototype.matchAll do', async (t) => {
  using m = Mmap.anonymous(6)
  m.write('ab abb')
  const global = /ab+/g
  t.is(m.match(global)?.index, 0)
  t.is(global.lastIndex, 2)
  t.is((await m.matchAsync(global))?.index, 3)
  t.is(global.lastIndex, 6)
  t.is(m.match(global), null)
  t.is(global.lastIndex, 0)
  const sticky = /b/y
  t.is(m.match(sticky), null)
  sticky.lastIndex = 1
  t.is(m.match(sticky)?.index, 1)
  t.is(sticky.lastIndex, 2)
  global.lastIndex = 1
  t.deepEqual(
    [...m.matchAll(global)].map((match) => match.index),
    [3],
  )
  t.is(global.lastIndex, 1)
  t.is(m.search(global), 0)
  t.is(global.lastIndex, 1)
  throwsCode(t, () => m.matchAll(/a/), { code: 'ERR_INVALID_ARG_VALUE', message: /flag g/ })
})

test('what no linear automaton can do is refused, by name and position', async (t) => {
  using m = Mmap.anonymous(10)
  for (const [pattern, what, position] of [
    [/a(?=b)/, /lookahead/, 1],
    [/(?!b)/, /lookahead/, 0],
    [/xy(?<=b)/, /lookbehind/, 2],
    [/(?<!b)/, /lookbehind/, 0],
    [/(a)\1/, /backreference/, 3],
    [/(?<n>a)\k<n>/, /backreference/, 7],
  ] as const) {
    const expected = { code: 'ERR_MMAP_PATTERN', instanceOf: SyntaxError, message: what }
    throwsCode(t, () => m.search(pattern), expected)
    await rejectsCode(t, () => m.countAsync(pattern), expected)
    t.is(t.throws(() => m.match(pattern), { any: true } as object)?.['position' as never], position as never)
  }
  throwsCode(t, () => m.count(/(?:a{1000}){1000}/), { code: 'ERR_MMAP_PATTERN', instanceOf: SyntaxError })
  throwsCode(t, () => m.match(1 as unknown as string), { code: 'ERR_INVALID_ARG_TYPE', message: /"pattern"/ })
})

test('lookaround and backreferences anywhere in a pattern are refused, and nothing else is', (t) => {
  using m = Mmap.anonymous(10)
  const impossible = ['(?=a)', '(?!b|c)', '(?<=ab?)', '(?<!\\d)', '(a)\\1']
  let refused = 0
  for (const { source, flags } of cases(SEED + 1, 500)) {
    // A capturing group around the source would count as the first one.
    const construct = impossible[refused % 5] as string
    const around = [`${construct}(?:${source})`, `(?:${source})${construct.replace('(a)\\1', '(?<own>a)\\k<own>')}`]
    for (const text of around) {
      try {
        new RegExp(text, flags)
      } catch {
        continue
      }
      throwsCode(t, () => m.search(new RegExp(text, flags)), { code: 'ERR_MMAP_PATTERN', instanceOf: SyntaxError })
      refused++
    }
  }
  t.true(refused > 800, String(refused))
})

test('where it differs from a RegExp on a string, it does so as the documents say', (t) => {
  const found = (text: string | Buffer, pattern: RegExp, lastIndex = 0): number[] => {
    using m = Mmap.anonymous(Buffer.byteLength(text))
    m.write(text)
    pattern.lastIndex = lastIndex
    return [...m.matchAll(pattern)].map((match) => match.index)
  }
  const made = (source: string, flags: string): RegExp => new RegExp(source, flags)
  // Without u, a character of the source stands for its UTF-8 bytes, is repeated as a whole, and each byte folds as
  // Latin-1. The pattern is made from a string, because Bun
  // writes é as \u00E9 in the source of a literal.
  t.deepEqual(found('éé', made('é+', 'g')), [0])
  t.deepEqual(found(Buffer.of(0xe3, 0xa9), made('é', 'gi')), [0])
  // A search that begins inside a code point does not go back to its beginning.
  t.deepEqual(found('éa', /./gu, 1), [2])
  // No empty match lies inside a code point, and \B does not match between the units of a surrogate pair.
  t.deepEqual(found('é', /(?:)/gu), [0, 2])
  t.deepEqual(found('😀', /\B/gu), [0, 4])
  // A lone surrogate in a pattern matches nothing.
  t.deepEqual(found('\u{fffd}', /\ud83d/gu), [])
  // U+1C89 is a letter since Unicode 16, U+1E6C0 since 17.
  t.deepEqual(found('\u{1c89}\u{1e6c0}', /\p{L}/gu), [0])
  // The quantifier of [^] counts with v too.
  t.deepEqual(found('aaa', made('[^]{2}', 'gv')), [0])
})

test('millions of steps that would be exponential elsewhere take linear time', (t) => {
  using m = Mmap.anonymous(100_000)
  m.fill('a')
  t.is(m.search(/(?:a+)+b/), -1)
  t.is(m.search(/(?:a|aa)+$/), 0)
  t.is(m.search(/(a*)*b/), -1)
})

eachHome('off the event loop, with any number of threads, the answer is the same', async (t, home) => {
  const words = Array.from({ length: 1_400_000 }, (_, n) => `word${(n * n) % 997}${n % 7 === 0 ? '\r\n' : ' '}`).join(
    '',
  )
  using m = Mmap.open(file(t, `${words}\u{2028}end`), { home })
  t.true(m.length > 8 * 2 ** 20)
  // A repetition of the suite runs few of them: how a range is partitioned depends on no processor and no engine.
  const some = (all: RegExp[]): RegExp[] => all.slice(0, Math.ceil(all.length * Math.max(SHARE, 0.25)))
  const counted = [/\w+/g, /[\s\S]{3}d/g, /d9+\s/g, /^word1/gm, /(?:word\d* )+/g, /\s+word5/g, /x*/g, /ü/gu]
  for (const pattern of some(counted)) {
    const expected = m.count(pattern)
    for (const threads of [1, 2, 5]) t.is(await m.countAsync(pattern, { threads }), expected, String(pattern))
  }
  const found = [/(d)9(9)/g, /[\s\S]{3}d99[5-9]/g, /word99[0-4]/g, /(?:word\d* )+word900/g, /^word\d{3}\s/gm]
  for (const pattern of some(found)) {
    const expected = [...m.matchAll(pattern)].map((match) => [...spansOf(match), match.toString()])
    t.true(expected.length > 50, String(pattern))
    for (const threads of [1, 3]) {
      const answer: (number | string)[][] = []
      for await (const match of m.matchAllAsync(pattern, { threads }))
        answer.push([...spansOf(match), match.toString()])
      t.deepEqual(answer, expected, `${pattern}, ${threads} threads`)
    }
    t.deepEqual(spansOf((await m.matchAsync(pattern, { threads: 3 })) as ByteMatch), expected[0]?.slice(0, -1))
    pattern.lastIndex = 0
  }
  t.is((await m.matchAsync(/end/))?.end, m.length)
  t.is(await m.matchAsync(/absent/), null)
})

test('iterators that take turns keep each its own matches, also when the mapping is closed', (t) => {
  const m = Mmap.open(file(t, 'one 22 three 4444 '.repeat(9000)))
  const kept: ByteMatch[][] = [[], []]
  const iterators = [m.matchAll(/[a-z]+/g), m.matchAll(/(\d)\d+|absent/g)]
  for (let over = 0; over < 2; ) {
    over = 0
    for (const [index, matches] of iterators.entries()) {
      const { done, value } = matches.next()
      if (done) over++
      else kept[index]?.push(value)
    }
  }
  for (const matches of iterators) t.deepEqual(matches.next(), { done: true, value: undefined })
  m.close()
  const texts = (matches: ByteMatch[] | undefined): string[] | undefined => matches?.map(String)
  t.deepEqual(
    texts(kept[0]),
    Array.from({ length: 18_000 }, (_, n) => (n % 2 ? 'three' : 'one')),
  )
  t.deepEqual(
    texts(kept[1]),
    Array.from({ length: 18_000 }, (_, n) => (n % 2 ? '4444' : '22')),
  )
  t.is(kept[1]?.[17_999]?.get(1)?.toString(), '4')
})

test('matchAllAsync ends with an abort, and with close()', async (t) => {
  const m = Mmap.open(file(t, 'word '.repeat(2_000_000)))
  const controller = new AbortController()
  let seen = 0
  const reading = async (): Promise<void> => {
    for await (const _ of m.matchAllAsync(/\w+/g, { signal: controller.signal })) if (++seen === 10) controller.abort()
  }
  await rejectsCode(t, reading, { code: 'ABORT_ERR' })
  t.is(seen, 10)
  const matches = m.matchAllAsync(/\w+/g)
  await matches.next()
  m.close()
  await rejectsCode(t, () => matches.next(), { code: 'ERR_MMAP_CLOSED' })
})

test('an iterator goes on when its pattern was let go of for others', async (t) => {
  using m = Mmap.open(file(t, 'one 22 three 4444 '.repeat(3000)))
  // With named groups, so that a wrong pattern would be seen.
  const matches = [0, 1].map(() => m.matchAll(/(?<word>[a-z]+) (?<number>\d+)/g))
  const later = m.matchAllAsync(/(?<word>[a-z]+) (?<number>\d+)/g)
  let [count, at] = [0, 0]
  for (const { index, groups } of matches[0] as Iterable<ByteMatch>) {
    if (count++ % 100 === 0) for (let n = 0; n < 70; n++) t.is(m.search(new RegExp(`absent${n}`), 0, 100), -1)
    t.deepEqual([index, String(groups?.['number'])], [at, count % 2 ? '22' : '4444'])
    at += count % 2 ? 7 : 11
  }
  t.is(count, 6000)
  t.is([...(matches[1] as Iterable<ByteMatch>)].length, 6000)
  for await (const _ of later) count++
  t.is(count, 12_000)
  t.is(m.count(/[a-z]+ \d+/), 6000)
})

test('bytes that are looked for may be changed meanwhile', async (t) => {
  using m = Mmap.open(file(t, 'ab'.repeat(5000)))
  const needle = Buffer.from('a')
  const [matches, later] = [m.matchAll(needle), m.matchAllAsync(needle)]
  needle.write('b')
  t.is([...matches].filter(({ index }) => index % 2 === 0).length, 5000)
  for await (const { index } of later) if (index % 2) t.fail()
})

test('a RegExp is what it was made of, whatever was put in the place of its properties', (t) => {
  using m = Mmap.anonymous(10)
  m.fill('a')
  for (const key of ['source', 'exec', 'toString']) {
    const pattern = /a/g
    Object.defineProperty(pattern, key, { value: 5 })
    t.is(m.count(pattern), 10)
  }
  t.is(m.search(Object.defineProperty(/A/, 'ignoreCase', { value: true })), -1)
  t.is(m.search(Object.defineProperty(/A/i, 'flags', { value: '' })), 0)
  for (const lastIndex of ['x', -5, Number.NaN, null]) {
    const pattern = /a/g
    Object.assign(pattern, { lastIndex })
    t.is(m.match(pattern)?.index, 0)
  }
})

test('thousands of groups are as good as one', async (t) => {
  using m = Mmap.anonymous(100)
  const pattern = new RegExp(`${'(b)?'.repeat(20_000)}(a)?`, 'g')
  m.write('bba')
  const [first] = m.matchAll(pattern)
  t.is(first?.length, 20_002)
  t.deepEqual([first?.span(1), first?.span(3), first?.span(20_001)], [[0, 1], undefined, [2, 3]])
  t.is((await m.matchAllAsync(pattern).next()).value?.end, 3)
})

test('so many groups that their places would take gigabytes are found or refused, and no memory is kept for them', async (t) => {
  for (const count of [6000, 30_000]) {
    const outcome = await run('search', 'groups', { count, length: 100_000 })
    t.is(outcome.code, 0, story(outcome))
    const { short, long, kept } = outcome.answer
    // The first iterations match `a` by the first group; the last one matches `b`, and has reset that group.
    t.deepEqual(short, [0, 3, count + 2, null, [2, 3]], story(outcome))
    t.is(long[0], 'ERR_MMAP_PATTERN', story(outcome))
    t.regex(long[1], /too large/)
    t.is(outcome.answer.count, 2)
    t.true(kept < 2 ** 28, story(outcome))
  }
})

for (const [shape, answer] of [
  ['deep', [0, 2]],
  ['wide', [0, 1]],
] as const)
  test(`${shape} patterns are compiled in a thread whose stack is nearly used up`, async (t) => {
    const outcome = await run('search', 'stackless', { shape })
    t.deepEqual([outcome.code, outcome.answer], [0, answer], story(outcome))
  })

const MIB = 2 ** 20

/** What a pattern is refused with, or where it is found; and how much memory compiling it takes at most, in bytes. */
async function compiles(
  t: ExecutionContext,
  parts: readonly (readonly [text: string, times: number])[],
  { flags = '', most = 64 * MIB, found, refused }: { flags?: string; most?: number; found?: number; refused?: RegExp },
): Promise<void> {
  const outcome = await run('search', 'compiled', { parts, flags }, { timeout: 20_000 })
  t.is(outcome.code, 0, story(outcome))
  t.is(outcome.answer.found, found, story(outcome))
  t.is(outcome.answer.code, refused && 'ERR_MMAP_PATTERN', story(outcome))
  if (refused !== undefined) t.regex(outcome.answer.message, refused)
  t.true(outcome.answer.grown < most, story(outcome))
}

test('a loop over more iterations than can be written out is refused', async (t) => {
  // In the outer loop no iteration is empty: to say that of the inner one, its iterations are written out.
  for (const count of ['4000000000', '200000000'])
    await compiles(t, [[`(?:(?:a?){${count}})*`, 1]], { refused: /too large/ })
})

test('what a wide loop takes is in proportion to its width, or it is refused', async (t) => {
  const wide = (part: string, times: number) => [['(?:a?', 1] as const, [part, times] as const, [')*', 1] as const]
  await compiles(t, wide('\\b', 12_000), { found: 0 })
  await compiles(t, wide('a??', 6000), { refused: /too large/ })
  await compiles(t, wide('(?:\\b|\\B|a)', 3000), { refused: /too large/ })
  await compiles(t, wide('()', 12_000), { found: 0 })
})

test('a pattern of many line starts is compiled in linear time', async (t) => {
  await compiles(
    t,
    [
      ['^', 200_000],
      ['a', 1],
    ],
    { flags: 'm', most: 512 * MIB, refused: /too large/ },
  )
})

test('a source of more than a MiB is refused, and no memory is taken for it', async (t) => {
  if (bun) return skip(t, 'Bun makes no RegExp of so long a source')
  const most = 2 ** 20
  await compiles(t, [['a', 8 * most]], { refused: /source is 8388608 characters long, and at most 1048576 are/ })
  await compiles(t, [['é', most + 1]], { refused: /source is 1048577 characters long/ })
  // A character beyond U+FFFF counts twice, as in `source.length`.
  await compiles(t, [['😀', most / 2 + 1]], { flags: 'u', refused: /source is 1048578 characters long/ })
  // As long as is allowed, what takes the most memory.
  await compiles(t, [['.', most]], { most: 1024 * MIB, refused: /too large: its repetitions/ })
})

test('an alternation of 100,000 words is no longer than is allowed', (t) => {
  using m = Mmap.anonymous(4096)
  const words = Array.from({ length: 100_000 }, (_, n) => ((n * 2_654_435_761) % 2 ** 32).toString(36).padStart(8, 'z'))
  m.write(`${words[77_777]} ${words[5]}`)
  t.is(m.search(new RegExp(words.join('|'))), 0)
  t.is(m.count(new RegExp(`\\b(?:${words.slice(0, 30_000).join('|')})\\b`)), 1)
})

test('of large patterns fewer are kept compiled', async (t) => {
  const outcome = await run('search', 'large')
  t.is(outcome.answer?.ends, 64, story(outcome))
  t.true(outcome.answer.kept < 2 ** 28, story(outcome))
})
