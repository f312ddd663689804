import { isMainThread } from 'node:worker_threads'
import { binding } from '../load/load.js'

const { installFaultHandlers } = binding

// Signal listeners belong to the main thread alone.
let listening = !isMainThread

/**
 * libuv has just installed its own handler for the signal, or has restored the system's. Node's listeners for
 * 'newListener' were added before this one, so libuv has done so by the time this runs.
 */
function reinstall(name: string | symbol): void {
  if (name !== 'SIGBUS' && name !== 'SIGSEGV') return
  installFaultHandlers()
  // Bun emits the event before it installs its handler.
  queueMicrotask(installFaultHandlers)
  setImmediate(installFaultHandlers).unref()
}

/** Keeps the addon's fault handlers in front of those that the program installs or removes for SIGBUS and SIGSEGV. */
export function keepFaultHandlersInstalled(): void {
  if (listening) return
  listening = true
  process.on('newListener', reinstall)
  process.on('removeListener', reinstall)
}
