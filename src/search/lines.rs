//! Lines: where they end. A line ends with `\n`; what stands before it, `\r` too, is the caller's matter.

/// Bytes of a piece of whole lines: strings that are larger land among V8's large objects, and cost twice as much a line.
pub const PIECE: usize = 64 * 1024;

/// The first lines of `bytes`: as many whole ones as fit into a piece, or the one that does not.
#[derive(Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where they end.
    pub end: usize,
    /// How many ends were written.
    pub count: usize,
    pub is_ascii: bool,
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

/// Set beside the position of a `\n` that a `\r` of its line stands before.
pub const AFTER_CR: u32 = 1 << 31;

/// Writes the positions of the `\n` of the first lines of `bytes`.
pub fn ends(bytes: &[u8], most: usize, ends: &mut [u32]) -> Piece {
    let mut end = whole_lines(bytes, most);
    let (mut count, mut from) = (0, 0);
    for at in memchr::memchr_iter(b'\n', &bytes[..end]) {
        // More lines than there is room for, or one that is too long to be numbered: the piece ends before.
        let Some(slot) = ends.get_mut(count).filter(|_| at < AFTER_CR as usize) else { break };
        let after_cr = at > from && bytes[at - 1] == b'\r';
        *slot = at as u32 | if after_cr { AFTER_CR } else { 0 };
        (count, from) = (count + 1, at + 1);
    }
    if count == ends.len()
        && let Some(last) = ends.last()
    {
        end = (*last & !AFTER_CR) as usize + 1;
    }
    Piece { end, count, is_ascii: bytes[..end].is_ascii() }
}

/// UTF-16 units of UTF-8.
fn units(bytes: &[u8]) -> usize {
    // Each character has one byte that continues none, and is two units if that begins four bytes.
    bytes.iter().map(|byte| usize::from(byte & 0xc0 != 0x80) + usize::from(*byte >= 0xf0)).sum()
}

/// Turns the positions that `ends` wrote of a piece into those of its text, in UTF-16 units; and how many units the text
/// has. `None`: it is no UTF-8, and nobody but its decoder knows.
pub fn in_units(piece: &[u8], ends: &mut [u32]) -> Option<usize> {
    std::str::from_utf8(piece).ok()?;
    let (mut from, mut at) = (0, 0);
    for end in ends {
        let position = (*end & !AFTER_CR) as usize;
        at += units(&piece[from..position]);
        from = position;
        *end = at as u32 | *end & AFTER_CR;
    }
    Some(at + units(&piece[from..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(bytes: &[u8], most: usize, room: usize) -> (usize, Vec<u32>) {
        let mut found = vec![0; room];
        let piece = ends(bytes, most, &mut found);
        found.truncate(piece.count);
        (piece.end, found)
    }

    #[test]
    fn pieces_end_where_lines_do() {
        assert_eq!(cut(b"", 4, 9), (0, vec![]));
        assert_eq!(cut(b"ab", 4, 9), (2, vec![]));
        assert_eq!(cut(b"ab\n", 4, 9), (3, vec![2]));
        assert_eq!(cut(b"ab\ncd\n", 4, 9), (3, vec![2]));
        assert_eq!(cut(b"\n\n\n\n\n", 4, 9), (4, vec![0, 1, 2, 3]));
        // One that is longer than a piece is a piece of its own.
        assert_eq!(cut(b"abcdef\ngh\n", 4, 9), (7, vec![6]));
        assert_eq!(cut(b"abcdef", 4, 9), (6, vec![]));
        assert_eq!(cut(b"a\r\n\r\n\n\r", 40, 9), (7, vec![2 | AFTER_CR, 4 | AFTER_CR, 5]));
        // No room for more.
        assert_eq!(cut(b"a\nb\nc\n", 40, 2), (4, vec![1, 3]));
        assert_eq!(cut(b"a\nb\nc", 40, 2), (4, vec![1, 3]));
    }

    #[test]
    fn positions_in_text_are_those_of_its_units() {
        let text = "a\u{e9}\r\n\u{65e5}\u{672c}\n\n\u{1f600}x\nend\u{1f600}";
        let mut found = [0; 9];
        let piece = ends(text.as_bytes(), 100, &mut found);
        let whole = in_units(text.as_bytes(), &mut found[..piece.count]);
        let wide: Vec<u16> = text.encode_utf16().collect();
        let expected = wide.iter().enumerate().filter(|(_, unit)| **unit == 10).map(|(at, _)| at as u32);
        assert!(found[..piece.count].iter().map(|end| end & !AFTER_CR).eq(expected));
        assert_eq!((whole, found[0] & AFTER_CR), (Some(wide.len()), AFTER_CR));
        assert_eq!(in_units(b"\xff\n", &mut [1]), None);
    }

    #[test]
    fn ascii_is_noticed() {
        let mut room = [0; 4];
        assert!(ends(b"a\nb", 40, &mut room).is_ascii);
        assert!(!ends("a\n\u{e9}".as_bytes(), 40, &mut room).is_ascii);
        // Beyond the piece it does not matter.
        assert!(ends("ab\n\u{e9}\n".as_bytes(), 4, &mut room).is_ascii);
    }
}
