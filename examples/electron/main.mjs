// A window onto a mapped file of any size: `npx electron examples/electron/main.mjs FILE`. The main process maps the file, and the
// window shows the page of it that you ask for. With `--screenshot PNG` it writes a picture of the last page, and ends.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { app, BrowserWindow, ipcMain } from 'electron'
import { Mmap } from 'memmap'

const PAGE = 4096

const { values, positionals } = parseArgs({
  args: process.argv.slice(app.isPackaged ? 1 : 2),
  allowPositionals: true,
  // Chromium has switches of its own there.
  strict: false,
  options: { screenshot: { type: 'string' } },
})
const [file] = positionals
if (file === undefined) throw new Error('usage: electron main.mjs [--screenshot PNG] FILE')

const m = Mmap.open(file)
const pages = Math.ceil(m.length / PAGE)

ipcMain.handle('facts', () => ({ file, length: m.length, pages, home: m.home }))
// A slice, since a message with a view of the mapping would carry the whole ArrayBuffer below it.
ipcMain.handle('page', (_, number) => m.slice(number * PAGE, (number + 1) * PAGE))
// What makes sense of the bytes is best done here, where a view reads them in place: nothing is copied, and nothing is sent.
ipcMain.handle('zeros', (_, number) => {
  let zeros = 0
  for (const byte of m.subarray(number * PAGE, (number + 1) * PAGE)) if (byte === 0) zeros++
  return zeros
})

async function open() {
  const window = new BrowserWindow({
    width: 900,
    height: 640,
    webPreferences: { preload: fileURLToPath(new URL('preload.cjs', import.meta.url)) },
  })
  await window.loadFile(fileURLToPath(new URL('index.html', import.meta.url)))
  if (values.screenshot === undefined) return
  const text = await window.webContents.executeJavaScript(`firstPage.then(() => show(${pages - 1}))`)
  writeFileSync(values.screenshot, (await window.webContents.capturePage()).toPNG())
  console.log(JSON.stringify({ home: m.home, text }))
  app.exit()
}

app.on('window-all-closed', () => {
  m.close()
  app.quit()
})
// Not awaited here: Electron is ready only after its first module has been evaluated.
app
  .whenReady()
  .then(open)
  .catch((error) => {
    console.error(error)
    app.exit(1)
  })
