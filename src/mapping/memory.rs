//! The memory of a mapping: advice about it, which of it is there, what is to stay there, and its name.

use super::{Error, Record, Result};
use crate::map_limit;
use crate::os::{self, Advice};
use crate::region;

impl Record {
    /// madvise(2) of `len` bytes from `start` on. `true`: the system took the advice.
    pub fn advise(&self, advice: &Advice, start: usize, len: usize) -> Result<bool> {
        let refused = |text| Error::InvalidArgument(format!("The argument 'advice' {text}"));
        let Some(number) = os::advice_number(advice).map_err(refused)? else {
            return Ok(false);
        };
        let region = self.region()?;
        // Also for advice about the whole mapping: the kernel may have merged it with its neighbours.
        map_limit::reserve(2, region::live())?;
        Ok(region.advise(start, len, number)?)
    }

    /// Calls `take` with each page of a range, and whether it is in memory. `false`: the system hides that.
    pub fn residency(&self, start: usize, len: usize, take: impl FnMut(bool)) -> Result<bool> {
        let (region, file) = self.region_and_file()?;
        let tells = match &file {
            Some(file) => os::tells_residency(file),
            // Without a descriptor nobody knows whose the file is.
            None => self.source.is_anonymous(),
        };
        if tells {
            region.residency(start, len, take)?;
        }
        Ok(tells)
    }

    /// Keeps the pages of a range in memory, or no longer.
    pub fn set_locked(&self, start: usize, len: usize, locked: bool) -> Result<()> {
        let region = self.region()?;
        // The kernel may divide the mapping for it.
        map_limit::reserve(2, region::live())?;
        region.set_locked(start, len, locked).map_err(|failed| match os::lock_limit(&failed.source) {
            Some(limit) if locked => Error::NoMemory(format!(
                "{len} bytes cannot be locked in memory: {limit} ({})",
                failed.source
            )),
            _ => failed.into(),
        })
    }

    /// Sets the name that /proc/PID/maps shows for anonymous memory.
    pub fn set_name(&self, name: &str) -> Result<()> {
        if !self.source.is_anonymous() {
            return Err(Error::invalid("prctl", "only anonymous memory has a name"));
        }
        Ok(self.region()?.set_name(name)?)
    }
}
