//! Bytes that are searched where they are.

use std::ops::Range;

/// Bytes that lend themselves to a search, a range at a time, from any thread.
///
/// They may be those of a mapped file. Others can change them while they are searched, and when the file is truncated,
/// bytes that were just read were perhaps never the file's. So a search says which bytes its result rests on, and
/// whoever lends them checks those, and no others, before the result counts.
pub trait Haystack: Send + Sync {
    type Error: Send + 'static;

    /// Lends the bytes of `range` to `look`. That answers its result, and which of the lent bytes the result rests on,
    /// counted from the start of `range`. An error if those bytes could not be read.
    fn look<R>(
        &self,
        range: Range<usize>,
        look: impl FnOnce(&[u8]) -> (R, Range<usize>),
    ) -> Result<R, Self::Error>;

    /// If each `look` makes a copy: how many bytes it should copy at most, where the search has a choice. `None` if the
    /// bytes themselves are lent.
    fn copy_limit(&self) -> Option<usize> {
        None
    }
}

impl<H: Haystack> Haystack for &H {
    type Error = H::Error;

    fn look<R>(
        &self,
        range: Range<usize>,
        look: impl FnOnce(&[u8]) -> (R, Range<usize>),
    ) -> Result<R, H::Error> {
        (*self).look(range, look)
    }

    fn copy_limit(&self) -> Option<usize> {
        (*self).copy_limit()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;

    use super::*;

    /// What cannot be read: where a result rests on it, the error says where it is.
    pub const BAD: u8 = 0xff;

    impl Haystack for Arc<Vec<u8>> {
        type Error = usize;

        fn look<R>(
            &self,
            range: Range<usize>,
            look: impl FnOnce(&[u8]) -> (R, Range<usize>),
        ) -> Result<R, usize> {
            let start = range.start;
            let (result, seen) = look(&self[range]);
            let seen = start + seen.start..start + seen.end;
            let bad = self[seen.clone()].iter().position(|byte| *byte == BAD);
            bad.map_or(Ok(result), |at| Err(seen.start + at))
        }
    }

    /// Bytes of which each look makes a copy, which should be no larger than the number says.
    #[derive(Clone)]
    pub struct Copied(pub Arc<Vec<u8>>, pub usize);

    impl Haystack for Copied {
        type Error = usize;

        fn look<R>(
            &self,
            range: Range<usize>,
            look: impl FnOnce(&[u8]) -> (R, Range<usize>),
        ) -> Result<R, usize> {
            self.0.look(range, look)
        }

        fn copy_limit(&self) -> Option<usize> {
            Some(self.1)
        }
    }
}
