//! Large ranges, from threads of our own.

use std::ops::Range;
use std::sync::Arc;

use super::{Error, Mapping, Result};
use crate::pool::CancelToken;
use crate::region::Region;
use crate::search::gather::{self, Basket};
use crate::search::pattern::PatternError;
use crate::search::scan::{self, Haystack};
use crate::search::split;
use crate::search::target::{Place, Target};

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

    fn copies(&self) -> bool {
        self.region.is_removable()
    }
}

/// Lends the bytes of a mapping to a job.
pub fn lend(mapping: &Arc<Mapping>) -> Result<Arc<Lent>> {
    Ok(Arc::new(Lent { mapping: Arc::clone(mapping), region: mapping.region()? }))
}

/// The first or last position of the needle.
pub fn find(
    bytes: &Arc<Lent>,
    needle: &[u8],
    range: Range<usize>,
    last: bool,
    threads: usize,
    cancel: &Arc<CancelToken>,
) -> Result<Option<usize>> {
    scan::find(bytes, needle, range, last, threads, cancel)
}

/// How many matches there are within a range.
pub fn count(
    bytes: &Arc<Lent>,
    target: &Arc<Target>,
    range: Range<usize>,
    threads: usize,
    cancel: &Arc<CancelToken>,
) -> Result<u64> {
    split::count(bytes, target, range, threads, cancel)
}

/// The next matches within a range, from `place` on, which moves.
pub fn matches<B: Basket>(
    bytes: &Arc<Lent>,
    target: &Arc<Target>,
    range: Range<usize>,
    place: &mut Place,
    threads: usize,
    cancel: &Arc<CancelToken>,
    basket: impl Fn() -> B + Send + Sync + 'static,
) -> Result<std::result::Result<B, PatternError>> {
    gather::matches(bytes, target, range, place, threads, cancel, basket)
}
