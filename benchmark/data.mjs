// Makes the files that are searched and read: random bytes of a seeded generator, the same everywhere.
import { spawnSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'

const FOLDER = join(import.meta.dirname, 'data')
const CHUNK = 2 ** 20

/** The needle that occurs once, a page after the start. */
export const EARLY = 'eArLy#42'
/** The needle that occurs once, a page before the end. */
export const LATE = 'NeEdLe#7'

/**
 * A generator of 32-bit random numbers, always the same for a seed (Marsaglia's xorshift).
 * @param {number} seed
 */
export function xorshift(seed) {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

/**
 * Drops a file from the page cache. It is read before each sample: the page cache keeps what was read in large steps in
 * large folios, of which a page fault maps more pages at once than of a file that was just written in small pieces.
 * @param {string} path
 */
function forgotten(path) {
  const { status } = spawnSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' })
  if (status !== 0) console.log(`${path} stays in the page cache as it was written: there is no GNU dd`)
  return path
}

/** @param {string} path @param {number} length */
function write(path, length) {
  const next = xorshift(length + 1)
  const words = new Uint32Array(CHUNK / 4)
  const fd = openSync(path, 'w')
  for (let at = 0; at < length; at += CHUNK) {
    for (let index = 0; index < words.length; index++) words[index] = next()
    writeSync(fd, words, 0, Math.min(CHUNK, length - at), at)
  }
  if (length >= 4 * 4096) {
    writeSync(fd, EARLY, 4096)
    writeSync(fd, LATE, length - 4096)
  }
  fsyncSync(fd)
  closeSync(fd)
}

/**
 * The path of a file of random bytes, which is made if it does not exist.
 * @param {number} length
 */
export function randomFile(length) {
  const path = join(FOLDER, `random-${length}.bin`)
  if (existsSync(path) && statSync(path).size === length) return forgotten(path)
  mkdirSync(FOLDER, { recursive: true })
  write(`${path}.part`, length)
  renameSync(`${path}.part`, path)
  return forgotten(path)
}

const LEVELS = ['INFO', 'INFO', 'INFO', 'DEBUG', 'WARN', 'ERROR']
const PLACES = ['auth', 'mailer', 'db', 'cache', 'http', 'queue']
const EVENTS = [
  'request finished',
  'connection closed',
  'buffer flushed',
  'retry scheduled',
  'timeout waiting for replica',
]

/**
 * The path of a log of about `length` bytes, which is made if it does not exist.
 * @param {number} length @param {'ascii' | 'utf8' | 'crlf'} kind
 */
export function textFile(length, kind = 'ascii') {
  const path = join(FOLDER, `text-${kind}-${length}.txt`)
  if (existsSync(path)) return forgotten(path)
  mkdirSync(FOLDER, { recursive: true })
  const next = xorshift(length + 7)
  /** @param {readonly string[]} words */
  const pick = (words) => words[next() % words.length]
  const two = (/** @type {number} */ number) => String(number).padStart(2, '0')
  const end = kind === 'crlf' ? '\r\n' : '\n'
  const fd = openSync(`${path}.part`, 'w')
  for (let written = 0, number = 0; written < length; ) {
    let text = ''
    while (text.length < 65_536) {
      const time = `2026-${two(((number >> 16) % 12) + 1)}-${two(((number >> 11) % 28) + 1)}T${two(next() % 24)}:${two(next() % 60)}`
      const who =
        kind === 'utf8' && number % 3 === 0 ? `Jörg Ångström ${number % 1000} 日本` : `user${next() % 100_000}`
      const id = next().toString(16).padStart(8, '0')
      text += `${time} ${pick(LEVELS)} [${pick(PLACES)}] id=${id} ${who} ${pick(EVENTS)} dur=${next() % 3000}ms${end}`
      number++
    }
    written += writeSync(fd, text)
  }
  fsyncSync(fd)
  closeSync(fd)
  renameSync(`${path}.part`, path)
  return forgotten(path)
}

const scratch = Buffer.alloc(CHUNK)

/** Reads a file, so that it is in the page cache. @param {string} path */
export function warm(path) {
  const fd = openSync(path, 'r')
  while (readSync(fd, scratch, 0, CHUNK, null) > 0);
  closeSync(fd)
}
