// Loads the package from folders made for a test, on systems that a child process pretends to be.
import fs from 'node:fs'
import path from 'node:path'
import type { ExecutionContext } from 'ava'
import { run, story } from './child.mjs'
import { root, scratch } from './common.mjs'

export const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))

/** The path of the binary that these tests load, and the platform in its name. */
const binary = process.env['NAPI_RS_NATIVE_LIBRARY_PATH'] ?? own()
export const tuple = /memmap\.([^/\\]+)\.node$/.exec(binary)?.[1] ?? ''

function own(): string {
  const name = fs.readdirSync(root).find((each) => each.endsWith('.node'))
  if (name === undefined) throw new Error(`no binary in ${root}`)
  return path.join(root, name)
}

/** A content that stands for the binary itself. */
export const BINARY = {}
export type Content = string | object

/**
 * Makes a folder of files, with their contents by path: a text, an object for JSON.stringify, or BINARY. It also has
 * the package in node_modules. Answers the folder, or the one `inside` it.
 */
export function tree(t: ExecutionContext, files: Readonly<Record<string, Content>>, inside = ''): string {
  const top = scratch(t)
  const folder = path.join(top, inside)
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(top, name)
    fs.mkdirSync(path.dirname(file), { recursive: true })
    if (content === BINARY) fs.copyFileSync(binary, file)
    else fs.writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  }
  const main = path.join(folder, 'node_modules/memmap')
  fs.mkdirSync(main, { recursive: true })
  for (const name of ['index.js', 'package.json']) fs.copyFileSync(path.join(root, name), path.join(main, name))
  return folder
}

/** The files of a platform's package, for `tree`; without `content` its binary is missing. */
export function platform(
  name: string,
  content: Content | undefined,
  its = version,
  at = 'node_modules',
): Record<string, Content> {
  const folder = `${at}/@memmap/${name}`
  const main = `memmap.${name}.node`
  return {
    [`${folder}/package.json`]: { name: `@memmap/${name}`, version: its, main },
    ...(content !== undefined && { [`${folder}/${main}`]: content }),
  }
}

export interface Fake {
  platform?: string
  arch?: string
  armVersion?: string
  execPath?: string
  report?: object
  /** Contents by path, a list for a folder; `null` means that there is no such file. */
  files?: Record<string, string | string[] | null>
  /** The error for every binary that is to be loaded. */
  deny?: { message: string; fields?: object }
}

interface Options {
  fake?: Fake
  env?: Record<string, string>
  flags?: readonly string[]
  module?: string
}

interface LoadError {
  code: string
  name: string
  message: string
  stack: string
  cause?: { code: string; message: string }
}

/** Loads the package that is in a folder, without the settings of the user who runs these tests. */
export async function load(
  t: ExecutionContext,
  folder: string,
  { env, fake = {}, flags = [], module = 'memmap' }: Options = {},
) {
  const quiet = {
    // Bun and Deno are package managers themselves; this says that npm is at work.
    npm_config_user_agent: 'npm/10.8.2 node/v20.19.0 linux x64',
    npm_config_omit: '',
    npm_config_optional: '',
    NAPI_RS_NATIVE_LIBRARY_PATH: '',
  }
  const home = { HOME: folder, USERPROFILE: folder }
  const outcome = await run('load', 'load', { folder, fake, module }, { flags, env: { ...quiet, ...home, ...env } })
  t.is(outcome.code, 0, story(outcome))
  return outcome.answer
}

/** The parts of the error that a load fails with: its headline, the facts that it lists, and its advice. */
export async function refused(t: ExecutionContext, folder: string, options?: Options) {
  const error: LoadError = await load(t, folder, options)
  t.is(error.code, 'ERR_MMAP_BINARY', JSON.stringify(error))
  t.is(error.name, 'Error')
  t.true(error.stack.startsWith(`Error [ERR_MMAP_BINARY]: ${error.message}\n`))
  const [headline = '', ...lines] = error.message.split('\n')
  const mend = lines.pop() ?? ''
  t.true(
    lines.every((line) => /^(- | {2})/.test(line)),
    error.message,
  )
  t.regex(mend, /^To mend it: ./)
  return { headline, facts: lines.join('\n'), mend: mend.replace('To mend it: ', ''), cause: error.cause }
}

export const FINE = { same: true, byte: 7 }
export const GLIBC: Fake = {
  platform: 'linux',
  arch: 'x64',
  execPath: '/bin/node',
  files: { '/bin/node': 'ELF\0/lib64/ld-linux-x86-64.so.2\0' },
}
export const MISSING = `The binary of memmap ${version} is missing: @memmap/linux-x64-gnu@${version}, an optional dependency, is not installed`
