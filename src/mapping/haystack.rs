//! A mapping lends itself to searches, which know nothing of mappings.

use std::ops::Range;
use std::sync::Arc;

use super::{Error, Handle, Record, Result};
use crate::region::Region;
use crate::search::haystack::Haystack;

/// The bytes that a search works on. They stay addressable until it ends; when the mapping is closed or resized
/// meanwhile, the search fails at its next look.
#[derive(Clone)]
pub struct Snapshot {
    pub(super) record: Arc<Record>,
    pub(super) region: Arc<Region>,
}

impl Handle {
    /// The present bytes, for a search.
    pub fn snapshot(&self) -> Result<Snapshot> {
        let record = self.record_for_job()?;
        let region = record.region()?;
        Ok(Snapshot { record, region })
    }
}

/// How many bytes of a region on a removable volume a search copies at a time.
const COPY_LIMIT: usize = 256 * 1024;

impl Haystack for Snapshot {
    type Error = Error;

    fn look<R>(&self, range: Range<usize>, look: impl FnOnce(&[u8]) -> (R, Range<usize>)) -> Result<R> {
        self.record.look(&self.region, range, look)
    }

    fn copy_limit(&self) -> Option<usize> {
        self.region.is_removable().then_some(COPY_LIMIT)
    }
}
