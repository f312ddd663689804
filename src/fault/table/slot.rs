//! The owner's side of the table.

use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicU32, AtomicU64};

use super::{
    Bad, CHUNK_COUNT, Chunk, Entry, FAULTED, FREE, GuardedMapping, HOSTED, HOSTED_COUNT, INACCESSIBLE,
    LATE_ACCESS, LEFT, PAUSED, PER_CHUNK, PRIVATE, READ_ONLY, REVOKED, RUNS, Reason, SIZED, SPLITS,
    STRAY_STORE, UNTOLD, add_chunk, chunk, runs,
};

/// An entry of the table. It is the owner's from `take` to `free`; a handler has a copy of it while it is at work.
#[derive(Clone, Copy)]
pub struct Slot {
    chunk: &'static Chunk,
    number: u32,
}

impl Slot {
    /// A free entry, without addresses. `None`: there is no memory for one more.
    pub fn take() -> Option<Self> {
        let mut free = FREE.lock();
        if free.is_empty() {
            add_chunk(&mut free)?;
        }
        let number = free.pop()?;
        Some(Self { chunk: chunk(number as usize / PER_CHUNK)?, number })
    }

    /// Unregisters the addresses and puts the entry back among the free ones.
    pub fn free(self) {
        self.unregister();
        self.clear_own();
        self.entry().notes.store(0, SeqCst);
        if self.entry().flags.swap(0, SeqCst) & HOSTED != 0 {
            HOSTED_COUNT.fetch_sub(1, SeqCst);
        }
        FREE.lock().push(self.number);
    }

    /// The entry at `index` of a chunk, for a handler.
    pub(super) fn at(chunk: &'static Chunk, chunk_number: usize, index: usize) -> Self {
        Self { chunk, number: (chunk_number * PER_CHUNK + index) as u32 }
    }

    fn index(self) -> usize {
        self.number as usize % PER_CHUNK
    }

    /// The entry that notes what is bad in the mapping.
    fn noted(self) -> Self {
        match self.entry().notes.load(SeqCst).checked_sub(1) {
            None => self,
            Some(number) => chunk(number as usize / PER_CHUNK).map_or(self, |chunk| Self { chunk, number }),
        }
    }

    fn runs(self) -> &'static [AtomicU64; RUNS] {
        &self.chunk.runs[self.index()]
    }

    pub(super) fn entry(self) -> &'static Entry {
        &self.chunk.entries[self.index()]
    }

    /// The word that is not 0 once a fault or a stray store was noted.
    pub fn status(self) -> &'static AtomicU32 {
        self.noted().own_status()
    }

    /// The word of this entry, which besides is for what happens at its own addresses.
    fn own_status(self) -> &'static AtomicU32 {
        &self.chunk.status()[self.index()]
    }

    /// The number of its chunk, and its index there.
    pub fn status_place(self) -> (usize, usize) {
        let noted = self.noted();
        (noted.number as usize / PER_CHUNK, noted.index())
    }

    /// Registers the addresses [base, end), which no other entry has. `descriptor` is one of the mapping's file,
    /// which stays open until `release_descriptor`, `mark_revoked` or `unregister`; -1: none. `notes`: the entry of the same
    /// mapping at other addresses, which is there until `keep_own_notes`.
    pub fn register(
        self,
        base: usize,
        end: usize,
        mapping: GuardedMapping,
        descriptor: i32,
        notes: Option<Self>,
    ) {
        let entry = self.entry();
        let flag = |set, flag| if set { flag } else { 0 };
        entry.descriptor.store(descriptor, Relaxed);
        entry.offset.store(mapping.offset, Relaxed);
        let flags = flag(mapping.sized, SIZED)
            | flag(mapping.read_only, READ_ONLY)
            | flag(mapping.private, PRIVATE)
            | flag(mapping.hosted, HOSTED);
        // Where this happens in a pause, the pause goes on.
        let before = entry.flags.load(SeqCst);
        entry.flags.store(flags | before & PAUSED, SeqCst);
        if mapping.hosted && before & HOSTED == 0 {
            HOSTED_COUNT.fetch_add(1, SeqCst);
        }
        self.clear_own();
        entry.notes.store(notes.map_or(0, |slot| slot.noted().number + 1), SeqCst);
        evict_hosted(base, end, Some(self));
        self.chunk.ends[self.index()].store(end, Relaxed);
        // The base comes last: it is what a handler finds the entry by.
        self.chunk.bases[self.index()].store(base, SeqCst);
    }

    /// Registers other addresses, [base, end), of a hosted mapping, to which the pages are moved. What was noted stays.
    pub fn relocate(self, base: usize, end: usize) {
        self.unregister();
        if self.entry().flags.fetch_or(HOSTED, SeqCst) & HOSTED == 0 {
            HOSTED_COUNT.fetch_add(1, SeqCst);
        }
        self.entry().refusing_page.store(0, SeqCst);
        self.entry().repeated_page.store(0, SeqCst);
        evict_hosted(base, end, Some(self));
        self.chunk.ends[self.index()].store(end, Relaxed);
        self.chunk.bases[self.index()].store(base, SeqCst);
    }

    /// Notes what another entry has noted, of the same mapping at other addresses.
    pub fn copy_notes(self, from: Self) {
        let (ours, theirs) = (self.entry(), from.entry());
        ours.bad_from_reason.store(theirs.bad_from_reason.load(SeqCst), SeqCst);
        ours.bad_from.store(theirs.bad_from.load(SeqCst), SeqCst);
        ours.has_runs.store(theirs.has_runs.load(SeqCst), SeqCst);
        for (run, noted) in self.runs().iter().zip(from.runs()) {
            run.store(noted.load(SeqCst), SeqCst);
        }
        self.own_status().fetch_or(from.own_status().load(SeqCst) & (FAULTED | STRAY_STORE), SeqCst);
    }

    /// Whether `evict_hosted` has taken the addresses from this entry.
    pub fn is_evicted(self) -> bool {
        self.chunk.bases[self.index()].load(SeqCst) == 0
    }

    /// Unregisters the addresses, and waits until no handler is at work on them.
    pub fn unregister(self) {
        self.chunk.bases[self.index()].store(0, SeqCst);
        self.wait_for_handlers();
    }

    fn wait_for_handlers(self) {
        while self.entry().handlers.load(SeqCst) != 0 {
            std::thread::yield_now();
        }
    }

    /// From the return of this until `resume` no handler changes the pages.
    pub fn pause(self) {
        self.entry().flags.fetch_or(PAUSED, SeqCst);
        self.wait_for_handlers();
    }

    pub fn resume(self) {
        self.entry().flags.fetch_and(!PAUSED, SeqCst);
    }

    /// Notes that other pages are in the mapping's place, which has no file any more. To be called in a pause.
    /// `inaccessible`: an access to them is a fault.
    pub fn mark_revoked(self, inaccessible: bool) {
        self.keep_own_notes();
        let entry = self.entry();
        entry.descriptor.store(-1, SeqCst);
        let inaccessible = if inaccessible { INACCESSIBLE } else { 0 };
        let hosted = entry.flags.load(SeqCst) & HOSTED;
        entry.flags.store(REVOKED | inaccessible | PAUSED | hosted, SeqCst);
    }

    /// From now on what is bad is noted here, and nothing is yet. To be called in a pause.
    pub fn keep_own_notes(self) {
        self.entry().notes.store(0, SeqCst);
        self.clear_own();
    }

    /// Notes that a store into the pages is no mistake from now on.
    pub fn mark_left(self) {
        self.entry().flags.fetch_or(LEFT, SeqCst);
        self.entry().flags.fetch_and(!READ_ONLY, SeqCst);
    }

    /// Whether pages that nobody may access are in the mapping's place.
    pub fn is_inaccessible(self) -> bool {
        self.entry().flags.load(SeqCst) & INACCESSIBLE != 0
    }

    /// Whether an access to the revoked mapping was a fault.
    pub fn has_late_access(self) -> bool {
        self.own_status().load(SeqCst) & LATE_ACCESS != 0
    }

    pub(super) fn note_late_access(self) {
        self.own_status().fetch_or(LATE_ACCESS, SeqCst);
    }

    /// Takes the descriptor out and waits until no handler uses it: it is about to be closed.
    pub fn release_descriptor(self) {
        self.entry().descriptor.store(-1, SeqCst);
        self.wait_for_handlers();
    }

    /// Clears the status and forgets what was found bad.
    pub fn clear_faults(self) {
        let noted = self.noted();
        self.clear_own();
        noted.clear_own();
    }

    /// As `clear_faults`, for the addresses of this entry alone.
    pub fn clear_own(self) {
        let entry = self.entry();
        self.own_status().store(0, SeqCst);
        entry.bad_from.store(usize::MAX, SeqCst);
        entry.repeated_page.store(0, SeqCst);
        entry.retries.store(0, SeqCst);
        entry.refusing_page.store(0, SeqCst);
        SPLITS.fetch_sub(entry.splits.swap(0, SeqCst) as usize, SeqCst);
        if entry.has_runs.swap(0, SeqCst) != 0 {
            for run in self.runs() {
                run.store(0, SeqCst);
            }
        }
    }

    /// Whether the status says more than that somebody is to be told of something.
    pub fn is_faulted(self) -> bool {
        self.status().load(SeqCst) & !UNTOLD != 0
    }

    /// Notes whether somebody is to be told of a stray store that was discarded.
    pub fn mark_untold(self, untold: bool) {
        if untold {
            self.status().fetch_or(UNTOLD, SeqCst);
        } else {
            self.status().fetch_and(!UNTOLD, SeqCst);
        }
    }

    /// Whether a stray store was noted.
    pub fn has_stray_store(self) -> bool {
        self.status().load(SeqCst) & STRAY_STORE != 0
    }

    /// Whether a stray store was noted at the addresses of this entry, so that the pages here are not the file's.
    pub fn has_own_stray_store(self) -> bool {
        self.own_status().load(SeqCst) & STRAY_STORE != 0
    }

    /// Takes the note of a stray store at the addresses of this entry away.
    pub fn clear_stray_store(self) {
        self.entry().refusing_page.store(0, SeqCst);
        self.own_status().fetch_and(!STRAY_STORE, SeqCst);
    }

    pub fn note_stray_store(self) {
        self.own_status().fetch_or(STRAY_STORE, SeqCst);
        self.status().fetch_or(STRAY_STORE, SeqCst);
    }

    /// Notes that everything from `from` on is bad, in bytes from the base.
    pub fn note_bad_from(self, from: usize, reason: Reason) {
        self.noted().entry().note_bad_from(from, reason);
        self.note_faulted();
    }

    /// From where on everything is bad, in bytes from the base; `usize::MAX`: nothing.
    pub(super) fn bad_from(self) -> usize {
        self.noted().entry().bad_from.load(SeqCst)
    }

    pub(super) fn note_faulted(self) {
        self.status().fetch_or(FAULTED, SeqCst);
    }

    /// Remembers a bad page by its number, and leaves the status as it is. `false`: there is no room for one more
    /// run.
    pub(super) fn add_bad_page(self, page: u64, reason: Reason) -> bool {
        let noted = self.noted();
        noted.entry().has_runs.store(1, SeqCst);
        for run in noted.runs() {
            let mut seen = run.load(SeqCst);
            while let Some(longer) = runs::with_page(seen, page, reason) {
                if longer == seen {
                    return true;
                }
                match run.compare_exchange(seen, longer, SeqCst, SeqCst) {
                    Ok(_) => return true,
                    // Another handler has changed it: perhaps the page fits still, or is in it already.
                    Err(now) => seen = now,
                }
            }
        }
        false
    }

    /// The first bad byte of [start, start + len), in bytes from the base.
    pub fn first_bad(self, start: usize, len: usize, page_size: usize) -> Option<Bad> {
        if len == 0 || self.status().load(SeqCst) & FAULTED == 0 {
            return None;
        }
        let end = start.saturating_add(len);
        self.bad_ranges(page_size)
            .filter(|(from, to, _)| *from < end && start < *to)
            .map(|(from, _, reason)| Bad { at: from.max(start), reason })
            .min_by_key(|bad| bad.at)
    }

    /// The bad ranges, in bytes from the base. The last one may end beyond the mapping.
    pub fn bad_ranges(self, page_size: usize) -> impl Iterator<Item = (usize, usize, Reason)> {
        let noted = self.noted();
        let entry = noted.entry();
        let bad_from = entry.bad_from.load(SeqCst);
        let reason = Reason::from_code(entry.bad_from_reason.load(SeqCst));
        let known = if entry.has_runs.load(SeqCst) == 0 { 0 } else { RUNS };
        let runs = noted.runs().iter().take(known).filter_map(move |run| {
            let (first, count, reason) = runs::unpack(run.load(SeqCst))?;
            Some((first as usize * page_size, (first + count) as usize * page_size, reason))
        });
        runs.chain((bad_from != usize::MAX).then_some((bad_from, usize::MAX, reason)))
    }
}

/// Takes the addresses [base, end) from entries of hosted mappings, but for one entry: they are somebody else's now, so the engine
/// has freed what it had there.
pub fn evict_hosted(base: usize, end: usize, but: Option<Slot>) {
    if HOSTED_COUNT.load(SeqCst) == 0 {
        return;
    }
    for number in 0..CHUNK_COUNT.load(SeqCst) {
        let Some(chunk) = chunk(number) else { continue };
        for (index, (start, last)) in chunk.bases.iter().zip(&chunk.ends).enumerate() {
            let from = start.load(SeqCst);
            let is_other = but.is_none_or(|but| !(std::ptr::eq(chunk, but.chunk) && index == but.index()));
            if from != 0
                && is_other
                && from < end
                && base < last.load(SeqCst)
                && chunk.entries[index].flags.load(SeqCst) & HOSTED != 0
            {
                let _ = start.compare_exchange(from, 0, SeqCst, SeqCst);
            }
        }
    }
}
