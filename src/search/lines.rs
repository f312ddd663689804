//! Lines: where they are. A line ends with `\n` or `\r\n`; the last one needs no end.

use wide::u8x16;

use super::masks::{self, BLOCK};

/// Where a line begins and ends, from the start of its piece.
pub type Bounds = [i32; 2];

/// The first lines of `bytes`: as many whole ones as fit into a piece, or the one that does not.
#[derive(Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where the next one begins.
    pub end: usize,
    /// How many lines it has.
    pub count: usize,
    /// Where its only line ends, if that is too far for `Bounds`.
    pub far: Option<usize>,
    /// It is known to have ASCII alone.
    pub is_ascii: bool,
}

/// Where the whole lines of a piece end; the last line of all needs no `\n`.
pub fn whole_lines(bytes: &[u8], most: usize) -> usize {
    whole_lines_unless(bytes, most, || false).unwrap_or(bytes.len())
}

/// Bytes of a long line between two questions whether somebody still wants it.
pub const STEP: usize = 4 << 20;

/// The same, but gives a long line up when `is_over` says so.
pub fn whole_lines_unless(bytes: &[u8], most: usize, is_over: impl Fn() -> bool) -> Option<usize> {
    if bytes.len() <= most {
        return Some(bytes.len());
    }
    if let Some(at) = memchr::memrchr(b'\n', &bytes[..most]) {
        return Some(at + 1);
    }
    let mut from = most;
    for part in bytes[most..].chunks(STEP) {
        if is_over() {
            return None;
        }
        match memchr::memchr(b'\n', part) {
            Some(at) => return Some(from + at + 1),
            None => from += part.len(),
        }
    }
    Some(from)
}

/// Cuts whole lines apart, as many as there is room for. `keep`: with their ends.
pub fn cut(whole: &[u8], keep: bool, bounds: &mut [Bounds]) -> Piece {
    if whole.len() <= i32::MAX as usize {
        return lines(whole, keep, bounds);
    }
    let bare = match whole {
        [bare @ .., b'\r', b'\n'] | [bare @ .., b'\n'] if !keep => bare,
        all => all,
    };
    // Beside `far` its bounds say nothing.
    let count = bounds.first_mut().map_or(0, |room| {
        *room = [0, 0];
        1
    });
    Piece { end: whole.len(), count, far: Some(bare.len()), is_ascii: false }
}

/// Writes where lines are, as long as there is room. What is done for each line is always inlined: the crate is compiled
/// for its size.
struct Cutter<'a> {
    bytes: &'a [u8],
    keep: bool,
    bounds: &'a mut [Bounds],
    count: usize,
    /// Where the next line begins.
    start: usize,
    /// The bytes that were looked at, put together.
    union: u8x16,
}

impl<'a> Cutter<'a> {
    #[inline(always)]
    fn new(bytes: &'a [u8], keep: bool, bounds: &'a mut [Bounds]) -> Self {
        Self { bytes, keep, bounds, count: 0, start: 0, union: u8x16::ZERO }
    }

    /// A line that ends at `end`; the next one begins at `next`. `None`: there is no room.
    #[inline(always)]
    fn line(&mut self, end: usize, next: usize) -> Option<()> {
        *self.bounds.get_mut(self.count)? = [self.start as i32, end as i32];
        self.count += 1;
        self.start = next;
        Some(())
    }

    /// A line that ends with the `\n` at `at`.
    #[inline(always)]
    fn feed(&mut self, at: usize) -> Option<()> {
        let bare = at - usize::from(at > self.start && self.bytes[at - 1] == b'\r');
        self.line(if self.keep { at + 1 } else { bare }, at + 1)
    }

    #[inline(always)]
    fn lines(&mut self) -> Option<()> {
        let bytes = self.bytes;
        let (blocks, rest) = bytes.as_chunks::<BLOCK>();
        for (number, block) in blocks.iter().enumerate() {
            self.union = masks::union(block, self.union);
            let mut feeds = masks::bytes(block, b'\n');
            while feeds != 0 {
                self.feed(number * BLOCK + feeds.trailing_zeros() as usize)?;
                feeds &= feeds - 1;
            }
        }
        let blocks = bytes.len() - rest.len();
        for (at, byte) in rest.iter().enumerate() {
            self.union |= u8x16::splat(*byte);
            if *byte == b'\n' {
                self.feed(blocks + at)?;
            }
        }
        // The last line of all, without an end.
        if self.start < bytes.len() { self.line(bytes.len(), bytes.len()) } else { Some(()) }
    }
}

impl masks::Loop for Cutter<'_> {
    type Result = Piece;

    #[inline(always)]
    fn run(mut self) -> Piece {
        self.lines();
        let is_ascii = masks::has_only_ascii(self.union);
        Piece { end: self.start, count: self.count, far: None, is_ascii }
    }
}

/// Cuts lines apart, as many as there is room for.
pub(super) fn lines(bytes: &[u8], keep: bool, bounds: &mut [Bounds]) -> Piece {
    masks::run(Cutter::new(bytes, keep, bounds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(bytes: &[u8], most: usize, room: usize, keep: bool) -> (usize, Vec<Bounds>) {
        let mut bounds = vec![[0; 2]; room];
        let piece = super::cut(&bytes[..whole_lines(bytes, most)], keep, &mut bounds);
        assert_eq!(piece.far, None);
        bounds.truncate(piece.count);
        (piece.end, bounds)
    }

    #[test]
    fn pieces_end_where_lines_do() {
        assert_eq!(cut(b"", 4, 9, false), (0, vec![]));
        assert_eq!(cut(b"ab", 4, 9, false), (2, vec![[0, 2]]));
        assert_eq!(cut(b"ab\n", 4, 9, false), (3, vec![[0, 2]]));
        assert_eq!(cut(b"ab\n", 4, 9, true), (3, vec![[0, 3]]));
        assert_eq!(cut(b"ab\ncd\n", 4, 9, false), (3, vec![[0, 2]]));
        assert_eq!(cut(b"\n\n\n\n\n", 4, 9, false), (4, vec![[0, 0], [1, 1], [2, 2], [3, 3]]));
        // One that is longer than a piece is a piece of its own.
        assert_eq!(cut(b"abcdef\ngh\n", 4, 9, false), (7, vec![[0, 6]]));
        assert_eq!(cut(b"abcdef", 4, 9, true), (6, vec![[0, 6]]));
        let crlf = b"a\r\n\r\n\n\r";
        assert_eq!(cut(crlf, 40, 9, false), (7, vec![[0, 1], [3, 3], [5, 5], [6, 7]]));
        assert_eq!(cut(crlf, 40, 9, true), (7, vec![[0, 3], [3, 5], [5, 6], [6, 7]]));
        // No room for more.
        assert_eq!(cut(b"a\nb\nc\n", 40, 2, false), (4, vec![[0, 1], [2, 3]]));
        assert_eq!(cut(b"a\nb\nc", 40, 2, false), (4, vec![[0, 1], [2, 3]]));
    }
    #[test]
    fn lines_are_the_same_for_each_processor() {
        let bytes =
            (0..3000).map(|n| if n % 7 == n % 11 { b'\n' } else { b"x\r"[n % 2] }).collect::<Vec<u8>>();
        for (length, keep) in (0..bytes.len()).step_by(37).zip([true, false].into_iter().cycle()) {
            let (bytes, mut some, mut others) = (&bytes[..length], [[0; 2]; 200], [[0; 2]; 200]);
            let plain = Cutter::new(bytes, keep, &mut some);
            assert_eq!(masks::Loop::run(plain), lines(bytes, keep, &mut others));
            assert_eq!(some, others);
        }
    }
}
