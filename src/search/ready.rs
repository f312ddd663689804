//! Lines that were cut and decoded on another thread, and wait for the engine to make strings of them.

use std::collections::VecDeque;
use std::mem::swap;

use super::lines::{self, LineBounds, Piece};
use super::text::Text;

/// Pieces in the order in which they stand in the haystack.
pub type ReadyLines = VecDeque<ReadyPiece>;

/// What the bytes of lines become.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// They stay bytes.
    None,
    Latin1,
    Utf8,
}

/// Why there is no piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineError {
    /// There is no memory for a copy of the line.
    NoMemory,
    /// No string of any engine is as long as the line.
    TooLong,
}

/// A piece of whole lines of which only the engine's strings are missing.
pub struct ReadyPiece {
    pub piece: Piece,
    pub bounds: Vec<LineBounds>,
    pub text: Text,
    /// Whether the bounds are places in `text`'s strings. If not, the bytes are no UTF-8, and where lines lie in what they
    /// become is known to the engine's decoder alone.
    pub is_text: bool,
}

impl ReadyPiece {
    /// The first whole lines of `bytes`, about `most` bytes. `bounds` is room for theirs. Gives up, with no memory as the
    /// reason, when `is_cancelled` says so: nobody hears of it.
    pub fn new(
        bytes: &[u8],
        most: usize,
        encoding: Encoding,
        keep: bool,
        bounds: &mut [LineBounds],
        is_cancelled: impl Fn() -> bool,
    ) -> Result<Self, LineError> {
        let end = lines::whole_lines_cancellable(bytes, most, &is_cancelled).ok_or(LineError::NoMemory)?;
        let whole = &bytes[..end];
        if is_beyond_strings(whole, encoding) {
            return Err(LineError::TooLong);
        }
        Text::with_reused(|text| {
            let mut piece = text.copy(whole, keep, bounds, &is_cancelled)?;
            let mut is_text = true;
            if encoding == Encoding::Utf8 && !piece.is_ascii {
                is_text = text.decode(&mut piece, keep, bounds);
                if is_text {
                    text.bytes.clear();
                }
            } else if encoding != Encoding::None {
                swap(&mut text.bytes, &mut text.latin1);
            }
            Some(Self { text: text.take_text()?, bounds: bounds[..piece.count].to_vec(), piece, is_text })
        })
        .ok_or(LineError::NoMemory)
    }
}

/// No string is longer in any engine. JavaScriptCore's of 16-bit units have at most (2^32 - 1 - its header) / 2 of them, and Bun
/// ends the process when a longer one is asked for. The header has 24 bytes at most.
const LONGEST_STRING: usize = i32::MAX as usize - 16;

/// Whether no engine has a string that holds so long a line: then it need not be copied first.
pub fn is_beyond_strings(whole: &[u8], encoding: Encoding) -> bool {
    encoding != Encoding::None && whole.len() > LONGEST_STRING
}
