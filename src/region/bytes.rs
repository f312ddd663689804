//! The bytes of a region: copied out and in, compared, lent. Bulk accesses that the mapping's owner verifies afterwards.

use std::fs::File;
use std::ops::Range;
use std::{ptr, slice};

use super::Region;
use crate::os;

/// Bytes of a buffer on the way between two places.
pub(super) const BOUNCE: usize = 256 * 1024;

/// How an access went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Touch {
    Done,
    /// The range is not within the mapping: nothing was touched.
    Beyond,
    /// The system could not read, or write, from this byte on or some block before it.
    Lost(usize),
    /// There is no memory for a copy of so many bytes.
    NoMemory,
}

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

    /// To be written to: memory of nobody else's for the length of the call.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        if self.len == 0 {
            return &mut [];
        }
        // SAFETY: writable by the contract of `new`; used only while no JavaScript runs.
        unsafe { slice::from_raw_parts_mut(self.start, self.len) }
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
    /// Copies between addresses, one of them in the mapping. `at`: where in the mapping it begins.
    ///
    /// # Safety
    /// Both ranges are valid for `len` bytes; they may overlap.
    unsafe fn transfer(&self, from: *const u8, to: *mut u8, len: usize, at: usize) -> Touch {
        if self.removable {
            // SAFETY: by this function's contract.
            return if unsafe { os::try_copy(from, to, len) } { Touch::Done } else { Touch::Lost(at) };
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
        if !other.removable {
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
        if !self.removable
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

    /// The parts of a range in which a search looks, from the start or from the end, `overlap` bytes beyond each: the
    /// range itself, unless copies must be made of it.
    pub fn pieces(
        &self,
        range: Range<usize>,
        overlap: usize,
        last: bool,
    ) -> impl Iterator<Item = Range<usize>> {
        let step = if self.removable { BOUNCE.max(4 * overlap) } else { range.len().max(1) };
        let count = range.len().div_ceil(step).max(1);
        (0..count).map(move |number| {
            let start = range.start + step * if last { count - 1 - number } else { number };
            start..start.saturating_add(step).saturating_add(overlap).min(range.end)
        })
    }

    /// As `look`, of a copy where the bytes are reached with care.
    pub fn look_safely<R>(&self, range: Range<usize>, look: impl FnOnce(&[u8]) -> R) -> Result<R, Touch> {
        if !self.removable {
            return self.look(range, look).ok_or(Touch::Beyond);
        }
        let mut copy = Vec::new();
        if copy.try_reserve_exact(range.len()).is_err() {
            return Err(Touch::NoMemory);
        }
        copy.resize(range.len(), 0);
        // SAFETY: the copy is ours.
        let target = unsafe { Foreign::new(copy.as_mut_ptr(), copy.len()) };
        match self.copy_out(range.start, target) {
            Touch::Done => Ok(look(&copy)),
            touch => Err(touch),
        }
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
}
