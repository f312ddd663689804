import fs from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import { type Home, Mmap, PAGESIZE } from 'memmap'
import { descriptor, eachHome, file, inChild, linux, skip, throwsCode, VIEWED, windows } from '../support/common.mjs'

let names = 0

/** A name that no other test has; the teardown removes it, since a POSIX shared memory object stays until then. */
function fresh(t: ExecutionContext): string {
  const name = `memmap-test-${process.pid}-${names++}`
  t.teardown(() => void Mmap.unlink(name))
  return name
}

const named = (tagname: string, length: number, home: Home, options = {}): Mmap =>
  new Mmap(-1, length, { tagname, home, ...options })

eachHome('named memory: two mappings of one name have the same bytes', (t, home) => {
  const name = fresh(t)
  using one = named(name, 2 * PAGESIZE, home)
  t.deepEqual(one.slice(), Buffer.alloc(2 * PAGESIZE))
  using two = named(name, 2 * PAGESIZE, home)
  one.set(Buffer.from('one'), PAGESIZE)
  t.is(two.slice(PAGESIZE, PAGESIZE + 3).toString(), 'one')
  two.set(Buffer.from('two'), 2 * PAGESIZE - 3)
  t.is(one.slice(-3).toString(), 'two')
  if (home !== 'native') {
    two.buffer[0] = 0x41
    t.is(one.buffer[0], 0x41)
  }
  using other = named(fresh(t), 2 * PAGESIZE, home)
  t.deepEqual(other.slice(), Buffer.alloc(2 * PAGESIZE))
  t.deepEqual([one.path, one.size(), one.access, one.offset], [undefined, 2 * PAGESIZE, 'write', 0])
})

eachHome('named memory: another process has it by its name', (t, home) => {
  const name = fresh(t)
  using m = named(name, 1000, home)
  m.set(Buffer.from('from here'))
  const script = `
    const m = new Mmap(-1, 1000, { tagname: args[0], home: args[1] })
    process.stdout.write(m.slice(0, 9).toString())
    m.set(Buffer.from('from there'), 990)
    if (args[1] !== 'native') m.buffer[0] = 0x46`
  t.is(inChild(script, [name, home]), 'from here')
  t.is(m.slice(990).toString(), 'from there')
  t.is(m.at(0), home !== 'native' ? 0x46 : 0x66)
})

eachHome('named memory: how long it lives', (t, home) => {
  const name = fresh(t)
  named(name, 100, home).fill('x').close()
  using again = named(name, 100, home)
  // On Windows it lives until its last user closes it, a POSIX object until it is unlinked.
  t.is(again.at(99), windows ? 0 : 0x78)
  if (linux) t.is(fs.statSync(`/dev/shm/${name}`).size, 100)
})

eachHome('named memory: each opens as much of it as it likes, but no more than there is', (t, home) => {
  const name = fresh(t)
  using all = named(name, 3 * PAGESIZE, home)
  all.fill('x')
  using part = named(name, 10, home)
  t.deepEqual([part.length, part.slice().toString()], [10, 'x'.repeat(10)])
  throwsCode(t, () => named(name, 100 * PAGESIZE, home), { code: 'EINVAL' })
  t.is(all.at(-1), 0x78)
})

eachHome('named memory: read-only, copied', (t, home) => {
  const name = fresh(t)
  using m = named(name, 100, home)
  using read = named(name, 100, home, { access: 'read' })
  using copy = named(name, 100, home, { access: 'copy' })
  m.fill('x')
  t.is(read.slice(98).toString(), 'xx')
  throwsCode(t, () => read.set(Buffer.from('y')), { code: 'ERR_MMAP_READ_ONLY' })
  copy.fill('y')
  t.deepEqual([m.at(5), read.at(5), copy.at(5)], [0x78, 0x78, 0x79])
})

eachHome('named memory: resize() by its only user', (t, home) => {
  const name = fresh(t)
  using m = named(name, 100, home)
  // After many small accesses the class reads through a view of its own.
  for (let at = 0; at < 100; at++) m.set(Buffer.from([at]), at)
  t.is(m.at(50), 50)
  for (const [length, kept] of [
    [3 * PAGESIZE, 100],
    [60, 60],
    [80, 60],
  ] as const) {
    m.resize(length)
    t.deepEqual([m.length, m.size()], [length, length])
    const expected = Buffer.alloc(length)
    for (let at = 0; at < kept; at++) expected[at] = at
    t.is(m.slice().compare(expected), 0, `to ${length}`)
  }
  // The memory still has its name.
  using again = named(name, 80, home)
  t.is(again.at(59), 59)
})

eachHome('named memory: resize() while others have it', (t, home) => {
  const name = fresh(t)
  const [one, two] = [named(name, 2 * PAGESIZE, home), named(name, 2 * PAGESIZE, home)]
  one.fill('x')
  if (windows) {
    for (const length of [100, 3 * PAGESIZE]) {
      throwsCode(t, () => one.resize(length), { code: 'ERR_MMAP_BUSY', message: new RegExp(name) })
    }
  } else {
    one.resize(3 * PAGESIZE)
    t.deepEqual([one.length, one.at(-1)], [3 * PAGESIZE, 0])
  }
  t.is(two.length, 2 * PAGESIZE)
  // Both are still the same memory.
  two.set(Buffer.from('two'), 10)
  t.is(one.slice(9, 14).toString(), 'xtwox')
  one.set(Buffer.from('one'), 2 * PAGESIZE - 3)
  t.is(two.slice(-4).toString(), 'xone')
  two.close()
  one.resize(5000)
  t.deepEqual([one.length, one.slice(9, 14).toString()], [5000, 'xtwox'])
  one.close()
})

eachHome('named memory: a resize() that fails leaves it as it was', (t, home) => {
  const name = fresh(t)
  using m = named(name, 100, home)
  m.fill('x')
  t.throws(() => m.resize(2 ** 52))
  t.deepEqual([m.length, m.size(), m.slice().toString()], [100, 100, 'x'.repeat(100)])
  m.set(Buffer.from('still'))
  using again = named(name, 100, home)
  t.is(again.slice(0, 6).toString(), 'stillx')
})

test('named memory: a view taken and resize()', (t) => {
  const name = fresh(t)
  using m = named(name, 100, VIEWED[0] as Home)
  const { buffer } = m
  buffer.fill('x')
  if (windows) {
    throwsCode(t, () => m.resize(200), { code: 'ERR_MMAP_BUSY' })
    t.is(m.buffer, buffer)
    t.deepEqual([m.length, m.at(99)], [100, 0x78])
    return
  }
  m.resize(200)
  t.deepEqual([buffer.length, m.buffer.length, m.at(99), m.at(199)], [0, 200, 0x78, 0])
})

eachHome('a name for the mapping of a file', (t, home) => {
  const content = '0123456789'
  const path = file(t, content)
  const fd = descriptor(t, path)
  const tagname = fresh(t)
  if (!windows) {
    const expected = { code: 'ERR_INVALID_ARG_VALUE', message: /"options\.tagname".*fileno -1/ }
    throwsCode(t, () => new Mmap(fd, 0, { tagname, home }), expected)
    return
  }
  using m = new Mmap(fd, 0, { tagname, home })
  using byName = named(tagname, 10, home)
  t.is(byName.slice().toString(), content)
  byName.set(Buffer.from('X'))
  t.is(m.at(0), 0x58)
  m.flush()
  t.is(fs.readFileSync(path, 'latin1'), `X${content.slice(1)}`)
})

eachHome('names that are refused', (t, home) => {
  const refused = ['', 'a\0b', ...(windows ? [] : ['/', 'a/b'])]
  for (const name of refused) {
    const expected = { code: 'ERR_INVALID_ARG_VALUE', message: /"tagname".*a name/ }
    throwsCode(t, () => named(name, 10, home), expected, JSON.stringify(name))
  }
  for (const name of ['x'.repeat(2 ** 20), 'a/'.repeat(2 ** 20)]) {
    const expected = { code: 'ERR_INVALID_ARG_VALUE', message: /^The "options\.tagname" .* a name of .{50,150}$/ }
    throwsCode(t, () => named(name, 10, home), expected)
  }
  // What is short enough for some system is this one's to refuse.
  if (!windows) throwsCode(t, () => named('x'.repeat(32_000), 10, home), { code: 'ENAMETOOLONG' })
  // On Windows a backslash separates the namespaces of kernel objects.
  if (windows) throwsCode(t, () => named('none\\such', 10, home), { code: 'ENOENT' })
  throwsCode(t, () => named(fresh(t), 0, home), { code: 'ERR_OUT_OF_RANGE', message: /"length"/ })
})

eachHome('unlink takes the name away, and nobody loses the memory', (t, home) => {
  const name = fresh(t)
  t.false(Mmap.unlink(name))
  const m = named(name, 100, home)
  using user = named(name, 100, home)
  m.fill('x')
  // On Windows a name ends with its last mapping, and unlink() changes nothing.
  t.is(Mmap.unlink(name), !windows)
  t.false(Mmap.unlink(name))
  t.is(user.at(99), 0x78)
  using later = named(name, 100, home)
  t.is(later.at(99), windows ? 0x78 : 0)
  m.close()
  t.is(user.at(99), 0x78)
  for (const wrong of ['', 'a\0b']) {
    throwsCode(t, () => Mmap.unlink(wrong), { code: 'ERR_INVALID_ARG_VALUE', message: /"name".*a name/ })
  }
  const long = { code: 'ERR_INVALID_ARG_VALUE', message: /^The "name" .* a name of .{50,150}$/ }
  throwsCode(t, () => Mmap.unlink('x'.repeat(2 ** 20)), long)
  for (const wrong of [undefined, null, 5, {}]) {
    throwsCode(t, () => Mmap.unlink(wrong as never), { code: 'ERR_INVALID_ARG_TYPE', message: /"name".*string/ })
  }
})

test('named memory leaves no descriptor behind, and its object until it is unlinked', (t) => {
  if (!linux) return skip(t, 'objects of shared memory have a folder on Linux alone')
  const name = fresh(t)
  const object = `/dev/shm/${name}`
  const m = named(name, 100, 'native')
  t.true(fs.existsSync(object))
  const users = (): number =>
    fs.readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return fs.readlinkSync(`/proc/self/fd/${fd}`) === object
      } catch {
        return false
      }
    }).length
  t.is(users(), 1)
  m.close()
  t.is(users(), 0)
  t.true(fs.existsSync(object))
  t.true(Mmap.unlink(name))
  t.false(fs.existsSync(object))
})
