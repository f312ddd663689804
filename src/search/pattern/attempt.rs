//! Searching bytes that somebody changes meanwhile. The library looks at them several times, for the end of a match and
//! then for its beginning, and panics where the two do not agree: that is no bug of anybody's here.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

/// The bytes are others than a moment ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Changed;

/// Runs a search of the library's. What it has used is to be made anew when this fails.
pub(super) fn attempt<R>(search: impl FnOnce() -> R) -> Result<R, Changed> {
    panic::catch_unwind(AssertUnwindSafe(search)).map_err(|_| Changed)
}

/// From now on nothing is printed when the library panics.
pub(super) fn quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let others = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !info.location().is_some_and(|location| location.file().contains("regex-automata")) {
                others(info);
            }
        }));
    });
}
