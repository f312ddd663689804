// Builds the addon: addon.mjs [ARGUMENT...], with further arguments for `napi build`. The compiler writes the paths of
// source files into messages of panics; here each is made to begin with the name of its crate instead of a folder of
// this machine, so that a binary does not tell who built it, and has the same size wherever it is built.
import { execFileSync, spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

const cargo = ['metadata', '--format-version', '1', '--locked', '--quiet']
const metadata = execFileSync('cargo', cargo, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 })
const { packages } = JSON.parse(metadata)
const crates = packages.filter(({ source }) => source)
const remapped = crates.map((crate) => `--remap-path-prefix=${join(dirname(crate.manifest_path), 'src')}=${crate.name}`)

const napi = join(root, 'node_modules/@napi-rs/cli/dist/cli.js')
const fixed = ['--platform', '--release', '--no-js', '--dts', 'binding.d.ts', '--no-const-enum', '--no-dts-cache']
// Cargo joins this with the flags of .cargo/config.toml; the variable RUSTFLAGS would replace them.
const config = `target.'cfg(all())'.rustflags = ${JSON.stringify(remapped)}`
const args = [napi, 'build', ...fixed, ...process.argv.slice(2), '--', '--config', config]
const { error, status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
if (error !== undefined) throw error
process.exitCode = status ?? 1
