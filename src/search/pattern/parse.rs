use oxc_allocator::Allocator;
use oxc_regular_expression::{LiteralParser, Options, ast};

use super::PatternError;
use super::error::units_before;
use super::flags::Flags;

/// How deep groups and classes may nest: parser and translator recurse, and no pattern may overflow a thread's stack.
const DEPTH: usize = 64;

/// The tree of a pattern. Its positions are those of `prepared`, the same as the source's.
pub(super) fn parse<'a>(
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

/// Makes a source ready for the parser, in one walk: refuses deep nesting, counting groups outside classes and
/// classes inside classes with `v` alone; and writes `\cX` in a class without `u` and `v`, which the parser takes for
/// its letters, as the control character, thrice to keep the positions.
pub(super) fn prepared(source: &str, flags: Flags) -> Result<String, PatternError> {
    let mut out = String::with_capacity(source.len());
    let (mut groups, mut classes) = (0_usize, 0_usize);
    let mut rest = source;
    while let Some(char) = rest.chars().next() {
        let mut length = char.len_utf8();
        match char {
            '\\' => {
                if let (true, false, [b'c', letter, ..]) =
                    (classes > 0, flags.code_points(), &rest.as_bytes()[1..])
                    && (letter.is_ascii_alphanumeric() || *letter == b'_')
                {
                    (0..3).for_each(|_| out.push(char::from(letter % 32)));
                    rest = &rest[3..];
                    continue;
                }
                length += rest[1..].chars().next().map_or(0, char::len_utf8);
            }
            '[' if classes == 0 || flags.sets => classes += 1,
            ']' => classes = classes.saturating_sub(1),
            '(' if classes == 0 => groups += 1,
            ')' if classes == 0 => groups = groups.saturating_sub(1),
            _ => (),
        }
        if groups + classes > DEPTH {
            let byte = u32::try_from(out.len()).unwrap_or(u32::MAX);
            let why = format!("nests deeper than {DEPTH} levels");
            return Err(PatternError::at(source, byte, "a group or class", &why));
        }
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    Ok(out)
}
