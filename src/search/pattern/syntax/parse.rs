use std::cell::OnceCell;

use oxc_allocator::Allocator;
use oxc_regular_expression::{LiteralParser, Options, ast};

use super::flags::Flags;
use crate::search::pattern::error::{PatternError, units_before};

/// How deep groups and classes may nest. Parser and translator recurse, and no pattern may overflow the stack of a
/// thread.
const DEPTH: usize = 64;

/// How many UTF-16 units a source may have. Each takes 100 to 750 bytes in its tree and in what the tree is translated to,
/// and where there is no memory for those, the process ends: neither the parser nor the library can be told to fail. An
/// alternation of 100,000 words of 8 letters is shorter.
const LENGTH: usize = 1 << 20;

/// Refuses a source of so many UTF-16 units, if it is too long.
pub fn check_length(units: usize) -> Result<(), PatternError> {
    if units <= LENGTH { Ok(()) } else { Err(PatternError::too_long(units, LENGTH)) }
}

/// The tree of a pattern. `prepared` is the source as `prepared` returns it; positions in it are those of the source.
pub fn parse<'a>(
    allocator: &'a Allocator,
    prepared: &'a str,
    flags: &str,
) -> Result<ast::Pattern<'a>, PatternError> {
    LiteralParser::new(allocator, prepared, Some(flags), Options::default()).parse().map_err(|error| {
        let byte = error.labels.as_ref().and_then(|labels| labels.first()).map(|label| label.offset());
        let position = byte.map(|byte| units_before(prepared, byte));
        PatternError { message: error.message.to_string(), position }
    })
}

/// Walks through a source, a character or an escape (its backslash, and one character) at a time.
struct Scanner<'s> {
    source: &'s str,
    at: usize,
    /// With `v` classes nest.
    classes_nest: bool,
    /// How many groups and classes are open.
    groups: usize,
    classes: usize,
}

impl<'s> Scanner<'s> {
    fn new(source: &'s str, flags: Flags) -> Self {
        Self { source, at: 0, classes_nest: flags.sets, groups: 0, classes: 0 }
    }

    fn rest(&self) -> &'s str {
        &self.source[self.at..]
    }

    /// The next character or escape, after which `groups` and `classes` are what is open behind it.
    fn next(&mut self) -> Option<&'s str> {
        let rest = self.rest();
        let char = rest.chars().next()?;
        let mut length = char.len_utf8();
        match char {
            '\\' => length += rest[1..].chars().next().map_or(0, char::len_utf8),
            '[' if self.classes == 0 || self.classes_nest => self.classes += 1,
            ']' => self.classes = self.classes.saturating_sub(1),
            '(' if self.classes == 0 => self.groups += 1,
            ')' if self.classes == 0 => self.groups = self.groups.saturating_sub(1),
            _ => (),
        }
        self.at += length;
        Some(&rest[..length])
    }
}

/// How deep a source nests: groups outside classes and, with `v`, classes inside classes. Refuses what is too deep.
pub fn depth(source: &str, flags: Flags) -> Result<usize, PatternError> {
    let (mut scanner, mut depth) = (Scanner::new(source, flags), 0);
    while let Some(piece) = scanner.next() {
        depth = depth.max(scanner.groups + scanner.classes);
        if depth > DEPTH {
            let byte = u32::try_from(scanner.at - piece.len()).unwrap_or(u32::MAX);
            let why = format!("nests deeper than {DEPTH} levels");
            return Err(PatternError::at(source, byte, "a group or class", &why));
        }
    }
    Ok(depth)
}

/// Makes a source ready for the parser, which misreads some escapes: puts others in their place that mean the same. But for
/// one they are as long, so that positions stay those of the source.
pub fn prepared(source: &str, flags: Flags) -> String {
    let (mut scanner, mut out) = (Scanner::new(source, flags), String::with_capacity(source.len()));
    let capturing = OnceCell::new();
    let groups = || *capturing.get_or_init(|| capturing_groups(source, flags));
    loop {
        let rest = scanner.rest();
        let in_class = scanner.classes > 0;
        let other =
            control_in_class(rest, in_class, flags).or_else(|| high_octal(rest, groups, in_class, flags));
        if let Some((replaced, other)) = other {
            scanner.at += replaced;
            out.push_str(&other);
            continue;
        }
        let Some(piece) = scanner.next() else { return out };
        out.push_str(piece);
    }
}

/// `\cX` in a class without `v`, which the parser takes for its three letters: the control character, three times. Without
/// `u` the X may be a digit or `_` there. Before a `-` it must be one character, since it may end a range, after which a
/// second one would begin another: then it is `\xHH`, and the positions behind it are one too far. The answer is how many
/// bytes are replaced, and by what.
fn control_in_class(rest: &str, in_class: bool, flags: Flags) -> Option<(usize, String)> {
    let [b'\\', b'c', letter, behind @ ..] = rest.as_bytes() else { return None };
    let is_control =
        letter.is_ascii_alphabetic() || !flags.code_points() && (letter.is_ascii_digit() || *letter == b'_');
    if !in_class || flags.sets || !is_control {
        return None;
    }
    let control = letter % 32;
    let text = if behind.first() == Some(&b'-') {
        format!("\\x{control:02x}")
    } else {
        String::from_iter([char::from(control); 3])
    };
    Some((3, text))
}

/// `\400` to `\777`: a legacy octal escape of two digits, and a digit that stands for itself (ECMA-262, Annex B.1.2). The
/// parser leaves that digit out. In a class the digit is repeated.
fn high_octal(
    rest: &str,
    groups: impl FnOnce() -> usize,
    in_class: bool,
    flags: Flags,
) -> Option<(usize, String)> {
    let [b'\\', first @ b'4'..=b'7', second @ b'0'..=b'7', third @ b'0'..=b'7', ..] = rest.as_bytes() else {
        return None;
    };
    let (char, digit) = (char::from((first - b'0') * 8 + second - b'0'), char::from(*third));
    if flags.code_points() {
        return None;
    }
    if in_class {
        let text = format!("{char}{digit}{digit}{digit}");
        return Some((4, if char == '-' { format!("\\{}", &text[..3]) } else { text }));
    }
    // Where there are as many groups, it is a backreference.
    let number = rest[1..].bytes().take_while(u8::is_ascii_digit);
    let number =
        number.fold(0_usize, |all, digit| all.saturating_mul(10).saturating_add((digit - b'0').into()));
    (number > groups()).then(|| (4, format!("[{char}]{digit}")))
}

/// How many groups of a source capture.
fn capturing_groups(source: &str, flags: Flags) -> usize {
    let (mut scanner, mut count) = (Scanner::new(source, flags), 0);
    while let Some(piece) = scanner.next() {
        let rest = scanner.rest();
        let is_named = rest.starts_with("?<") && !rest.starts_with("?<=") && !rest.starts_with("?<!");
        count += usize::from(piece == "(" && scanner.classes == 0 && (!rest.starts_with('?') || is_named));
    }
    count
}
