import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import test from 'ava'
import * as memmap from 'memmap'

const require = createRequire(import.meta.url)

test('both module systems give the same class, and every name', (t) => {
  const common: typeof memmap = require('memmap')
  t.is(common.Mmap, memmap.Mmap)
  // Node adds these names to what it imports from CommonJS.
  const added = ['default', 'module.exports']
  t.deepEqual(
    Object.keys(memmap).filter((name) => !added.includes(name)),
    Object.keys(common),
  )
})

test('each name in the types can be imported, and each constant is known by its name', (t) => {
  const types = fs.readFileSync(path.join(path.dirname(require.resolve('memmap')), 'index.d.ts'), 'utf8')
  const list = /^export \{ (.*) \};$/m.exec(types)?.[1] ?? ''
  const exported = new Set(list.split(', ').map((name) => name.replace('type ', '')))
  const declared = Array.from(
    types.matchAll(/^(?:declare )?(?:type|interface|class|const|function) (\w+)/gm),
    ([, name]) => name,
  )
  t.true(declared.length > 30)
  t.deepEqual(
    declared.filter((name) => !exported.has(name as string)),
    [],
  )
  for (const name of Object.keys(memmap.constants)) t.regex(types, new RegExp(`^  readonly ${name}\\??: number;$`, 'm'))
})

test('a second copy of the module leaves the first one whole', (t) => {
  const path = require.resolve('memmap')
  const first = require.cache[path]
  delete require.cache[path]
  const { Mmap } = require('memmap')
  require.cache[path] = first
  t.not(Mmap, memmap.Mmap)
  for (const each of [memmap.Mmap, Mmap, memmap.Mmap]) {
    using m = each.anonymous(10)
    t.is(m.fill(3).at(9), 3)
    t.throws(() => each.open('no such file'), { code: 'ENOENT' })
  }
})

test('the constants are the headers', (t) => {
  const { constants, PAGESIZE, ALLOCATIONGRANULARITY } = memmap
  t.true(Object.isFrozen(constants))
  t.is(Math.log2(PAGESIZE) % 1, 0)
  t.is(ALLOCATIONGRANULARITY % PAGESIZE, 0)
  if (process.platform === 'win32') {
    t.deepEqual(constants, {})
    t.is(ALLOCATIONGRANULARITY, 65536)
    return
  }
  for (const [name, value] of Object.entries(constants)) t.true(Number.isSafeInteger(value), name)
  let listed: string
  try {
    const code = 'import mmap, json; print(json.dumps({k: getattr(mmap, k) for k in dir(mmap) if k.isupper()}))'
    listed = execFileSync('python3', ['-c', code], { encoding: 'utf8' })
  } catch {
    t.log('skipped in part: no Python here to compare with')
    return
  }
  const python: Record<string, number> = JSON.parse(listed)
  t.is(python['PAGESIZE'], PAGESIZE)
  t.is(python['ALLOCATIONGRANULARITY'], ALLOCATIONGRANULARITY)
  for (const [name, value] of Object.entries(python)) {
    if (/^(PROT|MAP|MADV|MS)_/.test(name)) t.is(Reflect.get(constants, name), value, name)
  }
})
