//! Sets of bytes, each of them a Latin-1 code unit: classes without `u` and `v`.

use regex_syntax::hir::{ClassBytes, ClassBytesRange};

#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ByteSet([bool; 256]);

impl ByteSet {
    pub const EMPTY: Self = Self([false; 256]);

    pub fn of(bytes: &[u8]) -> Self {
        let mut set = Self::EMPTY;
        bytes.iter().for_each(|byte| set.0[usize::from(*byte)] = true);
        set
    }

    pub fn range(first: u8, last: u8) -> Self {
        let mut set = Self::EMPTY;
        set.0[usize::from(first)..=usize::from(last)].fill(true);
        set
    }

    pub fn digits() -> Self {
        Self::range(b'0', b'9')
    }

    pub fn words() -> Self {
        Self::digits().or(Self::range(b'a', b'z')).or(Self::range(b'A', b'Z')).or(Self::of(b"_"))
    }

    /// `\s`: the white space and line terminators that are one byte.
    pub fn spaces() -> Self {
        Self::of(b"\t\n\x0b\x0c\r \xa0")
    }

    pub fn line_terminators() -> Self {
        Self::of(b"\n\r")
    }

    pub fn or(mut self, other: Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(byte, other)| *byte |= other);
        self
    }

    pub fn negated(self) -> Self {
        Self(self.0.map(|byte| !byte))
    }

    /// The set with each byte that differs from one of its members in case alone: whose `toUpperCase` is the same, as
    /// in ECMAScript's Canonicalize. U+0178 and U+039C, the upper case of 0xFF and 0xB5, are not bytes.
    pub fn folded(self) -> Self {
        let mut folded = self;
        for byte in 0..=u8::MAX {
            if self.0[usize::from(byte)] {
                folded.0[usize::from(other_case(byte))] = true;
            }
        }
        folded
    }

    pub fn class(&self) -> ClassBytes {
        let members = (0..=u8::MAX).filter(|byte| self.0[usize::from(*byte)]);
        ClassBytes::new(members.map(|byte| ClassBytesRange::new(byte, byte)))
    }
}

fn other_case(byte: u8) -> u8 {
    match byte {
        0xd7 | 0xf7 | 0xdf | 0xff => byte,
        b'A'..=b'Z' | b'a'..=b'z' | 0xc0..=0xfe => byte ^ 0x20,
        _ => byte,
    }
}
