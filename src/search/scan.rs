//! A needle in a large range, on several threads, with the very answer that one thread gives; it can be called off.

use std::ops::Range;
use std::sync::Arc;

use super::literal;
use crate::pool::{self, CancelToken};
use crate::sync::Mutex;

/// Bytes of a part: what is scanned between two looks at the cancel.
pub const PART: usize = if cfg!(test) { 32 << 10 } else { 4 << 20 };

/// Bytes that can be lent a piece at a time, from any thread.
pub trait Haystack: Send + Sync + 'static {
    type Error: Send + 'static;
    /// Lends a range; `look` answers beside its result which of the bytes it rests upon, and the answer fails when those
    /// are not to be had.
    fn look<R>(
        &self,
        range: Range<usize>,
        look: impl FnOnce(&[u8]) -> (R, Range<usize>),
    ) -> Result<R, Self::Error>;

    /// Whether each look makes a copy: then many small ones of a large range are no good.
    fn copies(&self) -> bool {
        false
    }
}

/// What the parts have found, by their numbers: what the lowest one found is the answer.
struct First<T>(Mutex<Option<(usize, T)>>);

impl<T> First<T> {
    fn note(&self, part: usize, found: T) {
        let mut first = self.0.lock();
        if first.as_ref().is_none_or(|(number, _)| part < *number) {
            *first = Some((part, found));
        }
    }

    fn take(&self) -> Option<T> {
        self.0.lock().take().map(|(_, found)| found)
    }
}

/// The parts of a range: where matches may start, and how far they may reach beyond.
fn parts(range: &Range<usize>) -> usize {
    range.len().div_ceil(PART).max(1)
}

fn part(range: &Range<usize>, number: usize, overlap: usize) -> Range<usize> {
    let start = range.start + number * PART;
    start..start.saturating_add(PART).saturating_add(overlap).min(range.end)
}

/// The first or last position of `needle` in a range. `None` also when it was called off.
pub fn find<H: Haystack>(
    haystack: &Arc<H>,
    needle: &[u8],
    range: Range<usize>,
    last: bool,
    threads: usize,
    cancel: &Arc<CancelToken>,
) -> Result<Option<usize>, H::Error> {
    let first = Arc::new(First(Mutex::new(None)));
    let (haystack, noted, needle) = (Arc::clone(haystack), Arc::clone(&first), needle.to_vec());
    let (count, reports) = (parts(&range), Arc::clone(cancel));
    pool::parallel_for(count, threads, cancel, move |number| {
        let piece =
            part(&range, if last { count - 1 - number } else { number }, needle.len().saturating_sub(1));
        let start = piece.start;
        let length = piece.len();
        let found = haystack.look(piece, |bytes| {
            let found = if last { literal::rfind(bytes, &needle) } else { literal::find(bytes, &needle) };
            let seen = match found {
                None => 0..bytes.len(),
                Some(at) if last => at..bytes.len(),
                Some(at) => 0..at + needle.len(),
            };
            (found, seen)
        });
        reports.report(length.min(PART));
        match found {
            Ok(None) => return true,
            Ok(Some(at)) => noted.note(number, Ok(start + at)),
            Err(error) => noted.note(number, Err(error)),
        }
        false
    });
    first.take().transpose()
}

/// How often `needle` occurs in a range, one occurrence beginning where the one before has ended, or later.
pub fn count<H: Haystack>(
    haystack: &Arc<H>,
    needle: &[u8],
    range: Range<usize>,
    threads: usize,
    cancel: &Arc<CancelToken>,
) -> Result<u64, H::Error> {
    // Two occurrences that overlap: then each part needs to know where the one before has ended.
    let alone = if literal::overlaps_itself(needle) { 1 } else { threads };
    let first = Arc::new(First(Mutex::new(None)));
    // How many there are, and where the last one has ended.
    let total = Arc::new(Mutex::new((0u64, range.start)));
    let (haystack, noted, needle) = (Arc::clone(haystack), Arc::clone(&first), needle.to_vec());
    let (sum, reports) = (Arc::clone(&total), Arc::clone(cancel));
    pool::parallel_for(parts(&range), alone, cancel, move |number| {
        let mut piece = part(&range, number, needle.len().saturating_sub(1));
        let length = piece.len();
        if alone == 1 {
            piece.start = piece.start.max(sum.lock().1).min(piece.end);
        }
        let (start, end) = (piece.start, piece.end);
        let counted = haystack.look(piece, |bytes| (literal::count(bytes, &needle), 0..bytes.len()));
        reports.report(length.min(PART));
        match counted {
            Ok((count, after)) => {
                let mut sum = sum.lock();
                // An empty needle is found behind the last byte too; the next part finds it there.
                let twice = needle.is_empty() && end < range.end;
                *sum = (sum.0 + count - u64::from(twice), start + after);
                true
            }
            Err(error) => {
                noted.note(number, error);
                false
            }
        }
    });
    match first.take() {
        Some(error) => Err(error),
        None => Ok(total.lock().0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Haystack for Vec<u8> {
        type Error = usize;
        fn look<R>(
            &self,
            range: Range<usize>,
            look: impl FnOnce(&[u8]) -> (R, Range<usize>),
        ) -> Result<R, usize> {
            let (result, seen) = look(&self[range.clone()]);
            // A byte that is not to be had.
            let bad =
                self[range.start + seen.start..range.start + seen.end].iter().position(|byte| *byte == 0xff);
            bad.map_or(Ok(result), |at| Err(range.start + seen.start + at))
        }
    }

    fn text() -> Vec<u8> {
        // Lines of odd lengths, so that nothing recurs at the seams.
        (0u64..)
            .flat_map(|n| format!("{} {}\n", n, n * n % 9973).into_bytes())
            .take(3 * PART + 12_345)
            .collect()
    }

    #[test]
    fn threads_change_nothing() {
        let mut bytes = text();
        for at in [PART - 3, 2 * PART - 1, 2 * PART, 3 * PART - 6] {
            bytes[at..at + 6].copy_from_slice(b"needle");
        }
        let bytes = Arc::new(bytes);
        let whole = 0..bytes.len();
        for threads in [1, 2, 4] {
            for needle in [&b"needle"[..], b"7 ", b"\n", b"absent needle", b"11", b"1", b"dle"] {
                for range in
                    [whole.clone(), 1..bytes.len() - 7, PART - 2..PART + 2, PART..PART, 5..2 * PART + 4]
                {
                    let slice = &bytes[range.clone()];
                    let find = |last| find(&bytes, needle, range.clone(), last, threads, &Arc::default());
                    assert_eq!(
                        find(false),
                        Ok(memchr::memmem::find(slice, needle).map(|at| at + range.start))
                    );
                    assert_eq!(
                        find(true),
                        Ok(memchr::memmem::rfind(slice, needle).map(|at| at + range.start))
                    );
                    let counted = count(&bytes, needle, range.clone(), threads, &Arc::default());
                    let expected = memchr::memmem::find_iter(slice, needle).count() as u64;
                    assert_eq!(counted, Ok(expected), "{needle:?} {range:?}");
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
                assert_eq!(count(&bytes, needle, range, 4, &Arc::default()), Ok(expected), "{needle:?}");
            }
        }
    }

    #[test]
    fn a_bad_byte_counts_only_where_it_is_met() {
        let mut bytes = text();
        let (bad, hit) = (2 * PART + 9, PART + 77);
        bytes[bad] = 0xff;
        bytes[hit..hit + 6].copy_from_slice(b"needle");
        let bytes = Arc::new(bytes);
        let whole = 0..bytes.len();
        for threads in [1, 3] {
            let find =
                |needle: &[u8], last| find(&bytes, needle, whole.clone(), last, threads, &Arc::default());
            assert_eq!(find(b"needle", false), Ok(Some(hit)));
            assert_eq!(find(b"needle", true), Err(bad));
            assert_eq!(find(b"absent", false), Err(bad));
            assert_eq!(count(&bytes, b"7", whole.clone(), threads, &Arc::default()), Err(bad));
        }
    }

    #[test]
    fn it_can_be_called_off() {
        let bytes = Arc::new(text());
        let cancel = Arc::<CancelToken>::default();
        cancel.cancel();
        assert_eq!(find(&bytes, b"absent", 0..bytes.len(), false, 2, &cancel), Ok(None));
        assert_eq!(cancel.done(), 0);
    }
}
