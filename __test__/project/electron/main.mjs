// Checks the addon in Electron: in its main process, in a worker of it, and in a utility process. In plain Node a child
// process stands for the latter, so that this program itself can be tested.
import { fork } from 'node:child_process'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { prove } from './proof.mjs'

const electron = process.versions.electron === undefined ? undefined : createRequire(import.meta.url)('electron')
const once = new URL('./once.mjs', import.meta.url)

function worker() {
  return new Promise((resolve, reject) => {
    const each = new Worker(once)
    each.once('message', resolve)
    each.once('error', reject)
    each.once('exit', (code) => reject(new Error(`the worker ended with ${code} and no answer`)))
  })
}

function utility() {
  const path = fileURLToPath(once)
  return new Promise((resolve, reject) => {
    const child = electron === undefined ? fork(path) : electron.utilityProcess.fork(path, [], { stdio: 'inherit' })
    child.once('error', (error) => reject(new Error(`the utility process failed: ${error}`)))
    child.once('exit', (code) => {
      if (code === 0) resolve(0)
      else reject(new Error(`the utility process ended with ${code}`))
    })
  })
}

async function main() {
  const engine = electron === undefined ? `Node ${process.version}` : `Electron ${process.versions.electron}`
  const answer = { main: await prove(), worker: await worker(), utility: await utility() }
  console.log(`${engine}, ${process.platform} ${process.arch}: ${JSON.stringify(answer)}`)
  // The test of this program reads the answer from there.
  const file = process.env.MEMMAP_TEST_REPORT
  if (file !== undefined) fs.writeFileSync(file, JSON.stringify(answer))
}

function end(status) {
  if (electron === undefined) process.exitCode = status
  else electron.app.exit(status)
}

// Without a top-level await, since Electron becomes ready only after its first module has been evaluated.
Promise.resolve(electron?.app.whenReady())
  .then(main)
  .then(
    () => end(0),
    (error) => {
      console.error(error)
      end(1)
    },
  )
