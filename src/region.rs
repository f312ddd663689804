//! An owned range of addresses. It is replaced by zero pages at close, in one step, and given back when the last
//! holder ends: the mapping itself, each ArrayBuffer made over it, each job at work on it hold one `Arc` of it.
//!
//! The bytes may change at any moment by the hand of another process or of JavaScript, so nothing here keeps a
//! reference to them: they are copied, or lent to a function that bounds its answers by the length alone.

use std::fs::File;
use std::ops::Range;
use std::ptr;
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::fault::{Guard, Subject};
use crate::os::{self, Held};
use crate::request::{Access, Plan};

/// Bytes of a buffer on the way between two places.
const BOUNCE: usize = 256 * 1024;

/// How many regions are mapped and not yet zero pages. Neighbours may be one to the system, until one of them ends.
static LIVE: AtomicUsize = AtomicUsize::new(0);

/// How many regions are mapped and not yet zero pages.
pub fn live() -> usize {
    LIVE.load(Ordering::Relaxed)
}

pub struct Region {
    held: Held,
    /// Bytes before the first visible one.
    slack: usize,
    /// Visible bytes.
    length: usize,
    exposed: AtomicBool,
    entombed: AtomicBool,
    guard: Option<Guard>,
    /// The bytes are on a volume that can go away, where no fault can be answered: they are reached with care.
    fragile: bool,
}

/// How an access went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Touch {
    Done,
    /// The range is not within the mapping: nothing was touched.
    Beyond,
    /// The system could not read, or write, from this byte on or some block before it.
    Lost(usize),
}

// SAFETY: the addresses belong to the process, not to a thread; every access to the bytes is a raw copy or a
// bounded read, and what may change besides them is atomic.
unsafe impl Send for Region {}
// SAFETY: as above.
unsafe impl Sync for Region {}

/// Bytes of JavaScript's, for the length of one call.
#[derive(Clone, Copy)]
pub struct Foreign {
    start: *mut u8,
    len: usize,
}

impl Foreign {
    /// # Safety
    /// `start` and `len` are memory that stays readable, and writable where it is a target, while this is used.
    pub unsafe fn new(start: *mut u8, len: usize) -> Self {
        Self { start, len }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    /// Fills it from a file. `false`: not, or not all of it.
    pub fn read_from(self, file: &File, at: u64) -> bool {
        // SAFETY: writable by the contract of `new`.
        unsafe { os::read_at(file, at, self.start, self.len) }
    }

    /// A copy of up to `most` bytes: right even when they are a view of the mapping that is about to be written.
    /// `None`: there is no memory for them.
    pub fn to_vec(self, most: usize) -> Option<Vec<u8>> {
        let bytes = &self.as_slice()[..self.len.min(most)];
        let mut copy = Vec::new();
        copy.try_reserve_exact(bytes.len()).ok()?;
        copy.extend_from_slice(bytes);
        Some(copy)
    }

    pub fn as_slice(&self) -> &[u8] {
        if self.len == 0 {
            return &[];
        }
        // SAFETY: readable by the contract of `new`; used only while no JavaScript runs.
        unsafe { slice::from_raw_parts(self.start, self.len) }
    }
}

impl Region {
    /// Takes `held`, which maps at least `slack + length` bytes.
    pub fn new(held: Held, slack: usize, length: usize) -> Self {
        LIVE.fetch_add(1, Ordering::Relaxed);
        let (exposed, entombed) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { held, slack, length, exposed, entombed, guard: None, fragile: false }
    }

    /// The same, guarded against what may happen to `file`. `None`: there is no memory for that.
    pub fn guarded(mut self, subject: Subject, file: Option<Arc<File>>) -> Option<Self> {
        if self.whole() > 0 {
            self.fragile = file.as_deref().is_some_and(os::is_fragile);
            self.guard = Some(Guard::new(self.held.base(), os::whole_pages(self.whole()), subject, file)?);
        }
        Some(self)
    }

    /// What went wrong with the bytes, where that is watched.
    pub fn guard(&self) -> Option<&Guard> {
        self.guard.as_ref()
    }

    /// Bytes from the first address on.
    fn whole(&self) -> usize {
        if matches!(self.held, Held::Empty) { 0 } else { self.slack + self.length }
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

    /// Copies between addresses, one of them in the mapping. `at`: where in the mapping it begins.
    ///
    /// # Safety
    /// Both ranges are valid for `len` bytes; they may overlap.
    unsafe fn transfer(&self, from: *const u8, to: *mut u8, len: usize, at: usize) -> Touch {
        if self.fragile {
            // SAFETY: by this function's contract.
            return if unsafe { os::copy_carefully(from, to, len) } { Touch::Done } else { Touch::Lost(at) };
        }
        // SAFETY: as above.
        unsafe { ptr::copy(from, to, len) };
        Touch::Done
    }

    /// Brings the page at `page`, counted from the first address, into memory. `false`: not to be had without a fault.
    pub fn is_there(&self, page: usize) -> bool {
        // SAFETY: a page of our own mapping.
        page < self.whole() && unsafe { os::populate(self.held.base().wrapping_add(page)) }
    }

    /// Writes one byte; the caller has made sure that the mapping is writable.
    pub fn set_byte(&self, index: usize, value: u8) -> Touch {
        if !self.has(index, 1) {
            return Touch::Beyond;
        }
        // SAFETY: index is within the mapping, which lives as long as `self`.
        unsafe { self.transfer(&raw const value, self.at(index), 1, index) }
    }

    /// Copies `target.len()` bytes from `start` on into `target`, which may overlap.
    pub fn copy_out(&self, start: usize, target: Foreign) -> Touch {
        if target.len == 0 {
            return Touch::Done;
        }
        if !self.has(start, target.len) {
            return Touch::Beyond;
        }
        // SAFETY: both ranges are valid, by `has` and by the contract of `Foreign::new`.
        unsafe { self.transfer(self.at(start), target.start, target.len, start) }
    }

    /// Copies `source`, which may overlap, to `start`; the mapping is writable.
    pub fn copy_in(&self, start: usize, source: Foreign) -> Touch {
        if source.len == 0 {
            return Touch::Done;
        }
        if !self.has(start, source.len) {
            return Touch::Beyond;
        }
        // SAFETY: as in `copy_out`.
        unsafe { self.transfer(source.start, self.at(start), source.len, start) }
    }

    /// Copies `len` bytes of `other`, which may be `self`, to `to`; the mapping is writable.
    pub fn copy_from(&self, to: usize, other: &Self, from: usize, len: usize) -> Touch {
        if !self.has(to, len) || !other.has(from, len) {
            return Touch::Beyond;
        }
        if !other.fragile {
            // SAFETY: both ranges are within their mappings, which live as long as the references.
            return unsafe { self.transfer(other.at(from), self.at(to), len, to) };
        }
        // By way of a buffer, in the direction in which an overlap does no harm.
        let mut buffer = vec![0; len.min(BOUNCE)];
        let backwards = self.at(to) > other.at(from);
        let mut done = 0;
        while done < len {
            let step = buffer.len().min(len - done);
            let at = if backwards { len - done - step } else { done };
            // SAFETY: the buffer is ours, and the rest as above.
            let read = unsafe { other.transfer(other.at(from + at), buffer.as_mut_ptr(), step, from + at) };
            if read != Touch::Done {
                return read;
            }
            // SAFETY: as above.
            let written = unsafe { self.transfer(buffer.as_ptr(), self.at(to + at), step, to + at) };
            if written != Touch::Done {
                return written;
            }
            done += step;
        }
        Touch::Done
    }

    /// Repeats `pattern`, which is not empty, from `start` to `end`; the mapping is writable.
    pub fn fill(&self, start: usize, end: usize, pattern: &[u8]) -> Touch {
        let Some(len) = end.checked_sub(start) else {
            return Touch::Done;
        };
        if !self.has(start, len) {
            return Touch::Beyond;
        }
        if !self.fragile
            && let [byte] = *pattern
        {
            // SAFETY: the range is within the mapping, which lives as long as `self`.
            unsafe { ptr::write_bytes(self.at(start), byte, len) };
            return Touch::Done;
        }
        // Whole patterns, many of them: what is written is never read back.
        let times = (BOUNCE / pattern.len()).clamp(1, len.div_ceil(pattern.len()).max(1));
        let many = pattern.repeat(times);
        for at in (0..len).step_by(many.len()) {
            let step = many.len().min(len - at);
            // SAFETY: within the range, and the copies are ours.
            let written = unsafe { self.transfer(many.as_ptr(), self.at(start + at), step, start + at) };
            if written != Touch::Done {
                return written;
            }
        }
        Touch::Done
    }

    /// The bytes of a range where they are reached with care: a copy. `None`: they may be lent as they are.
    pub fn careful_copy(&self, range: Range<usize>) -> Option<Result<Vec<u8>, Touch>> {
        if !self.fragile {
            return None;
        }
        let mut copy = vec![0; range.len()];
        // SAFETY: the copy is ours.
        let target = unsafe { Foreign::new(copy.as_mut_ptr(), copy.len()) };
        Some(match self.copy_out(range.start, target) {
            Touch::Done => Ok(copy),
            touch => Err(touch),
        })
    }

    /// Lends the bytes of a range to `look`. `None` beyond the end.
    pub fn look<R>(&self, range: Range<usize>, look: impl FnOnce(&[u8]) -> R) -> Option<R> {
        let len = range.end.checked_sub(range.start)?;
        if !self.has(range.start, len) {
            return None;
        }
        // SAFETY: the range is within the mapping, which lives as long as `self`. Others may change the bytes
        // meanwhile: what is lent to reads plain bytes and never trusts a byte read twice.
        Some(look(unsafe { slice::from_raw_parts(self.at(range.start), len) }))
    }

    /// Carries the bytes of `old` over: only pages that differ are written, so holes stay holes and private pages
    /// that nobody wrote to stay the file's.
    pub fn carry(&self, old: &Self) {
        let len = self.length.min(old.length);
        let page = os::page_size();
        for start in (0..len).step_by(page) {
            let step = page.min(len - start);
            let same = old.look(start..start + step, |was| self.look(start..start + step, |is| was == is));
            if same.flatten() != Some(true) {
                // Both are within their mappings.
                let _ = self.copy_from(start, old, start, step);
            }
        }
    }

    /// Lends the visible range to `make`, which hands it to the engine: from now on a pointer into it may be kept.
    pub fn expose<R>(&self, make: impl FnOnce(*mut u8, usize) -> R) -> R {
        self.exposed.store(true, Ordering::Relaxed);
        make(self.at(0), self.length)
    }

    /// Resizes memory of no file without copying, new bytes are zero; by `&mut self` nobody else holds it.
    /// `None`: not possible here.
    pub fn resize_in_place(&mut self, length: usize) -> Option<os::Result<()>> {
        if *self.exposed.get_mut() || matches!(self.held, Held::Empty) {
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
    pub fn entomb(&self) {
        if matches!(self.held, Held::Empty) || self.entombed.load(Ordering::Acquire) {
            return;
        }
        // SAFETY: the whole of our own mapping, which is unmapped by `held` alone, at the end of `self`.
        let done = unsafe { os::entomb(self.held.base(), self.whole()) };
        if !done {
            return;
        }
        // Only now: until the zeros are there, a fault may still need an answer.
        if let Some(guard) = &self.guard {
            guard.disarm();
        }
        if !self.entombed.swap(true, Ordering::AcqRel) {
            LIVE.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Maps `plan`'s file over what `entomb` has replaced, at the same addresses. `false`: not done.
    pub fn exhume(&self, file: &Arc<File>, plan: &Plan, regular: bool) -> bool {
        // SAFETY: the whole of our own mapping, as in `entomb`.
        let mapped = unsafe { os::map_over(self.held.base(), 0, self.whole(), Some(file), plan, regular) };
        let done = mapped.is_ok();
        if done && self.entombed.swap(false, Ordering::AcqRel) {
            LIVE.fetch_add(1, Ordering::Relaxed);
            if let Some(guard) = &self.guard {
                // For want of memory it goes on unguarded.
                let _ = guard.rearm(Some(Arc::clone(file)));
            }
        }
        done
    }

    /// Maps the file again, at the same addresses, over what a fault has left there. Pages of a copy-on-write mapping
    /// that are not bad stay as they are.
    pub fn reattach(&self, plan: &Plan, regular: bool) -> os::Result<()> {
        let Some(guard) = &self.guard else { return Ok(()) };
        let ranges = if plan.access == Access::Copy { guard.bad_pages() } else { vec![(0, guard.len())] };
        // First: what goes wrong from now on is noted anew.
        guard.forgive();
        ranges.into_iter().try_for_each(|(from, to)| self.map_again(guard, from, to - from, plan, regular))
    }

    /// Takes a stray store back: the mapping is the file's again, and read-only. `false`: this system cannot.
    pub fn heal(&self, plan: &Plan, regular: bool) -> bool {
        self.guard.as_ref().is_none_or(|guard| self.map_again(guard, 0, guard.len(), plan, regular).is_ok())
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
        // SAFETY: whole pages of our own mapping, as in `entomb`.
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
        if let Some(guard) = &self.guard {
            guard.disarm();
        }
        if !*self.entombed.get_mut() {
            LIVE.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// Whether anybody but the caller holds it: an ArrayBuffer, a job.
pub fn is_shared(region: &Arc<Region>) -> bool {
    Arc::strong_count(region) > 1
}

#[cfg(test)]
mod tests {
    use super::Touch::{Beyond, Done};
    use super::*;

    fn anonymous(length: usize) -> Region {
        let plan = Plan {
            access: Access::Write,
            raw: None,
            file_offset: 0,
            slack: 0,
            length,
            extend_to: None,
            guard: false,
        };
        Region::new(os::map_anonymous(&plan).unwrap_or_else(|failed| panic!("{failed:?}")), 0, length)
    }

    fn bytes(region: &Region, range: Range<usize>) -> Vec<u8> {
        region.look(range, <[u8]>::to_vec).unwrap()
    }

    #[test]
    fn nothing_reaches_past_an_end() {
        let region = anonymous(10);
        let mut target = [0u8; 11];
        // SAFETY: `target` outlives its use.
        let mut foreign = |len| unsafe { Foreign::new(target.as_mut_ptr(), len) };
        let (eleven, ten, none) = (foreign(11), foreign(10), foreign(0));
        assert_eq!(region.copy_out(0, eleven), Beyond);
        assert_eq!(region.copy_out(1, ten), Beyond);
        assert_eq!(region.copy_out(0, ten), Done);
        assert_eq!(region.copy_in(0, eleven), Beyond);
        assert_eq!(region.copy_in(usize::MAX, ten), Beyond);
        assert_eq!(region.copy_in(usize::MAX, none), Done);
        assert_eq!(region.fill(0, 11, b"a"), Beyond);
        assert_eq!(region.set_byte(10, 1), Beyond);
        assert_eq!(region.copy_from(5, &region, 0, 6), Beyond);
        assert_eq!(region.copy_from(0, &region, 5, 6), Beyond);
        assert!(region.look(0..11, |_| ()).is_none());
        assert!(region.look(usize::MAX..usize::MAX, |_| ()).is_none());
    }

    #[test]
    fn a_pattern_repeats_to_the_very_end() {
        let region = anonymous(100);
        assert_eq!(region.fill(1, 12, b"abc"), Done);
        assert_eq!(bytes(&region, 0..13), b"\0abcabcabcab\0");
        assert_eq!(region.fill(20, 22, b"abc"), Done);
        assert_eq!(bytes(&region, 20..23), b"ab\0");
        assert_eq!(region.fill(50, 40, b"abc"), Done);
    }

    #[test]
    fn after_the_tomb_there_are_zeros() {
        let region = anonymous(5000);
        assert_eq!(region.fill(0, 5000, b"x"), Done);
        region.entomb();
        region.entomb();
        if os::TRUNCATES_MAPPED {
            assert_eq!(bytes(&region, 0..5000), vec![0; 5000]);
        }
        assert_eq!(region.set_byte(7, 1), Done);
    }

    #[test]
    fn carried_bytes_are_the_same() {
        let (old, new) = (anonymous(9000), anonymous(20000));
        assert_eq!(old.fill(8000, 9000, b"xyz"), Done);
        new.carry(&old);
        assert_eq!(bytes(&old, 0..9000), bytes(&new, 0..9000));
        assert_eq!(bytes(&new, 9000..20000), vec![0; 11000]);
    }

    #[test]
    fn what_is_exposed_never_moves() {
        let mut region = anonymous(4096);
        region.expose(|_, _| ());
        assert!(region.resize_in_place(8192).is_none());
    }
}
