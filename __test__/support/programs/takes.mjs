// Which functions of the host take a view of a SharedArrayBuffer, as `{ sharedBuffer: true }` gives.
import assert from 'node:assert/strict'
import { Blob, Buffer } from 'node:buffer'
import { spawnSync } from 'node:child_process'
import crypto from 'node:crypto'
import dgram from 'node:dgram'
import fs from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import process from 'node:process'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { StringDecoder } from 'node:string_decoder'
import { promisify } from 'node:util'
import v8 from 'node:v8'
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import zlib from 'node:zlib'
import { Mmap } from 'memmap'
import { file, main, report } from './common.mjs'

/** A module of WebAssembly with nothing but a section of somebody's own, whose bytes are no text. */
const CONTENT = Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0, 4, 1, 0x78, 0xff, 0xfe])
const { length } = CONTENT

const bytesOf = async (readable) => {
  const parts = []
  for await (const part of readable) parts.push(part)
  return Buffer.concat(parts)
}

/** What a peer receives of what `send` writes to a socket. */
async function overSocket(send) {
  const server = net.createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const socket = net.connect(server.address().port, '127.0.0.1')
  const peer = await new Promise((resolve) => server.once('connection', resolve))
  try {
    const received = bytesOf(peer)
    send(socket)
    return await received
  } finally {
    socket.destroy()
    server.close()
  }
}

async function overHttp(view, method) {
  const seen = []
  const server = http.createServer(async (request, response) => {
    seen.push(await bytesOf(request))
    response.end(method === 'GET' ? view : '')
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  try {
    const answer = await new Promise((resolve, reject) => {
      const request = http.request({ host: '127.0.0.1', port, method }, (response) => resolve(bytesOf(response)))
      request.once('error', reject)
      request.end(method === 'GET' ? undefined : view)
    })
    return [answer, ...seen]
  } finally {
    server.closeAllConnections?.()
    server.close()
  }
}

async function overDatagram(view) {
  const receiver = dgram.createSocket('udp4')
  const sender = dgram.createSocket('udp4')
  try {
    await new Promise((resolve) => receiver.bind(0, '127.0.0.1', resolve))
    const received = new Promise((resolve) => receiver.once('message', resolve))
    await promisify(sender.send.bind(sender))(view, receiver.address().port, '127.0.0.1')
    return await received
  } finally {
    sender.close()
    receiver.close()
  }
}

function written(write) {
  const name = file('')
  const fd = fs.openSync(name, 'w')
  try {
    const done = write(fd)
    return done instanceof Promise ? done.then(() => fs.readFileSync(name)) : fs.readFileSync(name)
  } finally {
    fs.closeSync(fd)
  }
}

const key = Buffer.alloc(16, 7)

/** Each takes a view, and answers what it has made of it. */
const CASES = {
  'Buffer.from(view), Buffer.concat()': (view) => [Buffer.from(view), Buffer.concat([view])],
  'view.toString(), view.write()': (view) => [view.toString('hex'), view.write('a', 7), view.write('\0', 7)],
  'Buffer.compare(), view.indexOf(), view.copy()': (view) => [
    Buffer.compare(view, CONTENT),
    view.indexOf('asm'),
    view.copy(Buffer.alloc(length)),
  ],
  'new TextDecoder().decode()': (view) => new TextDecoder().decode(view),
  'new TextEncoder().encodeInto()': (view) => new TextEncoder().encodeInto('\0', view.subarray(7, 8)),
  'new StringDecoder().write()': (view) => new StringDecoder('utf8').write(view),
  'structuredClone()': (view) => Buffer.from(structuredClone(view)),
  'postMessage()': (view) => {
    const { port1, port2 } = new MessageChannel()
    port1.postMessage(view)
    const { message } = receiveMessageOnPort(port2)
    port1.close()
    return Buffer.from(message)
  },
  'v8.serialize()': (view) => Buffer.from(v8.deserialize(v8.serialize(view))),
  'fs.writeSync(), fs.writeFileSync()': (view) => [
    written((fd) => fs.writeSync(fd, view)),
    written((fd) => fs.writeFileSync(fd, view)),
  ],
  'fs.readSync()': (view) => {
    const fd = fs.openSync(file(CONTENT), 'r')
    const count = fs.readSync(fd, view, 0, length, 0)
    fs.closeSync(fd)
    return count
  },
  'fs.promises.writeFile(), filehandle.read()': async (view) => {
    const name = file('')
    await fs.promises.writeFile(name, view)
    const handle = await fs.promises.open(name)
    const { bytesRead } = await handle.read(view, 0, length, 0)
    await handle.close()
    return [bytesRead, fs.readFileSync(name)]
  },
  'fs.createWriteStream()': async (view) => {
    const name = file('')
    await new Promise((resolve, reject) => fs.createWriteStream(name).once('error', reject).end(view, resolve))
    return fs.readFileSync(name)
  },
  'socket.write()': (view) => overSocket((socket) => socket.end(view)),
  'http: response.end()': (view) => overHttp(view, 'GET'),
  'http: request.end()': (view) => overHttp(view, 'POST'),
  'dgram: socket.send()': overDatagram,
  'child_process: input': (view) =>
    spawnSync(process.execPath, ['-e', 'process.stdin.pipe(process.stdout)'], { input: view }).stdout,
  'stream.Readable.from(), pipeline()': async (view) => {
    const parts = []
    const sink = new Writable({ write: (part, _encoding, done) => done(null, parts.push(Buffer.from(part))) })
    await pipeline(Readable.from([view]), sink)
    return parts
  },
  'new ReadableStream(): enqueue()': async (view) => {
    const stream = new ReadableStream({ start: (c) => c.enqueue(view) ?? c.close() })
    return bytesOf(stream)
  },
  'a byte stream: enqueue()': async (view) => {
    const stream = new ReadableStream({ type: 'bytes', start: (c) => c.enqueue(view) ?? c.close() })
    return bytesOf(stream)
  },
  'new Blob()': async (view) => Buffer.from(await new Blob([view]).arrayBuffer()),
  'new Response()': async (view) => Buffer.from(await new Response(view).arrayBuffer()),
  'crypto.createHash(), createHmac()': (view) => [
    crypto.createHash('sha256').update(view).digest(),
    crypto.createHmac('sha256', key).update(view).digest(),
  ],
  'crypto.createCipheriv()': (view) => crypto.createCipheriv('aes-128-ecb', key, null).update(view),
  'crypto.timingSafeEqual()': (view) => crypto.timingSafeEqual(view, CONTENT),
  'crypto.randomFillSync()': (view) => crypto.randomFillSync(view.subarray(0, 0)).length,
  'crypto.subtle.digest()': async (view) => Buffer.from(await crypto.subtle.digest('SHA-256', view)),
  'crypto.getRandomValues()': (view) => crypto.getRandomValues(view.subarray(0, 0)).length,
  'zlib.gzipSync(), zlib.deflateRawSync()': (view) => [
    zlib.gunzipSync(zlib.gzipSync(view)),
    zlib.inflateRawSync(zlib.deflateRawSync(view)),
  ],
  'zlib.gzip()': async (view) => zlib.gunzipSync(await promisify(zlib.gzip)(view)),
  'new WebAssembly.Module()': (view) => new WebAssembly.Module(view) instanceof WebAssembly.Module,
  'WebAssembly.compile()': async (view) => (await WebAssembly.compile(view)) instanceof WebAssembly.Module,
}

/** Milliseconds after which a case counts as one that never ends. */
const PATIENCE = 3000

function fresh(memory) {
  return Buffer.from(memory, 0, length).fill(CONTENT)
}

/** What a function makes of a view: the same as of any Buffer, or its error. */
async function outcomeOf(run, memory) {
  const expected = await run(fresh(new ArrayBuffer(length)))
  let timer
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve('never ends'), PATIENCE)
  })
  const attempt = async () => {
    try {
      const answer = await run(fresh(memory))
      assert.deepEqual(answer, expected)
      return 'yes'
    } catch (error) {
      return error.code === 'ERR_ASSERTION' ? 'wrong bytes' : (error.code ?? error.name)
    }
  }
  try {
    return await Promise.race([attempt(), late])
  } finally {
    clearTimeout(timer)
  }
}

await main({
  async all() {
    process.removeAllListeners('warning')
    // What a stream's consumer throws beside its promise.
    process.on('uncaughtException', () => {})
    const m = Mmap.anonymous(length, { sharedBuffer: true })
    const found = {}
    for (const [title, run] of Object.entries(CASES)) found[title] = String(await outcomeOf(run, m.buffer.buffer))
    report({ shared: m.buffer.buffer instanceof SharedArrayBuffer, found })
    process.exit()
  },
})
