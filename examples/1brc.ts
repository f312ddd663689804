// The One Billion Row Challenge: the lowest, mean and highest temperature of each weather station in a text of lines
// `station;temperature`, by several threads over one mapping.
//   npm run 1brc -- [--threads N] [--read] FILE      --read: the same with fs.readSync, without a mapping
//   npm run 1brc -- --make ROWS FILE                 makes such a file
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { Mmap, type ShareToken } from 'memmap'

const NEWLINE = 0x0a
const SEMICOLON = 0x3b
const MINUS = 0x2d
const DOT = 0x2e
/** Bytes that are taken at a time. In place too: a loop that is entered often is compiled better than one that never ends. */
const PIECE = 16 * 2 ** 20
/** Longer than any line may be: a name of 100 bytes, and a number. */
const LONGEST_LINE = 128

/** What the threads read: bytes [start, end) of the text, in place or copied. */
interface Text {
  length: number
  /** At most PIECE of them. */
  bytes(start: number, end: number): Uint8Array
}

function mappedText(m: Mmap): Text {
  if (m.home !== 'native') return { length: m.length, bytes: (start, end) => m.subarray(start, end) }
  // The engine has no view of so many bytes: they are copied, by pieces.
  const copy = Buffer.alloc(PIECE)
  const bytes = (start: number, end: number): Uint8Array => copy.subarray(0, m.readInto(copy, 0, end - start, start))
  return { length: m.length, bytes }
}

function readText(path: string): Text {
  const fd = openSync(path, 'r')
  const copy = Buffer.alloc(PIECE)
  const bytes = (start: number, end: number): Uint8Array => {
    let at = 0
    for (let count = -1; count !== 0 && at < end - start; at += count)
      count = readSync(fd, copy, at, end - start - at, start + at)
    return copy.subarray(0, at)
  }
  return { length: fstatSync(fd).size, bytes }
}

/** Four numbers of each station: lowest, highest and sum in tenths of a degree, and how many. */
type Stations = Map<string, [number, number, number, number]>

const SLOTS = 2 ** 17

/** A hash table of stations by the bytes of their names. */
class Table {
  readonly #slots = new Int32Array(SLOTS).fill(-1)
  readonly #hashes: number[] = []
  readonly #names: Uint8Array[] = []
  readonly #numbers: [number, number, number, number][] = []

  /** The numbers of the station whose name is [start, end). */
  find(bytes: Uint8Array, start: number, end: number, hash: number): [number, number, number, number] {
    for (let slot = hash & (SLOTS - 1); ; slot = (slot + 1) & (SLOTS - 1)) {
      const index = this.#slots[slot] as number
      if (index < 0) {
        this.#slots[slot] = this.#names.length
        this.#hashes.push(hash)
        // Not bytes.slice(), which copies nothing if they are a Buffer.
        this.#names.push(new Uint8Array(bytes.subarray(start, end)))
        const numbers: [number, number, number, number] = [1e9, -1e9, 0, 0]
        this.#numbers.push(numbers)
        return numbers
      }
      if (this.#hashes[index] !== hash) continue
      const name = this.#names[index] as Uint8Array
      let at = name.length === end - start ? 0 : -1
      while (at >= 0 && at < name.length) at = name[at] === bytes[start + at] ? at + 1 : -1
      if (at >= 0) return this.#numbers[index] as [number, number, number, number]
    }
  }

  /** Takes the lines of [start, end), which begins with a line. Answers where the first line begins that has no end there. */
  take(bytes: Uint8Array, start: number, end: number): number {
    const last = bytes.subarray(start, end).lastIndexOf(NEWLINE) + start + 1
    let at = start
    while (at < last) {
      const from = at
      let hash = 0
      for (let byte = bytes[at] as number; byte !== SEMICOLON; byte = bytes[++at] as number)
        hash = (Math.imul(hash, 31) + byte) | 0
      const numbers = this.find(bytes, from, at++, hash)
      const isNegative = bytes[at] === MINUS
      if (isNegative) at++
      let value = 0
      for (let byte = bytes[at] as number; byte !== NEWLINE; byte = bytes[++at] as number)
        if (byte !== DOT) value = value * 10 + byte - 0x30
      at++
      if (isNegative) value = -value
      if (value < numbers[0]) numbers[0] = value
      if (value > numbers[1]) numbers[1] = value
      numbers[2] += value
      numbers[3]++
    }
    return last
  }

  stations(): Stations {
    return new Map(
      this.#names.map((name, index) => [
        Buffer.from(name).toString(),
        this.#numbers[index] as [number, number, number, number],
      ]),
    )
  }
}

/** Where the first line begins at `at` or behind it. */
function lineStart(text: Text, at: number): number {
  if (at === 0 || at >= text.length) return Math.min(at, text.length)
  const bytes = text.bytes(at - 1, Math.min(at - 1 + LONGEST_LINE, text.length))
  const found = bytes.indexOf(NEWLINE)
  return found < 0 ? text.length : at + found
}

/** The stations of the lines that begin in [start, end). */
function stationsIn(text: Text, start: number, end: number): Stations {
  const table = new Table()
  const last = lineStart(text, end)
  for (let at = lineStart(text, start); at < last; ) {
    const bytes = text.bytes(at, Math.min(last, at + PIECE))
    at += table.take(bytes, 0, bytes.length)
  }
  return table.stations()
}

interface Task {
  token?: ShareToken
  path: string
  start: number
  end: number
}

function work({ token, path, start, end }: Task): Stations {
  return stationsIn(token === undefined ? readText(path) : mappedText(Mmap.attach(token)), start, end)
}

function threadFor(task: Task): Promise<Stations> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(__filename, { workerData: task })
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

function merge(all: readonly Stations[]): Stations {
  const merged: Stations = new Map()
  for (const stations of all)
    for (const [name, [low, high, sum, count]] of stations) {
      const before = merged.get(name) ?? [1e9, -1e9, 0, 0]
      merged.set(name, [Math.min(before[0], low), Math.max(before[1], high), before[2] + sum, before[3] + count])
    }
  return merged
}

/** Tenths, as a number with one decimal. */
const degrees = (tenths: number): string => (Math.round(tenths) / 10).toFixed(1)

function print(stations: Stations): void {
  const each = [...stations].sort(([a], [b]) => (a < b ? -1 : 1))
  const shown = each.map(
    ([name, [low, high, sum, count]]) => `${name}=${degrees(low)}/${degrees(sum / count)}/${degrees(high)}`,
  )
  console.log(`{${shown.join(', ')}}`)
}

function make(path: string, rows: number): void {
  const fd = openSync(path, 'w')
  let [seed, lines] = [1, '']
  for (let row = 0; row < rows; row++) {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
    lines += `Station ${(seed >>> 8) % 413};${((((seed >>> 4) % 1999) - 999) / 10).toFixed(1)}\n`
    if (row % 10_000 < 9999 && row < rows - 1) continue
    writeSync(fd, lines)
    lines = ''
  }
  closeSync(fd)
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { threads: { type: 'string' }, read: { type: 'boolean', default: false }, make: { type: 'string' } },
  })
  const [path] = positionals
  const threads = Number(values.threads ?? availableParallelism())
  if (path === undefined || !(threads >= 1))
    throw new Error('usage: npm run 1brc -- [--threads N] [--read] [--make ROWS] FILE')
  if (values.make !== undefined) return make(path, Number(values.make))
  const m = Mmap.open(path)
  const base: Partial<Task> = values.read ? {} : { token: m.share() }
  const bound = (number: number): number => Math.floor((m.length * number) / threads)
  const tasks = Array.from({ length: threads }, (_, number) => ({
    ...base,
    path,
    start: bound(number),
    end: bound(number + 1),
  }))
  print(merge(await Promise.all(tasks.map(threadFor))))
  m.close()
}

if (isMainThread) void main()
else parentPort?.postMessage(work(workerData as Task))
