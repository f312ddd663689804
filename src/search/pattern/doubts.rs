//! Where the fast automaton's assertions are not ECMAScript's. It has no look-around for some positions; whether a
//! haystack has such a position at all is soon told, and if it has, the exact machine searches.

use memchr::memmem::Finder;

use super::stepper::find_string;
use crate::pool::CancelToken;

/// The kinds of positions at which a pattern's assertions may be wrong in the fast automaton.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Doubts {
    /// `^` with `m` between `\r` and `\n`.
    pub pairs: bool,
    /// `^` and `$` with `m` beside U+2028 and U+2029.
    pub separators: bool,
    /// `\b` and `\B` with `i` beside U+017F and U+212A, which are word characters then.
    pub words: bool,
}

impl Doubts {
    pub fn any(self) -> bool {
        self.pairs || self.separators || self.words
    }

    /// Whether the haystack has a position in doubt.
    ///
    /// What it answers when it was called off means nothing.
    pub fn arise_in(self, haystack: &[u8], cancel: Option<&CancelToken>) -> bool {
        let has = |needle: &str| find_string(&Finder::new(needle), haystack, 0, cancel).is_some();
        (self.pairs && has("\r\n"))
            || (self.separators && (has("\u{2028}") || has("\u{2029}")))
            || (self.words && (has("\u{17f}") || has("\u{212a}")))
    }
}
