//! How to take back what opening a mapping did to its file.

use std::fs::File;
use std::sync::Arc;

use crate::os;

/// What the file owes to being mapped.
pub(super) enum Rollback {
    Nothing,
    /// It was made longer.
    Shorten {
        before: u64,
        after: u64,
    },
    /// It was made, at this path.
    Remove(Vec<u8>, os::Identity),
}

impl Rollback {
    /// Makes the file what it was before. What cannot be taken back stays: the caller's error counts more than that one.
    pub(super) fn undo(&self, file: Option<Arc<File>>) {
        match (self, file) {
            (Self::Shorten { before, after }, Some(file)) => os::take_back(&file, *before, *after),
            (Self::Remove(path, identity), file) => {
                // First: Windows removes no file that is open.
                drop(file);
                os::remove(path, *identity);
            }
            _ => {}
        }
    }
}
