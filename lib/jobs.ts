import { availableParallelism } from 'node:os'
// Not the globals: in a renderer of Electron those are the browser's, which give numbers.
import { clearInterval, setInterval } from 'node:timers'
import type { Failure, NativeJob as Job } from '../binding.js'
import { MmapAbortError } from './errors.js'
import { unwrap } from './failures.js'
import { binding } from './load/load.js'
import type { Cancel, MappingState } from './state.js'

// Held in a variable, because a property access on the addon's object is slower.
const { NativeJob } = binding

// The engine knows of container quotas, and so how many threads of the pool make sense.
binding.setProcessors(availableParallelism())

/** A job of the addon, to be given to the call that starts it. */
export function newJob(): Job {
  return new NativeJob()
}

/** Milliseconds between two calls of `onProgress`. */
const PROGRESS_INTERVAL = 50

/** What can end some work early, and what is done then. */
interface Interruption<T> {
  signal: AbortSignal | undefined
  /** While the work lasts, this set has the function that ends it early. */
  cancels?: Set<Cancel>
  /** Called when the work is ended early. */
  onCancel?: () => void
  /** Called with the result of work that was ended early. */
  discard?: (late: T) => void
}

/** A promise for the result of some work, which rejects at once when the work is ended early. */
export function interruptible<T>(work: (cancel: Cancel) => Promise<T>, interruption: Interruption<T>): Promise<T> {
  const { signal, cancels, onCancel, discard } = interruption
  if (signal?.aborted) return Promise.reject(new MmapAbortError(signal.reason))
  return new Promise((resolve, reject) => {
    let isOver = false
    const end = (): void => {
      isOver = true
      cancels?.delete(cancel)
      signal?.removeEventListener('abort', abort)
    }
    const cancel = (reason: unknown): void => {
      if (isOver) return
      end()
      onCancel?.()
      reject(reason)
    }
    const abort = (): void => cancel(new MmapAbortError(signal?.reason))
    cancels?.add(cancel)
    signal?.addEventListener('abort', abort, { once: true })
    work(cancel).then(
      (result) => {
        if (isOver) discard?.(result)
        else {
          end()
          resolve(result)
        }
      },
      (error) => {
        end()
        reject(error)
      },
    )
  })
}

export interface JobOptions {
  /** Ends the job with an AbortError. */
  signal: AbortSignal | undefined
  /** Called now and then with the bytes that the job has done. If it throws, the job ends with what it threw. */
  onProgress?: ((done: number) => void) | undefined
}

/** Calls `onProgress` at intervals. The timer does not keep the process alive: the job does. */
function reportProgress(job: Job, onProgress: (done: number) => void, cancel: Cancel): NodeJS.Timeout {
  return setInterval(() => {
    try {
      onProgress(job.done())
    } catch (error) {
      cancel(error)
    }
  }, PROGRESS_INTERVAL).unref()
}

/** To be called with what must not be collected before. */
export function keepAlive(_: unknown): void {}

/**
 * Runs a job of the addon under the lifetime of a mapping: it ends with its result, with the signal, or with `close()`.
 * Work that was ended early stops soon afterwards, and its result is ignored.
 */
export async function runJob<T>(
  state: MappingState,
  { signal, onProgress }: JobOptions,
  start: (job: Job) => Promise<T | Failure>,
): Promise<T> {
  const job = newJob()
  state.jobs ??= new Set()
  let timer: NodeJS.Timeout | undefined
  const work = async (cancel: Cancel): Promise<T> => {
    const { native } = state.bytes
    // Private bytes may lie over memory of the engine's, which this keeps alive until the job has ended.
    const host: unknown = Reflect.get(native, 'host')
    const result = start(job)
    if (onProgress !== undefined) timer = reportProgress(job, onProgress, cancel)
    const answer = await result
    keepAlive(host)
    return unwrap(answer, state.path) as T
  }
  try {
    return await interruptible(work, { signal, cancels: state.jobs, onCancel: () => job.cancel() })
  } finally {
    clearInterval(timer)
  }
}
