// The files that are measured: random, seeded, the same bytes everywhere.
import { closeSync, existsSync, mkdirSync, openSync, readSync, renameSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = join(import.meta.dirname, 'data')
const CHUNK = 2 ** 20

/** Occurs once, a page after the start. */
export const EARLY = 'eArLy#42'
/** Occurs once, a page before the end. */
export const LATE = 'NeEdLe#7'

/**
 * Random 32-bit numbers, always the same (Marsaglia's xorshift).
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
  closeSync(fd)
}

/**
 * The path of a file of random bytes, made when it is not there yet.
 * @param {number} length
 */
export function randomFile(length) {
  const path = join(FOLDER, `random-${length}.bin`)
  if (existsSync(path) && statSync(path).size === length) return path
  mkdirSync(FOLDER, { recursive: true })
  write(`${path}.part`, length)
  renameSync(`${path}.part`, path)
  return path
}

const scratch = Buffer.alloc(CHUNK)

/** Brings a file into the page cache, as `cat` does. @param {string} path */
export function warm(path) {
  const fd = openSync(path, 'r')
  while (readSync(fd, scratch, 0, CHUNK, null) > 0);
  closeSync(fd)
}
