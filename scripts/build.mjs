// Builds the addon: build.mjs [ARGUMENT...], with further arguments for `napi build`. The sources of a crate are named by
// it alone, not by the folder where they lie: what is built does not tell of its builder, and is as large on each machine.
import { execFileSync, spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { root } from './platforms.mjs'

const cargo = ['metadata', '--format-version', '1', '--locked', '--quiet']
const metadata = execFileSync('cargo', cargo, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 })
const { packages } = JSON.parse(metadata)
const crates = packages.filter(({ source }) => source)
const remapped = crates.map((crate) => `--remap-path-prefix=${join(dirname(crate.manifest_path), 'src')}=${crate.name}`)

const napi = join(root, 'node_modules/@napi-rs/cli/dist/cli.js')
const fixed = ['--platform', '--release', '--no-js', '--dts', 'binding.d.ts', '--no-const-enum', '--no-dts-cache']
// Joined with what .cargo/config.toml has; RUSTFLAGS would replace it.
const config = `target.'cfg(all())'.rustflags = ${JSON.stringify(remapped)}`
const args = [napi, 'build', ...fixed, ...process.argv.slice(2), '--', '--config', config]
const { error, status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
if (error !== undefined) throw error
process.exitCode = status ?? 1
