//! The text of lines, as JavaScript engines store strings: a byte for each character if all of them are Latin-1, two
//! bytes if not. Of a piece of lines, those that are ASCII stay bytes, even if others are not.

use std::mem::{replace, take};
use std::ops::Range;

use encoding_rs::mem;

use super::lines::{CANCEL_INTERVAL, LineBounds, Piece, split, split_piece};
use super::masks::{self, BLOCK, VECTOR};
use crate::sync::Mutex;

/// So many bytes are looked at before lines are split.
const FIRST_LOOK: usize = 2048;

/// Splits whole lines, as `lines::split`, if all of them are ASCII: then the bytes are their text.
pub fn split_ascii(whole: &[u8], keep: bool, bounds: &mut [LineBounds]) -> Option<Piece> {
    // Most text that is not ASCII shows that soon, and then need not be split twice.
    let first = &whole[..whole.len().min(FIRST_LOOK)];
    first.is_ascii().then(|| split(whole, keep, bounds)).filter(|piece| piece.is_ascii)
}

/// The text of a piece. The bounds of a line are places in `latin1`. If the first one is negative, they are places in
/// `utf16`, and the line begins at its bitwise complement.
#[derive(Debug)]
pub struct Text {
    /// The piece itself.
    pub bytes: Vec<u8>,
    pub latin1: Vec<u8>,
    pub utf16: Vec<u16>,
}

/// The memory of the last text, for the next one. An allocator can give so much memory back to the system each time
/// that it is freed; to have it mapped and zeroed again, page by page, took a quarter of the time.
static LAST: Mutex<Text> = Mutex::new(Text::new());

/// The capacity, in units, up to which a vector is kept: a little more than a piece needs that is not one long line.
const MOST_KEPT: usize = 1 << 16;

impl Text {
    /// No text, and no memory.
    pub const fn new() -> Self {
        Self { bytes: Vec::new(), latin1: Vec::new(), utf16: Vec::new() }
    }

    /// Lends a text that has the memory of the last one. Another thread gets a new text meanwhile.
    pub fn with_reused<R>(work: impl FnOnce(&mut Self) -> R) -> R {
        let last = || LAST.lock();
        let mut text = replace(&mut *last(), Self::new());
        let result = work(&mut text);
        if text.bytes.capacity().max(text.latin1.capacity()).max(text.utf16.capacity()) <= MOST_KEPT {
            *last() = text;
        }
        result
    }

    /// Copies whole lines, and splits the copy as `lines::split` does: others may change the bytes meanwhile, and what
    /// splits lines and what decodes them must see the same. `None` if there is no memory for the copy, or if
    /// `is_cancelled` says so.
    pub fn copy(
        &mut self,
        whole: &[u8],
        keep: bool,
        bounds: &mut [LineBounds],
        is_cancelled: impl Fn() -> bool,
    ) -> Option<Piece> {
        self.latin1.clear();
        self.utf16.clear();
        make_room(&mut self.bytes, whole.len())?;
        for part in whole.chunks(CANCEL_INTERVAL) {
            if is_cancelled() {
                return None;
            }
            self.bytes.extend_from_slice(part);
        }
        let piece = split(&self.bytes, keep, bounds);
        self.bytes.truncate(piece.end);
        Some(piece)
    }

    /// Takes what was made, to be kept. If it is small it is copied, and its memory stays for the next piece. `None` if
    /// there is no memory for the copy.
    pub fn take_text(&mut self) -> Option<Self> {
        Some(Self {
            bytes: own(&mut self.bytes)?,
            latin1: own(&mut self.latin1)?,
            utf16: own(&mut self.utf16)?,
        })
    }

    /// Decodes what was copied, and makes the bounds places in the text. `false` if it is not UTF-8, of which the
    /// engine's own decoder has to make a string; or if there is no memory for the text.
    pub fn decode(&mut self, piece: &mut Piece, keep: bool, bounds: &mut [LineBounds]) -> bool {
        let count = self.decode_lines(keep, &mut bounds[..piece.count]);
        match count {
            Some(count) => piece.count = count,
            None => {
                self.latin1.clear();
                self.utf16.clear();
            }
        }
        count.is_some()
    }

    /// How many lines the text has. `None` as above.
    fn decode_lines(&mut self, keep: bool, bounds: &mut [LineBounds]) -> Option<usize> {
        let Self { bytes: piece, latin1, utf16 } = self;
        make_room(latin1, piece.len())?;
        if mem::is_utf8_latin1(piece) {
            grow(latin1, piece.len());
            let length = mem::convert_utf8_to_latin1_lossy(piece, latin1);
            latin1.truncate(length);
            return Some(split_piece(latin1, keep, bounds).count);
        }
        // A text never has more units than bytes. Behind them there is room for a vector.
        make_room(utf16, piece.len() + VECTOR)?;
        let mut used = 0;
        let count = bounds.len();
        let mut lines = bounds.iter_mut();
        while let Some([begin, _]) = lines.as_slice().first() {
            let begin = *begin as usize;
            let high = begin + ascii_len(&piece[begin..]);
            let shift = latin1.len() as i32 - begin as i32;
            let mixed = loop {
                match lines.next() {
                    Some([start, end]) if *end as usize <= high => {
                        (*start, *end) = (*start + shift, *end + shift)
                    }
                    mixed => break mixed,
                }
            };
            let stop = mixed.as_ref().map_or(piece.len(), |[start, _]| *start as usize);
            latin1.extend_from_slice(&piece[begin..stop]);
            if let Some([start, end]) = mixed {
                let line = stop..*end as usize;
                grow(utf16, used + line.len() + VECTOR);
                let length = widen(piece, line, &mut utf16[used..])?;
                (*start, *end) = (!(used as i32), (used + length) as i32);
                used += length;
            }
        }
        utf16.truncate(used);
        Some(count)
    }
}

/// Clears a vector and makes room for so many units. `None` if there is no memory for them.
fn make_room<U>(units: &mut Vec<U>, length: usize) -> Option<()> {
    units.clear();
    units.try_reserve_exact(length).ok()
}

/// A copy with no more capacity than it needs; or the vector itself, if it is large.
fn own<U: Copy>(units: &mut Vec<U>) -> Option<Vec<U>> {
    if units.capacity() > MOST_KEPT && !units.is_empty() {
        return Some(take(units));
    }
    let mut own = Vec::new();
    make_room(&mut own, units.len())?;
    own.extend_from_slice(units);
    Some(own)
}

/// Appends zeros up to a length, for which there is room.
fn grow<U: Copy + Default>(units: &mut Vec<U>, length: usize) {
    units.resize(length.max(units.len()), U::default());
}

/// How many bytes there are before the first that is not ASCII.
fn ascii_len(bytes: &[u8]) -> usize {
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    for (number, block) in blocks.iter().enumerate() {
        let high = masks::of_non_ascii(block);
        if high != 0 {
            return number * BLOCK + high.trailing_zeros() as usize;
        }
    }
    let more = rest.iter().position(|byte| !byte.is_ascii()).unwrap_or(rest.len());
    bytes.len() - rest.len() + more
}

/// Writes a line, which is UTF-8, as UTF-16, and answers how many units that are. `None` if it is not UTF-8. `units`
/// has room for as many units as the line has bytes, and for a vector behind them.
fn widen(bytes: &[u8], line: Range<usize>, units: &mut [u16]) -> Option<usize> {
    let (mut at, mut to) = (line.start, 0);
    while at < line.end {
        if let Some(part) = bytes.get(at..at + VECTOR)
            && let Some(part) = part.first_chunk()
        {
            let ascii = masks::widen(part, units.get_mut(to..to + VECTOR)?.first_chunk_mut()?);
            // With a branch, the processor need not wait for `ascii` before it goes on with the next vector.
            if ascii == VECTOR {
                (at, to) = (at + VECTOR, to + VECTOR);
                continue;
            }
            (at, to) = (at + ascii, to + ascii);
        } else if bytes[at].is_ascii() {
            units[to] = u16::from(bytes[at]);
            (at, to) = (at + 1, to + 1);
        }
        while at < line.end && !bytes[at].is_ascii() {
            let (point, length) = character(bytes, at)?;
            at += length;
            if point < 0x1_0000 {
                units[to] = point as u16;
                to += 1;
            } else {
                (units[to], units[to + 1]) =
                    ((0xd7c0 + (point >> 10)) as u16, (0xdc00 | point & 0x3ff) as u16);
                to += 2;
            }
        }
    }
    // ASCII behind the line was written too: to go through the last bytes of a line one by one would take as long as
    // all vectors before them.
    Some(to - (at - line.end))
}

/// The code point of the character of several bytes at a place, and how many bytes it has. `None` if there is none:
/// table 3-7 of The Unicode Standard has what is well-formed.
fn character(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    let lead = u32::from(bytes[at]);
    let (point, length, fits) = match lead {
        0xc2..=0xdf => ((lead & 0x1f) << 6 | more(bytes, at + 1)?, 2, true),
        0xe0..=0xef => {
            let point = (lead & 0xf) << 12 | more(bytes, at + 1)? << 6 | more(bytes, at + 2)?;
            (point, 3, point >= 0x800 && !(0xd800..=0xdfff).contains(&point))
        }
        0xf0..=0xf4 => {
            let low = more(bytes, at + 2)? << 6 | more(bytes, at + 3)?;
            let point = (lead & 7) << 18 | more(bytes, at + 1)? << 12 | low;
            (point, 4, (0x1_0000..=0x10_ffff).contains(&point))
        }
        _ => return None,
    };
    fits.then_some((point, length))
}

/// What a continuation byte adds to a code point.
fn more(bytes: &[u8], at: usize) -> Option<u32> {
    match bytes.get(at) {
        Some(byte @ 0x80..=0xbf) => Some(u32::from(byte & 0x3f)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(given: &[u8], keep: bool) -> Option<Vec<String>> {
        let mut bounds = [[0; 2]; 2000];
        // What is left from another piece must not show.
        let left = || vec![b'?'; 7];
        let mut text = Text { bytes: left(), latin1: left(), utf16: vec![0x3f; 7] };
        let mut piece = text.copy(given, keep, &mut bounds, || false)?;
        if !text.decode(&mut piece, keep, &mut bounds) {
            return None;
        }
        let Text { latin1, utf16, .. } = text;
        let line = |[start, end]: &LineBounds| match usize::try_from(*start) {
            Ok(start) => latin1[start..*end as usize].iter().map(|byte| char::from(*byte)).collect(),
            Err(_) => String::from_utf16(&utf16[!*start as usize..*end as usize]).unwrap(),
        };
        Some(bounds[..piece.count].iter().map(line).collect())
    }

    #[test]
    fn lines_of_text_are_those_of_its_bytes() {
        let latin = "\u{e9}x\n".repeat(100);
        let wide = "a\u{e9}\r\n\u{65e5}\u{672c}\n\n\u{1f600}x\nend\u{1f600}".repeat(50);
        let long = format!("{}\n{}\u{20ac}{}\n", "a".repeat(200), "b".repeat(70), "c".repeat(130));
        let plain = "one\ntwo three\r\n\n".repeat(40);
        for given in [
            "\u{e9}",
            "\n\u{e9}\r\n\r",
            "\u{65e5}",
            "\u{65e5}\n",
            "\r\u{65e5}\r\n\r\n",
            &latin,
            &wide,
            &long,
            &format!("{plain}{latin}{wide}{plain}{long}{long}{plain}end"),
        ] {
            // Rust's lines() drops the same ends, LF and CR LF, and needs none behind the last line.
            let expected = given.lines().map(str::to_owned).collect();
            assert_eq!(decoded(given.as_bytes(), false), Some(expected), "{given:?}");
            let expected = given.split_inclusive('\n').map(str::to_owned).collect();
            assert_eq!(decoded(given.as_bytes(), true), Some(expected), "{given:?}");
        }
    }

    #[test]
    fn each_character_at_each_place() {
        let points = [0x80, 0x7ff, 0x800, 0xfff, 0xd7ff, 0xe000, 0xffff, 0x1_0000, 0xf_ffff, 0x10_ffff];
        for point in points.map(|point| char::from_u32(point).unwrap()) {
            for before in 0..70 {
                let line = format!("\u{20ac}{}{point}{}", "x".repeat(before), "y".repeat(before % 19));
                // The end of a line is read together with what is behind it.
                let others = ["z".repeat(before / 2), "\u{e9}z".to_owned()];
                let all = format!("{line}\n{}\r\n{}", others[0], others[1]);
                assert_eq!(decoded(line.as_bytes(), false), Some(vec![line.clone()]));
                assert_eq!(decoded(all.as_bytes(), false), Some([vec![line], others.into()].concat()));
            }
        }
    }

    #[test]
    fn what_is_no_utf_8_has_no_text() {
        for bad in [
            &b"\xff"[..],
            b"\x80",
            b"\xc1\xbf",
            b"\xc3",
            b"\xc3x",
            b"\xe0\x9f\xbf",
            b"\xed\xa0\x80",
            b"\xe6\x97",
            b"\xe6\x97x",
            b"\xf0\x8f\xbf\xbf",
            b"\xf4\x90\x80\x80",
            b"\xf5\x80\x80\x80",
            b"\xf0\x9f\x98",
        ] {
            for (before, behind) in [("", ""), ("\u{65e5}", "\n"), ("one\n\u{20ac} two ", " three\nfour")] {
                let given = [before.as_bytes(), bad, behind.as_bytes()].concat();
                assert_eq!(decoded(&given, false), None, "{given:?}");
                assert!(str::from_utf8(&given).is_err());
            }
        }
    }
}
