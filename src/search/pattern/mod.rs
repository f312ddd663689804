//! An ECMAScript RegExp that runs over bytes. Each search takes time in proportion to the bytes that it goes through.
//! To find all matches may take longer: those of `/[ab]key(?:.*z)?/g` in one line each look to the end of the line.
//!
//! Without `u` and `v` a byte is a Latin-1 code unit: `\xff` is the byte 0xFF, `.` is any byte but `\n` and `\r`. Text
//! in the pattern is its UTF-8: `é` is two bytes, `é+` repeats both, `[aé]` is one byte or two. With `u` or `v` the
//! bytes are UTF-8 and a pattern matches code points; bytes that are not UTF-8 are matched by no atom.
//!
//! # How it works
//!
//! `syntax` parses the source, and translates its tree to HIR, the form that `regex-syntax` gives to patterns.
//! `engines` run it: most often the automata of `regex-automata`, whose leftmost-first matches are those that
//! ECMAScript's backtracking finds. `compiled.rs` holds what is made of one pattern. Where an automaton would go from
//! byte to byte, or takes long for each match, the vector instructions of `prefilter` go ahead of it. `fast_path.rs`
//! combines those two; `searcher.rs` takes the fast path where it is exact, and the exact engine elsewhere.
//!
//! What ECMAScript has and automata do not:
//! - a loop makes no empty iterations: `syntax/non_empty.rs` rewrites its body;
//! - each iteration of a loop resets the groups in it: `engines/pike_vm.rs`;
//! - line terminators and word characters of several bytes: `syntax/inexact.rs`.
//!
//! # Deviations
//!
//! Refused, each with its position:
//! - lookahead, lookbehind and backreferences: none of them runs in linear time;
//! - properties of strings (`\p{RGI_Emoji}`), and the few properties without a table: `Script=Unknown` and
//!   `Script=Katakana_Or_Hiragana` (also as `Script_Extensions`), `Changes_When_NFKC_Casefolded`;
//! - without `u` and `v`: text beyond ASCII in a negated class or at an end of a range, and a range from above `\xff`;
//! - automata beyond a size, sources beyond a length, and nesting beyond a depth;
//! - when they are asked for: the groups of a match, if there are thousands of them and it is long.
//!
//! Different, because bytes are searched and not UTF-16:
//! - without `u` and `v`: text beyond ASCII, and an escape from `\u0100` on, is its UTF-8, repeated as a whole; with
//!   `i` each of its bytes folds as Latin-1, so that `/é/i`, C3 A9, finds E3 A9 too. A surrogate alone matches nothing;
//! - with `u` or `v`: no empty match lies before a continuation byte, even where the bytes are not UTF-8, and a search
//!   that begins inside a code point does not step back to its beginning;
//! - the tables of `u` and `v` are those of Unicode 16.0.
//!
//! As ECMAScript has it, where V8 (as of version 11.3) does otherwise:
//! - `\B` is not looked for between the two units of a surrogate pair;
//! - with `v`, the quantifier of `[^]` counts; with `iv`, a single character in `\q{...}` folds before `--` and `&&`;
//!   `/(?:\D{2,}?[^[a-c]]{3})+/v` finds what it finds without its `+`.

mod cache;
mod compiled;
mod engines;
mod error;
mod fast_path;
mod outcome;
mod prefilter;
mod searcher;
mod syntax;

#[cfg(test)]
mod tests;

pub use cache::Cache;
pub use compiled::Pattern;
pub use error::PatternError;
pub use outcome::Outcome;
pub use searcher::Searcher;
