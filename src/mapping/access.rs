//! Reaching the bytes: access first, then a look at the status, then at the file's size, then the answer. What the file
//! no longer has is never handed on as zeros.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Error, Mapping, Origin, PEEK_BYTES, PEEKS, Result, no_descriptor, scan};
use crate::fault::{Bad, Guard, Reason};
use crate::os;
use crate::region::{Foreign, Region, Touch};
use crate::request::Access;
use crate::search::literal::Direction;
use crate::search::parallel;
use crate::search::target::Target;

/// Where the status word is, and how much of a view a load from its last page vouches for.
pub struct Watch {
    pub chunk: usize,
    pub index: usize,
    pub probe: usize,
}

fn glance(region: &Region, len: usize) {
    if let Some(guard) = region.guard() {
        guard.glance(len);
    }
}

fn moved() -> Error {
    Error::Coded("ERR_MMAP_BUSY", "The mapping was resized while a job was at work on it".into())
}

fn beyond() -> Error {
    Error::Coded("ERR_OUT_OF_RANGE", "The range is not within the mapping".into())
}

impl Mapping {
    /// Copies as many bytes as `target` has from `start` on.
    ///
    /// The first few small reads of a file go through the descriptor: to fault a page in, and to unmap it again, costs
    /// three times as much, and many a file is opened for its first bytes alone. The system has one copy of them.
    pub fn read(&self, start: usize, target: Foreign) -> Result<()> {
        let (region, file) = self.parts()?;
        let small = target.len() <= PEEK_BYTES && region.has(start, target.len());
        if small && self.peeks.load(Ordering::Relaxed) < PEEKS && self.is_coherent(&region) {
            self.peeks.fetch_add(1, Ordering::Relaxed);
            let at = self.plan.file_offset + (self.plan.slack + start) as u64;
            if file.as_deref().is_some_and(|file| target.read_from(file, at)) {
                return Ok(());
            }
        }
        glance(&region, target.len());
        let touch = region.copy_out(start, target);
        self.answer(touch, &region, start, target.len())
    }

    /// Whether the bytes are the file's, whatever was stored into the mapping.
    fn is_coherent(&self, region: &Region) -> bool {
        let private = self.plan.access == Access::Copy || self.is_private();
        let clear = region.guard().is_none_or(Guard::is_clear);
        matches!(self.origin, Origin::File { regular: true }) && !private && clear
    }

    /// Changes bytes of [start, start + len).
    fn change(&self, start: usize, len: usize, change: impl FnOnce(&Region) -> Touch) -> Result<()> {
        if self.plan.access == Access::Read {
            return Err(Error::Coded("ERR_MMAP_READ_ONLY", "The mapping is read-only".into()));
        }
        let region = self.region()?;
        glance(&region, len);
        let touch = change(&region);
        self.answer(touch, &region, start, len)
    }

    /// Writes one byte.
    pub fn set_byte(&self, index: usize, value: u8) -> Result<()> {
        self.change(index, 1, |region| region.set_byte(index, value))
    }

    /// Copies into the mapping.
    pub fn write(&self, start: usize, source: Foreign) -> Result<()> {
        self.change(start, source.len(), |region| region.copy_in(start, source))
    }

    /// Repeats a pattern, which is not empty, from `start` to `end`.
    pub fn fill(&self, start: usize, end: usize, pattern: &[u8]) -> Result<()> {
        self.change(start, end.saturating_sub(start), |region| region.fill(start, end, pattern))
    }

    /// Copies between mappings, or within one: ranges may overlap.
    pub fn copy_from(&self, to: usize, other: &Self, from: usize, len: usize) -> Result<()> {
        let theirs = other.region()?;
        // Before too: what is known to be bad is not copied first.
        other.verify(&theirs, from, len)?;
        self.change(to, len, |region| region.copy_from(to, &theirs, from, len))?;
        other.verify(&theirs, from, len)
    }

    /// Lends the bytes of a range; `look` answers beside its result which of them it rests upon.
    pub(super) fn look<R>(
        &self,
        region: &Region,
        range: Range<usize>,
        look: impl FnOnce(&[u8]) -> (R, Range<usize>),
    ) -> Result<R> {
        glance(region, range.len());
        self.look_on(region, range, look)
    }

    /// As `look`, by one who has glanced.
    fn look_on<R>(
        &self,
        region: &Region,
        range: Range<usize>,
        look: impl FnOnce(&[u8]) -> (R, Range<usize>),
    ) -> Result<R> {
        let start = range.start;
        match region.look_safely(range, look) {
            // A job's, while resize() has put other bytes in their place, or close() none.
            Ok(_) if region.is_revoked() => Err(moved()),
            Ok((result, seen)) => {
                self.verify(region, start + seen.start, seen.len())?;
                Ok(result)
            }
            Err(touch) => Err(self.missed(touch, region)),
        }
    }

    /// The first or last position of `needle` within a range.
    pub fn find(self: &Arc<Self>, needle: &[u8], range: Range<usize>, last: bool) -> Result<Option<usize>> {
        let direction = if last { Direction::Backward } else { Direction::Forward };
        parallel::find(&scan::lend(self)?, needle, range, direction, 1, None)
    }

    /// How many matches there are within a range, without overlaps.
    pub fn count(self: &Arc<Self>, target: &Arc<Target>, range: Range<usize>) -> Result<u64> {
        parallel::count(&scan::lend(self)?, target, range, 1, None)
    }

    /// Lends a range to a search that rests upon all bytes from `from` on.
    pub fn search<R>(&self, range: Range<usize>, from: usize, look: impl FnOnce(&[u8]) -> R) -> Result<R> {
        let region = self.region()?;
        self.look(&region, range, |bytes| (look(bytes), from.min(bytes.len())..bytes.len()))
    }

    /// Lends the first lines of a range, as many as `most` bytes hold, or the one that is longer. Of a range that is no
    /// longer within the mapping what is left, perhaps nothing.
    pub fn lines<R>(
        self: &Arc<Self>,
        range: Range<usize>,
        most: usize,
        look: impl FnOnce(&[u8]) -> (R, usize),
    ) -> Result<R> {
        let region = self.region()?;
        let end = range.end.min(region.length());
        let mut range = range.start.min(end)..end;
        if region.is_removable() {
            // A copy must end somewhere, and at the end of a line.
            let from = range.start.saturating_add(most).min(range.end);
            let next = self.find(b"\n", from..range.end, false)?;
            range.end = next.map_or(range.end, |at| at + 1);
        }
        // Little is touched of what is lent.
        glance(&region, most.min(range.len()));
        self.look_on(&region, range, |bytes| {
            let (result, seen) = look(bytes);
            (result, 0..seen)
        })
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

    /// Throws what is known to be wrong with a range that was just reached in another way.
    pub fn verify_range(&self, start: usize, len: usize) -> Result<()> {
        let region = self.region()?;
        if !region.has(start, len) {
            return Err(beyond());
        }
        self.verify(&region, start, len)
    }

    /// How a caller with a view finds out by itself.
    pub fn watch(&self) -> Option<Watch> {
        let (region, file) = self.parts().ok()?;
        let (chunk, index) = region.guard()?.place();
        let shrinks = os::CAN_TRUNCATE_MAPPED && self.is_regular() && file.is_some();
        let whole = region.slack() + region.length();
        let last = whole.next_multiple_of(os::page_size()) - os::page_size();
        let probe = match () {
            // Nothing is cut off, or nobody could tell.
            () if !shrinks => region.length(),
            () if os::reads_zeros_beyond_end(&self.plan) || !region.is_there(last) => 0,
            () => last.saturating_sub(region.slack()),
        };
        Some(Watch { chunk, index, probe })
    }

    /// Whether anything went wrong so far.
    pub fn is_faulted(&self) -> Result<bool> {
        Ok(self.region()?.guard().is_some_and(|guard| !guard.is_clear()))
    }

    /// Maps the file again. `false`: at other addresses, views of the old ones show what they showed.
    pub fn reattach(&self) -> Result<bool> {
        let mut open = self.lock();
        let open = open.as_mut().ok_or_else(super::closed)?;
        if !self.tracked && !matches!(self.origin, Origin::Anonymous) {
            return Err(no_descriptor("reattach"));
        }
        if os::CAN_MAP_OVER {
            open.region.reattach(&self.plan, self.is_regular())?;
        } else {
            self.map_anew(open)?;
        }
        Ok(os::CAN_MAP_OVER)
    }

    /// What an access leads to.
    fn answer(&self, touch: Touch, region: &Region, start: usize, len: usize) -> Result<()> {
        match touch {
            Touch::Done => self.verify(region, start, len),
            missed => Err(self.missed(missed, region)),
        }
    }

    fn missed(&self, touch: Touch, region: &Region) -> Error {
        match touch {
            Touch::Lost(at) => self.fault(Bad { at: region.slack() + at, reason: Reason::Io }),
            Touch::NoMemory => {
                Error::Coded("ERR_OUT_OF_RANGE", "There is no memory for a copy of so many bytes".into())
            }
            Touch::Beyond | Touch::Done => beyond(),
        }
    }

    /// To be called after the access, and before its answer is given.
    pub(super) fn verify(&self, region: &Region, start: usize, len: usize) -> Result<()> {
        let Some(guard) = region.guard().filter(|_| len > 0) else { return Ok(()) };
        let from = region.slack() + start;
        if !guard.is_clear() {
            self.confess(region, guard, from, len)?;
        }
        // What lies between the end of the file and the end of its page faults nowhere.
        if os::CAN_TRUNCATE_MAPPED
            && self.is_regular()
            && let Some(file) = guard.file()
        {
            let there = os::file_size(&file)?.saturating_sub(self.plan.file_offset);
            if there < (from + len) as u64 {
                guard.note_cut(there as usize);
                return Err(self.fault(Bad { at: from.max(there as usize), reason: Reason::Truncated }));
            }
        }
        Ok(())
    }

    fn confess(&self, region: &Region, guard: &Guard, from: usize, len: usize) -> Result<()> {
        if guard.take_stray() {
            // Noticed again by the next call, where it cannot be taken back.
            if !region.discard_stray_store(&self.plan, self.is_regular()) {
                guard.put_stray_back();
            }
            let text = "A store through a view of the read-only mapping went nowhere: the file is as it was";
            return Err(Error::Coded("ERR_MMAP_READ_ONLY", text.into()));
        }
        guard.first_bad(from, len).map_or(Ok(()), |bad| Err(self.fault(bad)))
    }

    fn fault(&self, bad: Bad) -> Error {
        Error::Fault { reason: bad.reason, offset: self.plan.file_offset + bad.at as u64 }
    }
}
