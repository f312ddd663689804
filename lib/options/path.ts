import { resolve, toNamespacedPath } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isUint8Array } from 'node:util/types'
import * as check from '../checks.js'
import { clipped, wrongType, wrongValue } from '../errors.js'
import { failed, systemFailure } from '../failures.js'

/** A path as `node:fs` takes it. */
export type PathLike = string | Buffer | Uint8Array | URL

export interface Path {
  /** What is given to the system, as long as it takes. Nobody else has these bytes. */
  bytes: Uint8Array
  /** What `m.path` and error messages say. */
  text: string
}

/**
 * No system opens a path of so many bytes, or UTF-16 units: PATH_MAX of Linux is 4096 bytes (limits.h(0p)), and on Windows
 * 32,767 units are most. A longer one is refused before it is copied.
 */
const LONGEST_PATH = 65_536

/** What every system answers to a path that is too long. */
function tooLong(shown: string): Error {
  return failed(systemFailure('ENAMETOOLONG', 'name too long', 'open'), clipped(shown))
}

function plainPath(value: unknown): unknown {
  if (!(value instanceof URL)) return value
  // A unit of the path is written with at most nine characters there: three bytes of UTF-8, each as %XX.
  if (value.pathname.length > 9 * LONGEST_PATH) throw tooLong(value.pathname)
  return fileURLToPath(value)
}

export function path(value: unknown): Path {
  const plain = plainPath(value)
  if (isUint8Array(plain)) {
    const given = check.bytes(plain, 'path')
    if (given.length > LONGEST_PATH) throw tooLong(Buffer.from(given.buffer, given.byteOffset, 100).toString())
    // A copy, since the caller may store something else into it while `openAsync` is at work, which may ask twice.
    const bytes = new Uint8Array(given)
    if (bytes.includes(0)) throw wrongValue('path', 'without null bytes', plain)
    return { bytes, text: Buffer.from(bytes.buffer).toString() }
  }
  if (typeof plain !== 'string') throw wrongType('path', 'of type string or an instance of Buffer or URL', value)
  if (plain.length > LONGEST_PATH) throw tooLong(plain)
  if (plain.includes('\0')) throw wrongValue('path', 'a string without null bytes', plain)
  // Made absolute now: should a file that was just created have to be removed again, it must be the same file, even if
  // the process has changed its working directory meanwhile.
  return { bytes: Buffer.from(plain === '' ? plain : toNamespacedPath(resolve(plain))), text: plain }
}

/** A file descriptor, from a number or from a FileHandle. -1 given as a number means memory without a file. */
export function descriptor(fileno: unknown): number {
  if (typeof fileno === 'number') return check.int32(fileno, 'fileno')
  const fd: unknown = typeof fileno === 'object' && fileno !== null ? Reflect.get(fileno, 'fd') : undefined
  if (typeof fd !== 'number') throw wrongType('fileno', 'a file descriptor or an object with one (`fd`)', fileno)
  // A FileHandle that was closed has the descriptor -1. That is an error (EBADF), and must not become memory.
  return fd === -1 ? -2 : check.int32(fd, 'fileno.fd')
}
