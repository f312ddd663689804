// The package managers with which package.mjs installs, each in a pinned version from npm's registry.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The path of npm: of the one that runs this script, or else of the first on the PATH. */
export function npmCli() {
  const running = process.env.npm_execpath
  if (running?.endsWith('npm-cli.js')) return running
  for (const folder of process.env.PATH.split(delimiter)) {
    if (existsSync(join(folder, 'npm'))) return realpathSync(join(folder, 'npm'))
  }
  throw new Error('There is no npm on the PATH')
}

/** The npm package with Bun's binary for this system, if there is one. */
function bunPackage(musl) {
  const arch = { x64: 'x64', arm64: 'aarch64' }[process.arch]
  const system = { darwin: 'darwin', linux: 'linux', win32: 'windows' }[process.platform]
  return arch && system && `@oven/bun-${system}-${arch}${musl ? '-musl' : ''}`
}

const yarnrc = (linker) => (url) => ({
  '.yarnrc.yml': [
    `npmRegistryServer: "${url}"`,
    'unsafeHttpWhitelist: ["127.0.0.1"]',
    `nodeLinker: ${linker}`,
    'enableScripts: false',
    'enableTelemetry: false',
    'pnpEnableEsmLoader: true',
    '',
  ].join('\n'),
  // Without one, yarn takes the lockfile of a folder above.
  'yarn.lock': '',
})

/**
 * The managers. `tool` is the npm package that has one, `start` the program in it, and `native` means that it does not
 * need node. `settings` are files that name the registry, `add` the arguments that install a package. `exact`: it knows
 * C libraries, so it installs one binary and no more. `pnp`: it makes no node_modules, and runs programs itself.
 */
export function managers({ musl }) {
  const bun = bunPackage(musl)
  const npmrc = (url) => ({ '.npmrc': `registry=${url}\n` })
  return [
    { name: 'npm', settings: npmrc, add: ['install', '--ignore-scripts', '--no-audit', '--no-fund'] },
    {
      name: 'pnpm',
      tool: 'pnpm@12.21.0',
      start: 'pnpm/bin/pnpm.mjs',
      settings: npmrc,
      add: ['add', '--ignore-scripts'],
      exact: true,
    },
    {
      name: 'yarn 1',
      tool: 'yarn@1.22.22',
      start: 'yarn/bin/yarn.js',
      settings: (url) => ({ '.yarnrc': `registry "${url}"\n` }),
      add: ['add', '--ignore-scripts', '--no-progress'],
    },
    ...['node-modules', 'pnp'].map((linker) => ({
      name: linker === 'pnp' ? 'yarn 4, no node_modules' : 'yarn 4',
      tool: '@yarnpkg/cli-dist@4.18.1',
      start: '@yarnpkg/cli-dist/bin/yarn.js',
      settings: yarnrc(linker),
      add: ['add'],
      exact: true,
      pnp: linker === 'pnp',
    })),
    {
      name: 'bun',
      tool: bun && `${bun}@1.4.5`,
      start: bun && `${bun}/bin/bun`,
      native: true,
      settings: (url) => ({ 'bunfig.toml': `[install]\nregistry = "${url}"\n` }),
      add: ['add', '--ignore-scripts'],
      exact: true,
    },
  ]
}

/**
 * The command that starts a manager, which is installed below `folder` first if need be. One without a `tool` is npm.
 */
export function command({ native, start, tool }, folder) {
  if (tool === undefined) return [process.execPath, npmCli()]
  const prefix = join(folder, tool.replaceAll('/', '+'))
  const file = join(prefix, 'node_modules', start)
  if (!existsSync(file)) {
    mkdirSync(prefix, { recursive: true })
    writeFileSync(join(prefix, 'package.json'), '{ "private": true }\n')
    const args = [
      npmCli(),
      'install',
      '--no-save',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
      tool,
    ]
    const { status } = spawnSync(process.execPath, args, { cwd: prefix, stdio: 'inherit' })
    if (status !== 0 || !existsSync(file)) throw new Error(`${tool} cannot be installed: npm ended with ${status}`)
  }
  return native ? [file] : [process.execPath, file]
}
