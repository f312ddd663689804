//! Which addresses are ours, what is known of the file below them, and what was found bad: a table that a signal handler
//! reads while others write to it. Atomics alone; nothing that the handler reads is ever freed.
//!
//! Entries come in chunks that live for ever. Registering and leaving takes a lock, which the handler never does. A
//! handler that works on an entry is counted in it, and whoever takes the entry out waits until the count is 0.

mod visit;

use std::alloc::{Layout, alloc_zeroed};
use std::ptr;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};

use crate::sync::Mutex;
use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize};

#[cfg(any(unix, test))]
pub use visit::Mend;
pub use visit::{Visit, visit};

/// Entries of one chunk.
pub const PER_CHUNK: usize = 1024;
const CHUNKS: usize = 4096;
/// How many separate runs of bad pages an entry remembers; one more, and everything from there on is given up.
const RUNS: usize = 32;
/// How often the same page may fault for no reason that can be seen: another thread mended it, or the file has grown.
const RETRIES: usize = 8;

/// How many parts all mappings together may be split into by faults: the system's limit of mappings is the host's too.
const MOST_SPLITS: usize = 2048;
static SPLITS: AtomicUsize = AtomicUsize::new(0);

/// Nanoseconds within which a page that cannot be had faults again.
const AT_ONCE: u64 = 200_000;

/// How many stores into the same read-only page are answered before one of them is told: as many threads may have been
/// stopped there at once.
pub const STORES: usize = 1000;

/// Bits of an entry's status word.
const FAULTED: u32 = 1;
const STRAY: u32 = 2;

/// Why bytes are bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The file ends before them.
    Truncated,
    /// They could not be read.
    Io,
    /// They had no block on the disk, and there was none left for a store.
    NoSpace,
}

impl Reason {
    fn code(self) -> u64 {
        match self {
            Self::Truncated => 1,
            Self::Io => 2,
            Self::NoSpace => 3,
        }
    }

    fn of(code: u64) -> Self {
        match code {
            1 => Self::Truncated,
            3 => Self::NoSpace,
            _ => Self::Io,
        }
    }
}

/// Bytes that are not the file's: where, counted from the first address of the mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bad {
    pub at: usize,
    pub reason: Reason,
}

/// What a handler may know of a mapping.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// A descriptor that stays open until the entry is taken out; -1: none.
    pub file: i32,
    /// Where the first address lies in the file.
    pub offset: u64,
    /// The file has a size, and nothing beyond it.
    pub sized: bool,
    /// A store is a mistake.
    pub read_only: bool,
    /// Pages made writable are this mapping's own.
    pub private: bool,
}

const SIZED: u32 = 1;
const READ_ONLY: u32 = 2;
const PRIVATE: u32 = 4;
/// The owner is at work on the pages.
const PAUSED: u32 = 8;
/// Zero pages stand there until the addresses are given back.
const REVOKED: u32 = 16;

#[repr(C, align(4096))]
struct Words([AtomicU32; PER_CHUNK]);

#[repr(C)]
struct Chunk {
    /// In pages of their own: JavaScript reads them in place.
    words: Words,
    /// 0: free.
    bases: [AtomicUsize; PER_CHUNK],
    ends: [AtomicUsize; PER_CHUNK],
    entries: [Entry; PER_CHUNK],
    /// Apart from the entries: hardly any is ever touched. Each is 0, or a run of bad pages: the first one's number plus 1
    /// (38 bits), their count (24), the reason (2).
    runs: [[AtomicU64; RUNS]; PER_CHUNK],
}

struct Entry {
    /// Handlers at work on it.
    inside: AtomicUsize,
    file: AtomicI32,
    kind: AtomicU32,
    offset: AtomicU64,
    /// Everything from here on is bad, in bytes from the base; and why.
    tail: AtomicUsize,
    tail_reason: AtomicU64,
    /// How many parts the mapping was split into.
    splits: AtomicU32,
    /// The page that faulted last without a reason, and in its low bits how often.
    puzzle: AtomicUsize,
    /// When that was.
    puzzled: AtomicU64,
    /// Not 0: there are runs of bad pages.
    noted: AtomicU32,
}

const COUNT_BITS: u32 = 24;
const MOST: u64 = (1 << COUNT_BITS) - 1;

fn pack(first: u64, count: u64, reason: Reason) -> u64 {
    (first + 1) << (COUNT_BITS + 2) | count << 2 | reason.code()
}

fn unpack(run: u64) -> Option<(u64, u64, Reason)> {
    let first = (run >> (COUNT_BITS + 2)).checked_sub(1)?;
    Some((first, run >> 2 & MOST, Reason::of(run & 3)))
}

static TABLE: [AtomicPtr<Chunk>; CHUNKS] = [const { AtomicPtr::new(ptr::null_mut()) }; CHUNKS];
/// How many chunks there are.
static MADE: AtomicUsize = AtomicUsize::new(0);
static FREE: Mutex<Vec<u32>> = Mutex::new(Vec::new());

fn chunk(number: usize) -> Option<&'static Chunk> {
    let chunk = TABLE.get(number)?.load(Acquire);
    // SAFETY: null, or a chunk that `grow` made whole before it stored the pointer, and that is never freed.
    unsafe { chunk.as_ref() }
}

/// Makes the next chunk, by whoever holds the list of free entries.
fn grow(free: &mut Vec<u32>) -> Option<()> {
    let number = MADE.load(Relaxed);
    let place = TABLE.get(number)?;
    // SAFETY: the layout has a size.
    let made = unsafe { alloc_zeroed(Layout::new::<Chunk>()) }.cast::<Chunk>();
    if made.is_null() {
        return None;
    }
    place.store(made, Release);
    MADE.store(number + 1, Release);
    free.extend((0..PER_CHUNK).rev().map(|index| (number * PER_CHUNK + index) as u32));
    Some(())
}

/// An entry of the table. It is the owner's until `free`.
#[derive(Clone, Copy)]
pub struct Slot {
    chunk: &'static Chunk,
    number: u32,
}

impl Slot {
    /// An entry that holds no addresses yet. `None`: there is no memory for it.
    pub fn take() -> Option<Self> {
        let mut free = FREE.lock();
        if free.is_empty() {
            grow(&mut free)?;
        }
        let number = free.pop()?;
        Some(Self { chunk: chunk(number as usize / PER_CHUNK)?, number })
    }

    /// Gives the entry back, out of the table, to be taken again.
    pub fn free(self) {
        self.leave();
        self.forgive();
        self.entry().kind.store(0, SeqCst);
        FREE.lock().push(self.number);
    }

    fn index(self) -> usize {
        self.number as usize % PER_CHUNK
    }

    fn runs(self) -> &'static [AtomicU64; RUNS] {
        &self.chunk.runs[self.index()]
    }

    fn entry(self) -> &'static Entry {
        &self.chunk.entries[self.index()]
    }

    /// The word that is not 0 once something went wrong.
    pub fn status(self) -> &'static AtomicU32 {
        &self.chunk.words.0[self.index()]
    }

    /// The number of its chunk, and its place there.
    pub fn place(self) -> (usize, usize) {
        (self.number as usize / PER_CHUNK, self.index())
    }

    /// Enters the addresses [base, end), which are nobody else's.
    pub fn enter(self, base: usize, end: usize, facts: Facts) {
        let entry = self.entry();
        let bit = |set, bit| if set { bit } else { 0 };
        entry.file.store(facts.file, Relaxed);
        entry.offset.store(facts.offset, Relaxed);
        let kind = bit(facts.sized, SIZED) | bit(facts.read_only, READ_ONLY) | bit(facts.private, PRIVATE);
        // A pause goes on.
        entry.kind.store(kind | entry.kind.load(SeqCst) & PAUSED, SeqCst);
        self.forgive();
        self.chunk.ends[self.index()].store(end, Relaxed);
        self.chunk.bases[self.index()].store(base, SeqCst);
    }

    /// Takes the addresses out, and waits until no handler works on them.
    pub fn leave(self) {
        self.chunk.bases[self.index()].store(0, SeqCst);
        self.wait();
    }

    fn wait(self) {
        while self.entry().inside.load(SeqCst) != 0 {
            std::thread::yield_now();
        }
    }

    /// From now on no handler does anything to the pages, until `resume`; none is at work on them any more.
    pub fn pause(self) {
        self.entry().kind.fetch_or(PAUSED, SeqCst);
        self.wait();
    }

    pub fn resume(self) {
        self.entry().kind.fetch_and(!PAUSED, SeqCst);
    }

    /// The mapping is gone, and zero pages stand in its place. In a pause.
    pub fn revoke(self) {
        self.forgive();
        self.entry().file.store(-1, SeqCst);
        self.entry().kind.store(REVOKED | PAUSED, SeqCst);
    }

    /// The descriptor is about to be closed.
    pub fn forget_file(self) {
        self.entry().file.store(-1, SeqCst);
        self.wait();
    }

    /// Forgets what was found bad.
    pub fn forgive(self) {
        let entry = self.entry();
        self.status().store(0, SeqCst);
        entry.tail.store(usize::MAX, SeqCst);
        entry.puzzle.store(0, SeqCst);
        SPLITS.fetch_sub(entry.splits.swap(0, SeqCst) as usize, SeqCst);
        if entry.noted.swap(0, SeqCst) != 0 {
            for run in self.runs() {
                run.store(0, SeqCst);
            }
        }
    }

    /// Whether a stray store was noticed, which this forgets.
    pub fn take_stray(self) -> bool {
        self.entry().puzzle.store(0, SeqCst);
        self.status().fetch_and(!STRAY, SeqCst) & STRAY != 0
    }

    /// Notes a stray store again.
    pub fn put_stray_back(self) {
        self.status().fetch_or(STRAY, SeqCst);
    }

    /// Everything from `tail` on is bad. For what was noticed without a fault.
    pub fn cut(self, tail: usize, reason: Reason) {
        self.entry().cut(tail, reason);
        self.status().fetch_or(FAULTED, SeqCst);
    }

    /// Notes a bad page. `false`: there is no room for one more run.
    fn note(self, page: u64, reason: Reason) -> bool {
        self.entry().noted.store(1, SeqCst);
        for run in self.runs() {
            let mut seen = run.load(SeqCst);
            loop {
                let longer = match unpack(seen) {
                    None => pack(page, 1, reason),
                    Some((first, count, _)) if first <= page && page < first + count => return true,
                    Some((first, count, why)) if why == reason && count < MOST => match page {
                        _ if page == first + count => pack(first, count + 1, reason),
                        _ if page + 1 == first => pack(page, count + 1, reason),
                        _ => break,
                    },
                    Some(_) => break,
                };
                match run.compare_exchange(seen, longer, SeqCst, SeqCst) {
                    Ok(_) => return true,
                    Err(now) => seen = now,
                }
            }
        }
        false
    }

    /// The first bad byte of [start, start + len), counted from the base.
    pub fn first_bad(self, start: usize, len: usize, page: usize) -> Option<Bad> {
        if len == 0 || self.status().load(SeqCst) & FAULTED == 0 {
            return None;
        }
        let end = start.saturating_add(len);
        self.bad_ranges(page)
            .filter(|(from, to, _)| *from < end && start < *to)
            .map(|(from, _, reason)| Bad { at: from.max(start), reason })
            .min_by_key(|bad| bad.at)
    }

    /// The bad ranges, in bytes from the base; the last one may end beyond the mapping.
    pub fn bad_ranges(self, page: usize) -> impl Iterator<Item = (usize, usize, Reason)> {
        let entry = self.entry();
        let tail = entry.tail.load(SeqCst);
        let why = Reason::of(entry.tail_reason.load(SeqCst));
        let noted = if entry.noted.load(SeqCst) == 0 { 0 } else { RUNS };
        let runs = self.runs().iter().take(noted).filter_map(move |run| {
            let (first, count, reason) = unpack(run.load(SeqCst))?;
            Some((first as usize * page, (first + count) as usize * page, reason))
        });
        runs.chain((tail != usize::MAX).then_some((tail, usize::MAX, why)))
    }
}

impl Entry {
    fn cut(&self, tail: usize, reason: Reason) {
        // The reason first: whoever sees the range sees why.
        if tail < self.tail.load(SeqCst) {
            self.tail_reason.store(reason.code(), SeqCst);
            self.tail.fetch_min(tail, SeqCst);
        }
    }
}

/// The status words of a chunk, for ever: their address and how many they are.
pub fn words(number: usize) -> Option<(*const AtomicU32, usize)> {
    chunk(number).map(|chunk| (chunk.words.0.as_ptr(), PER_CHUNK))
}

#[cfg(test)]
mod tests;
