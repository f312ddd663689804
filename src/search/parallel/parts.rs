//! A range in parts, and the search of all of them by one thread or several.

use std::ops::Range;
use std::sync::Arc;

use crate::pool::{self, CancelToken};
use crate::search::haystack::Haystack;
use crate::sync::Mutex;

/// Bytes of a part, after each of which the cancel token is looked at.
pub const PART: usize = if cfg!(test) { 32 << 10 } else { 4 << 20 };

/// The parts of a range in which occurrences of a literal begin. Each reaches so far beyond its end that an occurrence
/// which begins in it is seen whole.
#[derive(Debug)]
pub struct Parts {
    range: Range<usize>,
    size: usize,
    overlap: usize,
}

impl Parts {
    /// For occurrences of `len` bytes. `can_be_whole`: nobody will cancel the search or share it, so that one part is
    /// best unless the haystack makes copies.
    pub fn new(haystack: &impl Haystack, range: Range<usize>, len: usize, can_be_whole: bool) -> Self {
        let overlap = len.saturating_sub(1);
        let size = match haystack.copy_limit() {
            // At most a fifth of what is copied is copied twice.
            Some(limit) => limit.max(overlap.saturating_mul(4)),
            None if can_be_whole => range.len().max(1),
            // At most half of what is searched is searched twice.
            None => PART.max(overlap),
        };
        Self { range, size, overlap }
    }

    /// How many there are: at least one, which may be empty.
    pub fn count(&self) -> usize {
        self.range.len().div_ceil(self.size).max(1)
    }

    /// The part of that number, with what it reaches beyond its end.
    pub fn get(&self, number: usize) -> Range<usize> {
        let start = self.range.start + number * self.size;
        start..start.saturating_add(self.size).saturating_add(self.overlap).min(self.range.end)
    }

    /// Whether this is where the whole range ends.
    pub fn ends_at(&self, end: usize) -> bool {
        end == self.range.end
    }

    /// Reports the progress that searching `part` was.
    pub fn report(&self, part: &Range<usize>, cancel: Option<&Arc<CancelToken>>) {
        if let Some(cancel) = cancel {
            cancel.report(part.len().min(self.size));
        }
    }
}

/// A search that is done part by part, the parts in any order.
pub trait Job: Send + Sync {
    /// Searches the part of that number. `false`: no part after it needs to be searched.
    fn search(&self, part: usize) -> bool;
}

/// Searches the parts 0 to `count` - 1 on this thread, in order.
pub fn search_alone(job: &impl Job, count: usize, cancel: Option<&Arc<CancelToken>>) {
    for part in 0..count {
        if cancel.is_some_and(|cancel| cancel.is_cancelled()) || !job.search(part) {
            return;
        }
    }
}

/// Searches the parts 0 to `count` - 1 on up to `threads` threads, this one among them, begun in order.
pub fn search_together(
    job: &Arc<impl Job + 'static>,
    count: usize,
    threads: usize,
    cancel: Option<&Arc<CancelToken>>,
) {
    let (job, cancel) = (Arc::clone(job), cancel.map(Arc::clone).unwrap_or_default());
    pool::parallel_for(count, threads, &cancel, move |part| job.search(part));
}

/// What was found in the first of the parts in which something was found.
pub struct First<T>(Mutex<Option<(usize, T)>>);

impl<T> First<T> {
    pub fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Keeps what was found in a part, unless something was found in an earlier one.
    pub fn note(&self, part: usize, found: T) {
        let mut first = self.0.lock();
        if first.as_ref().is_none_or(|(number, _)| part < *number) {
            *first = Some((part, found));
        }
    }

    pub fn take(&self) -> Option<T> {
        self.0.lock().take().map(|(_, found)| found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::haystack::tests::Copied;

    #[test]
    fn parts_overlap_and_cover_the_range() {
        let bytes = Arc::new(vec![0; 3 * PART]);
        let all = |parts: &Parts| Vec::from_iter((0..parts.count()).map(|number| parts.get(number)));
        let end = PART + 100;
        assert_eq!(all(&Parts::new(&bytes, 5..end, 4, false)), [5..5 + PART + 3, 5 + PART..end]);
        // A search that is neither cancelled nor shared has one part, and so has an empty range.
        assert_eq!(all(&Parts::new(&bytes, 5..end, 4, true)), [Range { start: 5, end }]);
        assert_eq!(all(&Parts::new(&bytes, 4..4, 4, false)), [Range { start: 4, end: 4 }]);
        // Of a long literal, which would be searched again and again, parts are larger.
        assert_eq!(Parts::new(&bytes, 0..3 * PART, 2 * PART + 1, false).count(), 2);
        // A copy is never of the whole.
        let copied = Copied(bytes, 1000);
        assert_eq!(Parts::new(&copied, 0..2500, 4, true).get(1), 1000..2003);
        assert_eq!(Parts::new(&copied, 0..2500, 301, true).get(0), 0..1500);
    }
}
