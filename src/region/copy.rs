//! The bytes of a region: copied out and in, filled, and lent to be read. Nothing is checked but the range: whoever calls
//! verifies afterwards that the bytes were the file's.

use std::fs::File;
use std::ops::Range;
use std::{ptr, slice};

use super::Region;
use crate::os::{self, Hosted};

/// Bytes of a buffer through which bytes are copied where they must not be read in place.
pub(super) const BOUNCE: usize = 256 * 1024;

/// How an access went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Touch {
    Done,
    /// The range is not within the mapping: nothing was touched.
    Beyond,
    /// The system could not read or write all of a block that begins at this byte or before it.
    Lost(usize),
    /// There is no memory for a copy of so many bytes.
    NoMemory,
}

/// In which order bytes are copied, so that a range that overlaps the other is not overwritten before it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyOrder {
    /// As memmove(3) does, which decides by the addresses.
    ByAddress,
    /// From the first byte on.
    Forward,
    /// From the last byte on.
    Backward,
    /// All bytes are read before the first is written.
    AllAtOnce,
}

/// Memory of an ArrayBuffer or of the stack, for the length of one call.
#[derive(Clone, Copy)]
pub struct ForeignBytes {
    start: *mut u8,
    len: usize,
}

impl ForeignBytes {
    /// # Safety
    /// `start` and `len` are memory that stays readable, and writable where it is a target, while this is used.
    pub unsafe fn new(start: *mut u8, len: usize) -> Self {
        Self { start, len }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    /// It as pages that something can be mapped over. `None`: it does not begin with a page, or has no whole one.
    pub fn as_host(&self) -> Option<Hosted> {
        let whole = self.len / os::page_size() * os::page_size();
        let begins_page = self.start.addr().is_multiple_of(os::page_size());
        // SAFETY: pages that stay by the contract of `new`, and of which the caller says by this call that they may be others.
        (begins_page && whole > 0).then(|| unsafe { Hosted::new(self.start, 0, whole) })
    }

    /// A part of it. `None`: it has no such part.
    pub fn part(self, at: usize, len: usize) -> Option<Self> {
        let fits = at.checked_add(len).is_some_and(|end| end <= self.len);
        fits.then(|| Self { start: self.start.wrapping_add(at), len })
    }

    /// Fills it from a file by pread(2). `false`: that failed, or the file ended before.
    pub fn read_from(self, file: &File, at: u64) -> bool {
        // SAFETY: writable by the contract of `new`.
        unsafe { os::read_at(file, at, self.start, self.len) }
    }

    /// As `read_from`, of what is in the system's memory: it waits for no disk. `false`: not all bytes are, or the system cannot tell.
    pub fn read_from_memory(self, file: &File, at: u64) -> bool {
        // SAFETY: writable by the contract of `new`.
        unsafe { os::read_at_once(file, at, self.start, self.len) }
    }

    /// A copy of the first `most` bytes, for a call that writes to a mapping of which these bytes may be a view.
    /// `None`: there is no memory for the copy.
    pub fn to_vec(self, most: usize) -> Option<Vec<u8>> {
        let bytes = &self.as_slice()[..self.len.min(most)];
        let mut copy = Vec::new();
        copy.try_reserve_exact(bytes.len()).ok()?;
        copy.extend_from_slice(bytes);
        Some(copy)
    }

    /// The same memory as a slice to write to.
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

    /// Brings the page at `page`, counted from the first address, into memory. `false`: that would be a fault, or the system
    /// has no call for it.
    pub fn populate(&self, page: usize) -> bool {
        // SAFETY: a page of our own mapping.
        page < self.whole() && unsafe { os::populate(self.map.base().wrapping_add(page)) }
    }

    /// Brings the pages of a range into memory, and waits for them. `false`: one cannot be had, or the system has no call for it.
    pub fn populate_range(&self, start: usize, len: usize, writable: bool) -> bool {
        // SAFETY: whole pages of our own mapping, which lives as long as `self`.
        self.pages_of(start, len)
            .is_none_or(|(from, whole)| unsafe { os::populate_range(from, whole, writable) })
    }

    /// Loads one byte; if its page is gone, that is a fault. `None`: there is no such byte.
    pub fn load(&self, index: usize) -> Option<u8> {
        // SAFETY: index is within the mapping, which lives as long as `self`.
        self.has(index, 1).then(|| unsafe { self.at(index).read_volatile() })
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
    pub fn copy_out(&self, start: usize, target: ForeignBytes) -> Touch {
        if target.len == 0 {
            return Touch::Done;
        }
        if !self.has(start, target.len) {
            return Touch::Beyond;
        }
        // SAFETY: both ranges are valid, by `has` and by the contract of `ForeignBytes::new`.
        unsafe { self.transfer(self.at(start), target.start, target.len, start) }
    }

    /// Copies `source`, which may overlap, to `start`; the mapping is writable.
    pub fn copy_in(&self, start: usize, source: ForeignBytes) -> Touch {
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
    pub fn copy_from(&self, to: usize, other: &Self, from: usize, len: usize, order: CopyOrder) -> Touch {
        if !self.has(to, len) || !other.has(from, len) {
            return Touch::Beyond;
        }
        let backward = match order {
            CopyOrder::ByAddress if !other.removable => {
                // SAFETY: both ranges are within their mappings, which live as long as the references.
                return unsafe { self.transfer(other.at(from), self.at(to), len, to) };
            }
            CopyOrder::ByAddress => self.at(to) > other.at(from),
            CopyOrder::Backward => true,
            CopyOrder::Forward | CopyOrder::AllAtOnce => false,
        };
        let mut buffer = Vec::new();
        let room = if order == CopyOrder::AllAtOnce { len } else { len.min(BOUNCE) };
        if buffer.try_reserve_exact(room).is_err() {
            return Touch::NoMemory;
        }
        buffer.resize(room, 0);
        let mut done = 0;
        while done < len {
            let step = buffer.len().min(len - done);
            let at = if backward { len - done - step } else { done };
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
        // From a buffer with many repetitions, so that nothing that was written is read back.
        let times = (BOUNCE / pattern.len()).clamp(1, len.div_ceil(pattern.len()).max(1));
        // A long pattern is used as it is: the caller chooses its length, and there may be no memory for another copy.
        let repeated = if times > 1 { pattern.repeat(times) } else { Vec::new() };
        let many = if times > 1 { repeated.as_slice() } else { pattern };
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

    /// The parts of a range that a search looks into, from the start or (`last`) from the end, each `overlap` bytes longer
    /// than its step: the range itself, unless it must be copied.
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

    /// As `look`; the bytes are a copy where the region is on a removable volume.
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
        let target = unsafe { ForeignBytes::new(copy.as_mut_ptr(), copy.len()) };
        match self.copy_out(range.start, target) {
            Touch::Done => Ok(look(&copy)),
            touch => Err(touch),
        }
    }

    /// Lends the bytes of a range to `look`. `None`: the range is not within the region.
    pub fn look<R>(&self, range: Range<usize>, look: impl FnOnce(&[u8]) -> R) -> Option<R> {
        let len = range.end.checked_sub(range.start)?;
        if !self.has(range.start, len) {
            return None;
        }
        // SAFETY: the range is within the mapping, which lives as long as `self`. Others may change the bytes
        // meanwhile: whoever reads them reads plain bytes, and must not rely on reading the same byte twice.
        Some(look(unsafe { slice::from_raw_parts(self.at(range.start), len) }))
    }

    /// Copies the bytes of `old`, but writes only pages that differ: so holes stay holes, and private pages that nobody has
    /// written to stay the file's.
    pub fn copy_changed_pages(&self, old: &Self) {
        let len = self.length.min(old.length);
        let page = os::page_size();
        for start in (0..len).step_by(page) {
            let step = page.min(len - start);
            let same = old.look(start..start + step, |was| self.look(start..start + step, |is| was == is));
            if same.flatten() != Some(true) {
                // Both are within their mappings.
                let _ = self.copy_from(start, old, start, step, CopyOrder::ByAddress);
            }
        }
    }
}
