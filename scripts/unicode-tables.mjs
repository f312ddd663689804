// Writes src/search/pattern/syntax/unicode/*.bin: the tables of regex-syntax, of which ECMAScript knows the names, in a tenth of
// the room. Their form is told in unicode/mod.rs; a test there proves them equal to their source. Run it after regex-syntax
// has come to a new version of Unicode.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The general categories, in the order of their numbers; Cs stands for the surrogates, which no table has. */
const CATEGORIES = 'Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co Cn Cs'.split(
  ' ',
)
const GROUPS = { C: 'Cc Cf Co Cn', L: 'Lu Ll Lt Lm Lo', LC: 'Lu Ll Lt', M: 'Mn Mc Me', N: 'Nd Nl No' }
Object.assign(GROUPS, { P: 'Pc Pd Ps Pe Pi Pf Po', S: 'Sm Sc Sk So', Z: 'Zs Zl Zp' })

/** The binary properties of ECMAScript, but for those that need no table. */
const BINARY = `ASCII_Hex_Digit Alphabetic Bidi_Control Bidi_Mirrored Case_Ignorable Cased Changes_When_Casefolded
  Changes_When_Casemapped Changes_When_Lowercased Changes_When_Titlecased Changes_When_Uppercased Dash
  Default_Ignorable_Code_Point Deprecated Diacritic Emoji Emoji_Component Emoji_Modifier Emoji_Modifier_Base
  Emoji_Presentation Extended_Pictographic Extender Grapheme_Base Grapheme_Extend Hex_Digit IDS_Binary_Operator
  IDS_Trinary_Operator ID_Continue ID_Start Ideographic Join_Control Logical_Order_Exception Lowercase Math
  Noncharacter_Code_Point Pattern_Syntax Pattern_White_Space Quotation_Mark Radical Regional_Indicator
  Sentence_Terminal Soft_Dotted Terminal_Punctuation Unified_Ideograph Uppercase Variation_Selector White_Space
  XID_Continue XID_Start`.split(/\s+/)

const END = 0x11_0000
const [SURROGATE, BEYOND] = [0xd800, 0xe000]

/** @typedef {[first: number, last: number][]} Ranges */

const options = /** @type {const} */ ({ encoding: 'utf8', maxBuffer: 1 << 28 })
const { packages } = JSON.parse(execFileSync('cargo', ['metadata', '--format-version', '1'], options))
const manifest = packages.find((/** @type {{ name: string }} */ { name }) => name === 'regex-syntax').manifest_path
const source = (/** @type {string} */ name) =>
  readFileSync(join(dirname(manifest), 'src', 'unicode_tables', `${name}.rs`), 'utf8')

const NAMED = { n: '\n', r: '\r', t: '\t', 0: '\0' }

/** The code point of a character as Rust writes it. @param {string} text */
function point(text) {
  const code = /^\\u\{([0-9a-f]+)\}$/i.exec(text)
  if (code) return Number.parseInt(code[1], 16)
  return /** @type {number} */ ((text[0] === '\\' ? (NAMED[text[1]] ?? text[1]) : text).codePointAt(0))
}

const CHAR = "'(\\\\u\\{[0-9A-Fa-f]+\\}|\\\\.|[^'\\\\])'"

/** The tables of a file, by the names in its `BY_NAME`. @param {string} file @returns {Map<string, Ranges>} */
function tables(file) {
  const text = source(file)
  const constants = new Map()
  for (const [, name, body] of text.matchAll(/pub const (\w+): &'static \[\(char, char\)\] =\s*&\[(.*?)\];/gs)) {
    const pairs = body.matchAll(new RegExp(`\\(\\s*${CHAR},\\s*${CHAR},?\\s*\\)`, 'gu'))
    constants.set(
      name,
      [...pairs].map(([, first, last]) => [point(first), point(last)]),
    )
  }
  const list = /BY_NAME.*?= &\[(.*?)\n\];/s.exec(text)?.[1] ?? ''
  return new Map(
    [...list.matchAll(/\(\s*"(\w+)",\s*(\w+),?\s*\)/g)].map(([, name, constant]) => [name, constants.get(constant)]),
  )
}

/** The canonical name of each alias. @param {string} text @param {string} list */
function aliases(text, list) {
  /** @type {Map<string, string[]>} */
  const out = new Map()
  for (const [, alias, name] of list.matchAll(/\(\s*"(\w+)",\s*"(\w+)",?\s*\)/g)) {
    out.set(name, [...(out.get(name) ?? []), alias])
  }
  if (out.size === 0) throw new Error(`no names in ${text}`)
  return out
}

const values = source('property_values')
const valuesOf = (/** @type {string} */ property) =>
  aliases(property, new RegExp(`"${property}",\\s*&\\[(.*?)\\n {8}\\]`, 's').exec(values)?.[1] ?? '')
const properties = aliases('property_names', source('property_names'))

/** Bytes to be. */
class Bytes {
  /** @type {number[]} */
  list = []
  /** Seven bits a byte, the lowest first; the eighth says that more follow. @param {number} value */
  varint(value) {
    for (let rest = value; ; rest = Math.floor(rest / 128)) {
      if (rest < 128) return void this.list.push(rest)
      this.list.push((rest % 128) | 128)
    }
  }
}

/** For each code point a 1 if it is in the ranges. @param {Ranges} ranges */
function bitmap(ranges) {
  const bits = new Uint8Array(END)
  for (const [first, last] of ranges) bits.fill(1, first, last + 1)
  bits.fill(0, SURROGATE, BEYOND)
  return bits
}

const categoryNames = valuesOf('General_Category')
const canonical = (/** @type {string} */ short) =>
  /** @type {string} */ ([...categoryNames].find(([, names]) => names.includes(short.toLowerCase()))?.[0])
const categoryTables = tables('general_category')
const categories = new Uint8Array(END).fill(CATEGORIES.length)
for (const [number, short] of CATEGORIES.entries()) {
  for (const [first, last] of categoryTables.get(canonical(short)) ?? []) categories.fill(number, first, last + 1)
}
categories.fill(CATEGORIES.indexOf('Cs'), SURROGATE, BEYOND)
if (categories.includes(CATEGORIES.length)) throw new Error('a code point without a category')

/** The ranges that two bitmaps differ in. @param {Uint8Array} left @param {Uint8Array} right @returns {Ranges} */
function differences(left, right) {
  /** @type {Ranges} */
  const out = []
  for (let at = 0; at < END; at++) {
    if (left[at] === right[at]) continue
    const first = at
    while (at + 1 < END && left[at + 1] !== right[at + 1]) at++
    out.push([first, at])
  }
  return out
}

/** @param {Ranges} ranges */
function coded(ranges) {
  const bytes = new Bytes()
  bytes.varint(ranges.length)
  let end = 0
  for (const [first, last] of ranges) {
    bytes.varint(first - end)
    bytes.varint(last - first)
    end = last + 1
  }
  return bytes.list
}

/** Those of the categories in `mask`. @param {number} mask */
const ofMask = (mask) => categories.map((category) => (mask >>> category) & 1)

/** The categories of which most is in the set. @param {Uint8Array} bits */
function majority(bits) {
  const [inside, all] = [new Uint32Array(32), new Uint32Array(32)]
  for (let at = 0; at < END; at++) {
    all[categories[at]]++
    inside[categories[at]] += bits[at]
  }
  return CATEGORIES.reduce((mask, _, number) => (2 * inside[number] > all[number] ? mask | (1 << number) : mask), 0)
}

const out = new Bytes()
/** The sets so far. @type {{ kind: number, bits: Uint8Array }[]} */
const sets = []

/**
 * A set: as what differs from another before it or from some categories, whichever is shortest.
 * @param {number} kind @param {string[]} names @param {Uint8Array} bits @param {number[]} candidates
 */
function add(kind, names, bits, candidates) {
  const masks = [...new Set([0, majority(bits)])]
  const ways = [
    ...masks.map((mask) => ({ back: 0, mask, flips: coded(differences(ofMask(mask), bits)) })),
    ...candidates.map((index) => ({
      back: sets.length - index,
      mask: 0,
      flips: coded(differences(sets[index].bits, bits)),
    })),
  ]
  const size = (/** @type {typeof ways[0]} */ way) => way.flips.length + (way.mask === 0 ? 1 : 4)
  const best = ways.reduce((least, way) => (size(way) < size(least) ? way : least))
  const text = [...new Set(names)].join(' ')
  out.list.push(kind, text.length, ...Buffer.from(text, 'ascii'))
  out.varint(best.back)
  out.varint(best.mask)
  out.list.push(...best.flips)
  sets.push({ kind, bits })
}

for (const short of [...CATEGORIES.filter((name) => name !== 'Cs'), ...Object.keys(GROUPS)]) {
  const mask = (GROUPS[short] ?? short)
    .split(' ')
    .reduce((/** @type {number} */ mask, /** @type {string} */ name) => mask | (1 << CATEGORIES.indexOf(name)), 0)
  add(0, categoryNames.get(canonical(short)) ?? [], ofMask(mask), [])
}
const scripts = valuesOf('Script')
const scriptIndex = new Map()
for (const [name, ranges] of tables('script')) {
  scriptIndex.set(name, sets.length)
  add(1, scripts.get(name) ?? [], bitmap(ranges), [])
}
for (const [name, ranges] of tables('script_extension')) {
  add(2, scripts.get(name) ?? [], bitmap(ranges), [scriptIndex.get(name)])
}
const binary = tables('property_bool')
for (const name of BINARY) {
  const before = [...sets.keys()].filter((index) => sets[index].kind === 3)
  add(3, properties.get(name) ?? [], bitmap(/** @type {Ranges} */ (binary.get(name))), before)
}

const runs = new Bytes()
for (let at = 0; at < END; ) {
  const category = categories[at]
  let length = 1
  while (at + length < END && categories[at + length] === category) length++
  runs.list.push(category | (Math.min(length - 1, 7) << 5))
  if (length > 7) runs.varint(length - 8)
  at += length
}

/** Each code point that is the same as a lesser one, and the least such. */
const folds = /** @type {[number, number][]} */ ([])
const entry = new RegExp(`\\(${CHAR}, &\\[((?:${CHAR}(?:, )?)+)\\]\\)`, 'gu')
for (const [, key, others] of source('case_folding_simple').matchAll(entry)) {
  const least = Math.min(...[...others.matchAll(new RegExp(CHAR, 'gu'))].map(([, other]) => point(other)))
  if (least < point(key)) folds.push([point(key), least])
}
const foldBytes = new Bytes()
let start = 0
for (let at = 0; at < folds.length; ) {
  const [first, least] = folds[at]
  const stride = folds[at + 1]?.[0] - first === 2 ? 2 : 1
  let count = 1
  const goesOn = (/** @type {number} */ index) =>
    folds[index]?.[0] === first + stride * (index - at) && folds[index][1] === least + stride * (index - at)
  while (goesOn(at + count)) count++
  foldBytes.varint(first - start)
  foldBytes.varint((count - 1) * 2 + (stride - 1))
  foldBytes.varint(first - least)
  start = first
  at += count
}

const files = { categories: runs, properties: out, folds: foldBytes }
for (const [name, { list }] of Object.entries(files)) {
  const path = new URL(`../src/search/pattern/syntax/unicode/${name}.bin`, import.meta.url)
  writeFileSync(path, new Uint8Array(list))
  console.log(`${name} ${list.length}`)
}
