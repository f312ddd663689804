// Gives views of mappings to what works with their addresses off the event loop, and closes the mappings meanwhile.
import { spawn } from 'node:child_process'
import { pbkdf2 } from 'node:crypto'
import { once } from 'node:events'
import fs from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import path from 'node:path'
import process from 'node:process'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import zlib from 'node:zlib'
import { Mmap } from 'memmap'
import { folder, main, report, sleep, turn } from './common.mjs'

const LENGTH = 4 * 2 ** 20
/** Bytes of which none is 0, and each position has its own. */
const CONTENT = Buffer.alloc(LENGTH)
for (let at = 0; at < LENGTH; at++) CONTENT[at] = 1 + ((at ^ (at >> 8) ^ (at >> 16)) % 255)

function collected(readable) {
  return new Promise((resolve, reject) => {
    const chunks = []
    readable.on('data', (chunk) => chunks.push(chunk))
    readable.on('error', reject)
    readable.on('close', () => resolve(Buffer.concat(chunks)))
  })
}

/** Each takes a view, calls `given` when it has passed the view on, and answers the bytes that arrived. */
const consumers = {
  write(view, output, given) {
    const fd = fs.openSync(output, 'w')
    return new Promise((resolve, reject) => {
      fs.write(fd, view, 0, view.length, 0, (error) => {
        fs.closeSync(fd)
        if (error) reject(error)
        else resolve(fs.readFileSync(output))
      })
      given()
    })
  },

  async writeFile(view, output, given) {
    const written = fs.promises.writeFile(output, view)
    given()
    await written
    return fs.readFileSync(output)
  },

  async pipeline(view, output, given) {
    const parts = function* () {
      for (let at = 0; at < LENGTH; at += 65536) {
        if (view.length === 0) throw new Error('closed')
        yield view.subarray(at, at + 65536)
        given()
      }
    }
    // Node's streams count the bytes of a chunk that waits, and wait for ever when its buffer is detached meanwhile, also a
    // plain one. So none waits here: the file is open, and each part is written before the next is asked for.
    const file = fs.createWriteStream(output, { highWaterMark: 1 })
    await once(file, 'open')
    await pipeline(parts(), file)
    return fs.readFileSync(output)
  },

  async net(view, _, given) {
    const server = net.createServer()
    const failed = new Promise((_, reject) => {
      server.on('connection', (socket) => {
        socket.on('error', reject)
        socket.end(view)
        given()
      })
    })
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
    const socket = net.connect(server.address().port, '127.0.0.1')
    return Promise.race([failed, collected(socket)]).finally(() => server.close())
  },

  async http(view, _, given) {
    const server = http.createServer((_, response) => {
      response.on('error', () => {})
      response.end(view)
      given()
    })
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
    const request = http.get({ port: server.address().port, host: '127.0.0.1', agent: false })
    const body = new Promise((resolve, reject) => {
      request.on('error', reject)
      request.on('response', (response) => {
        response.on('error', reject)
        collected(response).then((bytes) => {
          if (response.complete && bytes.length === Number(response.headers['content-length'])) resolve(bytes)
          else reject(new Error('the response is not whole'))
        }, reject)
      })
    })
    return body.finally(() => {
      server.closeAllConnections?.()
      server.close()
    })
  },

  stdin(view, _, given) {
    const child = spawn('cat', { stdio: ['pipe', 'pipe', 'ignore'] })
    const failed = new Promise((_, reject) => child.stdin.on('error', reject))
    child.stdin.end(view)
    given()
    return Promise.race([collected(child.stdout), failed]).finally(() => child.kill())
  },

  deflate(view, _, given) {
    return new Promise((resolve, reject) => {
      // All output is one chunk: for a second one, Node 20 aborts if the input was detached meanwhile.
      zlib.deflate(view, { level: 1, chunkSize: 2 * LENGTH }, (error, deflated) =>
        error ? reject(error) : resolve(zlib.inflateSync(deflated)),
      )
      given()
    })
  },
}

/** What arrived, in one word. Fewer bytes than were sent are no wrong ones: the receiver sees that some are missing. */
function verdict(bytes) {
  if (!bytes.equals(CONTENT.subarray(0, bytes.length))) return 'wrong'
  return bytes.length === LENGTH ? 'right' : 'short'
}

const warned = new Set()
process.on('warning', ({ code, message }) => {
  if (code === 'MEMMAP_READ_AFTER_CLOSE') warned.add(/'([^']*)'/.exec(message)?.[1])
})

/** Fails with what Node throws from nowhere when it meets a detached buffer in the middle of a write (TypeError). */
let fail
process.on('uncaughtException', (error) => {
  if (fail !== undefined) return fail(error)
  console.error(error)
  process.exit(1)
})

/** Whether the warning comes. It may take a second. */
async function isWarnedOf(name) {
  for (let times = 0; times < 60 && !warned.has(name); times++) await sleep(50)
  return warned.has(name)
}

function withResolvers() {
  let resolve
  return { promise: new Promise((call) => (resolve = call)), resolve }
}

const HANGS = Symbol('hangs')

/** Gives the memory of a mapping to the main thread, with `transfer()`, and ends. */
const GIVER = `
  const { parentPort, workerData } = require('node:worker_threads')
  const { Mmap } = require(workerData.entry)
  const m = Mmap.open(workerData.name)
  if (workerData.shares) m.share()
  const bytes = new Uint8Array(m.buffer.buffer.transfer())
  if (workerData.closes) m.close()
  parentPort.postMessage(bytes, [bytes.buffer])
  if (workerData.stays) setInterval(() => {}, 1000)
`

await main({
  async resizedMeanwhile({ times }) {
    const name = path.join(folder, 'resized')
    fs.writeFileSync(name, CONTENT)
    const m = Mmap.open(name, { access: 'write', home: 'external' })
    let warnings = 0
    process.on('warning', ({ code }) => {
      if (code === 'MEMMAP_READ_AFTER_CLOSE') warnings++
    })
    for (let time = 1; time <= times; time++) {
      // The only thread of the host's pool is busy, so that the other job begins when the view is gone.
      const busy = promisify(pbkdf2)('secret', 'salt', 20_000, 64, 'sha512')
      const late = promisify(zlib.deflate)(m.buffer, { level: 1, chunkSize: 2 * LENGTH })
      m.resize(LENGTH + time)
      await Promise.all([busy, late])
      await sleep(200)
    }
    m.close()
    process.on('exit', () => report({ warnings }))
  },

  async givenByWorker({ closes, terminates, shares }) {
    const name = path.join(folder, 'given')
    fs.writeFileSync(name, Buffer.alloc(8192, 'x'))
    const entry = fileURLToPath(import.meta.resolve('memmap'))
    const worker = new Worker(GIVER, { eval: true, workerData: { entry, name, closes, shares, stays: terminates } })
    // The thread may end, and say so, before what awaits its message goes on.
    const ended = once(worker, 'exit')
    const [bytes] = await once(worker, 'message')
    if (terminates) await worker.terminate()
    await ended
    const byte = bytes[0]
    // The warning may come at the very end.
    process.on('exit', () => report({ byte, isWarned: warned.has(name) }))
  },

  async closedMeanwhile({ consumer, home, views, rounds, end = 'close' }) {
    const original = path.join(folder, `consumer-${process.pid}`)
    fs.writeFileSync(original, CONTENT)
    const counts = { right: 0, short: 0, error: 0, warned: 0, wrong: 0, hangs: 0 }
    const codes = new Set()
    let needless = 0
    for (let round = 0; round < rounds && counts.hangs === 0; round++) {
      const name = `${original}-${round}`
      fs.linkSync(original, name)
      const m = Mmap.open(name, { access: end === 'resize' ? 'write' : 'read', home })
      const timeout = sleep(20_000).then(() => HANGS)
      const { promise: given, resolve: give } = withResolvers()
      const thrown = new Promise((_, reject) => (fail = reject))
      const work = consumers[consumer](m.buffer, `${name}-out`, give)
      const done = Promise.race([work, timeout, thrown]).then(
        (bytes) => (bytes === HANGS ? 'hangs' : verdict(bytes)),
        (error) => {
          codes.add(error.code ?? error.message)
          return 'error'
        },
      )
      await Promise.race([given, done])
      if (round % 4 === 1) await turn()
      if (round % 4 === 2) await sleep(Math.random() * 4)
      if (round % 4 === 3) await sleep(Math.random() * 12)
      if (end === 'resize') m.resize(LENGTH, { views })
      else m.close({ views })
      let word = await done
      fail = undefined
      if (word === 'wrong' && views !== 'zero' && (await isWarnedOf(name))) word = 'warned'
      counts[word]++
      if (warned.has(name) && views !== 'detach') needless++
      m.close()
      fs.rmSync(`${name}-out`, { force: true })
      // On Windows a file cannot be removed while a view of it is kept.
      if (process.platform !== 'win32') fs.rmSync(name)
    }
    report({ counts, codes: [...codes], needless })
    process.exit()
  },
})
