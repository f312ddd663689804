//! The stretch of a haystack that vector instructions searched last, and the matches there.

use std::ops::Range;

use super::byte_sequences;
use crate::search::masks::BLOCK;

/// How many positions are searched at a time, at first and later. Candidates are noted, and verified afterwards, all of
/// them together: a processor does not foresee where they are, and each branch that it mispredicts costs as much as a
/// block.
const FIRST: usize = 4 * BLOCK;
pub const LARGEST: usize = 32 * BLOCK;

// A place and the number of a sequence share one u16. There are at most half as many sequences as bits, since each has
// two sets or more.
const _: () = assert!(byte_sequences::BITS / 2 * LARGEST <= 1 << u16::BITS);

/// For so many bytes an automaton searches before vector instructions are tried again.
const DETOUR: usize = 64 * 1024;

/// What is inlined here by force is done for each candidate or match: without that the searches of the benchmark that
/// use it took about 5 % longer.
#[derive(Debug)]
pub struct Window {
    start: usize,
    end: usize,
    /// How many positions the next window has.
    size: usize,
    /// The matches, or at first the candidates: where each begins, counted from `start`, plus the number of its
    /// sequence times `LARGEST`. There is room for two more than can be, since they are written before it is known
    /// whether they are any.
    found: [u16; LARGEST + 2],
    /// How many matches there are.
    count: usize,
    /// The index of the first match that the search has not passed.
    next: usize,
    /// The position from which the search went on last.
    at: usize,
    /// Up to here an automaton has to search.
    detour: usize,
    /// The matches since the last detour.
    matches: usize,
    /// The positions that were searched since then.
    searched: usize,
}

impl Window {
    /// A window of no haystack.
    pub fn new() -> Self {
        let found = [0; LARGEST + 2];
        let (start, end, count, next, at, detour, matches, searched) = Default::default();
        Self { start, end, size: FIRST, found, count, next, at, detour, matches, searched }
    }

    /// Forgets the haystack, for another one.
    pub fn clear(&mut self) {
        (self.end, self.size, self.detour, self.matches, self.searched) = (0, FIRST, 0, 0, 0);
    }

    /// Moves the window to `start`, from where on there are `most` positions, and answers how many are to be searched.
    pub fn begin(&mut self, start: usize, most: usize) -> usize {
        let positions = most.min(self.size);
        (self.start, self.end, self.size) = (start, start + positions, LARGEST);
        (self.count, self.next, self.at) = (0, 0, start);
        positions
    }

    /// The positions that were searched.
    pub fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    /// Notes the first of some candidates, if there is any, behind `count` others, and answers how many there are then.
    /// `candidates` is a mask of a block that begins at `base`.
    #[inline(always)]
    pub fn note(&mut self, count: usize, base: usize, candidates: u64) -> usize {
        self.found[count] = base as u16 + candidates.trailing_zeros() as u16;
        count + usize::from(candidates != 0)
    }

    /// Keeps those of `count` candidates that are matches, and answers how many there are. `verify` tells whether the
    /// candidate at a place is a match, and the number of its sequence.
    #[inline(always)]
    pub fn keep(&mut self, count: usize, verify: impl Fn(usize) -> (bool, usize)) -> usize {
        for number in 0..count {
            let place = self.found[number];
            let (is_match, sequence) = verify(usize::from(place));
            self.found[self.count] = place | (sequence * LARGEST) as u16;
            self.count += usize::from(is_match);
        }
        self.count
    }

    /// The first match in the window at `at` or later: where it begins, and the number of its sequence.
    #[inline(always)]
    pub fn after(&mut self, at: usize) -> Option<(usize, usize)> {
        if at < self.at {
            self.next = 0;
        }
        self.at = at;
        while self.next < self.count {
            let found = usize::from(self.found[self.next]);
            let start = self.start + found % LARGEST;
            if start >= at {
                return Some((start, found / LARGEST));
            }
            self.next += 1;
        }
        None
    }

    /// Adds to how many matches there were since the last detour, and in how many positions. What is long ago counts
    /// less.
    pub fn sum(&mut self, matches: usize, positions: usize) -> (usize, usize) {
        if self.searched > DETOUR {
            (self.matches, self.searched) = (self.matches / 2, self.searched / 2);
        }
        (self.matches, self.searched) = (self.matches + matches, self.searched + positions);
        (self.matches, self.searched)
    }

    /// Leaves the window and what follows it to an automaton.
    pub fn give_up(&mut self) {
        self.end = self.start;
        self.take_detour();
    }

    /// Leaves what follows the window to an automaton.
    pub fn take_detour(&mut self) {
        (self.detour, self.matches, self.searched) = (self.end + DETOUR, 0, 0);
    }

    /// Up to where an automaton has to search.
    pub fn detour(&self) -> usize {
        self.detour
    }
}
