import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { PAGESIZE } from 'memmap'
import { type Outcome, run, story } from '../../support/child.mjs'
import { compileLibrary, emulator, HOMES, linux, SHARE, scratch, skip } from '../../support/common.mjs'

/** Runs a command; answers its error message, if it failed. */
function failed(command: string, ...args: string[]): string | undefined {
  const { error, status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (error !== undefined) return error.message
  return status === 0 ? undefined : `${command}: ${stderr.trim()}`
}

type Disk = (folder: string) => string | undefined

/** Mounts a small file system on a folder; answers why that cannot be done here, if it cannot. */
const DISKS: Record<string, Disk> = {
  tmpfs: (folder) => failed('mount', '-t', 'tmpfs', '-o', 'size=1m', 'memmap-test', folder),
  ext4(folder) {
    const image = `${folder}.image`
    fs.writeFileSync(image, '')
    fs.truncateSync(image, 8 * 2 ** 20)
    return (
      failed('mkfs.ext4', '-q', '-m', '0', '-O', '^has_journal', image) ?? failed('mount', '-o', 'loop', image, folder)
    )
  },
}

async function onDisk(t: ExecutionContext, kind: string, body: (folder: string) => Promise<void>): Promise<void> {
  if (!linux) return skip(t, 'a small disk is mounted on Linux alone')
  if (process.getuid?.() !== 0) return skip(t, 'only root can mount a small disk')
  const folder = path.join(scratch(t), kind)
  fs.mkdirSync(folder)
  const reason = DISKS[kind]?.(folder)
  if (reason !== undefined) return skip(t, `a small disk cannot be mounted here: ${reason}`)
  try {
    await body(folder)
  } finally {
    // If it is still in use, it is unmounted lazily, so that it does not stay.
    const left = failed('umount', folder) && failed('umount', '-l', folder)
    if (left !== undefined) t.fail(left)
  }
}

for (const kind of Object.keys(DISKS)) {
  for (const home of HOMES) {
    test(`a store into a hole of a file on a full disk is an error [${kind}, ${home}]`, async (t) => {
      await onDisk(t, kind, async (folder) => {
        const outcome = await run('faults/disk', 'store', { folder, home })
        t.is(outcome.code, 0, story(outcome))
        const at = (offset: number): unknown[] => ['ERR_MMAP_FAULT', offset, 'no-space']
        const lost = 5 * PAGESIZE
        // On tmpfs even a load from a hole allocates a block.
        const first = kind === 'tmpfs' ? 4 * PAGESIZE : lost
        t.deepEqual(
          outcome.answer,
          {
            calm: false,
            call: home !== 'native' ? {} : at(lost + 7),
            faulted: true,
            bad: at(lost + 8),
            across: at(first),
            good: true,
            called: at(9 * PAGESIZE + 5),
            written: 'right',
            check: at(first),
            full: [0x23, 0, 20 * PAGESIZE],
            mended: [false, 0x7a, 'right'],
            after: [0x23, 0x7a],
          },
          story(outcome),
        )
      })
    })
  }

  test(`stores into each second of four thousand holes on a full disk take few mappings [${kind}]`, async (t) => {
    await onDisk(t, kind, async (folder) => {
      const outcome = await run('faults/disk', 'seconds', { folder, pages: 2000 })
      t.is(outcome.code, 0, story(outcome))
      if (outcome.code !== 0) return
      const { more, ...rest } = outcome.answer
      t.deepEqual(rest, { code: 'ERR_MMAP_FAULT', reason: 'no-space', good: true, faulted: true, few: true })
      t.true(more <= 100, `${more} more mappings`)
    })
  })

  test(`what finds no room leaves the file as it was [${kind}]`, async (t) => {
    await onDisk(t, kind, async (folder) => {
      const outcome = await run('faults/disk', 'refused', { folder, length: 2 ** 30 })
      t.is(outcome.code, 0, story(outcome))
      const codes = ['ENOSPC', 'ENOSPC']
      t.deepEqual(
        outcome.answer,
        [
          [codes, 0, true],
          [codes, 0, true],
        ],
        story(outcome),
      )
    })
  })

  test(`what another process appends while there is no room stays [${kind}]`, async (t) => {
    await onDisk(t, kind, async (folder) => appendsStay(t, folder, 2 ** 30))
  })
}

async function appendsStay(t: ExecutionContext, folder: string, length: number): Promise<void> {
  const outcome = await run('faults/disk', 'race', { folder, length, milliseconds: 1500 * Math.max(SHARE, 0.3) })
  t.is(outcome.code, 0, story(outcome))
  t.deepEqual(outcome.answer, { codes: ['ENOSPC'], appended: true, lost: 0 }, story(outcome))
}

test('what another process appends while there is no room stays [/dev/shm]', async (t) => {
  if (!linux) return skip(t, '/dev/shm is of Linux alone')
  if (!fs.existsSync('/dev/shm')) return skip(t, 'there is no /dev/shm here')
  const TMPFS_MAGIC = 0x01021994
  const { type, blocks } = fs.statfsSync('/dev/shm')
  // A tmpfs refuses at once what is longer than its limit. One without a limit would try, and take all memory.
  if (type !== TMPFS_MAGIC || blocks === 0) return skip(t, '/dev/shm has no limit here')
  await appendsStay(t, '/dev/shm', 2 ** 50)
})

/** Compiles the filter of system calls; answers why it cannot be compiled. A compiler for musl has none of the kernel's headers. */
function filterCompiled(library: string): string | undefined {
  try {
    return compileLibrary('interrupted-fallocate.c', library)
  } catch (error) {
    const { message } = error as Error
    if (/linux\/\w+\.h: No such file/.test(message)) return "the kernel's headers are not here"
    throw error
  }
}

/** Runs a program in which each fallocate of more than `most` bytes is interrupted. */
async function interrupted(t: ExecutionContext, most: number, length: number): Promise<Outcome | undefined> {
  if (!linux) return void skip(t, 'a system call can be filtered on Linux alone')
  if (emulator !== undefined) return void skip(t, `${emulator} has no filters of system calls`)
  if (process.arch !== 'x64' && process.arch !== 'arm64')
    return void skip(t, 'the filter is written for 64 bits in the order of x64 and arm64')
  const library = path.join(scratch(t), 'interrupted.so')
  const missing = filterCompiled(library)
  if (missing !== undefined) return void skip(t, missing)
  const options = { preload: library, env: { FALLOCATE_MOST: String(most) } }
  const outcome = await run('faults/disk', 'interrupted', { length }, options)
  t.is(outcome.code, 0, story(outcome))
  if (outcome.code === 0 && outcome.answer.filtered !== true)
    return void skip(t, 'no filter of system calls can be installed here')
  return outcome
}

test('a file becomes longer between signals that interrupt a long fallocate', async (t) => {
  const length = 10 * 2 ** 20 + 5
  const outcome = await interrupted(t, 2 ** 20, length)
  if (outcome === undefined) return
  const longer = { code: 'right', syscall: 'none', size: length, reserved: true, kept: true }
  t.deepEqual(outcome.answer, { filtered: true, resize: longer, open: longer }, story(outcome))
})

test('an fallocate that is always interrupted is an error, and the file is as it was', async (t) => {
  const outcome = await interrupted(t, 0, 2 ** 30)
  if (outcome === undefined) return
  const same = { code: 'EINTR', syscall: 'fallocate', size: PAGESIZE + 10, reserved: true, kept: true }
  t.deepEqual(outcome.answer, { filtered: true, resize: same, open: same }, story(outcome))
})
