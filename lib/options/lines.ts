import type { Encoding } from '../../binding.js'
import * as check from '../checks.js'
import type { MappedBytes } from '../homes/home.js'
import { binding } from '../load/load.js'

/** What a line is given as. */
export type LineKind = 'string' | 'buffer' | 'offsets'

/** Options of `lines`. */
export interface LinesOptions<K extends LineKind = LineKind> {
  /**
   * `'string'` (default). `'buffer'`: Buffers of memory of their own. `'offsets'`: pairs `[start, end]`, in bytes from the
   * start of the mapping.
   */
  as?: K
  /** For strings: `'utf8'` (default; invalid sequences become U+FFFD) or `'latin1'`. */
  encoding?: 'utf8' | 'utf-8' | 'latin1' | 'binary'
  /** Where the first line begins. Default 0. Negative: counted from the end. */
  start?: number | bigint
  /** Where the last line ends at the latest. Default: the end. Negative: counted from the end. */
  end?: number | bigint
  /** `true`: lines keep their `\n` or `\r\n`. Default false. */
  keepEnds?: boolean
}

/** Options of `linesAsync`. */
export interface LinesAsyncOptions extends LinesOptions<'string' | 'buffer'> {
  /** Ends the iteration with an AbortError. */
  signal?: AbortSignal | undefined
}

/** The type of a line of a kind. */
export type Line<K extends LineKind> = K extends 'string'
  ? string
  : K extends 'buffer'
    ? Buffer<ArrayBuffer>
    : [number, number]

const KINDS: readonly LineKind[] = ['string', 'buffer', 'offsets']
const ENCODINGS = ['utf8', 'utf-8', 'latin1', 'binary'] as const
const KEYS = ['as', 'encoding', 'start', 'end', 'keepEnds']

const { Encoding: NativeEncoding } = binding

/** What `lines` or `linesAsync` was asked for, checked. */
export interface LinesRequest {
  as: LineKind
  /** Only strings are decoded. */
  encoding: Encoding
  start: number
  end: number
  keepEnds: boolean
}

function nativeEncoding(as: LineKind, encoding: (typeof ENCODINGS)[number]): Encoding {
  if (as !== 'string') return NativeEncoding.None
  return encoding.startsWith('utf') ? NativeEncoding.Utf8 : NativeEncoding.Latin1
}

export function linesRequest(
  bytes: MappedBytes,
  given: LinesOptions | undefined,
  furtherKeys: readonly string[] = [],
): LinesRequest {
  const options = check.options(given, [...KEYS, ...furtherKeys])
  const as = check.oneOf(options.as, 'options.as', KINDS) ?? 'string'
  const encoding = check.oneOf(options.encoding, 'options.encoding', ENCODINGS) ?? 'utf8'
  const start = check.bound(options.start, 'options.start', bytes.length, 0)
  return {
    as,
    encoding: nativeEncoding(as, encoding),
    start,
    end: Math.max(start, check.bound(options.end, 'options.end', bytes.length, bytes.length)),
    keepEnds: check.boolean(options.keepEnds, 'options.keepEnds', false),
  }
}
