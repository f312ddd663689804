//! Work that waits for a disk: pages brought into memory before somebody needs them, and many ranges read at once.
//!
//! A page that is not in memory costs whoever touches it as long as the disk takes, one page after the other. So all that is
//! wanted is asked of the system first, which reads it in whatever order is best, and only then is any of it waited for.

use std::ops::Range;

use super::haystack::Snapshot;
use super::{Error, Record, Result};
use crate::fault::Guard;
use crate::os::{self, Advice};
use crate::pool::CancelToken;
use crate::region::ForeignBytes;
use crate::request::Access;

/// Bytes that are asked for before any of them is waited for. More would drive out of memory what was asked for first.
const WINDOW: usize = 64 << 20;

/// Bytes that are copied between two looks at the cancel token.
const PIECE: usize = 1 << 20;

/// Ranges that are not empty, in order, and none that overlaps another or touches it, divided into windows.
fn windows(mut ranges: Vec<Range<usize>>) -> Vec<Vec<Range<usize>>> {
    ranges.retain(|range| !range.is_empty());
    ranges.sort_unstable_by_key(|range| range.start);
    let mut windows: Vec<Vec<Range<usize>>> = Vec::new();
    let mut room = 0;
    let mut reached = 0;
    for Range { start, end } in ranges {
        // What was asked for already is not asked for again.
        let mut start = start.max(reached);
        reached = reached.max(end);
        while start < end {
            if room == 0 {
                windows.push(Vec::new());
                room = WINDOW;
            }
            let step = room.min(end - start);
            if let Some(window) = windows.last_mut() {
                match window.last_mut() {
                    Some(last) if last.end == start => last.end += step,
                    _ => window.push(start..start + step),
                }
            }
            start += step;
            room -= step;
        }
    }
    windows
}

impl Snapshot {
    /// Asks the system for the pages of ranges, and waits for none of them.
    fn ask(&self, ranges: &[Range<usize>]) {
        let Ok(Some(number)) = os::advice_number(&Advice::Name("willneed".into())) else { return };
        for range in ranges {
            // If it fails, the pages come when they are touched.
            let _ = self.region.advise(range.start, range.len(), number);
        }
    }

    /// Brings the pages of ranges into memory. Fails at the first that cannot be had.
    pub fn prefetch(&self, ranges: Vec<Range<usize>>, cancel: &CancelToken) -> Result<()> {
        let windows = windows(ranges);
        for (number, window) in windows.iter().enumerate() {
            if number == 0 {
                self.ask(window);
            }
            if let Some(next) = windows.get(number + 1) {
                self.ask(next);
            }
            for range in window {
                self.bring(range.clone(), cancel)?;
            }
        }
        Ok(())
    }

    fn bring(&self, range: Range<usize>, cancel: &CancelToken) -> Result<()> {
        // A store into a file would change it, one into memory that nobody has touched changes nothing.
        let writable = self.record.source.is_anonymous() && self.record.source.plan.access != Access::Read;
        for start in range.clone().step_by(os::POPULATED_AT_ONCE) {
            if cancel.is_cancelled() {
                return Err(Error::Busy("The job was cancelled".into()));
            }
            let part = start..range.end.min(start + os::POPULATED_AT_ONCE);
            let len = part.len();
            let is_there = self.region.populate_range(start, len, writable);
            let page = os::page_size();
            self.record.look(&self.region, part, |bytes| {
                // If the system did not bring them, each page is touched, and one that cannot be had is a fault.
                let touched =
                    if is_there { 0 } else { bytes.iter().step_by(page).fold(0, |all, byte| all ^ byte) };
                (std::hint::black_box(touched), 0..len)
            })?;
            cancel.report(len);
        }
        Ok(())
    }

    /// Copies each range, from its start on, into its target. `ahead`: bytes behind the last one that are asked for, and not waited for.
    pub fn read_ranges(
        &self,
        reads: &[(usize, ForeignBytes)],
        ahead: usize,
        cancel: &CancelToken,
    ) -> Result<()> {
        let mut asked = reads.iter().map(|(start, target)| *start..start + target.len()).collect::<Vec<_>>();
        let last = asked.last().map_or(0, |range| range.end);
        asked.push(last..self.region.length().min(last + ahead));
        // One range alone is read at once.
        if reads.len() > 1 || ahead > 0 {
            for window in windows(asked) {
                self.ask(&window);
            }
        }
        for (start, target) in reads {
            for at in (0..target.len()).step_by(PIECE) {
                if cancel.is_cancelled() {
                    return Err(Error::Busy("The job was cancelled".into()));
                }
                let len = PIECE.min(target.len() - at);
                let Some(part) = target.part(at, len) else { return Err(Error::range_beyond_mapping()) };
                self.record.read_of(self, start + at, part)?;
                cancel.report(len);
            }
        }
        Ok(())
    }
}

impl Record {
    /// Copies bytes that are in memory, and waits for none. `false`: some may not be, or nobody can tell.
    pub fn read_now(&self, start: usize, target: ForeignBytes) -> Result<bool> {
        let (region, file) = self.region_and_file()?;
        if !region.has(start, target.len())
            || !region.guard().is_none_or(Guard::is_clear)
            || region.is_revoked()
        {
            return Ok(false);
        }
        let reads_file = self.source.is_file() && self.source.is_regular() && !self.source.keeps_stores();
        let at = self.source.plan.file_offset + (self.source.plan.slack + start) as u64;
        Ok(reads_file && file.is_some_and(|file| target.read_from_memory(&file, at)))
    }

    /// Copies bytes of a snapshot: by the file's descriptor where that reaches the same bytes, since to wait for a disk in a call of the
    /// system costs nobody a fault.
    fn read_of(&self, snapshot: &Snapshot, start: usize, mut target: ForeignBytes) -> Result<()> {
        let region = &snapshot.region;
        let is_file = self.source.is_file() && self.source.is_regular() && !self.source.keeps_stores();
        let is_clear = region.guard().is_none_or(Guard::is_clear);
        if is_file && is_clear && region.has(start, target.len()) && !region.is_replaced() {
            let file = self.lock().as_ref().and_then(|mapped| mapped.file.clone());
            let at = self.source.plan.file_offset + (self.source.plan.slack + start) as u64;
            if file.is_some_and(|file| target.read_from(&file, at)) {
                return Ok(());
            }
        }
        self.look(region, start..start + target.len(), |bytes| {
            target.as_mut_slice().copy_from_slice(bytes);
            ((), 0..bytes.len())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bounds of the windows of ranges, which are given by their bounds.
    fn bounds(ranges: &[(usize, usize)]) -> Vec<Vec<(usize, usize)>> {
        let divided = windows(ranges.iter().map(|(start, end)| *start..*end).collect());
        let bounds =
            |window: &Vec<Range<usize>>| window.iter().map(|range| (range.start, range.end)).collect();
        divided.iter().map(bounds).collect()
    }

    #[test]
    fn ranges_are_sorted_merged_and_divided() {
        let (one, two) = (WINDOW, 2 * WINDOW);
        assert_eq!(bounds(&[(5, 9), (0, 3), (2, 4), (4, 4), (8, 20)]), [[(0, 4), (5, 20)]]);
        assert_eq!(bounds(&[(3, 4), (0, 3)]), [[(0, 4)]]);
        assert_eq!(bounds(&[(0, two + 1)]), [[(0, one)], [(one, two)], [(two, two + 1)]]);
        assert_eq!(bounds(&[(7, 10), (0, one)]), [[(0, one)]]);
        assert!(bounds(&[]).is_empty());
    }
}
