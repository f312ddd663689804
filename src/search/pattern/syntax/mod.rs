//! From a RegExp's source to HIR, the form of patterns of `regex-syntax`.

mod byte_set;
mod char_class;
mod code_points;
mod flags;
mod inexact;
mod non_empty;
mod parse;
mod translate;
mod unicode;

use oxc_allocator::Allocator;

pub use flags::Flags;
pub use inexact::Inexact;
pub use non_empty::nullable;
pub use parse::{check_length, depth};
pub use translate::{Translation, crosses_lines};

use crate::search::pattern::error::PatternError;

/// Parses and translates a RegExp whose `depth` was looked at. `flag_text` is what `flags` was made of. Without `captures` the groups are left out,
/// for an automaton that only finds where matches are.
pub fn translated(
    source: &str,
    flag_text: &str,
    flags: Flags,
    captures: bool,
) -> Result<Translation, PatternError> {
    let prepared = parse::prepared(source, flags);
    let allocator = Allocator::default();
    let pattern = parse::parse(&allocator, &prepared, flag_text)?;
    translate::translate(&pattern, source, flags, captures)
}
