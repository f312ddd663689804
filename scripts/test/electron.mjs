// Runs the program __test__/project/electron in a real Electron, which it downloads:
//   npm run test:electron [-- newest | oldest | VERSION]
// Electron's makers support the newest three major versions; `oldest` is the oldest of these.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SUPPORTED = 3

const root = fileURLToPath(new URL('../..', import.meta.url))
const npm = (...args) => execFileSync('npm', args, { encoding: 'utf8', shell: process.platform === 'win32' }).trim()

const [wanted = 'newest', ...rest] = process.argv.slice(2)
if (rest.length > 0 || !/^(newest|oldest|\d+(\.\d+){0,2})$/.test(wanted)) {
  console.error(`usage: electron.mjs [newest | oldest | VERSION], not ${process.argv.slice(2).join(' ')}`)
  process.exit(2)
}
const newest = npm('view', 'electron', 'version')
const version = { newest, oldest: `${Number.parseInt(newest, 10) - SUPPORTED + 1}` }[wanted] ?? wanted

const folder = join(root, 'target', 'engines', `electron-${version}`)
if (!existsSync(join(folder, 'node_modules', 'electron'))) {
  mkdirSync(folder, { recursive: true })
  npm('install', '--no-save', '--loglevel=error', '--prefix', folder, `electron@${version}`)
}
// The package exports the path of the program, and downloads it first when it is missing.
const program = createRequire(join(folder, 'package.json'))('electron')

const command = [program, join(root, '__test__', 'project', 'electron', 'main.mjs')]
if (process.platform === 'linux') {
  // Chromium's sandbox needs a helper program that belongs to root; it has no part in what is tested here.
  command.splice(1, 0, '--no-sandbox')
  if (process.env.DISPLAY === undefined) command.unshift('xvfb-run', '--auto-servernum')
}
const env = { ...process.env }
for (const name of ['MEMMAP_HOME', 'MEMMAP_FAULTS', 'ELECTRON_RUN_AS_NODE']) delete env[name]
const { error, status, signal } = spawnSync(command[0], command.slice(1), { stdio: 'inherit', env, timeout: 120_000 })
if (error !== undefined) throw error
console.log(`Electron ${version}: ${signal ?? (status === 0 ? 'passed' : `failed with ${status}`)}`)
process.exitCode = status ?? 1
