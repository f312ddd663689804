// What must be true before anything is published: the binary of each platform is there and right, and the version is
// the same everywhere.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readBinary } from './binary.mjs'

/** The most bytes that a binary may have: everyone who installs the package downloads one. */
export const LARGEST = 2_500_000

/**
 * The newest glibc that a binary may need. 2.17, which RHEL 7 has, is the oldest that Rust's std supports, and the one
 * that `--use-napi-cross` links with. For riscv64 zig links with 2.31, and no distribution for it has an older one.
 */
const GLIBC = [2, 17]
const GLIBC_OF = { riscv64: [2, 31] }

/** Libraries of Visual C++, which not every Windows has: the C runtime is linked into the addon instead. */
const REDISTRIBUTED = /^(vcruntime|msvcp)\d|^api-ms-win-crt-/i

/**
 * The glibc that introduced a version of its symbols, such as GLIBC_2.17; [0, 0] for versions of other libraries'
 * symbols. GLIBC_ABI_DT_RELR, the one name without a number, came with 2.36.
 */
function glibc(version) {
  if (version === 'GLIBC_ABI_DT_RELR') return [2, 36]
  return /^GLIBC_(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number) ?? [0, 0]
}

const newer = ([major, minor], [otherMajor, otherMinor]) =>
  major > otherMajor || (major === otherMajor && minor > otherMinor)

/** What is wrong with the binary of a platform: a sentence for each fault. */
export function binaryProblems({ os, cpu, libc }, bytes) {
  let binary
  try {
    binary = readBinary(bytes)
  } catch (error) {
    return [`it is no binary of any system: ${error.message}`]
  }
  const problems = []
  const name = (each) => [each.os, each.cpu, each.libc].filter(Boolean).join(' ')
  if (name(binary) !== name({ os, cpu, libc })) {
    problems.push(`it is for ${name(binary)} (${binary.format}), expected was ${name({ os, cpu, libc })}`)
  }
  if (!binary.isLibrary) problems.push('it is no shared library')
  if (!bytes.includes('napi_register_module_v1')) problems.push('it is no addon: it has no napi_register_module_v1')
  if (bytes.length > LARGEST) problems.push(`it has ${bytes.length} bytes, at most ${LARGEST} are allowed`)
  const floor = GLIBC_OF[cpu] ?? GLIBC
  for (const version of new Set(binary.versions)) {
    if (newer(glibc(version), floor)) {
      problems.push(`it needs ${version}, at most GLIBC_${floor.join('.')} is allowed`)
    }
  }
  for (const library of binary.libraries.filter((each) => REDISTRIBUTED.test(each))) {
    problems.push(`it needs ${library}, which is not part of Windows`)
  }
  return problems
}

/** What is wrong with a folder that should have the binary of each platform. */
export function artifactProblems(platforms, folder) {
  return platforms.flatMap((platform) => {
    const path = join(folder, platform.file)
    if (!existsSync(path)) return [`${platform.file}: missing (${platform.target})`]
    return binaryProblems(platform, readFileSync(path)).map((problem) => `${platform.file}: ${problem}`)
  })
}

/**
 * The places whose version differs from that of package.json. `tag` is the tag that is to be published, if there is
 * one.
 */
export function versionProblems(root, tag) {
  const read = (name) => readFileSync(join(root, name), 'utf8')
  const { version } = JSON.parse(read('package.json'))
  const lock = JSON.parse(read('package-lock.json'))
  const crate = (file) => /^name = "memmap"\nversion = "(.*)"$/m.exec(read(file))?.[1]
  const found = {
    'package-lock.json': lock.version,
    "package-lock.json's packages": lock.packages[''].version,
    'Cargo.toml': crate('Cargo.toml'),
    'Cargo.lock': crate('Cargo.lock'),
    'CHANGELOG.md': changes(read('CHANGELOG.md'), version) === undefined ? undefined : version,
    ...(tag !== undefined && { 'the tag': tag.startsWith('v') ? tag.slice(1) : undefined }),
  }
  return Object.entries(found)
    .filter(([, each]) => each !== version)
    .map(([place, each]) => `${place} has ${each ?? 'no such version'}, package.json has ${version}`)
}

/** What stands behind a version in its heading of the changelog: a date, or `unreleased`. */
export function changes(changelog, version) {
  return changelog
    .split('\n')
    .find((line) => line.startsWith(`## [${version}] - `))
    ?.slice(`## [${version}] - `.length)
}
