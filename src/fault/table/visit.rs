//! A handler's side of the table: no lock, no allocation, no panic.

use std::sync::atomic::Ordering::{Acquire, Relaxed, SeqCst};

use super::{
    CHUNK_COUNT, Entry, HOSTED, INACCESSIBLE, LEFT, MAX_REPEATS, MAX_RETRIES, MAX_SPLITS, MAX_STORES, PAUSED,
    PRIVATE, READ_ONLY, REPEAT_WINDOW, REVOKED, Reason, SIZED, SPLITS, Slot, chunk,
};

/// What a handler does about a fault of a page that it cannot make good.
#[derive(Debug, PartialEq, Eq)]
pub enum Repair {
    /// It changes nothing, and the access is tried again.
    Retry,
    /// It replaces this page alone.
    ReplacePage,
    /// It replaces everything from this address to the end of the mapping.
    ReplaceFrom(usize),
}

/// A handler's stay in an entry. As long as it lives, the addresses stay mapped and the descriptor stays open.
pub struct Visit {
    slot: Slot,
    base: usize,
    end: usize,
}

/// Enters the entry whose mapping has `address`.
pub fn find(address: usize) -> Option<Visit> {
    for number in 0..CHUNK_COUNT.load(Acquire) {
        let Some(chunk) = chunk(number) else { continue };
        for (index, (base, end)) in chunk.bases.iter().zip(&chunk.ends).enumerate() {
            let start = base.load(Acquire);
            if start == 0 || address < start || address >= end.load(Acquire) {
                continue;
            }
            let slot = Slot::at(chunk, number, index);
            slot.entry().handlers.fetch_add(1, SeqCst);
            // These are loaded again, since the owner may have left before it could see this handler.
            let visit = Visit { slot, base: base.load(SeqCst), end: end.load(SeqCst) };
            if visit.base != 0 && (visit.base..visit.end).contains(&address) {
                return Some(visit);
            }
        }
    }
    None
}

/// How often in a row `page` was noted in a word that has the page noted last, and in its low bits how often.
fn times_in_row(noted: usize, page: usize, page_size: usize) -> usize {
    if noted & !(page_size - 1) == page { noted & (page_size - 1) } else { 0 }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.slot.entry().handlers.fetch_sub(1, SeqCst);
    }
}

impl Visit {
    pub fn base(&self) -> usize {
        self.base
    }

    pub fn end(&self) -> usize {
        self.end
    }

    /// A descriptor of the mapping's file; -1: none.
    pub fn descriptor(&self) -> i32 {
        self.slot.entry().descriptor.load(SeqCst)
    }

    /// Where an address is in the file, in bytes.
    pub fn file_offset(&self, address: usize) -> u64 {
        self.slot.entry().offset.load(Relaxed).saturating_add((address - self.base) as u64)
    }

    /// The address from which on everything is known to be bad; the end, if nothing is.
    pub fn bad_from(&self) -> usize {
        self.base.saturating_add(self.slot.bad_from()).min(self.end)
    }

    fn has(&self, flag: u32) -> bool {
        self.slot.entry().flags.load(SeqCst) & flag != 0
    }

    pub fn is_sized(&self) -> bool {
        self.has(SIZED)
    }

    pub fn is_read_only(&self) -> bool {
        self.has(READ_ONLY)
    }

    pub fn is_private(&self) -> bool {
        self.has(PRIVATE)
    }

    /// Whether the addresses may be somebody else's by now, see `GuardedMapping::hosted`.
    pub fn is_hosted(&self) -> bool {
        self.has(HOSTED)
    }

    /// Whether they are left to the engine and whoever else has them, so that no store is a mistake.
    pub fn is_left(&self) -> bool {
        self.has(LEFT)
    }

    /// Whether the owner is changing the pages. The access must be tried again.
    pub fn is_paused(&self) -> bool {
        self.has(PAUSED)
    }

    /// Whether other pages are in the mapping's place.
    pub fn is_revoked(&self) -> bool {
        self.has(REVOKED)
    }

    /// Whether those are pages that nobody may access.
    pub fn is_inaccessible(&self) -> bool {
        self.has(INACCESSIBLE)
    }

    /// Notes that somebody has accessed the mapping although it was revoked.
    pub fn note_late_access(&self) {
        self.slot.note_late_access();
    }

    /// Asks to split the mapping into one part more. `false`: there are too many parts already, so that the mapping
    /// must be replaced as a whole.
    pub fn may_split(&self) -> bool {
        if SPLITS.fetch_add(1, SeqCst) >= MAX_SPLITS {
            SPLITS.fetch_sub(1, SeqCst);
            return false;
        }
        self.slot.entry().splits.fetch_add(1, SeqCst);
        true
    }

    /// Counts a fault of `page` for which no reason is visible. `true`: the access may be tried again.
    ///
    /// `now` is a monotonic clock, in nanoseconds. A page that cannot be had faults again at once. A page that was
    /// lost and came back, each time just too late for a fault that was on its way, does not; such faults are not in
    /// a row.
    fn may_retry(&self, page: usize, page_size: usize, now: u64) -> bool {
        let Entry { repeated_page, repeated_at, retries, .. } = self.slot.entry();
        let at_once = now.saturating_sub(repeated_at.swap(now, SeqCst)) < REPEAT_WINDOW;
        let times = if at_once { times_in_row(repeated_page.load(SeqCst), page, page_size) } else { 0 };
        if times >= MAX_REPEATS || retries.fetch_add(1, SeqCst) >= MAX_RETRIES {
            retries.store(0, SeqCst);
            return false;
        }
        repeated_page.store(page | (times + 1), SeqCst);
        true
    }

    /// Counts a store that `page` refused. `false`: making it writable has not helped so often that the store must not be
    /// tried again.
    pub fn may_retry_store(&self, page: usize, page_size: usize) -> bool {
        let refusing_page = &self.slot.entry().refusing_page;
        let times = times_in_row(refusing_page.load(SeqCst), page, page_size);
        if times < MAX_STORES {
            refusing_page.store(page | (times + 1), SeqCst);
        }
        times < MAX_STORES
    }

    /// Decides what to do about a fault of `page`, and notes it when bytes are bad. The caller replaces pages only
    /// after that: whoever can see the zeros must be able to see the status.
    ///
    /// `size` is the size of the file now (`None`: not known), `now` a monotonic clock in nanoseconds, `reason` finds
    /// out why a page within the file cannot be had.
    pub fn choose_repair(
        &self,
        page: usize,
        page_size: usize,
        size: Option<u64>,
        now: u64,
        reason: impl FnOnce() -> Reason,
    ) -> Repair {
        let entry = self.slot.entry();
        let offset = entry.offset.load(Relaxed);
        if let Some(size) = size.filter(|_| self.is_sized()) {
            let left = usize::try_from(size.saturating_sub(offset)).unwrap_or(usize::MAX);
            if page - self.base >= left {
                self.slot.note_bad_from(left, Reason::Truncated);
                return Repair::ReplaceFrom(self.base + left.next_multiple_of(page_size));
            }
        }
        let reason = reason();
        // What the descriptor cannot read either is not tried again, since that may take a failing disk a minute.
        if reason != Reason::Io && self.may_retry(page, page_size, now) {
            return Repair::Retry;
        }
        if !self.slot.add_bad_page(self.page_number(page, page_size), reason) {
            return self.note_bad_from(page, reason);
        }
        self.slot.note_faulted();
        Repair::ReplacePage
    }

    /// Notes that everything from `page` on is bad.
    pub fn note_bad_from(&self, page: usize, reason: Reason) -> Repair {
        self.slot.note_bad_from(page - self.base, reason);
        Repair::ReplaceFrom(page)
    }

    /// Notes a page whose bytes are lost.
    pub fn note_lost_page(&self, page: usize, page_size: usize) {
        if !self.slot.add_bad_page(self.page_number(page, page_size), Reason::Io) {
            self.slot.note_bad_from(page - self.base, Reason::Io);
        }
        self.slot.note_faulted();
    }

    /// Whether bytes of a page are known to be bad.
    pub fn is_bad(&self, page: usize, page_size: usize) -> bool {
        self.slot.first_bad(page - self.base, page_size, page_size).is_some()
    }

    /// Notes a store into a read-only mapping.
    pub fn note_stray_store(&self) {
        self.slot.note_stray_store();
    }

    fn page_number(&self, page: usize, page_size: usize) -> u64 {
        ((page - self.base) / page_size) as u64
    }
}
