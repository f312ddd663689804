//! What becomes of a region's pages: revoked at close, restored when a resize fails, mapped again after a fault.
//!
//! Which file stands behind the pages is not known here. Whoever calls gives a function that maps it over pages that it is
//! handed (`mapping::place`); what belongs around that, with the guard, is done here.

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{Ordering, fence};

use super::{LIVE, Region};
use crate::fault::Guard;
use crate::os::{self, Hosted, RawMap};

/// What is in the place of the bytes of a revoked region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revoked {
    /// Pages that nobody may access: a system call that has a pointer into them fails with EFAULT. An access by other code is
    /// answered with zeros, and noted (`Region::has_late_access`). Where faults are not survived, zeros.
    Inaccessible,
    Zeros,
}

impl Region {
    /// Puts other pages in the place of the bytes and releases the file, in one step, whoever still holds the region. Where
    /// the system cannot do that, the bytes stay until the last holder ends.
    pub fn revoke(&self, by: Revoked) {
        if !os::CAN_MAP_OVER || matches!(self.map, RawMap::Empty) {
            return;
        }
        // Set before the pages change, so that whoever can read what is there then can see it.
        if self.revoked.swap(true, Ordering::SeqCst) {
            return;
        }
        let done = match &self.guard {
            Some(guard) => {
                // If nobody was given a pointer, our own jobs alone still read, and they need no error.
                let inaccessible = by == Revoked::Inaccessible && self.exposed.load(Ordering::Relaxed);
                (inaccessible && guard.revoke(true, || self.replace_pages(|| self.map_inaccessible())))
                    || guard.revoke(false, || self.replace_pages(|| self.map_zeros()))
            }
            None => self.replace_pages(|| self.map_zeros()),
        };
        if done {
            self.uncount();
        } else {
            self.revoked.store(false, Ordering::SeqCst);
        }
    }

    fn map_inaccessible(&self) -> bool {
        // SAFETY: the whole of our own mapping, which is unmapped by `map` alone, at the end of `self`.
        unsafe { os::map_inaccessible(self.map.base(), self.whole()) }
    }

    fn map_zeros(&self) -> bool {
        // SAFETY: as above.
        unsafe { os::map_zeros(self.map.base(), self.whole()) }
    }

    /// Puts zeros in the place of whatever is there, for who may access the pages when nobody guards them any more.
    pub fn show_zeros(&self) {
        if !matches!(self.map, RawMap::Empty) {
            self.replace_pages(|| self.map_zeros());
        }
    }

    /// To be called by a thread of our own that has read the region while it was revoked: what it was shown then becomes
    /// inaccessible again for everybody else.
    pub fn revoke_again(&self) {
        if let Some(guard) = &self.guard {
            guard.revoke_again(|| self.replace_pages(|| self.map_inaccessible()));
        }
    }

    /// Whether an access to the bytes would be a fault.
    pub fn is_inaccessible(&self) -> bool {
        self.guard.as_ref().is_some_and(Guard::is_inaccessible)
    }

    /// Whether code that is not ours has read or written the bytes after they were revoked, and has met zeros.
    pub fn has_late_access(&self) -> bool {
        self.guard.as_ref().is_some_and(Guard::has_late_access)
    }

    /// Whether the bytes were revoked. Read the bytes first and ask then: if the answer is no, what was read were not the
    /// zeros of a revoked region.
    pub fn is_revoked(&self) -> bool {
        // Keeps the reads of the bytes before the load of the flag.
        fence(Ordering::SeqCst);
        self.revoked.load(Ordering::SeqCst)
    }

    /// Does something to the pages after which they are others, and counts that. To be called in a pause of the guard, so that
    /// only one thread at a time does so.
    fn replace_pages<R>(&self, work: impl FnOnce() -> R) -> R {
        self.generation.fetch_add(1, Ordering::SeqCst);
        let result = work();
        self.generation.fetch_add(1, Ordering::SeqCst);
        result
    }

    /// Notes whether the mapping has other bytes from now on although these pages stay: then jobs that are at work on them fail.
    pub fn mark_replaced(&self, replaced: bool) {
        self.replaced.store(replaced, Ordering::SeqCst);
    }

    /// Whether the mapping has other bytes by now. To be asked after a read, as `is_revoked` is.
    pub fn is_replaced(&self) -> bool {
        fence(Ordering::SeqCst);
        self.replaced.load(Ordering::SeqCst)
    }

    /// How often the pages were replaced. Whoever reads many bytes asks before and afterwards: if the answers differ, or are
    /// odd, what was read may be of both, and what the guard knows of the first pages is forgotten.
    pub fn generation(&self) -> u64 {
        // Keeps the reads of the bytes on their side of the load.
        fence(Ordering::SeqCst);
        let generation = self.generation.load(Ordering::SeqCst);
        fence(Ordering::SeqCst);
        generation
    }

    /// Has `map` map the bytes of a hosted region over its pages, which become zeros if that fails.
    pub fn map_first<E>(&self, map: impl FnOnce(Hosted) -> Result<(), E>) -> Result<(), E> {
        let mapped = map(self.pages(0, self.whole()));
        if mapped.is_err() {
            self.map_zeros();
        }
        mapped
    }

    /// Twice as often as what a stray store had left was discarded, and odd meanwhile. Asked as `generation` is, it tells why
    /// that has changed.
    pub fn discards(&self) -> u64 {
        self.discards.load(Ordering::SeqCst)
    }

    /// Undoes `revoke`: `map` maps `file` over the whole region.
    pub fn restore<E>(&self, file: &Arc<File>, map: impl FnOnce(Hosted) -> Result<(), E>) -> Result<(), E> {
        let map = || self.replace_pages(|| map(self.pages(0, self.whole())));
        match &self.guard {
            Some(guard) => guard.restore(file, map),
            None => map(),
        }?;
        self.revoked.store(false, Ordering::SeqCst);
        if !self.counted.swap(true, Ordering::SeqCst) {
            LIVE.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Maps the file again over what a fault has left, by `map`. `keeps_stores`: pages that are not bad stay as they are,
    /// with what was stored into them.
    pub fn reattach<E>(
        &self,
        keeps_stores: bool,
        mut map: impl FnMut(Hosted) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(guard) = &self.guard else { return Ok(()) };
        let map_again = || {
            let ranges = if keeps_stores { guard.bad_pages() } else { vec![(0, guard.len())] };
            ranges.into_iter().try_for_each(|(from, to)| map(self.pages(from, to - from)))?;
            // Only now: what could not be mapped again is still lost. No fault was handled meanwhile.
            guard.clear_faults();
            Ok(())
        };
        guard.pause(|| self.replace_pages(map_again))
    }

    /// Has `map` map the file again over the whole region, and does `work` before anybody can meet a fault there. Then what
    /// happened at the addresses is forgotten. For a region of a mapping that has another one, where the faults are noted.
    pub fn map_again_with<E>(
        &self,
        map: impl FnOnce(Hosted) -> Result<(), E>,
        work: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(guard) = &self.guard else { return work() };
        guard.pause(|| {
            self.replace_pages(|| map(self.pages(0, guard.len())))?;
            work()?;
            guard.forget_own();
            Ok(())
        })
    }

    /// Discards what a stray store has left in a read-only mapping: `map` maps the file again, for reading.
    pub fn discard_stray_store<E>(&self, map: impl FnOnce(Hosted) -> Result<(), E>) -> Result<(), E> {
        let Some(guard) = &self.guard else { return Ok(()) };
        guard.discard_stray_store(|| {
            self.discards.fetch_add(1, Ordering::SeqCst);
            let mapped = self.replace_pages(|| map(self.pages(0, guard.len())));
            self.discards.fetch_add(1, Ordering::SeqCst);
            mapped
        })
    }
}
