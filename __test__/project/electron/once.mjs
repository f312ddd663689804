// The proof alone: the program of a worker and of a utility process.
import process from 'node:process'
import { parentPort } from 'node:worker_threads'
import { prove } from './proof.mjs'

const home = await prove()
if (parentPort !== null) parentPort.postMessage(home)
// Said, not waited for: a utility process lives until its parent lets it go.
else process.exit(home === undefined ? 1 : 0)
