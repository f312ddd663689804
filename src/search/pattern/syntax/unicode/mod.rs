//! Tables of Unicode: the properties that ECMAScript knows, and simple case folding.
//!
//! They are the tables of `regex-syntax`, in a tenth of the space. `scripts/build/unicode-tables.mjs` writes them, and a test
//! compares them with their source. A number is stored seven bits a byte, the lowest first; the eighth bit says that
//! more follow.
//!
//! - `categories.bin`: runs of code points of one general category, from 0 on. A byte holds the number of the category
//!   and, in its upper three bits, the length of the run less 1; where that is 7, a number to add to it follows.
//! - `properties.bin`: sets. Each has its kind; the length of its names, and the names, in lower case and without `_`;
//!   then three sets of which it is the symmetric difference: the set so many before it (0: none), the categories in a
//!   mask, and ranges, which are stored as how many there are, and of each the distance from the one before and its
//!   length less 1.
//! - `folds.bin`: runs of code points that fold to a lesser one. Each has the distance from the start of the run
//!   before; how many more code points follow, doubled, plus 1 if each is two further than the last; and how far below
//!   each the least code point is to which it folds.

use std::sync::OnceLock;

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

static CATEGORIES: &[u8] = include_bytes!("categories.bin");
static PROPERTIES: &[u8] = include_bytes!("properties.bin");
static FOLDS: &[u8] = include_bytes!("folds.bin");

/// What a name is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    Category,
    Script,
    ScriptExtensions,
    Binary,
}

struct Reader(&'static [u8]);

impl Reader {
    fn take(&mut self, count: usize) -> Option<&'static [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn number(&mut self) -> Option<u32> {
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = self.byte()?;
            value |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
            shift += 7;
        }
    }
}

/// A set as it is stored.
struct Entry {
    kind: u8,
    names: &'static [u8],
    back: usize,
    mask: u32,
    /// In turn where a range begins, and where it is over.
    edges: Vec<u32>,
}

fn entry(reader: &mut Reader) -> Option<Entry> {
    let kind = reader.byte()?;
    let length = reader.byte()?;
    let names = reader.take(length.into())?;
    let (back, mask, count) = (reader.number()? as usize, reader.number()?, reader.number()?);
    let (mut edges, mut at) = (Vec::new(), 0);
    for _ in 0..count {
        at += reader.number()?;
        edges.push(at);
        at += reader.number()? + 1;
        edges.push(at);
    }
    Some(Entry { kind, names, back, mask, edges })
}

fn entries() -> Vec<Entry> {
    let mut reader = Reader(PROPERTIES);
    std::iter::from_fn(|| entry(&mut reader)).collect()
}

/// The edges of all code points whose category is in the mask.
fn categories(mask: u32) -> Vec<u32> {
    let (mut reader, mut edges, mut at) = (Reader(CATEGORIES), Vec::new(), 0);
    while let Some(byte) = reader.byte() {
        let more = if byte >> 5 == 7 { reader.number().unwrap_or(0) } else { 0 };
        let next = at + u32::from(byte >> 5) + 1 + more;
        if mask >> (byte & 31) & 1 == 1 {
            // There is no edge where it touches the run before.
            if edges.last() == Some(&at) {
                edges.pop();
            } else {
                edges.push(at);
            }
            edges.push(next);
        }
        at = next;
    }
    edges
}

/// The code points of a property's value, or of a property that has none.
pub fn property(kind: Kind, name: &str) -> Option<ClassUnicode> {
    let name: Vec<u8> =
        name.bytes().filter(|byte| *byte != b'_').map(|byte| byte.to_ascii_lowercase()).collect();
    let entries = entries();
    let mut index = entries.iter().position(|entry| {
        entry.kind == kind as u8 && entry.names.split(|byte| *byte == b' ').any(|each| each == name)
    })?;
    let mut edges = Vec::new();
    loop {
        let entry = entries.get(index)?;
        edges = either(&edges, &either(&entry.edges, &categories(entry.mask)));
        if entry.back == 0 {
            return Some(set(&edges));
        }
        index -= entry.back;
    }
}

/// The edges of the symmetric difference of two sets: those that the two do not share.
fn either(mut left: &[u32], mut right: &[u32]) -> Vec<u32> {
    let mut out = Vec::new();
    while let (Some((a, after_a)), Some((b, after_b))) = (left.split_first(), right.split_first()) {
        if a != b {
            out.push(*a.min(b));
        }
        if a <= b {
            left = after_a;
        }
        if b <= a {
            right = after_b;
        }
    }
    out.extend([left, right].concat());
    out
}

fn set(edges: &[u32]) -> ClassUnicode {
    let range = |pair: &[u32]| {
        let [first, end] = *pair else { return None };
        Some(ClassUnicodeRange::new(char::from_u32(first)?, char::from_u32(end - 1)?))
    };
    ClassUnicode::new(edges.chunks(2).filter_map(range))
}

/// Each code point that folds to a lesser one, in order, and the least to which it folds.
fn folds() -> &'static [(u32, u32)] {
    static MADE: OnceLock<Vec<(u32, u32)>> = OnceLock::new();
    MADE.get_or_init(|| {
        let (mut reader, mut folds, mut start) = (Reader(FOLDS), Vec::new(), 0);
        while let (Some(gap), Some(more), Some(down)) = (reader.number(), reader.number(), reader.number()) {
            start += gap;
            let points = (0..=more / 2).map(|step| start + step * (more % 2 + 1));
            folds.extend(points.map(|point| (point, point - down)));
        }
        folds
    })
}

fn contains(set: &ClassUnicode, point: u32) -> bool {
    let after = set.ranges().partition_point(|range| u32::from(range.start()) <= point);
    after > 0 && u32::from(set.ranges()[after - 1].end()) >= point
}

fn points(points: impl Iterator<Item = u32>) -> ClassUnicode {
    ClassUnicode::new(points.filter_map(char::from_u32).map(|point| ClassUnicodeRange::new(point, point)))
}

/// Adds all code points that differ from one of the set in case alone, by simple case folding.
pub fn fold(set: &mut ClassUnicode) {
    let touched = folds().iter().filter(|(point, least)| contains(set, *point) || contains(set, *least));
    let touched = points(touched.map(|(_, least)| *least));
    if touched.ranges().is_empty() {
        return;
    }
    let same = folds().iter().filter(|(_, least)| contains(&touched, *least)).map(|(point, _)| *point);
    set.union(&points(same));
    set.union(&touched);
}

#[cfg(test)]
mod tests;
