import { ensure, unwrap } from '../failures.js'
import { binding } from '../load/load.js'
import { allowsExternal } from './engine.js'

/** The status words, one Int32Array for each chunk of the native side's fault table. */
const chunks: (Int32Array | undefined)[] = []

/** Words of a chunk. */
const WORDS = 1024

/** Bytes of the memory that words are shown over: a page of every system. */
const HOST_BYTES = 65536

type SharedMemoryClass = new (length: number, options: { maxByteLength: number }) => SharedArrayBuffer

/**
 * Memory of the engine's own, of whole pages. A growable SharedArrayBuffer has such; it has no room to grow here. It is for this
 * module alone, and is never collected.
 */
function newHost(): SharedArrayBuffer {
  // A renderer of Electron has no such name.
  const Shared = Reflect.get(globalThis, 'SharedArrayBuffer') as SharedMemoryClass | undefined
  if (Shared !== undefined) return new Shared(HOST_BYTES, { maxByteLength: HOST_BYTES })
  const { Memory } = Reflect.get(globalThis, 'WebAssembly')
  return new Memory({ initial: 1, maximum: 1, shared: true }).buffer
}

function shownWords(chunk: number): Int32Array {
  const host = newHost()
  ensure(binding.showStatusWords(chunk, new Uint8Array(host, 0, HOST_BYTES)))
  // With a length: a view that tracks the length of its memory is slow.
  return new Int32Array(host, 0, WORDS)
}

/** The status words of a chunk, in place: the native side stores to them at any time. */
export function statusWords(chunk: number): Int32Array {
  chunks[chunk] ??= allowsExternal() ? new Int32Array(unwrap(binding.statusWords(chunk))) : shownWords(chunk)
  return chunks[chunk]
}
