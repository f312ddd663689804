//! Sets of code points: classes with `u` or `v`.

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use super::unicode::{self, Kind};

/// The code points of a range, without surrogates, which UTF-8 does not have.
pub fn range(first: u32, last: u32) -> ClassUnicode {
    let surrogate = |point| (0xd800..0xe000).contains(&point);
    let first = char::from_u32(if surrogate(first) { 0xe000 } else { first });
    let last = char::from_u32(if surrogate(last) { 0xd7ff } else { last });
    match (first, last) {
        (Some(first), Some(last)) if first <= last => {
            ClassUnicode::new([ClassUnicodeRange::new(first, last)])
        }
        _ => ClassUnicode::empty(),
    }
}

pub fn of(ranges: &[(u32, u32)]) -> ClassUnicode {
    let mut set = ClassUnicode::empty();
    ranges.iter().for_each(|(first, last)| set.union(&range(*first, *last)));
    set
}

pub fn all() -> ClassUnicode {
    range(0, 0x10_ffff)
}

pub fn digits() -> ClassUnicode {
    of(&[(0x30, 0x39)])
}

/// `\w`; with `i` U+017F and U+212A, which fold to `s` and `k`, are word characters too.
pub fn words(ignore_case: bool) -> ClassUnicode {
    let mut set = of(&[(0x30, 0x39), (0x41, 0x5a), (0x5f, 0x5f), (0x61, 0x7a)]);
    if ignore_case {
        unicode::fold(&mut set);
    }
    set
}

pub fn spaces() -> ClassUnicode {
    of(&[
        (0x9, 0xd),
        (0x20, 0x20),
        (0xa0, 0xa0),
        (0x1680, 0x1680),
        (0x2000, 0x200a),
        (0x2028, 0x2029),
        (0x202f, 0x202f),
        (0x205f, 0x205f),
        (0x3000, 0x3000),
        (0xfeff, 0xfeff),
    ])
}

pub fn line_terminators() -> ClassUnicode {
    of(&[(0xa, 0xa), (0xd, 0xd), (0x2028, 0x2029)])
}

pub fn negated(mut set: ClassUnicode) -> ClassUnicode {
    bridge(&mut set);
    set.negate();
    set
}

/// Joins the range that ends before the surrogates with the one that begins behind them. The library takes what lies
/// between for a gap, and would put it into the negated set.
pub fn bridge(set: &mut ClassUnicode) {
    let has = |point| set.iter().any(|range| (range.start()..=range.end()).contains(&point));
    if has('\u{d7ff}') && has('\u{e000}') {
        set.push(ClassUnicodeRange::new('\u{d7ff}', '\u{e000}'));
    }
}

/// One code point that stands for all code points that fold to the same.
pub fn representative(point: u32) -> u32 {
    let mut set = range(point, point);
    unicode::fold(&mut set);
    set.ranges().first().map_or(point, |range| u32::from(range.start()))
}

/// `\p{name}` or `\p{name=value}`; `None` if there is no table for it. The parser has checked that ECMAScript knows it.
pub fn property(name: &str, value: Option<&str>) -> Option<ClassUnicode> {
    match (name, value) {
        ("General_Category" | "gc", Some("Cs" | "Surrogate")) | ("Cs" | "Surrogate", None) => {
            Some(ClassUnicode::empty())
        }
        ("General_Category" | "gc", Some(value)) => unicode::property(Kind::Category, value),
        ("Script" | "sc", Some(value)) => unicode::property(Kind::Script, value),
        ("Script_Extensions" | "scx", Some(value)) => unicode::property(Kind::ScriptExtensions, value),
        (_, Some(_)) => None,
        ("Any", None) => Some(all()),
        ("ASCII", None) => Some(range(0, 0x7f)),
        ("Assigned", None) => unicode::property(Kind::Category, "Unassigned").map(negated),
        (name, None) => {
            unicode::property(Kind::Category, name).or_else(|| unicode::property(Kind::Binary, name))
        }
    }
}
