//! Patterns that are a sequence of sets of bytes, `dur=1[0-9]{3}ms`, or several of them as alternatives,
//! `timeout|retry`: which of them fits some bytes.

use memchr::arch::all::packedpair::Pair;
use regex_syntax::hir::{Class, ClassBytesRange, Hir, HirKind};

/// Each set of each sequence is a bit of one word.
pub const BITS: usize = u64::BITS as usize;

/// Where a sequence has the two bytes that are rarest in usual text, and which they are.
pub type Rare = [(usize, u8); 2];

/// Which sequences fit, a bit for each. The lowest bit is the alternative that counts.
pub type Fits = u64;

#[derive(Debug)]
pub struct ByteSequences {
    /// For each byte, whether it is in set `place` of sequence `number`: bit `place * count + number`. The sets behind
    /// the end of a sequence that is shorter than others have all bytes.
    members: Box<[u64; 256]>,
    count: usize,
    longest: usize,
    shortest: usize,
    /// Of each sequence its length, and its rarest bytes.
    sequences: Vec<(usize, Rare)>,
}

impl ByteSequences {
    /// `None` if the pattern is not of this kind, or is one string, which memchr finds faster.
    pub fn new(hir: &Hir) -> Option<Self> {
        let alternatives = match hir.kind() {
            HirKind::Alternation(alternatives) => alternatives,
            _ => std::slice::from_ref(hir),
        };
        let mut sets = Self {
            members: Box::new([0; 256]),
            count: alternatives.len(),
            longest: 0,
            shortest: BITS,
            sequences: Vec::new(),
        };
        for hir in alternatives {
            let mut singles = Vec::new();
            let len = sets.append(hir, 0, &mut singles)?;
            let bytes = Vec::from_iter(singles.iter().map(|(_, byte)| *byte));
            let pair = Pair::new(&bytes).filter(|_| sets.count > 1 || singles.len() < len)?;
            let rare = [pair.index1(), pair.index2()].map(|index| singles[usize::from(index)]);
            sets.longest = sets.longest.max(len);
            sets.shortest = sets.shortest.min(len);
            sets.sequences.push((len, rare));
        }
        for number in 0..sets.count {
            for place in sets.len(number)..sets.longest {
                sets.add(place * sets.count + number, 0..=u8::MAX)?;
            }
        }
        Some(sets)
    }

    /// How many sequences there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The bytes of a sequence.
    pub fn len(&self, number: usize) -> usize {
        self.sequences[number].0
    }

    pub fn longest(&self) -> usize {
        self.longest
    }

    pub fn shortest(&self) -> usize {
        self.shortest
    }

    pub fn rare(&self) -> impl Iterator<Item = Rare> {
        self.sequences.iter().map(|(_, rare)| *rare)
    }

    /// Which sequences fit `bytes`, of which there are as many as the longest sequence has. Looks at all of them, since
    /// a processor does not foresee where they begin to differ.
    // For each candidate: see `Window`.
    #[inline(always)]
    pub fn fits(&self, bytes: &[u8]) -> Fits {
        let (mut place, mut shift, mut all) = (0, 0, u64::MAX >> (BITS - self.count));
        while place < bytes.len() {
            all &= self.members[usize::from(bytes[place])] >> shift;
            place += 1;
            shift += self.count;
        }
        all
    }

    /// Appends to the sequence that is being made the sets that a tree matches one after the other. `place` is how many
    /// sets the sequence has; the answer is how many it has then, or `None` if the tree is not of this kind. `singles`
    /// gets the sets of one byte.
    fn append(&mut self, hir: &Hir, place: usize, singles: &mut Vec<(usize, u8)>) -> Option<usize> {
        match hir.kind() {
            HirKind::Empty => Some(place),
            HirKind::Literal(literal) => literal.0.iter().try_fold(place, |place, byte| {
                self.set(place, &[ClassBytesRange::new(*byte, *byte)], singles)
            }),
            HirKind::Class(Class::Bytes(class)) => self.set(place, class.ranges(), singles),
            HirKind::Class(Class::Unicode(class)) => {
                self.set(place, class.to_byte_class()?.ranges(), singles)
            }
            HirKind::Repetition(repetition) if repetition.max == Some(repetition.min) => {
                (0..repetition.min).try_fold(place, |place, _| self.append(&repetition.sub, place, singles))
            }
            HirKind::Concat(parts) => {
                parts.iter().try_fold(place, |place, part| self.append(part, place, singles))
            }
            _ => None,
        }
    }

    fn set(
        &mut self,
        place: usize,
        ranges: &[ClassBytesRange],
        singles: &mut Vec<(usize, u8)>,
    ) -> Option<usize> {
        if let [range] = ranges
            && range.len() == 1
        {
            singles.push((place, range.start()));
        }
        let bit = place * self.count + self.sequences.len();
        ranges.iter().try_for_each(|range| self.add(bit, range.start()..=range.end()))?;
        Some(place + 1)
    }

    /// Adds bytes to the set of a bit. `None` if a word has no such bit.
    fn add(&mut self, bit: usize, bytes: impl IntoIterator<Item = u8>) -> Option<()> {
        let bit = (bit < BITS).then(|| 1 << bit)?;
        for byte in bytes {
            self.members[usize::from(byte)] |= bit;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::pattern::syntax::{Flags, translated};

    fn sets(source: &str, flags: &str) -> Option<ByteSequences> {
        let parsed = Flags::new(flags).unwrap();
        ByteSequences::new(&translated(source, flags, parsed, false).unwrap().hir)
    }

    #[test]
    fn what_is_a_sequence() {
        for (source, flags, lens) in [
            ("dur=1[0-9]{3}ms", "g", &[10][..]),
            ("\\d{4}-\\d{2}-\\d{2}T", "gu", &[11]),
            ("(a)(?:b(.))c", "g", &[4]),
            ("(?:a.b){4}", "g", &[12]),
            ("\u{e9}.\u{e9}", "g", &[5]),
            ("ab|cd", "g", &[2, 2]),
            ("timeout|(?:(r)etry)|a.{5}b", "g", &[7, 5, 7]),
            ("abcdefgh|bcdefghi|cdefghij|defghijk|efghijkl|fghijklm|ghijklmn|hijklmno", "g", &[8; 8]),
        ] {
            let found = sets(source, flags).unwrap();
            let found = Vec::from_iter((0..found.count()).map(|number| found.len(number)));
            assert_eq!(found, lens, "/{source}/{flags}");
        }
        for (source, flags) in [
            ("abc", "g"),
            ("[ab]c", "g"),
            ("ab+.", "g"),
            ("a.b$", "g"),
            ("\\ba.b", "g"),
            ("a.b", "gu"),
            ("a[b\u{e9}]cd", "gu"),
            ("ab.{63}", "g"),
            ("ab.", "gi"),
            ("(?:)", "g"),
            ("ab|c", "g"),
            ("ab|cd|", "g"),
            ("ab|cd+", "g"),
            ("(?:ab|cd)e", "g"),
            ("abcdefghi|bcdefghi|cdefghij|defghijk|efghijkl|fghijklm|ghijklmn|hijklmno", "g"),
        ] {
            assert!(sets(source, flags).is_none(), "/{source}/{flags}");
        }
    }

    #[test]
    fn which_ones_fit() {
        let sets = sets("abc|ab|a.d", "g").unwrap();
        assert_eq!(
            ["abc", "abd", "axd", "xbc", "ab\n"].map(|text| sets.fits(text.as_bytes())),
            [3, 6, 4, 0, 2]
        );
    }
}
