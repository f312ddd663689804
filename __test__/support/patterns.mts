// Random patterns and texts, and the matches that V8 finds: the reference for the addon's own engine.

export interface Case {
  source: string
  flags: string
  text: Buffer
}

/**
 * For each match, the byte offsets of all its groups: start and end, or -1 twice for a group that did not take part.
 */
export type Spans = number[][]

/** A random number generator (mulberry32), so that a seed gives the same numbers everywhere. */
class Random {
  #state: number
  constructor(seed: number) {
    this.#state = seed >>> 0
  }
  below(n: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) % n
  }
  chance(percent: number): boolean {
    return this.below(100) < percent
  }
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T
  }
}

const QUANTIFIERS = ['*', '+', '?', '{2}', '{0}', '{1,}', '{2,}', '{0,2}', '{1,3}', '{2,3}', '{0,1}', '{3}']
const ASSERTIONS = ['^', '$', '\\b', '\\B']

const words = (text: string): string[] => text.trim().split(/\s+/)

const BYTE_ATOMS = words(String.raw`
  . \d \w \s \D \W \S [ab] [^a] [^] [] [a-c] [^\w] [\s\S] \n \r A B
  é [é] [aéÿ] \xe9 \xc9 [\xe0-\xfe] [^\xe9] \xff \xb5 \u00e9 \u0178 \u039c ÿ 日
  [\x80-\uffff] [\xb5-\u0178] \é [\xc3é] \0 \1 \x4 ] { } \cA [\b] \c \u \_ 😀 s k
  [\W_] [\D1] [^\S] [a\-z] [\cA] \07 \377 [a-\d] \ud83d\ude00 \udc00 \t \v \f \xa0
  \cj \c1 \c_ \c- \c{ [\c] [\cj] [\c1] [\c_] [\c-] [\c*] [^\cJ] [\cA-\cZ] [\c0-\c_]
  \00 \000 \01 \08 \018 \12 \128 \18 \37 \378 \40 \47 \400 \477 \4777 \550 \600 \677 \777 \8 \9 \81 \400* \477{2}
  [\0] [\00] [\08] [\1] [\12] [\18] [\377] [\400] [^\477] [\555] [!-\477] [\477-9] [\550-1] [\777] [\8] [\9]
  \x \x4g \x41 [\x] [\x4] [\x41-\x43] \u \u004 \u0041 \u{2} \u{61} [\u] [\u0041-C] [\u{61}] \k \p \P \p{L} [\k] [\p{L}]
  \a \e \g \h \i \j \l \m \o \q \y \z \A \C \E \F \G \H \I \J \K \L \M \N \O \Q \R \T \U \V \X \Y \Z
  \^ \$ \\ \. \* \+ \? \( \) \[ \] \{ \} \| \/ \- \, \! \" \' \; \< \= \> \@ \~ \& \% \#
  [\B] [\-] [\]] [\^] [^\^] [\d-x] [\w-\d] [\/] [\.] [\a] [\_] [\t\v\f\r\n]
`)
const POINT_ATOMS = words(String.raw`
  . \d \w \s \D \W \S [ab] [^a] [^] [] [a-c] [^\w] [\s\S] \n \r A B
  é [é] [^é] \xe9 [\xe0-\xfe] \u{1f600} 😀 [😀é] [^😀] \u2028 s k S K ſ \u212a ß ẞ İ ı i
  \p{L} \P{L} \p{Lu} \P{Lu} \p{Ll} \P{Ll} [\p{L}\d] [^\p{Lu}] [^\P{Lu}] \p{Script=Greek} \p{scx=Grek} \p{Emoji}
  \p{ASCII} \p{Any} \p{White_Space} \p{Alphabetic} [^\W] [\W] [^\s] σ ς [α-ω] \ud83d\ude00 \ud83d [\w-a] \u{61} 日
  \cA \cj [\cA] [\cj] [^\cJ] [\cA-\cZ] [a\cJ] \0 [\0] [\b] [\-] \x41 \xa0 [\x41-\x43] \u0041 [\u0041-\u{43}] \u{0000e9}
  \t \v \f [\t\v\f\r\n] \^ \$ \\ \. \* \+ \? \( \) \[ \] \{ \} \| \/ [\^] [^\^] [\]] [\\] [\/\.] [\ud83d\ude00]
`)
const SET_ATOMS = words(String.raw`
  [\w--[a-b]] [\w&&[a-k]] [[a-c][^b]] [^[a-c]] [\q{ab|a|}c] [\q{abc|b}] [\q{ab|a}--a] [\q{ab|1|_}&&\q{AB|1|日}]
  [\cA] [\cA-\cZ] [\cJ--\n] [\q{\cA|\n}] [\&\-\!\#] [\w--\x31] [\0\b] [\u{31}&&\u0031]
  [\p{L}--[a-z]] [\p{Lu}&&\p{ASCII}] [^\P{Lu}] [[^\p{Lu}]--k] [\q{éa|é}é] [\w--\q{1|ab}] [^\w--s] [\P{Ll}&&\p{ASCII}]
`)
const BYTE_TEXT = [
  'a',
  'a',
  'a',
  'b',
  'b',
  'b',
  'c',
  'A',
  'B',
  ' ',
  '1',
  '_',
  '\n',
  '\r',
  '\r\n',
  'é',
  '\xe9',
  's',
  'k',
]
/** Single characters that escapes stand for. */
const ESCAPED = [
  ...'AZajz0478',
  ...'\x00\x01\x02\x04\x08\n\x0b\x0c\x1f\x7f',
  ...'\'\\/-^$.*+?()[]{}|&!#"%,;<=>@~ c_ux ',
]
const BYTES = [
  0xe9, 0xc9, 0xff, 0xdf, 0xb5, 0xd7, 0xf7, 0xc3, 0xe3, 0xa9, 0xa0, 0x00, 0x01, 0x80, 0x85, 0xfe, 0xde, 0x1f, 0x5c,
]
const POINT_TEXT = [
  ...[
    'a',
    'a',
    'a',
    'b',
    'b',
    'b',
    'c',
    'A',
    'B',
    ' ',
    '1',
    '_',
    '\n',
    '\r',
    '\r\n',
    'é',
    'É',
    's',
    'S',
    'k',
    'K',
    'ſ',
    '\u212a',
    'ß',
    'ẞ',
    'i',
    'I',
    'İ',
    'ı',
  ],
  ...[
    '\u2028',
    '\u2029',
    '\ufeff',
    '\xa0',
    '\u180e',
    '\u3000',
    '😀',
    'σ',
    'ς',
    'Σ',
    'ω',
    'Ω',
    '\u2126',
    '日',
    'ʼ',
    '\u0345',
    'ǅ',
    '٣',
  ],
]
const ATOMS = { plain: ['a', 'b', 'c'], bytes: BYTE_ATOMS, points: POINT_ATOMS, sets: SET_ATOMS }

type Kind = keyof typeof ATOMS

class Patterns {
  readonly #random: Random
  #names = 0
  #size = 0
  kinds: Kind[] = ['plain']
  /** The percentage of terms that are assertions. */
  assertions = 5
  constructor(seed: number) {
    this.#random = new Random(seed)
  }

  #disjunction(depth: number): string {
    let alternatives = this.#alternative(depth)
    while (this.#random.chance(depth > 0 ? 30 : 10)) alternatives += `|${this.#alternative(depth)}`
    return alternatives
  }

  #alternative(depth: number): string {
    const terms = this.#random.pick([0, 1, 1, 2, 2, 3])
    let text = ''
    for (let i = 0; i < terms && this.#size < 14; i++) text += this.#term(depth)
    return text
  }

  #term(depth: number): string {
    const random = this.#random
    this.#size++
    if (random.chance(this.assertions)) return random.pick(ASSERTIONS)
    return this.#atom(depth) + this.#quantifier()
  }

  #quantifier(): string {
    if (this.#random.chance(45)) return ''
    return this.#random.pick(QUANTIFIERS) + (this.#random.chance(30) ? '?' : '')
  }

  #atom(depth: number): string {
    const random = this.#random
    if (depth > 0 && random.chance(45)) {
      const body = this.#disjunction(depth - 1)
      if (random.chance(8)) return `(?<n${this.#names++}>${body})`
      return random.chance(60) ? `(${body})` : `(?:${body})`
    }
    return random.pick(ATOMS[random.pick(this.kinds)])
  }

  case(): Case {
    const random = this.#random
    this.#names = 0
    this.#size = 0
    const mode = random.pick(['', '', '', 'u', 'u', 'v'])
    this.kinds = random.chance(60) ? ['plain'] : ['plain', mode === '' ? 'bytes' : 'points']
    if (this.kinds.length > 1 && mode === 'v') this.kinds.push('sets')
    this.assertions = random.pick([3, 3, 20])
    let flags = mode
    if (random.chance(30)) flags += 'i'
    if (random.chance(this.assertions > 3 ? 60 : 20)) flags += 'm'
    if (random.chance(20)) flags += 's'
    if (random.chance(5)) flags += 'y'
    let source = this.#disjunction(random.pick([1, 2, 3]))
    // With `v`, V8 ignores a quantifier of `[^]`.
    if (mode === 'v') source = source.replaceAll('[^]', '[\\s\\S]')
    // With `iv`, V8 does not fold a single character in `\q{}`, so that none may have two cases there.
    if (mode === 'v' && flags.includes('i'))
      source = source.replaceAll(/\\q\{[^}]*\}/g, (strings) => strings.replaceAll(/(?<=[{|])[a-zé](?=[|}])/g, '1'))
    return { source, flags, text: this.#text(mode !== '') }
  }

  #text(points: boolean): Buffer {
    const random = this.#random
    const plain = this.kinds.length === 1 && random.chance(60)
    const parts: Buffer[] = []
    for (let n = random.below(9); n > 0; n--) {
      if (plain) parts.push(Buffer.from(random.pick(['a', 'a', 'b', 'b', 'c', '\n'])))
      else if (random.chance(25)) parts.push(Buffer.from(random.pick(ESCAPED)))
      else if (!points && random.chance(40)) parts.push(Buffer.from([random.pick(BYTES)]))
      else parts.push(Buffer.from(random.pick(points ? POINT_TEXT : BYTE_TEXT)))
    }
    return Buffer.concat(parts)
  }
}

/** Makes `n` cases, always the same for a seed. Not every source is a valid pattern. */
export function* cases(seed: number, n: number): Generator<Case, void, undefined> {
  const generator = new Patterns(seed)
  for (let i = 0; i < n; i++) yield generator.case()
}

const LINE_ATOMS = words(String.raw`
  id key =1 abc k e y 1 : - \d \d{2} [ab] [0-9]{3} . .{2} \S (?:1[ab]){2} (k)e (?:id|key) é
`)
const LINE_LOOSE = words(String.raw`.* .*? \w+ [a-z]* \d+? (\w+) (?:ab)? a|b | key+ \r? \s (?:key){1,2} ^ $`)
const LINE_TEXT = words('id key key=1 =1 abc ab a b 1 12 123 k e y : - 1a1b key:1 id-12 é ke')

/**
 * Like `cases`, for other parts of the engine: sequences of bytes and sets, strings that every match contains, and
 * texts of many lines.
 */
export function* lineCases(seed: number, n: number): Generator<Case, void, undefined> {
  const random = new Random(seed)
  for (let i = 0; i < n; i++) {
    const loose = random.pick([0, 0, 20, 40])
    const terms = Array.from({ length: 1 + random.below(6) }, () =>
      random.pick(random.chance(loose) ? LINE_LOOSE : LINE_ATOMS),
    )
    const mode = random.pick(['', '', 'u'])
    const flags = mode + (random.chance(30) ? 'm' : '') + (random.chance(10) ? 's' : '') + (random.chance(5) ? 'i' : '')
    const ends = random.pick([['\n'], ['\n', '\r\n'], ['\n', ' '], [' ']])
    const lines = Array.from({ length: random.below(200) }, () => {
      const line = Array.from({ length: random.below(9) }, () => random.pick(LINE_TEXT))
      return line.join(random.pick(['', ' '])) + random.pick(ends)
    })
    yield { source: terms.join(''), flags, text: Buffer.from(lines.join('')) }
  }
}

/**
 * Rewrites a source without `u` and `v` so that V8 finds the UTF-8 of its characters in a text that is decoded as
 * Latin-1.
 */
export function latin1Source(source: string): string {
  let out = ''
  let at = 0
  const escaped = (text: string): string =>
    [...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
  // Takes the character at `at`, and moves `at` behind it; `wide` means that it is to become UTF-8.
  const take = (): { text: string; wide: boolean } => {
    const escaping = /^\\u(d[89ab][0-9a-f]{2})\\u(d[cdef][0-9a-f]{2})|^\\u([0-9a-f]{4})/i.exec(source.slice(at))
    if (escaping !== null) {
      at += escaping[0].length
      const text = String.fromCharCode(
        ...escaping
          .slice(1)
          .filter(Boolean)
          .map((code) => Number.parseInt(code, 16)),
      )
      return text > '\xff' && !/^[\ud800-\udfff]$/.test(text)
        ? { text, wide: true }
        : { text: escaping[0], wide: false }
    }
    const backslash = source[at] === '\\'
    const char = String.fromCodePoint(source.codePointAt(at + (backslash ? 1 : 0)) ?? 0x5c)
    at += char.length + (backslash ? 1 : 0)
    return char > '\x7f' ? { text: char, wide: true } : { text: backslash ? `\\${char}` : char, wide: false }
  }
  while (at < source.length) {
    if (source[at] !== '[') {
      const { text, wide } = take()
      out += wide ? `(?:${escaped(text)})` : text
      continue
    }
    let body = source[at++] as string
    const strings: string[] = []
    while (at < source.length && source[at] !== ']') {
      const from = at
      const { text, wide } = take()
      // As an end of a range, or in a negated class, such a character is an error of the addon's, and V8's answer is
      // not used.
      const range = source[from - 1] === '-' || (source[at] === '-' && source[at + 1] !== ']')
      if (wide && !range && body[1] !== '^') strings.push(text)
      else body += source.slice(from, at)
    }
    at++
    strings.sort((a, b) => Buffer.byteLength(b) - Buffer.byteLength(a))
    const alternatives = strings.map((text) => `${escaped(text)}|`).join('')
    out += strings.length > 0 ? `(?:${alternatives}${body}])` : `${body}]`
  }
  return out
}

/** The matches that V8 finds, in byte offsets; undefined if the source is no pattern for it. */
export function reference(source: string, flags: string, text: Buffer): Spans | undefined {
  const points = /[uv]/.test(flags)
  let regexp: RegExp
  try {
    new RegExp(source, flags)
    regexp = new RegExp(points ? source : latin1Source(source), `${flags}dg`)
  } catch {
    return undefined
  }
  const string = points ? text.toString() : text.toString('latin1')
  const byte = points ? (index: number) => Buffer.byteLength(string.slice(0, index)) : (index: number) => index
  const spans: Spans = []
  for (;;) {
    const match = regexp.exec(string) as (RegExpExecArray & { indices: ([number, number] | undefined)[] }) | null
    if (match === null) return spans
    const empty = match[0] === ''
    const next =
      regexp.lastIndex + (empty ? ((string.codePointAt(regexp.lastIndex) ?? 0) > 0xffff && points ? 2 : 1) : 0)
    const inside =
      points && empty && /[\ud800-\udbff][\udc00-\udfff]/.test(string.slice(match.index - 1, match.index + 1))
    regexp.lastIndex = next
    // V8 finds `\B` between the units of a surrogate pair, where ECMAScript does not look for matches.
    if (inside) continue
    spans.push([...match.indices].flatMap((span) => (span === undefined ? [-1, -1] : [byte(span[0]), byte(span[1])])))
  }
}
