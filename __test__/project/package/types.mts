// What must compile under each version of TypeScript that is supported, with the types of browsers beside those of Node.
import { constants, Mmap, type SearchOptions } from 'memmap'

export async function uses(m: Mmap, signal: AbortSignal | undefined): Promise<unknown[]> {
  const options: SearchOptions = { start: 0, end: null, signal, threads: 2 }
  const buffer: Buffer<ArrayBuffer> = m.slice(0, 4)
  const memory: ArrayBuffer = m.buffer.buffer
  const byte: number | undefined = m[0]
  m[0] = 97
  const lines: string[] = []
  for (const line of m.lines()) lines.push(line.toUpperCase())
  const offsets: [number, number][] = [...m.lines({ as: 'offsets' })]
  const matches = Array.from(m.matchAll(/a/g), (match) => match.index)
  const mapped: number[] = [...m.lines({ as: 'buffer' }).map((line) => line.length)]
  const found: number = await m.findAsync('a', options)
  const shared: number = constants.MAP_SHARED
  const populate: number | undefined = constants.MAP_POPULATE
  const opened = await Mmap.openAsync('file', { signal })
  return [
    new Blob([m.buffer, m.slice(), m.subarray(1)]),
    new Response(m.slice()),
    new Uint8Array(m),
    m.set([1, 2, 3], 1),
    m.indexOf('a', -1, 'latin1'),
    [buffer, memory, byte, lines, offsets, matches, mapped, found, shared, populate, opened],
  ]
}
