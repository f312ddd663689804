// What the programs that test faults share.
import fs from 'node:fs'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import { PAGESIZE } from 'memmap'
import { folder } from '../common.mjs'

/**
 * Makes bytes without a zero, so that a page of zeros is never taken for data. There is a newline at each of `ends`.
 */
export function pattern(length, ends = []) {
  const bytes = Buffer.alloc(length)
  let state = 12345
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    bytes[at] = 32 + ((state >>> 16) % 220)
  }
  for (const end of ends) bytes[end] = 0x0a
  return bytes
}

/** How a call ended: its answer as `value`, or the facts of its error. */
export function attempt(run) {
  try {
    return { value: run() }
  } catch (error) {
    return failure(error)
  }
}

export function failure({ code, offset, reason, path: where, message }) {
  return code === 'ERR_MMAP_FAULT' ? { code, offset, reason, where } : { code: code ?? message }
}

let files = 0

/** Makes a file with a new name; answers its path. */
export function fresh(content, below = folder) {
  const name = path.join(below, `fault-${process.pid}-${files++}`)
  fs.writeFileSync(name, content)
  return name
}

/** Rounds up to whole pages. */
export const roundUp = (bytes) => Math.ceil(bytes / PAGESIZE) * PAGESIZE

/** Whether every byte of a buffer is `value`. */
export function isAll(bytes, value) {
  for (const byte of bytes) if (byte !== value) return false
  return true
}

/**
 * Whether the process has a handler for a signal (7 is SIGBUS, 11 SIGSEGV), see SigCgt in proc_pid_status(5). Linux.
 */
export function catches(number) {
  const [, mask] = /^SigCgt:\s+([0-9a-f]+)/m.exec(fs.readFileSync('/proc/self/status', 'utf8'))
  return ((BigInt(`0x${mask}`) >> BigInt(number - 1)) & 1n) === 1n
}

/** Loads from beyond the end of a WebAssembly memory, for which the engine itself uses SIGSEGV (SIGBUS on macOS). */
export function trap() {
  const bytes = [
    [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f, 3, 2, 1, 0, 5, 3, 1, 0, 1],
    [7, 5, 1, 1, 0x66, 0, 0, 10, 9, 1, 7, 0, 0x20, 0, 0x28, 2, 0, 0x0b],
  ].flat()
  const { f } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(bytes))).exports
  try {
    for (let at = 0; at < 65536; at += 4096) f(at)
    return f(0x7fffff00)
  } catch (error) {
    return error instanceof WebAssembly.RuntimeError ? 'RuntimeError' : String(error)
  }
}

/** Runs the text of a module in a thread; answers its last message. */
export function inThread(text, workerData) {
  return new Promise((resolve, reject) => {
    const url = new URL(`data:text/javascript,${encodeURIComponent(text)}`)
    const worker = new Worker(url, { workerData })
    let last
    worker.on('message', (message) => {
      last = message
    })
    worker.once('error', reject)
    worker.once('exit', () => resolve(last))
  })
}
