//! The text of lines, as an engine keeps strings: a byte a character where all of them are Latin-1, else two. Lines that
//! are ASCII stay in bytes also where others are not.

use std::mem::{replace, take};
use std::ops::Range;

use encoding_rs::mem;

use super::lines::{Bounds, Piece, STEP, cut, lines};
use super::masks::{self, BLOCK, PART};
use crate::sync::Mutex;

/// Bytes that are looked at before lines are cut.
const SOON: usize = 2048;

/// Cuts whole lines apart, as `lines::cut`, if all of it is ASCII: that is its text.
pub fn cut_ascii(whole: &[u8], keep: bool, bounds: &mut [Bounds]) -> Option<Piece> {
    // Most text that is not shows it soon, and need not be cut twice.
    let soon = &whole[..whole.len().min(SOON)];
    soon.is_ascii().then(|| cut(whole, keep, bounds)).filter(|piece| piece.is_ascii)
}

/// The text of a piece. The bounds of a line are places in `narrow`; where the first is below zero they are places in
/// `wide`, and its inverse is that of the first.
#[derive(Debug)]
pub struct Text {
    /// The piece itself.
    pub bytes: Vec<u8>,
    /// Latin-1.
    pub narrow: Vec<u8>,
    /// UTF-16.
    pub wide: Vec<u16>,
}

/// The memory of the last one, for the next. An allocator may give so much back to the system each time; to have it
/// mapped and zeroed anew, page by page, took a quarter of the time.
static LAST: Mutex<Text> = Mutex::new(Text::new());

/// What is kept of each part, in its units: a little more than a piece has that is not one long line.
const KEPT: usize = 1 << 16;

impl Text {
    /// None, and no memory.
    pub const fn new() -> Self {
        Self { bytes: Vec::new(), narrow: Vec::new(), wide: Vec::new() }
    }

    /// Lends the one that was last. Who comes meanwhile gets a new one.
    pub fn lend<R>(work: impl FnOnce(&mut Self) -> R) -> R {
        let last = || LAST.lock();
        let mut text = replace(&mut *last(), Self::new());
        let result = work(&mut text);
        if text.bytes.capacity().max(text.narrow.capacity()).max(text.wide.capacity()) <= KEPT {
            *last() = text;
        }
        result
    }

    /// Copies whole lines and cuts them apart, as `lines::cut`; others may change the bytes meanwhile, and
    /// what cuts lines and what decodes them must see one version. `None`: there is no memory for it, or `is_over`.
    pub fn copy(
        &mut self,
        whole: &[u8],
        keep: bool,
        bounds: &mut [Bounds],
        is_over: impl Fn() -> bool,
    ) -> Option<Piece> {
        self.narrow.clear();
        self.wide.clear();
        make_room(&mut self.bytes, whole.len())?;
        for part in whole.chunks(STEP) {
            if is_over() {
                return None;
            }
            self.bytes.extend_from_slice(part);
        }
        let piece = cut(&self.bytes, keep, bounds);
        self.bytes.truncate(piece.end);
        Some(piece)
    }

    /// What was made of it so far, to be kept: what is small is copied, and its memory is left for the next piece.
    pub fn hand_out(&mut self) -> Option<Self> {
        Some(Self {
            bytes: own(&mut self.bytes)?,
            narrow: own(&mut self.narrow)?,
            wide: own(&mut self.wide)?,
        })
    }

    /// Decodes what was copied: the bounds become places in the text. `false`: it is no UTF-8, and nobody but the engine's
    /// decoder knows what that becomes; or there is no memory for it.
    pub fn decode(&mut self, piece: &mut Piece, keep: bool, bounds: &mut [Bounds]) -> bool {
        let count = self.decode_lines(keep, &mut bounds[..piece.count]);
        match count {
            Some(count) => piece.count = count,
            None => {
                self.narrow.clear();
                self.wide.clear();
            }
        }
        count.is_some()
    }

    /// How many lines the text has.
    fn decode_lines(&mut self, keep: bool, bounds: &mut [Bounds]) -> Option<usize> {
        let Self { bytes: piece, narrow, wide } = self;
        make_room(narrow, piece.len())?;
        if mem::is_utf8_latin1(piece) {
            grow(narrow, piece.len());
            let length = mem::convert_utf8_to_latin1_lossy(piece, narrow);
            narrow.truncate(length);
            return Some(lines(narrow, keep, bounds).count);
        }
        // Never more units than bytes, and behind them room for a part.
        make_room(wide, piece.len() + PART)?;
        let mut used = 0;
        let count = bounds.len();
        let mut lines = bounds.iter_mut();
        while let Some([begin, _]) = lines.as_slice().first() {
            let begin = *begin as usize;
            let high = begin + ascii_len(&piece[begin..]);
            let shift = narrow.len() as i32 - begin as i32;
            let mixed = loop {
                match lines.next() {
                    Some([start, end]) if *end as usize <= high => {
                        (*start, *end) = (*start + shift, *end + shift)
                    }
                    mixed => break mixed,
                }
            };
            let stop = mixed.as_ref().map_or(piece.len(), |[start, _]| *start as usize);
            narrow.extend_from_slice(&piece[begin..stop]);
            if let Some([start, end]) = mixed {
                let line = stop..*end as usize;
                grow(wide, used + line.len() + PART);
                let length = widen(piece, line, &mut wide[used..])?;
                (*start, *end) = (!(used as i32), (used + length) as i32);
                used += length;
            }
        }
        wide.truncate(used);
        Some(count)
    }
}

/// A number, of which all bits may be zero.
trait Unit: Copy {}
impl Unit for u8 {}
impl Unit for u16 {}

/// Room for so many units in the place of others, as far as there is memory.
fn make_room<U>(units: &mut Vec<U>, length: usize) -> Option<()> {
    units.clear();
    units.try_reserve_exact(length).ok()
}

/// A copy that has no more room than it needs; of what is large the thing itself.
fn own<U: Unit>(units: &mut Vec<U>) -> Option<Vec<U>> {
    if units.capacity() > KEPT && !units.is_empty() {
        return Some(take(units));
    }
    let mut own = Vec::new();
    make_room(&mut own, units.len())?;
    own.extend_from_slice(units);
    Some(own)
}

/// Adds zeros up to a length for which there is room. `resize`, compiled for its size, would go from unit to unit.
fn grow<U: Unit>(units: &mut Vec<U>, length: usize) {
    let count = length.saturating_sub(units.len());
    let more = &mut units.spare_capacity_mut()[..count];
    // SAFETY: this is memory of the vector, and zero is a number.
    unsafe { more.as_mut_ptr().write_bytes(0, count) };
    // SAFETY: they were written just now.
    unsafe { units.set_len(units.len() + count) };
}

/// How many bytes are ASCII before the first one that is not.
fn ascii_len(bytes: &[u8]) -> usize {
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    for (number, block) in blocks.iter().enumerate() {
        let high = masks::beyond_ascii(block);
        if high != 0 {
            return number * BLOCK + high.trailing_zeros() as usize;
        }
    }
    let more = rest.iter().position(|byte| !byte.is_ascii()).unwrap_or(rest.len());
    bytes.len() - rest.len() + more
}

/// A line, from UTF-8 to UTF-16: how many units. `None`: it is no UTF-8. Behind as many units as the line has bytes there
/// is room for a part.
fn widen(bytes: &[u8], line: Range<usize>, units: &mut [u16]) -> Option<usize> {
    let (mut at, mut to) = (line.start, 0);
    while at < line.end {
        if let Some(part) = bytes.get(at..at + PART)
            && let Some(part) = part.first_chunk()
        {
            let ascii = masks::widen(part, units.get_mut(to..to + PART)?.first_chunk_mut()?);
            // By a branch, so that the next part need not wait for the number.
            if ascii == PART {
                (at, to) = (at + PART, to + PART);
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
    // The ASCII behind the line that was looked at with it: one byte at a time would cost as much as all parts before.
    Some(to - (at - line.end))
}

/// The character of several bytes at a place, and how many. As The Unicode Standard, table 3-7, has them.
#[inline(always)]
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

/// What a byte behind the first one of a character adds to it.
#[inline(always)]
fn more(bytes: &[u8], at: usize) -> Option<u32> {
    match bytes.get(at) {
        Some(byte @ 0x80..=0xbf) => Some(u32::from(byte & 0x3f)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(given: &[u8], keep: bool) -> Option<Vec<String>> {
        let mut bounds = [[0; 2]; 2000];
        // What another piece has left must not show.
        let left = || vec![b'?'; 7];
        let mut text = Text { bytes: left(), narrow: left(), wide: vec![0x3f; 7] };
        let mut piece = text.copy(given, keep, &mut bounds, || false)?;
        if !text.decode(&mut piece, keep, &mut bounds) {
            return None;
        }
        let Text { narrow, wide, .. } = text;
        let line = |[start, end]: &Bounds| match usize::try_from(*start) {
            Ok(start) => narrow[start..*end as usize].iter().map(|byte| char::from(*byte)).collect(),
            Err(_) => String::from_utf16(&wide[!*start as usize..*end as usize]).unwrap(),
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
            // Rust's lines() too drops the end, LF or CR LF, and needs none behind the last line.
            let expected = given.lines().map(str::to_owned).collect();
            assert_eq!(found(given.as_bytes(), false), Some(expected), "{given:?}");
            let expected = given.split_inclusive('\n').map(str::to_owned).collect();
            assert_eq!(found(given.as_bytes(), true), Some(expected), "{given:?}");
        }
    }

    #[test]
    fn each_character_at_each_place() {
        let points = [0x80, 0x7ff, 0x800, 0xfff, 0xd7ff, 0xe000, 0xffff, 0x1_0000, 0xf_ffff, 0x10_ffff];
        for point in points.map(|point| char::from_u32(point).unwrap()) {
            for before in 0..70 {
                let line = format!("\u{20ac}{}{point}{}", "x".repeat(before), "y".repeat(before % 19));
                // What is behind a line is looked at with it.
                let others = ["z".repeat(before / 2), "\u{e9}z".to_owned()];
                let all = format!("{line}\n{}\r\n{}", others[0], others[1]);
                assert_eq!(found(line.as_bytes(), false), Some(vec![line.clone()]));
                assert_eq!(found(all.as_bytes(), false), Some([vec![line], others.into()].concat()));
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
                assert_eq!(found(&given, false), None, "{given:?}");
                assert!(str::from_utf8(&given).is_err());
            }
        }
    }
}
