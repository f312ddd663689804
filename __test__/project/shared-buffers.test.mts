// The table of docs/shared-buffers.md is what the functions do.
import fs from 'node:fs'
import path from 'node:path'
import test from 'ava'
import { ended, run, story } from '../support/child.mjs'
import { bun, deno, root, skip } from '../support/common.mjs'

const page = path.join(root, 'docs', 'shared-buffers.md')

const { electron, node } = process.versions as Record<string, string | undefined>
const NODE = electron === undefined ? `Node ${node?.split('.')[0]}` : `Electron ${electron.split('.')[0]}`
/** The engine, as the table's head calls it. */
const ENGINE = bun ? 'Bun' : deno ? 'Deno' : NODE

const cellsOf = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())

/** The lines of the table, its head first. */
function tableOf(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('|') && !line.startsWith('| -'))
    .map(cellsOf)
}

function withTable(text: string, [head, ...rows]: string[][]): string {
  const widths = (head as string[]).map((_, column) =>
    Math.max(...[head as string[], ...rows].map((row) => row[column]?.length ?? 0)),
  )
  const line = (row: string[]): string => `| ${widths.map((width, at) => (row[at] ?? '').padEnd(width)).join(' | ')} |`
  const lines = [line(head as string[]), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)]
  return text.replace(/^\|[\s\S]*\|$/m, lines.join('\n'))
}

test.serial('docs/shared-buffers.md says which functions take a view over a SharedArrayBuffer', async (t) => {
  const outcome = await run('takes', 'all')
  if (!ended(t, outcome)) return
  const { shared, found } = outcome.answer
  if (!shared) return skip(t, 'this engine has no shared views on this system')
  const text = fs.readFileSync(page, 'utf8')
  const [head = [], ...rows] = tableOf(text)
  const column = head.indexOf(ENGINE)
  if (column < 0) return skip(t, `the table has no column for ${ENGINE}`)
  if (process.env['MEMMAP_TEST_WRITE'] === 'docs') {
    const titles = new Set([...rows.map(([title]) => title?.replaceAll('`', '') as string), ...Object.keys(found)])
    const table = [...titles].map((title) => {
      const row = rows.find(([theirs]) => theirs === `\`${title}\``) ?? [`\`${title}\``]
      row[column] = found[title]
      return row
    })
    fs.writeFileSync(page, withTable(text, [head, ...table]))
    return t.pass()
  }
  const said = Object.fromEntries(rows.map((row) => [row[0]?.replaceAll('`', ''), row[column]]))
  t.deepEqual(said, found, story(outcome))
})
