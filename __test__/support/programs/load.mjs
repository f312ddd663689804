// Loads the package from a folder, on a system that it pretends to be as far as `fake` says, and reports the result.
import fs from 'node:fs'
import Module, { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { main, report } from './common.mjs'

const NO_FILE = (name) => Object.assign(new Error(`ENOENT: no such file, '${name}'`), { code: 'ENOENT' })

/** Makes node:fs answer with these files, whatever the system has; null is a missing file, a list a folder. */
function pretendFiles(files) {
  const { openSync, readFileSync, readdirSync } = fs
  const pretend = (real, answer) =>
    function (name, ...rest) {
      if (!(name in files)) return real.call(this, name, ...rest)
      if (files[name] === null) throw NO_FILE(name)
      return answer(files[name])
    }
  fs.readFileSync = pretend(readFileSync, (text) => text)
  fs.readdirSync = pretend(readdirSync, (names) => names)
  // The loader reads the start of a file through a descriptor, which needs a real file with this text.
  fs.openSync = pretend(openSync, (text) => {
    const copy = path.join(process.env.MEMMAP_TEST_FOLDER, 'pretended')
    fs.writeFileSync(copy, text)
    return openSync(copy)
  })
}

function pretend({ arch, armVersion, deny, execPath, files = {}, platform, report }) {
  pretendFiles(files)
  if (platform !== undefined) Object.defineProperty(process, 'platform', { value: platform })
  if (arch !== undefined) Object.defineProperty(process, 'arch', { value: arch })
  if (execPath !== undefined) process.execPath = execPath
  if (report !== undefined) process.report.getReport = () => report
  // Some engines freeze process.config.
  if (armVersion !== undefined)
    Object.defineProperty(process, 'config', { value: { variables: { arm_version: armVersion } } })
  if (deny !== undefined) {
    const refuse = (_module, file) => {
      throw Object.assign(new Error(deny.message.replace('FILE', file)), { code: 'ERR_DLOPEN_FAILED', ...deny.fields })
    }
    // Node and Bun call the first, Deno the second.
    process.dlopen = refuse
    Module._extensions['.node'] = refuse
  }
}

/** Makes a mapping; answers whether require() and import give the same class. */
async function use(folder, module) {
  const common = createRequire(path.join(folder, 'index.cjs'))(module)
  const { Mmap } = await import(pathToFileURL(createRequire(path.join(folder, 'index.cjs')).resolve(module)).href)
  const m = Mmap.anonymous(10).fill(7)
  const answer = { same: common.Mmap === Mmap, byte: m.at(9) }
  m.close()
  return answer
}

await main({
  async load({ folder, module = 'memmap', fake = {} }) {
    pretend(fake)
    try {
      report(await use(folder, module))
    } catch (error) {
      const { cause, code, message, name } = error
      report({ code, name, message, stack: error.stack, cause: cause && { code: cause.code, message: cause.message } })
    }
  },
})
