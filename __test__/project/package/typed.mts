import { type Access, ByteMatch, Mmap, MmapError, type OpenOptions } from 'memmap'

const access: Access = 'write'
const options: OpenOptions = { access, create: true, length: 8 }

function first(path: string): number | undefined {
  using m = Mmap.open(path, options)
  m.fill('needle')
  const found: ByteMatch | null = m.match(/e(d)l/)
  const view: Float64Array = m.view(Float64Array)
  // @ts-expect-error: a number is no path
  if (false as boolean) Mmap.open(1)
  return view.length === 1 ? found?.index : undefined
}

console.log(first('typed.bin'), ByteMatch.name)
try {
  Mmap.anonymous(1)[Symbol.dispose]()
  const closed = Mmap.anonymous(1)
  closed.close()
  closed.at(0)
} catch (error) {
  if (error instanceof MmapError) console.log(error.code satisfies string)
}
