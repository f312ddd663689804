import { availableParallelism } from 'node:os'
import { inspect } from 'node:util'
import type { Failure, NativeJob as Job } from '../binding.js'
import { type Bytes, CLOSED, type Home } from './bytes.js'
import { boolean, options } from './checks.js'
import { coded, failed, MmapAbortError } from './errors.js'
import { binding } from './load.js'

// Taken out once: a look into the addon is slower than a variable.
const { NativeJob } = binding

binding.processors(availableParallelism())

/** What may be done to the bytes: `'copy'` is writable, and private: the file never changes. */
export type Access = 'read' | 'write' | 'copy'

/** What the constructor of the class hands down. */
export interface Facts {
  bytes: Bytes
  offset: number
  access: Access
  path: string | undefined
}

export interface CloseOptions {
  /**
   * `true` (default): the views get length 0. `false`: they stay attached and read zeros, for a caller whose
   * zlib may still be reading one (Node's zlib fails when its buffer is detached).
   */
  detach?: boolean
}

/** The bytes of a mapping, for the other rooms of the class; those of a closed one throw ERR_MMAP_CLOSED. */
export let bytesOf: (mapping: Core) => Bytes
/** The same, refused when the mapping is read-only. */
export let writableOf: (mapping: Core) => Bytes
/** Reaches the bytes from now on in another way. */
export let moveTo: (mapping: Core, bytes: Bytes) => void
/** Gives a job the mapping's lifetime: it ends with the signal, and with close(). */
export let runJob: <T>(
  mapping: Core,
  signal: AbortSignal | undefined,
  start: (job: Job) => Promise<T | Failure | null>,
) => Promise<T>

/** The lifetime of a mapping: its facts, and how it ends. */
export abstract class Core implements Disposable {
  #bytes: Bytes
  #offset: number
  #access: Access
  #path: string | undefined
  #jobs: Set<(reason: Error) => void> | undefined

  static {
    // One line that tells length, access, position, offset and home.
    Object.defineProperty(Core.prototype, inspect.custom, {
      configurable: true,
      writable: true,
      value(this: Core): string {
        const name = this.constructor?.name ?? 'Mmap'
        if (this.closed) return `${name} { closed: true }`
        const path = this.#path === undefined ? '' : `, path: ${inspect(this.#path)}`
        return `${name} { length: ${this.length}, access: '${this.#access}', position: ${this.tell()}, offset: ${this.#offset}, home: '${this.home}'${path} }`
      },
    })
    bytesOf = (mapping) => mapping.#bytes
    moveTo = (mapping, bytes) => {
      mapping.#bytes = bytes
    }
    writableOf = (mapping) => {
      const bytes = mapping.#bytes
      if (mapping.#access === 'read') {
        void bytes.length
        throw coded('ERR_MMAP_READ_ONLY', 'The mapping is read-only')
      }
      return bytes
    }
    runJob = (mapping, signal, start) => {
      if (signal?.aborted) return Promise.reject(new MmapAbortError(signal.reason))
      mapping.#jobs ??= new Set()
      const jobs = mapping.#jobs
      return new Promise((resolve, reject) => {
        const end = (): void => {
          jobs.delete(fail)
          signal?.removeEventListener('abort', abort)
        }
        const job = new NativeJob()
        const fail = (reason: unknown): void => {
          end()
          job.abort()
          reject(reason)
        }
        const abort = (): void => fail(new MmapAbortError(signal?.reason))
        jobs.add(fail)
        signal?.addEventListener('abort', abort, { once: true })
        start(job).then((answer) => {
          end()
          if (typeof answer === 'object' && answer !== null && 'code' in answer)
            reject(failed(answer as Failure, mapping.#path))
          else resolve(answer as never)
        }, fail)
      })
    }
  }

  /** Made by the constructor of `Mmap` alone. */
  protected constructor(given: object) {
    const facts = given as Facts
    this.#bytes = facts.bytes
    this.#offset = facts.offset
    this.#access = facts.access
    this.#path = facts.path
  }

  /** The position, in bytes from the start of the mapping. */
  abstract tell(): number

  /** Bytes of the mapping: fixed until `resize()`. */
  get length(): number {
    return this.#bytes.length
  }

  /** Bytes from the start of the file to the first byte of the mapping. */
  get offset(): number {
    void this.#bytes.length
    return this.#offset
  }

  /** What may be done to the bytes. */
  get access(): Access {
    void this.#bytes.length
    return this.#access
  }

  /** The path that `open` was given; `undefined` for a descriptor and for memory. */
  get path(): string | undefined {
    void this.#bytes.length
    return this.#path
  }

  /** Where the bytes are reached: with views (`'external'`) or without (`'native'`). */
  get home(): Home {
    return this.#bytes.home
  }

  /**
   * Whether bytes were lost since the mapping was made, or since `reattach()`: somebody made the file shorter, a disk
   * failed or was full, or a store went into a view of a read-only mapping. Asks nobody: a load. A file that was made
   * shorter is noticed by the first access to what it lost, or by `check()`.
   */
  get faulted(): boolean {
    return this.#bytes.faulted()
  }

  /**
   * Throws if any of the bytes are not the file's. For whoever reads through views, which cannot throw.
   * @throws {Error} ERR_MMAP_FAULT, with `offset` in the file and `reason`; ERR_MMAP_READ_ONLY after a stray store
   */
  check(): void {
    this.#bytes.check()
  }

  /**
   * Maps the file again, as it is now, after a fault: bytes that were lost are the file's again if it has them. What
   * was stored into lost pages is gone. Views stay; on Windows they get length 0.
   * @throws {Error} ERR_MMAP_NO_DESCRIPTOR with `trackfd: false`
   */
  reattach(): void {
    this.#bytes.reattach()
  }

  /** Whether `close()` was called. Never throws. */
  get closed(): boolean {
    return this.#bytes === CLOSED
  }

  /**
   * Ends the mapping, before it returns: views of it get length 0, the file is let go, jobs at work reject with
   * ERR_MMAP_CLOSED. Memory that somebody still points into reads zeros, never another mapping's bytes; on Windows a
   * file of which you took a view is let go when that view is collected. There is no implicit `flush()`: the system
   * writes changed pages later. A second call does nothing.
   */
  close(closeOptions?: CloseOptions): void {
    const detach = boolean(options(closeOptions, ['detach']).detach, 'options.detach', true)
    const bytes = this.#bytes
    this.#bytes = CLOSED
    bytes.close(detach)
    if (this.#jobs === undefined || this.#jobs.size === 0) return
    for (const fail of [...this.#jobs]) fail(coded('ERR_MMAP_CLOSED', 'The mapping was closed'))
  }

  /** `close()`, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close()
  }
}
