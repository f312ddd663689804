// One mapping among several threads.
import { unwrap } from '../failures.js'
import { chooseHome } from '../homes/choose.js'
import { keepFaultHandlersInstalled } from '../homes/fault-handlers.js'
import { binding } from '../load/load.js'
import { accessOf } from '../options/access.js'
import { type AttachOptions, attachedViews, type ShareToken, tokenText } from '../options/share.js'
import { MappingState } from '../state.js'

/** Where the addon writes the mapping's length and slack. */
const measures = new Float64Array(2)

export function share({ bytes, path }: MappingState): ShareToken {
  return { memmap: unwrap(bytes.native.share(path)) }
}

export function attach(token: unknown, options: AttachOptions | undefined): MappingState {
  const text = tokenText(token)
  const views = attachedViews(options)
  const native = unwrap(binding.attach(text, measures))
  const length = measures[0] as number
  const slack = measures[1] as number
  try {
    const { access, guard, offset, path } = unwrap(native.sharedFacts())
    if (guard) keepFaultHandlersInstalled()
    return new MappingState(chooseHome(native, length, slack, views, path), offset, accessOf(access), path)
  } catch (error) {
    native.close(binding.Views.Detach)
    throw error
  }
}
