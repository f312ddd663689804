// Rewrites libraries for Debian's musl: unpack-relr.mjs LIBRARY...
// musl 1.2.3, which Debian 12 has, ignores relocations in the packed form (DT_RELR, since musl 1.2.4), and libraries
// that have some crash. This replaces them by plain ones (DT_RELA), in a new table at the end of the file.
import fs from 'node:fs'

const [PT_LOAD, PT_DYNAMIC, PT_NOTE] = [1, 2, 4]
const [DT_RELA, DT_RELASZ, DT_RELRSZ, DT_RELR] = [7n, 8n, 35n, 36n]
const UNUSED = 0x6000_0000n
const RELATIVE = { 62: 8n, 183: 1027n }
const PAGE = 0x1_0000

for (const name of process.argv.slice(2)) {
  const elf = fs.readFileSync(name)
  const relative = RELATIVE[elf.readUInt16LE(18)]
  if (elf.toString('latin1', 0, 6) !== '\x7fELF\x02\x01' || relative === undefined) {
    throw new Error(`${name}: expected a library for x64 or arm64`)
  }
  const unpacked = unpack(elf, relative)
  if (unpacked !== undefined) fs.writeFileSync(name, unpacked)
}

function unpack(elf, relative) {
  const number = (at) => Number(elf.readBigUInt64LE(at))
  const headers = Array.from({ length: elf.readUInt16LE(56) }, (_, i) => {
    const at = number(32) + i * elf.readUInt16LE(54)
    return {
      at,
      type: elf.readUInt32LE(at),
      offset: number(at + 8),
      address: number(at + 16),
      size: number(at + 32),
      memory: number(at + 40),
    }
  })
  const loads = headers.filter(({ type }) => type === PT_LOAD)
  const place = (address) => {
    const load = loads.find((each) => address >= each.address && address < each.address + each.size)
    return address - load.address + load.offset
  }

  const dynamic = headers.find(({ type }) => type === PT_DYNAMIC)
  const entries = new Map()
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.size; at += 16)
    entries.set(elf.readBigInt64LE(at), at + 8)
  if (!entries.has(DT_RELR)) return undefined
  const entry = (tag) => number(entries.get(tag))

  const table = Buffer.from(elf.subarray(place(entry(DT_RELA)), place(entry(DT_RELA)) + entry(DT_RELASZ)))
  const packed = Array.from({ length: entry(DT_RELRSZ) / 8 }, (_, i) =>
    elf.readBigUInt64LE(place(entry(DT_RELR)) + i * 8),
  )
  const plain = addresses(packed).map((address) => {
    const one = Buffer.alloc(24)
    one.writeBigUInt64LE(BigInt(address))
    one.writeBigUInt64LE(relative, 8)
    elf.copy(one, 16, place(address), place(address) + 8)
    return one
  })
  const tables = Buffer.concat([...plain, table])

  const round = (size) => Math.ceil(size / PAGE) * PAGE
  const offset = round(elf.length)
  const address = round(Math.max(...loads.map((each) => each.address + each.memory)))
  const spare = headers.find(({ type }) => type === PT_NOTE).at
  elf.writeUInt32LE(PT_LOAD, spare)
  elf.writeUInt32LE(4, spare + 4)
  for (const [i, value] of [offset, address, address, tables.length, tables.length, PAGE].entries()) {
    elf.writeBigUInt64LE(BigInt(value), spare + 8 + i * 8)
  }
  elf.writeBigUInt64LE(BigInt(address), entries.get(DT_RELA))
  elf.writeBigUInt64LE(BigInt(tables.length), entries.get(DT_RELASZ))
  elf.writeBigUInt64LE(UNUSED, entries.get(DT_RELR) - 8)
  return Buffer.concat([elf, Buffer.alloc(offset - elf.length), tables])
}

// The packed form: an even word is an address to relocate; an odd word is a bitmap of the 63 words that follow.
function addresses(packed) {
  const found = []
  let next = 0
  for (const word of packed) {
    if (word % 2n === 0n) {
      found.push(Number(word))
      next = Number(word) + 8
      continue
    }
    for (let bit = 0; bit < 63; bit++) if ((word >> BigInt(bit + 1)) & 1n) found.push(next + bit * 8)
    next += 63 * 8
  }
  return found
}
