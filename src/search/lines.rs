//! Lines: where they are, and their text. A line ends with `\n` or `\r\n`; the last one needs no end.

use encoding_rs::mem;

use super::masks::{self, BLOCK};

/// Where a line begins and ends, in units from the start of its piece.
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
}

/// Where the whole lines of a piece end; the last line of all needs no `\n`.
pub fn whole_lines(bytes: &[u8], most: usize) -> usize {
    if bytes.len() <= most {
        return bytes.len();
    }
    match memchr::memrchr(b'\n', &bytes[..most]) {
        Some(at) => at + 1,
        None => memchr::memchr(b'\n', &bytes[most..]).map_or(bytes.len(), |at| most + at + 1),
    }
}

/// Cuts the first lines of `bytes` apart. `keep`: with their ends.
pub fn cut(bytes: &[u8], most: usize, keep: bool, bounds: &mut [Bounds]) -> Piece {
    let whole = &bytes[..whole_lines(bytes, most)];
    if whole.len() <= i32::MAX as usize {
        let (count, end) = lines(whole, keep, bounds);
        return Piece { end, count, far: None };
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
    Piece { end: whole.len(), count, far: Some(bare.len()) }
}

/// What a text is made of. What is done for each unit or line is always inlined: the crate is compiled for its size.
trait Unit: Copy {
    /// Which of a block are `\n`, a bit for each.
    fn feeds(block: &[Self; BLOCK]) -> u64;
    fn is(self, byte: u8) -> bool;
}

impl Unit for u8 {
    #[inline(always)]
    fn feeds(block: &[Self; BLOCK]) -> u64 {
        masks::bytes(block, b'\n')
    }

    #[inline(always)]
    fn is(self, byte: u8) -> bool {
        self == byte
    }
}

impl Unit for u16 {
    #[inline(always)]
    fn feeds(block: &[Self; BLOCK]) -> u64 {
        masks::units(block, u16::from(b'\n'))
    }

    #[inline(always)]
    fn is(self, byte: u8) -> bool {
        self == u16::from(byte)
    }
}

/// Writes where lines are, as long as there is room.
struct Cutter<'a> {
    keep: bool,
    bounds: &'a mut [Bounds],
    count: usize,
    /// Where the next line begins.
    start: usize,
}

impl Cutter<'_> {
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
    fn feed<U: Unit>(&mut self, units: &[U], at: usize) -> Option<()> {
        let bare = at - usize::from(at > self.start && units[at - 1].is(b'\r'));
        self.line(if self.keep { at + 1 } else { bare }, at + 1)
    }

    fn lines<U: Unit>(&mut self, units: &[U]) -> Option<()> {
        let (blocks, rest) = units.as_chunks::<BLOCK>();
        for (number, block) in blocks.iter().enumerate() {
            let mut feeds = U::feeds(block);
            while feeds != 0 {
                self.feed(units, number * BLOCK + feeds.trailing_zeros() as usize)?;
                feeds &= feeds - 1;
            }
        }
        for at in units.len() - rest.len()..units.len() {
            if units[at].is(b'\n') {
                self.feed(units, at)?;
            }
        }
        // The last line of all, without an end.
        if self.start < units.len() { self.line(units.len(), units.len()) } else { Some(()) }
    }
}

/// Cuts lines apart: how many there was room for, and where the next one would begin.
fn lines<U: Unit>(units: &[U], keep: bool, bounds: &mut [Bounds]) -> (usize, usize) {
    let mut cutter = Cutter { keep, bounds, count: 0, start: 0 };
    cutter.lines(units);
    (cutter.count, cutter.start)
}

/// UTF-8 as the engine keeps it: one byte a unit where all characters are Latin-1, else two.
#[derive(Debug, PartialEq, Eq)]
pub enum Text {
    Latin1(Vec<u8>),
    Utf16(Vec<u16>),
}

/// The text of a piece, and its lines in units of that. `None`: it is no UTF-8, and nobody but the engine's decoder knows
/// what that becomes; or there is no memory for it.
///
/// The piece must be a copy: bytes that change under a decoder are a danger to it.
pub fn text(piece: &[u8], keep: bool, bounds: &mut [Bounds]) -> Option<(Text, usize)> {
    if mem::is_utf8_latin1(piece) {
        let mut units = zeros(piece.len())?;
        let length = mem::convert_utf8_to_latin1_lossy(piece, &mut units);
        units.truncate(length);
        let (count, _) = lines(&units, keep, bounds);
        return Some((Text::Latin1(units), count));
    }
    let mut units = zeros(piece.len())?;
    let length = mem::convert_utf8_to_utf16_without_replacement(piece, &mut units)?;
    units.truncate(length);
    let (count, _) = lines(&units, keep, bounds);
    Some((Text::Utf16(units), count))
}

fn zeros<U: Unit>(length: usize) -> Option<Vec<U>> {
    let mut units = Vec::<U>::new();
    units.try_reserve_exact(length).ok()?;
    // `resize`, compiled for its size, would go from unit to unit.
    // SAFETY: there is room for so many, and zero is a number.
    unsafe { units.as_mut_ptr().write_bytes(0, length) };
    // SAFETY: they were written just now.
    unsafe { units.set_len(length) };
    Some(units)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(bytes: &[u8], most: usize, room: usize, keep: bool) -> (usize, Vec<Bounds>) {
        let mut bounds = vec![[0; 2]; room];
        let piece = super::cut(bytes, most, keep, &mut bounds);
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
    fn lines_of_text_are_those_of_its_units() {
        let long = "\u{e9}x\n".repeat(100);
        let wide = "a\u{e9}\r\n\u{65e5}\u{672c}\n\n\u{1f600}x\nend\u{1f600}".repeat(50);
        for given in ["\u{e9}", "\n\u{e9}\r\n\r", "\u{65e5}", &long, &wide, &format!("{long}{wide}")] {
            let mut bounds = [[0; 2]; 1000];
            let (made, count) = text(given.as_bytes(), false, &mut bounds).unwrap();
            let units: Vec<u16> = match made {
                Text::Latin1(units) => {
                    assert!(given.chars().all(|char| char <= '\u{ff}'));
                    units.into_iter().map(u16::from).collect()
                }
                Text::Utf16(units) => units,
            };
            assert_eq!(units, given.encode_utf16().collect::<Vec<_>>());
            let found = bounds[..count].iter().map(|[from, to]| &units[*from as usize..*to as usize]);
            let found: Vec<_> = found.map(|line| String::from_utf16(line).unwrap()).collect();
            // Rust's lines() too drops the end, LF or CR LF, and needs none behind the last line.
            assert_eq!(found, given.lines().collect::<Vec<_>>());
        }
        assert_eq!(text(b"\xff\n", false, &mut [[0; 2]]), None);
        assert_eq!(text(b"\xed\xa0\x80\n\xe6\x97", false, &mut [[0; 2]]), None);
    }
}
