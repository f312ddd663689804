import { LONGEST_BUFFER } from '../buffers.js'
import { coded } from '../errors.js'
import { allowsExternal, allowsExternalShared } from './engine.js'
import { ExternalBuffer } from './external-buffer.js'
import type { Home, MappedBytes } from './home.js'
import { NativeBytes } from './native.js'
import { SharedExternalBuffer } from './shared-buffer.js'
import { ViewedBytes, type ViewHost } from './viewed.js'

/** Throws if the home `'external'`, which the user asked for, cannot be had for a mapping of `length` bytes. */
export function requireExternal(length: number, shared: boolean): void {
  if (shared && !allowsExternalShared()) {
    throw coded(
      'ERR_MMAP_NO_VIEWS',
      "This engine makes no SharedArrayBuffers over memory of others (Node does from 22.23.3, 24.16 and 26.1 on): they are not to be had in the home 'external'",
    )
  }
  if (!allowsExternal()) {
    throw coded(
      'ERR_MMAP_NO_VIEWS',
      "This engine refuses ArrayBuffers over memory of others: the home 'external' is not to be had",
    )
  }
  if (length > LONGEST_BUFFER) {
    throw coded(
      'ERR_MMAP_NO_VIEWS',
      `The home 'external' ends at ${LONGEST_BUFFER} bytes on this engine: map a window with offset and length. Received a length of ${length}`,
    )
  }
}

/** The home `'external'`: the ArrayBuffer is one over the memory of the mapping. */
export class ExternalBytes extends ViewedBytes {
  protected override get viewedHome(): Home {
    return 'external'
  }

  protected override makeHost(): ViewHost {
    return this.shared
      ? new SharedExternalBuffer(this.native, this.length)
      : new ExternalBuffer(this.native, this.length)
  }

  protected override requireLength(length: number): void {
    requireExternal(length, this.shared)
  }

  protected override afterResize(length: number): MappedBytes {
    return length <= LONGEST_BUFFER ? this : new NativeBytes(this.native, length, this.slack, this.path)
  }
}
