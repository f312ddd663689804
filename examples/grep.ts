// grep, over mapped files: `npm run grep -- [-c] [-i] [-n] [-o] [-v] PATTERN FILE...`. The pattern is a JavaScript
// RegExp's source. Prints the lines that match; exits with 0 if any does, 1 if none does, 2 after an error.
import { writeSync } from 'node:fs'
import { parseArgs, styleText } from 'node:util'
import { Mmap } from 'memmap'

const USAGE = 'usage: npm run grep -- [-c] [-i] [-n] [-o] [-v] PATTERN FILE...'

const { values: flags, positionals } = (() => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        count: { type: 'boolean', short: 'c', default: false },
        'ignore-case': { type: 'boolean', short: 'i', default: false },
        'line-number': { type: 'boolean', short: 'n', default: false },
        'only-matching': { type: 'boolean', short: 'o', default: false },
        'invert-match': { type: 'boolean', short: 'v', default: false },
      },
    })
  } catch (error) {
    return fail(`${(error as Error).message}\n${USAGE}`)
  }
})()
const [source, ...files] = positionals
if (source === undefined || files.length === 0) fail(USAGE)

function fail(message: string): never {
  writeSync(2, `grep: ${message}\n`)
  process.exit(2)
}

const terminal = process.stdout.isTTY === true
const colour = (style: 'red' | 'green' | 'magenta', text: string): string => (terminal ? styleText(style, text) : text)

const NEWLINE = Buffer.from('\n')
let pending: Buffer[] = []

function flush(): void {
  let rest: Buffer = Buffer.concat(pending)
  pending = []
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(1, rest))
  } catch (error) {
    // The reader has closed the pipe, as `head` does when it has seen enough.
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(0)
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    pending.push(rest)
  }
}

function print(...parts: (Buffer | string)[]): void {
  for (const part of [...parts, NEWLINE]) pending.push(typeof part === 'string' ? Buffer.from(part) : part)
  if (pending.length > 1000) flush()
}

/** The number of lines with a match, by one search on several threads: each match extends to the end of its line. */
async function count(m: Mmap, { source, flags }: RegExp): Promise<number> {
  const end = m.rfind(NEWLINE, 0) + 1
  const whole = await m.countAsync(new RegExp(`(?:${source})[^\\n]*\\n`, flags), { end })
  return end < m.length && m.search(new RegExp(source, flags), end) >= 0 ? whole + 1 : whole
}

/** The lines with a match, each as the positions where it begins and ends. */
function* hits(m: Mmap, pattern: RegExp): Generator<[number, number]> {
  let next = 0 // behind the last line that was searched
  while (next < m.length) {
    let crossed = false
    pattern.lastIndex = next
    for (const { index, end: stop } of m.matchAll(pattern)) {
      // Another match in the same line, or an empty one behind the last line end.
      if (index < next || (index === m.length && m.at(-1) === 10)) continue
      const found = m.find(NEWLINE, index)
      const end = found < 0 ? m.length : found
      const start = m.rfind(NEWLINE, next, index) + 1 || next
      // A match that extends into the next line does not count: this line is searched alone, and the rest again.
      crossed = stop > end
      next = end + 1
      if (!crossed || m.search(pattern, start, end) >= 0) yield [start, end]
      if (crossed) break
    }
    if (!crossed) return
  }
}

/** The lines without a match: those in between. */
function* misses(m: Mmap, pattern: RegExp): Generator<[number, number]> {
  let from = 0
  for (const [start, end] of hits(m, pattern)) {
    yield* m.lines({ as: 'offsets', start: from, end: start })
    from = end + 1
  }
  yield* m.lines({ as: 'offsets', start: from })
}

/** Prints a line, with its matches in colour. */
function show(m: Mmap, pattern: RegExp, start: number, end: number): Buffer {
  if (!terminal || flags['invert-match']) return m.slice(start, end)
  const parts: Buffer[] = []
  let from = start
  pattern.lastIndex = start
  for (const match of m.matchAll(pattern, start, end)) {
    parts.push(m.slice(from, match.index), Buffer.from(colour('red', String(match))))
    from = match.end
  }
  return Buffer.concat([...parts, m.slice(from, end)])
}

async function search(name: string, pattern: RegExp): Promise<number> {
  using m = Mmap.open(name)
  const title = files.length > 1 ? `${colour('magenta', name)}:` : ''
  // Without an escape, class or range that may contain `\n`, no match extends into a second line.
  const within = flags.count && !flags['invert-match'] && !/\\[^dwbB\W]|\[\^|\p{Cc}/u.test(pattern.source)
  let [seen, line, counted] = [within ? await count(m, pattern) : 0, 1, 0]
  for (const [start, end] of within ? [] : flags['invert-match'] ? misses(m, pattern) : hits(m, pattern)) {
    seen++
    if (flags.count) continue
    let number = ''
    if (flags['line-number'] || terminal) {
      line += m.count(NEWLINE, counted, start)
      counted = start
      number = `${colour('green', String(line))}:`
    }
    if (!flags['only-matching']) print(title, number, show(m, pattern, start, end))
    else if (!flags['invert-match']) {
      pattern.lastIndex = start
      for (const match of m.matchAll(pattern, start, end))
        if (match.end > match.index) print(title, number, colour('red', String(match)))
    }
  }
  if (flags.count) print(title, String(seen))
  return seen
}

async function main(): Promise<void> {
  process.exitCode = 1
  for (const name of files) {
    try {
      const pattern = new RegExp(source as string, flags['ignore-case'] ? 'gim' : 'gm')
      if ((await search(name, pattern)) > 0 && process.exitCode === 1) process.exitCode = 0
    } catch (error) {
      flush()
      writeSync(2, `grep: ${name}: ${(error as Error).message}\n`)
      process.exitCode = 2
    }
  }
  while (pending.length > 0) flush()
}
main().catch((error: Error) => fail(error.message))
