//! Translates characters and classes.

use oxc_regular_expression::ast::{
    Character, CharacterClass, CharacterClassContents, CharacterClassContentsKind, CharacterClassEscape,
    CharacterClassEscapeKind, CharacterClassRange, CharacterKind, ClassStringDisjunction,
    UnicodePropertyEscape,
};
use regex_syntax::hir::{Class, ClassUnicode, Hir};

use super::byte_set::ByteSet;
use super::flags::Flags;
use super::non_empty::{alternation, concat};
use super::{code_points, unicode};
use crate::search::pattern::error::PatternError;

/// What the translation of a character depends on.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// For the positions in errors.
    pub source: &'a str,
    /// The flags that hold where the character is.
    pub flags: Flags,
}

/// A class with `u` or `v`: code points, and with `v` strings. A string of one code point is in the set.
#[derive(Default)]
struct Operand {
    set: Option<ClassUnicode>,
    strings: Vec<Vec<u32>>,
}

impl Operand {
    fn set(&mut self) -> &mut ClassUnicode {
        self.set.get_or_insert_with(ClassUnicode::empty)
    }
}

impl Context<'_> {
    fn refuse(&self, byte: u32, what: &str, why: &str) -> PatternError {
        PatternError::at(self.source, byte, what, why)
    }

    /// `.`
    pub fn dot(&self) -> Hir {
        if self.flags.code_points() {
            let set = if self.flags.dot_all {
                code_points::all()
            } else {
                code_points::negated(code_points::line_terminators())
            };
            return Hir::class(Class::Unicode(set));
        }
        let terminators = if self.flags.dot_all { ByteSet::EMPTY } else { ByteSet::line_terminators() };
        bytes_hir(&terminators.negated())
    }

    /// One character outside a class. `value` is its code point; `literal`, whether it stands for itself, and is not an
    /// escape.
    pub fn character(&self, value: u32, literal: bool) -> Hir {
        if self.flags.code_points() {
            return self.point(value);
        }
        match self.text_bytes(value, literal) {
            Some(bytes) => self.byte_string(&bytes),
            None => Hir::fail(),
        }
    }

    /// The bytes that a character stands for without `u` and `v`: an escape up to 0xFF is that byte, everything else is
    /// its UTF-8. `None` for a surrogate, which has no UTF-8.
    fn text_bytes(&self, value: u32, literal: bool) -> Option<Vec<u8>> {
        match u8::try_from(value) {
            Ok(byte) if byte < 0x80 || !literal => Some(vec![byte]),
            _ => Some(char::from_u32(value)?.to_string().into_bytes()),
        }
    }

    fn byte_string(&self, bytes: &[u8]) -> Hir {
        if !self.flags.ignore_case {
            return Hir::literal(bytes);
        }
        concat(bytes.iter().map(|byte| bytes_hir(&ByteSet::of(&[*byte]).folded())).collect())
    }

    fn point(&self, value: u32) -> Hir {
        let mut set = code_points::range(value, value);
        if self.flags.ignore_case {
            unicode::fold(&mut set);
        }
        Hir::class(Class::Unicode(set))
    }

    /// `\d`, `\W` and so on, outside a class.
    pub fn escape(&self, escape: &CharacterClassEscape) -> Hir {
        if self.flags.code_points() {
            Hir::class(Class::Unicode(self.point_escape(escape)))
        } else {
            bytes_hir(&byte_escape(escape))
        }
    }

    /// `\p{...}` and `\P{...}`, outside a class.
    pub fn property(&self, escape: &UnicodePropertyEscape<'_>) -> Result<Hir, PatternError> {
        Ok(Hir::class(Class::Unicode(self.property_set(escape)?)))
    }

    /// A class in brackets.
    pub fn class(&self, class: &CharacterClass<'_>) -> Result<Hir, PatternError> {
        if self.flags.code_points() {
            let operand = self.point_class(class)?;
            return Ok(self.strings_hir(operand));
        }
        self.byte_class(class)
    }

    fn byte_class(&self, class: &CharacterClass<'_>) -> Result<Hir, PatternError> {
        let mut set = ByteSet::EMPTY;
        let mut strings: Vec<Vec<u8>> = Vec::new();
        let mut contents = class.body.iter().peekable();
        while let Some(content) = contents.next() {
            match content {
                CharacterClassContents::Character(character) => {
                    let mut value = character.value;
                    let next = match contents.peek() {
                        Some(CharacterClassContents::Character(next)) => Some(next.value),
                        _ => None,
                    };
                    if let Some(pair) = next.and_then(|low| joined(value, low)) {
                        contents.next();
                        value = pair;
                    }
                    let bytes = self.text_bytes(value, is_literal(character)).unwrap_or_default();
                    match *bytes.as_slice() {
                        [] => (),
                        [byte] => set = set.or(ByteSet::of(&[byte])),
                        _ if class.negative => {
                            let why =
                                "cannot be in a negated class without the u or v flag: it is several bytes";
                            return Err(self.refuse(character.span.start, "a character beyond ASCII", why));
                        }
                        _ => strings.push(bytes),
                    }
                }
                CharacterClassContents::CharacterClassRange(range) => set = set.or(self.byte_range(range)?),
                CharacterClassContents::CharacterClassEscape(escape) => set = set.or(byte_escape(escape)),
                // The parser makes these only with `u` or `v`.
                CharacterClassContents::UnicodePropertyEscape(_)
                | CharacterClassContents::NestedCharacterClass(_)
                | CharacterClassContents::ClassStringDisjunction(_) => (),
            }
        }
        if self.flags.ignore_case {
            set = set.folded();
        }
        let set = bytes_hir(&if class.negative { set.negated() } else { set });
        // The longest first, as in a class with `v`.
        let strings = longest_first(strings);
        let strings = strings.iter().map(|bytes| self.byte_string(bytes));
        Ok(alternation(strings.chain([set]).collect()))
    }

    fn byte_range(&self, range: &CharacterClassRange) -> Result<ByteSet, PatternError> {
        let (first, last) = (range.min.value, range.max.value);
        let text = [&range.min, &range.max].into_iter().any(|end| is_literal(end) && end.value > 0x7f);
        let Ok(start) = u8::try_from(first) else { return Err(self.no_range(range)) };
        if text {
            return Err(self.no_range(range));
        }
        let mut set = ByteSet::range(start, u8::try_from(last).unwrap_or(u8::MAX));
        // A code point that is not a byte can differ in case alone from one that is: Canonicalize maps 0xFF to U+0178,
        // and 0xB5 to U+039C.
        if self.flags.ignore_case {
            let has = |point: u32| (first..=last).contains(&point);
            let twins = [(0xff, has(0x178)), (0xb5, has(0x39c) || has(0x3bc))];
            for (byte, _) in twins.into_iter().filter(|(_, has)| *has) {
                set = set.or(ByteSet::of(&[byte]));
            }
        }
        Ok(set)
    }

    fn no_range(&self, range: &CharacterClassRange) -> PatternError {
        let why = "cannot be without the u or v flag: its characters are several bytes each";
        self.refuse(range.span.start, "a class range beyond a byte", why)
    }

    fn point_class(&self, class: &CharacterClass<'_>) -> Result<Operand, PatternError> {
        let mut out: Option<Operand> = None;
        for content in &class.body {
            let operand = self.operand(content)?;
            out = Some(match out {
                None => operand,
                Some(before) => combined(before, operand, class.kind),
            });
        }
        let mut out = out.unwrap_or_default();
        if class.negative {
            let mut set = std::mem::replace(out.set(), ClassUnicode::empty());
            if self.flags.ignore_case {
                unicode::fold(&mut set);
            }
            out.set = Some(code_points::negated(set));
        }
        Ok(out)
    }

    fn operand(&self, content: &CharacterClassContents<'_>) -> Result<Operand, PatternError> {
        let set = match content {
            CharacterClassContents::NestedCharacterClass(class) => return self.point_class(class),
            CharacterClassContents::ClassStringDisjunction(strings) => return Ok(self.strings(strings)),
            CharacterClassContents::CharacterClassRange(range) => {
                code_points::range(range.min.value, range.max.value)
            }
            CharacterClassContents::Character(character) => {
                code_points::range(character.value, character.value)
            }
            CharacterClassContents::CharacterClassEscape(escape) => {
                return Ok(alone(self.point_escape(escape)));
            }
            CharacterClassContents::UnicodePropertyEscape(escape) => {
                return Ok(alone(self.property_set(escape)?));
            }
        };
        let mut set = set;
        if self.flags.ignore_case {
            unicode::fold(&mut set);
        }
        Ok(alone(set))
    }

    /// `\q{...}`
    fn strings(&self, strings: &ClassStringDisjunction<'_>) -> Operand {
        let mut out = Operand::default();
        for string in &strings.body {
            let points = string.body.iter().map(|character| {
                if self.flags.ignore_case {
                    code_points::representative(character.value)
                } else {
                    character.value
                }
            });
            match *points.collect::<Vec<_>>() {
                [point] => {
                    let mut set = code_points::range(point, point);
                    if self.flags.ignore_case {
                        unicode::fold(&mut set);
                    }
                    out.set().union(&set);
                }
                ref several => out.strings.push(several.to_vec()),
            }
        }
        out
    }

    /// Strings, the longest first; then the single code points; then the empty string: the order of ECMAScript's
    /// CompileAtom.
    fn strings_hir(&self, mut operand: Operand) -> Hir {
        let set = Hir::class(Class::Unicode(std::mem::replace(operand.set(), ClassUnicode::empty())));
        operand.strings = longest_first(operand.strings);
        operand.strings.dedup();
        let (long, empty): (Vec<_>, Vec<_>) = operand.strings.iter().partition(|string| !string.is_empty());
        let long = long.iter().map(|string| concat(string.iter().map(|point| self.point(*point)).collect()));
        alternation(long.chain([set]).chain(empty.iter().map(|_| Hir::empty())).collect())
    }

    fn point_escape(&self, escape: &CharacterClassEscape) -> ClassUnicode {
        use CharacterClassEscapeKind as Kind;
        let set = match escape.kind {
            Kind::D | Kind::NegativeD => code_points::digits(),
            Kind::S | Kind::NegativeS => code_points::spaces(),
            Kind::W | Kind::NegativeW => code_points::words(self.flags.ignore_case),
        };
        if is_negative(escape.kind) { code_points::negated(set) } else { set }
    }

    fn property_set(&self, escape: &UnicodePropertyEscape<'_>) -> Result<ClassUnicode, PatternError> {
        if escape.strings {
            let why = "is a property of strings, which is not supported";
            return Err(self.refuse(escape.span.start, &format!("\\p{{{}}}", escape.name), why));
        }
        let Some(mut set) =
            code_points::property(escape.name.as_str(), escape.value.as_ref().map(|value| value.as_str()))
        else {
            let what = match &escape.value {
                Some(value) => format!("\\p{{{}={value}}}", escape.name),
                None => format!("\\p{{{}}}", escape.name),
            };
            return Err(self.refuse(escape.span.start, &what, "is a Unicode property without a table here"));
        };
        // With `v` a property is folded before it is negated (MaybeSimpleCaseFolding), with `u` afterwards.
        if self.flags.ignore_case && self.flags.sets {
            unicode::fold(&mut set);
        }
        if escape.negative {
            set = code_points::negated(set);
        }
        if self.flags.ignore_case {
            unicode::fold(&mut set);
        }
        Ok(set)
    }
}

/// Whether a character stands for itself, and is not an escape that names its code.
pub fn is_literal(character: &Character) -> bool {
    matches!(character.kind, CharacterKind::Symbol | CharacterKind::Identifier)
}

/// The code point of a pair of surrogates, if they are one.
pub fn joined(high: u32, low: u32) -> Option<u32> {
    ((0xd800..0xdc00).contains(&high) && (0xdc00..0xe000).contains(&low))
        .then(|| 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00))
}

fn alone(set: ClassUnicode) -> Operand {
    Operand { set: Some(set), strings: Vec::new() }
}

fn combined(mut left: Operand, mut right: Operand, kind: CharacterClassContentsKind) -> Operand {
    code_points::bridge(left.set());
    code_points::bridge(right.set());
    match kind {
        CharacterClassContentsKind::Union => {
            left.set().union(right.set());
            left.strings.append(&mut right.strings);
        }
        CharacterClassContentsKind::Intersection => {
            left.set().intersect(right.set());
            left.strings.retain(|string| right.strings.contains(string));
        }
        CharacterClassContentsKind::Subtraction => {
            left.set().difference(right.set());
            left.strings.retain(|string| !right.strings.contains(string));
        }
    }
    left
}

/// Strings of the same length stay in their order.
fn longest_first<T>(mut strings: Vec<Vec<T>>) -> Vec<Vec<T>> {
    strings.sort_by_key(|string| std::cmp::Reverse(string.len()));
    strings
}

fn is_negative(kind: CharacterClassEscapeKind) -> bool {
    use CharacterClassEscapeKind as Kind;
    matches!(kind, Kind::NegativeD | Kind::NegativeS | Kind::NegativeW)
}

fn byte_escape(escape: &CharacterClassEscape) -> ByteSet {
    use CharacterClassEscapeKind as Kind;
    let set = match escape.kind {
        Kind::D | Kind::NegativeD => ByteSet::digits(),
        Kind::S | Kind::NegativeS => ByteSet::spaces(),
        Kind::W | Kind::NegativeW => ByteSet::words(),
    };
    if is_negative(escape.kind) { set.negated() } else { set }
}

fn bytes_hir(set: &ByteSet) -> Hir {
    Hir::class(Class::Bytes(set.class()))
}
