//! Masks of where bytes occur in a block of 64, a bit for each byte. They are made with vectors of 16 bytes, which
//! every processor has that Node.js runs on.

use wide::{u8x16, u16x8};

/// Bytes of a block: as many as a mask has bits.
pub const BLOCK: usize = 64;

/// Bytes of a vector.
pub const VECTOR: usize = 16;

/// Bytes of which a mask is made.
pub type Block = [u8; BLOCK];

/// A loop over blocks, which `run` compiles for several kinds of processors.
///
/// What it calls for each block must be `#[inline(always)]`, as are the functions here that kernels use: a function
/// that is called and not inlined is compiled for the least processor, whatever its caller is compiled for.
pub trait Kernel {
    type Result;
    /// Must be `#[inline(always)]`.
    fn run(self) -> Self::Result;
}

/// Runs a kernel as it was compiled for this processor. AVX2 gives its instructions three operands, and BMI1 counts
/// zeros and clears the lowest bit in one instruction.
pub fn run<K: Kernel>(kernel: K) -> K::Result {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi1") {
        // SAFETY: the processor has what the function is compiled for, as was just found out.
        return unsafe { run_avx2(kernel) };
    }
    kernel.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1")]
fn run_avx2<K: Kernel>(kernel: K) -> K::Result {
    kernel.run()
}

/// Where a block has a byte.
#[inline(always)]
pub fn of_byte(block: &Block, byte: u8) -> u64 {
    let ([a, b, c, d], byte) = (vectors(block), u8x16::new([byte; VECTOR]));
    joined([a.simd_eq(byte), b.simd_eq(byte), c.simd_eq(byte), d.simd_eq(byte)])
}

/// Where one block has a byte, and another block has another byte at the same place.
#[inline(always)]
pub fn of_pair(ones: &Block, others: &Block, [one, other]: [u8; 2]) -> u64 {
    let ([a, b, c, d], one) = (vectors(ones), u8x16::new([one; VECTOR]));
    let ([e, f, g, h], other) = (vectors(others), u8x16::new([other; VECTOR]));
    joined([
        a.simd_eq(one) & e.simd_eq(other),
        b.simd_eq(one) & f.simd_eq(other),
        c.simd_eq(one) & g.simd_eq(other),
        d.simd_eq(one) & h.simd_eq(other),
    ])
}

/// Where a block has bytes that are not ASCII.
pub fn of_non_ascii(block: &Block) -> u64 {
    let [a, b, c, d] = vectors(block);
    joined([non_ascii(a), non_ascii(b), non_ascii(c), non_ascii(d)])
}

/// The bitwise or of all vectors of a block, and of `others`: `is_ascii` tells of all of them at once.
#[inline(always)]
pub fn or_all(block: &Block, others: u8x16) -> u8x16 {
    let [a, b, c, d] = vectors(block);
    (a | b) | (c | d) | others
}

/// Whether all bytes are ASCII of which `or_all` made this.
#[inline(always)]
pub fn is_ascii(all: u8x16) -> bool {
    all.to_bitmask() == 0
}

/// Widens each byte to two, and answers how many bytes are ASCII before the first that is not. What was made of that
/// byte and of those behind it means nothing.
pub fn widen(bytes: &[u8; VECTOR], units: &mut [u16; VECTOR]) -> usize {
    let bytes = u8x16::new(*bytes);
    let (low, high) = units.split_at_mut(VECTOR / 2);
    low.copy_from_slice(u16x8::from_u8x16_low(bytes).as_array());
    high.copy_from_slice(u16x8::from_u8x16_high(bytes).as_array());
    non_ascii(bytes).to_bitmask().trailing_zeros().min(VECTOR as u32) as usize
}

fn non_ascii(vector: u8x16) -> u8x16 {
    const HIGH: u8x16 = u8x16::new([0x80; VECTOR]);
    (vector & HIGH).simd_eq(HIGH)
}

#[inline(always)]
fn vectors(block: &Block) -> [u8x16; 4] {
    let [a, b, c, d] = *block.as_chunks().0 else { return [u8x16::ZERO; 4] };
    [u8x16::new(a), u8x16::new(b), u8x16::new(c), u8x16::new(d)]
}

#[inline(always)]
fn joined([a, b, c, d]: [u8x16; 4]) -> u64 {
    bits(a) | bits(b) << 16 | bits(c) << 32 | bits(d) << 48
}

#[inline(always)]
fn bits(vector: u8x16) -> u64 {
    u64::from(vector.to_bitmask())
}
