import { resolve, toNamespacedPath } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isUint8Array } from 'node:util/types'
import * as check from '../checks.js'
import { wrongType, wrongValue } from '../errors.js'

/** A path as `node:fs` takes it. */
export type PathLike = string | Buffer | Uint8Array | URL

export interface Path {
  /** What is given to the system. */
  bytes: Uint8Array
  /** What `m.path` and error messages say. */
  text: string
}

export function path(value: unknown): Path {
  const plain: unknown = value instanceof URL ? fileURLToPath(value) : value
  if (isUint8Array(plain)) {
    if (plain.includes(0)) throw wrongValue('path', 'without null bytes', plain)
    return { bytes: plain, text: Buffer.from(plain.buffer, plain.byteOffset, plain.length).toString() }
  }
  if (typeof plain !== 'string') throw wrongType('path', 'of type string or an instance of Buffer or URL', value)
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
