// Mappings of memory files (memfd) whose seals make the system refuse what a mapping asks for. Node cannot make one, so Python
// does, and starts this program again with its descriptor.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import zlib from 'node:zlib'
import { constants, Mmap } from 'memmap'
import { collect, main, report, turn } from '../common.mjs'
import { attempt } from './common.mjs'

const DESCRIPTOR = 'MEMMAP_TEST_MEMFD'
const SHRINK = 0x2
const FUTURE_WRITE = 0x10

/** Runs this program again with a memory file of `size` bytes 'a'; answers false in the program that has one. */
function started(size) {
  if (process.env[DESCRIPTOR] !== undefined) return false
  const make = `
import os, sys
fd = os.memfd_create('sealed', os.MFD_ALLOW_SEALING)
os.write(fd, b'a' * ${size})
os.set_inheritable(fd, True)
os.environ['${DESCRIPTOR}'] = str(fd)
os.execv(sys.argv[1], sys.argv[1:])`
  const args = [...process.execArgv, fileURLToPath(import.meta.url), ...process.argv.slice(2)]
  const { error, status } = spawnSync('python3', ['-c', make, process.execPath, ...args], { stdio: 'inherit' })
  if (error !== undefined) report({ skipped: 'there is no Python to make a memory file' })
  else process.exitCode = status ?? 1
  return true
}

const descriptor = () => Number(process.env[DESCRIPTOR])
/** For calls that Deno allows on its own descriptors alone. */
const path = () => `/proc/self/fd/${descriptor()}`

function seal(seals) {
  const code = `import fcntl; fcntl.fcntl(3, fcntl.F_ADD_SEALS, ${seals})`
  const { status } = spawnSync('python3', ['-c', code], { stdio: ['ignore', 'inherit', 'inherit', descriptor()] })
  if (status !== 0) throw new Error('The file could not be sealed')
}

await main({
  // The file is cut and whole again, and then the system refuses to map it once more.
  failedReattach({ home }) {
    if (started(65_536)) return
    const m = new Mmap(descriptor(), 0, { access: 'write', home })
    fs.truncateSync(path(), 4096)
    const cut = attempt(() => m.count('a')).code
    fs.appendFileSync(path(), Buffer.alloc(61_440, 'a'))
    seal(FUTURE_WRITE)
    const reattached = attempt(() => m.reattach()).code
    const after = [() => m.count('a'), () => m.at(8192), () => m.check()].map((call) => attempt(call).code)
    report({ cut, reattached, after, faulted: m.faulted, first: m.at(0) })
  },

  // Private bytes, of which the object has made a view of its own, are there after a resize that fails.
  async privateResize({ home, rounds }) {
    if (started(65_536)) return
    seal(SHRINK)
    const { PROT_READ, PROT_WRITE, MAP_PRIVATE } = constants
    const m = new Mmap(descriptor(), 0, { home, prot: PROT_READ | PROT_WRITE, flags: MAP_PRIVATE })
    for (let n = 0; n < 60; n++) m.writeByte(0x62)
    const codes = new Set()
    const memories = []
    let wrong = 0
    for (let round = 0; round < rounds; round++) {
      codes.add(attempt(() => m.resize(4096)).code)
      // What a first collection finds has let go of memory of the engine's that a second one frees.
      for (let time = 0; time < 3; time++) {
        collect()
        await turn()
      }
      memories[round % 20] = new WebAssembly.Memory({ initial: 1, maximum: 1 })
      if (m.slice(0, 61).toString() !== `${'b'.repeat(60)}a`) wrong++
    }
    report({ codes: [...codes], wrong })
  },

  // A thread of the host's reads the view while resize() fails again and again.
  async readShrink({ home, rounds }) {
    const size = 4 << 20
    if (started(size)) return
    seal(SHRINK)
    const m = new Mmap(descriptor(), 0, { access: 'write', home })
    const codes = new Set()
    for (let round = 0; round < rounds; round++) {
      const job = promisify(zlib.deflateRaw)(m.buffer, { level: 1, chunkSize: 2 * size }).catch(({ code }) =>
        codes.add(code),
      )
      for (let time = 0; time < 40; time++) codes.add(attempt(() => m.resize(4096)).code)
      await job
    }
    report({ codes: [...codes], whole: m.count('a') === size })
  },

  // Searches run while resize() fails again and again: they find what is there, or say that they could not look.
  async failedShrink({ home }) {
    const size = 16 << 20
    if (started(size)) return
    seal(SHRINK)
    const m = new Mmap(descriptor(), 0, { access: 'write', home })
    const answers = { right: 0, busy: 0, other: [] }
    for (let round = 0; round < 150; round++) {
      let answer
      const counted = m.countAsync('a').then(
        (count) => (answer = count),
        ({ code }) => (answer = code),
      )
      while (answer === undefined) {
        const { code } = attempt(() => m.resize(size - 4096))
        if (code !== 'EPERM') answers.other.push(`resize: ${code}`)
        await new Promise(setImmediate)
      }
      await counted
      if (answer === size) answers.right++
      else if (answer === 'ERR_MMAP_BUSY') answers.busy++
      else answers.other.push(answer)
    }
    report({ ...answers, whole: m.count('a') === size })
  },
})
