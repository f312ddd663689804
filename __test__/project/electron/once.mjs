// Runs the checks once: the program of a worker and of a utility process.
import process from 'node:process'
import { parentPort } from 'node:worker_threads'
import { prove } from './proof.mjs'

const home = await prove()
if (parentPort !== null) parentPort.postMessage(home)
// An explicit exit, since a utility process lives until its parent kills it.
else process.exit(home === undefined ? 1 : 0)
