//! Which of 64 units are a given one, a bit for each: by vectors of 16 bytes, which every processor has.

use wide::{u8x16, u16x8};

/// As many units are looked at together as a mask has bits.
pub const BLOCK: usize = 64;

#[inline(always)]
fn of_16(part: [u8; 16], byte: u8) -> u64 {
    u64::from(u8x16::new(part).simd_eq(u8x16::new([byte; 16])).to_bitmask())
}

#[inline(always)]
fn of_8(part: [u16; 8], unit: u16) -> u64 {
    u64::from(u16x8::new(part).simd_eq(u16x8::new([unit; 8])).to_bitmask())
}

/// Always inlined, as the next one: the crate is compiled for its size.
#[inline(always)]
pub fn bytes(block: &[u8; BLOCK], byte: u8) -> u64 {
    let [a, b, c, d] = *block.as_chunks().0 else { return 0 };
    of_16(a, byte) | of_16(b, byte) << 16 | of_16(c, byte) << 32 | of_16(d, byte) << 48
}

/// Where one block has a byte and the other one another.
#[inline(always)]
pub fn pairs(ones: &[u8; BLOCK], others: &[u8; BLOCK], [one, other]: [u8; 2]) -> u64 {
    let [a, b, c, d] = *ones.as_chunks().0 else { return 0 };
    let [e, f, g, h] = *others.as_chunks().0 else { return 0 };
    let (one, other) = (u8x16::new([one; 16]), u8x16::new([other; 16]));
    let both = |a: [u8; 16], b: [u8; 16]| u8x16::new(a).simd_eq(one) & u8x16::new(b).simd_eq(other);
    let mask = |a: [u8; 16], b: [u8; 16]| u64::from(both(a, b).to_bitmask());
    mask(a, e) | mask(b, f) << 16 | mask(c, g) << 32 | mask(d, h) << 48
}

#[inline(always)]
pub fn units(block: &[u16; BLOCK], unit: u16) -> u64 {
    let [a, b, c, d, e, f, g, h] = *block.as_chunks().0 else { return 0 };
    let low = of_8(a, unit) | of_8(b, unit) << 8 | of_8(c, unit) << 16 | of_8(d, unit) << 24;
    low | (of_8(e, unit) | of_8(f, unit) << 8 | of_8(g, unit) << 16 | of_8(h, unit) << 24) << 32
}
