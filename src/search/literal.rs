//! Finding and counting a string of bytes, with the vector instructions that memchr chooses at run time.

use memchr::memmem;

use crate::pool::CancelToken;

/// The last occurrence is looked for in blocks of so many bytes, from the end.
const BLOCK: usize = 256 * 1024;

/// A byte is counted in two streams, each so long, by turns. A core's prefetchers follow several streams at once; with
/// two, counting the newlines of a mapped file of 500 MB took 0.84 of the time that one took. With three or four it
/// took more than twice as long, and shorter streams gain nothing, since each begins unforeseen.
const STREAM: usize = 1 << 20;

/// Bytes that are counted in one stream before it is the other one's turn.
const TURN: usize = 2048;

/// Bytes that may be searched between two looks at a cancel token.
pub const CANCEL_INTERVAL: usize = if cfg!(test) { 4 << 10 } else { 1 << 20 };

/// Which occurrence is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The first one.
    Forward,
    /// The last one.
    Backward,
}

/// A string of bytes, prepared to be found. That takes time in proportion to its length: it is done once for a search,
/// not for each of its parts.
#[derive(Clone, Debug)]
pub struct Needle<'n> {
    forward: memmem::Finder<'n>,
    /// What finds the last occurrence, if it is not looked for in blocks.
    backward: Option<memmem::FinderRev<'n>>,
    direction: Direction,
}

impl<'n> Needle<'n> {
    pub fn new(bytes: &'n [u8], direction: Direction) -> Self {
        Self::with_block(bytes, direction, BLOCK)
    }

    fn with_block(bytes: &'n [u8], direction: Direction, block: usize) -> Self {
        let forward = memmem::Finder::new(bytes);
        let is_long = direction == Direction::Backward && bytes.len() > block;
        Self { forward, backward: is_long.then(|| memmem::FinderRev::new(bytes)), direction }
    }

    /// The same, with a copy of the bytes. `None` if there is no memory for that.
    pub fn try_to_owned(&self) -> Option<Needle<'static>> {
        // The library makes its copies as if memory never ended: so it is tried before. The hint keeps the compiler from
        // leaving out a reservation that nobody uses.
        let copies = 1 + usize::from(self.backward.is_some());
        let mut room = Vec::<u8>::new();
        room.try_reserve_exact(self.len().checked_mul(copies)?).ok()?;
        drop(std::hint::black_box(room));
        Some(Needle {
            forward: self.forward.clone().into_owned(),
            backward: self.backward.clone().map(memmem::FinderRev::into_owned),
            direction: self.direction,
        })
    }

    pub fn bytes(&self) -> &[u8] {
        self.forward.needle()
    }

    pub fn len(&self) -> usize {
        self.bytes().len()
    }

    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// Where the occurrence begins that comes first in the needle's direction. An empty needle is found at once: at the
    /// start, or at the end.
    pub fn find(&self, haystack: &[u8]) -> Option<usize> {
        match self.direction {
            Direction::Forward => self.forward.find(haystack),
            Direction::Backward => self.last_in(haystack, BLOCK),
        }
    }

    /// memchr's own search from the end is not vectorized. So the forward search tells for each block, from the last
    /// one on, whether an occurrence begins there, and only that block is searched from its end.
    fn last_in(&self, haystack: &[u8], block: usize) -> Option<usize> {
        let needle = self.bytes();
        if let [byte] = *needle {
            return memchr::memrchr(byte, haystack);
        }
        if needle.is_empty() {
            return Some(haystack.len());
        }
        if let Some(backward) = &self.backward {
            return backward.rfind(haystack);
        }
        // An occurrence that begins before `end` ends before `end + needle.len() - 1`, or there.
        let mut end = (haystack.len() + 1).saturating_sub(needle.len());
        while end > 0 {
            let start = end.saturating_sub(block);
            let window = &haystack[start..end + needle.len() - 1];
            // Others may change the bytes meanwhile: then the second search does not find what the first one found, and
            // the occurrence is gone.
            if self.forward.find(window).is_some()
                && let Some(at) = memmem::rfind(window, needle)
            {
                return Some(start + at);
            }
            end = start;
        }
        None
    }

    /// How many occurrences there are, each beginning where the one before ended or later; and where the last one ends.
    /// An empty needle occurs between any two bytes, and at both ends.
    pub fn count(&self, haystack: &[u8]) -> (u64, usize) {
        match *self.bytes() {
            [] => (haystack.len() as u64 + 1, haystack.len()),
            [byte] => (count_byte(haystack, byte) as u64, haystack.len()),
            _ => {
                let found = self.forward.find_iter(haystack);
                found.fold((0, 0), |(count, _), at| (count + 1, at + self.len()))
            }
        }
    }

    /// Whether two occurrences can overlap, since the needle begins as it ends. `true` also if there is no memory to find
    /// that out.
    pub fn overlaps_itself(&self) -> bool {
        let needle = self.bytes();
        // The prefix function of Knuth, Morris and Pratt.
        let mut borders = Vec::new();
        if borders.try_reserve_exact(needle.len()).is_err() {
            return true;
        }
        borders.resize(needle.len(), 0_usize);
        for end in 1..needle.len() {
            let mut border = borders[end - 1];
            while border > 0 && needle[border] != needle[end] {
                border = borders[border - 1];
            }
            borders[end] = border + usize::from(needle[border] == needle[end]);
        }
        needle.is_empty() || borders.last().is_some_and(|border| *border > 0)
    }
}

/// Where a string that is not empty occurs first, at `at` or later. If the search is cancelled, the answer means
/// nothing.
pub fn find_cancellable(
    finder: &memmem::Finder<'_>,
    haystack: &[u8],
    at: usize,
    cancel: Option<&CancelToken>,
) -> Option<usize> {
    (at..haystack.len()).step_by(CANCEL_INTERVAL).find_map(|from| {
        if cancel.is_some_and(CancelToken::is_cancelled) {
            return Some(from);
        }
        let to = haystack.len().min(from + CANCEL_INTERVAL + finder.needle().len() - 1);
        finder.find(&haystack[from..to]).map(|found| from + found)
    })
}

fn count_byte(haystack: &[u8], byte: u8) -> usize {
    let count = |bytes: &[u8]| memchr::memchr_iter(byte, bytes).count();
    let mut blocks = haystack.chunks_exact(2 * STREAM);
    let in_blocks: usize = blocks
        .by_ref()
        .map(|block| {
            let (one, other) = block.split_at(STREAM);
            let turns = one.chunks(TURN).zip(other.chunks(TURN));
            turns.map(|(one, other)| count(one) + count(other)).sum::<usize>()
        })
        .sum();
    in_blocks + count(blocks.remainder())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
        Needle::new(needle, Direction::Forward).find(haystack)
    }

    fn rfind(haystack: &[u8], needle: &[u8]) -> Option<usize> {
        Needle::new(needle, Direction::Backward).find(haystack)
    }

    fn count(haystack: &[u8], needle: &[u8]) -> (u64, usize) {
        Needle::new(needle, Direction::Forward).count(haystack)
    }

    fn naive(haystack: &[u8], needle: &[u8]) -> (Option<usize>, Option<usize>) {
        let matches = |at: &usize| haystack[*at..].starts_with(needle);
        ((0..=haystack.len()).find(matches), (0..=haystack.len()).rev().find(matches))
    }

    #[test]
    fn both_directions_agree_with_the_naive_search() {
        let haystacks: &[&[u8]] = &[b"", b"a", b"aa", b"aaaa", b"abababab", b"xxabyyabzz", b"one two ones"];
        let needles: &[&[u8]] =
            &[b"", b"a", b"aa", b"aaa", b"ab", b"aba", b"one", b"zz", b"missing needle", b"s"];
        for haystack in haystacks {
            for needle in needles {
                let expected = naive(haystack, needle);
                assert_eq!(find(haystack, needle), expected.0, "{haystack:?} {needle:?}");
                assert_eq!(rfind(haystack, needle), expected.1, "{haystack:?} {needle:?}");
                for block in [1, 2, 3, 4, 100] {
                    let backward =
                        Needle::with_block(needle, Direction::Backward, block).try_to_owned().unwrap();
                    assert_eq!(
                        backward.last_in(haystack, block),
                        expected.1,
                        "{haystack:?} {needle:?} {block}"
                    );
                }
            }
        }
    }

    #[test]
    fn occurrences_do_not_overlap() {
        assert_eq!(count(b"aaaaa", b"aa"), (2, 4));
        assert_eq!(count(b"abcab", b"ab"), (2, 5));
        assert_eq!(count(b"abc", b""), (4, 3));
        assert_eq!(count(b"", b"x"), (0, 0));
        let overlaps = |needle: &&[u8]| Needle::new(needle, Direction::Forward).overlaps_itself();
        assert!([&b"aa"[..], b"aba", b"abab", b""].iter().all(overlaps));
        assert!(![&b"a"[..], b"ab", b"aab", b"needle"].iter().any(overlaps));
    }

    #[test]
    fn each_byte_of_each_block_is_counted_once() {
        let block = 2 * STREAM;
        let mut haystack = vec![b'.'; 2 * block + 100];
        for at in (0..haystack.len()).step_by(509).chain([0, block - 1, block, 2 * block, haystack.len() - 1])
        {
            haystack[at] = b'x';
        }
        for cut in [0, 1, TURN - 1, TURN, STREAM, block - 1, block, block + 99, 2 * block, 2 * block + 1] {
            for part in [&haystack[cut..], &haystack[..cut]] {
                let naive = part.iter().filter(|byte| **byte == b'x').count();
                assert_eq!(count(part, b"x"), (naive as u64, part.len()), "{cut}");
            }
        }
    }

    #[test]
    fn a_match_over_the_border_of_two_blocks_is_found() {
        let mut haystack = vec![b'.'; 3 * BLOCK];
        for at in [0, BLOCK - 3, 2 * BLOCK - 1, 3 * BLOCK - 6] {
            haystack[at..at + 6].copy_from_slice(b"needle");
            assert_eq!(rfind(&haystack, b"needle"), Some(at));
            assert_eq!(find(&haystack, b"needle"), Some(0));
        }
    }
}
