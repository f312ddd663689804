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

use crate::os::{self, Held};

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
        Self { held, slack, length, exposed: AtomicBool::new(false), entombed: AtomicBool::new(false) }
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

    /// Writes one byte; the caller has made sure that the mapping is writable. `false` beyond the end.
    pub fn set_byte(&self, index: usize, value: u8) -> bool {
        if self.has(index, 1) {
            // SAFETY: index is within the mapping, which lives as long as `self`.
            unsafe { self.at(index).write_volatile(value) };
            return true;
        }
        false
    }

    /// Copies `target.len()` bytes from `start` on into `target`, which may overlap. `false` beyond the end.
    pub fn copy_out(&self, start: usize, target: Foreign) -> bool {
        if target.len == 0 || !self.has(start, target.len) {
            return target.len == 0;
        }
        // SAFETY: both ranges are valid, by `has` and by the contract of `Foreign::new`; they may overlap.
        unsafe { ptr::copy(self.at(start), target.start, target.len) };
        true
    }

    /// Copies `source`, which may overlap, to `start`; the mapping is writable. `false` beyond the end.
    pub fn copy_in(&self, start: usize, source: Foreign) -> bool {
        if source.len == 0 || !self.has(start, source.len) {
            return source.len == 0;
        }
        // SAFETY: as in `copy_out`.
        unsafe { ptr::copy(source.start, self.at(start), source.len) };
        true
    }

    /// Copies `len` bytes of `other`, which may be `self`, to `to`; the mapping is writable. `false` beyond an end.
    pub fn copy_from(&self, to: usize, other: &Self, from: usize, len: usize) -> bool {
        if !self.has(to, len) || !other.has(from, len) {
            return false;
        }
        // SAFETY: both ranges are within their mappings, which live as long as the references; they may overlap.
        unsafe { ptr::copy(other.at(from), self.at(to), len) };
        true
    }

    /// Repeats `pattern`, which is not empty, from `start` to `end`; the mapping is writable. `false` beyond the end.
    pub fn fill(&self, start: usize, end: usize, pattern: &[u8]) -> bool {
        let Some(len) = end.checked_sub(start) else {
            return true;
        };
        if !self.has(start, len) {
            return false;
        }
        if let [byte] = *pattern {
            // SAFETY: the range is within the mapping, which lives as long as `self`.
            unsafe { ptr::write_bytes(self.at(start), byte, len) };
            return true;
        }
        let mut done = pattern.len().min(len);
        // SAFETY: `done` bytes are within the range; a pattern of the caller's own does not overlap it.
        unsafe { ptr::copy(pattern.as_ptr(), self.at(start), done) };
        while done < len {
            // `done` is a multiple of the pattern's length here, so what stands there continues it.
            let step = done.min(len - done);
            // SAFETY: both ranges are within [start, end) and do not overlap, since `step <= done`.
            unsafe { ptr::copy_nonoverlapping(self.at(start), self.at(start + done), step) };
            done += step;
        }
        true
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
                self.copy_from(start, old, start, step);
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
            self.fill(old, length.min((self.slack + old).next_multiple_of(page) - self.slack), &[0]);
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
        let done = unsafe { os::entomb(self.held.base(), self.slack + self.length) };
        if done && !self.entombed.swap(true, Ordering::AcqRel) {
            LIVE.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Maps a file over what `entomb` has replaced, at the same addresses. `false`: not done.
    pub fn exhume(&self, file: &File, offset: u64) -> bool {
        // SAFETY: the whole of our own mapping, as in `entomb`.
        let done = unsafe { os::map_over(self.held.base(), self.slack + self.length, file, offset) };
        if done && self.entombed.swap(false, Ordering::AcqRel) {
            LIVE.fetch_add(1, Ordering::Relaxed);
        }
        done
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
    use super::*;
    use crate::request::{Access, Plan};

    fn anonymous(length: usize) -> Region {
        let plan =
            Plan { access: Access::Write, raw: None, file_offset: 0, slack: 0, length, extend_to: None };
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
        assert!(!region.copy_out(0, eleven) && !region.copy_out(1, ten) && region.copy_out(0, ten));
        assert!(
            !region.copy_in(0, eleven)
                && !region.copy_in(usize::MAX, ten)
                && region.copy_in(usize::MAX, none)
        );
        assert!(!region.fill(0, 11, b"a") && !region.set_byte(10, 1));
        assert!(region.look(0..11, |_| ()).is_none());
        assert!(region.look(usize::MAX..usize::MAX, |_| ()).is_none());
        assert!(!region.copy_from(5, &region, 0, 6) && !region.copy_from(0, &region, 5, 6));
    }

    #[test]
    fn a_pattern_repeats_to_the_very_end() {
        let region = anonymous(100);
        assert!(region.fill(1, 12, b"abc"));
        assert_eq!(bytes(&region, 0..13), b"\0abcabcabcab\0");
        assert!(region.fill(20, 22, b"abc"));
        assert_eq!(bytes(&region, 20..23), b"ab\0");
        assert!(region.fill(50, 40, b"abc"));
    }

    #[test]
    fn after_the_tomb_there_are_zeros() {
        let region = anonymous(5000);
        assert!(region.fill(0, 5000, b"x"));
        region.entomb();
        region.entomb();
        if os::TRUNCATES_MAPPED {
            assert_eq!(bytes(&region, 0..5000), vec![0; 5000]);
        }
        assert!(region.set_byte(7, 1));
    }

    #[test]
    fn carried_bytes_are_the_same() {
        let (old, new) = (anonymous(9000), anonymous(20000));
        assert!(old.fill(8000, 9000, b"xyz"));
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
