//! Where lines begin and end. A line ends with `\n` or `\r\n`; the last one of all needs no end.

use wide::u8x16;

use super::masks::{self, BLOCK};

/// Where a line begins and ends, counted from the start of its piece.
pub type LineBounds = [i32; 2];

/// Whole lines that were split together: as many as fit into a piece, or one that is longer.
#[derive(Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where the next piece begins.
    pub end: usize,
    /// How many lines it has.
    pub count: usize,
    /// Where its only line ends, if that is too far for `LineBounds`.
    pub far_end: Option<usize>,
    /// All of it is known to be ASCII.
    pub is_ascii: bool,
}

/// Where the last whole line ends that fits into `max_bytes`, or the first line, if it is longer.
pub fn whole_lines(bytes: &[u8], max_bytes: usize) -> usize {
    whole_lines_cancellable(bytes, max_bytes, || false).unwrap_or(bytes.len())
}

/// Bytes of a long line that may be searched or copied between two looks at a cancel token.
pub const CANCEL_INTERVAL: usize = 4 << 20;

/// As `whole_lines`. `None` if `is_cancelled` says so during the search for the end of a long line.
pub fn whole_lines_cancellable(
    bytes: &[u8],
    max_bytes: usize,
    is_cancelled: impl Fn() -> bool,
) -> Option<usize> {
    if bytes.len() <= max_bytes {
        return Some(bytes.len());
    }
    if let Some(at) = memchr::memrchr(b'\n', &bytes[..max_bytes]) {
        return Some(at + 1);
    }
    let mut from = max_bytes;
    for part in bytes[max_bytes..].chunks(CANCEL_INTERVAL) {
        if is_cancelled() {
            return None;
        }
        match memchr::memchr(b'\n', part) {
            Some(at) => return Some(from + at + 1),
            None => from += part.len(),
        }
    }
    Some(from)
}

/// Splits whole lines, as many as there is room for. `keep`: the bounds of a line include its end.
pub fn split(whole: &[u8], keep: bool, bounds: &mut [LineBounds]) -> Piece {
    if whole.len() <= i32::MAX as usize {
        return split_piece(whole, keep, bounds);
    }
    let bare = match whole {
        [bare @ .., b'\r', b'\n'] | [bare @ .., b'\n'] if !keep => bare,
        all => all,
    };
    // Its bounds mean nothing: `far_end` has what they cannot.
    let count = bounds.first_mut().map_or(0, |room| {
        *room = [0, 0];
        1
    });
    Piece { end: whole.len(), count, far_end: Some(bare.len()), is_ascii: false }
}

/// Writes the bounds of lines, as long as there is room.
struct Splitter<'a> {
    bytes: &'a [u8],
    keep: bool,
    bounds: &'a mut [LineBounds],
    count: usize,
    /// Where the next line begins.
    start: usize,
    /// The bitwise or of the bytes that were looked at, by vectors.
    union: u8x16,
}

impl<'a> Splitter<'a> {
    fn new(bytes: &'a [u8], keep: bool, bounds: &'a mut [LineBounds]) -> Self {
        Self { bytes, keep, bounds, count: 0, start: 0, union: u8x16::ZERO }
    }

    /// Writes a line that ends at `end`. The next one begins at `next`. `None` if there is no room.
    #[inline(always)]
    fn line(&mut self, end: usize, next: usize) -> Option<()> {
        *self.bounds.get_mut(self.count)? = [self.start as i32, end as i32];
        self.count += 1;
        self.start = next;
        Some(())
    }

    /// Writes the line that ends with the `\n` at `at`.
    #[inline(always)]
    fn newline(&mut self, at: usize) -> Option<()> {
        let bare = at - usize::from(at > self.start && self.bytes[at - 1] == b'\r');
        self.line(if self.keep { at + 1 } else { bare }, at + 1)
    }

    #[inline(always)]
    fn lines(&mut self) -> Option<()> {
        let bytes = self.bytes;
        let (blocks, rest) = bytes.as_chunks::<BLOCK>();
        for (number, block) in blocks.iter().enumerate() {
            self.union = masks::or_all(block, self.union);
            let mut newlines = masks::of_byte(block, b'\n');
            while newlines != 0 {
                self.newline(number * BLOCK + newlines.trailing_zeros() as usize)?;
                newlines &= newlines - 1;
            }
        }
        let blocks = bytes.len() - rest.len();
        for (at, byte) in rest.iter().enumerate() {
            self.union |= u8x16::splat(*byte);
            if *byte == b'\n' {
                self.newline(blocks + at)?;
            }
        }
        // The last line of all may have no end.
        if self.start < bytes.len() { self.line(bytes.len(), bytes.len()) } else { Some(()) }
    }
}

impl masks::Kernel for Splitter<'_> {
    type Result = Piece;

    #[inline(always)]
    fn run(mut self) -> Piece {
        self.lines();
        let is_ascii = masks::is_ascii(self.union);
        Piece { end: self.start, count: self.count, far_end: None, is_ascii }
    }
}

/// As `split`, of no more bytes than bounds can tell.
pub(super) fn split_piece(bytes: &[u8], keep: bool, bounds: &mut [LineBounds]) -> Piece {
    masks::run(Splitter::new(bytes, keep, bounds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(bytes: &[u8], max_bytes: usize, room: usize, keep: bool) -> (usize, Vec<LineBounds>) {
        let mut bounds = vec![[0; 2]; room];
        let piece = super::split(&bytes[..whole_lines(bytes, max_bytes)], keep, &mut bounds);
        assert_eq!(piece.far_end, None);
        bounds.truncate(piece.count);
        (piece.end, bounds)
    }

    #[test]
    fn pieces_end_where_lines_do() {
        assert_eq!(split(b"", 4, 9, false), (0, vec![]));
        assert_eq!(split(b"ab", 4, 9, false), (2, vec![[0, 2]]));
        assert_eq!(split(b"ab\n", 4, 9, false), (3, vec![[0, 2]]));
        assert_eq!(split(b"ab\n", 4, 9, true), (3, vec![[0, 3]]));
        assert_eq!(split(b"ab\ncd\n", 4, 9, false), (3, vec![[0, 2]]));
        assert_eq!(split(b"\n\n\n\n\n", 4, 9, false), (4, vec![[0, 0], [1, 1], [2, 2], [3, 3]]));
        // A line that is longer than a piece is a piece of its own.
        assert_eq!(split(b"abcdef\ngh\n", 4, 9, false), (7, vec![[0, 6]]));
        assert_eq!(split(b"abcdef", 4, 9, true), (6, vec![[0, 6]]));
        let crlf = b"a\r\n\r\n\n\r";
        assert_eq!(split(crlf, 40, 9, false), (7, vec![[0, 1], [3, 3], [5, 5], [6, 7]]));
        assert_eq!(split(crlf, 40, 9, true), (7, vec![[0, 3], [3, 5], [5, 6], [6, 7]]));
        // There is no room for more.
        assert_eq!(split(b"a\nb\nc\n", 40, 2, false), (4, vec![[0, 1], [2, 3]]));
        assert_eq!(split(b"a\nb\nc", 40, 2, false), (4, vec![[0, 1], [2, 3]]));
    }

    #[test]
    fn lines_are_the_same_for_each_processor() {
        let bytes =
            (0..3000).map(|n| if n % 7 == n % 11 { b'\n' } else { b"x\r"[n % 2] }).collect::<Vec<u8>>();
        for (length, keep) in (0..bytes.len()).step_by(37).zip([true, false].into_iter().cycle()) {
            let (bytes, mut some, mut others) = (&bytes[..length], [[0; 2]; 200], [[0; 2]; 200]);
            let plain = Splitter::new(bytes, keep, &mut some);
            assert_eq!(masks::Kernel::run(plain), split_piece(bytes, keep, &mut others));
            assert_eq!(some, others);
        }
    }
}
