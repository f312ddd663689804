import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import test from 'ava'
import fc from 'fast-check'
import { type Home, type LineKind, type LinesOptions, Mmap } from 'memmap'
import { closing, eachHome, emulator, file, rejectsCode, skip, throwsCode, windows } from '../support/common.mjs'

type Options = LinesOptions

/** The lines as the documentation defines them: where each begins, where its line end begins, where the next begins. */
function spans(bytes: Buffer, start: number, end: number): [number, number, number][] {
  const found: [number, number, number][] = []
  for (let from = start; from < end; ) {
    const at = bytes.subarray(0, end).indexOf(10, from)
    const next = at < 0 ? end : at + 1
    const bare = at < 0 ? end : at > from && bytes[at - 1] === 13 ? at - 1 : at
    found.push([from, bare, next])
    from = next
  }
  return found
}

function expected(bytes: Buffer, { as = 'string', encoding = 'utf8', start, end, keepEnds }: Options): unknown[] {
  const bound = (value: unknown, absent: number): number => {
    const number = value === undefined ? absent : Number(value)
    return number < 0 ? Math.max(0, bytes.length + number) : Math.min(bytes.length, number)
  }
  return spans(bytes, bound(start, 0), bound(end, bytes.length)).map(([from, bare, next]) => {
    const to = keepEnds ? next : bare
    if (as === 'offsets') return [from, to]
    const line = bytes.subarray(from, to)
    return as === 'buffer' ? line.toString('latin1') : line.toString(encoding)
  })
}

const shown = (line: unknown): unknown => (Buffer.isBuffer(line) ? line.toString('latin1') : line)

async function agree(name: string, bytes: Buffer, home: Home, options: Options): Promise<void> {
  using m = Mmap.open(name, { home })
  const wanted = expected(bytes, options)
  assert.deepEqual([...m.lines(options)].map(shown), wanted, JSON.stringify(options))
  if (options.as === 'offsets') return
  const found: unknown[] = []
  for await (const some of m.linesAsync(options as LinesOptions<'string' | 'buffer'>)) found.push(...some)
  assert.deepEqual(found.map(shown), wanted, `async ${JSON.stringify(options)}`)
  assert.equal(m.tell(), 0)
}

const KINDS: readonly LineKind[] = ['string', 'buffer', 'offsets']

eachHome('lines are those of the definition, in each form that they come in', async (t, home) => {
  const piece = fc.constantFrom('\n', '\r\n', '\r', 'a', 'line', 'äöü', '日本', '😀', '\0', '\n\n')
  const raw = fc.uint8Array({ maxLength: 3 }).map((bytes) => Buffer.from(bytes).toString('latin1'))
  const content = fc.array(fc.oneof({ weight: 9, arbitrary: piece }, { weight: 1, arbitrary: raw }), { maxLength: 30 })
  const bound = fc.option(fc.integer({ min: -70, max: 70 }), { nil: undefined })
  await fc.assert(
    fc.asyncProperty(
      content,
      fc.constantFrom(...KINDS),
      fc.constantFrom('utf8' as const, 'latin1' as const),
      fc.boolean(),
      bound,
      bound,
      async (parts, as, encoding, keepEnds, start, end) => {
        const bytes = Buffer.from(parts.join(''))
        const options: Options = { as, encoding, keepEnds }
        if (start !== undefined) options.start = start
        if (end !== undefined) options.end = end
        await agree(file(t, bytes), bytes, home, options)
      },
    ),
    { numRuns: windows || emulator !== undefined ? 30 : 200 },
  )
  t.pass()
})

eachHome('lines beyond a piece: long ones, many short ones, characters at every border', async (t, home) => {
  const contents = {
    'one long line': Buffer.alloc(300_000, 'x'),
    'long lines': Buffer.from(`${'ab'.repeat(50_000)}\n${'ä'.repeat(70_000)}\r\n${'z'.repeat(65_535)}\nend`),
    'empty lines': Buffer.alloc(200_001, '\n'),
    'empty CRLF lines': Buffer.from('\r\n'.repeat(70_000)),
    'short lines': Buffer.from(Array.from({ length: 60_000 }, (_, line) => `${line}`).join('\n')),
    'wide characters': Buffer.from(Array.from({ length: 30_000 }, (_, line) => `日本 ${line} 😀`).join('\r\n')),
    'some wide characters': Buffer.from(
      Array.from({ length: 30_000 }, (_, line) => {
        if (line % 3 === 0) return `é ${line} 日本${line % 2 ? '' : '\r'}`
        return line % 7 === 0 ? 'ö'.repeat(line % 40) : 'x'.repeat(line % 150)
      }).join('\n'),
    ),
    'wide characters, and then no UTF-8': Buffer.concat([
      Buffer.from('x\n日本\n'.repeat(9000)),
      Buffer.from([0xe6, 0x97]),
    ]),
    'more than a thread reads at once': Buffer.from(
      Array.from({ length: 80_000 }, (_, line) => `${line} ${line % 9000 ? 'x'.repeat(line % 33) : 'schön 日本'}`).join(
        '\n',
      ),
    ),
    'ASCII, then not': Buffer.from(`${'plain\n'.repeat(20_000)}${'schön\n'.repeat(20_000)}`),
  }
  for (const [what, bytes] of Object.entries(contents)) {
    const name = file(t, bytes)
    for (const as of KINDS) {
      for (const keepEnds of [false, true]) await agree(name, bytes, home, { as, keepEnds })
    }
    await agree(name, bytes, home, { encoding: 'latin1', start: 1, end: -1 })
    t.pass(what)
  }
})

eachHome('lines: an empty mapping has none', (t, home) => {
  using m = Mmap.open(file(t, ''), { home })
  for (const as of KINDS) t.deepEqual([...m.lines({ as })], [])
})

eachHome('a step has its value until it is over, and when it is over none', (t, home) => {
  using m = Mmap.open(file(t, 'a\nbc'), { home })
  const shape = { string: 'a', buffer: Buffer.from('a'), offsets: [0, 1] }
  for (const as of KINDS) {
    const lines: IterableIterator<unknown, undefined> = m.lines({ as })
    const [first, second, ...more] = Array.from({ length: 4 }, () => lines.next())
    t.deepEqual([first?.done, first?.value, first?.value], [false, shape[as], shape[as]])
    t.is(inspect(first), inspect({ done: false, value: shape[as] }))
    t.false(second?.done)
    for (const { done, value } of more) t.deepEqual({ done, value }, { done: true, value: undefined })
    t.is(inspect(more[1]), '{ done: true, value: undefined }')
  }
})

eachHome('lines end with the mapping: the next step throws', async (t, home) => {
  const m = Mmap.open(file(t, 'a\nb\nc\n'), { home })
  const [lines, later] = [m.lines(), m.linesAsync()]
  t.deepEqual(lines.next(), { done: false, value: 'a' })
  m.close()
  throwsCode(t, () => lines.next(), { code: 'ERR_MMAP_CLOSED' })
  await rejectsCode(t, () => later.next(), { code: 'ERR_MMAP_CLOSED' })
})

eachHome('Buffers of lines outlive the mapping', (t, home) => {
  const m = Mmap.open(file(t, 'a\nbc\n'), { home })
  const lines = [...m.lines({ as: 'buffer' })]
  m.close()
  t.deepEqual(lines.map(String), ['a', 'bc'])
})

test('lines: bad options are named', async (t) => {
  using m = Mmap.anonymous(10)
  const code = 'ERR_INVALID_ARG_VALUE'
  throwsCode(t, () => m.lines({ as: 'text' as 'string' }), { code, message: /"options\.as"/ })
  throwsCode(t, () => m.lines({ encoding: 'hex' as 'utf8' }), { code, message: /"options\.encoding"/ })
  throwsCode(t, () => m.lines({ size: 1 } as object), { code, message: /"options\.size"/ })
  throwsCode(t, () => m.lines({ keepEnds: 1 as unknown as boolean }), { code: 'ERR_INVALID_ARG_TYPE' })
  throwsCode(t, () => m.lines({ start: 1.5 }), { code: 'ERR_INVALID_ARG_TYPE', message: /"options\.start"/ })
  const offsets = { as: 'offsets' } as unknown as LinesOptions<'string'>
  await rejectsCode(t, () => m.linesAsync(offsets).next(), { code, message: /"options\.as"/ })
})

test('linesAsync: an abort ends it, and it goes no further than it is asked', async (t) => {
  const bytes = Buffer.from('some line\n'.repeat(200_000))
  using m = Mmap.open(file(t, bytes))
  const controller = new AbortController()
  let seen = 0
  const reading = async (): Promise<void> => {
    for await (const some of m.linesAsync({ signal: controller.signal })) {
      seen += some.length
      controller.abort('enough')
    }
  }
  await rejectsCode(t, reading, { code: 'ABORT_ERR' })
  t.true(seen > 0 && seen < 100_000, String(seen))
})

test('a line that no string can hold is refused before any engine tries', (t) => {
  if (emulator !== undefined) return skip(t, 'to look through 2 GiB takes an emulator too long')
  // Within the last bytes below 2^31, Bun would end the process.
  using m = Mmap.anonymous(2 ** 31 - 2)
  m.set(Buffer.from('\u20ac'))
  throwsCode(t, () => m.lines().next(), { code: 'ERR_OUT_OF_RANGE', message: /longer than a string may be/ })
})

eachHome('lines() after a resize() that shrinks: no offsets beyond the end, and the iterator has ended', (t, home) => {
  const name = file(t, 'ab\n'.repeat(4000))
  const m = closing(t, Mmap.open(name, { access: 'write', home }))
  const offsets = m.lines({ as: 'offsets' })
  const texts = m.lines()
  t.deepEqual([offsets.next().value, texts.next().value], [[0, 2], 'ab'])
  m.resize(7)
  t.deepEqual([...offsets], [[3, 5]])
  m.resize(12_000)
  t.true(offsets.next().done)
  // Text is a copy: what was read with the first line is there.
  t.is(texts.next().value, 'ab')
})
