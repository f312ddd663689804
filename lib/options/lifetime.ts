/** Options of `resize`. */
export interface ResizeOptions {
  /**
   * `true` (default): blocks are reserved for a file that grows, so that a full disk is an error of `resize`. `false`: the
   * file gets a hole, and a full disk is a fault at a later store.
   */
  reserve?: boolean
}

/** Options of `close`. */
export interface CloseOptions {
  /**
   * `true` (default): views get length 0. `false`: they stay attached and read zeros. That is for a caller whose zlib may
   * still be reading a view: Node's zlib fails when its buffer is detached.
   */
  detach?: boolean
}
