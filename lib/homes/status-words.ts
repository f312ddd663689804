import { ensure, unwrap } from '../failures.js'
import { binding } from '../load/load.js'
import { allowsExternal } from './engine.js'

/** The memory of the status words, by the chunks of the native side's fault table. */
const chunks: (ArrayBufferLike | undefined)[] = []

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

function shownChunk(chunk: number): SharedArrayBuffer {
  const host = newHost()
  ensure(binding.showStatusWords(chunk, new Uint8Array(host, 0, HOST_BYTES)))
  return host
}

/**
 * A status word in place, as a view of this one word: the native side stores to it at any time. Its index is 0 then, so that
 * engines need not load an index and compare it.
 */
export function statusWord(chunk: number, slot: number): Int32Array {
  chunks[chunk] ??= allowsExternal() ? unwrap(binding.statusWords(chunk)) : shownChunk(chunk)
  return new Int32Array(chunks[chunk], slot * Int32Array.BYTES_PER_ELEMENT, 1)
}
