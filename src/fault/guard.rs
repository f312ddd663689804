//! The guard of one mapping: its entry in the fault table, from the mapping's side.

use std::fs::File;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
use std::sync::{Arc, MutexGuard};

use super::table::{Bad, GuardedMapping, Reason, Slot};
use super::{install_handlers, system};
use crate::os;
use crate::sync::Mutex;

/// While this lives, no fault at the addresses of its mapping kills the process. It must be dropped before they are
/// unmapped.
pub struct Guard {
    slot: Slot,
    base: usize,
    len: usize,
    mapping: GuardedMapping,
    state: Mutex<State>,
    /// Held during a pause. A thread of the pool that discards a stray store and another that revokes the mapping would
    /// otherwise each end the other's pause, and the pages of the file could come after the zeros.
    pausing: Mutex<()>,
    /// There was a late access before `restore`.
    late_before_restore: AtomicBool,
    /// The entry that notes what is bad, if it is another one.
    notes: Option<Slot>,
}

#[derive(Default)]
struct State {
    /// The file that the handler asks for its size. It stays open as long as the entry has its descriptor.
    file: Option<Arc<File>>,
    /// Other pages are in the mapping's place.
    revoked: bool,
}

impl Guard {
    /// Guards the `len` bytes from `base` on, which are the whole pages of one mapping. `None`: there is no memory
    /// for an entry.
    pub fn new(base: *mut u8, len: usize, mapping: GuardedMapping, file: Option<Arc<File>>) -> Option<Self> {
        Self::noting(base, len, mapping, file, None)
    }

    /// As `new`, for other addresses of the mapping that this one guards. What is bad at either is noted by this one, which
    /// must be there until the other's `keep_own_notes`.
    pub fn at_other_addresses(
        &self,
        base: *mut u8,
        len: usize,
        mapping: GuardedMapping,
        file: Option<Arc<File>>,
    ) -> Option<Self> {
        Self::noting(base, len, mapping, file, Some(self.slot))
    }

    fn noting(
        base: *mut u8,
        len: usize,
        mapping: GuardedMapping,
        file: Option<Arc<File>>,
        notes: Option<Slot>,
    ) -> Option<Self> {
        let (slot, base) = (Slot::take()?, base.addr());
        let (state, pausing, late_before_restore) = Default::default();
        let guard = Self { slot, base, len, mapping, state, pausing, late_before_restore, notes };
        guard.register(file);
        install_handlers();
        Some(guard)
    }

    /// The pages were moved over memory of the engine's at `base`, and nobody accesses them meanwhile.
    pub fn relocate(&mut self, base: *mut u8) {
        self.base = base.addr();
        self.mapping.hosted = true;
        self.slot.relocate(self.base, self.base + self.len);
    }

    /// Notes what another guard of the same mapping has noted, whose bytes are the same.
    pub fn copy_notes(&self, from: &Self) {
        self.slot.copy_notes(from.slot);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    fn register(&self, file: Option<Arc<File>>) {
        let descriptor = file.as_deref().map_or(-1, system::descriptor);
        self.slot.register(self.base, self.base + self.len, self.mapping, descriptor, self.notes);
        *self.state() = State { file, revoked: false };
    }

    /// Does `work` on the pages while no handler changes them, and no other thread that pauses them either. An access that
    /// faults meanwhile is tried again until the work is done, so the work itself must not read or write the pages.
    pub fn pause<R>(&self, work: impl FnOnce() -> R) -> R {
        let _pausing = self.pausing.lock();
        self.slot.pause();
        let result = work();
        self.slot.resume();
        result
    }

    /// Has `revoke` put other pages in the mapping's place, and releases the file. The addresses stay registered until they
    /// are unmapped: a fault from before may still be on its way to a handler, and if the pages are `inaccessible`, faults
    /// may come at any time. The answer is that of `revoke`.
    pub fn revoke(&self, inaccessible: bool, revoke: impl FnOnce() -> bool) -> bool {
        if inaccessible {
            install_handlers();
        }
        self.pause(|| {
            let done = revoke();
            if done {
                self.slot.mark_revoked(inaccessible);
                let gone = std::mem::replace(&mut *self.state(), State { file: None, revoked: true });
                drop(gone);
            }
            done
        })
    }

    /// Has `revoke` make pages inaccessible again that a thread of our own has met after they had been revoked, unless
    /// somebody else has accessed them too.
    pub fn revoke_again(&self, revoke: impl FnOnce() -> bool) {
        self.pause(|| {
            if self.state().revoked && self.slot.is_inaccessible() && !self.slot.has_late_access() {
                revoke();
                self.slot.mark_revoked(true);
            }
        });
    }

    /// Whether the pages were revoked so that nobody may access them.
    pub fn is_inaccessible(&self) -> bool {
        self.slot.is_inaccessible()
    }

    /// Whether the pages were accessed while they were revoked, by somebody who does not know of that.
    pub fn has_late_access(&self) -> bool {
        self.slot.has_late_access() || self.late_before_restore.load(Ordering::SeqCst)
    }

    /// Undoes `revoke`: has `restore` map `file` again at the same addresses.
    pub fn restore<E>(&self, file: &Arc<File>, restore: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        self.pause(|| {
            restore()?;
            // Registering clears the slot's note.
            if self.slot.has_late_access() {
                self.late_before_restore.store(true, Ordering::SeqCst);
            }
            self.register(Some(Arc::clone(file)));
            Ok(())
        })
    }

    /// Makes an end of noting what is bad together with the guard that was there first, which may be dropped then.
    pub fn keep_own_notes(&self) {
        self.pause(|| self.slot.keep_own_notes());
    }

    /// Releases the file. Faults are survived without it, but the handler knows less of their reasons.
    pub fn release_file(&self) {
        self.slot.release_descriptor();
        let file = self.state().file.take();
        drop(file);
    }

    /// The pages, hosted ones, are left to the engine and to other threads. Releases the file, and makes private pages writable, so that
    /// a store there is no fault: later nobody could tell it from one into somebody else's pages.
    pub fn leave_to_engine(&self) {
        self.release_file();
        self.pause(|| {
            if !self.mapping.read_only || (self.mapping.private && system::set_writable(self.base, self.len))
            {
                self.slot.mark_left();
            }
        });
    }

    /// Whether another mapping has taken the addresses, which were hosted.
    pub fn is_evicted(&self) -> bool {
        self.slot.is_evicted()
    }

    /// What it was told of the mapping.
    pub fn mapping(&self) -> GuardedMapping {
        self.mapping
    }

    /// Bytes guarded: whole pages.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The file, unless it was released.
    pub fn file(&self) -> Option<Arc<File>> {
        self.state().file.clone()
    }

    /// To be called before a native call accesses `len` bytes. Another library may have put its handler in the place
    /// of ours, and nobody says so. Looking costs as much as a small read, so only large accesses and every 16th of
    /// the others look.
    pub fn recheck_handlers(&self, len: usize) {
        static CALLS: AtomicUsize = AtomicUsize::new(0);
        if len >= 1 << 16 || CALLS.fetch_add(1, Ordering::Relaxed).is_multiple_of(16) {
            install_handlers();
        }
    }

    /// Whether no fault and no stray store was noted. It says something about an access only after that access.
    pub fn is_clear(&self) -> bool {
        // Loads of the bytes that come before this line are done before the status is loaded.
        fence(Ordering::SeqCst);
        self.slot.status().load(Ordering::SeqCst) == 0
    }

    /// Whether a fault or a stray store was noted, and goes on: a stray store that was discarded does not.
    pub fn is_faulted(&self) -> bool {
        fence(Ordering::SeqCst);
        self.slot.is_faulted()
    }

    /// Notes in the status word whether some object over the mapping was not told of a stray store that was discarded.
    /// Whoever looks at that word alone, then, asks.
    pub fn mark_untold(&self, untold: bool) {
        self.slot.mark_untold(untold);
    }

    /// The first byte of `[start, start + len)` that is not the file's, counted from the first address.
    pub fn first_bad(&self, start: usize, len: usize) -> Option<Bad> {
        self.slot.first_bad(start, len, os::page_size())
    }

    /// The bad ranges, each from its first whole page to its end, in bytes from the first address.
    pub fn bad_pages(&self) -> Vec<(usize, usize)> {
        let page = os::page_size();
        let whole = |(from, to, _): (usize, usize, Reason)| {
            (from.next_multiple_of(page).min(self.len), to.min(self.len))
        };
        self.slot.bad_ranges(page).map(whole).filter(|(from, to)| from < to).collect()
    }

    /// Notes that the file ends at `end`, in bytes from the first address. For an end that was seen without a fault.
    pub fn note_truncation(&self, end: usize) {
        if !self.state().revoked {
            self.slot.note_bad_from(end, Reason::Truncated);
        }
    }

    /// Whether a store went into the read-only mapping, and was not discarded yet.
    pub fn has_stray_store(&self) -> bool {
        self.slot.has_stray_store()
    }

    #[cfg(test)]
    pub fn note_stray_store(&self) {
        self.slot.note_stray_store();
    }

    /// Whether there was one at the addresses of this guard.
    pub fn has_own_stray_store(&self) -> bool {
        self.slot.has_own_stray_store()
    }

    /// Has `discard` map the file again, and takes the note of the stray store away. In this order, and in a pause: as long as
    /// the bytes of the store can be read, the note is there. If `discard` fails, the note stays. Where another thread
    /// has discarded the store meanwhile, or revoked the mapping, nothing is left to be done.
    pub fn discard_stray_store<E>(&self, discard: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        self.pause(|| {
            if self.state().revoked || !self.slot.has_own_stray_store() {
                return Ok(());
            }
            discard()?;
            self.slot.clear_stray_store();
            Ok(())
        })
    }

    /// Clears the status and forgets the bad ranges, since the file is about to be mapped again.
    pub fn clear_faults(&self) {
        self.slot.clear_faults();
    }

    /// Forgets what happened at the addresses of this guard alone.
    pub fn forget_own(&self) {
        self.slot.clear_own();
    }

    /// Where the status word is: the number of its chunk, and its index there (see `status_words`).
    pub fn status_place(&self) -> (usize, usize) {
        self.slot.status_place()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.slot.free();
    }
}
