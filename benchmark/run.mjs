// Runs the benchmarks, see README.md:
//   node benchmark/run.mjs [--scale 0.05] [--rounds 5] [--clock wall|cpu] [--json FILE] [WORKLOAD...]
// A workload is open, find, rfind, search, grep, lines, random, micro, homes, threads or faults; the default is all.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { judge, sample } from './harness.mjs'
import { pair, pairTable } from './pairs.mjs'
import { environment, table } from './report.mjs'
import ahead from './workloads/ahead.mjs'
import faults from './workloads/faults.mjs'
import { find, rfind } from './workloads/find.mjs'
import grep from './workloads/grep.mjs'
import homes from './workloads/homes.mjs'
import lines from './workloads/lines.mjs'
import micro from './workloads/micro.mjs'
import open from './workloads/open.mjs'
import random from './workloads/random.mjs'
import search from './workloads/search.mjs'
import threads from './workloads/threads.mjs'

const WORKLOADS = { open, find, rfind, search, grep, lines, random, micro, homes, threads, ahead, faults }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    scale: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '5' },
    clock: { type: 'string', default: 'wall' },
    json: { type: 'string' },
  },
})
const [scale, rounds] = [Number(values.scale), Number(values.rounds)]
const { clock } = values
const names = positionals.length === 0 ? Object.keys(WORKLOADS) : positionals
const unknown = names.find((name) => !Object.hasOwn(WORKLOADS, name))
if (unknown !== undefined || !(scale >= 0.001) || !(rounds >= 1) || !['wall', 'cpu'].includes(clock)) {
  console.error(
    `Known are ${Object.keys(WORKLOADS).join(', ')}; --scale from 0.001, --rounds from 1; --clock wall or cpu`,
  )
  process.exit(2)
}

const facts = { ...environment(), clock }
for (const [name, fact] of Object.entries(facts)) console.log(`${name.padEnd(12)} ${fact}`)

const record = []
for (const name of names) {
  for (const workload of WORKLOADS[name](scale, rounds)) {
    console.log(`\n${workload.title}`)
    if ('pairs' in workload) {
      const results = pair(workload, clock)
      console.log(pairTable(results))
      record.push({ workload: name, title: workload.title, results })
      continue
    }
    const samples = await sample(workload, rounds, clock, (line) => console.log(`  ${line}`))
    const results = workload.figures.map((figure) => judge(figure, samples))
    console.log(table(results, workload.bytes))
    record.push({ workload: name, title: workload.title, results, samples })
  }
}

const goals = record.flatMap(({ results }) => results).filter(({ reached }) => reached !== undefined)
console.log(`\n${goals.filter(({ reached }) => reached).length} of ${goals.length} goals reached`)
if (values.json !== undefined) {
  writeFileSync(values.json, JSON.stringify({ environment: facts, scale, rounds, clock, workloads: record }, null, 2))
}
