//! Which of 64 bytes are a given one, a bit for each: by vectors of 16, which every processor has. Always inlined,
//! and without closures, which are not: the crate is compiled for its size.

use wide::{u8x16, u16x8};

/// As many bytes are looked at together as a mask has bits.
pub const BLOCK: usize = 64;

/// Bytes of a vector.
pub const PART: usize = 16;

/// Bytes that are looked at together.
pub type Block = [u8; BLOCK];

/// A loop over blocks. What it does for each must be inlined.
pub trait Loop {
    type Result;
    /// Always to be inlined.
    fn run(self) -> Self::Result;
}

/// Runs a loop as it was compiled for the processor at hand, whose newer ones have shorter ways to count zeros.
#[inline(always)]
pub fn run<L: Loop>(work: L) -> L::Result {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi1") {
        // SAFETY: the processor has what it is compiled for.
        return unsafe { run_avx2(work) };
    }
    work.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1")]
fn run_avx2<L: Loop>(work: L) -> L::Result {
    work.run()
}

/// Where a block has a byte.
#[inline(always)]
pub fn bytes(block: &Block, byte: u8) -> u64 {
    let ([a, b, c, d], byte) = (parts(block), u8x16::new([byte; PART]));
    joined([a.simd_eq(byte), b.simd_eq(byte), c.simd_eq(byte), d.simd_eq(byte)])
}

/// Where one block has a byte and the other one another.
#[inline(always)]
pub fn pairs(ones: &Block, others: &Block, [one, other]: [u8; 2]) -> u64 {
    let ([a, b, c, d], one) = (parts(ones), u8x16::new([one; PART]));
    let ([e, f, g, h], other) = (parts(others), u8x16::new([other; PART]));
    joined([
        a.simd_eq(one) & e.simd_eq(other),
        b.simd_eq(one) & f.simd_eq(other),
        c.simd_eq(one) & g.simd_eq(other),
        d.simd_eq(one) & h.simd_eq(other),
    ])
}

/// Where a block has no ASCII.
#[inline(always)]
pub fn beyond_ascii(block: &Block) -> u64 {
    let [a, b, c, d] = parts(block);
    joined([beyond(a), beyond(b), beyond(c), beyond(d)])
}

/// Adds what a block has to what others have: see `has_only_ascii`.
#[inline(always)]
pub fn union(block: &Block, others: u8x16) -> u8x16 {
    let [a, b, c, d] = parts(block);
    (a | b) | (c | d) | others
}

/// Whether each of the bytes that were put together is ASCII.
#[inline(always)]
pub fn has_only_ascii(union: u8x16) -> bool {
    union.to_bitmask() == 0
}

/// Makes two bytes of each, and tells how many are ASCII before the first one that is not: what is behind means nothing.
#[inline(always)]
pub fn widen(part: &[u8; PART], units: &mut [u16; PART]) -> usize {
    let part = u8x16::new(*part);
    let (low, high) = units.split_at_mut(PART / 2);
    low.copy_from_slice(u16x8::from_u8x16_low(part).as_array());
    high.copy_from_slice(u16x8::from_u8x16_high(part).as_array());
    beyond(part).to_bitmask().trailing_zeros().min(PART as u32) as usize
}

#[inline(always)]
fn beyond(part: u8x16) -> u8x16 {
    const HIGH: u8x16 = u8x16::new([0x80; PART]);
    (part & HIGH).simd_eq(HIGH)
}

#[inline(always)]
fn parts(block: &Block) -> [u8x16; 4] {
    let [a, b, c, d] = *block.as_chunks().0 else { return [u8x16::ZERO; 4] };
    [u8x16::new(a), u8x16::new(b), u8x16::new(c), u8x16::new(d)]
}

#[inline(always)]
fn joined([a, b, c, d]: [u8x16; 4]) -> u64 {
    bits(a) | bits(b) << 16 | bits(c) << 32 | bits(d) << 48
}

#[inline(always)]
fn bits(part: u8x16) -> u64 {
    u64::from(part.to_bitmask())
}
