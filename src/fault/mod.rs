//! Surviving what kills a process that maps files: pages beyond the end of a file that somebody made shorter, pages
//! that could not be read, stores without a block left on the disk, stores into read-only mappings.
//!
//! `table.rs` knows which addresses are ours; `unix.rs` and `windows.rs` answer the system's signals and exceptions.

#[cfg_attr(
    not(any(target_os = "linux", target_os = "android")),
    allow(dead_code, reason = "other systems need less of it")
)]
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
use std::sync::atomic::{AtomicUsize, Ordering, fence};
use std::sync::{Arc, MutexGuard};

use crate::os;
use crate::sync::Mutex;
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

/// Addresses that cannot kill the process, while this lives.
pub struct Guard {
    slot: Slot,
    base: usize,
    len: usize,
    subject: Subject,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What the handler asks for its size; open as long as the entry knows it.
    file: Option<Arc<File>>,
    /// Zero pages stand in the mapping's place.
    revoked: bool,
}

impl Guard {
    /// Guards `len` bytes from `base` on, whole pages of one mapping. `None`: there is no memory for it.
    pub fn new(base: *mut u8, len: usize, subject: Subject, file: Option<Arc<File>>) -> Option<Self> {
        let (slot, state) = (Slot::take()?, Mutex::default());
        let guard = Self { slot, base: base.addr(), len, subject, state };
        guard.enter(file);
        arm();
        Some(guard)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    fn enter(&self, file: Option<Arc<File>>) {
        let facts = table::Facts {
            file: file.as_deref().map_or(-1, system::number),
            offset: self.subject.offset,
            sized: self.subject.sized,
            read_only: self.subject.read_only,
            private: self.subject.private,
        };
        self.slot.enter(self.base, self.base + self.len, facts);
        *self.state() = State { file, revoked: false };
    }

    /// Does something to the pages while no handler does: those that are asked meanwhile have the access tried again.
    pub fn pause<R>(&self, work: impl FnOnce() -> R) -> R {
        self.slot.pause();
        let result = work();
        self.slot.resume();
        result
    }

    /// Puts zero pages in the mapping's place by `revoke`, and lets the file go. The addresses stay known until they are
    /// given back: a fault of the time before may still be on its way.
    pub fn revoke(&self, revoke: impl FnOnce() -> bool) -> bool {
        self.pause(|| {
            let done = revoke();
            if done {
                self.slot.revoke();
                let gone = std::mem::replace(&mut *self.state(), State { file: None, revoked: true });
                drop(gone);
            }
            done
        })
    }

    /// Undoes `revoke`: `restore` maps the file again, which the handlers may then ask for its size.
    pub fn restore<E>(&self, file: &Arc<File>, restore: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        self.pause(|| {
            restore()?;
            self.enter(Some(Arc::clone(file)));
            Ok(())
        })
    }

    /// Lets the file go, and goes on without.
    pub fn forget_file(&self) {
        self.slot.forget_file();
        let file = self.state().file.take();
        drop(file);
    }

    /// Bytes guarded: whole pages.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The file, while the mapping is its.
    pub fn file(&self) -> Option<Arc<File>> {
        self.state().file.clone()
    }

    /// To be called before a call that touches `len` bytes: a handler that somebody has put on top of ours, unheard, is
    /// found sooner or later. Not each time, for it costs as much as a small read.
    pub fn glance(&self, len: usize) {
        static CALLS: AtomicUsize = AtomicUsize::new(0);
        if len >= 1 << 16 || CALLS.fetch_add(1, Ordering::Relaxed).is_multiple_of(16) {
            arm();
        }
    }

    /// Whether nothing went wrong. To be asked after the access, never before.
    pub fn is_clear(&self) -> bool {
        // What was read before this line was read before the status is.
        fence(Ordering::SeqCst);
        self.slot.status().load(Ordering::SeqCst) == 0
    }

    /// The first byte of a range, counted from the first address, that is not the file's.
    pub fn first_bad(&self, start: usize, len: usize) -> Option<Bad> {
        self.slot.first_bad(start, len, os::page_size())
    }

    /// The bad ranges in whole pages, counted from the first address.
    pub fn bad_pages(&self) -> Vec<(usize, usize)> {
        let page = os::page_size();
        let whole = |(from, to, _): (usize, usize, Reason)| {
            (from.next_multiple_of(page).min(self.len), to.min(self.len))
        };
        self.slot.bad_ranges(page).map(whole).filter(|(from, to)| from < to).collect()
    }

    /// Everything from `tail` on is beyond the end of the file, noticed without a fault.
    pub fn note_cut(&self, tail: usize) {
        if !self.state().revoked {
            self.slot.cut(tail, Reason::Truncated);
        }
    }

    /// Whether a store went into what is read-only; it is forgotten with this.
    pub fn take_stray(&self) -> bool {
        self.slot.take_stray()
    }

    /// A stray store that could not be taken back stays noted.
    pub fn put_stray_back(&self) {
        self.slot.put_stray_back();
    }

    /// Forgets what was bad: the file is about to be mapped again.
    pub fn forgive(&self) {
        self.slot.forgive();
    }

    /// Where its status word is: the number of its chunk, and its place there.
    pub fn place(&self) -> (usize, usize) {
        self.slot.place()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.slot.free();
    }
}
