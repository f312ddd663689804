//! Searching where the library's automata are exact, with whatever is fastest.

use std::ops::Range;

use regex_automata::{Anchored, Input, meta};

use super::cache::Cache;
use super::compiled::Pattern;
use super::engines::torn::{Torn, catch_torn};
use super::outcome::{Outcome, Span};
use super::prefilter::required_literal::{Candidate, RequiredLiteral};
use crate::pool::CancelToken;
use crate::search::literal::CANCEL_INTERVAL;

/// So many bytes may be searched by the library, which looks at no cancel token.
pub const FAR: usize = 8 * CANCEL_INTERVAL;

/// A search of one haystack.
#[derive(Debug)]
pub struct FastPath<'p, 'c, 'h> {
    pub pattern: &'p Pattern,
    pub cache: &'c mut Cache,
    pub haystack: &'h [u8],
    /// No match ends beyond.
    pub end: usize,
    pub cancel: Option<&'c CancelToken>,
}

impl<'c, 'h> FastPath<'_, 'c, 'h> {
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_some_and(CancelToken::is_cancelled)
    }

    /// The first match at or after `at`; with `y`, at it.
    pub fn find_at(&mut self, at: usize) -> Result<Option<Span>, Torn> {
        let mut at = at;
        if let Some(sequence) = &self.pattern.sequence {
            match sequence.find(&self.haystack[..self.end], &mut self.cache.window, at, self.cancel) {
                Outcome::Match(start, end) => return Ok(Some((start, end))),
                Outcome::NoMatch => return Ok(None),
                Outcome::GaveUp(from) => at = from,
            }
        }
        match &self.pattern.required {
            Some(required) => self.find_by_lines(required, at, false),
            None => self.find_by_automaton(at..self.end, false),
        }
    }

    /// Takes one match after the other, from `at` on, as long as vector instructions find them: that is much faster
    /// than to ask for each one. Ends with the match for which `take` answers `false`.
    pub fn find_each(&mut self, at: usize, take: impl FnMut(usize, usize) -> bool) -> Outcome {
        let Some(sequence) = &self.pattern.sequence else { return Outcome::GaveUp(at) };
        sequence.find_each(&self.haystack[..self.end], &mut self.cache.window, at, self.cancel, take)
    }

    /// Searches the lines that contain the required literal, as long as those are few. `end_only`: the beginning of the
    /// match may be wrong.
    fn find_by_lines(
        &mut self,
        required: &RequiredLiteral,
        at: usize,
        end_only: bool,
    ) -> Result<Option<Span>, Torn> {
        let mut at = at;
        while self.cache.effectiveness.is_worth_it() {
            let haystack = &self.haystack[..self.end];
            match required.candidate(haystack, at, &mut self.cache.effectiveness, self.cancel) {
                Candidate::None => return Ok(None),
                Candidate::Rest => break,
                Candidate::Line(line) => {
                    at = line.end;
                    let found = self.find_by_automaton(line, end_only)?;
                    if found.is_some() || self.is_cancelled() {
                        return Ok(found);
                    }
                    self.cache.effectiveness.note_vain(at);
                }
            }
        }
        self.find_by_automaton(at..self.end, end_only)
    }

    /// The first match within a range. Assertions see the bytes around the range.
    fn find_by_automaton(&mut self, range: Range<usize>, end_only: bool) -> Result<Option<Span>, Torn> {
        let start = range.start;
        let input = self.input(range);
        if let Some(cancel) = self.cancel_if_far(&input)
            && let Some(dfa) = self.pattern.cancellable()
        {
            let cache = self.cache.cancellable.get_or_insert_with(|| dfa.cache());
            return dfa.find(cache, &input, cancel);
        }
        // To find where a match ends takes half as long as to find where it begins too.
        let length = self.pattern.fixed_len.or(end_only.then_some(0));
        if let Some(length) = length {
            let found = self.with_library(|regex, cache| regex.search_half_with(cache, &input))?;
            let Some(end) = found.map(|end| end.offset()) else { return Ok(None) };
            let start = end.checked_sub(length).filter(|begin| *begin >= start).ok_or(Torn)?;
            return Ok(Some((start, end)));
        }
        let found = self.with_library(|regex, cache| regex.search_with(cache, &input))?;
        Ok(found.map(|found| (found.start(), found.end())))
    }

    /// Counts matches from `at` on, of a pattern that matches no empty string: where they begin need not be found out.
    /// How many there are; and from where something else has to search, unless there are no more.
    pub fn count_ends(&mut self, at: usize) -> (usize, Option<usize>) {
        let (mut at, mut count) = (at, 0);
        if let Some(required) = &self.pattern.required {
            loop {
                match self.find_by_lines(required, at, true) {
                    Ok(Some((_, end))) => (count, at) = (count + 1, end),
                    Ok(None) => return (count, None),
                    Err(Torn) => return (count, Some(at)),
                }
            }
        }
        if self.cancel_if_far(&self.input(at..self.end)).is_some() {
            return (0, Some(at));
        }
        // Where vector instructions find matches, they should be tried again some time.
        let until = if self.pattern.sequence.is_none() { usize::MAX } else { self.cache.window.detour() };
        let mut input = self.input(at..self.end);
        let is_over = self.with_library(|regex, cache| {
            while at < until {
                let Some(end) = regex.search_half_with(cache, &input) else { return true };
                (count, at) = (count + 1, end.offset());
                input.set_start(at);
            }
            false
        });
        (count, (is_over != Ok(true)).then_some(at))
    }

    fn with_library<R>(
        &mut self,
        search: impl FnOnce(&meta::Regex, &mut meta::Cache) -> R,
    ) -> Result<R, Torn> {
        let regex = &self.pattern.regex;
        let result = catch_torn(|| search(regex, &mut self.cache.regex));
        if result.is_err() {
            self.cache.regex = regex.create_cache();
        }
        result
    }

    /// The cancel token, if there is one and the search may go so far that it must look at it on the way.
    fn cancel_if_far(&self, input: &Input<'_>) -> Option<&'c CancelToken> {
        self.cancel.filter(|_| input.end().saturating_sub(input.start()) > FAR)
    }

    fn input(&self, range: Range<usize>) -> Input<'h> {
        let anchored = if self.pattern.flags.sticky { Anchored::Yes } else { Anchored::No };
        Input::new(self.haystack).range(range).anchored(anchored)
    }
}
