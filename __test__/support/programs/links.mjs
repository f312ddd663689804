// Files that are opened, or made, at the end of symbolic links.
import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { Mmap } from 'memmap'
import { folder, main, rejection, report } from './common.mjs'

let links = 0

/** Makes a symbolic link with a new name; answers its path. */
function link(target) {
  const name = path.join(folder, `link-${links++}`)
  fs.symlinkSync(target, name)
  return name
}

/** The code of the error with which Node's own `open` refuses a path, or undefined. */
const ofNode = (name) => rejection(fs.promises.open(name, 'a+').then((handle) => handle.close()))

const kindOf = (name) => (fs.lstatSync(name).isSymbolicLink() ? 'a link' : 'a file')

await main({
  /** Links to what is not there, but can be made. */
  async made({ home }) {
    const answers = []
    const below = path.join(folder, 'below')
    fs.mkdirSync(below)
    const targets = {
      absolute: [(name) => name, folder],
      relative: [(name) => path.relative(folder, name), below],
      'of a chain': [(name) => path.relative(folder, link(link(name))), below],
    }
    for (const [kind, [through, where]] of Object.entries(targets)) {
      for (const open of [Mmap.open, Mmap.openAsync]) {
        const target = path.join(where, `target-${links}`)
        const name = link(through(target))
        report({ answers, underway: [kind, open.name] })
        const m = await open(name, { access: 'write', create: true, length: 10, home })
        m.set(Buffer.from('stored'))
        m.close()
        answers.push([kind, kindOf(name), kindOf(target), fs.readFileSync(target, 'latin1')])
      }
    }
    report({ answers })
  },

  /** A creation that fails takes the target away again, and leaves the link. */
  async undone({ home }) {
    const answers = []
    for (const open of [Mmap.open, Mmap.openAsync]) {
      const target = path.join(folder, `target-${links}`)
      const name = link(target)
      report({ answers, underway: open.name })
      const length = 2 ** 53 - 2 ** 20
      const code = await rejection((async () => open(name, { access: 'write', create: true, length, home }))())
      answers.push([code, kindOf(name), fs.existsSync(target)])
    }
    report({ answers })
  },

  /** Links to where nothing can be made: the codes of our errors and of Node's. */
  async refused({ home }) {
    const closed = path.join(folder, 'closed')
    fs.mkdirSync(closed, { mode: 0o555 })
    const circle = link(path.join(folder, 'circle'))
    fs.symlinkSync(circle, path.join(folder, 'circle'))
    const names = {
      circle,
      'no folder': link(path.join(folder, 'no', 'folder')),
      'no permission': link(path.join(closed, 'target')),
      'a folder': link(closed),
    }
    // Root may write anywhere.
    fs.chmodSync(folder, 0o777)
    if (process.getuid() === 0) process.seteuid(65534)
    const codes = {}
    for (const [kind, name] of Object.entries(names)) {
      report({ codes, underway: kind })
      const options = { access: 'write', create: true, length: 10, home }
      const first = await rejection((async () => Mmap.open(name, options))())
      codes[kind] = [first, await rejection(Mmap.openAsync(name, options)), await ofNode(name)]
    }
    if (process.getuid() === 0) process.seteuid(0)
    report({ codes })
  },
})
