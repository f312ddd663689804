//! Writing changed pages back.

use super::{Error, Record, Result};
use crate::request::Access;

/// How often a flush begins again because the mapping was resized meanwhile.
const ATTEMPTS: usize = 100;

impl Record {
    /// Writes changed pages of a range back. Nothing is to be done unless stores reach a file.
    pub fn flush(&self, start: usize, len: usize, flags: i32) -> Result<()> {
        for _ in 0..ATTEMPTS {
            let (region, file) = self.region_and_file()?;
            if self.source.plan.access != Access::Write {
                return Ok(());
            }
            // A range that a shrinking resize has cut off meanwhile is not there to be written.
            let len = len.min(region.length().saturating_sub(start));
            region.flush(start, len, file.as_deref(), flags)?;
            // A resize has put zero pages into this region, perhaps before it was written, or cut off its end: then the new one
            // must be written.
            if !region.is_revoked() && !region.is_replaced() {
                return self.verify(&region, start, len);
            }
        }
        Err(Error::replaced_meanwhile())
    }
}
