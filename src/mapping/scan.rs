//! Lending a mapping to a search.

use std::ops::Range;
use std::sync::Arc;

use super::{Error, Mapping, Result};
use crate::region::Region;
use crate::search::haystack::Haystack;

/// How much of a removable volume one look of a search copies, at most, where the search has a choice.
const COPY_LIMIT: usize = 256 * 1024;

/// The bytes that a search works on: they stay addressable until it ends, also over a close.
#[derive(Clone)]
pub struct Lent {
    mapping: Arc<Mapping>,
    region: Arc<Region>,
}

impl Haystack for Lent {
    type Error = Error;

    fn look<R>(&self, range: Range<usize>, look: impl FnOnce(&[u8]) -> (R, Range<usize>)) -> Result<R> {
        self.mapping.look(&self.region, range, look)
    }

    fn copy_limit(&self) -> Option<usize> {
        self.region.is_removable().then_some(COPY_LIMIT)
    }
}

/// Lends the bytes of a mapping to a search.
pub fn lend(mapping: &Arc<Mapping>) -> Result<Lent> {
    Ok(Lent { mapping: Arc::clone(mapping), region: mapping.region()? })
}
