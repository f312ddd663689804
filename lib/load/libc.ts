import fs from 'node:fs'

export type Libc = 'glibc' | 'musl'

/** What a process report says of the C library: a version of glibc, and the libraries that are loaded. */
interface Report {
  header?: { glibcVersionRuntime?: string }
  sharedObjects?: string[]
}

/** What could not be asked, for want of a file or of a permission (Deno), tells nothing. */
function attempt<T>(ask: () => T | undefined): T | undefined {
  try {
    return ask()
  } catch {
    return undefined
  }
}

/** The C library that this program runs on. Linux; `undefined` where nothing tells. */
export function libc(): Libc | undefined {
  // The program itself knows best, and a report takes 10 ms.
  return attempt(interpreter) ?? attempt(reported) ?? attempt(lister) ?? attempt(folder)
}

/** The dynamic loader that the running program asks for. */
function interpreter(): Libc | undefined {
  const head = Buffer.alloc(4096)
  const fd = fs.openSync(process.execPath, 'r')
  try {
    fs.readSync(fd, head, 0, head.length, 0)
  } finally {
    fs.closeSync(fd)
  }
  const text = head.toString('latin1')
  if (/\/ld-musl-[^/\0]*\.so/.test(text)) return 'musl'
  return /\/ld(-linux|64)[^/\0]*\.so/.test(text) ? 'glibc' : undefined
}

function report(): Report {
  const { report } = process as { report?: { excludeNetwork?: boolean; getReport(): object } }
  if (report === undefined) return {}
  const { excludeNetwork } = report
  // Else it asks for the name of each peer, which may take long.
  report.excludeNetwork = true
  try {
    return report.getReport()
  } finally {
    if (excludeNetwork !== undefined) report.excludeNetwork = excludeNetwork
  }
}

function reported(): Libc | undefined {
  const { header, sharedObjects } = report()
  if (header?.glibcVersionRuntime !== undefined) return 'glibc'
  return sharedObjects?.some((file) => /\/(ld-musl-|libc\.musl-)/.test(file)) ? 'musl' : undefined
}

/** ldd is a script that names its library. */
function lister(): Libc | undefined {
  const text = fs.readFileSync('/usr/bin/ldd', 'latin1')
  if (text.includes('musl')) return 'musl'
  return /GNU|GLIBC/.test(text) ? 'glibc' : undefined
}

function folder(): Libc | undefined {
  return fs.readdirSync('/lib').some((name) => name.startsWith('ld-musl-')) ? 'musl' : undefined
}

/** The version of glibc, `undefined` where nothing tells. */
export function glibcVersion(): string | undefined {
  // Deno answers with one that it made up.
  return process.versions['deno'] === undefined ? attempt(report)?.header?.glibcVersionRuntime : undefined
}
