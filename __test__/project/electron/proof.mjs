// Checks what must hold in an engine that forbids buffers over foreign memory. Plain JavaScript, which Electron runs
// without a build.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { Worker } from 'node:worker_threads'
import { Mmap } from 'memmap'

/** The home in an engine with a memory cage: `overlay` on Linux, else `native`. */
function expected() {
  if (process.platform === 'linux' && process.versions.bun === undefined) return 'overlay'
  assert.throws(() => Mmap.anonymous(1, { home: 'overlay' }), { code: 'ERR_MMAP_NO_VIEWS' })
  return 'native'
}

function views(m, name) {
  const { buffer } = m
  assert.equal(buffer.toString('latin1', 0, 5), 'hello')
  buffer[0] = 0x48
  assert.equal(m.at(0), 0x48)
  m.set(Buffer.from('E'), 1)
  assert.equal(buffer[1], 0x45)
  m.flush()
  assert.equal(fs.readFileSync(name, 'latin1').slice(0, 5), 'HEllo')
  assert.equal(m.subarray(6, 11).toString('latin1'), 'world')
  assert.equal(m.view(Uint8Array, 6, 1)[0], 0x77)
  return buffer
}

function noViews(m, name) {
  for (const view of [() => m.buffer, () => m.subarray(0, 1), () => m.view(Uint8Array)]) {
    assert.throws(view, { code: 'ERR_MMAP_NO_VIEWS' })
  }
  m.set(Buffer.from('HE'), 0)
  m.flush()
  assert.equal(fs.readFileSync(name, 'latin1').slice(0, 5), 'HEllo')
}

/** What a worker says of a mapping that it is given the token of. */
function attached(m) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./attached.mjs', import.meta.url), { workerData: m.share() })
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

/** A file that is cut under its views: nothing dies, and calls throw. */
function faults(name, home) {
  const m = Mmap.open(name)
  const end = m.length - 1
  assert.equal(m.at(end), 0x65)
  const view = home === 'native' ? undefined : m.buffer
  fs.truncateSync(name, 5)
  assert.equal(view?.[end] ?? 0, 0)
  assert.throws(() => m.at(end), { code: 'ERR_MMAP_FAULT' })
  assert.equal(m.faulted, true)
  m.close()
}

/** Views over a SharedArrayBuffer, where they are to be had. */
function shared(name) {
  const m = Mmap.open(name, { access: 'write', sharedBuffer: true })
  const { home } = m
  if (home !== 'native') {
    assert.ok(m.buffer.buffer instanceof SharedArrayBuffer)
    m.buffer[0] = 0x48
  }
  assert.equal(m.toString('latin1', 6, 11), 'world')
  m.close()
  return home
}

/** Answers the home in use; throws if something does not hold. */
export async function prove() {
  const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'memmap-electron-'))
  let m
  try {
    const name = path.join(folder, 'file')
    fs.writeFileSync(name, `hello world\nsecond line\n${'.'.repeat(100_000)}needle`)
    m = Mmap.open(name, { access: 'write' })
    const { home } = m
    assert.equal(home, expected())
    const buffer = home === 'native' ? noViews(m, name) : views(m, name)
    assert.equal(m.slice(0, 5).toString(), 'HEllo')
    assert.equal(m.find('needle', 0), m.length - 6)
    assert.equal(await m.findAsync('needle', { start: 0 }), m.length - 6)
    assert.deepEqual(await attached(m), { home, read: 'world' })
    assert.equal(m.at(0), 0x57)
    assert.equal(m.match(/(?<word>s\w+) line/)?.groups.word.toString(), 'second')
    m.close()
    assert.throws(() => m.at(0), { code: 'ERR_MMAP_CLOSED' })
    // After close() a view has no bytes.
    if (buffer !== undefined) assert.equal(buffer.length, 0)
    if (home !== 'native') assert.notEqual(shared(name), 'native')
    if (process.platform !== 'win32') faults(name, home)
    const memory = Mmap.anonymous(100_000)
    assert.equal(memory.home, home)
    memory.close()
    return home
  } finally {
    // Closed after a failure too: Windows cannot remove a mapped file, and that error would hide the first one.
    m?.close()
    fs.rmSync(folder, { recursive: true, force: true })
  }
}
