import { Mmap } from 'memmap'
import { codeOf, collectUntil, descriptors, file, lines, main, rejection, report } from './common.mjs'

const messageOf = (run) => {
  try {
    run()
  } catch (error) {
    return `${error.name} ${error.code}: ${error.message}`
  }
}

await main({
  home({ home }) {
    const code = codeOf(() => Mmap.anonymous(10, { home }))
    report({ code, home: code === undefined ? Mmap.anonymous(10, { home }).home : undefined })
  },

  message() {
    report({ message: messageOf(() => Mmap.anonymous(10)) })
  },

  async refused({ option }) {
    const name = file('refused')
    const home = option ? { home: 'external' } : {}
    const codes = [codeOf(() => Mmap.anonymous(4096, home))]
    // The addon has memory of its own that is listed so.
    const own = lines('/dev/zero')
    for (let i = 0; i < 100; i++) {
      codes.push(
        codeOf(() => Mmap.open(name, home)),
        codeOf(() => Mmap.anonymous(4096, home)),
      )
      codes.push(await rejection(Mmap.openAsync(name, home)))
    }
    report({
      codes: [...new Set(codes)],
      mapped: lines(name),
      open: descriptors(name),
      memory: lines('/dev/zero') - own,
    })
  },

  async works() {
    const name = file('hello world\nsecond line\n')
    const m = Mmap.open(name, { access: 'write' })
    const views = [() => m.buffer, () => m.subarray(0, 2), () => m.view(Uint8Array)].map(messageOf)
    const facts = { home: m.home, length: m.length, at: m.at(-1), find: m.find('second'), rfind: m.rfind('l', 0) }
    m.seek(0)
    const line = m.readLine().toString()
    m.write('SECOND')
    m.set(Buffer.from('J'), 0)
    m.move(1, 0, 1)
    m.fill('-', 2, 4)
    const target = new Uint8Array(5)
    const into = m.readInto(target, 0, 5, 0)
    const copies = [m.slice(0, 5), m.valueOf().subarray(0, 5), Buffer.from(m).subarray(0, 5), Buffer.from(target)]
    const iterated = [...m].length
    const other = Mmap.anonymous(m.length)
    other.set(m)
    const equal = [m.equals(other), other.equals(m.slice()), m.includes('SECOND'), other.find(m, 0)]
    m.flush()
    await m.flushAsync()
    m.resize(5)
    const resized = m.slice().toString()
    const advised = m.madvise('willneed')
    const opened = await Mmap.openAsync(name)
    const file5 = opened.slice().toString()
    m.close()
    m.close({ detach: false })
    opened.close()
    await collectUntil(() => lines(name) <= 0)
    report({
      views,
      facts,
      line,
      into,
      copies: copies.map(String),
      iterated,
      equal,
      resized,
      advised,
      home: opened.closed,
      file5,
      mapped: lines(name),
      open: descriptors(name),
    })
  },
})
