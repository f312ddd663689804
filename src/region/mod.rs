//! An owned range of addresses. It is replaced by zero pages at close, in one step, and given back when the last
//! holder ends: the mapping itself, each ArrayBuffer made over it, each job at work on it hold one `Arc` of it.
//!
//! The bytes may change at any moment by the hand of another process or of JavaScript, so nothing here keeps a
//! reference to them: they are copied, or lent to a function that bounds its answers by the length alone.

mod bytes;

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};

use crate::fault::{Guard, GuardedMapping};
use crate::os::{self, RawMap};
use crate::request::{Access, Plan};

pub use bytes::{Foreign, Touch};

/// How many regions are mapped and not yet zero pages. Neighbours may be one to the system, until one of them ends.
static LIVE: AtomicUsize = AtomicUsize::new(0);

/// How many regions are mapped and not yet zero pages.
pub fn live() -> usize {
    LIVE.load(Ordering::Relaxed)
}

pub struct Region {
    held: RawMap,
    /// Bytes before the first visible one.
    slack: usize,
    /// Visible bytes.
    length: usize,
    exposed: AtomicBool,
    revoked: AtomicBool,
    guard: Option<Guard>,
    /// The bytes are on a volume that can go away, where no fault can be answered: they are reached with care.
    removable: bool,
}

// SAFETY: the addresses belong to the process, not to a thread; every access to the bytes is a raw copy or a
// bounded read, and what may change besides them is atomic.
unsafe impl Send for Region {}
// SAFETY: as above.
unsafe impl Sync for Region {}

impl Region {
    /// Takes `held`, which maps at least `slack + length` bytes.
    pub fn new(held: RawMap, slack: usize, length: usize) -> Self {
        LIVE.fetch_add(1, Ordering::Relaxed);
        let (exposed, revoked) = Default::default();
        Self { held, slack, length, exposed, revoked, guard: None, removable: false }
    }

    /// The same, guarded against what may happen to `file`. `None`: there is no memory for that.
    pub fn guarded(mut self, mapping: GuardedMapping, file: Option<Arc<File>>) -> Option<Self> {
        if self.whole() > 0 {
            self.removable = file.as_deref().is_some_and(os::is_removable);
            self.guard = Some(Guard::new(self.held.base(), os::whole_pages(self.whole()), mapping, file)?);
        }
        Some(self)
    }

    /// Whether the bytes are reached with care, by way of copies.
    pub fn is_removable(&self) -> bool {
        self.removable
    }

    /// Whether zeros stand in the place of the bytes. To be asked after they were read, never before.
    pub fn is_revoked(&self) -> bool {
        // What was read before this line was read before the answer is.
        fence(Ordering::SeqCst);
        self.revoked.load(Ordering::SeqCst)
    }

    /// What went wrong with the bytes, where that is watched.
    pub fn guard(&self) -> Option<&Guard> {
        self.guard.as_ref()
    }

    /// Bytes from the first address on.
    fn whole(&self) -> usize {
        if matches!(self.held, RawMap::Empty) { 0 } else { self.slack + self.length }
    }

    /// Visible bytes.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Bytes between the page's first address and the first visible byte.
    pub fn slack(&self) -> usize {
        self.slack
    }

    /// Whether `[start, start + len)` is within the visible bytes.
    pub fn has(&self, start: usize, len: usize) -> bool {
        start.checked_add(len).is_some_and(|end| end <= self.length)
    }

    fn at(&self, index: usize) -> *mut u8 {
        debug_assert!(index <= self.length);
        self.held.base().wrapping_add(self.slack + index)
    }

    /// Lends the visible range to `make`, which hands it to the engine: from now on a pointer into it may be kept.
    pub fn expose<R>(&self, make: impl FnOnce(*mut u8, usize) -> R) -> R {
        self.exposed.store(true, Ordering::Relaxed);
        make(self.at(0), self.length)
    }

    /// Resizes memory of no file without copying, new bytes are zero; by `&mut self` nobody else holds it.
    /// `None`: not possible here.
    pub fn resize_in_place(&mut self, length: usize) -> Option<os::Result<()>> {
        if *self.exposed.get_mut() || matches!(self.held, RawMap::Empty) {
            return None;
        }
        let resized = os::remap(&mut self.held, self.slack + length)?;
        if resized.is_ok() {
            let old = std::mem::replace(&mut self.length, length);
            // What an earlier, longer life left in the last page.
            let page = os::page_size();
            let _ = self.fill(old, length.min((self.slack + old).next_multiple_of(page) - self.slack), &[0]);
        }
        Some(resized)
    }

    /// Replaces the bytes by zeros and lets the file go, in one step, whatever is still held. Where the system
    /// cannot, the bytes stay until the last holder ends.
    pub fn revoke(&self) {
        if !os::CAN_MAP_OVER || matches!(self.held, RawMap::Empty) {
            return;
        }
        // First: whoever can read the zeros can see it.
        if self.revoked.swap(true, Ordering::SeqCst) {
            return;
        }
        // SAFETY: the whole of our own mapping, which is unmapped by `held` alone, at the end of `self`.
        let revoke = || unsafe { os::revoke(self.held.base(), self.whole()) };
        let done = match &self.guard {
            Some(guard) => guard.revoke(revoke),
            None => revoke(),
        };
        if done {
            LIVE.fetch_sub(1, Ordering::Relaxed);
        } else {
            self.revoked.store(false, Ordering::SeqCst);
        }
    }

    /// Maps `plan`'s file over what `revoke` has replaced, at the same addresses. `false`: not done.
    pub fn restore(&self, file: &Arc<File>, plan: &Plan, regular: bool) -> bool {
        let map = || {
            // SAFETY: the whole of our own mapping, as in `revoke`.
            unsafe { os::map_over(self.held.base(), 0, self.whole(), Some(file), plan, regular) }.is_ok()
        };
        let done = match &self.guard {
            Some(guard) => guard.restore(file, map),
            None => map(),
        };
        if done && self.revoked.swap(false, Ordering::AcqRel) {
            LIVE.fetch_add(1, Ordering::Relaxed);
        }
        done
    }

    /// Maps the file again, at the same addresses, over what a fault has left there. Pages of a copy-on-write mapping
    /// that are not bad stay as they are.
    pub fn reattach(&self, plan: &Plan, regular: bool) -> os::Result<()> {
        let Some(guard) = &self.guard else { return Ok(()) };
        let keeps = plan.access == Access::Copy || plan.raw.is_some_and(os::is_private);
        guard.pause(|| {
            let ranges = if keeps { guard.bad_pages() } else { vec![(0, guard.len())] };
            guard.clear_faults();
            ranges
                .into_iter()
                .try_for_each(|(from, to)| self.map_again(guard, from, to - from, plan, regular))
        })
    }

    /// Takes a stray store back: the mapping is the file's again, and read-only. `false`: this system cannot.
    pub fn discard_stray_store(&self, plan: &Plan, regular: bool) -> bool {
        let Some(guard) = &self.guard else { return true };
        guard.pause(|| self.map_again(guard, 0, guard.len(), plan, regular)).is_ok()
    }

    fn map_again(
        &self,
        guard: &Guard,
        from: usize,
        len: usize,
        plan: &Plan,
        regular: bool,
    ) -> os::Result<()> {
        let file = guard.file();
        // SAFETY: whole pages of our own mapping, as in `revoke`.
        unsafe { os::map_over(self.held.base(), from, len, file.as_deref(), plan, regular) }
    }

    /// msync of a range rounded outwards to pages. `flags` are the system's.
    pub fn flush(&self, start: usize, len: usize, file: Option<&File>, flags: i32) -> os::Result<()> {
        // What was cut off meanwhile is not there to be written.
        let len = len.min(self.length.saturating_sub(start));
        if len == 0 {
            return Ok(());
        }
        let from = (self.slack + start) / os::page_size() * os::page_size();
        let whole = self.slack + start + len - from;
        // SAFETY: the range is within the mapping, which lives as long as `self`; `from` is a page's start.
        unsafe { os::flush(self.held.base().wrapping_add(from), whole, file, flags) }
    }

    /// madvise of a range. `true`: the system heard.
    pub fn advise(&self, start: usize, len: usize, number: i32) -> os::Result<bool> {
        if self.length == 0 || !self.has(start, len) {
            return Ok(false);
        }
        let (from, len) = match start {
            // A hole is made of whole pages, none of which has bytes of the file outside of the mapping.
            _ if os::makes_holes(number) => {
                let from = self.slack + start;
                (from, len.saturating_sub((from + len) % os::page_size()))
            }
            // No other advice harms the slack before the first byte: it goes with it.
            0 => (0, len + self.slack),
            _ => (self.slack + start, len),
        };
        // SAFETY: the range is within the mapping, which lives as long as `self`.
        unsafe { os::advise(self.held.base(), from, len, number) }
    }

    /// The name of anonymous memory in /proc/PID/maps.
    pub fn set_name(&self, name: &str) -> os::Result<()> {
        // SAFETY: the whole of our own mapping, which lives as long as `self`.
        unsafe { os::set_name(self.held.base(), self.slack + self.length, name) }
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // Before the addresses are anybody else's.
        drop(self.guard.take());
        if !*self.revoked.get_mut() {
            LIVE.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// Whether anybody but the caller holds it: an ArrayBuffer, a job.
pub fn is_shared(region: &Arc<Region>) -> bool {
    Arc::strong_count(region) > 1
}

#[cfg(test)]
mod tests;
