//! Writing changed pages back.

use super::{Record, Result};
use crate::request::Access;

impl Record {
    /// Writes changed pages of a range back. Nothing is to be done unless stores reach a file.
    pub fn flush(&self, start: usize, len: usize, flags: i32) -> Result<()> {
        let (region, file) = self.region_and_file()?;
        if self.source.plan.access != Access::Write {
            return Ok(());
        }
        // A range that a shrinking resize has cut off meanwhile is not there to be written.
        let len = len.min(region.length().saturating_sub(start));
        region.flush(start, len, file.as_deref(), flags)?;
        self.verify(&region, start, len)
    }
}
