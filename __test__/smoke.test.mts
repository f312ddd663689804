import test from 'ava'
import { Mmap } from 'memmap'

test('a mapping of memory', (t) => {
  using m = Mmap.anonymous(10)
  t.is(m.length, 10)
})
