//! The one function that maps a file or memory. Opening, resizing, reattaching and discarding a stray store call it.

use std::fs::File;
use std::io;
use std::sync::Arc;

use super::{Origin, Result, Source};
use crate::fault::GuardedMapping;
use crate::map_limit;
use crate::os::{self, Hosted, RawMap, SystemError};
use crate::region::{self, Region};
use crate::request::Access;

/// Where a mapping is made.
pub enum Target {
    /// At addresses that the system chooses.
    Anywhere,
    /// Over pages that are there, in their place.
    At(Hosted),
}

/// Maps `source`. `file` is the open file of its origin, if it has one; without it, nothing is mapped over pages of a file,
/// but what was stored there is dropped.
pub fn place(source: &Source, file: Option<&File>, target: Target) -> Result<RawMap> {
    let (plan, regular) = (&source.plan, source.is_regular());
    if let Target::At(pages) = target {
        match file {
            None if !source.is_anonymous() => os::drop_stores(&pages, plan, regular)?,
            file => os::map_over(&pages, file, plan, regular)?,
        }
        return Ok(RawMap::Hosted(pages));
    }
    if source.is_empty() {
        return Ok(RawMap::Empty);
    }
    map_limit::reserve(1, region::live())?;
    Ok(match (&source.origin, file) {
        (Origin::File { section: Some(name), .. }, Some(file)) => os::map_named_file(file, plan, name)?,
        (_, Some(file)) => os::map_file(file, plan, regular)?,
        (Origin::Named(name), None) => os::map_named_section(name, plan)?,
        (_, None) => os::map_anonymous(plan)?,
    })
}

/// A new region of `source`, at addresses that the system chooses, guarded if the plan asks for that. `kept`: `file`, if
/// the mapping keeps it.
pub fn new_region(source: &Source, file: Option<&File>, kept: Option<&Arc<File>>) -> Result<Region> {
    let Source { plan, .. } = source;
    let map = place(source, file, Target::Anywhere)?;
    let region = Region::new(map, plan.slack, plan.length);
    let (read_only, regular) = (plan.access == Access::Read, source.is_regular());
    if !plan.guard {
        return Ok(region);
    }
    let private = source.is_anonymous() || os::is_private_mapping(plan, regular);
    let guarded =
        GuardedMapping { offset: plan.file_offset, sized: regular, read_only, private, hosted: false };
    let no_memory = || SystemError { call: "mmap", source: io::Error::from(io::ErrorKind::OutOfMemory) };
    Ok(region.guarded(guarded, kept.cloned()).ok_or_else(no_memory)?)
}
