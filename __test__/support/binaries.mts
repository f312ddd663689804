// Makes the smallest files that have the headers of shared libraries, for tests of the code that reads these.

export interface Binary {
  os: string
  cpu: string
  libc?: string
  /** The libraries that it needs; by default the C library of its system. */
  libraries?: string[]
  /** The versions of symbols that it needs of the first of these libraries. */
  versions?: string[]
  /** The type in an ELF header: 3 is a shared library. */
  type?: number
  /** What follows the headers. */
  content?: string
}

/** The name that is in every addon. */
const CONTENT = 'napi_register_module_v1\0'

export function binary(what: Binary): Buffer {
  const file = what.os === 'darwin' ? macho(what) : what.os === 'win32' ? pe(what) : elf(what)
  return Buffer.concat([file, Buffer.from(what.content ?? CONTENT)])
}

const LIBC: Record<string, string> = {
  glibc: 'libc.so.6',
  musl: 'libc.musl-x86_64.so.1',
  freebsd: 'libc.so.7',
  android: 'libc.so',
}
const ELF: Record<string, number> = { ia32: 3, ppc64: 21, s390x: 22, arm: 40, x64: 62, arm64: 183, riscv64: 243 }
const BASE = 0x10000

function elf({ os, cpu, libc, type = 3, versions = [], ...rest }: Binary): Buffer {
  const libraries = rest.libraries ?? [LIBC[libc ?? os] ?? '']
  const [wide, little] = [cpu !== 'arm', cpu !== 's390x']
  const u16 = (value: number) => number(value, 2, little)
  const u32 = (value: number) => number(value, 4, little)
  const word = (value: number) => number(value, wide ? 8 : 4, little)

  const [header, segment] = wide ? [64, 56] : [52, 32]
  const android = os === 'android'
  const names = [...libraries, ...versions]
  const strings = Buffer.from(`\0${names.map((name) => `${name}\0`).join('')}`)
  const string = (name: string) => strings.indexOf(`\0${name}\0`) + 1
  const note = android ? Buffer.concat([u32(8), u32(4), u32(1), Buffer.from('Android\0'), u32(24)]) : Buffer.alloc(0)
  const aux = versions.map((name, i) =>
    Buffer.concat([u32(0), u16(0), u16(0), u32(string(name)), u32(i + 1 < versions.length ? 16 : 0)]),
  )
  const needs =
    versions.length === 0
      ? Buffer.alloc(0)
      : Buffer.concat([u16(1), u16(versions.length), u32(string(libraries[0] ?? '')), u32(16), u32(0), ...aux])

  const start = header + segment * (android ? 3 : 2)
  const [stringsAt, noteAt] = [start, start + strings.length]
  const needsAt = noteAt + note.length
  const dynamicAt = needsAt + needs.length
  const tags: [number, number][] = [...libraries.map((name): [number, number] => [1, string(name)])]
  tags.push([5, BASE + stringsAt])
  if (versions.length > 0) tags.push([0x6ffffffe, BASE + needsAt], [0x6fffffff, 1])
  tags.push([0, 0])
  const dynamic = Buffer.concat(tags.flatMap(([tag, value]) => [word(tag), word(value)]))

  const program = (kind: number, offset: number, length: number) => {
    const place = [word(offset), word(BASE + offset), word(BASE + offset), word(length), word(length)]
    return Buffer.concat(wide ? [u32(kind), u32(4), ...place, word(8)] : [u32(kind), ...place, u32(4), word(8)])
  }
  const programs = [program(1, 0, dynamicAt + dynamic.length), program(2, dynamicAt, dynamic.length)]
  if (android) programs.push(program(4, noteAt, note.length))
  const identity = Buffer.from([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, little ? 1 : 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0])
  const head = [u16(type), u16(ELF[cpu] ?? 0), u32(1), word(0), word(header), word(0), u32(0), u16(header)]
  const tables = [u16(segment), u16(programs.length), u16(0), u16(0), u16(0)]
  return Buffer.concat([identity, ...head, ...tables, ...programs, strings, note, needs, dynamic])
}

function macho({ cpu, type = 6 }: Binary): Buffer {
  const words = [0xfeedfacf, cpu === 'arm64' ? 0x0100000c : 0x01000007, 0, type, 0, 0, 0, 0]
  return Buffer.concat(words.map((value) => number(value, 4, true)))
}

const PE: Record<string, number> = { ia32: 0x14c, x64: 0x8664, arm64: 0xaa64 }

function pe({ cpu, libraries = ['KERNEL32.dll'], type = 0x2000 }: Binary): Buffer {
  const u16 = (value: number) => number(value, 2, true)
  const u32 = (value: number) => number(value, 4, true)
  const wide = cpu !== 'ia32'
  const optional = Buffer.alloc(wide ? 240 : 224)
  optional.writeUInt16LE(wide ? 0x20b : 0x10b, 0)
  optional.writeUInt32LE(BASE, (wide ? 112 : 96) + 8)

  const at = 64 + 24 + optional.length + 40
  const names = libraries.map((name) => Buffer.from(`${name}\0`))
  let name = BASE + 20 * (libraries.length + 1)
  const entries = names.map((each) => {
    const entry = Buffer.concat([Buffer.alloc(12), u32(name), u32(0)])
    name += each.length
    return entry
  })
  const section = Buffer.concat([...entries, Buffer.alloc(20), ...names])
  const dos = Buffer.alloc(64)
  dos.write('MZ')
  dos.writeUInt32LE(64, 60)
  const coff = [u32(0x4550), u16(PE[cpu] ?? 0), u16(1), Buffer.alloc(12), u16(optional.length), u16(type)]
  const table = [Buffer.alloc(8), u32(section.length), u32(BASE), u32(section.length), u32(at), Buffer.alloc(16)]
  return Buffer.concat([dos, ...coff, optional, ...table, section])
}

function number(value: number, bytes: number, little: boolean): Buffer {
  const made = Buffer.alloc(bytes)
  const [at, length] = little ? [0, Math.min(bytes, 6)] : [bytes - Math.min(bytes, 6), Math.min(bytes, 6)]
  if (little) made.writeUIntLE(value, at, length)
  else made.writeUIntBE(value, at, length)
  return made
}
