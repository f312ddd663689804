import { coded } from '../errors.js'
import type { MappedBytes } from './home.js'

function closed(): never {
  throw coded('ERR_MMAP_CLOSED', 'The mapping is closed')
}

/** Takes the place of a mapping's bytes after `close()`, so that no member needs a check of its own. */
export const CLOSED: MappedBytes = {
  get home() {
    return closed()
  },
  get length() {
    return closed()
  },
  get native() {
    return closed()
  },
  get slack() {
    return closed()
  },
  path: undefined,
  byte: closed,
  setByte: closed,
  copyOut: closed,
  copyIn: closed,
  find: closed,
  count: closed,
  view: closed,
  resize: closed,
  remap: closed,
  faulted: closed,
  check: closed,
  reattach: closed,
  close() {},
}
