//! A large haystack, read in several places by turns: of each a piece. A core's prefetchers follow several streams at
//! once, and where it reads but one it waits for the memory a third of its time.
//!
//! For what does little with a byte: needles of several are found no faster thus.

/// The places.
const LANES: usize = 4;

/// Bytes between two places.
const LANE: usize = if cfg!(test) { 24 } else { 64 << 10 };

/// Bytes read in one place before it is the next one's turn: fewer cost more calls, and with more the streams are lost.
const PIECE: usize = if cfg!(test) { 8 } else { 512 };

/// Bytes of a block: its lanes side by side.
pub const BLOCK: usize = LANES * LANE;

/// Calls `each` with the pieces of a block, until that answers `false`: whether it never did.
#[inline(always)]
pub fn all(block: &[u8], mut each: impl FnMut(&[u8]) -> bool) -> bool {
    (0..LANE / PIECE).all(|turn| {
        (0..LANES).all(|lane| {
            let start = lane * LANE + turn * PIECE;
            each(&block[start..start + PIECE])
        })
    })
}
