import type { Engine } from '../../binding.js'
import { binding } from '../load/load.js'

/** Whether the engine is JavaScriptCore. */
export const isBun: boolean = process.versions['bun'] !== undefined

export const isDeno: boolean = process.versions['deno'] !== undefined

let allowed: boolean | undefined

/** Whether the engine allows ArrayBuffers over foreign memory: its own answer, whatever the product is called. */
export function allowsExternal(): boolean {
  allowed ??= binding.allowsExternalBuffers()
  return allowed
}

let allowedShared: boolean | undefined

/** The same of SharedArrayBuffers. */
export function allowsExternalShared(): boolean {
  allowedShared ??= binding.allowsExternalSharedBuffers()
  return allowedShared
}

/**
 * The engine that runs this program; Electron is a Node. They differ in how a thread ends, and in when they free the memory
 * of a detached ArrayBuffer.
 */
export const ENGINE: Engine = isBun ? binding.Engine.Bun : isDeno ? binding.Engine.Deno : binding.Engine.Node
