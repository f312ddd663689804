import buffer from 'node:buffer'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { ALLOCATIONGRANULARITY, constants, type Home, Mmap, type MmapOptions, type OpenOptions, PAGESIZE } from 'memmap'
import { run, story } from '../support/child.mjs'
import {
  blockDevice,
  closedDescriptor,
  closing,
  deno,
  descriptor,
  type Expected,
  eachHome,
  file,
  HOMES,
  held,
  inChild,
  linux,
  rejectsCode,
  scratch,
  skip,
  throwsCode,
  windows,
} from '../support/common.mjs'

const GRANULARITY = ALLOCATIONGRANULARITY
const { PROT_READ = 0, PROT_WRITE = 0, PROT_EXEC = 0, MAP_SHARED = 0, MAP_PRIVATE = 0 } = constants

const TYPE = 'ERR_INVALID_ARG_TYPE'
const VALUE = 'ERR_INVALID_ARG_VALUE'
const RANGE = 'ERR_OUT_OF_RANGE'
const OFFSET = 'ERR_MMAP_OFFSET'

/** Values that are no integers, each with the words of the error message. */
const NO_INTEGERS: readonly [unknown, RegExp][] = [
  ['10', /Received type string \('10'\)$/],
  [{}, /Received an instance of Object$/],
  [Symbol('ten'), /Received type symbol \(Symbol\(ten\)\)$/],
  [function ten() {}, /Received function ten$/],
  [new Date(0), /Received an instance of Date$/],
  [true, /Received type boolean \(true\)$/],
  [Number.NaN, /an integer.*Received type number \(NaN\)$/],
  [1.5, /an integer.*Received type number \(1\.5\)$/],
]

/** Numbers that are no sizes. */
const NO_SIZES: readonly [unknown, RegExp][] = [
  [Number.POSITIVE_INFINITY, /Received Infinity$/],
  [Number.NEGATIVE_INFINITY, /Received -Infinity$/],
  [-1, />= 0.*Received -1$/],
  [2 ** 53, /<= 9007199254740991.*Received 9007199254740992$/],
  [-1n, />= 0.*Received -1n$/],
  [2n ** 64n, /Received 18446744073709551616n$/],
]

const both = (name: string, received: RegExp): RegExp => new RegExp(`"(options\\.)?${name}".*${received.source}`)

type Arguments = readonly [fileno: unknown, length?: unknown, options?: unknown]
type Row = readonly [what: string, given: Arguments, expected: Expected]

function construct(given: Arguments, home: Home): Mmap {
  const [fileno, length, options] = given
  const isObject = typeof options === 'object' && options !== null
  const all = options === undefined || isObject ? { home, ...(options ?? {}) } : options
  return new Mmap(fileno as number, length as number, all as MmapOptions)
}

/** Checks that each row fails with its error, and leaves neither a descriptor nor a mapping behind. */
function refuses(t: ExecutionContext, home: Home, rows: readonly Row[], folder = os.tmpdir()): void {
  for (const [what, given, expected] of rows) {
    const before = held(folder)
    throwsCode(t, () => construct(given, home).close(), expected, what)
    t.deepEqual(held(folder), before, what)
  }
}

/** A descriptor of each kind of file that somebody may give to the constructor. */
function sources(t: ExecutionContext) {
  const folder = scratch(t)
  const ten = file(t, '0123456789', folder)
  const pages = file(t, Buffer.alloc(2 * GRANULARITY, 'x'), folder)
  return {
    folder,
    ten,
    tenFd: descriptor(t, ten),
    pagesFd: descriptor(t, pages),
    emptyFd: descriptor(t, file(t, '', folder)),
    readFd: descriptor(t, ten, 'r'),
    writeFd: descriptor(t, ten, fs.constants.O_WRONLY),
  }
}

/** The paths of a FIFO and of a listening socket. Unix only. */
async function strangers(t: ExecutionContext, folder: string) {
  const [fifo, socket] = [path.join(folder, 'fifo'), path.join(folder, 'socket')]
  execFileSync('mkfifo', [fifo])
  const server = net.createServer().listen(socket)
  await new Promise((resolve) => server.once('listening', resolve))
  t.teardown(() => server.close())
  return { fifo, socket, server }
}

eachHome('arguments of the wrong kind are named, with what was expected', (t, home) => {
  const { tenFd } = sources(t)
  const rows: Row[] = []
  for (const [value, received] of [...NO_INTEGERS, [undefined, /undefined$/], [3n, /3n/], [[], /Array$/]] as const) {
    rows.push([`fileno ${String(received)}`, [value, 1], { code: TYPE, message: both('fileno', received) }])
  }
  for (const [value, received] of NO_INTEGERS) {
    rows.push([`length ${received}`, [tenFd, value], { code: TYPE, message: both('length', received) }])
    rows.push([`offset ${received}`, [tenFd, 1, { offset: value }], { code: TYPE, message: both('offset', received) }])
  }
  for (const [value, received] of NO_SIZES) {
    rows.push([`length ${received}`, [tenFd, value], { code: RANGE, message: both('length', received) }])
    rows.push([`offset ${received}`, [tenFd, 1, { offset: value }], { code: RANGE, message: both('offset', received) }])
  }
  for (const value of [Number.POSITIVE_INFINITY, 2 ** 31, -(2 ** 31) - 1]) {
    rows.push([`fileno ${value}`, [value, 1], { code: RANGE, message: /"fileno".*Received -?(\d|I)/ }])
  }
  rows.push(['fd of an object', [{ fd: '3' }, 1], { code: TYPE, message: /"fileno"/ }])
  rows.push(['fraction of an object', [{ fd: 1.5 }, 1], { code: TYPE, message: /"fileno/ }])
  for (const options of [null, 5, 'read', () => {}]) {
    rows.push([`options ${String(options)}`, [tenFd, 1, options], { code: TYPE, message: /"options".*an object/ }])
  }
  for (const access of ['rw', 'READ', '', 1, null, {}]) {
    const expected = { code: VALUE, message: /"options\.access".*'read', 'write', 'copy'.*Received/ }
    rows.push([`access ${String(access)}`, [tenFd, 1, { access }], expected])
  }
  rows.push(['home', [tenFd, 1, { home: 'overthere' }], { code: VALUE, message: /"options\.home".*'external'/ }])
  for (const trackfd of [1, 'yes', null]) {
    rows.push([`trackfd ${trackfd}`, [tenFd, 1, { trackfd }], { code: TYPE, message: /"options\.trackfd".*boolean/ }])
  }
  rows.push(['tagname', [-1, 1, { tagname: 5 }], { code: TYPE, message: /"options\.tagname".*string/ }])
  rows.push(['unknown', [tenFd, 1, { offest: 0 }], { code: VALUE, message: /"options\.offest".*unknown.*offset/ }])
  rows.push(['of open', [tenFd, 1, { create: true }], { code: VALUE, message: /"options\.create".*unknown/ }])
  refuses(t, home, rows)
  throwsCode(t, () => Reflect.construct(Mmap, []), { code: TYPE, message: /"fileno"/ })
})

eachHome('sizes and offsets against the file', (t, home) => {
  const { folder, tenFd, pagesFd, emptyFd } = sources(t)
  const past: Expected = { code: RANGE, message: /"length".*<= 10 .*Received 11$/ }
  const rows: Row[] = [
    ['empty', [emptyFd], { code: 'ERR_MMAP_EMPTY_FILE' }],
    ['empty before its offset', [emptyFd, 0, { offset: GRANULARITY }], { code: 'ERR_MMAP_EMPTY_FILE' }],
    ['offset at the end', [tenFd, 0, { offset: 10 }], { code: OFFSET, message: /"offset".*10\. Received 10$/ }],
    ['offset past the end', [tenFd, 0, { offset: GRANULARITY }], { code: OFFSET, message: /"offset".*10\. Received/ }],
    ['misaligned', [tenFd, 9, { offset: 1 }], { code: OFFSET, message: new RegExp(`0 and ${GRANULARITY}\\..* 1$`) }],
    [
      'misaligned further on',
      [pagesFd, 1, { offset: GRANULARITY + 7 }],
      { code: OFFSET, message: new RegExp(`${GRANULARITY} and ${2 * GRANULARITY}\\.`) },
    ],
    ['no memory', [-1, 0], { code: RANGE, message: /"length".*>= 1/ }],
    ['no memory by default', [-1], { code: RANGE, message: /"length".*>= 1/ }],
    ['misaligned memory', [-1, 10, { offset: 1 }], { code: OFFSET }],
  ]
  // Windows extends a file that is mapped for writing, so there only the read-only accesses are refused.
  for (const access of windows ? ['read', 'copy'] : [undefined, 'read', 'write', 'copy']) {
    const given = access === undefined ? {} : { access }
    rows.push(
      [`length, ${access}`, [tenFd, 11, given], past],
      [`length of an empty file, ${access}`, [emptyFd, 1, given], { code: RANGE, message: /<= 0 .*Received 1$/ }],
      [`length and offset, ${access}`, [pagesFd, GRANULARITY + 1, { ...given, offset: GRANULARITY }], { code: RANGE }],
      [`greatest length, ${access}`, [tenFd, Number.MAX_SAFE_INTEGER, given], { code: RANGE }],
    )
  }
  refuses(t, home, rows, folder)
})

eachHome('the order of the checks', (t, home) => {
  const { folder, tenFd, emptyFd, readFd } = sources(t)
  const closed = closedDescriptor()
  const rows: Row[] = [
    ['length, then offset', [tenFd, -1, { offset: -1 }], { code: RANGE, message: /"length"/ }],
    ['arguments, then descriptor', [closed, 1, { offset: -1 }], { code: RANGE, message: /"options.offset"/ }],
    ['descriptor, then alignment', [closed, 1, { offset: 1 }], { code: 'EBADF' }],
    ['alignment, then the system', [readFd, 9, { offset: 1 }], { code: OFFSET }],
  ]
  if (!windows) {
    const flags = MAP_PRIVATE
    rows.push(
      ['size, then alignment', [tenFd, 10, { offset: 1 }], { code: RANGE, message: /"length"/ }],
      ['offset, then flags', [tenFd, 1, { offset: -1, access: 'read', flags }], { code: RANGE, message: /offset/ }],
      ['flags, then descriptor', [closed, 1, { access: 'read', flags }], { code: VALUE, message: /"access".*"flags"/ }],
      ['flags, then size', [emptyFd, 0, { flags: flags | (constants['MAP_FIXED'] ?? 0x10) }], { code: VALUE }],
    )
  }
  refuses(t, home, rows, folder)
})

eachHome('prot and flags: what would kill or corrupt is refused by name', (t, home) => {
  const { folder, tenFd } = sources(t)
  if (windows) {
    const rows = ['prot', 'flags'].map(
      (key): Row => [key, [tenFd, 0, { [key]: 1 }], { code: VALUE, message: /unknown/ }],
    )
    refuses(t, home, rows, folder)
    return
  }
  const conflict: Expected = { code: VALUE, message: /"access".*"prot".*"flags"/ }
  const rows: Row[] = [
    ['access and flags', [tenFd, 0, { access: 'write', flags: MAP_PRIVATE }], conflict],
    ['access and prot', [tenFd, 0, { access: 'read', prot: PROT_READ }], conflict],
    ['nothing', [tenFd, 0, { prot: 0 }], { code: VALUE, message: /PROT_READ.*Received 0/ }],
    ['written only', [tenFd, 0, { prot: PROT_WRITE }], { code: VALUE, message: /PROT_READ/ }],
    ['run only', [tenFd, 0, { prot: PROT_EXEC }], { code: VALUE, message: /PROT_READ/ }],
    ['flags of nothing', [tenFd, 0, { flags: 0 }], { code: 'EINVAL' }],
    ...['1', null, {}].flatMap((value): Row[] => [
      ['flags', [tenFd, 0, { flags: value }], { code: TYPE, message: /"options\.flags".*number/ }],
      ['prot', [tenFd, 0, { prot: value }], { code: TYPE, message: /"options\.prot".*number/ }],
    ]),
    ['half a flag', [tenFd, 0, { flags: 1.5 }], { code: TYPE, message: /"options\.flags"/ }],
  ]
  // Linux's numbers: `constants` need not have flags that are refused anyway.
  const refused = linux
    ? { MAP_FIXED: 0x10, MAP_FIXED_NOREPLACE: 0x100000, MAP_GROWSDOWN: 0x100, MAP_HUGETLB: 0x40000 }
    : { MAP_FIXED: 0x10 }
  for (const [name, bit] of Object.entries(refused)) {
    const expected = { code: VALUE, message: new RegExp(`"flags".*${name},`) }
    rows.push([name, [tenFd, 0, { flags: MAP_SHARED | bit }], expected])
    rows.push([`${name} of memory`, [-1, 4096, { flags: MAP_PRIVATE | bit }], expected])
  }
  refuses(t, home, rows, folder)
})

eachHome('descriptors that the system refuses', async (t, home) => {
  const { folder, ten, readFd, writeFd } = sources(t)
  const handle = await fs.promises.open(ten)
  await handle.close()
  const rows: Row[] = [
    ['closed', [closedDescriptor(), 1], { code: 'EBADF', message: /^EBADF: bad file descriptor, \w+$/ }],
    ['closed, whole', [closedDescriptor()], { code: 'EBADF' }],
    ['negative', [-2, 4096], { code: 'EBADF' }],
    // A closed FileHandle has the descriptor -1, which must not be taken for anonymous memory.
    ['closed FileHandle', [handle, 4096], { code: 'EBADF' }],
    [
      'read-only, default',
      [readFd],
      { code: 'EACCES', message: /^EACCES: permission denied, \w+\. .* access: 'read'$/ },
    ],
    ['read-only, write', [readFd, 10, { access: 'write' }], { code: 'EACCES' }],
    ['write-only, read', [writeFd, 10, { access: 'read' }], { code: 'EACCES' }],
    ['write-only, copy', [writeFd, 10, { access: 'copy' }], { code: 'EACCES' }],
    ['write-only', [writeFd], { code: 'EACCES' }],
  ]
  if (!windows) {
    const { fifo, server } = await strangers(t, folder)
    const socket = Reflect.get(Reflect.get(server, '_handle'), 'fd')
    const fifoFd = descriptor(t, fifo, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
    const folderFd = descriptor(t, folder, 'r')
    const nullFd = descriptor(t, '/dev/null')
    const zeroFd = descriptor(t, '/dev/zero')
    for (const [what, fd] of Object.entries({ folder: folderFd, fifo: fifoFd, socket, null: nullFd })) {
      rows.push(
        [`${what} without a length`, [fd, 0, { access: 'read' }], { code: what === 'socket' ? 'ENODEV' : 'EINVAL' }],
        [`${what} with a length`, [fd, 10, { access: 'read' }], { code: 'ENODEV' }],
      )
    }
    rows.push(['zero without a length', [zeroFd], { code: 'EINVAL' }])
  }
  refuses(t, home, rows, folder)
  const error = throwsCode(t, () => construct([closedDescriptor(), 1], home), { code: 'EBADF' })
  t.is(error?.errno, windows ? -4083 : -os.constants.errno.EBADF)
  t.is(typeof error?.syscall, 'string')
  t.false(error !== undefined && 'path' in error)
})

eachHome('memory that nobody has is refused, not promised', (t, home) => {
  const length = 2 ** 52
  const error = throwsCode(t, () => Mmap.anonymous(length, { home }), { code: 'ENOMEM' })
  t.is(error?.syscall, windows ? 'CreateFileMapping' : 'mmap')
  for (const [value, code] of [
    [0, RANGE],
    [-1, RANGE],
    [1.5, TYPE],
    ['1', TYPE],
    [undefined, TYPE],
  ] as const) {
    throwsCode(t, () => Mmap.anonymous(value as number, { home }), { code, message: /"length"/ }, String(value))
  }
  const offset = { home, offset: 0 } as { home: Home }
  throwsCode(t, () => Mmap.anonymous(1, offset), { code: VALUE, message: /"options\.offset".*unknown/ })
})

eachHome('what a constructed mapping tells of itself', (t, home) => {
  const { tenFd, pagesFd, readFd } = sources(t)
  const table: [Arguments, { length: number; offset?: number; access?: string }][] = [
    [[tenFd], { length: 10 }],
    [[tenFd, 0], { length: 10 }],
    [[tenFd, 7], { length: 7 }],
    [[tenFd, 7n, { offset: 0n }], { length: 7 }],
    [[{ fd: tenFd }, 10], { length: 10 }],
    [[pagesFd, 0, { offset: GRANULARITY }], { length: GRANULARITY, offset: GRANULARITY }],
    [[pagesFd, 5, { offset: BigInt(GRANULARITY) }], { length: 5, offset: GRANULARITY }],
    [[readFd, 0, { access: 'read' }], { length: 10, access: 'read' }],
    [[readFd, 0, { access: 'copy' }], { length: 10, access: 'copy' }],
    [[tenFd, 0, { access: 'write', trackfd: false }], { length: 10 }],
    [[-1, 3], { length: 3 }],
    [[-1, 3, { access: 'read' }], { length: 3, access: 'read' }],
    [[-1, 3, { access: 'copy' }], { length: 3, access: 'copy' }],
    [[-1, 3, { offset: 2 * GRANULARITY }], { length: 3, offset: 2 * GRANULARITY }],
  ]
  if (!windows) {
    table.push(
      [[readFd, 0, { prot: PROT_READ }], { length: 10, access: 'read' }],
      [[readFd, 0, { prot: PROT_READ | PROT_EXEC }], { length: 10, access: 'read' }],
      [[readFd, 0, { flags: MAP_PRIVATE }], { length: 10 }],
      // Flags and prot that equal the defaults are allowed beside `access`, as in Python.
      [[tenFd, 0, { access: 'read', prot: PROT_READ | PROT_WRITE, flags: MAP_SHARED }], { length: 10, access: 'read' }],
      [[descriptor(t, '/dev/zero'), 10], { length: 10 }],
    )
  }
  for (const [given, expected] of table) {
    using m = construct(given, home)
    const { length, offset, access, path: name, closed } = m
    t.deepEqual(
      { length, offset, access, path: name, closed, home: m.home },
      { offset: 0, access: 'write', path: undefined, closed: false, home, ...expected },
    )
    t.is(m.slice().length, length)
  }
})

eachHome('a device has no size, and its zeros are read', (t, home) => {
  if (windows) return skip(t, 'there is no /dev/zero on Windows')
  using m = new Mmap(descriptor(t, '/dev/zero'), 10, { home })
  t.deepEqual(m.slice(), Buffer.alloc(10))
  t.is(m.size(), 0)
  using opened = Mmap.open('/dev/zero', { length: 10, home })
  t.deepEqual(opened.slice(), Buffer.alloc(10))
})

eachHome('the descriptor is duplicated: closed, or its file unlinked, the mapping goes on', (t, home) => {
  const name = file(t, '0123456789')
  const fd = fs.openSync(name, 'r+')
  using m = new Mmap(fd, 0, { home })
  fs.closeSync(fd)
  t.is(m.size(), 10)
  fs.appendFileSync(name, 'more')
  t.is(m.size(), 14)
  t.is(m.length, 10)
  if (!windows) fs.unlinkSync(name)
  t.is(m.size(), 14)
  m.resize(20)
  t.is(m.size(), 20)
  t.is(m.slice(8, 16).toString('latin1'), '89more\0\0')
})

eachHome('trackfd: false keeps no descriptor', (t, home) => {
  const { folder, tenFd } = sources(t)
  const before = held(folder)
  using m = new Mmap(tenFd, 0, { trackfd: false, home })
  t.deepEqual(held(folder).descriptors, before.descriptors)
  throwsCode(t, () => m.size(), { code: 'ERR_MMAP_NO_DESCRIPTOR', message: /size.*trackfd/ })
  throwsCode(t, () => m.resize(20), { code: 'ERR_MMAP_NO_DESCRIPTOR', message: /resize.*trackfd/ })
  m.write('ab')
  m.flush()
  t.is(m.slice().toString(), 'ab23456789')
})

eachHome('Windows makes a file longer that is mapped beyond its end', (t, home) => {
  if (!windows) return skip(t, 'Unix refuses a length beyond the file')
  const { ten, tenFd, pagesFd, emptyFd } = sources(t)
  using m = new Mmap(tenFd, 11, { home })
  t.is(m.length, 11)
  t.is(fs.statSync(ten).size, 11)
  t.is(m.slice().toString('latin1'), '0123456789\0')
  using further = new Mmap(pagesFd, 5, { offset: 3 * GRANULARITY, access: 'write', home })
  t.deepEqual([further.length, further.size()], [5, 3 * GRANULARITY + 5])
  using made = new Mmap(emptyFd, 100_000, { home })
  t.deepEqual([made.size(), made.at(99_999)], [100_000, 0])
})

type OpenRow = readonly [what: string, name: unknown, options: unknown, expected: Expected, pathInError?: boolean]

/** Like `refuses`, for `open` and `openAsync`. */
async function refusesToOpen(t: ExecutionContext, home: Home, folder: string, rows: readonly OpenRow[]): Promise<void> {
  for (const [what, name, options, expected, pathInError] of rows) {
    const isObject = typeof options === 'object' && options !== null
    const given = (options === undefined || isObject ? { home, ...(options ?? {}) } : options) as OpenOptions
    const before = held(folder)
    const listing = fs.readdirSync(folder)
    const errors = [
      throwsCode(t, () => Mmap.open(name as string, given).close(), expected, what),
      await rejectsCode(
        t,
        async () => (await Mmap.openAsync(name as string, given)).close(),
        expected,
        `${what}, async`,
      ),
    ]
    t.deepEqual(held(folder), before, what)
    t.deepEqual(fs.readdirSync(folder), listing, what)
    if (pathInError) for (const error of errors) t.is(error?.path, name as string, what)
  }
}

eachHome('open: paths and options that are refused', async (t, home) => {
  const { folder, ten } = sources(t)
  const missing = path.join(folder, 'missing')
  const withNull = pathToFileURL(folder)
  withNull.pathname += '/a%00b'
  await refusesToOpen(t, home, folder, [
    ...[undefined, null, 5, {}, Symbol('path'), () => {}, new Date(0), new ArrayBuffer(1)].map(
      (name): OpenRow => [`path ${String(name)}`, name, {}, { code: TYPE, message: /"path".*string.*Buffer.*URL/ }],
    ),
    ['null byte', 'a\0b', {}, { code: VALUE, message: /"path".*null bytes/ }],
    ['null byte in a Buffer', Buffer.from('a\0b'), {}, { code: VALUE, message: /"path".*null bytes/ }],
    ['null byte in a URL', withNull, {}, { code: VALUE, message: /"path".*null bytes/ }],
    ...[
      `/${'a'.repeat(2 ** 20)}`,
      'a/'.repeat(40_000),
      Buffer.alloc(2 ** 20, 'a'),
      new URL(`file:///${windows ? 'C:/' : ''}${'a'.repeat(70_000)}`),
      new URL(`file:///${windows ? 'C:/' : ''}${'a'.repeat(2 ** 20)}`),
    ].map(
      (name): OpenRow => [
        `a path that is too long (${name.constructor.name})`,
        name,
        { access: 'write', create: true, length: 10 },
        { code: 'ENAMETOOLONG', message: /^ENAMETOOLONG: name too long, open '.{50,70}\.\.\.'$/ },
      ],
    ),
    ['http', new URL('http://localhost/x'), {}, { code: 'ERR_INVALID_URL_SCHEME' }],
    [
      'missing',
      missing,
      {},
      { code: 'ENOENT', message: /^ENOENT: no such file or directory, open '.*missing'$/ },
      true,
    ],
    ['empty path', '', {}, { code: 'ENOENT' }, true],
    ['missing, write', missing, { access: 'write' }, { code: 'ENOENT' }, true],
    ['no folder', path.join(missing, 'below'), { access: 'write', create: true }, { code: 'ENOENT' }, true],
    ['not a folder', path.join(ten, 'below'), {}, { code: windows ? 'ENOENT' : 'ENOTDIR' }, true],
    ['no options', ten, null, { code: TYPE, message: /"options"/ }],
    ['unknown', ten, { offest: 1 }, { code: VALUE, message: /"options\.offest"/ }],
    ["the constructor's", ten, { prot: 1 }, { code: VALUE, message: /"options\.prot"/ }],
    ['access', ten, { access: 'r+' }, { code: VALUE, message: /"options\.access"/ }],
    ['create', ten, { create: 1, access: 'write' }, { code: TYPE, message: /"options\.create".*boolean/ }],
    ['create, read', missing, { create: true }, { code: VALUE, message: /"options\.create".*'write'/ }],
    ...[
      ...NO_INTEGERS.map((each) => [...each, TYPE] as const),
      ...NO_SIZES.map((each) => [...each, RANGE] as const),
    ].flatMap(([value, received, code]): OpenRow[] => [
      [`offset ${received}`, ten, { offset: value }, { code, message: both('offset', received) }],
      [`length ${received}`, ten, { length: value }, { code, message: both('length', received) }],
    ]),
    ['offset past the end', ten, { offset: 11 }, { code: OFFSET, message: /10\. Received 11$/ }],
    ['length, read', ten, { length: 11 }, { code: RANGE, message: /"length".*<= 10 .*Received 11$/ }],
    ['length, copy', ten, { length: 8, offset: 3, access: 'copy' }, { code: RANGE, message: /<= 7 / }],
  ])
})

eachHome('open: what cannot be mapped is refused, and nothing hangs', async (t, home) => {
  const folder = scratch(t)
  const rows: OpenRow[] = []
  if (windows) {
    for (const access of ['read', 'write'] as const) {
      rows.push(
        [`folder, ${access}`, folder, { access }, { code: 'EISDIR' }, true],
        [`nul, ${access}`, '\\\\.\\nul', { access, length: 10 }, { code: 'ENODEV' }, true],
        [`nul without a length, ${access}`, '\\\\.\\nul', { access }, { code: 'ENODEV' }, true],
      )
    }
  } else {
    const { fifo } = await strangers(t, folder)
    for (const access of ['read', 'write'] as const) {
      rows.push(
        [`folder, ${access}`, folder, { access }, { code: 'EISDIR' }, true],
        [`fifo, ${access}`, fifo, { access }, { code: 'ENODEV' }, true],
        [`null, ${access}`, '/dev/null', { access, length: 10 }, { code: 'ENODEV' }, true],
        [`null without a length, ${access}`, '/dev/null', { access }, { code: RANGE, message: /"length".*>= 1/ }],
        [`zero without a length, ${access}`, '/dev/zero', { access }, { code: RANGE, message: /"length".*>= 1/ }],
      )
    }
  }
  await refusesToOpen(t, home, folder, rows)
})

eachHome('a block device has a size, and the position of its descriptor stays', (t, home) => {
  const device = blockDevice(t, Buffer.alloc(2 ** 20, 'device! '))
  if (device === undefined) return
  using opened = Mmap.open(device, { home })
  t.deepEqual([opened.length, opened.size()], [2 ** 20, 2 ** 20])
  const fd = descriptor(t, device, 'r')
  const bytes = Buffer.alloc(8)
  fs.readSync(fd, bytes, 0, 4, null)
  using m = new Mmap(fd, 4096, { access: 'read', home })
  t.is(m.size(), 2 ** 20)
  fs.readSync(fd, bytes, 4, 4, null)
  t.is(bytes.toString(), 'device! ')
})

eachHome('open: a socket is refused as what it is', async (t, home) => {
  if (windows) return skip(t, 'a socket is no file on Windows')
  const folder = scratch(t)
  const { socket } = await strangers(t, folder)
  await refusesToOpen(t, home, folder, [['socket', socket, {}, { code: 'ENODEV' }, true]])
})

eachHome('a TCP socket is refused: Linux would map it, and kill whoever reads it', async (t, home) => {
  if (windows) return skip(t, 'a socket is no file on Windows')
  const server = net.createServer().listen(0)
  await new Promise((resolve) => server.once('listening', resolve))
  t.teardown(() => server.close())
  const fd: number | undefined = Reflect.get(server, '_handle')?.fd
  if (fd === undefined) return skip(t, "this engine tells no socket's descriptor")
  refuses(t, home, [['TCP', [fd, PAGESIZE, { access: 'read' }], { code: 'ENODEV' }]])
})

eachHome('null is no size: in Python None is none either', async (t, home) => {
  const { folder, ten, tenFd } = sources(t)
  const expected = (name: string): Expected => ({ code: TYPE, message: both(name, /Received null$/) })
  refuses(t, home, [
    ['length', [tenFd, null], expected('length')],
    ['offset', [tenFd, 1, { offset: null }], expected('offset')],
  ])
  await refusesToOpen(t, home, folder, [
    ['offset', ten, { offset: null }, expected('offset')],
    ['length', ten, { length: null }, expected('length')],
  ])
})

eachHome('open: paths of every kind', async (t, home) => {
  const folder = scratch(t)
  const name = path.join(folder, 'file äö %25 #?&'.replace(windows ? /[?]/g : /$^/g, ''))
  fs.writeFileSync(name, 'content')
  const relative = path.relative(process.cwd(), name)
  const names: [string | Buffer | Uint8Array | URL, string][] = [
    [name, name],
    [relative, relative],
    [Buffer.from(name), name],
    [new Uint8Array(Buffer.from(name)), name],
    [pathToFileURL(name), name],
    [path.join(folder, '.', 'below', '..', path.basename(name)), name],
  ]
  if (windows) {
    // With slashes, and longer than 260 characters, the limit of Windows for paths without the prefix \\?\.
    names.push([name.replaceAll('\\', '/'), name.replaceAll('\\', '/')])
    const deep = path.join(folder, ...Array<string>(5).fill('d'.repeat(60)), 'deep')
    fs.mkdirSync(path.dirname(deep), { recursive: true })
    fs.writeFileSync(deep, 'content')
    names.push([deep, deep], [path.toNamespacedPath(deep), path.toNamespacedPath(deep)])
  }
  if (linux && deno) t.log('skipped in part: Deno itself makes no file whose name is no text')
  if (linux && !deno) {
    const raw = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0x66, 0xff, 0xfe, 0x80])])
    fs.writeFileSync(raw, 'content')
    names.push([raw, raw.toString()])
  }
  const before = held(folder)
  for (const [given, expected] of names) {
    for (const m of [Mmap.open(given, { home }), await Mmap.openAsync(given, { home })]) {
      t.is(m.slice().toString(), 'content')
      t.is(m.path, expected)
      m.close()
    }
  }
  t.deepEqual(held(folder), before)
})

eachHome('open: any offset, an empty file, and its defaults', (t, home) => {
  const { ten } = sources(t)
  const table: [OpenOptions, string][] = [
    [{}, '0123456789'],
    [{ offset: 3 }, '3456789'],
    [{ offset: 3n, length: 4n }, '3456'],
    [{ offset: 10 }, ''],
    [{ length: 2, access: 'copy' }, '01'],
  ]
  for (const [options, content] of table) {
    using m = Mmap.open(ten, { home, ...options })
    t.is(m.slice().toString(), content)
    t.is(m.offset, Number(options.offset ?? 0))
    t.is(m.access, options.access ?? 'read')
    t.is(m.size(), 10)
  }
  for (const access of ['read', 'write', 'copy'] as const) {
    using m = Mmap.open(file(t, ''), { access, home })
    t.is(m.length, 0)
    t.deepEqual([...m], [])
    t.is(m.read().length, 0)
    t.is(m.find(''), 0)
    t.is(m.find('a'), -1)
    t.is(m.at(0), undefined)
    t.true(m.equals(Buffer.alloc(0)))
    m.flush()
    if (access === 'write') {
      m.resize(5)
      t.is(m.write('hello'), 5)
    }
    if (home !== 'native') t.is(m.buffer.length, access === 'write' ? 5 : 0)
  }
})

eachHome('open: an offset in the midst of a page', (t, home) => {
  const offset = GRANULARITY + 100
  const content = Buffer.alloc(2 * GRANULARITY)
  for (let at = 0; at < content.length; at++) content[at] = at % 251
  const name = file(t, content)
  using m = Mmap.open(name, { access: 'write', offset, home })
  t.deepEqual(m.slice(), content.subarray(offset))
  t.is(m.find(content.subarray(offset + 50, offset + 150)), 50)
  m.set(Buffer.from('here'), 10)
  m.flush()
  content.write('here', offset + 10)
  t.deepEqual(fs.readFileSync(name), content)
  m.resize(50)
  t.deepEqual(fs.readFileSync(name), content.subarray(0, offset + 50))
  m.resize(GRANULARITY)
  t.is(fs.statSync(name).size, offset + GRANULARITY)
  t.deepEqual(m.slice(0, 60), Buffer.concat([content.subarray(offset, offset + 50), Buffer.alloc(10)]))
})

eachHome('open: create and length', async (t, home) => {
  const folder = scratch(t)
  const made = path.join(folder, 'made')
  for (const open of [Mmap.open, Mmap.openAsync]) {
    const m = await open(made, { access: 'write', create: true, length: 100_000, home })
    t.is(m.length, 100_000)
    const { size, blocks } = fs.statSync(made)
    t.is(size, 100_000)
    // The blocks are reserved, so that a full disk is an error of open() and not of a later store.
    if (linux) t.true(blocks * 512 >= size, `${blocks} blocks`)
    m.close()
    // A file that exists is opened, and never truncated.
    const again = await open(made, { access: 'write', create: true, length: 10, home })
    t.is(again.length, 10)
    t.is(again.size(), 100_000)
    again.close()
    fs.unlinkSync(made)
  }
  using empty = Mmap.open(path.join(folder, 'empty'), { access: 'write', create: true, home })
  t.is(empty.length, 0)
  const longer = file(t, 'abc', folder)
  using m = Mmap.open(longer, { access: 'write', offset: 2, length: 50_000, home })
  t.is(m.size(), 50_002)
  t.is(m.slice(0, 3).toString('latin1'), 'c\0\0')
  if (linux) t.true(fs.statSync(longer).blocks * 512 >= 50_000)
})

eachHome('open: a creation that fails leaves no file, and a file as it was', async (t, home) => {
  const folder = scratch(t)
  const [made, there] = [path.join(folder, 'made'), file(t, 'abc', folder)]
  const write = { access: 'write', create: true }
  const rows: OpenRow[] = [['offset', made, { ...write, offset: 1 }, { code: OFFSET }]]
  // Longer than any file may be on Linux: the file system refuses it before it reserves a block.
  if (linux) {
    const length = 2 ** 53 - 2 ** 20
    rows.push(['length', made, { ...write, length }, { code: 'EFBIG', message: /^EFBIG: .*made'$/ }, true])
    rows.push(['length of a file', there, { ...write, length }, { code: 'EFBIG' }, true])
  }
  if (home === 'external' && buffer.constants.MAX_LENGTH < 2 ** 33) {
    const expected = { code: 'ERR_MMAP_NO_VIEWS', message: /'external'/ }
    const length = buffer.constants.MAX_LENGTH + 1
    rows.push(['home', made, { ...write, length }, expected], ['home of a file', there, { ...write, length }, expected])
  } else {
    t.log('skipped in part: no home refuses a length that a disk has')
  }
  const before = fs.statSync(there)
  for (const row of rows) {
    await refusesToOpen(t, home, folder, [row])
    t.false(fs.existsSync(made), row[0])
    const { size, blocks } = fs.statSync(there)
    t.is(size, before.size, row[0])
    // A file system may keep a block of metadata for a file that was longer once.
    t.true(blocks <= before.blocks + 16, `${row[0]}: ${blocks} blocks`)
    // The next row starts with the same files, whatever this one left.
    fs.rmSync(made, { force: true })
    fs.truncateSync(there, 3)
  }
})

eachHome('open: create follows a symbolic link to what is not there, as Node does', async (t, home) => {
  if (windows) return skip(t, 'links need a privilege on Windows')
  const made = await run('links', 'made', { home })
  const one = (kind: string): unknown => [kind, 'a link', 'a file', 'stored\0\0\0\0']
  const kinds = ['absolute', 'absolute', 'relative', 'relative', 'of a chain', 'of a chain']
  t.deepEqual(made.answer, { answers: kinds.map(one) }, story(made))
  const refused = await run('links', 'refused', { home })
  const all = (code: string): string[] => [code, code, code]
  const codes = { circle: all('ELOOP'), 'no folder': all('ENOENT'), 'a folder': all('EISDIR') }
  t.deepEqual(refused.answer, { codes: { ...codes, 'no permission': all('EACCES') } }, story(refused))
  // Longer than any file may be on Linux.
  if (!linux) return skip(t, 'skipped in part: no file system is known to refuse a length')
  const undone = await run('links', 'undone', { home })
  const gone = ['EFBIG', 'a link', false]
  t.deepEqual(undone.answer, { answers: [gone, gone] }, story(undone))
})

test('the environment chooses a home, an option before it', (t) => {
  const script = `
    const homes = [undefined, '${HOMES[0]}', 'native'].map((home) => {
      try { return Mmap.anonymous(1, home && { home }).home } catch ({ code, message }) { return code + message }
    })
    console.log(JSON.stringify(homes))`
  const homes = (home: string): string[] => JSON.parse(inChild(script, [], { env: { MEMMAP_HOME: home } }))
  const [best] = HOMES
  t.deepEqual(homes('native'), ['native', best, 'native'])
  t.deepEqual(homes(''), [best, best, 'native'])
  t.regex(homes('elsewhere')[0] ?? '', /^ERR_INVALID_ARG_VALUE.*MEMMAP_HOME.*'external', 'overlay', 'native'/)
})

test('an option that is not among the own keys of the object is not unknown', (t) => {
  using m = new Mmap(-1, 5, Object.create({ stranger: 1 }) as MmapOptions)
  t.is(m.length, 5)
  t.is(PAGESIZE & (PAGESIZE - 1), 0)
  t.is(ALLOCATIONGRANULARITY % PAGESIZE, 0)
})

eachHome('a FileHandle gives its descriptor', async (t, home) => {
  const handle = await fs.promises.open(file(t, 'abc'), 'r+')
  const m = closing(t, new Mmap(handle, 0, { home }))
  await handle.close()
  t.is(m.slice().toString(), 'abc')
})

test.serial('an aborted creation takes back its own file, wherever the process has gone', async (t) => {
  const [here, there] = [scratch(t), scratch(t)]
  const before = process.cwd()
  t.teardown(() => process.chdir(before))
  process.chdir(here)
  fs.writeFileSync(path.join(there, 'new'), 'not ours')
  const stop = new AbortController()
  const opened = Mmap.openAsync('new', { access: 'write', create: true, length: 10, signal: stop.signal })
  process.chdir(there)
  stop.abort()
  await t.throwsAsync(opened, { name: 'AbortError' })
  const made = path.join(here, 'new')
  const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
  await sleep(200)
  for (let tries = 0; fs.existsSync(made) && tries < 200; tries++) await sleep(10)
  t.false(fs.existsSync(made))
  t.is(fs.readFileSync('new', 'utf8'), 'not ours')
})

eachHome('open: a path of bytes has as many as there are', async (t, home) => {
  const name = file(t, 'abc')
  for (const length of [1, 0, 2 ** 40]) {
    const bytes = Object.defineProperty(Buffer.from(name), 'length', { value: length })
    for (const m of [Mmap.open(bytes, { home }), await Mmap.openAsync(bytes, { home })]) {
      t.deepEqual([m.path, m.toString()], [name, 'abc'])
      m.close()
    }
  }
})

test('openAsync: the path is the one of the call, also when it is asked for again', (t) => {
  if (windows) return skip(t, 'there is no ulimit on Windows')
  const folder = scratch(t)
  for (const name of ['one', 'two']) fs.writeFileSync(path.join(folder, name), name)
  const script = `
    const folder = args[0]
    const fds = []
    const run = async () => {
      ;(await Mmap.openAsync(folder + '/one')).close()
      try { for (;;) fds.push(fs.openSync(folder + '/two')) } catch (error) { if (error.code !== 'EMFILE') throw error }
      const name = Buffer.from(folder + '/one')
      const opened = Mmap.openAsync(name)
      // So long that a thread has met the limit. The answer comes with a later turn of the event loop.
      for (const end = Date.now() + 500; Date.now() < end; );
      name.write('two', name.length - 3)
      for (const fd of fds) fs.closeSync(fd)
      const m = await opened
      console.log(JSON.stringify([fds.length > 0, m.path, m.toString()]))
    }
    run()`
  const env = { DENO_DIR: scratch(t) }
  const answer = JSON.parse(inChild(script, [folder], { limit: 'ulimit -n 100', env }))
  t.deepEqual(answer, [true, path.join(folder, 'one'), 'one'])
})
