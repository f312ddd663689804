import { parentPort, workerData } from 'node:worker_threads'
import { Mmap } from 'memmap'

const { mode, name, home } = workerData

if (mode === 'transfer') {
  const m = Mmap.anonymous(65536, { home: 'external' })
  m.buffer.fill(0)
  const moved = m.buffer.buffer.transfer()
  parentPort.postMessage(moved, [moved])
} else if (mode === 'transfer at exit') {
  const m = Mmap.anonymous(65536, { home: 'external' })
  const { buffer } = m.buffer.fill(7)
  process.on('exit', () => {
    const moved = buffer.transfer()
    parentPort.postMessage(moved, [moved])
  })
} else {
  const kept = []
  for (let i = 0; i < 50; i++) {
    const m = Mmap.open(name, { access: i % 3 === 0 ? 'copy' : 'write', home })
    if (home !== 'native') kept.push(m.buffer, m.view(Uint16Array, 2))
    if (i % 7 === 0) m.close({ detach: i % 2 === 0 })
    else kept.push(m)
    if (i % 11 === 0 && mode === 'jobs') kept.push(m.closed ? 0 : m.flushAsync().catch(() => {}))
  }
  globalThis.kept = kept
  parentPort.postMessage(mode === 'terminate' || mode === 'busy' || mode === 'jobs' ? 'end me' : 'done')
  if (mode === 'throw') throw new Error('on purpose')
  if (mode === 'terminate') setInterval(() => kept[0], 1000)
  if (mode === 'jobs') setInterval(() => Mmap.openAsync(name, { home }).then((m) => m.flushAsync()), 1)
  // The parent ends this thread while it makes and drops mappings.
  while (mode === 'busy') Mmap.open(name, { home }).slice(0, 5)
}
