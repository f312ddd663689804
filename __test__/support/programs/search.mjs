import { execFileSync } from 'node:child_process'
import { setMaxListeners } from 'node:events'
import fs from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { Mmap } from 'memmap'
import { collect, file, main, report } from './common.mjs'

const SELF = fileURLToPath(import.meta.url)

const PATTERNS = [
  /\bab[\s\S]*?cd\b/g,
  /[a-c]+d\n/g,
  /\w+\s\w+d$/gm,
  /a[abc ]*d/g,
  /(a|b)+ (c|d)/g,
  /(?:ab|cd|da)+\s/g,
  /^(.*)(b|c)$/gm,
  /[ab]+cd[ab]+/g,
]

const random = (below) => Math.floor(Math.random() * below)

/** Two contents of the same length, both valid UTF-8. */
const LONG = Buffer.alloc(64_512, 'x')
const SHORT = Buffer.from('\u00e9\n'.repeat(LONG.length / 3))

/** Stores into a file until the thread is ended. */
function store(name, versions) {
  const bytes = Mmap.open(name, { access: 'write' }).buffer
  while (versions) for (const version of versions) bytes.set(version)
  for (;;) bytes[random(bytes.length)] = 'abcd\n '.charCodeAt(random(6))
}

const started = (worker) => new Promise((resolve) => worker.once('message', resolve))

const SOURCES = {
  deep: (n) => `(${'(?:x|y'.repeat(63)}${n}z${')*'.repeat(63)})`,
  // They nest no deeper than others, but are wide.
  wide: (n) => `(?:x?${'\\B'.repeat(5000)}${n}?)*`,
}

/** Searches for such patterns from a call that JavaScript has just refused to make deeper; answers what it found. */
function searchWithoutStack(shape) {
  const m = Mmap.anonymous(4096)
  m.set(Buffer.from('xyz'))
  const patterns = [1, 2, 3, 4].map((n) => new RegExp(SOURCES[shape](n)))
  const next = () => {
    const [one, other] = patterns
    const answer = [m.search(one), m.match(other).end]
    patterns.splice(0, 2)
    return answer
  }
  // The engine compiles what is called first, which takes more stack than to call it.
  next()
  const found = []
  const recurse = () => {
    try {
      recurse()
    } catch {
      // Here too JavaScript's own stack may be used up. Then the next outer call tries it.
      if (found.length === 0) found.push(...next())
    }
  }
  recurse()
  return found
}

async function all(matches) {
  let [count, at] = [0, -1]
  for await (const { index, end } of matches) {
    if (index < at || end < index) throw new Error(`a match from ${index} to ${end} behind ${at}`)
    ;[count, at] = [count + 1, end]
  }
  return count
}

/** Limits the address space of this process to so many bytes more than it has. */
function leave(bytes) {
  const size = Number(/VmSize:\s+(\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1]) * 1024
  execFileSync('prlimit', ['--pid', String(process.pid), `--as=${size + bytes}`])
}

const SCENARIOS = {
  /** Reads a long line with memory for so many copies of it. */
  async starved({ size, copies }) {
    // The content is not written by this process, so that none of its memory is released later.
    const name = file('')
    fs.truncateSync(name, size)
    const m = Mmap.open(name, { home: 'native' })
    // Starts the threads.
    for await (const _ of m.linesAsync({ end: 6 }));
    leave(size * copies)
    try {
      const lengths = []
      for await (const lines of m.linesAsync({ as: 'buffer' })) lengths.push(...lines.map(({ length }) => length))
      report({ lengths })
    } catch ({ code, message }) {
      report({ code, message })
    }
  },

  /** Searches for a long needle where there is no memory for a copy of it. */
  async needles({ size }) {
    const needle = Buffer.alloc(size, 'ab')
    const m = Mmap.anonymous(size + 4096)
    // Starts the threads.
    await m.countAsync('absent')
    leave(size / 2)
    const all = async (matches) => {
      for await (const { index } of matches) return index
    }
    const searches = {
      count: () => m.count(needle),
      search: () => m.search(needle),
      match: () => m.match(needle),
      findAsync: () => m.findAsync(needle),
      rfindAsync: () => m.rfindAsync(needle),
      countAsync: () => m.countAsync(needle),
      matchAsync: () => m.matchAsync(needle),
      matchAll: () => all(m.matchAll(needle)),
      matchAllAsync: () => all(m.matchAllAsync(needle)),
    }
    const answers = {}
    for (const [name, search] of Object.entries(searches)) {
      try {
        answers[name] = (await search()) ?? null
      } catch ({ code, message }) {
        answers[name] = code ?? message
      }
    }
    report(answers)
  },

  /** Fills with a long pattern where there is memory for some copies of it. */
  async filled({ size, copies }) {
    const pattern = Buffer.alloc(size, 'ab')
    const m = Mmap.anonymous(size + 4096)
    leave(copies * size)
    try {
      m.fill(pattern)
      report({ end: m.slice(size - 1, size + 2).toString() })
    } catch ({ code, message }) {
      report({ code: code ?? message })
    }
  },

  /** Compiles patterns of a shape in a worker whose stack is nearly used up. */
  async stackless({ shape }) {
    const worker = new Worker(SELF, { workerData: { shape } })
    const answer = await new Promise((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
    })
    await worker.terminate()
    report(answer)
  },

  /**
   * Searches for a pattern of such a source, which is the text of each part so many times. What came of it, and how many
   * more bytes of memory the process had at some time than before.
   */
  compiled({ parts, flags }) {
    const m = Mmap.anonymous(4096)
    // Compiles one, so that what the first one needs does not count.
    m.search(/a?b/)
    const pattern = new RegExp(parts.map(([text, times]) => text.repeat(times)).join(''), flags)
    const peak = () => process.resourceUsage().maxRSS * 1024
    const before = peak()
    const outcome = {}
    try {
      outcome.found = m.search(pattern)
    } catch ({ code, message }) {
      Object.assign(outcome, { code, message })
    }
    report({ ...outcome, grown: peak() - before })
  },

  /** How much memory is kept for many large patterns, in bytes. */
  large() {
    const m = Mmap.anonymous(4096)
    m.fill('a')
    const before = process.memoryUsage.rss()
    let ends = 0
    for (let n = 0; n < 64; n++) ends += m.match(new RegExp(`(?:(?:a{40}|(b)c){60}){1,20}x?${n}|a`)).end
    report({ ends, kept: process.memoryUsage.rss() - before })
  },

  /** How much memory synchronous loops keep, in bytes. */
  loops({ rounds }) {
    const m = Mmap.anonymous(4096)
    const needle = Buffer.alloc(2 ** 20)
    const loops = {
      strings: [rounds, () => m.count('\n', 0, 64)],
      matches: [rounds, () => m.match('\n', 0, 64)],
      iterators: [rounds / 2, () => m.matchAll('\n', 0, 64).next()],
      needles: [300, () => m.count(needle)],
      patterns: [rounds / 20, (n) => m.count(new RegExp(`a${n}|b[c-e]{3}`), 0, 64)],
      kept: [rounds / 20, (n) => m.matchAll(new RegExp(`a${n}|b[c-e]{3}`, 'g'), 0, 64).next()],
    }
    const grown = {}
    for (const [name, [times, run]] of Object.entries(loops)) {
      for (let n = 0; n < 100; n++) run(n)
      collect()
      const before = process.memoryUsage.rss()
      for (let n = 0; n < times; n++) run(n)
      collect()
      grown[name] = process.memoryUsage.rss() - before
    }
    report(grown)
  },

  /** Finds the groups of a pattern that has so many of them in a loop; then, how much memory is kept for it. */
  groups({ count, length }) {
    const m = Mmap.anonymous(length)
    m.fill('aab ')
    const pattern = new RegExp(`(?:${'(a)|'.repeat(count)}(b)|z)*`)
    const before = process.memoryUsage.rss()
    const attempt = (end) => {
      try {
        const match = m.match(pattern, 0, end)
        return [match.index, match.end, match.length, match.span(1) ?? null, match.span(count + 1) ?? null]
      } catch ({ code, message }) {
        return [code, message]
      }
    }
    const short = attempt(3)
    m.fill('a')
    const long = attempt(length)
    report({ short, long, count: m.count(pattern), kept: process.memoryUsage.rss() - before })
  },

  /** Searches bytes that another thread changes meanwhile: each search must answer something. */
  async changes({ rounds, length }) {
    const name = file(Buffer.alloc(length, 'abc cd ab\n'))
    const worker = new Worker(SELF, { workerData: { store: name } })
    await started(worker)
    const m = Mmap.open(name)
    const errors = new Set()
    const note = (error) => errors.add(`${error.code}: ${error.message}`)
    let answers = 0
    for (let round = 0; round < rounds; round++) {
      for (const pattern of PATTERNS) {
        const searches = [
          () => m.count(pattern),
          () => all(m.matchAll(pattern)),
          () => m.countAsync(pattern),
          () => all(m.matchAllAsync(pattern)),
        ]
        for (const search of searches) {
          try {
            await search()
            answers++
          } catch (error) {
            note(error)
          }
        }
      }
    }
    await worker.terminate()
    report({ answers, errors: [...errors] })
  },

  /**
   * Reads lines while another thread replaces all bytes: by one long line, and by as many lines as a piece can have.
   */
  async lines({ passes }) {
    const name = file(LONG)
    const worker = new Worker(SELF, { workerData: { store: name, versions: [SHORT, LONG] } })
    await started(worker)
    const m = Mmap.open(name)
    const errors = new Set()
    let [lost, short, long] = [0, 0, 0]
    for (let pass = 0; pass < passes; pass++) {
      try {
        let bytes = 0
        for (const line of m.lines({ keepEnds: true })) {
          bytes += Buffer.byteLength(line)
          line.length === 2 ? short++ : long++
        }
        // Half a character becomes U+FFFD, which has three bytes in UTF-8.
        if (bytes < LONG.length - 2) lost++
      } catch (error) {
        errors.add(`${error.code}: ${error.message}`)
      }
    }
    await worker.terminate()
    report({ lost, errors: [...errors], both: short > 0 && long > 0 })
  },

  /** A thread ends while its search waits behind those of another thread. */
  async terminated() {
    const m = Mmap.anonymous(2 ** 28)
    m.set(Buffer.from('\r\n'))
    const controller = new AbortController()
    const { signal } = controller
    setMaxListeners(0, signal)
    // With a `\r\n` in the text, `^` takes the slow engine (the Pike VM).
    let ended = 0
    const searches = Array.from({ length: 64 }, async () => {
      await m.countAsync(/^x/gm, { signal, threads: 1 }).catch(() => undefined)
      ended++
    })
    const worker = new Worker(SELF, { workerData: { wait: true } })
    await started(worker)
    await worker.terminate()
    const before = ended
    controller.abort()
    await Promise.all(searches)
    report({ before, ended })
  },
}

if (isMainThread) await main(SCENARIOS)
else {
  if (workerData.wait) void Mmap.anonymous(4096).countAsync('a')
  parentPort.postMessage(workerData.shape ? searchWithoutStack(workerData.shape) : 'started')
  if (workerData.store) store(workerData.store, workerData.versions)
}
