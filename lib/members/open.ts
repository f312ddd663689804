// Where mappings are made.
import type { Failure, MapRequest, NativeJob, NativeMapping, OpenRequest as NativeOpenRequest } from '../../binding.js'
import * as check from '../checks.js'
import { failed, isFailure, systemErrorName } from '../failures.js'
import { chooseHome } from '../homes/choose.js'
import { keepFaultHandlersInstalled } from '../homes/fault-handlers.js'
import { interruptible, newJob } from '../jobs.js'
import { binding } from '../load/load.js'
import { type Access, nativeAccess } from '../options/access.js'
import {
  constructorRequest,
  type MmapOptions,
  type OpenAsyncOptions,
  type OpenOptions,
  type OpenRequest,
  openRequest,
  resultingAccess,
  type ViewsRequest,
} from '../options/open.js'
import { descriptor, type Path, path } from '../options/path.js'
import { closeCollected, reclaim } from '../reclaim.js'
import { MappingState } from '../state.js'

type Answer = NativeMapping | Failure

/** Where the addon writes a new mapping's length and slack. */
const measures = new Float64Array(2)

/** The system's errors that closing other mappings may cure: out of address space or mappings, or of descriptors. */
const EXHAUSTED: ReadonlySet<string | undefined> = new Set(['ENOMEM', 'EMFILE', 'ENFILE'])

function isExhausted(answer: Answer): boolean {
  return isFailure(answer) && EXHAUSTED.has(systemErrorName(answer))
}

/**
 * Asks for a mapping. If the system is exhausted, asks again after mappings that were dropped have been closed. `ifDenied` is
 * added to the error EACCES.
 */
function withReclaim(ask: () => Answer, path?: string, ifDenied?: string): NativeMapping {
  let answer = ask()
  for (const makeRoom of [closeCollected, reclaim]) {
    if (!isExhausted(answer)) break
    makeRoom()
    answer = ask()
  }
  if (isFailure(answer)) throw failed(answer, path, systemErrorName(answer) === 'EACCES' ? ifDenied : undefined)
  return answer
}

/** What to do when a descriptor does not allow what is asked for by default. */
const IF_DENIED = ". By default a mapping is writable: for a descriptor that is read-only, ask for access: 'read'"

/** The state of a mapping that was just made and measured. It is undone if the home that was asked for cannot be had. */
function newState(
  native: NativeMapping,
  { guard, offset, views }: { guard: boolean; offset: number; views: ViewsRequest },
  access: Access,
  path?: string,
): MappingState {
  if (guard) keepFaultHandlersInstalled()
  const length = measures[0] as number
  const slack = measures[1] as number
  try {
    return new MappingState(chooseHome(native, length, slack, views, path), offset, access, path)
  } catch (error) {
    native.undo()
    throw error
  }
}

/** For the constructor: maps a descriptor, or with -1 memory. */
export function mapDescriptor(
  fileno: unknown,
  length: number | bigint,
  options: MmapOptions | undefined,
): MappingState {
  const fd = descriptor(fileno)
  const bytes = check.size(length, 'length')
  const request = constructorRequest(fd, options)
  const { flags, guard, offset, prot, tagname, track } = request
  const access = nativeAccess(request.access)
  // napi-rs types what may be absent without `undefined`, which it takes as absent.
  const asked = { fd, length: bytes, offset, access, prot, flags, track, guard, tagname } as MapRequest
  const isDefault = options?.access === undefined && prot === undefined && flags === undefined
  const native = withReclaim(() => binding.map(asked, measures), undefined, isDefault ? IF_DENIED : undefined)
  return newState(native, request, resultingAccess(request))
}

function nativeRequest({ access, create, guard, length, offset }: OpenRequest): NativeOpenRequest {
  return { access: nativeAccess(access), create, guard, length, offset }
}

export function open(given: unknown, options: OpenOptions | undefined): MappingState {
  const { bytes, text } = path(given)
  const request = openRequest(options)
  const asked = nativeRequest(request)
  const native = withReclaim(() => binding.open(bytes, asked, measures), text)
  return newState(native, request, request.access, text)
}

/**
 * Opens off the event loop. One retry is enough: mappings that the engine has already collected are closed while the event
 * loop runs.
 */
async function openNative(job: NativeJob, { bytes, text }: Path, request: OpenRequest): Promise<NativeMapping> {
  const asked = nativeRequest(request)
  const ask = (): Promise<Answer> => binding.openAsync(job, bytes, asked)
  let answer = await ask()
  if (isExhausted(answer)) {
    reclaim()
    answer = await ask()
  }
  if (isFailure(answer)) throw failed(answer, text)
  return answer
}

export async function openAsync(given: unknown, options: OpenAsyncOptions | undefined): Promise<MappingState> {
  const where = path(given)
  const request = openRequest(options, ['signal'])
  const job = newJob()
  const native = await interruptible(() => openNative(job, where, request), {
    signal: request.signal,
    onCancel: () => job.cancel(),
    discard: (late) => late.undo(),
  })
  native.measure(measures)
  return newState(native, request, request.access, where.text)
}
