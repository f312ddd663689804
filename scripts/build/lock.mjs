// Completes package-lock.json after `npm install`: adds the optional packages of other platforms that npm left out. It
// leaves them out when a registry lacks them, or when node_modules is there already (npm/cli#4828), and `npm ci` then
// refuses the file.
import { readFileSync, writeFileSync } from 'node:fs'

const OS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const CPU = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'universal', 'wasm32', 'x64']

const path = new URL('../../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(path, 'utf8'))
let added = 0

for (const from of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(from.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`
    // Only an exact version can be written down without asking the registry; a range cannot.
    if (key in lock.packages || !/^\d+\.\d+\.\d+[^ ]*$/.test(version)) continue
    const words = name.split(/[/-]/)
    const [os, cpu] = [OS.filter((each) => words.includes(each)), CPU.filter((each) => words.includes(each))]
    if (os.length === 0 && cpu.length === 0) continue
    const libc = words.includes('musl') ? ['musl'] : words.includes('gnu') && os[0] === 'linux' ? ['glibc'] : []
    lock.packages[key] = {
      version,
      ...(cpu.length > 0 && { cpu }),
      ...(from.dev && { dev: true }),
      ...(libc.length > 0 && { libc }),
      optional: true,
      ...(os.length > 0 && { os }),
    }
    added++
  }
}

lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
console.log(`${added} optional packages added`)
