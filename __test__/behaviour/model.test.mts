import assert from 'node:assert/strict'
import fs from 'node:fs'
import { isUint8Array } from 'node:util/types'
import fc from 'fast-check'
import { constants, type Home, Mmap, PAGESIZE } from 'memmap'
import { eachHome, file, SHARE, scratch, windows } from '../support/common.mjs'
import { Model } from '../support/model.mjs'

// A tenth on Windows, where opening and deleting files is slow.
const RUNS = windows ? 60 : 600 * SHARE
const CALLS = 60
const LONGEST = 3 * PAGESIZE

/** Bytes of few letters and newlines, so that searches find something. */
const byte = fc.constantFrom(0x61, 0x62, 0x0a, 0)
const bytes = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.uint8Array({ maxLength: 6 }).map((raw) => raw.map((each) => [0x61, 0x62, 0x0a, 0][each % 4] ?? 0)),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(byte, fc.nat(PAGESIZE + 9)).map(([value, length]) => new Uint8Array(length).fill(value)),
  },
)
const text = fc.constantFrom('', 'a', 'ab', 'b\n', 'ä', 'aabb\naabb\n')
const data = fc.oneof(bytes, text)

/** A number at or near a position that matters in a mapping. */
const number = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -10, max: 20 }) },
  { weight: 4, arbitrary: fc.integer({ min: -LONGEST, max: LONGEST }) },
  { weight: 2, arbitrary: fc.constantFrom(PAGESIZE - 1, PAGESIZE, PAGESIZE + 1, 2 * PAGESIZE) },
  { weight: 1, arbitrary: fc.bigInt({ min: -20n, max: 20n }) },
  { weight: 1, arbitrary: fc.constantFrom(2 ** 53, 2 ** 53 - 1, -(2 ** 53), 2n ** 70n, -(2n ** 70n)) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, 1.5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY) },
)
const maybe = fc.oneof({ weight: 6, arbitrary: number }, { weight: 1, arbitrary: fc.constant(undefined) })
const orNull = fc.oneof({ weight: 9, arbitrary: maybe }, { weight: 1, arbitrary: fc.constant(null) })
const value = fc.oneof({ weight: 6, arbitrary: byte }, { weight: 1, arbitrary: fc.constantFrom(255, 256, -1, 1.5) })
/** Lengths of a few pages; other tests have longer ones. */
const length = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 30 }) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: LONGEST }) },
  { weight: 1, arbitrary: fc.constantFrom(0, -1, 1.5, PAGESIZE, 2 * PAGESIZE, 5n, '5', null) },
)
const whence = fc.constantFrom(0, 1, 2, undefined, 3)

/** The members to call, with their arguments. */
const CALLS_OF = {
  size: [],
  slice: [maybe, maybe],
  at: [number],
  set: [bytes, maybe],
  fill: [fc.oneof(value, data), maybe, maybe],
  includes: [fc.oneof(value, data), maybe],
  read: [orNull],
  readInto: [fc.nat(20), maybe, orNull, orNull],
  readByte: [],
  readLine: [],
  write: [data],
  writeByte: [value],
  seek: [number, whence],
  tell: [],
  find: [data, orNull, orNull],
  rfind: [data, orNull, orNull],
  move: [number, number, number],
  flush: [maybe, maybe],
  resize: [length],
  // No member, but a store through the view, in homes that have views.
  store: [fc.nat(LONGEST), byte],
} as const

type Name = keyof typeof CALLS_OF
type Call = readonly [Name, ...unknown[]]

const weights: Partial<Record<Name, number>> = { resize: 2, write: 3, set: 2, seek: 3, store: 2 }
const calls = fc.array(
  fc.oneof(
    ...Object.entries(CALLS_OF).map(([name, given]) => ({
      weight: weights[name as Name] ?? 1,
      arbitrary: fc.tuple(
        fc.constant(name),
        ...(given as readonly fc.Arbitrary<unknown>[]),
      ) as fc.Arbitrary<unknown> as fc.Arbitrary<Call>,
    })),
  ),
  { minLength: 1, maxLength: CALLS, size: 'max' },
)

interface Subject {
  real: Mmap
  model: Model
  /** The path of the file whose content the model has in `disk`. */
  name: string
  /** Whether a view was handed out, before or after the last resize. */
  viewed?: boolean
}

type Make = (home: Home, name: string, content: Buffer) => Subject

const opened =
  (access: 'read' | 'write' | 'copy', offset: number): Make =>
  (home, name, content) => ({
    real: Mmap.open(name, { access, offset, home }),
    model: new Model(access, false, content, offset, content.length - offset),
    name,
  })

/** Maps through a descriptor that is closed at once. */
function constructed(home: Home, name: string, content: Buffer, size: number, options: object): Subject {
  const fd = fs.openSync(name, 'r+')
  const real = new Mmap(fd, size, { home, ...options })
  fs.closeSync(fd)
  return { real, model: new Model('write', 'flags' in options, content, 0, size), name }
}

const remembered = (home: Home, name: string, size: number, options: object): Subject => ({
  real: new Mmap(-1, size, { home, ...options }),
  model: new Model('write', true, undefined, 0, size),
  name,
})

const OFFSET = 123
const KINDS: Record<string, Make> = {
  file: opened('write', 0),
  'file with an offset': opened('write', OFFSET),
  'read-only file': opened('read', 0),
  'copied file': opened('copy', OFFSET),
  'first bytes of a file': (home, name, content) => constructed(home, name, content, content.length - OFFSET, {}),
  memory: (home, name, content) => remembered(home, name, content.length, {}),
}
if (!windows) {
  const flags = constants['MAP_PRIVATE']
  KINDS['private file'] = (home, name, content) => constructed(home, name, content, content.length, { flags })
  KINDS['private memory'] = (home, name, content) => remembered(home, name, content.length, { flags })
}

/** An answer, or the code of an error, in a form that can be compared. */
function outcome(run: () => unknown, subject: object): unknown {
  let answer: unknown
  try {
    answer = run()
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === undefined) throw error
    return { code }
  }
  if (answer === subject) return 'itself'
  return isUint8Array(answer) ? Buffer.from(answer).toString('latin1') : answer
}

function perform(subject: Mmap | Model, [name, ...given]: Call): unknown {
  return outcome(() => {
    if (name === 'readInto') {
      const target = new Uint8Array(given[0] as number)
      return [Reflect.apply(subject.readInto, subject, [target, ...given.slice(1)]), [...target]]
    }
    if (name === 'store') {
      const [at = 0, stored = 0] = given as number[]
      if (subject.length > 0 && subject instanceof Mmap && subject.home !== 'native' && subject.access !== 'read') {
        subject.buffer[at % subject.length] = stored
        return undefined
      }
      return subject.set(Uint8Array.of(stored), at % subject.length)
    }
    return Reflect.apply(subject[name] as () => unknown, subject, given)
  }, subject)
}

/** Uses node:assert, since fast-check catches failures in order to find the shortest sequence that fails. */
function same(subject: Subject, step: Call): void {
  const { real, model, name } = subject
  const answer = perform(real, step)
  subject.viewed ||= step[0] === 'store' && real.home !== 'native'
  const busy = (answer as { code?: string })?.code === 'ERR_MMAP_BUSY'
  // Windows cannot shorten a file that has a live view; then nothing has changed.
  if (busy) assert.ok(windows && subject.viewed && step[0] === 'resize' && Number(step[1]) < (model.disk?.length ?? 0))
  else assert.deepEqual(answer, perform(model, step))
  assert.equal(real.length, model.length)
  assert.equal(real.tell(), model.position)
  assert.equal(real.slice().compare(model.bytes), 0, 'the bytes differ')
  if (model.disk !== undefined) assert.equal(fs.readFileSync(name).compare(model.disk), 0, 'the file differs')
}

eachHome('a mapping does what two Buffers would', (t, home) => {
  const folder = scratch(t)
  const start = fc.record({
    kind: fc.constantFrom(...Object.keys(KINDS)),
    length: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: LONGEST })),
    calls,
  })
  const property = fc.property(start, ({ kind, length: bytesOfFile, calls: steps }) => {
    const content = Buffer.alloc(bytesOfFile + OFFSET, 'ab\n')
    const name = file(t, content, folder)
    const subject = (KINDS[kind] as Make)(home, name, content)
    try {
      for (const step of steps) same(subject, step)
    } finally {
      subject.real.close()
      // On Windows it is deleted with its folder, after its views were collected.
      if (!windows || !subject.viewed) fs.unlinkSync(name)
    }
  })
  t.notThrows(() => fc.assert(property, { numRuns: RUNS }))
})
