//! Searching where the library's automata are right, and round them where something else is faster.

use std::ops::Range;

use regex_automata::{Anchored, Input, meta};

use super::attempt::{Changed, attempt};
use super::needed::{Needed, Part};
use super::search::{FAR, Searcher};
use super::sequence::Sought;
use crate::pool::CancelToken;

/// Where a match begins and ends.
type Span = (usize, usize);

impl<'c, 'h> Searcher<'_, 'c, 'h> {
    /// As `find_at`, where the fast automaton is right.
    pub(super) fn fast_at(&mut self, at: usize) -> Result<Option<Span>, Changed> {
        let mut at = at;
        if let Some(sequence) = &self.pattern.sequence {
            match sequence.find(&self.haystack[..self.limit], &mut self.cache.window, at, self.cancel) {
                Sought::At(start, end) => return Ok(Some((start, end))),
                Sought::Nowhere => return Ok(None),
                Sought::GaveUp(from) => at = from,
            }
        }
        match &self.pattern.needed {
            Some(needed) => self.by_lines(needed, at, false),
            None => self.by_library(at..self.limit, false),
        }
    }

    /// Takes one match after the other, from `at` on, where they are a sequence's: much faster than one by one.
    pub fn each(&mut self, at: usize, take: impl FnMut(usize, usize) -> bool) -> Sought {
        let Some(sequence) = self.pattern.sequence.as_ref().filter(|_| self.known() == Some(true)) else {
            return Sought::GaveUp(at);
        };
        let (haystack, window) = (&self.haystack[..self.limit], &mut self.cache.window);
        sequence.each(haystack, window, at, self.cancel, take)
    }

    /// Line by line, as long as few have what is needed. `end_only`: it may answer any beginning.
    fn by_lines(&mut self, needed: &Needed, at: usize, end_only: bool) -> Result<Option<Span>, Changed> {
        let mut at = at;
        while !self.cache.record.is_useless() {
            let haystack = &self.haystack[..self.limit];
            match needed.part(haystack, at, &mut self.cache.record, self.cancel) {
                Part::Nothing => return Ok(None),
                Part::Rest => break,
                Part::Line(line) => {
                    at = line.end;
                    let found = self.by_library(line, end_only)?;
                    if found.is_some() || self.cancel.is_some_and(CancelToken::is_cancelled) {
                        return Ok(found);
                    }
                    self.cache.record.note(at);
                }
            }
        }
        self.by_library(at..self.limit, end_only)
    }

    /// The library's answer for a range, whose surroundings it sees.
    fn by_library(&mut self, range: Range<usize>, end_only: bool) -> Result<Option<Span>, Changed> {
        let start = range.start;
        let input = self.input(range);
        if let Some(cancel) = self.far(&input)
            && let Some(stepper) = self.pattern.stepper()
        {
            let cache = self.cache.stepper.get_or_insert_with(|| stepper.cache());
            return stepper.find(cache, &input, cancel);
        }
        // Where a match ends costs half as much as where it begins and ends.
        let length = self.pattern.fixed_len.or(end_only.then_some(0));
        if let Some(length) = length {
            let Some(end) = self.attempt(|find, cache| find.search_half_with(cache, &input))? else {
                return Ok(None);
            };
            let start = end.offset().checked_sub(length).filter(|begin| *begin >= start).ok_or(Changed)?;
            return Ok(Some((start, end.offset())));
        }
        let found = self.attempt(|find, cache| find.search_with(cache, &input))?;
        Ok(found.map(|found| (found.start(), found.end())))
    }

    /// Counts what is never empty, from `at` on, where the fast automaton is right: where a match begins need not be known.
    /// How many there are, and where to go on, unless there are no more: where something else may be faster.
    pub(super) fn count_ends(&mut self, at: usize) -> (usize, Option<usize>) {
        let (mut at, mut count) = (at, 0);
        let needed = self.pattern.needed.as_ref();
        let until = if self.pattern.sequence.is_none() { usize::MAX } else { self.cache.window.detour() };
        if needed.is_none() && self.far(&self.input(at..self.limit)).is_some() {
            return (0, Some(at));
        }
        loop {
            let counted = match needed {
                Some(needed) => loop {
                    match self.by_lines(needed, at, true) {
                        Ok(Some((_, end))) => (count, at) = (count + 1, end),
                        Ok(None) => break Ok(true),
                        Err(changed) => break Err(changed),
                    }
                },
                None => {
                    let mut input = self.input(at..self.limit);
                    self.attempt(|find, cache| {
                        while at < until {
                            let Some(end) = find.search_half_with(cache, &input) else { return true };
                            (count, at) = (count + 1, end.offset());
                            input.set_start(at);
                        }
                        false
                    })
                }
            };
            if let Ok(is_over) = counted {
                return (count, (!is_over).then_some(at));
            }
            let Some((_, end)) = self.find_at(at) else { return (count, None) };
            (count, at) = (count + 1, end);
        }
    }

    fn attempt<R>(&mut self, search: impl FnOnce(&meta::Regex, &mut meta::Cache) -> R) -> Result<R, Changed> {
        let find = &self.pattern.find;
        let result = attempt(|| search(find, &mut self.cache.find));
        if result.is_err() {
            self.cache.find = find.create_cache();
        }
        result
    }

    /// The cancel, where a search may go too far to look at it afterwards only.
    fn far(&self, input: &Input<'_>) -> Option<&'c CancelToken> {
        self.cancel.filter(|_| input.end().saturating_sub(input.start()) > FAR)
    }

    fn input(&self, range: Range<usize>) -> Input<'h> {
        let anchored = if self.pattern.flags.sticky { Anchored::Yes } else { Anchored::No };
        Input::new(self.haystack).range(range).anchored(anchored)
    }
}
