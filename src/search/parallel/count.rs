//! How often something occurs.

use std::ops::Range;
use std::sync::Arc;

use super::parts::{First, Job, Parts, search_alone, search_together};
use crate::pool::CancelToken;
use crate::search::haystack::Haystack;
use crate::search::literal::{Direction, Needle};
use crate::sync::Mutex;

/// How many occurrences of `needle` there are in a range, each beginning where the one before ended or later. If the
/// search is cancelled, the answer means nothing.
///
/// Uses up to `threads` threads, the caller's among them. With one thread it copies nothing and allocates nothing.
pub fn count<H: Haystack + Clone + 'static>(
    haystack: &H,
    needle: &[u8],
    range: Range<usize>,
    threads: usize,
    cancel: Option<&Arc<CancelToken>>,
) -> Result<u64, H::Error> {
    let begin = range.start;
    let parts = Parts::new(haystack, range, needle.len(), threads == 1 && cancel.is_none());
    let (needle, number) = (Needle::new(needle, Direction::Forward), parts.count());
    // If occurrences can overlap, where those of a part begin depends on the part before. Other threads need a needle of
    // their own: if there is no memory for one, this thread counts alone.
    if threads > 1
        && number > 1
        && !needle.overlaps_itself()
        && let Some(needle) = needle.try_to_owned()
    {
        let count = Arc::new(Count::new(haystack.clone(), needle, parts, None, cancel));
        search_together(&count, number, threads, cancel);
        return count.total();
    }
    let count = Count::new(haystack, needle, parts, Some(begin), cancel);
    search_alone(&count, number, cancel);
    count.total()
}

/// A count that is under way.
struct Count<'n, H: Haystack> {
    haystack: H,
    needle: Needle<'n>,
    parts: Parts,
    cancel: Option<Arc<CancelToken>>,
    sum: Mutex<Sum>,
    error: First<H::Error>,
}

struct Sum {
    count: u64,
    /// Where the last occurrence ended, if the parts are searched in order.
    end: Option<usize>,
}

impl<'n, H: Haystack> Count<'n, H> {
    fn new(
        haystack: H,
        needle: Needle<'n>,
        parts: Parts,
        begin: Option<usize>,
        cancel: Option<&Arc<CancelToken>>,
    ) -> Self {
        let sum = Mutex::new(Sum { count: 0, end: begin });
        Self { haystack, needle, parts, cancel: cancel.cloned(), sum, error: First::new() }
    }

    fn total(&self) -> Result<u64, H::Error> {
        self.error.take().map_or_else(|| Ok(self.sum.lock().count), Err)
    }
}

impl<H: Haystack> Job for Count<'_, H> {
    fn search(&self, number: usize) -> bool {
        let needle = &self.needle;
        let part = self.parts.get(number);
        let end = part.end;
        let start = self.sum.lock().end.map_or(part.start, |last| last.max(part.start)).min(end);
        let counted = self.haystack.look(start..end, |bytes| (needle.count(bytes), 0..bytes.len()));
        self.parts.report(&part, self.cancel.as_ref());
        match counted {
            Ok((count, after)) => {
                let mut sum = self.sum.lock();
                // An empty needle occurs behind the last byte of a part, where the next part finds it too.
                let is_twice = needle.len() == 0 && !self.parts.ends_at(end);
                sum.count += count - u64::from(is_twice);
                sum.end = sum.end.map(|_| start + after);
                true
            }
            Err(error) => {
                self.error.note(number, error);
                false
            }
        }
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
        let bytes = Arc::new(text());
        let copied = Copied(Arc::clone(&bytes), 1000);
        for (threads, cancel) in [(1, None), (1, Some(Arc::default())), (2, None), (4, Some(Arc::default()))]
        {
            for needle in [&b"7 "[..], b"\n", b"absent needle", b"11", b"1", b"dle"] {
                for range in
                    [0..bytes.len(), 1..bytes.len() - 7, PART - 2..PART + 2, PART..PART, 5..2 * PART + 4]
                {
                    let expected = memchr::memmem::find_iter(&bytes[range.clone()], needle).count() as u64;
                    let counted = count(&bytes, needle, range.clone(), threads, cancel.as_ref());
                    assert_eq!(counted, Ok(expected), "{needle:?} {range:?}");
                    let counted = count(&copied, needle, range.clone(), threads, cancel.as_ref());
                    assert_eq!(counted, Ok(expected), "{needle:?} {range:?}, copied");
                }
            }
        }
    }

    #[test]
    fn what_overlaps_itself_is_counted_from_the_start() {
        for (byte, needle) in [(b'a', &b"aa"[..]), (b'a', b"aaa"), (b'a', b"")] {
            let bytes = Arc::new(vec![byte; 2 * PART + 5]);
            for range in [0..bytes.len(), 1..bytes.len(), 3..PART + 1, 7..7] {
                let expected = memchr::memmem::find_iter(&bytes[range.clone()], needle).count() as u64;
                for (threads, cancel) in [(1, None), (1, Some(Arc::default())), (4, Some(Arc::default()))] {
                    let counted = count(&bytes, needle, range.clone(), threads, cancel.as_ref());
                    assert_eq!(counted, Ok(expected), "{needle:?}");
                }
                let copied = Copied(Arc::clone(&bytes), 1000);
                assert_eq!(count(&copied, needle, range, 1, None), Ok(expected), "{needle:?}");
            }
        }
    }

    #[test]
    fn a_bad_byte_is_an_error() {
        let (mut bytes, bad) = (text(), 2 * PART + 9);
        bytes[bad] = BAD;
        let bytes = Arc::new(bytes);
        for (threads, cancel) in [(1, None), (1, Some(Arc::default())), (3, Some(Arc::default()))] {
            assert_eq!(count(&bytes, b"7", 0..bytes.len(), threads, cancel.as_ref()), Err(bad));
        }
    }
}
