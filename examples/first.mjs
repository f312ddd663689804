// Maps a file, reads and searches it, and changes a copy of it: npm run example [-- PATH]
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Mmap } from 'memmap'

const path = process.argv[2] ?? fileURLToPath(new URL('../README.md', import.meta.url))

const m = Mmap.open(path)
console.log('mapped   ', m)

if (m.length === 0) {
  console.log('           an empty file: there is nothing to look at, and nothing to change')
  m.close()
} else {
  const middle = m.slice(m.length >> 1, (m.length >> 1) + 8)
  console.log(
    'found    ',
    `${JSON.stringify(middle.toString('latin1'))} at byte ${m.find(middle)}, last at ${m.rfind(middle)}`,
  )

  for (let number = 1; number <= 3 && m.tell() < m.length; number++) {
    console.log('line', number, '  ', JSON.stringify(m.readLine().subarray(0, 72).toString()))
  }

  const folder = mkdtempSync(join(tmpdir(), 'memmap-example-'))
  try {
    const copy = join(folder, basename(path))
    copyFileSync(path, copy)
    const w = Mmap.open(copy, { access: 'write' })
    w.write('memmap was here'.slice(0, w.length))
    w.set(Uint8Array.of(0x21), w.length - 1)
    w.flush()
    w.close()
    const bytes = readFileSync(copy)
    console.log(
      'changed  ',
      `a copy now starts with ${JSON.stringify(bytes.toString('latin1', 0, 15))} and ends with`,
      JSON.stringify(bytes.toString('latin1', bytes.length - 1)),
    )
    console.log(
      'the same?',
      `original and copy are ${m.equals(bytes) ? 'equal' : 'different'}, the original is as it was`,
    )
  } finally {
    m.close()
    rmSync(folder, { recursive: true })
  }
}
console.log('closed   ', m)
