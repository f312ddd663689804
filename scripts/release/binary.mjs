// Reads the headers of a shared library, by the specifications of ELF, Mach-O and PE: which system it is for, and what
// it needs.

const ELF_CPUS = { 3: 'ia32', 21: 'ppc64', 22: 's390x', 40: 'arm', 62: 'x64', 183: 'arm64', 243: 'riscv64' }
const MACHO_CPUS = { 16777223: 'x64', 16777228: 'arm64' }
const PE_CPUS = { 332: 'ia32', 34404: 'x64', 43620: 'arm64' }

/**
 * What a file is: `format`, whether it `isLibrary`, a shared one, the `cpu` by Node's name, the `os`, on Linux the `libc`,
 * the `libraries` that it needs, and the `versions` that it needs of their symbols (`GLIBC_2.17`). Throws where a file
 * is none of these, or ends too early.
 */
export function readBinary(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  try {
    if (view.getUint32(0) === 0x7f454c46) return elf(view)
    if (view.getUint32(0, true) === 0xfeedfacf) return macho(view)
    if (view.getUint16(0) === 0x4d5a) return pe(view)
  } catch (error) {
    // A DataView throws a RangeError for a position beyond its end.
    if (error instanceof RangeError) throw new Error('the file ends within its headers', { cause: error })
    throw error
  }
  throw new Error('neither ELF, nor Mach-O of one machine, nor PE')
}

function text(view, offset) {
  let end = offset
  while (view.getUint8(end) !== 0) end++
  return Buffer.from(view.buffer, view.byteOffset + offset, end - offset).toString('latin1')
}

function elf(view) {
  const wide = view.getUint8(4) === 2
  const little = view.getUint8(5) === 1
  const u16 = (offset) => view.getUint16(offset, little)
  const u32 = (offset) => view.getUint32(offset, little)
  const word = (offset) => (wide ? Number(view.getBigUint64(offset, little)) : u32(offset))

  const segments = []
  const [table, size, count] = wide ? [word(32), u16(54), u16(56)] : [word(28), u16(42), u16(44)]
  for (let at = table; at < table + size * count; at += size) {
    const [offset, address, length] = wide
      ? [word(at + 8), word(at + 16), word(at + 32)]
      : [word(at + 4), word(at + 8), word(at + 16)]
    segments.push({ type: u32(at), offset, address, length })
  }
  const of = (type) => segments.filter((segment) => segment.type === type)
  const place = (address) => {
    const found = of(1).find((load) => address >= load.address && address < load.address + load.length)
    if (found === undefined) throw new Error(`the address ${address} is in no segment`)
    return found.offset + address - found.address
  }

  const dynamic = []
  const unit = wide ? 8 : 4
  for (const { offset, length } of of(2)) {
    for (let at = offset; at < offset + length && word(at) !== 0; at += 2 * unit) {
      dynamic.push({ tag: word(at), value: word(at + unit) })
    }
  }
  const value = (tag) => dynamic.find((entry) => entry.tag === tag)?.value
  const string = (offset) => text(view, place(value(5)) + offset)
  const libraries = dynamic.filter(({ tag }) => tag === 1).map((entry) => string(entry.value))

  // The table is a linked list of libraries, each with a linked list of versions (Elf64_Verneed, Elf64_Vernaux).
  const versions = []
  const [needs, files] = [value(0x6ffffffe), value(0x6fffffff) ?? 0]
  for (let file = 0, at = needs === undefined ? 0 : place(needs); file < files; file++, at += u32(at + 12)) {
    for (let each = 0, aux = at + u32(at + 8); each < u16(at + 2); each++, aux += u32(aux + 12)) {
      versions.push(string(u32(aux + 8)))
    }
  }

  const android = of(4).some(({ offset, length }) => length >= 20 && text(view, offset + 12) === 'Android')
  return {
    format: 'ELF',
    isLibrary: u16(16) === 3,
    cpu: ELF_CPUS[u16(18)] ?? `machine ${u16(18)}`,
    ...system(libraries, android),
    libraries,
    versions,
  }
}

/** The number of the machine is the same on all systems, but each system has another C library. */
function system(libraries, android) {
  if (libraries.includes('libc.so.7')) return { os: 'freebsd' }
  if (android) return { os: 'android' }
  if (libraries.includes('libc.so.6')) return { os: 'linux', libc: 'glibc' }
  if (libraries.some((name) => name === 'libc.so' || name.startsWith('libc.musl-')))
    return { os: 'linux', libc: 'musl' }
  return { os: 'linux', libc: 'no C library' }
}

function macho(view) {
  const [cpu, type] = [view.getUint32(4, true), view.getUint32(12, true)]
  return {
    format: 'Mach-O',
    // MH_DYLIB or MH_BUNDLE: both can be loaded.
    isLibrary: type === 6 || type === 8,
    cpu: MACHO_CPUS[cpu] ?? `machine ${cpu}`,
    os: 'darwin',
    libraries: [],
    versions: [],
  }
}

function pe(view) {
  const u16 = (offset) => view.getUint16(offset, true)
  const u32 = (offset) => view.getUint32(offset, true)
  const header = u32(60)
  if (u32(header) !== 0x4550) throw new Error('a DOS program, not PE')
  const optional = header + 24
  const table = optional + u16(header + 20)
  const place = (address) => {
    for (let at = table; at < table + 40 * u16(header + 6); at += 40) {
      const [start, length, offset] = [u32(at + 12), u32(at + 16), u32(at + 20)]
      if (address >= start && address < start + length) return offset + address - start
    }
    throw new Error(`the address ${address} is in no section`)
  }
  const libraries = []
  // The second data directory is the import table: an entry for each library, and one of zeros at the end.
  const imports = u32(optional + (u16(optional) === 0x20b ? 112 : 96) + 8)
  for (let at = imports === 0 ? 0 : place(imports); at > 0 && u32(at + 12) !== 0; at += 20) {
    libraries.push(text(view, place(u32(at + 12))))
  }
  return {
    format: 'PE',
    isLibrary: (u16(header + 22) & 0x2000) !== 0,
    cpu: PE_CPUS[u16(header + 4)] ?? `machine ${u16(header + 4)}`,
    os: 'win32',
    libraries,
    versions: [],
  }
}
