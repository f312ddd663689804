//! Bytes that somebody changes while they are searched. The library reads them several times, for the end of a match
//! and then for its beginning, and panics where the two do not agree. For a search of bytes that nobody owns this is no
//! bug: the search is done again.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

/// The bytes changed during a search, and nothing is known of its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Torn;

/// Runs a search of the library. If it fails, the cache that the search used must be made anew.
pub fn catch_torn<R>(search: impl FnOnce() -> R) -> Result<R, Torn> {
    panic::catch_unwind(AssertUnwindSafe(search)).map_err(|_| Torn)
}

/// Keeps the panic hook from printing the library's panics, from now on.
pub fn silence_library_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let hook = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !info.location().is_some_and(|location| location.file().contains("regex-automata")) {
                hook(info);
            }
        }));
    });
}
