// Reads the lines of a file with `split`: `bun lines-bun.mjs PATH`.
const path = process.argv.at(-1)
const start = process.hrtime.bigint()
let [count, sum] = [0, 0]
const lines = (await Bun.file(path).text()).split('\n')
lines.pop()
for (const line of lines) {
  count++
  sum += line.length
}
const seconds = { first: Number(process.hrtime.bigint() - start) / 1e9 }
const { user, system } = process.cpuUsage()
console.log(JSON.stringify({ answer: count + sum / 2 ** 40, seconds, majorFaults: 0, cpu: (user + system) / 1e6 }))
