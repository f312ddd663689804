//! Advice about the memory of a mapping, and its name.

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

    /// Sets the name that /proc/PID/maps shows for anonymous memory.
    pub fn set_name(&self, name: &str) -> Result<()> {
        if !self.source.is_anonymous() {
            return Err(Error::invalid("prctl", "only anonymous memory has a name"));
        }
        Ok(self.region()?.set_name(name)?)
    }
}
