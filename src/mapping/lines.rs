//! The lines of a mapping, piece by piece.

use std::ops::Range;
use std::sync::Arc;

use super::haystack::Snapshot;
use super::{Record, Result};
use crate::search::literal::Direction;
use crate::search::parallel;

impl Record {
    /// Lends the first lines of a range: as many as `most` bytes hold, or the one that is longer. `look` answers beside its
    /// result how many bytes that rests on. If the mapping no longer has all of the range, what it has of it is lent,
    /// perhaps nothing.
    pub fn lines<R>(
        self: &Arc<Self>,
        range: Range<usize>,
        most: usize,
        look: impl FnOnce(&[u8]) -> (R, usize),
    ) -> Result<R> {
        let region = self.region()?;
        let end = range.end.min(region.length());
        let mut range = range.start.min(end)..end;
        if region.is_removable() {
            // The range is copied, and so must end somewhere: where a line does.
            let from = range.start.saturating_add(most).min(range.end);
            let snapshot = Snapshot { record: Arc::clone(self), region: Arc::clone(&region) };
            let next = parallel::find(&snapshot, b"\n", from..range.end, Direction::Forward, 1, None)?;
            range.end = next.map_or(range.end, |at| at + 1);
        }
        // Little is touched of what is lent.
        region.check_handlers(most.min(range.len()));
        self.look_unchecked(&region, range, |bytes| {
            let (result, seen) = look(bytes);
            (result, 0..seen)
        })
    }
}
