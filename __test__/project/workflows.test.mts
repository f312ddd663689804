import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { load } from 'js-yaml'
import { linux, root, skip } from '../support/common.mjs'

interface Step {
  uses?: string
  run?: string
  with?: Record<string, unknown>
}

interface Job {
  permissions?: Record<string, string>
  'timeout-minutes'?: number
  uses?: string
  steps?: Step[]
  strategy?: { matrix: { include?: { target: string }[]; step?: string[] } }
}

interface Workflow {
  permissions: unknown
  jobs: Record<string, Job>
}

const folder = path.join(root, '.github', 'workflows')
const read = (...names: string[]) => fs.readFileSync(path.join(root, '.github', ...names), 'utf8')
const texts = Object.fromEntries(fs.readdirSync(folder).map((name) => [name, read('workflows', name)]))
const workflows = Object.entries(texts).map(([name, text]) => ({ name, workflow: load(text) as Workflow }))
/** The steps that the jobs share: a composite action. */
const setup = read('actions', 'setup', 'action.yml')
const jobs = workflows.flatMap(({ name, workflow }) =>
  Object.entries(workflow.jobs).map(([id, job]) => ({ at: `${name}: ${id}`, job })),
)
const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))

function ci(job: string): Job {
  const found = jobs.find(({ at }) => at === `ci.yml: ${job}`)
  if (found === undefined) throw new Error(`ci.yml has no job ${job}`)
  return found.job
}

test('each target is built, and in the order of napi.targets', (t) => {
  t.deepEqual(
    ci('build').strategy?.matrix.include?.map(({ target }) => target),
    manifest.napi.targets,
  )
})

test('what is tested was built', (t) => {
  const tested = ['test', 'musl', 'emulated', 'electron'].flatMap((job) => {
    const text = JSON.stringify(ci(job))
    return [...text.matchAll(/"target":"([^"]+)"/g)].map(([, target]) => target)
  })
  t.true(tested.length >= 15)
  for (const target of tested) t.true(manifest.napi.targets.includes(target), target)
})

test('actions are pinned by commit, with the version beside it', (t) => {
  const uses = Object.entries({ ...texts, 'action.yml': setup }).flatMap(([name, text]) =>
    [...text.matchAll(/^.*\buses:.*$/gm)].map(([line]) => ({ name, line: line.trim() })),
  )
  t.true(uses.length > 10)
  for (const { name, line } of uses) {
    const own = /uses: \.\/(\.github\/(?:workflows\/[\w-]+\.yml|actions\/[\w-]+))$/.exec(line)?.[1]
    if (own !== undefined) t.true(fs.existsSync(path.join(root, own)), line)
    else t.regex(line, /uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/, name)
  }
})

test('a workflow may do nothing; a job says what it may, and how long', (t) => {
  for (const { name, workflow } of workflows) t.deepEqual(workflow.permissions, {}, name)
  for (const { at, job } of jobs) {
    t.truthy(job.permissions, at)
    const writes = Object.entries(job.permissions ?? {}).filter(([, right]) => right !== 'read')
    t.deepEqual(writes, at === 'release.yml: publish' ? [['id-token', 'write']] : [], at)
    if (job.uses === undefined) t.true((job['timeout-minutes'] ?? Number.NaN) <= 60, at)
  }
})

test('no step leaves credentials behind', (t) => {
  for (const { at, job } of jobs) {
    for (const step of job.steps ?? []) {
      if (step.uses?.startsWith('actions/checkout@')) t.is(step.with?.['persist-credentials'], false, at)
    }
  }
})

test('each script that is run is there', (t) => {
  const scripts = jobs.flatMap(({ at, job }) =>
    (job.steps ?? []).flatMap(({ run = '' }) =>
      [...run.matchAll(/\bnpm (?:run (?:--silent )?)?(test|(?<=run )[\w:-]+)/g)].map(([, name]) => ({ at, name })),
    ),
  )
  t.true(scripts.length > 10)
  for (const { at, name } of scripts) t.true((name ?? '') in manifest.scripts, `${at}: npm run ${name}`)
})

test('each step of .ci/run that a job runs is there, and some job checks what each step checks', (t) => {
  if (!linux) return skip(t, '.ci/run is for Linux')
  const listed = execFileSync(path.join(root, '.ci', 'run'), ['--list'], { encoding: 'utf8' })
    .trim()
    .split('\n')
  const named = jobs.flatMap(({ job }) => [
    ...(job.steps ?? []).flatMap(({ run = '' }) => /^\.ci\/run ([a-z -]+)$/.exec(run)?.[1]?.split(' ') ?? []),
    ...(job.strategy?.matrix.step ?? []),
  ])
  // CI runs an Electron of its makers, on macOS and Windows too.
  t.true(JSON.stringify(ci('electron')).includes('npm run test:electron'))
  // The README's commands: CI runs them without .ci/run, on macOS and Windows too.
  const source = JSON.stringify(ci('source'))
  t.true(source.includes('"npm test"') && source.includes('"npm run example"'))
  t.deepEqual([...named, 'test', 'example', 'electron'].sort(), listed.sort())
})
