//! A pattern that is a sequence of byte sets and nothing else: `dur=1[0-9]{3}ms`. Its two rarest bytes are looked for by
//! vectors, wherever in it they stand, where an automaton knows but the ones in front; the other bytes are then compared.

use memchr::arch::all::packedpair::Pair;
use regex_syntax::hir::{Class, ClassBytesRange, Hir, HirKind};

use crate::crew::Leash;
use crate::search::masks::{self, BLOCK, Block};

/// As many sets as a word has bits.
const LONGEST: usize = 64;

/// Blocks of positions that are gone through together, first and then: what resembles a match is compared later, all at
/// once, for a processor does not foresee where that will be, and each time it errs costs as much as a block.
const FIRST: usize = 4;
const BLOCKS: usize = 16;

/// One of so many positions may resemble a match, more is work for an automaton.
const SPARSE: usize = 8;

/// Bytes for which an automaton searches before it is tried again without.
const DETOUR: usize = 64 * 1024;

/// A sequence of byte sets, two of them, at least, of one byte.
#[derive(Debug)]
pub(super) struct Sequence {
    /// Bit n of a byte's word: whether set n has it.
    members: Box<[u64; 256]>,
    len: usize,
    /// Where the rarest bytes stand.
    places: [usize; 2],
    rarest: [u8; 2],
}

/// The part of a haystack that was gone through last, and the matches that begin in it.
#[derive(Debug)]
pub(super) struct Window {
    start: usize,
    end: usize,
    blocks: usize,
    /// Where they begin, counted from `start`, and how many there are; behind them there is room for two more.
    found: [u16; BLOCKS * BLOCK + 2],
    count: usize,
    /// The first that was not yet passed by.
    next: usize,
    /// Where the search has come to.
    at: usize,
    /// Up to here an automaton is to search.
    detour: usize,
}

impl Window {
    /// Of no haystack yet.
    pub fn new() -> Self {
        let found = [0; BLOCKS * BLOCK + 2];
        Self { start: 0, end: 0, blocks: FIRST, found, count: 0, next: 0, at: 0, detour: 0 }
    }

    /// For another haystack.
    pub fn clear(&mut self) {
        (self.end, self.blocks, self.detour) = (0, FIRST, 0);
    }

    /// Notes the first of some candidates, if there is one, behind `count` others, and tells how many they are then.
    #[inline(always)]
    fn note(&mut self, count: usize, base: usize, candidates: u64) -> usize {
        self.found[count] = base as u16 + candidates.trailing_zeros() as u16;
        count + usize::from(candidates != 0)
    }

    /// The first match at `at` or later.
    #[inline(always)]
    fn after(&mut self, at: usize) -> Option<usize> {
        if at < self.at {
            self.next = 0;
        }
        self.at = at;
        while self.next < self.count {
            let start = self.start + usize::from(self.found[self.next]);
            if start >= at {
                return Some(start);
            }
            self.next += 1;
        }
        None
    }
}

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub enum Sought {
    /// Where it begins.
    At(usize),
    /// No more; or the search was called off.
    Nowhere,
    /// Nothing before here, where too much resembles a match.
    GaveUp(usize),
}

impl Sequence {
    /// None: the pattern is another kind of one; or all of it is one string, which others find faster.
    pub fn new(hir: &Hir) -> Option<Self> {
        let mut sets = Sets { members: Box::new([0; 256]), len: 0, singles: Vec::new() };
        sets.gather(hir)?;
        let Sets { members, len, singles } = sets;
        let bytes = Vec::from_iter(singles.iter().map(|(_, byte)| *byte));
        let pair = Pair::new(&bytes).filter(|_| singles.len() < len)?;
        let rare = [pair.index1(), pair.index2()].map(|index| singles[usize::from(index)]);
        let (places, rarest) = (rare.map(|(place, _)| place), rare.map(|(_, byte)| byte));
        Some(Self { members, len, places, rarest })
    }

    /// The bytes of each match.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The first one at `at` or later, in the haystack that the window is of.
    pub fn find(&self, haystack: &[u8], window: &mut Window, at: usize, leash: Option<&Leash>) -> Sought {
        let mut at = at;
        loop {
            if (window.start..window.end).contains(&at) {
                if let Some(start) = window.after(at) {
                    return Sought::At(start);
                }
                at = window.end;
            }
            if at + self.len > haystack.len() || leash.is_some_and(Leash::is_aborted) {
                return Sought::Nowhere;
            }
            if at < window.detour || !self.fill(haystack, window, at) {
                return Sought::GaveUp(at);
            }
        }
    }

    /// As `find`, and the matches behind it, none of which overlap, until `take` answers `false` to one: its beginning.
    pub fn each(
        &self,
        haystack: &[u8],
        window: &mut Window,
        at: usize,
        leash: Option<&Leash>,
        mut take: impl FnMut(usize) -> bool,
    ) -> Sought {
        let mut at = at;
        loop {
            let sought = self.find(haystack, window, at, leash);
            let Sought::At(mut start) = sought else { return sought };
            loop {
                if !take(start) {
                    return Sought::At(start);
                }
                at = start + self.len;
                match window.after(at) {
                    Some(next) => start = next,
                    None => break,
                }
            }
        }
    }

    /// Goes through the next part of a haystack, which has room for a match. `false`: there is too much to compare.
    #[inline(never)]
    fn fill(&self, haystack: &[u8], window: &mut Window, start: usize) -> bool {
        let most = haystack.len() - self.len - start + 1;
        let blocks = (most / BLOCK).min(window.blocks);
        let [ones, others] = self.places.map(|place| haystack[start + place..].as_chunks().0);
        (window.start, window.count, window.next, window.at) = (start, 0, 0, start);
        let (ones, others) = (&ones[..blocks], &others[..blocks]);
        let mut count = masks::run(Candidates { ones, others, rarest: self.rarest, window });
        let mut positions = blocks * BLOCK;
        if blocks < window.blocks {
            // The last ones of the haystack, less than a block.
            for at in positions..most {
                count = window.note(count, at, u64::from(self.may_begin(haystack, start + at)));
            }
            positions = most;
        }
        (window.end, window.blocks) = (start + positions, BLOCKS);
        if count > SPARSE.max(positions / SPARSE) {
            (window.end, window.detour) = (start, start + DETOUR);
            return false;
        }
        for number in 0..count {
            let place = window.found[number];
            window.found[window.count] = place;
            window.count += usize::from(self.fits(haystack, start + usize::from(place)));
        }
        if (count - window.count) * self.len > positions {
            window.detour = window.end + DETOUR;
        }
        true
    }

    fn may_begin(&self, haystack: &[u8], start: usize) -> bool {
        let [first, second] = self.places.map(|place| haystack[start + place]);
        [first, second] == self.rarest
    }

    /// Whether the bytes from `start` on are all in their sets. Looks at each: where they differ is not foreseen either.
    #[inline(always)]
    fn fits(&self, haystack: &[u8], start: usize) -> bool {
        let bytes = &haystack[start..start + self.len];
        let (mut place, mut all) = (0, 1);
        while place < bytes.len() {
            all &= self.members[usize::from(bytes[place])] >> place;
            place += 1;
        }
        all == 1
    }
}

/// Notes where blocks have the rarest bytes, and tells how many there are.
struct Candidates<'a> {
    ones: &'a [Block],
    others: &'a [Block],
    rarest: [u8; 2],
    window: &'a mut Window,
}

impl masks::Loop for Candidates<'_> {
    type Result = usize;

    #[inline(always)]
    fn run(self) -> usize {
        let Self { ones, others, rarest, window } = self;
        let mut count = 0;
        for (number, (ones, others)) in ones.iter().zip(others).enumerate() {
            let mut candidates = masks::pairs(ones, others, rarest);
            // Two at most, as a rule, and in no case a look at how many.
            loop {
                count = window.note(count, number * BLOCK, candidates);
                candidates &= candidates.wrapping_sub(1);
                count = window.note(count, number * BLOCK, candidates);
                candidates &= candidates.wrapping_sub(1);
                if candidates == 0 {
                    break;
                }
            }
        }
        count
    }
}

/// The sets of a sequence.
struct Sets {
    members: Box<[u64; 256]>,
    len: usize,
    /// Where those of one byte are, and the byte.
    singles: Vec<(usize, u8)>,
}

impl Sets {
    /// Adds what a tree matches one after the other. `None`: it is no such sequence.
    fn gather(&mut self, hir: &Hir) -> Option<()> {
        match hir.kind() {
            HirKind::Empty => Some(()),
            HirKind::Literal(literal) => {
                literal.0.iter().try_for_each(|byte| self.add(&[ClassBytesRange::new(*byte, *byte)]))
            }
            HirKind::Class(Class::Bytes(class)) => self.add(class.ranges()),
            HirKind::Class(Class::Unicode(class)) => self.add(class.to_byte_class()?.ranges()),
            HirKind::Repetition(repetition) if repetition.max == Some(repetition.min) => {
                (0..repetition.min).try_for_each(|_| self.gather(&repetition.sub))
            }
            HirKind::Concat(parts) => parts.iter().try_for_each(|part| self.gather(part)),
            _ => None,
        }
    }

    fn add(&mut self, ranges: &[ClassBytesRange]) -> Option<()> {
        let place = self.len;
        self.len = Some(place + 1).filter(|len| *len <= LONGEST)?;
        for byte in ranges.iter().flat_map(|range| range.start()..=range.end()) {
            self.members[usize::from(byte)] |= 1 << place;
        }
        if let [range] = ranges
            && range.len() == 1
        {
            self.singles.push((place, range.start()));
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::flags::Flags;
    use super::super::translated;
    use super::*;

    fn sequence(source: &str, flags: &str) -> Option<Sequence> {
        let parsed = Flags::new(flags).unwrap();
        Sequence::new(&translated(source, flags, parsed, false).unwrap().hir)
    }

    #[test]
    fn what_is_a_sequence() {
        for (source, flags, len) in [
            ("dur=1[0-9]{3}ms", "g", 10),
            ("\\d{4}-\\d{2}-\\d{2}T", "gu", 11),
            ("(a)(?:b(.))c", "g", 4),
            ("(?:a.b){4}", "g", 12),
            ("\u{e9}.\u{e9}", "g", 5),
        ] {
            assert_eq!(sequence(source, flags).map(|found| found.len()), Some(len), "/{source}/{flags}");
        }
        for (source, flags) in [
            ("abc", "g"),
            ("[ab]c", "g"),
            ("ab+.", "g"),
            ("a.b$", "g"),
            ("\\ba.b", "g"),
            ("a.b", "gu"),
            ("a[b\u{e9}]cd", "gu"),
            ("ab|cd", "g"),
            ("ab.{63}", "g"),
            ("ab.", "gi"),
            ("(?:)", "g"),
        ] {
            assert!(sequence(source, flags).is_none(), "/{source}/{flags}");
        }
    }

    #[test]
    fn every_one_is_found() {
        let found = sequence("a[0-9]{2}b.c", "g").unwrap();
        for length in 0..3 * BLOCK {
            for start in 0..length.saturating_sub(found.len()) {
                let mut haystack = vec![b'a'; length];
                haystack[start..start + 6].copy_from_slice(b"a12b-c");
                let expected = |from| if from <= start { Sought::At(start) } else { Sought::Nowhere };
                for from in [0, start, start + 1, length + 1] {
                    assert_eq!(
                        found.find(&haystack, &mut Window::new(), from, None),
                        expected(from),
                        "{length} {start} {from}"
                    );
                }
                assert_eq!(found.find(&haystack[..start + 5], &mut Window::new(), 0, None), Sought::Nowhere);
            }
        }
    }

    #[test]
    fn each_one_of_many_is_found_also_twice() {
        let found = sequence("a[0-9]b.", "g").unwrap();
        for distance in [4, 5, 7, 33, 64, 65, 1000, 3000] {
            let mut haystack = vec![b'a'; 20_000];
            let starts = Vec::from_iter((3..haystack.len() - 4).step_by(distance));
            starts.iter().for_each(|start| haystack[*start..start + 3].copy_from_slice(b"a1b"));
            let (mut window, mut at) = (Window::new(), 0);
            for start in &starts {
                for from in [at, at, start.saturating_sub(1).max(at), at] {
                    match found.find(&haystack, &mut window, from, None) {
                        // An automaton's work, from there on.
                        Sought::GaveUp(further) => assert!((from..=*start).contains(&further)),
                        sought => assert_eq!(sought, Sought::At(*start), "{distance} {from}"),
                    }
                }
                at = start + 4;
            }
        }
    }

    #[test]
    fn it_gives_up_where_much_resembles_it() {
        let found = sequence("a{40}[bc]", "g").unwrap();
        let mut haystack = vec![b'a'; 1000];
        assert_eq!(found.find(&haystack, &mut Window::new(), 3, None), Sought::GaveUp(3));
        // And no match is lost by it.
        haystack[999] = b'b';
        let pattern = super::super::Pattern::new("a{40}[bc]", "g").unwrap();
        let mut cache = pattern.cache();
        assert_eq!(pattern.searcher(&mut cache, &haystack).find_at(3), Some((959, 1000)));
        // Little of it, but long to compare: after what was gone through.
        let found = sequence("ab.{60}", "g").unwrap();
        let haystack = [&[b'.'; 50][..], b"ab", &[b'\n'; 5000]].concat().repeat(2);
        let mut window = Window::new();
        assert_eq!(found.find(&haystack, &mut window, 0, None), Sought::Nowhere);
        let haystack = [&[b'.'; 50][..], b"ab\n"].concat().repeat(100);
        assert!(matches!(found.find(&haystack, &mut window, 0, None), Sought::GaveUp(1..)));
    }

    #[test]
    fn it_can_be_called_off() {
        let (haystack, leash) = (vec![b'a'; 3000], Leash::default());
        let found = sequence("b[0-9]c", "g").unwrap();
        leash.abort();
        assert_eq!(found.find(&haystack, &mut Window::new(), 0, Some(&leash)), Sought::Nowhere);
    }
}
