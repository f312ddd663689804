//! Large ranges, from threads of our own.

use std::ops::Range;
use std::sync::Arc;

use super::{Error, Mapping, Result};
use crate::crew::Leash;
use crate::region::Region;
use crate::search::scan::{self, Haystack};

/// The bytes that a job works on: they stay addressable until it ends, also over a close.
pub struct Lent {
    mapping: Arc<Mapping>,
    region: Arc<Region>,
}

impl Haystack for Lent {
    type Error = Error;
    fn look<R>(&self, range: Range<usize>, look: impl FnOnce(&[u8]) -> (R, Range<usize>)) -> Result<R> {
        self.mapping.look(&self.region, range, look)
    }
}

/// Lends the bytes of a mapping to a job.
pub fn lend(mapping: &Arc<Mapping>) -> Result<Arc<Lent>> {
    Ok(Arc::new(Lent { mapping: Arc::clone(mapping), region: mapping.region()? }))
}

/// What a job looks for, and how.
pub struct Search {
    pub needle: Vec<u8>,
    pub range: Range<usize>,
    pub threads: usize,
}

/// The first or last position of the needle.
pub fn find(bytes: &Arc<Lent>, search: Search, last: bool, leash: &Arc<Leash>) -> Result<Option<usize>> {
    scan::find(bytes, &search.needle, search.range, last, search.threads, leash)
}

/// How often the needle occurs.
pub fn count(bytes: &Arc<Lent>, search: Search, leash: &Arc<Leash>) -> Result<u64> {
    scan::count(bytes, &search.needle, search.range, search.threads, leash)
}
