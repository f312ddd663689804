// Searches a file that Bun maps: `bun find-bun.mjs NEEDLE find|rfind PATH`.
import { median, prepared, report, time } from './common.mjs'

const [needle, direction, path] = process.argv.slice(2)
const map = Bun.mmap(path)
const bytes = Buffer.from(map.buffer, map.byteOffset, map.byteLength)
let answer = -1
const search = () => {
  answer = direction === 'rfind' ? bytes.lastIndexOf(needle) : bytes.indexOf(needle)
}
await prepared()
const first = time(search)
report(answer, { first, repeat: median([time(search), time(search), time(search)]) })
