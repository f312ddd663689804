import type { NativeMapping } from '../../binding.js'
import { LONGEST_BUFFER } from '../buffers.js'
import { allowsExternal, ExternalBytes, requireExternal } from './external.js'
import type { Home, MappedBytes } from './home.js'
import { NativeBytes } from './native.js'

/** The bytes of a new mapping in the home that was asked for by name, or else in the best that the engine allows. */
export function chooseHome(
  native: NativeMapping,
  length: number,
  slack: number,
  home: Home | undefined,
  path: string | undefined,
): MappedBytes {
  if (home === 'external') requireExternal(length)
  const isExternal = home === undefined ? length <= LONGEST_BUFFER && allowsExternal() : home === 'external'
  return isExternal
    ? new ExternalBytes(native, length, slack, path, home !== undefined)
    : new NativeBytes(native, length, slack, path)
}
