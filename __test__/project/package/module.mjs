import fs from 'node:fs'
import { createRequire } from 'node:module'
import memmap, { Mmap } from 'memmap'

fs.writeFileSync('module.txt', 'one\ntwo\nthree\n')
const m = await Mmap.openAsync('module.txt')
console.log([...m.lines()].join('+'), await m.countAsync(/t/g))
m.close()
const require = createRequire(import.meta.url)
console.log(memmap.Mmap === Mmap, require('memmap').Mmap === Mmap, require('memmap/package.json').name)
