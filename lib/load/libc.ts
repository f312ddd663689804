import fs from 'node:fs'

export type Libc = 'glibc' | 'musl'

/** What a process report says about the C library: the version of glibc, and the libraries that are loaded. */
interface Report {
  header?: { glibcVersionRuntime?: string }
  sharedObjects?: string[]
}

/** The answer, or `undefined` if it cannot be had: a file is missing, or Deno does not permit the question. */
function attempt<T>(ask: () => T | undefined): T | undefined {
  try {
    return ask()
  } catch {
    return undefined
  }
}

/** The C library that this program runs on (on Linux); `undefined` if it cannot be determined. */
export function libc(): Libc | undefined {
  // In this order: the program's own header is the surest, and a process report takes 10 ms.
  return attempt(fromProgram) ?? attempt(fromReport) ?? attempt(fromLdd) ?? attempt(fromFolder)
}

/** By the dynamic loader that the running program's ELF header names. */
function fromProgram(): Libc | undefined {
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
  // Otherwise the report resolves the host name of each connection's peer, which may take long.
  report.excludeNetwork = true
  try {
    return report.getReport()
  } finally {
    if (excludeNetwork !== undefined) report.excludeNetwork = excludeNetwork
  }
}

function fromReport(): Libc | undefined {
  const { header, sharedObjects } = report()
  if (header?.glibcVersionRuntime !== undefined) return 'glibc'
  return sharedObjects?.some((file) => /\/(ld-musl-|libc\.musl-)/.test(file)) ? 'musl' : undefined
}

/** By the text of ldd, a script that names the library it belongs to. */
function fromLdd(): Libc | undefined {
  const text = fs.readFileSync('/usr/bin/ldd', 'latin1')
  if (text.includes('musl')) return 'musl'
  return /GNU|GLIBC/.test(text) ? 'glibc' : undefined
}

/** By the name of the dynamic loader in /lib. */
function fromFolder(): Libc | undefined {
  return fs.readdirSync('/lib').some((name) => name.startsWith('ld-musl-')) ? 'musl' : undefined
}

/** The version of glibc; `undefined` if it cannot be determined. */
export function glibcVersion(): string | undefined {
  // Deno reports a version that is not the system's.
  return process.versions['deno'] === undefined ? attempt(report)?.header?.glibcVersionRuntime : undefined
}
