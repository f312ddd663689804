// Gives a file to four threads, which are there already: until each has said its first byte.
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { Mmap } from '../../index.js'
import { median, now, prepared, report } from './common.mjs'

const THREADS = 4
const PIECE = 2 ** 24

/** @param {Worker} thread @param {unknown} message */
const ask = (thread, message) =>
  new Promise((resolve) => {
    thread.once('message', resolve)
    thread.postMessage(message)
  })

function filled(path) {
  const memory = new SharedArrayBuffer(statSync(path).size)
  const fd = openSync(path, 'r')
  for (let at = 0; at < memory.byteLength; at += PIECE)
    readSync(
      fd,
      new Uint8Array(memory, at, Math.min(PIECE, memory.byteLength - at)),
      0,
      Math.min(PIECE, memory.byteLength - at),
      at,
    )
  closeSync(fd)
  return memory
}

if (isMainThread) {
  const [peer, path] = process.argv.slice(2)
  const threads = Array.from({ length: THREADS }, () => new Worker(new URL(import.meta.url)))
  const warmUp = Mmap.open(path, { length: 4096 })
  await Promise.all(threads.map((thread) => ask(thread, warmUp.share())))
  warmUp.close()
  await prepared()
  const times = []
  let bytes = []
  for (let round = 0; round < 5; round++) {
    const start = now()
    const m = peer === 'attach' ? Mmap.open(path) : undefined
    const message = m === undefined ? filled(path) : m.share()
    bytes = await Promise.all(threads.map((thread) => ask(thread, message)))
    times.push((now() - start) / 1e9)
    m?.close()
  }
  report(bytes.join(), { given: median(times) })
  process.exit()
} else {
  parentPort?.on('message', (message) => {
    if (message instanceof SharedArrayBuffer) {
      parentPort?.postMessage(new Uint8Array(message)[0])
      return
    }
    const m = Mmap.attach(message)
    const byte = m.at(0)
    m.close()
    parentPort?.postMessage(byte)
  })
}
