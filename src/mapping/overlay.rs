//! Views over memory of the engine's own, for engines that forbid ArrayBuffers over other memory.
//!
//! The engine makes a buffer, the *host*, and the mapping is shown over its pages. The host's addresses are the engine's, which
//! frees them without a word once no JavaScript has the buffer any more. So they are touched only in calls of an object that
//! has its host, and never unmapped here.
//!
//! A mapping whose bytes others can see is mapped a second time, over the host: the record's own region stays what calls and
//! jobs work on, and each handle can have a host of its own thread. Private bytes are in one place alone, so their region moves
//! over the host, and then only one handle can be open.

use std::sync::Arc;

use super::handle::IsViewed;
use super::place::{Target, place};
use super::record::{Mapped, Record, retire};
use super::{Error, Handle, Origin, Result, Views};
use crate::fault::GuardedMapping;
use crate::map_limit;
use crate::os::{self, Hosted, RawMap};
use crate::region::{self, Region};

impl Handle {
    /// Shows the bytes over `host`, pages of the engine's that hold at least the mapping's slack and its bytes. The answer is the
    /// region there. The caller's object must keep the host alive as long as it is open.
    pub fn overlay(&self, host: Hosted) -> Result<Arc<Region>> {
        map_limit::reserve(1, region::live())?;
        let record = self.record()?;
        let region = {
            let mut mapped = record.lock();
            let mapped = mapped.as_mut().ok_or(Error::Closed)?;
            if record.is_in_one_place(mapped) {
                return record.move_to_host(mapped, host);
            }
            Arc::new(record.show_over(mapped, host)?)
        };
        *self.overlay.lock() = Some(Arc::clone(&region));
        Ok(region)
    }

    /// Whether views of the bytes must lie where calls reach them.
    pub fn is_in_one_place(&self) -> bool {
        let Ok(record) = self.record() else { return false };
        record.lock().as_ref().is_some_and(|mapped| record.is_in_one_place(mapped))
    }

    /// Does to the bytes over the host, which lives, what is said of views.
    pub fn retire_overlay(&self, views: Views) {
        let Some(region) = self.overlay.lock().take() else { return };
        region.keep_own_notes();
        retire(region, views);
    }

    /// As `retire_overlay`, where the host may be dead: its pages stay as they are.
    pub(super) fn leave_overlay(&self) {
        let Some(region) = self.overlay.lock().take() else { return };
        region.keep_own_notes();
        retire(region, Views::Keep);
    }

    /// `Record::resize`. `views`: what becomes of the views of this handle's object. Those of others are kept.
    pub fn resize(&self, length: u64, reserve: bool, views: Views, is_viewed: IsViewed<'_>) -> Result<()> {
        let record = self.record()?;
        let Some(region) = self.overlay.lock().clone() else {
            return record.resize(length, reserve, views, is_viewed);
        };
        // The notes of what is bad are there until the end.
        let _first = record.region()?;
        // Whoever still reads through an old view must not meet the end of the file there.
        let revoked = views.revoked().filter(|_| record.would_cut_off(length));
        if let Some(by) = revoked {
            region.revoke(by);
        }
        let resized = record.resize(length, reserve, views, is_viewed);
        if resized.is_ok() {
            self.retire_overlay(views);
        } else if revoked.is_some()
            && let Ok((_, Some(file))) = record.region_and_file()
        {
            // If that fails too, the old views go on reading zeros, as those of a closed mapping do.
            let _ = region.restore(&file, |pages| record.place_at(pages));
        }
        resized
    }

    /// `Record::remap`. `views`: what becomes of the views of this handle's object.
    pub fn remap(&self, length: Option<u64>, views: Views, is_viewed: IsViewed<'_>) -> Result<usize> {
        // The notes of what is bad are there until the end.
        let record = self.record()?;
        let _first = record.region()?;
        let length = record.remap(length, views, is_viewed)?;
        self.retire_overlay(views);
        Ok(length)
    }

    /// `Record::reattach`, for the views too.
    pub fn reattach(&self) -> Result<bool> {
        let record = self.record()?;
        let Some(region) = self.overlay.lock().clone() else { return record.reattach() };
        let mut answer = true;
        let map = |pages| match record.source.origin {
            // No fault takes anything from memory.
            Origin::Anonymous => Ok(()),
            _ => record.place_at(pages),
        };
        region.map_again_with(map, || {
            answer = record.reattach()?;
            Ok(())
        })?;
        Ok(answer)
    }
}

impl Record {
    /// Whether the bytes can be seen at one address alone, so that views of them must be there.
    fn is_in_one_place(&self, mapped: &Mapped) -> bool {
        if self.source.is_anonymous() {
            return self.source.keeps_stores() || !os::can_show_memory();
        }
        self.source.keeps_stores() || mapped.file.is_none()
    }

    fn place_at(&self, pages: Hosted) -> Result<()> {
        let file = self.lock().as_ref().and_then(|mapped| mapped.file.clone());
        place(&self.source, file.as_deref(), Target::At(pages)).map(drop)
    }

    fn show_over(&self, mapped: &Mapped, host: Hosted) -> Result<Region> {
        let first = &mapped.region;
        let region = Region::new(RawMap::Hosted(host), first.slack(), first.length());
        let region = region.guarded_with(first, mapped.file.clone()).ok_or_else(no_memory)?;
        region.map_first(|pages| match &self.source.origin {
            Origin::Anonymous => Ok(region.show(first)?),
            _ => place(&self.source, mapped.file.as_deref(), Target::At(pages)).map(drop),
        })?;
        Ok(region)
    }

    fn move_to_host(&self, mapped: &mut Mapped, host: Hosted) -> Result<Arc<Region>> {
        if mapped.require_alone().is_err() {
            let text = "The bytes are private to the mapping, and several objects share it: views would need one address for all. Use slice(), read(), at(), set() or write() instead";
            return Err(Error::NoViews(text.into()));
        }
        let host = match Arc::get_mut(&mut mapped.region) {
            Some(region) => match region.move_to(host) {
                Ok(()) => return Ok(Arc::clone(&mapped.region)),
                Err(host) => host,
            },
            None => host,
        };
        mapped.region = Arc::new(self.copied_to(mapped, host)?);
        Ok(Arc::clone(&mapped.region))
    }

    /// The bytes over `host`, without their old region, on which jobs may be at work. What the file has lost is lost there too.
    fn copied_to(&self, mapped: &Mapped, host: Hosted) -> Result<Region> {
        let old = &mapped.region;
        if mapped.file.is_none() && !self.source.is_anonymous() {
            return Err(Error::NoViews(
                "The file's descriptor, which trackfd: false did not keep, is needed for views".into(),
            ));
        }
        let mut region = Region::new(RawMap::Hosted(host), old.slack(), old.length());
        if let Some(guard) = old.guard() {
            let mapping = GuardedMapping { hosted: true, ..guard.mapping() };
            region = region.guarded(mapping, mapped.file.clone()).ok_or_else(no_memory)?;
        }
        region.map_first(|pages| place(&self.source, mapped.file.as_deref(), Target::At(pages)).map(drop))?;
        region.copy_changed_pages(old);
        if let Some((guard, old)) = region.guard().zip(old.guard()) {
            guard.copy_notes(old);
        }
        Ok(region)
    }
}

fn no_memory() -> Error {
    Error::NoMemory("There is no memory for what guards a mapping".into())
}
