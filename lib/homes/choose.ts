import type { NativeMapping } from '../../binding.js'
import { LONGEST_BUFFER } from '../buffers.js'
import { binding } from '../load/load.js'
import type { ViewsRequest } from '../options/open.js'
import { allowsExternal, allowsExternalShared } from './engine.js'
import { ExternalBytes, requireExternal } from './external.js'
import type { Home, MappedBytes } from './home.js'
import { NativeBytes } from './native.js'
import { allowsOverlay, OverlayBytes, requireOverlay } from './overlay.js'

/** The best home that the engine allows for so many bytes. */
function bestHome(length: number, slack: number, shared: boolean): Home {
  if (shared ? allowsExternalShared() : allowsExternal()) return length <= LONGEST_BUFFER ? 'external' : 'native'
  return allowsOverlay(length, slack) && binding.canShowMemory() ? 'overlay' : 'native'
}

/** The bytes of a new mapping in the home that was asked for by name, or else in the best that the engine allows. */
export function chooseHome(
  native: NativeMapping,
  length: number,
  slack: number,
  { home, shared }: ViewsRequest,
  path: string | undefined,
): MappedBytes {
  const isForced = home !== undefined
  const choice = { isForced, shared }
  switch (home ?? bestHome(length, slack, shared)) {
    case 'external':
      if (isForced) requireExternal(length, shared)
      return new ExternalBytes(native, length, slack, path, choice)
    case 'overlay':
      if (isForced) requireOverlay(length, slack)
      return new OverlayBytes(native, length, slack, path, choice)
    case 'native':
      return new NativeBytes(native, length, slack, path)
  }
}
