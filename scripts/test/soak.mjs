// Threads read and write a file that another process truncates and extends, for as long as one likes:
//   node scripts/test/soak.mjs [--seconds 60] [--threads 4]
// Prints counts. The exit code is 1 if a process died, or if any answer was neither right nor an error.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, threads: { type: 'string', default: '4' } },
})
const given = { seconds: Number(values.seconds), threads: Number(values.threads) }
const program = fileURLToPath(new URL('../../__test__/support/programs/faults/race.mjs', import.meta.url))
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'memmap-soak-'))
const reported = path.join(folder, 'reported')
const env = { ...process.env, MEMMAP_TEST_FOLDER: folder, MEMMAP_TEST_REPORT: reported }
const { status, signal } = spawnSync(process.execPath, [program, 'race', JSON.stringify(given)], {
  stdio: 'inherit',
  env,
})
const answer = fs.existsSync(reported) ? JSON.parse(fs.readFileSync(reported, 'utf8')) : undefined
fs.rmSync(folder, { recursive: true })
console.log(answer ?? 'nothing was reported')
if (status !== 0 || answer === undefined || answer.wrongs > 0 || !answer.file || answer.faults === 0) {
  console.error(`failed: exit code ${status}, signal ${signal}`)
  process.exitCode = 1
}
