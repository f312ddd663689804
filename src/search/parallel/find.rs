//! The first or last occurrence of a literal.

use std::ops::Range;
use std::sync::Arc;

use super::parts::{First, Job, Parts, search_alone, search_together};
use crate::pool::CancelToken;
use crate::search::haystack::Haystack;
use crate::search::literal::{Direction, Needle};

/// A search that is under way.
struct Find<'n, H: Haystack> {
    haystack: H,
    needle: Needle<'n>,
    parts: Parts,
    cancel: Option<Arc<CancelToken>>,
    found: First<Result<usize, H::Error>>,
}

/// Where the first or last occurrence of `needle` in a range begins, counted from the start of the haystack. `None`
/// also if the search was cancelled.
///
/// Uses up to `threads` threads, the caller's among them. With one thread it copies nothing and allocates nothing.
pub fn find<H: Haystack + Clone + 'static>(
    haystack: &H,
    needle: &[u8],
    range: Range<usize>,
    direction: Direction,
    threads: usize,
    cancel: Option<&Arc<CancelToken>>,
) -> Result<Option<usize>, H::Error> {
    let parts = Parts::new(haystack, range, needle.len(), threads == 1 && cancel.is_none());
    let (needle, count) = (Needle::new(needle, direction), parts.count());
    // Other threads need a needle of their own. If there is no memory for one, this thread searches alone.
    if threads > 1
        && count > 1
        && let Some(needle) = needle.try_to_owned()
    {
        let find = Arc::new(Find::new(haystack.clone(), needle, parts, cancel));
        search_together(&find, count, threads, cancel);
        return find.found.take().transpose();
    }
    let find = Find::new(haystack, needle, parts, cancel);
    search_alone(&find, count, cancel);
    find.found.take().transpose()
}

impl<'n, H: Haystack> Find<'n, H> {
    fn new(haystack: H, needle: Needle<'n>, parts: Parts, cancel: Option<&Arc<CancelToken>>) -> Self {
        Self { haystack, needle, parts, cancel: cancel.cloned(), found: First::new() }
    }
}

impl<H: Haystack> Job for Find<'_, H> {
    fn search(&self, number: usize) -> bool {
        let backward = self.needle.direction() == Direction::Backward;
        let part = self.parts.get(if backward { self.parts.count() - 1 - number } else { number });
        let start = part.start;
        let found = self.haystack.look(part.clone(), |bytes| {
            let found = self.needle.find(bytes);
            let seen = match found {
                None => 0..bytes.len(),
                Some(at) if backward => at..bytes.len(),
                Some(at) => 0..at + self.needle.len(),
            };
            (found, seen)
        });
        self.parts.report(&part, self.cancel.as_ref());
        match found {
            Ok(None) => return true,
            Ok(Some(at)) => self.found.note(number, Ok(start + at)),
            Err(error) => self.found.note(number, Err(error)),
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::super::parts::PART;
    use super::super::tests::text;
    use super::*;
    use crate::search::haystack::tests::{BAD, Copied};

    #[test]
    fn threads_change_nothing() {
        let mut bytes = text();
        for at in [PART - 3, 2 * PART - 1, 2 * PART, 3 * PART - 6] {
            bytes[at..at + 6].copy_from_slice(b"needle");
        }
        let bytes = Arc::new(bytes);
        let whole = 0..bytes.len();
        let copied = Copied(Arc::clone(&bytes), 1000);
        for (threads, cancel) in [(1, None), (1, Some(Arc::default())), (2, None), (4, Some(Arc::default()))]
        {
            for needle in [&b"needle"[..], b"7 ", b"\n", b"absent needle", b"11", b"1", b"dle", b""] {
                for range in
                    [whole.clone(), 1..bytes.len() - 7, PART - 2..PART + 2, PART..PART, 5..2 * PART + 4]
                {
                    let slice = &bytes[range.clone()];
                    for (direction, expected) in [
                        (Direction::Forward, memchr::memmem::find(slice, needle)),
                        (Direction::Backward, memchr::memmem::rfind(slice, needle)),
                    ] {
                        let expected = Ok(expected.map(|at| at + range.start));
                        let found = find(&bytes, needle, range.clone(), direction, threads, cancel.as_ref());
                        assert_eq!(found, expected, "{needle:?} {range:?} {direction:?}");
                        let found = find(&copied, needle, range.clone(), direction, threads, cancel.as_ref());
                        assert_eq!(found, expected, "{needle:?} {range:?} {direction:?}, copied");
                    }
                }
            }
        }
    }

    #[test]
    fn the_parts_of_a_search_share_one_prepared_needle() {
        let mut bytes = text();
        let long = text()[7..PART / 2].to_vec();
        let at = 2 * PART - 9;
        bytes[at..at + long.len()].copy_from_slice(&long);
        let bytes = Arc::new(bytes);
        let parts = Parts::new(&bytes, 8..bytes.len(), long.len(), false);
        let count = parts.count();
        // Prepared here, and nowhere else: a part has nothing but this to search with.
        let needle = Needle::new(&long, Direction::Forward);
        let find = Find::new(&bytes, needle, parts, None);
        assert_eq!(Vec::from_iter((0..count).map(|part| find.search(part))), [true, false, true, true]);
        assert_eq!(find.found.take(), Some(Ok(at)));
    }

    #[test]
    fn a_bad_byte_counts_only_where_it_is_met() {
        let mut bytes = text();
        let (bad, hit) = (2 * PART + 9, PART + 77);
        bytes[bad] = BAD;
        bytes[hit..hit + 6].copy_from_slice(b"needle");
        let bytes = Arc::new(bytes);
        let whole = 0..bytes.len();
        for (threads, cancel) in [(1, None), (1, Some(Arc::default())), (3, Some(Arc::default()))] {
            let find = |needle: &[u8], direction| {
                find(&bytes, needle, whole.clone(), direction, threads, cancel.as_ref())
            };
            assert_eq!(find(b"needle", Direction::Forward), Ok(Some(hit)));
            assert_eq!(find(b"needle", Direction::Backward), Err(bad));
            assert_eq!(find(b"absent", Direction::Forward), Err(bad));
        }
    }

    #[test]
    fn it_can_be_cancelled() {
        let bytes = Arc::new(text());
        let cancel = Arc::<CancelToken>::default();
        cancel.cancel();
        for threads in [1, 2] {
            let found = find(&bytes, b"absent", 0..bytes.len(), Direction::Forward, threads, Some(&cancel));
            assert_eq!(found, Ok(None));
            assert_eq!(cancel.done(), 0);
        }
    }
}
