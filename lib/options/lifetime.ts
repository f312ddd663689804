import * as check from '../checks.js'
import { wrongValue } from '../errors.js'

/**
 * What becomes of the views of bytes that a mapping no longer has, after `close()` or `resize()`.
 * - `'detach'`: they get length 0, unless they are over a SharedArrayBuffer, which has no such thing. Whoever still has a pointer to the bytes (a job of `fs`, `net` or `zlib`, a native
 *   library) can access them no more: a system call fails with EFAULT, and code that reads them itself meets zeros, of which
 *   a process warning with the code MEMMAP_READ_AFTER_CLOSE tells.
 * - `'zero'`: they keep their length and read zeros, without a warning.
 * - `'keep'`: they keep their bytes until they are collected. Then the file is released too.
 *
 * On Windows the bytes cannot be taken away from who has a pointer to them: with `'detach'` and `'zero'` they stay there, and
 * the file is released with the last view.
 */
export type ViewsAfter = 'detach' | 'zero' | 'keep'

const VIEWS_AFTER: readonly ViewsAfter[] = ['detach', 'zero', 'keep']

/** Options of `resize`. */
export interface ResizeOptions {
  /**
   * `true` (default): blocks are reserved for a file that grows, so that a full disk is an error of `resize`. `false`: the
   * file gets a hole, and a full disk is a fault at a later store.
   */
  reserve?: boolean
  /**
   * What becomes of earlier views. Default `'detach'`. With `'keep'`, those of a file go on showing it, but for what a resize
   * that shrinks cuts off: that reads zeros, also when the file grows again. Those of memory show the memory that the
   * mapping had.
   */
  views?: ViewsAfter
}

/** Options of `resizeAsync`. */
export interface ResizeAsyncOptions extends ResizeOptions {
  /** Ends it with an AbortError. The file is as long as before then. */
  signal?: AbortSignal | undefined
}

/** Options of `remap`. */
export interface RemapOptions {
  /** What becomes of earlier views. Default `'detach'`. With `'keep'` they go on showing the file as far as it still reaches. */
  views?: ViewsAfter
}

/** Options of `close`. */
export interface CloseOptions {
  /** What becomes of views. Default `'detach'`. */
  views?: ViewsAfter
  /** `false` is another name of `views: 'zero'`. */
  detach?: boolean
}

export function remapViews(options: RemapOptions | undefined): ViewsAfter {
  const { views } = check.options(options, ['views'])
  return check.oneOf(views, 'options.views', VIEWS_AFTER) ?? 'detach'
}

export function resizeOptions(
  options: ResizeAsyncOptions | undefined,
  furtherKeys: readonly string[] = [],
): Required<ResizeOptions> {
  const { reserve, views } = check.options(options, ['reserve', 'views', ...furtherKeys])
  return {
    reserve: check.boolean(reserve, 'options.reserve', true),
    views: check.oneOf(views, 'options.views', VIEWS_AFTER) ?? 'detach',
  }
}

/** What the options of `close` say of views. */
export function viewsAfterClose(options: CloseOptions | undefined): ViewsAfter {
  if (options === undefined) return 'detach'
  const { detach, views } = check.options(options, ['views', 'detach'])
  const isDetached = check.boolean(detach, 'options.detach', true)
  if (views !== undefined && detach !== undefined)
    throw wrongValue('options.detach', 'absent beside options.views', detach)
  return check.oneOf(views, 'options.views', VIEWS_AFTER) ?? (isDetached ? 'detach' : 'zero')
}
