import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { linux, root, scratch, skip } from '../support/common.mjs'

const tool = path.join(root, 'examples', 'build', 'grep.js')

test.before(() => {
  execFileSync(process.execPath, [path.join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'examples'], {
    cwd: root,
  })
})

interface Outcome {
  status: number | null
  stdout: string
  stderr: string
}

function grep(args: string[], stdout: number | 'pipe' = 'pipe'): Outcome {
  return spawnSync(process.execPath, [tool, ...args], { encoding: 'utf8', stdio: ['ignore', stdout, 'pipe'] })
}

test('lines that match are printed, and counted, as when each is asked by itself', (t) => {
  const folder = scratch(t)
  const texts = ['', '\n', 'a', 'aa\n\nb\n\n\nzz\tq\nend', 'x\nx\nx\n', 'schön\nwär\nA\n']
  const patterns = [
    'a',
    '',
    '^',
    '$',
    '^a',
    '[a-z]$',
    'b|x',
    '(x)|n',
    '.*',
    '\\w+\\b',
    '[\t-a]',
    '[^b]',
    '\\s',
    'x\\n',
    'ö',
    'absent',
  ]
  const files = texts.map((text, number) => ({ name: path.join(folder, `${number}`), text }))
  for (const { name, text } of files) fs.writeFileSync(name, text)
  const names = files.map(({ name }) => name)
  for (const pattern of patterns) {
    for (const [flag, inverted] of [
      [[], false],
      [['-v'], true],
    ] as const) {
      const expected = files.map(({ name, text }) => {
        const lines = text.split('\n')
        if (lines.at(-1) === '') lines.pop()
        return { name, lines: lines.filter((line) => new RegExp(pattern).test(line) !== inverted) }
      })
      const [printed, counted] = [grep([...flag, pattern, ...names]), grep([...flag, '-c', pattern, ...names])]
      const what = JSON.stringify([pattern, flag, printed.stderr, counted.stderr])
      t.is(
        printed.stdout,
        expected.flatMap(({ name, lines }) => lines.map((line) => `${name}:${line}\n`)).join(''),
        what,
      )
      t.is(counted.stdout, expected.map(({ name, lines }) => `${name}:${lines.length}\n`).join(''), what)
      const status = expected.some(({ lines }) => lines.length > 0) ? 0 : 1
      t.deepEqual([printed.status, counted.status], [status, status], what)
    }
  }
})

test('what goes wrong is said in a line, and the exit status is 2', (t) => {
  const name = path.join(scratch(t), 'text')
  fs.writeFileSync(name, 'a\n')
  for (const args of [
    [],
    ['a'],
    ['a', path.join(root, 'missing')],
    ['a', root],
    ['(', name],
    ['(a)\\1', name],
    ['-x', 'a', name],
  ]) {
    const { status, stdout, stderr } = grep(args)
    t.deepEqual([status, stdout], [2, ''], stderr)
    t.regex(stderr, /^grep: .+\n(usage: .+\n)?$/)
  }
  t.like(grep(['a', name, path.join(root, 'missing')]), { status: 2, stdout: `${name}:a\n` })
})

test('what cannot be written is an error', (t) => {
  if (!linux) return skip(t, 'there is no /dev/full')
  const name = path.join(scratch(t), 'text')
  fs.writeFileSync(name, 'a\n')
  const full = fs.openSync('/dev/full', 'w')
  const { status, stderr } = grep(['a', name], full)
  t.is(status, 2)
  // Each engine has its own message.
  t.regex(stderr, /^grep: .*no space left on device.*\n$/i)
  fs.closeSync(full)
})

/** The One Billion Row Challenge, as it is described: `station=lowest/mean/highest`, with one decimal. */
function challenge(text: string): string {
  const stations = new Map<string, number[]>()
  for (const line of text.split('\n').slice(0, -1)) {
    const [name = '', degrees] = line.split(';')
    const tenths = Math.round(Number(degrees) * 10)
    stations.set(name, [...(stations.get(name) ?? []), tenths])
  }
  const degrees = (tenths: number): string => (Math.round(tenths) / 10).toFixed(1)
  const each = [...stations]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, all]) => {
      const [low, high] = [Math.min(...all), Math.max(...all)].map(degrees)
      return `${name}=${low}/${degrees(all.reduce((sum, next) => sum + next, 0) / all.length)}/${high}`
    })
  return `{${each.join(', ')}}\n`
}

/** Runs the example with these arguments. */
function challenged(t: ExecutionContext, ...args: string[]): string {
  const program = path.join(root, 'examples', 'build', '1brc.js')
  const { status, stderr, stdout } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' })
  t.is(status, 0, stderr)
  return stdout
}

test('1brc: ten million rows, mapped and read', (t) => {
  const text = path.join(scratch(t), 'measurements.txt')
  challenged(t, '--make', '10000000', text)
  const mapped = challenged(t, '--threads', '2', text)
  t.is(mapped.split(', ').length, 413)
  t.is(challenged(t, '--threads', '2', '--read', text), mapped)
})

test('1brc: threads over one mapping answer as one loop over the text does, and as threads that read the file', (t) => {
  const text = path.join(scratch(t), 'measurements.txt')
  const run = (...args: string[]): string => challenged(t, ...args, text)
  run('--make', '20000')
  const expected = challenge(fs.readFileSync(text, 'utf8'))
  t.is(expected.split(', ').length, 413)
  for (const threads of ['1', '3', '7'])
    for (const how of [[], ['--read']]) t.is(run('--threads', threads, ...how), expected)
  fs.writeFileSync(text, 'Ürümqi;-0.1\nX;12.3\nÜrümqi;5.0\n')
  for (const how of [[], ['--read']]) t.is(run('--threads', '4', ...how), '{X=12.3/12.3/12.3, Ürümqi=-0.1/2.5/5.0}\n')
})
