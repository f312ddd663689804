//! A range of addresses with bytes of a file, or of memory.
//!
//! A region is held through `Arc`s: by the mapping itself, by each ArrayBuffer that was made over it, by each job at work
//! on it. When the mapping closes, the region is *revoked*: other pages replace its bytes in one step, and the file is
//! released. The addresses are given back when the last holder ends, so that a pointer that somebody kept never reads
//! another mapping's bytes.
//!
//! The bytes may change at any moment by the hand of another process or of JavaScript. So nothing here keeps a reference
//! to them: they are copied, or lent to a function whose answers are bounded by the length of the range alone.

mod copy;
mod revoke;

use std::fs::File;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use crate::fault::{self, Guard, GuardedMapping};
use crate::os::{self, Hosted, RawMap};

pub use copy::{CopyOrder, ForeignBytes, Touch};
pub use revoke::Revoked;

/// How many regions are mapped and not revoked.
static LIVE: AtomicUsize = AtomicUsize::new(0);

/// How many regions are mapped and not revoked. The kernel may count fewer: it merges neighbours that are alike.
pub fn live() -> usize {
    LIVE.load(Ordering::Relaxed)
}

pub struct Region {
    map: RawMap,
    /// Bytes before the first visible one.
    slack: usize,
    /// Visible bytes.
    length: usize,
    exposed: AtomicBool,
    revoked: AtomicBool,
    /// Whether `LIVE` counts it.
    counted: AtomicBool,
    /// The mapping has another region by now, and what the file no longer has of this one faults.
    replaced: AtomicBool,
    /// No mapping has the region any more.
    closed: AtomicBool,
    /// A thread has ended that had an ArrayBuffer over the region, and whether somebody still reads through that is not known.
    abandoned: AtomicBool,
    /// See `discards`.
    discards: AtomicU64,
    /// Odd while the pages are being replaced by others, and higher each time: see `generation`.
    generation: AtomicU64,
    guard: Option<Guard>,
    /// The file is on a network drive or a removable disk of Windows, where a page that cannot be read raises an exception
    /// that nobody can answer: its bytes are copied by calls that answer with an error instead.
    removable: bool,
    /// See `mapping::verify`.
    probe: OnceLock<usize>,
}

// SAFETY: the addresses belong to the process, not to a thread; every access to the bytes is a raw copy or a
// bounded read, and what may change besides them is atomic.
unsafe impl Send for Region {}
// SAFETY: as above.
unsafe impl Sync for Region {}

impl Region {
    /// Takes `map`, which has at least `slack + length` bytes.
    pub fn new(map: RawMap, slack: usize, length: usize) -> Self {
        LIVE.fetch_add(1, Ordering::Relaxed);
        if matches!(map, RawMap::Memmap(_) | RawMap::Owned(_)) {
            // Also if it gets no guard: no stale one may answer for it.
            fault::evict_hosted(map.base().addr(), map.base().addr() + slack + length, None);
        }
        let (exposed, revoked, replaced, closed, abandoned) = Default::default();
        let (discards, generation) = Default::default();
        let probe = OnceLock::new();
        Self {
            map,
            slack,
            length,
            exposed,
            revoked,
            counted: AtomicBool::new(true),
            replaced,
            closed,
            abandoned,
            discards,
            generation,
            guard: None,
            removable: false,
            probe,
        }
    }

    /// The same region, guarded against what may happen to `file`. `None`: there is no memory for the guard.
    pub fn guarded(mut self, mapping: GuardedMapping, file: Option<Arc<File>>) -> Option<Self> {
        if self.whole() > 0 {
            self.removable = file.as_deref().is_some_and(os::is_removable);
            self.guard = Some(Guard::new(self.map.base(), os::whole_pages(self.whole()), mapping, file)?);
        }
        Some(self)
    }

    /// The same region, a hosted one of the mapping that `first` is a region of: what a fault takes from either is noted once,
    /// for both. `first` must be there until `keep_own_notes`. `None`: there is no memory for the guard.
    pub fn guarded_with(mut self, first: &Self, file: Option<Arc<File>>) -> Option<Self> {
        if let Some(guard) = first.guard().filter(|_| self.whole() > 0) {
            let mapping = GuardedMapping { hosted: true, ..guard.mapping() };
            let len = os::whole_pages(self.whole());
            self.guard = Some(guard.at_other_addresses(self.map.base(), len, mapping, file)?);
        }
        Some(self)
    }

    /// Makes an end of what `guarded_with` began.
    pub fn keep_own_notes(&self) {
        if let Some(guard) = &self.guard {
            guard.keep_own_notes();
        }
    }

    /// Whether the addresses are somebody else's, who may unmap them when the region is not used any more.
    pub fn is_hosted(&self) -> bool {
        matches!(self.map, RawMap::Hosted(_))
    }

    /// Moves the bytes over other pages, the host's. By `&mut self` nobody else holds the region. An error: they are where they
    /// were, and so is the host. (Linux moves no mapping that is in several pieces, as one is of which pages were lost.)
    pub fn move_to(&mut self, host: Hosted) -> Result<(), Hosted> {
        if os::move_over(&mut self.map, &host).is_err() {
            return Err(host);
        }
        self.map = RawMap::Hosted(host);
        *self.exposed.get_mut() = true;
        let base = self.map.base();
        if let Some(guard) = &mut self.guard {
            guard.relocate(base);
        }
        Ok(())
    }

    /// Shows the bytes of a region of shared memory at the addresses of this one as well.
    pub fn show(&self, other: &Self) -> os::Result<()> {
        // SAFETY: a mapping that lives as long as the reference, and as long as this one.
        unsafe { os::show_also_at(other.map.base(), &self.pages(0, self.whole())) }
    }

    /// Whether the bytes are reached by way of copies: see the field.
    pub fn is_removable(&self) -> bool {
        self.removable
    }

    /// What went wrong with the bytes, where that is watched.
    pub fn guard(&self) -> Option<&Guard> {
        self.guard.as_ref()
    }

    /// To be called before a call that touches `len` bytes: see `Guard::recheck_handlers`.
    pub fn check_handlers(&self, len: usize) {
        if let Some(guard) = &self.guard {
            guard.recheck_handlers(len);
        }
    }

    /// What `compute` answered when it was first asked about this region.
    pub fn probe(&self, compute: impl FnOnce() -> usize) -> usize {
        *self.probe.get_or_init(compute)
    }

    /// The pages are no mapping of ours any more.
    fn uncount(&self) {
        if self.counted.swap(false, Ordering::SeqCst) {
            LIVE.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// To be called when other threads may go on using pages of the engine's, which unmaps them when no thread has them. The file
    /// is released. `is_there`: it has not unmapped them yet.
    pub fn leave_to_engine(&self, is_there: bool) {
        match &self.guard {
            Some(guard) if is_there => guard.leave_to_engine(),
            Some(guard) => guard.release_file(),
            None => {}
        }
        self.uncount();
    }

    /// Whether the engine has unmapped pages that were left to it, or given them to another mapping.
    pub fn is_gone(&self) -> bool {
        self.guard.as_ref().is_none_or(Guard::is_evicted) || !os::is_mapped(self.map.base())
    }

    /// Bytes from the first address on.
    fn whole(&self) -> usize {
        if matches!(self.map, RawMap::Empty) { 0 } else { self.slack + self.length }
    }

    /// Visible bytes.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Bytes between the first address, which begins a page, and the first visible byte.
    pub fn slack(&self) -> usize {
        self.slack
    }

    /// Whether `[start, start + len)` is within the visible bytes.
    pub fn has(&self, start: usize, len: usize) -> bool {
        start.checked_add(len).is_some_and(|end| end <= self.length)
    }

    fn at(&self, index: usize) -> *mut u8 {
        debug_assert!(index <= self.length);
        self.map.base().wrapping_add(self.slack + index)
    }

    /// The pages that hold `len` bytes from `from` on, counted from the first address.
    fn pages(&self, from: usize, len: usize) -> Hosted {
        // SAFETY: pages of our own mapping, which `map` alone unmaps, at the end of `self`; whoever holds the region reads
        // and writes it by raw copies, which do not care what stands there. `from` is 0 or a page of the guard's.
        unsafe { Hosted::new(self.map.base(), from, len) }
    }

    /// Lends the visible range to `make`, which hands it to the engine: from now on somebody may keep a pointer into it.
    pub fn expose<R>(&self, make: impl FnOnce(*mut u8, usize) -> R) -> R {
        self.exposed.store(true, Ordering::Relaxed);
        make(self.at(0), self.length)
    }

    /// Resizes memory of no file without copying; new bytes are zero. By `&mut self` nobody else holds the region.
    /// `None`: this cannot be done here.
    pub fn resize_in_place(&mut self, length: usize) -> Option<os::Result<()>> {
        if *self.exposed.get_mut() || matches!(self.map, RawMap::Empty) {
            return None;
        }
        // The guard knows addresses, which may become others.
        let mapping = self.guard.take().map(|guard| guard.mapping());
        let resized = os::remap(&mut self.map, self.slack + length);
        let old = match resized {
            Some(Ok(())) => std::mem::replace(&mut self.length, length),
            _ => self.length,
        };
        // If there is no memory for a new guard, faults of this memory are not survived, as with `faults: 'crash'`.
        self.guard = mapping
            .and_then(|mapping| Guard::new(self.map.base(), os::whole_pages(self.whole()), mapping, None));
        let resized = resized?;
        if resized.is_ok() {
            self.probe = OnceLock::new();
            // The rest of what was the last page may have bytes of the time when the mapping was longer.
            let page = os::page_size();
            let _ = self.fill(old, length.min((self.slack + old).next_multiple_of(page) - self.slack), &[0]);
        }
        Some(resized)
    }

    /// msync(2) of a range, rounded outwards to pages. `flags` are the system's.
    pub fn flush(&self, start: usize, len: usize, file: Option<&File>, flags: i32) -> os::Result<()> {
        // A range that a shrinking resize has cut off meanwhile is not there to be written.
        let len = len.min(self.length.saturating_sub(start));
        if matches!(self.map, RawMap::Empty) {
            return Ok(());
        }
        let from = (self.slack + start) / os::page_size() * os::page_size();
        let whole = if len == 0 { 0 } else { self.slack + start + len - from };
        // Also for no bytes: the system refuses wrong flags then too.
        // SAFETY: the range is within the mapping, which lives as long as `self`; `from` is a page's start.
        unsafe { os::flush(self.map.base().wrapping_add(from), whole, file, flags) }
    }

    /// madvise(2) of a range. `true`: the system took the advice.
    pub fn advise(&self, start: usize, len: usize, number: i32) -> os::Result<bool> {
        if self.length == 0 || !self.has(start, len) {
            return Ok(false);
        }
        let (from, len) = match start {
            // A hole is made of whole pages, none of which may have bytes of the file outside of the mapping.
            _ if os::makes_holes(number) => {
                let from = self.slack + start;
                (from, len.saturating_sub((from + len) % os::page_size()))
            }
            // No other advice harms the bytes before the first visible one, so the page that they begin goes with it.
            0 => (0, len + self.slack),
            _ => (self.slack + start, len),
        };
        // SAFETY: the range is within the mapping, which lives as long as `self`.
        unsafe { os::advise(self.map.base(), from, len, number) }
    }

    /// The whole pages that hold a range: where they begin, and their bytes.
    fn pages_of(&self, start: usize, len: usize) -> Option<(*mut u8, usize)> {
        let page = os::page_size();
        let from = (self.slack + start) / page * page;
        let whole = (self.slack + start + len - from).next_multiple_of(page);
        (len > 0 && self.has(start, len)).then(|| (self.map.base().wrapping_add(from), whole))
    }

    /// Calls `take` with each page of a range, and whether it is in memory.
    pub fn residency(&self, start: usize, len: usize, mut take: impl FnMut(bool)) -> os::Result<()> {
        const AT_ONCE: usize = 1 << 16;
        let Some((from, whole)) = self.pages_of(start, len) else { return Ok(()) };
        let (page, mut answers) = (os::page_size(), [0u8; AT_ONCE]);
        let pages = whole / page;
        for first in (0..pages).step_by(AT_ONCE) {
            let part = &mut answers[..AT_ONCE.min(pages - first)];
            // SAFETY: pages of our own mapping, which lives as long as `self`.
            unsafe { os::resident(from.wrapping_add(first * page), part) }?;
            part.iter().for_each(|answer| take(answer & 1 != 0));
        }
        Ok(())
    }

    /// Keeps the pages of a range in memory, or no longer.
    pub fn set_locked(&self, start: usize, len: usize, locked: bool) -> os::Result<()> {
        let Some((from, whole)) = self.pages_of(start, len) else { return Ok(()) };
        if locked {
            // SAFETY: pages of our own mapping, which lives as long as `self`.
            unsafe { os::lock(from, whole) }
        } else {
            // SAFETY: as above.
            unsafe { os::unlock(from, whole) }
        }
    }

    /// Sets the name that /proc/PID/maps shows for anonymous memory.
    pub fn set_name(&self, name: &str) -> os::Result<()> {
        // SAFETY: the whole of our own mapping, which lives as long as `self`.
        unsafe { os::set_name(self.map.base(), self.slack + self.length, name) }
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // First, while the addresses are still ours.
        drop(self.guard.take());
        self.uncount();
    }
}

impl Region {
    /// The mapping that had the region has closed, or has another by now.
    pub fn mark_closed(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }

    /// Whether no mapping has the region any more.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// To be called by a thread that ends, before it gives an `Arc` of the region to whoever never drops it.
    pub fn mark_abandoned(&self) {
        self.abandoned.store(true, Ordering::SeqCst);
    }
}

/// Drops a holder's `Arc`. If none is left but the one of an abandoned region, which is never dropped, and the mapping is
/// closed, nobody has a right to the bytes any more, and they are revoked.
pub fn give_back(region: Arc<Region>) {
    if !region.closed.load(Ordering::SeqCst) || !region.abandoned.load(Ordering::SeqCst) {
        return;
    }
    // Dropped before the others are counted: of two threads that do so at once, one sees that none is left.
    let weak = Arc::downgrade(&region);
    drop(region);
    if weak.strong_count() == 1
        && let Some(region) = weak.upgrade()
    {
        region.revoke(Revoked::Inaccessible);
    }
}

/// Whether anybody but the caller holds the region: an ArrayBuffer or a job.
pub fn is_shared(region: &Arc<Region>) -> bool {
    Arc::strong_count(region) > 1
}

#[cfg(test)]
mod tests;
