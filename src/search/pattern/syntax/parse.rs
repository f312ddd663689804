use oxc_allocator::Allocator;
use oxc_regular_expression::{LiteralParser, Options, ast};

use super::flags::Flags;
use crate::search::pattern::error::{PatternError, units_before};

/// How deep groups and classes may nest. Parser and translator recurse, and no pattern may overflow the stack of a
/// thread.
const DEPTH: usize = 64;

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

/// Makes a source ready for the parser. Refuses deep nesting: of groups outside classes and, with `v`, of classes
/// inside classes. And works round an error of the parser, which takes `\cX` in a class without `u` and `v` for its
/// three letters: writes the control character in its place, three times so that positions stay the same.
pub fn prepared(source: &str, flags: Flags) -> Result<String, PatternError> {
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
