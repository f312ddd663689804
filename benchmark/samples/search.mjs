// Counts the matches of a regular expression, or iterates over them: `search.mjs PEER SOURCE PATH`.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { Mmap } from '../../index.js'
import { prepared, report, time } from './common.mjs'

const [peer, source, path] = process.argv.slice(2)

/** The number of lines with a match, by `rg -c`. @param {string[]} args */
const ripgrep = (args) => () => {
  const { status, stdout } = spawnSync('rg', ['-c', '--no-config', ...args, '--', source, path], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`rg ended with ${status}`)
  return Number(stdout)
}

/** Each peer prepares, and answers the function that is measured. @type {Record<string, () => () => number | Promise<number>>} */
const peers = {
  memmap() {
    const m = Mmap.open(path)
    const pattern = new RegExp(source, 'g')
    return () => m.count(pattern)
  },
  'memmap-whole': () => () => {
    const m = Mmap.open(path)
    return m.count(new RegExp(source, 'g'))
  },
  'memmap-2-threads': () => async () => {
    const m = Mmap.open(path)
    return await m.countAsync(new RegExp(source, 'g'), { threads: 2 })
  },
  v8() {
    const text = readFileSync(path, 'latin1')
    const pattern = new RegExp(source, 'g')
    return () => {
      let count = 0
      pattern.lastIndex = 0
      while (pattern.test(text)) count++
      return count
    }
  },
  'memmap-matches'() {
    const m = Mmap.open(path)
    return () => {
      let [count, sum] = [0, 0]
      for (const match of m.matchAll(new RegExp(source, 'g'))) {
        count++
        sum += match.end - match.index
      }
      return count + sum / 2 ** 40
    }
  },
  'v8-matches'() {
    const text = readFileSync(path, 'latin1')
    return () => {
      let [count, sum] = [0, 0]
      for (const match of text.matchAll(new RegExp(source, 'g'))) {
        count++
        sum += match[0].length
      }
      return count + sum / 2 ** 40
    }
  },
  rg: () => ripgrep(['--threads', '1']),
}

const search = peers[peer]()
await prepared()
const start = process.hrtime.bigint()
let answer = 0
const first = search()
if (first instanceof Promise) {
  answer = await first
  report(answer, { first: Number(process.hrtime.bigint() - start) / 1e9 })
} else {
  answer = first
  const took = Number(process.hrtime.bigint() - start) / 1e9
  report(answer, { first: took, repeat: time(search) })
}
