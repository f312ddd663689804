// The time of `grep -c` as a whole process, less that of its run on an empty file: `grep.mjs memmap|rg PATTERN PATH`.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { now, prepared, report } from './common.mjs'

const [peer, pattern, path] = process.argv.slice(2)
const EMPTY = join(import.meta.dirname, '..', 'data', 'empty')
const GREP = join(import.meta.dirname, '..', '..', 'examples', 'build', 'grep.js')
const [program, ...args] = peer === 'rg' ? ['rg', '--no-config', '-c'] : [process.execPath, GREP, '-c']

/** @param {string} file */
function run(file) {
  const start = now()
  const { status, stdout, stderr } = spawnSync(program, [...args, '--', pattern, file], { encoding: 'utf8' })
  const took = (now() - start) / 1e9
  // Status 1 means that no line matches.
  if (status !== 0 && status !== 1) throw new Error(`${program} ended with ${status}: ${stderr}`)
  return { took, lines: Number(stdout) }
}

writeFileSync(EMPTY, '')
await prepared()
const empty = Math.min(...Array.from({ length: 3 }, () => run(EMPTY).took))
const { took, lines } = run(path)
report(lines, { net: took - empty })
