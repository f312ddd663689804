//! The fault table: which addresses are guarded, what is known of the file behind them, and what was found bad there.
//!
//! Its readers are signal handlers, which may take no lock and allocate nothing, and which may interrupt any thread
//! anywhere, also while it writes to this table. So the table is made of atomics, and nothing in it is ever freed.
//!
//! # Who writes and who reads
//! - The *owner* of a mapping (`Slot`, through `Guard`) takes a free entry, registers the addresses, pauses the
//!   handlers while it changes the pages, unregisters the addresses and frees the entry. Only taking and freeing an
//!   entry need a lock, that of the list of free entries, and a handler does neither.
//! - A *handler* (`Visit`) looks up the address of a fault. It notes what it found bad, and that it is at work there.
//! - *Any thread* may ask afterwards whether the bytes that it has read are the file's: the status word first, and if
//!   that is not 0, the bad ranges. JavaScript reads the status words in place, without a call.
//!
//! # In which order
//! - **Registering.** The base is stored after everything else, and a base of 0 means no mapping. A handler that
//!   finds a base finds all that belongs to it.
//! - **Looking up.** A handler compares the address with each base and end. When it has found an entry it adds itself
//!   to the entry's count of handlers, and only then loads base and end again, since the entry may have changed
//!   hands.
//! - **Unregistering and pausing.** The owner stores the base 0 (or the flag `PAUSED`, or the descriptor -1), and
//!   then waits until the count of handlers is 0. Each side stores before it loads, all sequentially consistent. So
//!   either the handler sees the change and keeps away, or the owner sees the handler and waits.
//! - **Noting.** A handler stores the reason, then the bad range, then the status, and replaces the pages last. A
//!   reader goes the other way: bytes, status, ranges. Whoever has read zeros that a handler put there also sees the
//!   status, and whoever sees the status sees the range.
//!
//! # Why it is safe
//! - Chunks of entries are complete before a pointer to them is stored, and live for ever: a handler never follows a
//!   pointer to what is gone.
//! - The owner unmaps the addresses, and closes the file, only after it has waited for the handlers. So a handler
//!   changes pages of the mapping alone, and its descriptor is the file's.
//! - A handler never waits for the owner: during a pause it returns, and the access faults again. The owner waits for
//!   the few system calls of a handler (of which the read of a byte from a failing disk may take long).

mod runs;
mod slot;
mod visit;

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize};

use crate::os;
use crate::sync::Mutex;

pub use slot::{Slot, evict_hosted};
#[cfg(any(unix, test))]
pub use visit::Repair;
pub use visit::{Visit, find};

/// Entries of one chunk.
const PER_CHUNK: usize = 1024;
const MAX_CHUNKS: usize = 4096;
/// How many separate runs of bad pages an entry remembers. When there is one more, everything from its page on counts
/// as bad.
const RUNS: usize = 32;
/// How often in a row the same page may fault for no visible reason before it counts as bad. The reason may be gone
/// already: another thread has repaired the page, or the file has grown again.
const MAX_REPEATS: usize = 8;
/// A fault of the same page counts as a repeated one if it comes within so many nanoseconds of the last.
const REPEAT_WINDOW: u64 = 200_000;
/// How often faults of one mapping may be tried again for no visible reason before a page counts as bad, however long it
/// was between them and whatever pages they were of: on a slow disk, or with many threads at as many bad pages, none is
/// ever repeated at once.
const MAX_RETRIES: u32 = 4000;
/// How often in a row the same page of a mapping may refuse a store, although it was made writable each time. So many
/// threads may have been stopped at it at once.
const MAX_STORES: usize = 1000;

/// Into how many parts faults may split all mappings together. Each part takes one of the mappings that the system
/// allows the process (vm.max_map_count on Linux), and the host needs some too.
const MAX_SPLITS: usize = 2048;
static SPLITS: AtomicUsize = AtomicUsize::new(0);

/// Bits of an entry's status word.
const FAULTED: u32 = 1;
const STRAY_STORE: u32 = 2;
const LATE_ACCESS: u32 = 4;
const UNTOLD: u32 = 8;

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

    fn from_code(code: u64) -> Self {
        match code {
            1 => Self::Truncated,
            3 => Self::NoSpace,
            _ => Self::Io,
        }
    }
}

/// A byte that is not the file's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bad {
    /// Where it is, in bytes from the first address of the mapping.
    pub at: usize,
    pub reason: Reason,
}

/// What a handler must know of a mapping to answer a fault in it.
#[derive(Clone, Copy, Debug)]
pub struct GuardedMapping {
    /// Where its first address is in the file, in bytes.
    pub offset: u64,
    /// It is a mapping of a regular file: the file has a size, and no bytes beyond it.
    pub sized: bool,
    /// It is for reading, so a store into it is a mistake.
    pub read_only: bool,
    /// Its pages are private: when they are made writable, a store does not reach the file.
    pub private: bool,
    /// Its addresses are those of memory of the engine's, which the engine frees without a word.
    pub hosted: bool,
}

// Flags of an entry. The first three are those of `GuardedMapping`.
const SIZED: u32 = 1;
const READ_ONLY: u32 = 2;
const PRIVATE: u32 = 4;
/// The owner is changing the pages.
const PAUSED: u32 = 8;
/// Other pages are in the mapping's place until the addresses are unmapped.
const REVOKED: u32 = 16;
/// They are pages that nobody may access.
const INACCESSIBLE: u32 = 32;
/// The addresses may be somebody else's by now: see `GuardedMapping::hosted`.
const HOSTED: u32 = 64;
/// They are left to the engine and whoever else has them, and no store into them is a mistake.
const LEFT: u32 = 128;

/// In pages of their own, since JavaScript has them as an ArrayBuffer.
#[repr(C, align(4096))]
struct StatusWords([AtomicU32; PER_CHUNK]);

#[repr(C)]
struct Chunk {
    /// Shared pages of their own, so that they can be shown at addresses of the engine's.
    status: AtomicPtr<StatusWords>,
    /// The first addresses; 0: no mapping is registered.
    bases: [AtomicUsize; PER_CHUNK],
    /// The first addresses behind the mappings.
    ends: [AtomicUsize; PER_CHUNK],
    entries: [Entry; PER_CHUNK],
    /// Runs of bad pages, packed as `runs` says. They are apart from the entries, since hardly any is ever written
    /// to, and so their pages take no memory.
    runs: [[AtomicU64; RUNS]; PER_CHUNK],
}

struct Entry {
    /// How many handlers are at work in it.
    handlers: AtomicUsize,
    /// A descriptor of the file, which is open as long as it is here; -1: none.
    descriptor: AtomicI32,
    flags: AtomicU32,
    /// Where the first address is in the file.
    offset: AtomicU64,
    /// Everything from here on is bad, in bytes from the base; `usize::MAX`: nothing.
    bad_from: AtomicUsize,
    bad_from_reason: AtomicU64,
    /// Into how many parts the mapping was split.
    splits: AtomicU32,
    /// The page that faulted last for no visible reason, and in its low bits how often in a row.
    repeated_page: AtomicUsize,
    /// When that was.
    repeated_at: AtomicU64,
    /// How often a fault was tried again since a page last counted as bad.
    retries: AtomicU32,
    /// The page that refused a store last, and in its low bits how often in a row.
    refusing_page: AtomicUsize,
    /// Not 0: there are runs of bad pages.
    has_runs: AtomicU32,
    /// The number plus 1 of the entry that notes what is bad here; 0: this one. A mapping that is shown at several addresses
    /// loses the same bytes at each.
    notes: AtomicU32,
}

impl Chunk {
    fn status(&self) -> &'static [AtomicU32; PER_CHUNK] {
        // SAFETY: stored before the chunk was, and never unmapped.
        unsafe { &(*self.status.load(Acquire)).0 }
    }
}

impl Entry {
    fn note_bad_from(&self, from: usize, reason: Reason) {
        if from < self.bad_from.load(SeqCst) {
            // The reason comes first: whoever sees the range sees why.
            self.bad_from_reason.store(reason.code(), SeqCst);
            self.bad_from.fetch_min(from, SeqCst);
        }
    }
}

static CHUNKS: [AtomicPtr<Chunk>; MAX_CHUNKS] = [const { AtomicPtr::new(ptr::null_mut()) }; MAX_CHUNKS];
static CHUNK_COUNT: AtomicUsize = AtomicUsize::new(0);
/// How many entries are of hosted mappings.
static HOSTED_COUNT: AtomicUsize = AtomicUsize::new(0);
/// The numbers of the free entries.
static FREE: Mutex<Vec<u32>> = Mutex::new(Vec::new());

fn chunk(number: usize) -> Option<&'static Chunk> {
    let chunk = CHUNKS.get(number)?.load(Acquire);
    // SAFETY: null, or a chunk that `add_chunk` made whole before it stored the pointer, and that is never freed.
    unsafe { chunk.as_ref() }
}

/// Adds a chunk, and its entries to the list of free ones, whose lock the caller holds.
fn add_chunk(free: &mut Vec<u32>) -> Option<()> {
    let number = CHUNK_COUNT.load(Relaxed);
    let place = CHUNKS.get(number)?;
    // SAFETY: the layout has a size.
    let made = unsafe { alloc_zeroed(Layout::new::<Chunk>()) }.cast::<Chunk>();
    if made.is_null() {
        return None;
    }
    let Some(status) = os::shared_pages(size_of::<StatusWords>()) else {
        // SAFETY: just made, by the same layout, and nobody has seen it.
        unsafe { dealloc(made.cast(), Layout::new::<Chunk>()) };
        return None;
    };
    // SAFETY: just made, all zero, which is a valid chunk.
    unsafe { &*made }.status.store(status.cast(), Release);
    place.store(made, Release);
    CHUNK_COUNT.store(number + 1, Release);
    free.extend((0..PER_CHUNK).rev().map(|index| (number * PER_CHUNK + index) as u32));
    Some(())
}

/// The status words of a chunk: their address, which is valid for ever, and their number.
pub fn status_words(chunk_number: usize) -> Option<(*const AtomicU32, usize)> {
    chunk(chunk_number).map(|chunk| (chunk.status().as_ptr(), PER_CHUNK))
}

#[cfg(test)]
mod tests;
