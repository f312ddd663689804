import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Failure, NativeMapping } from '../binding.js'
import * as check from './checks.js'
import { constants } from './constants.js'
import type { Access, Facts } from './core.js'
import { failed, MmapAbortError, unwrap } from './errors.js'
import { settle } from './external.js'
import { binding } from './load.js'
import type { AnonymousOptions, MmapOptions, OpenAsyncOptions, OpenOptions, PathLike } from './options.js'
import * as options from './options.js'
import { Searchable } from './search.js'
import { listen } from './watch.js'

const EXHAUSTED: ReadonlySet<string | undefined> = new Set(['ENOMEM', 'EMFILE', 'ENFILE'])

// Taken out once: a look into the addon is slower than a variable.
const { map, open, openAsync, sweep, unlink } = binding

function isFailure(answer: NativeMapping | Failure): answer is Failure {
  // By its shape: a second copy of this module in the thread has a class of its own.
  return (answer as Failure).code !== undefined
}

/** Where the native side writes the length and the slack of what it made. */
const measures = new Float64Array(2)

function engineGc(): (() => void) | undefined {
  const bun = Reflect.get(globalThis, 'Bun')
  if (bun !== undefined) return () => bun.gc(true)
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc')
}

/** Collects what was dropped but not closed, by force: only before a mapping would fail for want of room. */
function collect(): void {
  try {
    engineGc()?.()
  } catch {
    // No such door in this engine: the failure stands as it is.
  }
  sweep()
}

/** Whether it failed for want of room: of addresses, of mappings, of descriptors. */
function isExhausted(answer: NativeMapping | Failure): boolean {
  return isFailure(answer) && answer.code === '' && EXHAUSTED.has(Reflect.get(failed(answer), 'code'))
}

/** Asks for a mapping; for want of room once more, after what was dropped has been let go. */
function obtain(ask: () => NativeMapping | Failure, path?: string): NativeMapping {
  let answer = ask()
  for (const makeRoom of [sweep, collect]) {
    if (!isFailure(answer)) return answer
    if (!isExhausted(answer)) break
    makeRoom()
    answer = ask()
  }
  if (isFailure(answer)) throw failed(answer, path)
  return answer
}

type Plan = Pick<options.Construction, 'offset' | 'home' | 'guard'>

/** Takes in the native mapping that was just measured; it is undone if the home asked for is not to be had. */
function facts(native: NativeMapping, plan: Plan, access: Access, path?: string): Facts {
  const { offset, home } = plan
  if (plan.guard) listen()
  const length = measures[0] ?? 0
  const slack = measures[1] ?? 0
  try {
    return { bytes: settle(native, length, slack, home, path), offset, access, path }
  } catch (error) {
    native.undo()
    throw error
  }
}

function remembered({ access, prot }: options.Construction): Access {
  if (access !== undefined) return access
  return prot === undefined || (prot & (constants['PROT_WRITE'] ?? 0)) !== 0 ? 'write' : 'read'
}

class Adopted {
  readonly facts: Facts
  constructor(facts: Facts) {
    this.facts = facts
  }
}

/**
 * A memory-mapped file, or memory: at once a mutable array of bytes and a file with a position.
 *
 * ```js
 * const m = Mmap.open('data.bin', { access: 'write' })
 * m.find('needle')       // searched in Rust, nothing copied
 * m.buffer[0] = 1        // the file's byte, in place
 * m.flush()
 * m.close()
 * ```
 *
 * Every member but `close`, `closed`, dispose and inspect throws ERR_MMAP_CLOSED once the mapping is closed. Those
 * that change bytes throw ERR_MMAP_READ_ONLY, before they look at a range, when the access is `'read'`.
 */
export class Mmap extends Searchable {
  /**
   * Maps an open file, as Python's `mmap.mmap(fileno, length, ...)`. The descriptor is duplicated: close yours when
   * you like.
   * @param fileno a descriptor or a FileHandle; -1: memory that belongs to no file
   * @param length bytes; 0 (default): to the end of the file
   * @throws {RangeError} ERR_MMAP_EMPTY_FILE; ERR_MMAP_OFFSET: beyond the end, or no multiple of
   * ALLOCATIONGRANULARITY; ERR_OUT_OF_RANGE: longer than the file (Windows, when writable: the file grows instead)
   * @throws {Error} the system's: EBADF, EACCES, ENODEV, ENOMEM, ...
   */
  constructor(fileno: number | { readonly fd: number }, length: number | bigint = 0, mmapOptions?: MmapOptions) {
    if ((fileno as unknown) instanceof Adopted) {
      super((fileno as unknown as Adopted).facts)
      return
    }
    const fd = options.descriptor(fileno)
    const bytes = check.size(length, 'length')
    const plan = options.construction(fd, mmapOptions)
    const code = options.accessCode(plan.access)
    const native = obtain(() =>
      map(fd, bytes, plan.offset, code, plan.prot, plan.flags, plan.track, plan.guard, plan.tagname, measures),
    )
    super(facts(native, plan, remembered(plan)))
  }

  /**
   * Opens a file and maps it; no descriptor is left to close. An empty file gives a mapping of length 0.
   * @throws {Error} the system's, with `path`: ENOENT, EACCES, EISDIR, ENODEV (a FIFO, a socket), ENOSPC, ...
   */
  static open(path: PathLike, openOptions?: OpenOptions): Mmap {
    const { bytes, text } = options.path(path)
    const plan = options.opening(openOptions)
    const code = options.accessCode(plan.access)
    const native = obtain(() => open(bytes, plan.length, plan.offset, code, plan.create, plan.guard, measures), text)
    return adopt(facts(native, plan, plan.access, text))
  }

  /** `open`, off the event loop. */
  static async openAsync(path: PathLike, openOptions?: OpenAsyncOptions): Promise<Mmap> {
    const { bytes, text } = options.path(path)
    const plan = options.opening(openOptions, ['signal'])
    const { signal } = plan
    if (signal?.aborted) throw new MmapAbortError(signal.reason)
    const code = options.accessCode(plan.access)
    const ask = (): Promise<NativeMapping | Failure> =>
      openAsync(bytes, plan.length, plan.offset, code, plan.create, plan.guard)
    const retry = (): Promise<NativeMapping | Failure> => {
      collect()
      return ask()
    }
    return new Promise((resolve, reject) => {
      const abort = (): void => reject(new MmapAbortError(signal?.reason))
      signal?.addEventListener('abort', abort, { once: true })
      const take = (answer: NativeMapping | Failure): void => {
        signal?.removeEventListener('abort', abort)
        if (isFailure(answer)) reject(failed(answer, text))
        else if (signal?.aborted) answer.undo()
        else {
          answer.measure(measures)
          resolve(adopt(facts(answer, plan, plan.access, text)))
        }
      }
      ask()
        .then((answer) => (isExhausted(answer) ? retry() : answer))
        .then(take)
        .catch(reject)
    })
  }

  /**
   * Memory that belongs to no file, filled with zeros.
   * @param length bytes, at least 1
   */
  static anonymous(length: number | bigint, anonymousOptions?: AnonymousOptions): Mmap {
    return new Mmap(-1, check.size(length, 'length', 1), options.anonymous(anonymousOptions))
  }

  /**
   * Takes the name of named memory (`tagname`) away; whoever has it mapped keeps it. On POSIX systems memory stays
   * until then, with nobody using it; on Windows the name ends with its last mapping, and the answer is false.
   * @returns whether there was such a name to take away
   */
  static unlink(name: string): boolean {
    return unwrap(unlink(check.string(name, 'name'))) as boolean
  }
}

function adopt(facts: Facts): Mmap {
  return new Mmap(new Adopted(facts) as unknown as number)
}
