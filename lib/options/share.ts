import * as check from '../checks.js'
import { clipped, coded, wrongType } from '../errors.js'
import { type CommonOptions, type ViewsRequest, viewsRequest } from './open.js'

/**
 * What `share()` answers, for `postMessage()` and `workerData`: it says which mapping is meant, and means nothing to another
 * process. It holds nothing open, and may be used any number of times.
 */
export interface ShareToken {
  readonly memmap: string
}

/** Options of `Mmap.attach`. */
export type AttachOptions = Pick<CommonOptions, 'home' | 'sharedBuffer'>

export function attachedViews(given: AttachOptions | undefined): ViewsRequest {
  return viewsRequest(check.options(given, ['home', 'sharedBuffer']))
}

/** Characters of a token: three numbers of 64 bits in hexadecimal digits, and what is between them, are fewer. */
const LONGEST_TOKEN = 64

/** The text of a token. Whether this process has made it is for the addon to say. */
export function tokenText(token: unknown): string {
  const text: unknown = typeof token === 'object' && token !== null ? Reflect.get(token, 'memmap') : undefined
  if (typeof text !== 'string') throw wrongType('token', 'what share() has answered', token)
  // One that share() has answered is shorter. The addon would copy what it is given before it looks at it.
  if (text.length > LONGEST_TOKEN) {
    throw coded(
      'ERR_INVALID_ARG_VALUE',
      `The argument "token" must be what share() of this copy of memmap has answered in this process. Received '${clipped(text)}'`,
    )
  }
  return text
}
