import { execFileSync, spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { linux, root, scratch, skip, windows } from '../support/common.mjs'

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

/** A server of a folder, which ends with the test; its address. */
async function served(t: ExecutionContext, folder: string): Promise<URL> {
  const program = path.join(root, 'examples', 'build', 'serve.js')
  const child = spawn(process.execPath, [program, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => {
    const ended = child.exitCode ?? child.signalCode
    child.kill()
    if (ended !== null) throw new Error(`the server has ended with ${ended}`)
  })
  child.stdout.setEncoding('utf8')
  for await (const text of child.stdout) return new URL(text.trim())
  throw new Error('the server ended before it said where it is')
}

test('serve: whole and in part, by HEAD, ETag and If-Range', async (t) => {
  const folder = scratch(t)
  const content = Buffer.from(Uint8Array.from({ length: 3_000_000 }, (_, index) => index % 251))
  fs.writeFileSync(path.join(folder, 'file'), content)
  fs.writeFileSync(path.join(folder, 'empty'), '')
  const base = await served(t, folder)
  const ask = async (name: string, headers: Record<string, string> = {}, method = 'GET') => {
    const response = await fetch(new URL(name, base), { method, headers })
    return { response, bytes: Buffer.from(await response.arrayBuffer()) }
  }
  const whole = await ask('file')
  t.is(whole.response.status, 200)
  t.true(whole.bytes.equals(content))
  const etag = whole.response.headers.get('etag') as string
  for (const [range, start, end] of [
    ['bytes=0-0', 0, 1],
    ['bytes=100000-2000000', 100_000, 2_000_001],
    ['bytes=2999990-', 2_999_990, 3_000_000],
    ['bytes=-7', 2_999_993, 3_000_000],
    ['bytes=5-9999999', 5, 3_000_000],
  ] as const) {
    const { bytes, response } = await ask('file', { range })
    t.is(response.status, 206)
    t.is(response.headers.get('content-range'), `bytes ${start}-${end - 1}/3000000`)
    t.true(bytes.equals(content.subarray(start, end)), range)
  }
  const beyond = await ask('file', { range: 'bytes=3000000-' })
  t.deepEqual([beyond.response.status, beyond.response.headers.get('content-range')], [416, 'bytes */3000000'])
  const head = await ask('file', {}, 'HEAD')
  t.deepEqual(
    [head.response.status, head.response.headers.get('content-length'), head.bytes.length],
    [200, '3000000', 0],
  )
  t.is((await ask('file', { 'if-none-match': etag })).response.status, 304)
  t.is((await ask('file', { 'if-range': etag, range: 'bytes=0-9' })).response.status, 206)
  t.is((await ask('file', { 'if-range': '"other"', range: 'bytes=0-9' })).response.status, 200)
  const empty = await ask('empty')
  t.deepEqual([empty.response.status, empty.bytes.length], [200, 0])
  for (const name of ['none', '.', '..%2f..%2fetc%2fpasswd', '%2e%2e/x'])
    t.is((await ask(name)).response.status, 404, name)
  t.is((await ask('file', {}, 'DELETE')).response.status, 405)
})

test('serve: a file that is replaced and cut under many clients', async (t) => {
  if (windows) return skip(t, 'on Windows a mapped file cannot be cut')
  const folder = scratch(t)
  const name = path.join(folder, 'file')
  const LENGTH = 2_000_000
  /** Each version is of one byte, so that a mixture is seen. */
  const write = (version: number): void => {
    fs.writeFileSync(`${name}.new`, Buffer.alloc(LENGTH, 1 + (version % 200)))
    fs.renameSync(`${name}.new`, name)
  }
  write(0)
  const url = new URL('file', await served(t, folder))
  let version = 0
  const changing = setInterval(() => {
    version++
    if (version % 3 === 0) fs.truncateSync(name, 100_000)
    else write(version)
  }, 5)
  const until = Date.now() + 3000
  const seen = { whole: 0, part: 0, broken: 0 }
  const client = async (): Promise<void> => {
    while (Date.now() < until) {
      try {
        const response = await fetch(url, { headers: { range: 'bytes=50000-1900000' } })
        const bytes = Buffer.from(await response.arrayBuffer())
        if (response.status === 500) continue
        t.is(response.status, 206)
        t.true(
          bytes.every((byte) => byte === bytes[0] && byte !== 0),
          'bytes of one version',
        )
        if (bytes.length === 1_850_001) seen.whole++
        else seen.part++
      } catch {
        seen.broken++
      }
    }
  }
  await Promise.all(Array.from({ length: 8 }, client))
  clearInterval(changing)
  t.true(seen.whole > 0, JSON.stringify(seen))
  write(1)
  const last = await fetch(url)
  t.is((await last.arrayBuffer()).byteLength, LENGTH)
})
