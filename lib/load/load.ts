import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { inspect } from 'node:util'
import type * as Binding from '../../binding.js'
import { version } from '../../package.json'
import { libc } from './libc.js'
import { type Lookup, mismatched, unloadable, unsupported } from './load-error.js'

/** The environment variable that names the file to load, and no other: for a binary that the user has built. */
const VARIABLE = 'NAPI_RS_NATIVE_LIBRARY_PATH'

// `__filename` does not exist if this was bundled into an ES module.
const self = typeof __filename === 'string' ? __filename : path.resolve('index.js')

/**
 * The path of a file in an Electron archive, as unpacked beside it. The system's loader cannot read the archive, so that
 * binaries are unpacked.
 */
function unpacked(file: string): string {
  return file.replace(/\.asar(?=[\\/])/, '.asar.unpacked')
}

/** The name of this system in the names of packages and files, whether or not there is a binary for it. */
function tuple(): string {
  const { arch, config, platform } = process
  if (platform === 'win32') return `win32-${arch}-msvc`
  if (platform !== 'linux') return `${platform}-${arch}`
  const version = (config?.variables as { arm_version?: string } | undefined)?.arm_version
  // Older processors cannot run the code for ARMv7.
  if (arch === 'arm' && Number(version ?? 7) < 7) return `linux-armv${version}`
  return `linux-${arch}-${libc() === 'musl' ? 'musl' : 'gnu'}${arch === 'arm' ? 'eabihf' : ''}`
}

/**
 * Loads the binary's package. Each `require` has a literal name and stands within `try`, so that bundlers find the packages
 * and know that they may be missing.
 */
function required(lookup: Lookup): unknown {
  try {
    switch (lookup.tuple) {
      case 'linux-x64-gnu':
        return withFunctions(require('@memmap/linux-x64-gnu'))
      case 'linux-x64-musl':
        return withFunctions(require('@memmap/linux-x64-musl'))
      case 'linux-arm64-gnu':
        return withFunctions(require('@memmap/linux-arm64-gnu'))
      case 'linux-arm64-musl':
        return withFunctions(require('@memmap/linux-arm64-musl'))
      case 'linux-arm-gnueabihf':
        return withFunctions(require('@memmap/linux-arm-gnueabihf'))
      case 'linux-riscv64-gnu':
        return withFunctions(require('@memmap/linux-riscv64-gnu'))
      case 'linux-ppc64-gnu':
        return withFunctions(require('@memmap/linux-ppc64-gnu'))
      case 'linux-s390x-gnu':
        return withFunctions(require('@memmap/linux-s390x-gnu'))
      case 'darwin-x64':
        return withFunctions(require('@memmap/darwin-x64'))
      case 'darwin-arm64':
        return withFunctions(require('@memmap/darwin-arm64'))
      case 'win32-x64-msvc':
        return withFunctions(require('@memmap/win32-x64-msvc'))
      case 'win32-ia32-msvc':
        return withFunctions(require('@memmap/win32-ia32-msvc'))
      case 'win32-arm64-msvc':
        return withFunctions(require('@memmap/win32-arm64-msvc'))
      case 'freebsd-x64':
        return withFunctions(require('@memmap/freebsd-x64'))
      case 'android-arm64':
        return withFunctions(require('@memmap/android-arm64'))
    }
  } catch (error) {
    throw unloadable(lookup, error)
  }
  throw unsupported(lookup)
}

/** Loads a file that exists or that was named by the user. */
function loaded(lookup: Lookup, file: string, origin: string): unknown {
  try {
    return withFunctions(lookup.find(file))
  } catch (error) {
    throw unloadable(lookup, error, file, origin)
  }
}

/** What was loaded, which must be an addon: a bundler's loader may give a path instead, and a mock an empty object. */
function withFunctions(given: unknown): unknown {
  if (typeof Object(given).open === 'function') return given
  throw new Error(`What was loaded has no functions: ${inspect(given, { depth: 0 })}`)
}

/** The version of the binary's package; `undefined` if it is not installed, or was bundled without its package.json. */
function versionOf({ find, tuple }: Lookup): string | undefined {
  try {
    return find(`@memmap/${tuple}/package.json`).version
  } catch {
    return undefined
  }
}

function load(): unknown {
  const lookup: Lookup = { version, self, tuple: tuple(), find: createRequire(self), archived: unpacked(self) !== self }
  const named = process.env[VARIABLE]
  if (named) return loaded(lookup, path.resolve(named), VARIABLE)

  const beside = path.join(path.dirname(self), `memmap.${lookup.tuple}.node`)
  const file = [unpacked(beside), beside].find((each) => fs.existsSync(each))
  if (file !== undefined) return loaded(lookup, file, `beside ${path.basename(self)}`)

  if (lookup.archived) {
    const outside = { ...lookup, find: createRequire(unpacked(self)) }
    const found = versionOf(outside)
    if (found !== undefined && found !== version) throw mismatched(outside, found)
    if (found !== undefined) return loaded(outside, outside.find.resolve(`@memmap/${lookup.tuple}`), 'unpacked')
  }
  const found = versionOf(lookup)
  if (found !== undefined && found !== version) throw mismatched(lookup, found)
  return required(lookup)
}

/** The addon: all that is written in Rust. */
export const binding: typeof Binding = load() as typeof Binding
