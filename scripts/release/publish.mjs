// Publishes the packages, those of the platforms first:
//   npm run release -- --artifacts DIR [--tag vX.Y.Z] [--repository URL] [--publish]
// DIR has the binaries of all platforms. Without --publish everything is done but the publishing. Packages that are
// published already are passed over, so a release that broke off is simply run again.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { artifactProblems, changes, versionProblems } from './gate.mjs'
import { empty, manifest, platforms, root, stage } from './packages.mjs'

const OPTIONS = {
  artifacts: { type: 'string' },
  tag: { type: 'string' },
  repository: { type: 'string' },
  publish: { type: 'boolean', default: false },
}

/** Ends the program: with status 2 for wrong arguments, with 1 for what must not be published. */
function stop(status, problems) {
  for (const problem of problems) console.error(`release: ${problem}`)
  process.exit(status)
}

function request() {
  let values
  try {
    values = parseArgs({ options: OPTIONS }).values
  } catch (error) {
    stop(2, [error.message])
  }
  const { artifacts, publish, tag } = values
  if (artifacts === undefined) stop(2, ['--artifacts DIR is needed: the folder with the binaries of all platforms'])
  if (!existsSync(artifacts) || !statSync(artifacts).isDirectory())
    stop(2, [`--artifacts: no such folder: ${artifacts}`])
  if (publish && tag === undefined) stop(2, ['--publish needs --tag: the tag that is being published'])
  return values
}

function npm(...args) {
  // On Windows npm is a script, which needs a shell; no argument here has a character that a shell interprets.
  const { error, status, stdout, stderr } = spawnSync('npm', args, {
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  if (error !== undefined) throw error
  return { status, stdout, stderr }
}

/** Whether the registry has this version of a package. */
function published({ name, version }) {
  const { status, stdout, stderr } = npm('view', `${name}@${version}`, 'version', '--json')
  // For a package that has other versions but not this one, npm prints nothing and ends with 0.
  if (status === 0) return stdout.trim() !== ''
  if (stdout.includes('"E404"')) return false
  throw new Error(`npm view ${name}@${version} failed:\n${stdout}${stderr}`)
}

function publish({ name, version, folder }, dry) {
  const label = `${name}@${version}`
  if (published({ name, version })) return console.log(`${label}: is published already`)
  const args = ['publish', folder, '--access', 'public', '--tag', version.includes('-') ? 'next' : 'latest']
  // Only a workflow can prove where a package was built; what is published by hand has no provenance.
  args.push(process.env.ACTIONS_ID_TOKEN_REQUEST_URL === undefined ? '--no-provenance' : '--provenance')
  if (dry) args.push('--dry-run')
  const { status, stdout, stderr } = npm(...args)
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed:\n${stdout}${stderr}`)
  console.log(`${label}: ${dry ? 'would be published' : 'published'}`)
}

const { artifacts, tag, repository, publish: real } = request()
const { version } = manifest()
const note = changes(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'), version)
const problems = [...versionProblems(root, tag), ...artifactProblems(platforms(), artifacts)]
if (note !== undefined && !/^\d{4}-\d\d-\d\d$/.test(note)) {
  const undated = `CHANGELOG.md has '${note}' for ${version}, a release needs its date`
  if (real) problems.push(undated)
  else console.log(`${undated}: nothing for a dry run`)
}
if (problems.length > 0) stop(1, problems)

const out = join(root, 'target', 'release-packages')
empty(out)
try {
  const staged = await stage({ out, artifacts, repository })
  for (const each of [...staged.platforms, staged.main]) publish(each, !real)
  const count = `${staged.platforms.length + 1} packages from ${relative(process.cwd(), out)}`
  console.log(`${count}${real ? '' : ', nothing published'}`)
} catch (error) {
  stop(1, [error.message])
}
