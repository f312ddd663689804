//! Surviving what kills a process that maps files: pages beyond the end of a file that somebody made shorter, pages
//! that could not be read, stores without a block left on the disk, stores into read-only mappings.
//!
//! `table.rs` knows which addresses are ours; `unix.rs` and `windows.rs` answer the system's signals and exceptions.

#[cfg_attr(windows, allow(dead_code, reason = "no page can be replaced there"))]
mod table;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as system;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as system;

use std::fs::File;
use std::sync::atomic::{Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::os;
use table::Slot;

pub use system::arm;
#[cfg(not(test))]
pub use table::words;
pub use table::{Bad, Reason};

/// What must be known of a mapping that is guarded.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    /// Where its first address lies in the file.
    pub offset: u64,
    /// The file has a size, and nothing beyond it.
    pub sized: bool,
    /// A store is a mistake.
    pub read_only: bool,
    /// Pages made writable are this mapping's own.
    pub private: bool,
}

/// Addresses that cannot kill the process, while this lives and until `disarm`.
pub struct Guard {
    base: usize,
    len: usize,
    subject: Subject,
    /// `None`: out of the table.
    armed: Mutex<Option<Armed>>,
}

struct Armed {
    slot: Slot,
    /// What the handler asks for its size; open as long as the entry is in the table.
    file: Option<Arc<File>>,
}

impl Guard {
    /// Guards `len` bytes from `base` on, whole pages of one mapping. `None`: there is no memory for it.
    pub fn new(base: *mut u8, len: usize, subject: Subject, file: Option<Arc<File>>) -> Option<Self> {
        let guard = Self { base: base.addr(), len, subject, armed: Mutex::new(None) };
        guard.rearm(file)?;
        arm();
        Some(guard)
    }

    fn armed(&self) -> MutexGuard<'_, Option<Armed>> {
        self.armed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The entry, while it is ours.
    fn slot<R>(&self, with: impl FnOnce(Slot) -> R) -> Option<R> {
        self.armed().as_ref().map(|armed| with(armed.slot))
    }

    /// Enters the addresses again, after `disarm`. `None`: there is no memory for it.
    pub fn rearm(&self, file: Option<Arc<File>>) -> Option<()> {
        let slot = Slot::take()?;
        let facts = table::Facts {
            file: file.as_deref().map_or(-1, system::number),
            offset: self.subject.offset,
            sized: self.subject.sized,
            read_only: self.subject.read_only,
            private: self.subject.private,
        };
        slot.enter(self.base, self.base + self.len, facts);
        *self.armed() = Some(Armed { slot, file });
        Some(())
    }

    /// From now on no handler touches the addresses; the file is let go.
    pub fn disarm(&self) {
        if let Some(Armed { slot, file }) = self.armed().take() {
            slot.free();
            drop(file);
        }
    }

    /// Lets the file go, and goes on without.
    pub fn forget_file(&self) {
        let mut armed = self.armed();
        let file = armed.as_mut().and_then(|armed| {
            armed.slot.forget_file();
            armed.file.take()
        });
        drop(armed);
        drop(file);
    }

    /// Bytes guarded: whole pages.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The file, while the addresses are guarded.
    pub fn file(&self) -> Option<Arc<File>> {
        self.armed().as_ref().and_then(|armed| armed.file.clone())
    }

    /// Whether nothing went wrong. To be asked after the access, never before.
    pub fn is_clear(&self) -> bool {
        // What was read before this line was read before the status is.
        fence(Ordering::SeqCst);
        self.slot(|slot| slot.status().load(Ordering::SeqCst) == 0).unwrap_or(true)
    }

    /// The first byte of a range, counted from the first address, that is not the file's.
    pub fn first_bad(&self, start: usize, len: usize) -> Option<Bad> {
        self.slot(|slot| slot.first_bad(start, len, os::page_size())).flatten()
    }

    /// The bad ranges in whole pages, counted from the first address.
    pub fn bad_pages(&self) -> Vec<(usize, usize)> {
        let page = os::page_size();
        let whole = |(from, to, _): (usize, usize, Reason)| {
            (from.next_multiple_of(page).min(self.len), to.min(self.len))
        };
        let found =
            |slot: Slot| slot.bad_ranges(page).map(whole).filter(|(from, to)| from < to).collect::<Vec<_>>();
        self.slot(found).unwrap_or_default()
    }

    /// Everything from `tail` on is beyond the end of the file, noticed without a fault.
    pub fn note_cut(&self, tail: usize) {
        self.slot(|slot| slot.cut(tail, Reason::Truncated));
    }

    /// Whether a store went into what is read-only; it is forgotten with this.
    pub fn take_stray(&self) -> bool {
        self.slot(Slot::take_stray).unwrap_or(false)
    }

    /// A stray store that could not be taken back stays noted.
    pub fn put_stray_back(&self) {
        self.slot(Slot::put_stray_back);
    }

    /// Forgets what was bad: the file is about to be mapped again.
    pub fn forgive(&self) {
        self.slot(Slot::forgive);
    }

    /// Where its status word is: the number of its chunk, and its place there.
    pub fn place(&self) -> Option<(usize, usize)> {
        self.slot(Slot::place)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.disarm();
    }
}
