//! Where the assertions of the library's automata are not those of ECMAScript.
//!
//! The library has no look-around for some positions. Such a position is rare, and whether a haystack has one is soon
//! found out: if it has, the Pike VM searches, whose assertions are exact everywhere.

use memchr::memmem::Finder;

use crate::pool::CancelToken;
use crate::search::literal::find_cancellable;

/// The kinds of positions at which an assertion of a pattern may be wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Inexact {
    /// `^` with `m` between `\r` and `\n`.
    pub pairs: bool,
    /// `^` and `$` with `m` beside U+2028 and U+2029.
    pub separators: bool,
    /// `\b` and `\B` with `i` beside U+017F and U+212A, which are word characters then.
    pub words: bool,
}

impl Inexact {
    pub fn any(self) -> bool {
        self.pairs || self.separators || self.words
    }

    /// Whether a haystack has such a position. If the search for it is cancelled, the answer means nothing.
    pub fn occurs_in(self, haystack: &[u8], cancel: Option<&CancelToken>) -> bool {
        let has = |text: &str| find_cancellable(&Finder::new(text), haystack, 0, cancel).is_some();
        (self.pairs && has("\r\n"))
            || (self.separators && (has("\u{2028}") || has("\u{2029}")))
            || (self.words && (has("\u{17f}") || has("\u{212a}")))
    }
}
