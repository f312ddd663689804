//! Another length, for the mapping and for the file below it.

use std::fs::File;
use std::sync::Arc;

use super::{Error, Mapping, Open, Origin, Result, admitted, closed, enclose, no_descriptor, retire};
use crate::os::{self, RawMap};
use crate::region::{self, Region};
use crate::request::{Access, Plan, Refusal};

impl Mapping {
    /// Gives the mapping, and its file, another length. If it fails, both are as they were.
    pub fn resize(&self, length: u64, reserve: bool) -> Result<()> {
        let mut open = self.lock();
        let open = open.as_mut().ok_or_else(closed)?;
        if self.plan.access != Access::Write {
            let text = "A read-only or copy-on-write mapping cannot be resized";
            return Err(Error::Coded("ERR_MMAP_READ_ONLY", text.into()));
        }
        if !self.tracked {
            return Err(no_descriptor("resize"));
        }
        let whole = length.checked_add(self.plan.slack as u64).and_then(|whole| isize::try_from(whole).ok());
        let end = whole.and_then(|whole| self.plan.file_offset.checked_add(whole as u64));
        let Some(end) = end.filter(|_| length > 0) else {
            return Err(Refusal::TooLong { length }.into());
        };
        let plan = Plan { length: length as usize, extend_to: None, ..self.plan };
        match &self.origin {
            Origin::Anonymous => self.resize_memory(open, &plan),
            Origin::Named(name) if !os::NAMED_IS_FILE => resize_section(open, name, &plan),
            Origin::File { .. } | Origin::Named(_) => self.resize_file(open, &plan, end, reserve),
        }
    }

    pub(super) fn is_private(&self) -> bool {
        self.plan.raw.is_some_and(os::is_private)
    }

    fn resize_memory(&self, open: &mut Open, plan: &Plan) -> Result<()> {
        // Linux grows a shared anonymous mapping beyond its object (kernel bug 8691): private ones alone stay.
        let shrinks = plan.length <= open.region.length();
        if (self.is_private() || shrinks) && in_place(open, plan.length) {
            return Ok(());
        }
        let region = enclose(admitted(|| os::map_anonymous(plan))?, plan, &self.origin, None)?;
        region.carry(&open.region);
        replace(open, region);
        Ok(())
    }

    fn resize_file(&self, open: &mut Open, plan: &Plan, end: u64, reserve: bool) -> Result<()> {
        let file = open.file.clone().ok_or_else(|| no_descriptor("resize"))?;
        let size = os::file_size(&file)?;
        if end < size && !os::CAN_TRUNCATE_MAPPED {
            return self.truncate_unmapped(open, plan, &file, end);
        }
        if end > size {
            if reserve { os::reserve(&file, size, end)? } else { os::set_size(&file, end)? }
        }
        let made = self.map_again(&file, plan).and_then(|region| {
            if self.is_private() {
                region.carry(&open.region);
                self.verify(&open.region, 0, plan.length.min(open.region.length()))?;
            }
            Ok(region)
        });
        let region = match made {
            Ok(region) => region,
            Err(failed) => {
                if end > size {
                    let _ = os::set_size(&file, size);
                }
                return Err(failed);
            }
        };
        if end < size {
            // Whoever still reads an old view must not meet the end of the file there.
            let seen = !self.is_private() && region::is_shared(&open.region);
            if seen {
                open.region.revoke();
            }
            if let Err(failed) = os::set_size(&file, end) {
                if seen {
                    open.region.restore(&file, &self.plan, self.is_regular());
                }
                return Err(failed.into());
            }
        }
        replace(open, region);
        Ok(())
    }

    fn map_again(&self, file: &Arc<File>, plan: &Plan) -> Result<Region> {
        let held = admitted(|| os::map_file(file, plan, self.is_regular()))?;
        enclose(held, plan, &self.origin, Some(file))
    }

    /// The same length, at other addresses.
    pub(super) fn map_anew(&self, open: &mut Open) -> Result<()> {
        let plan = Plan { length: open.region.length(), extend_to: None, ..self.plan };
        let region = match (&self.origin, &open.file) {
            (Origin::Named(name), _) => {
                let held = admitted(|| os::map_named(name, &plan).map(|(held, _)| held))?;
                enclose(held, &plan, &self.origin, None)?
            }
            (_, Some(file)) => self.map_again(file, &plan)?,
            (_, None) => enclose(admitted(|| os::map_anonymous(&plan))?, &plan, &self.origin, None)?,
        };
        replace(open, region);
        Ok(())
    }

    /// Where a mapped file cannot be made shorter: unmap, shorten, map. Only while nobody else holds the bytes.
    fn truncate_unmapped(&self, open: &mut Open, plan: &Plan, file: &Arc<File>, end: u64) -> Result<()> {
        if region::is_shared(&open.region) {
            let text =
                "This system cannot shorten a file while views of its mapping live, or jobs work on it";
            return Err(Error::Coded("ERR_MMAP_BUSY", text.into()));
        }
        let length = open.region.length();
        open.region = Arc::new(Region::new(RawMap::Empty, 0, 0));
        let shortened = os::set_size(file, end);
        let plan = if shortened.is_ok() { *plan } else { Plan { length, extend_to: None, ..self.plan } };
        open.region = Arc::new(self.map_again(file, &plan)?);
        Ok(shortened?)
    }
}

/// A named section cannot change its size: its bytes move to a new one of the name, unless others have it open.
fn resize_section(open: &mut Open, name: &str, plan: &Plan) -> Result<()> {
    let busy = || Error::Coded("ERR_MMAP_BUSY", format!("The named memory '{name}' is open elsewhere"));
    if region::is_shared(&open.region) {
        return Err(busy());
    }
    let before = Plan { length: open.region.length(), ..*plan };
    let kept = open.region.look(0..before.length, <[u8]>::to_vec).unwrap_or_default();
    open.region = Arc::new(Region::new(RawMap::Empty, 0, 0));
    let section = |plan: &Plan, bytes: &[u8]| -> Result<Arc<Region>> {
        let (held, _) = os::map_named(name, plan)?;
        let region = Region::new(held, plan.slack, plan.length);
        restore(&region, bytes);
        Ok(Arc::new(region))
    };
    // If it is still there, others have it, and its bytes: it is opened again as it was.
    if os::section_exists(name) {
        open.region = section(&before, &[])?;
        return Err(busy());
    }
    match section(plan, &kept) {
        Ok(region) => {
            open.region = region;
            Ok(())
        }
        Err(error) => {
            open.region = section(&before, &kept)?;
            Err(error)
        }
    }
}

fn restore(region: &Region, bytes: &[u8]) {
    for (index, byte) in bytes.iter().enumerate().take(region.length()) {
        if *byte != 0 {
            // Within, by `take`.
            let _ = region.set_byte(index, *byte);
        }
    }
}

/// Resizes without a new mapping where nobody else holds the old one and the system can.
fn in_place(open: &mut Open, length: usize) -> bool {
    // A refusal (several advised pieces, no address space) is no failure yet: a new mapping comes next.
    Arc::get_mut(&mut open.region)
        .and_then(|region| region.resize_in_place(length))
        .is_some_and(|done| done.is_ok())
}

fn replace(open: &mut Open, region: Region) {
    retire(std::mem::replace(&mut open.region, Arc::new(region)));
}
