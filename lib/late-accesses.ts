// Warns of accesses to bytes that a mapping no longer has.
import { setTimeout } from 'node:timers'
import { binding } from './load/load.js'

/** Milliseconds until the first look after a `close()`, and at most between two. */
const FIRST_LOOK = 10
const RARE_LOOK = 1000

let timer: NodeJS.Timeout | undefined
let pause = FIRST_LOOK

function warning(path: string | null | undefined): string {
  const whose = typeof path === 'string' ? `of '${path}'` : 'of a mapping'
  return `Bytes ${whose} were accessed after close() or resize() had taken them away, and read as zeros. Close it when whoever has a view (a stream, zlib, a native library) is done with it, or with { views: 'keep' }`
}

/** Warns of what was seen since the last look. Answers whether more may come. */
function report(emit: (text: string) => void): boolean {
  const { paths, mayCome } = binding.lateAccesses()
  for (const path of paths) emit(warning(path))
  return mayCome
}

const CODE = 'MEMMAP_READ_AFTER_CLOSE'

function look(): void {
  timer = undefined
  if (!report((text) => process.emitWarning(text, { type: 'MmapWarning', code: CODE }))) return
  pause = Math.min(2 * pause, RARE_LOOK)
  timer = setTimeout(look, pause).unref()
}

/** The same when no turn of the event loop is left, in which `process.emitWarning()` would emit it. */
function lookAtExit(): void {
  report((text) => {
    const error = Object.assign(new Error(text), { name: 'MmapWarning', code: CODE })
    process.emit('warning', error)
  })
}

/** Marks a process object that has our listener, whichever copy of this module added it: test runners load many. */
const LISTENS = Symbol.for('memmap.listensToExit')

// From the start on, and on each thread: what a thread that has ended closed is looked after by those that are left.
if (!Object.hasOwn(process, LISTENS)) {
  Object.defineProperty(process, LISTENS, { value: true })
  process.on('exit', lookAtExit)
}

/**
 * To be called when bytes were taken away whose views the user has seen. A fault handler notes each access to them, and must
 * not call JavaScript. So this looks now and then, as long as there are such bytes, and once more at the end.
 */
export function watchLateAccesses(): void {
  // A look that is near serves this time too.
  if (timer !== undefined && pause <= FIRST_LOOK) return
  clearTimeout(timer)
  pause = FIRST_LOOK
  timer = setTimeout(look, pause).unref()
}
