// The plain sum of a file's bytes, in C: `sum.mjs PATH`. Compiles it first; that is not measured.
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '..', 'data')
const program = join(folder, 'sum')
mkdirSync(folder, { recursive: true })
execFileSync('cc', ['-O3', '-march=native', '-o', program, join(import.meta.dirname, 'sum.c')])
process.stdout.write(execFileSync(program, process.argv.slice(2), { encoding: 'utf8' }))
