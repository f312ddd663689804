//! A handler's side of the table: no lock, no allocation, no panic.

use std::sync::atomic::Ordering::{Acquire, Relaxed, SeqCst};

use super::{
    AT_ONCE, Entry, FAULTED, MADE, MOST_SPLITS, PAUSED, PER_CHUNK, PRIVATE, READ_ONLY, RETRIES, REVOKED,
    Reason, SIZED, SPLITS, Slot, chunk,
};

/// What a handler does about a fault.
#[derive(Debug, PartialEq, Eq)]
pub enum Mend {
    /// Nothing: the access is tried again.
    Retry,
    /// This page alone is replaced.
    Page,
    /// Everything from this address on is replaced.
    From(usize),
}

/// A handler's stay in an entry.
pub struct Visit {
    slot: Slot,
    base: usize,
    end: usize,
}

/// The entry that holds `address`. No lock, no allocation, no panic.
pub fn visit(address: usize) -> Option<Visit> {
    for number in 0..MADE.load(Acquire) {
        let Some(chunk) = chunk(number) else { continue };
        for (index, (base, end)) in chunk.bases.iter().zip(&chunk.ends).enumerate() {
            let start = base.load(Acquire);
            if start == 0 || address < start || address >= end.load(Acquire) {
                continue;
            }
            let slot = Slot { chunk, number: (number * PER_CHUNK + index) as u32 };
            slot.entry().inside.fetch_add(1, SeqCst);
            // Looked at again, now that nobody can take it out.
            let visit = Visit { slot, base: base.load(SeqCst), end: end.load(SeqCst) };
            if visit.base != 0 && (visit.base..visit.end).contains(&address) {
                return Some(visit);
            }
        }
    }
    None
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.slot.entry().inside.fetch_sub(1, SeqCst);
    }
}

impl Visit {
    pub fn base(&self) -> usize {
        self.base
    }

    pub fn end(&self) -> usize {
        self.end
    }

    /// Where what was lost begins, by the first address after the last good page; the end, when nothing was.
    pub fn tail(&self) -> usize {
        self.base.saturating_add(self.slot.entry().tail.load(SeqCst)).min(self.end)
    }

    pub fn file(&self) -> i32 {
        self.slot.entry().file.load(SeqCst)
    }

    fn is(&self, bit: u32) -> bool {
        self.slot.entry().kind.load(SeqCst) & bit != 0
    }

    pub fn is_sized(&self) -> bool {
        self.is(SIZED)
    }

    pub fn is_read_only(&self) -> bool {
        self.is(READ_ONLY)
    }

    /// The owner is at work on the pages: the access is tried again.
    pub fn is_paused(&self) -> bool {
        self.is(PAUSED)
    }

    /// Zero pages stand there.
    pub fn is_revoked(&self) -> bool {
        self.is(REVOKED)
    }

    /// Asks to split the mapping once more. `false`: there are so many parts that it must be replaced as a whole.
    pub fn may_split(&self) -> bool {
        if SPLITS.fetch_add(1, SeqCst) >= MOST_SPLITS {
            SPLITS.fetch_sub(1, SeqCst);
            return false;
        }
        self.slot.entry().splits.fetch_add(1, SeqCst);
        true
    }

    /// Notes a page whose bytes are gone.
    pub fn lose(&self, page: usize, page_size: usize) {
        if !self.slot.note(((page - self.base) / page_size) as u64, Reason::Io) {
            self.slot.cut(page - self.base, Reason::Io);
        }
        self.slot.status().fetch_or(FAULTED, SeqCst);
    }

    pub fn is_private(&self) -> bool {
        self.is(PRIVATE)
    }

    /// Where an address lies in the file.
    pub fn file_offset(&self, address: usize) -> u64 {
        self.slot.entry().offset.load(Relaxed).saturating_add((address - self.base) as u64)
    }

    /// Whether the page has faulted less than `most` times for no reason that can be seen; it is counted.
    ///
    /// `now`: nanoseconds of a clock that only goes on. What cannot be had faults again at once; a page that was lost and
    /// came back, each time a little too late for the fault that was on its way, does not.
    pub fn is_puzzling(&self, page: usize, page_size: usize, most: usize, now: u64) -> bool {
        let Entry { puzzle, puzzled, .. } = self.slot.entry();
        let soon = now.saturating_sub(puzzled.swap(now, SeqCst)) < AT_ONCE;
        let seen = puzzle.load(SeqCst);
        let again = soon && seen & !(page_size - 1) == page;
        let times = if again { seen & (page_size - 1) } else { 0 };
        if times < most {
            puzzle.store(page | (times + 1), SeqCst);
        }
        times < most
    }

    /// What to do about `page`, when the file has `size` bytes (`None`: nobody knows), and notes it. Status before
    /// pages: whoever can see the zeros can see the status.
    pub fn judge(
        &self,
        page: usize,
        page_size: usize,
        size: Option<u64>,
        now: u64,
        reason: impl FnOnce() -> Reason,
    ) -> Mend {
        let entry = self.slot.entry();
        let offset = entry.offset.load(Relaxed);
        if let Some(size) = size.filter(|_| self.is_sized()) {
            let left = usize::try_from(size.saturating_sub(offset)).unwrap_or(usize::MAX);
            if page - self.base >= left {
                self.slot.cut(left, Reason::Truncated);
                return Mend::From(self.base + left.next_multiple_of(page_size));
            }
        }
        let reason = reason();
        // What the descriptor cannot read either needs no second look, which may take a failing disk a minute.
        if reason != Reason::Io && self.is_puzzling(page, page_size, RETRIES, now) {
            return Mend::Retry;
        }
        let noted = self.slot.note(((page - self.base) / page_size) as u64, reason);
        if !noted {
            return self.give_up(page, reason);
        }
        self.slot.status().fetch_or(FAULTED, SeqCst);
        Mend::Page
    }

    /// Everything from `page` on is lost.
    pub fn give_up(&self, page: usize, reason: Reason) -> Mend {
        self.slot.cut(page - self.base, reason);
        Mend::From(page)
    }

    /// Notes a store into what is read-only.
    pub fn stray(&self) {
        self.slot.put_stray_back();
    }
}
