//! Another length, for the mapping and for the file below it.

use std::fs::File;
use std::sync::Arc;

use super::handle::IsViewed;
use super::place::{Target, new_region, place};
use super::record::{Mapped, retire};
use super::{Error, Origin, Record, Result, Source, Views};
use crate::os::{self, RawMap};
use crate::pool::CancelToken;
use crate::region::{self, Region};
use crate::request::{Access, Refusal};

impl Record {
    /// Gives the mapping, and its file, another length. If it fails, both are as they were. `reserve`: a file that becomes
    /// longer gets its blocks now. `views`: what becomes of those of the old length, unless `is_viewed` answers that other
    /// objects had them.
    pub fn resize(&self, length: u64, reserve: bool, views: Views, is_viewed: IsViewed<'_>) -> Result<()> {
        let mut mapped = self.lock();
        let mapped = mapped.as_mut().ok_or(Error::Closed)?;
        if self.source.plan.access != Access::Write {
            return Err(Error::ReadOnly("A read-only or copy-on-write mapping cannot be resized"));
        }
        if !self.tracked {
            return Err(Error::NoDescriptor("resize"));
        }
        mapped.require_alone()?;
        let views = if self.is_shared() && is_viewed(&mapped.region) { Views::Keep } else { views };
        let plan = &self.source.plan;
        let whole = length.checked_add(plan.slack as u64).and_then(|whole| isize::try_from(whole).ok());
        let end = whole.and_then(|whole| plan.file_offset.checked_add(whole as u64));
        let Some(end) = end.filter(|_| length > 0) else {
            return Err(Refusal::TooLong { length }.into());
        };
        let source = self.source.with_length(length as usize);
        match &self.source.origin {
            Origin::Anonymous => resize_memory(mapped, &source, views),
            Origin::Named(name) if !os::NAMED_IS_FILE => resize_section(mapped, name, &source),
            Origin::File { .. } | Origin::Named(_) => self.resize_file(mapped, &source, end, reserve, views),
        }
    }

    /// Maps the file again, to its end as it is now or to a `length` within it, and changes nothing of the file. Answers the new
    /// length. `views` and `is_viewed` as in `resize`.
    pub fn remap(&self, length: Option<u64>, views: Views, is_viewed: IsViewed<'_>) -> Result<usize> {
        let mut mapped = self.lock();
        let mapped = mapped.as_mut().ok_or(Error::Closed)?;
        if self.source.is_anonymous() {
            return Err(Error::invalid("mmap", "memory of no file has no other end to be mapped to"));
        }
        let file = mapped.file.clone().filter(|_| self.tracked).ok_or(Error::NoDescriptor("remap"))?;
        mapped.require_alone()?;
        let views = if self.is_shared() && is_viewed(&mapped.region) { Views::Keep } else { views };
        let plan = &self.source.plan;
        let start = plan.file_offset + plan.slack as u64;
        let size = os::file_size(&file)?;
        let Some(rest) = size.checked_sub(start) else {
            return Err(Refusal::OffsetPastEnd { offset: start, size }.into());
        };
        if length.is_some_and(|length| length > rest) {
            let text = format!(
                "The file has {rest} bytes from the start of the mapping on, which are less than the length of {} that was asked for",
                length.unwrap_or(0)
            );
            return Err(Error::OutOfRange(text));
        }
        let length =
            usize::try_from(length.unwrap_or(rest)).ok().filter(|length| isize::try_from(*length).is_ok());
        let Some(length) = length else { return Err(Refusal::TooLong { length: rest }.into()) };
        let region = new_region(&self.source.with_length(length), Some(&file), Some(&file))?;
        if self.source.keeps_stores() {
            region.copy_changed_pages(&mapped.region);
            self.verify(&mapped.region, 0, length.min(mapped.region.length()))?;
        }
        replace(mapped, region, views);
        Ok(length)
    }

    /// Gives the file the blocks that a `resize` to that length will need, which may take a disk long, and leaves its size as it is:
    /// so nothing has to be taken back that others may have written to meanwhile.
    pub fn preallocate(&self, length: u64, cancel: &CancelToken) -> Result<()> {
        let file = self.lock().as_ref().ok_or(Error::Closed)?.file.clone();
        let Some(file) = file.filter(|_| self.tracked && self.source.plan.access == Access::Write) else {
            return Ok(());
        };
        let end = length.checked_add(self.source.plan.file_offset + self.source.plan.slack as u64);
        let size = os::file_size(&file)?;
        // What is no length at all is for `resize` to refuse.
        let Some(end) = end.filter(|end| *end > size && i64::try_from(*end).is_ok()) else { return Ok(()) };
        Ok(os::preallocate(&file, size, end, || cancel.is_cancelled())?)
    }

    /// Whether `resize` to that length would make a file shorter, so that views of the old length must go first.
    pub(super) fn would_cut_off(&self, length: u64) -> bool {
        let mapped = self.lock();
        self.source.plan.access == Access::Write
            && length > 0
            && mapped.as_ref().is_some_and(|mapped| {
                mapped.file.is_some()
                    && mapped.require_alone().is_ok()
                    && length < mapped.region.length() as u64
            })
    }

    fn resize_file(
        &self,
        mapped: &mut Mapped,
        source: &Source,
        end: u64,
        reserve: bool,
        views: Views,
    ) -> Result<()> {
        let file = mapped.file.clone().ok_or(Error::NoDescriptor("resize"))?;
        let size = os::file_size(&file)?;
        if end < size && !os::CAN_TRUNCATE_MAPPED {
            return truncate_unmapped(mapped, source, &file, end);
        }
        if end > size {
            if reserve { os::reserve(&file, size, end)? } else { os::grow(&file, end)? }
        }
        let region = match self.mapped_again(mapped, source, &file) {
            Ok(region) => region,
            Err(failed) => {
                os::take_back(&file, size, end);
                return Err(failed);
            }
        };
        if end < size {
            self.truncate(mapped, &file, end, views)?;
        }
        replace(mapped, region, views);
        Ok(())
    }

    /// The file mapped at another length, with what was stored into private pages.
    fn mapped_again(&self, mapped: &Mapped, source: &Source, file: &Arc<File>) -> Result<Region> {
        let region = new_region(source, Some(file), Some(file))?;
        if source.has_private_flags() {
            region.copy_changed_pages(&mapped.region);
            self.verify(&mapped.region, 0, source.plan.length.min(mapped.region.length()))?;
        }
        Ok(region)
    }

    /// Makes the file shorter while its old mapping is there.
    fn truncate(&self, mapped: &Mapped, file: &Arc<File>, end: u64, views: Views) -> Result<()> {
        // Whoever still reads through an old view must not meet the end of the file there. One that is kept does, and what
        // the file no longer has there is a fault.
        let revoked =
            views.revoked().filter(|_| !self.source.has_private_flags() && region::is_shared(&mapped.region));
        if let Some(by) = revoked {
            mapped.region.revoke(by);
        }
        if views == Views::Keep {
            mapped.region.mark_replaced(true);
        }
        let truncated = os::set_size(file, end);
        if truncated.is_err() {
            mapped.region.mark_replaced(false);
        }
        if truncated.is_err() && revoked.is_some() {
            // If that fails too, the old views go on reading zeros, as those of a closed mapping do.
            let _ = mapped
                .region
                .restore(file, |pages| place(&self.source, Some(file), Target::At(pages)).map(drop));
        }
        Ok(truncated?)
    }
}

fn resize_memory(mapped: &mut Mapped, source: &Source, views: Views) -> Result<()> {
    // Linux lets mremap(2) make a shared anonymous mapping longer than the memory behind it (kernel bug 8691), and what is
    // beyond cannot be touched: only private memory grows where it is.
    let shrinks = source.plan.length <= mapped.region.length();
    if (source.has_private_flags() || shrinks) && resize_in_place(mapped, source.plan.length) {
        return Ok(());
    }
    let region = new_region(source, None, None)?;
    region.copy_changed_pages(&mapped.region);
    replace(mapped, region, views);
    Ok(())
}

/// Resizes without a new mapping, if nobody else holds the old one and the system can.
fn resize_in_place(mapped: &mut Mapped, length: usize) -> bool {
    // If the system refuses (the memory is in several pieces, there is no room for it), a new mapping is tried next.
    Arc::get_mut(&mut mapped.region)
        .and_then(|region| region.resize_in_place(length))
        .is_some_and(|done| done.is_ok())
}

/// Where a mapped file cannot be made shorter: unmaps it, shortens it, and maps it again.
fn truncate_unmapped(mapped: &mut Mapped, source: &Source, file: &Arc<File>, end: u64) -> Result<()> {
    if region::is_shared(&mapped.region) {
        let text = "This system cannot shorten a file while views of its mapping live, or jobs work on it";
        return Err(Error::Busy(text.into()));
    }
    let before = source.with_length(mapped.region.length());
    mapped.region = Arc::new(Region::new(RawMap::Empty, 0, 0));
    let shortened = os::set_size(file, end);
    let source = if shortened.is_ok() { source } else { &before };
    mapped.region = Arc::new(new_region(source, Some(file), Some(file))?);
    Ok(shortened?)
}

/// Windows: a named section cannot change its size. Its bytes move to a new one of the same name, unless others have it
/// open.
fn resize_section(mapped: &mut Mapped, name: &str, source: &Source) -> Result<()> {
    let busy = || Error::Busy(format!("The named memory '{name}' is open elsewhere"));
    if region::is_shared(&mapped.region) {
        return Err(busy());
    }
    let before = source.with_length(mapped.region.length());
    let kept = mapped.region.look(0..before.plan.length, <[u8]>::to_vec).unwrap_or_default();
    mapped.region = Arc::new(Region::new(RawMap::Empty, 0, 0));
    let section = |source: &Source, bytes: &[u8]| -> Result<Arc<Region>> {
        let region = new_region(source, None, None)?;
        fill_in(&region, bytes);
        Ok(Arc::new(region))
    };
    // If the name is still there, others have the section open, and its bytes: it is opened again as it was.
    if os::section_exists(name) {
        mapped.region = section(&before, &[])?;
        return Err(busy());
    }
    match section(source, &kept) {
        Ok(region) => {
            mapped.region = region;
            Ok(())
        }
        Err(error) => {
            mapped.region = section(&before, &kept)?;
            Err(error)
        }
    }
}

/// Writes bytes into memory that is zero.
fn fill_in(region: &Region, bytes: &[u8]) {
    for (index, byte) in bytes.iter().enumerate().take(region.length()) {
        if *byte != 0 {
            // Cannot fail: the index is within the region.
            let _ = region.set_byte(index, *byte);
        }
    }
}

fn replace(mapped: &mut Mapped, region: Region, views: Views) {
    retire(std::mem::replace(&mut mapped.region, Arc::new(region)), views);
}
