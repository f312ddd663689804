/**
 * The engine that runs this program, as the addon numbers engines: 0 Node (and Electron), 1 Bun, 2 Deno. They differ in
 * how a thread ends and in when they free the memory of a detached ArrayBuffer.
 */
export const ENGINE: number = process.versions['bun'] !== undefined ? 1 : process.versions['deno'] !== undefined ? 2 : 0

/** Whether the engine is JavaScriptCore. */
export const isBun: boolean = ENGINE === 1

export const isDeno: boolean = ENGINE === 2
