//! Reading and writing the bytes. The access comes first; then it is verified that the bytes were the file's; then the
//! answer is given. So what the file no longer has is never passed off as zeros.

use std::ops::Range;
use std::sync::atomic::Ordering;

use super::{Error, Record, Result};
use crate::fault::Guard;
use crate::os;
use crate::region::{CopyOrder, ForeignBytes, Region, Touch};
use crate::request::Access;

/// Bytes of a small read, see `Record::read`.
const PREAD_BYTES: usize = 4096;

impl Record {
    /// Copies bytes from `start` on: as many as `target` has.
    ///
    /// The first few small reads of a file go through its descriptor. To fault a page in, and to unmap it again, costs three
    /// times as much, and many a file is opened for its first bytes alone. Both ways reach the same page of the page cache.
    pub fn read(&self, start: usize, target: ForeignBytes) -> Result<()> {
        let region = self.region()?;
        if self.preads_left.load(Ordering::Relaxed) > 0 && self.pread(&region, start, target) {
            return Ok(());
        }
        region.check_handlers(target.len());
        match region.copy_out(start, target) {
            Touch::Done => self.verify_read(&region, start, target.len()),
            missed => Err(self.missed(missed, &region)),
        }
    }

    /// Whether a read was small enough to go through the descriptor, and did.
    #[cold]
    fn pread(&self, region: &Region, start: usize, target: ForeignBytes) -> bool {
        let is_clear = region.guard().is_none_or(Guard::is_clear);
        if target.len() > PREAD_BYTES || !region.has(start, target.len()) || !is_clear {
            return false;
        }
        self.preads_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).ok();
        let at = self.source.plan.file_offset + (self.source.plan.slack + start) as u64;
        let file = self.lock().as_ref().and_then(|mapped| mapped.file.clone());
        file.is_some_and(|file| target.read_from(&file, at))
    }

    /// Changes bytes of [start, start + len) by `change`.
    fn change(&self, start: usize, len: usize, change: impl FnOnce(&Region) -> Touch) -> Result<()> {
        if self.source.plan.access == Access::Read {
            return Err(Error::read_only());
        }
        let region = self.region()?;
        region.check_handlers(len);
        match change(&region) {
            Touch::Done => self.verify_write(&region, start, len),
            missed => Err(self.missed(missed, &region)),
        }
    }

    /// Writes one byte.
    pub fn set_byte(&self, index: usize, value: u8) -> Result<()> {
        self.change(index, 1, |region| region.set_byte(index, value))
    }

    /// Copies `source` into the mapping.
    pub fn write(&self, start: usize, source: ForeignBytes) -> Result<()> {
        self.change(start, source.len(), |region| region.copy_in(start, source))
    }

    /// Repeats a pattern, which is not empty, from `start` to `end`.
    pub fn fill(&self, start: usize, end: usize, pattern: &[u8]) -> Result<()> {
        self.change(start, end.saturating_sub(start), |region| region.fill(start, end, pattern))
    }

    /// Copies `len` bytes between mappings, or within one; the ranges may overlap.
    pub fn copy_from(&self, to: usize, other: &Self, from: usize, len: usize) -> Result<()> {
        let theirs = other.region()?;
        // Also before the copy: bytes that are known to be lost must not be written anywhere.
        other.verify(&theirs, from, len)?;
        let order = self.copy_order(to, other, from, len);
        self.change(to, len, |region| region.copy_from(to, &theirs, from, len, order))?;
        other.verify(&theirs, from, len)
    }

    /// In which order bytes of another mapping must be copied into this one. Two mappings of one file can share pages at
    /// different addresses, so that addresses do not tell whether the ranges overlap: places in the file do.
    fn copy_order(&self, to: usize, other: &Self, from: usize, len: usize) -> CopyOrder {
        let file = |record: &Self| record.region_and_file().ok().and_then(|(_, file)| file);
        if std::ptr::eq(self, other) || self.source.is_anonymous() || other.source.is_anonymous() {
            return CopyOrder::ByAddress;
        }
        match file(self).zip(file(other)).and_then(|(ours, theirs)| os::is_same_file(&ours, &theirs)) {
            Some(false) => return CopyOrder::ByAddress,
            Some(true) => {}
            // Without descriptors nobody knows: any order may be wrong, but not that of a copy of all bytes.
            None => return CopyOrder::AllAtOnce,
        }
        let place = |record: &Self, at: usize| {
            let plan = &record.source.plan;
            plan.file_offset + (plan.slack + at) as u64
        };
        let (to, from) = (place(self, to), place(other, from));
        match () {
            () if to.abs_diff(from) >= len as u64 => CopyOrder::ByAddress,
            () if to > from => CopyOrder::Backward,
            () => CopyOrder::Forward,
        }
    }

    /// Lends the bytes of a range. `look` answers beside its result which of the bytes that rests on.
    pub(super) fn look<R>(
        &self,
        region: &Region,
        range: Range<usize>,
        look: impl FnOnce(&[u8]) -> (R, Range<usize>),
    ) -> Result<R> {
        region.check_handlers(range.len());
        self.look_unchecked(region, range, look)
    }

    /// As `look`, for a caller that has checked the signal handlers.
    pub(super) fn look_unchecked<R>(
        &self,
        region: &Region,
        range: Range<usize>,
        look: impl FnOnce(&[u8]) -> (R, Range<usize>),
    ) -> Result<R> {
        let (start, discards, generation) = (range.start, region.discards(), region.generation());
        let looked = region.look_safely(range, look);
        // Only a job meets that: the mapping was resized or mapped again while it was at work.
        let replaced = || {
            generation % 2 != 0
                || region.generation() != generation
                || region.is_revoked()
                || region.is_replaced()
        };
        match looked {
            _ if replaced() => {
                if region.is_revoked() {
                    region.revoke_again();
                } else if discards % 2 != 0 || region.discards() != discards {
                    // What was read may have been stored by mistake.
                    return Err(Error::StrayStore);
                }
                Err(Error::replaced_meanwhile())
            }
            Ok((result, seen)) => {
                self.verify(region, start + seen.start, seen.len())?;
                Ok(result)
            }
            Err(touch) => Err(self.missed(touch, region)),
        }
    }

    /// Lends a range to a search whose answer rests on all bytes from `from` on, counted from the start of the range.
    pub fn search<R>(&self, range: Range<usize>, from: usize, look: impl FnOnce(&[u8]) -> R) -> Result<R> {
        let region = self.region()?;
        self.look(&region, range, |bytes| (look(bytes), from.min(bytes.len())..bytes.len()))
    }

    /// Whether the bytes from `start` on are `other`.
    pub fn equals(&self, start: usize, other: &[u8]) -> Result<bool> {
        let region = self.region()?;
        for piece in region.pieces(start..start.saturating_add(other.len()), 0, false) {
            let part = &other[piece.start - start..piece.end - start];
            if !self.look(&region, piece, |bytes| (bytes == part, 0..bytes.len()))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether all bytes are those of another mapping.
    pub fn equals_mapping(&self, other: &Self) -> Result<bool> {
        let (ours, theirs) = (self.region()?, other.region()?);
        if ours.length() != theirs.length() {
            return Ok(false);
        }
        let pieces = if ours.is_removable() { &ours } else { &theirs }.pieces(0..ours.length(), 0, false);
        for piece in pieces {
            let equal = self.look(&ours, piece.clone(), |bytes| {
                let compared = other.look(&theirs, piece, |others| (bytes == others, 0..others.len()));
                (compared, 0..bytes.len())
            });
            if !equal?? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
