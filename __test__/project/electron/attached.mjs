// A thread that attaches to a mapping, looks at it, and stores a byte.
import { parentPort, workerData } from 'node:worker_threads'
import { Mmap } from 'memmap'

const m = Mmap.attach(workerData)
const { home } = m
if (home === 'native') m.writeByte(0x57)
else m.buffer[0] = 0x57
const read = m.toString('latin1', 6, 11)
m.close()
parentPort.postMessage({ home, read })
