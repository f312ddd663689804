//! Whether bytes that were just reached are the file's.
//!
//! A file that somebody makes shorter takes bytes away from a mapping. A page that is gone is a fault, which `fault`
//! survives and notes in the mapping's status word. The rest of the page in which the file now ends reads zeros, and faults
//! nowhere (mmap(2)): only the file's size tells.

use super::place::{Target, new_region, place};
use super::record::{Mapped, retire};
use super::{Error, Record, Result, Views};
use crate::fault::{Bad, Guard, Reason};
use crate::os;
use crate::region::{Region, Touch};
use crate::request::Access;

/// Where JavaScript, with a view, sees for itself whether bytes are the file's.
pub struct StatusPlace {
    /// The chunk of status words, and the word in it, that is not 0 once something went wrong with the mapping.
    pub chunk: usize,
    pub index: usize,
    /// See `Record::probe`.
    pub probe: usize,
}

impl Record {
    /// Whether the bytes of a range are the file's. To be called after the access and before its answer is given.
    pub(super) fn verify(&self, region: &Region, start: usize, len: usize) -> Result<()> {
        let Some(guard) = region.guard().filter(|_| len > 0) else { return Ok(()) };
        if region.is_revoked() {
            let text = "The bytes were taken away by resize() or close(). If a resize() failed, reattach() maps the file again";
            return Err(Error::Busy(text.into()));
        }
        let from = region.slack() + start;
        if !guard.is_clear() {
            self.report(guard, from, len)?;
        }
        if os::CAN_TRUNCATE_MAPPED
            && self.source.is_regular()
            && let Some(file) = guard.file()
        {
            let there = os::file_size(&file)?.saturating_sub(self.source.plan.file_offset);
            if there < (from + len) as u64 {
                guard.note_truncation(there as usize);
                return Err(self.fault(Bad { at: from.max(there as usize), reason: Reason::Truncated }));
            }
        }
        Ok(())
    }

    /// As `verify`, for bytes that were copied out. It asks the system for the file's size only where it must. A file
    /// that was cut off anywhere before the last page has lost that page, so that a load from it is a fault; and what is cut
    /// off at this very moment reads as zeros to the end of the range.
    pub(super) fn verify_read(&self, region: &Region, start: usize, len: usize) -> Result<()> {
        let Some(guard) = region.guard().filter(|_| len > 0) else { return Ok(()) };
        let probe = self.probe(region, guard);
        // Loaded again, and last: a copy may have loaded its last bytes first.
        let is_file = probe >= region.length() || region.load(start + len - 1) != Some(0);
        if is_file && start + len <= probe && self.is_whole(region, guard, probe) {
            return Ok(());
        }
        self.verify(region, start, len)
    }

    /// Whether the file still has the last page of the mapping, and no fault was handled.
    fn is_whole(&self, region: &Region, guard: &Guard, probe: usize) -> bool {
        if probe < region.length() {
            region.load(probe);
        }
        guard.is_clear()
    }

    /// As `verify`, for bytes that were written. It asks the system for the file's size only for the last page: a file that
    /// was cut off anywhere before has no last page, and to load from that is a fault.
    pub(super) fn verify_write(&self, region: &Region, start: usize, len: usize) -> Result<()> {
        let Some(guard) = region.guard() else { return Ok(()) };
        let probe = self.probe(region, guard);
        if start + len <= probe && self.is_whole(region, guard, probe) {
            return Ok(());
        }
        self.verify(region, start, len)
    }

    /// Where the last page of the mapping begins, from the start: while a load from there does not fault, the file has all
    /// bytes before. The length of the mapping where nothing can be cut off, or nobody could tell; 0 where such a load
    /// would not be a fault.
    fn probe(&self, region: &Region, guard: &Guard) -> usize {
        region.probe(|| {
            let shrinks = os::CAN_TRUNCATE_MAPPED && self.source.is_regular() && guard.file().is_some();
            let whole = region.slack() + region.length();
            let last = whole.next_multiple_of(os::page_size()) - os::page_size();
            match () {
                () if !shrinks => region.length(),
                () if os::reads_zeros_beyond_end(&self.source.plan) || !region.populate(last) => 0,
                () => last.saturating_sub(region.slack()),
            }
        })
    }

    /// Where a caller with a view finds out by itself. `None`: the mapping is closed, or not guarded.
    pub fn status_place(&self) -> Option<StatusPlace> {
        let region = self.region().ok()?;
        let guard = region.guard()?;
        let (chunk, index) = guard.status_place();
        Some(StatusPlace { chunk, index, probe: self.probe(&region, guard) })
    }

    /// Fails with what is known to be wrong with a range that was reached through a view just now.
    pub fn verify_range(&self, start: usize, len: usize) -> Result<()> {
        let region = self.region()?;
        if !region.has(start, len) {
            return Err(Error::range_beyond_mapping());
        }
        self.verify(&region, start, len)
    }

    /// Whether anything went wrong since the mapping was made, or since `reattach`.
    pub fn is_faulted(&self) -> Result<bool> {
        Ok(self.region()?.guard().is_some_and(Guard::is_faulted))
    }

    /// Maps the file again, after a fault. `false`: at other addresses; views of the old ones show what they showed.
    pub fn reattach(&self) -> Result<bool> {
        let mut mapped = self.lock();
        let mapped = mapped.as_mut().ok_or(Error::Closed)?;
        mapped.require_alone()?;
        if !self.tracked && !self.source.is_anonymous() {
            return Err(Error::NoDescriptor("reattach"));
        }
        if os::CAN_MAP_OVER {
            if mapped.region.is_revoked()
                && let Some(file) = &mapped.file
            {
                // A resize() has failed, and could not map the file again.
                let map = |pages| place(&self.source, Some(file), Target::At(pages)).map(drop);
                mapped.region.restore(file, map)?;
            }
            let file = mapped.region.guard().and_then(Guard::file);
            // Memory has no other place where its bytes are.
            let is_memory = self.source.is_anonymous() && self.source.plan.access != Access::Read;
            mapped.region.reattach(self.source.keeps_stores() || is_memory, |pages| {
                place(&self.source, file.as_deref(), Target::At(pages)).map(drop)
            })?;
        } else {
            self.map_anew(mapped)?;
        }
        Ok(os::CAN_MAP_OVER)
    }

    /// Has the file mapped again for reading, which discards what stray stores have left in `region`. Where the system cannot
    /// do that, the note of them stays.
    pub(super) fn discard_stray_store(&self, region: &Region) -> bool {
        let file = region.guard().and_then(Guard::file);
        let map = |pages| place(&self.source, file.as_deref(), Target::At(pages)).map(drop);
        region.discard_stray_store(map).is_ok()
    }

    /// The same length, at other addresses.
    fn map_anew(&self, mapped: &mut Mapped) -> Result<()> {
        let source = self.source.with_length(mapped.region.length());
        let file = mapped.file.as_ref();
        let region = new_region(&source, file.map(|file| &**file), file)?;
        retire(std::mem::replace(&mut mapped.region, region.into()), Views::Detach);
        Ok(())
    }

    /// Fails with what is known to be wrong with a range, counted from the region's first address.
    fn report(&self, guard: &Guard, from: usize, len: usize) -> Result<()> {
        if guard.has_stray_store() {
            return Err(Error::StrayStore);
        }
        guard.first_bad(from, len).map_or(Ok(()), |bad| Err(self.fault(bad)))
    }

    /// The error of an access that could not be made.
    pub(super) fn missed(&self, touch: Touch, region: &Region) -> Error {
        match touch {
            Touch::Lost(at) => self.fault(Bad { at: region.slack() + at, reason: Reason::Io }),
            Touch::NoMemory => Error::NoMemory("There is no memory for a copy of so many bytes".into()),
            Touch::Beyond | Touch::Done => Error::range_beyond_mapping(),
        }
    }

    fn fault(&self, bad: Bad) -> Error {
        Error::Fault { reason: bad.reason, offset: self.source.plan.file_offset + bad.at as u64 }
    }
}
