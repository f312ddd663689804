//! The part of a haystack that vectors went through last, and what they have found there.

use std::ops::Range;

use super::sets;
use crate::search::masks::BLOCK;

/// Positions that are gone through together, first and then: what resembles a match is compared later, all at once, for
/// a processor does not foresee where that will be, and each time it errs costs as much as a block.
const FIRST: usize = 4 * BLOCK;
pub(super) const LARGEST: usize = 32 * BLOCK;

// A place and the number of a sequence are one u16; of sequences there are half as many as bits, since each has two sets.
const _: () = assert!(sets::BITS / 2 * LARGEST <= 1 << u16::BITS);

/// Bytes for which an automaton searches before it is tried again without.
const DETOUR: usize = 64 * 1024;

#[derive(Debug)]
pub(super) struct Window {
    start: usize,
    end: usize,
    /// As many positions the next one has.
    size: usize,
    /// Where matches begin, counted from `start`, and the number of their sequence, times `LARGEST`; and how many there are.
    /// Behind them there is room for two more.
    found: [u16; LARGEST + 2],
    count: usize,
    /// The first that was not yet passed by.
    next: usize,
    /// Where the search has come to.
    at: usize,
    /// Up to here an automaton is to search.
    detour: usize,
    /// The matches since then, and in how many positions.
    total: usize,
    gone: usize,
}

impl Window {
    /// Of no haystack yet.
    pub fn new() -> Self {
        let found = [0; LARGEST + 2];
        let (start, end, count, next, at, detour, total, gone) = Default::default();
        Self { start, end, size: FIRST, found, count, next, at, detour, total, gone }
    }

    /// For another haystack.
    pub fn clear(&mut self) {
        (self.end, self.size, self.detour, self.total, self.gone) = (0, FIRST, 0, 0, 0);
    }

    /// Begins anew at `start`, where there are `most` positions, and tells how many are to be gone through.
    pub fn begin(&mut self, start: usize, most: usize) -> usize {
        let positions = most.min(self.size);
        (self.start, self.end, self.size) = (start, start + positions, LARGEST);
        (self.count, self.next, self.at) = (0, 0, start);
        positions
    }

    /// The positions that were gone through.
    pub fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    /// Notes the first of some candidates, if there is one, behind `count` others, and tells how many they are then.
    #[inline(always)]
    pub fn note(&mut self, count: usize, base: usize, candidates: u64) -> usize {
        self.found[count] = base as u16 + candidates.trailing_zeros() as u16;
        count + usize::from(candidates != 0)
    }

    /// Keeps those of `count` candidates that are matches, and tells how many: `of` tells whether one is, and its sequence.
    #[inline(always)]
    pub fn keep(&mut self, count: usize, of: impl Fn(usize) -> (bool, usize)) -> usize {
        for number in 0..count {
            let place = self.found[number];
            let (is_match, sequence) = of(usize::from(place));
            self.found[self.count] = place | (sequence * LARGEST) as u16;
            self.count += usize::from(is_match);
        }
        self.count
    }

    /// The first match at `at` or later: where it begins, and the number of its sequence.
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

    /// Adds matches, and in how many positions they were, to those since the last detour. What was long ago counts less.
    pub fn sum(&mut self, matches: usize, positions: usize) -> (usize, usize) {
        if self.gone > DETOUR {
            (self.total, self.gone) = (self.total / 2, self.gone / 2);
        }
        (self.total, self.gone) = (self.total + matches, self.gone + positions);
        (self.total, self.gone)
    }

    /// Leaves what was begun to an automaton, and what follows.
    pub fn give_up(&mut self) {
        self.end = self.start;
        self.take_detour();
    }

    /// Leaves what follows to an automaton.
    pub fn take_detour(&mut self) {
        (self.detour, self.total, self.gone) = (self.end + DETOUR, 0, 0);
    }

    /// Up to where an automaton is to search.
    pub fn detour(&self) -> usize {
        self.detour
    }
}
