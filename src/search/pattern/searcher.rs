use regex_automata::{Anchored, Input};

use super::cache::Cache;
use super::compiled::{Captures, Pattern};
use super::engines::torn::catch_torn;
use super::error::PatternError;
use super::fast_path::{FAR, FastPath};
use super::outcome::{Outcome, Span};
use crate::pool::CancelToken;

/// How far the exact engine searches before it is found out whether the haystack needs it.
const FIRST_WINDOW: usize = 16 * 1024;

/// How often a search is done that finds the bytes torn, before one does it that reads each byte once.
const TRIES: usize = 4;

/// A search for one pattern in one haystack.
///
/// `^` and `$` without `m` are the haystack's ends; assertions see the bytes before the position where a search begins.
/// With `u` or `v` that position must not be inside a code point.
#[derive(Debug)]
pub struct Searcher<'p, 'c, 'h> {
    fast: FastPath<'p, 'c, 'h>,
    /// Whether the library's automata are exact in all of the haystack. `None` until that has to be found out.
    is_exact: Option<bool>,
}

impl Pattern {
    /// Begins to search in a haystack.
    pub fn searcher<'p, 'c, 'h>(&'p self, cache: &'c mut Cache, haystack: &'h [u8]) -> Searcher<'p, 'c, 'h> {
        cache.begin_haystack();
        let is_exact = if self.exact.is_some() { None } else { Some(true) };
        let fast = FastPath { pattern: self, cache, haystack, end: haystack.len(), cancel: None };
        Searcher { fast, is_exact }
    }
}

impl<'c> Searcher<'_, 'c, '_> {
    /// Lets the search be cancelled. What it answers then means nothing.
    pub fn with_cancel(mut self, cancel: Option<&'c CancelToken>) -> Self {
        self.fast.cancel = cancel;
        self
    }

    /// Takes over what another searcher of the same haystack has found out.
    pub fn with_exactness(self, is_exact: Option<bool>) -> Self {
        Self { is_exact: self.is_exact.or(is_exact), ..self }
    }

    /// Finds no match that ends beyond `end`. Only for a haystack in which the library's automata are known to be
    /// exact.
    pub fn with_end(mut self, end: usize) -> Self {
        self.fast.end = end.min(self.fast.haystack.len());
        self
    }

    /// Whether the library's automata are exact in all of the haystack; `None` if that is not known yet.
    pub fn is_exact(&self) -> Option<bool> {
        self.is_exact
    }

    fn pattern(&self) -> &Pattern {
        self.fast.pattern
    }

    /// The first match at or after `at` (with `y`: at it).
    pub fn find_at(&mut self, at: usize) -> Option<Span> {
        if at > self.fast.end {
            return None;
        }
        let mut at = at;
        if let (Some(exact), None | Some(false)) = (&self.fast.pattern.exact, self.is_exact) {
            let give_up = if self.is_exact.is_none() { at.saturating_add(FIRST_WINDOW) } else { usize::MAX };
            let FastPath { pattern, cache, haystack, cancel, .. } = &mut self.fast;
            match exact.find(&mut cache.pike_vm, haystack, at, pattern.is_sticky(), give_up, *cancel) {
                Outcome::Match(start, end) => return Some((start, end)),
                Outcome::NoMatch => return None,
                Outcome::GaveUp(position) => at = position,
            }
            self.is_exact = Some(pattern.is_exact_in(haystack, *cancel));
            if self.is_exact == Some(false) {
                return self.find_at(at);
            }
        }
        match self.fast.find_at(at) {
            Ok(found) => found,
            Err(_) => self.find_in_torn(at),
        }
    }

    /// As `find_at`, of bytes that have changed just now.
    #[cold]
    fn find_in_torn(&mut self, mut at: usize) -> Option<Span> {
        while at <= self.fast.end {
            if let Some(found) = (1..TRIES).find_map(|_| self.fast.find_at(at).ok()) {
                return found;
            }
            match self.find_in_one_pass(at) {
                Ok(found) => return found,
                Err(position) => at = position,
            }
        }
        None
    }

    /// As `find_at`, in one pass over the bytes, which no change can confuse. An error tells up to where it found
    /// nothing.
    fn find_in_one_pass(&mut self, at: usize) -> Result<Option<Span>, usize> {
        let FastPath { pattern, cache, haystack, end: limit, cancel } = &mut self.fast;
        let is_sticky = pattern.is_sticky();
        let Some(single_pass) = pattern.single_pass() else {
            return if is_sticky { Ok(None) } else { Err(self.after_empty(at)) };
        };
        let give_up = at.saturating_add(FIRST_WINDOW);
        match single_pass.find(&mut cache.pike_vm, haystack, at, is_sticky, give_up, *cancel) {
            Outcome::Match(start, end) => Ok(Some((start, end)).filter(|(_, end)| end <= limit)),
            Outcome::NoMatch => Ok(None),
            Outcome::GaveUp(position) => Err(position),
        }
    }

    /// Takes one match after the other, from `at` on, as long as that is faster than `find_at`.
    pub fn find_each(&mut self, at: usize, take: impl FnMut(usize, usize) -> bool) -> Outcome {
        match self.is_exact {
            Some(true) => self.fast.find_each(at, take),
            _ => Outcome::GaveUp(at),
        }
    }

    /// As `find_at`, with the groups: `slots` gets the start and end of each in turn, `None` for a group that took no
    /// part. The first one is the whole match.
    ///
    /// An error if the automaton with groups is too large where the one without them was not.
    pub fn captures_at(&mut self, at: usize, slots: &mut Vec<Option<usize>>) -> Result<bool, PatternError> {
        slots.clear();
        slots.resize(self.pattern().groups().len() * 2, None);
        for _ in 0..TRIES {
            let Some((start, end)) = self.find_at(at) else { return Ok(false) };
            if self.has_groups() && self.groups_of(start, end, slots)? {
                return Ok(true);
            }
            // If the bytes keep changing, or the search is cancelled, it is a match without groups: so a walk goes
            // forward.
            slots.fill(None);
            (slots[0], slots[1]) = (Some(start), Some(end));
            if !self.has_groups() || self.fast.is_cancelled() {
                break;
            }
        }
        Ok(true)
    }

    /// The groups of a match. `false`: it is no match any more, or the search was cancelled.
    fn groups_of(
        &mut self,
        start: usize,
        end: usize,
        slots: &mut Vec<Option<usize>>,
    ) -> Result<bool, PatternError> {
        let FastPath { pattern, cache, haystack, cancel, .. } = &mut self.fast;
        let pike_vm = match pattern.captures()? {
            // The library looks at no cancel token.
            Captures::Library(_) if cancel.is_some() && end - start > FAR => {
                pattern.cancellable_captures()?
            }
            Captures::PikeVm(pike_vm) => pike_vm,
            Captures::Library(regex) => {
                let input = Input::new(*haystack).range(start..end).anchored(Anchored::Yes);
                let mut captures = cache.captures.take().unwrap_or_else(|| regex.create_cache());
                let mut found = vec![None; slots.len()];
                let search = || regex.search_slots_with(&mut captures, &input, &mut found);
                let Ok(matched) = catch_torn(search) else { return Ok(false) };
                cache.captures = Some(captures);
                for (slot, found) in slots.iter_mut().zip(found) {
                    *slot = found.map(|offset| offset.get());
                }
                return Ok(matched.is_some());
            }
        };
        pike_vm.groups(&mut cache.pike_vm, haystack, start..end, *cancel, slots)
    }

    /// How many matches there are from `at` on.
    pub fn count_from(&mut self, at: usize) -> usize {
        let (mut at, mut count) = (at, 0);
        loop {
            let outcome = self.find_each(at, |_, _| {
                count += 1;
                true
            });
            let Outcome::GaveUp(further) = outcome else { return count };
            let Some((start, end)) = self.find_at(further) else { return count };
            count += 1;
            at = if start == end { self.after_empty(end) } else { end };
            if self.is_exact == Some(true) && !self.pattern().can_be_empty() {
                let (more, rest) = self.fast.count_ends(at);
                count += more;
                match rest {
                    Some(further) => at = further,
                    None => return count,
                }
            }
        }
    }

    /// Whether the pattern has groups beside the whole match.
    pub fn has_groups(&self) -> bool {
        self.pattern().groups().len() > 1
    }

    /// Whether a match is looked for only where a search begins.
    pub fn is_sticky(&self) -> bool {
        self.pattern().is_sticky()
    }

    /// Whether `position` is beyond the end of the haystack, where not even an empty match begins.
    pub fn is_beyond_end(&self, position: usize) -> bool {
        position > self.fast.haystack.len()
    }

    /// Where the search goes on after an empty match: a byte further, with `u` or `v` a code point.
    pub fn after_empty(&self, at: usize) -> usize {
        let mut next = at + 1;
        if self.pattern().has_code_points() {
            while self.fast.haystack.get(next).is_some_and(|byte| byte & 0xc0 == 0x80) {
                next += 1;
            }
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::super::engines::torn::Torn;
    use super::*;
    use crate::search::literal::CANCEL_INTERVAL;

    const TEXT: &str = "one two\r\n three, aaaa 4444\n\u{e9}\u{2028}end \u{1f600}a";

    #[test]
    fn one_pass_finds_what_two_find() {
        let text = format!("{TEXT}{}{TEXT}", " ".repeat(2 * FIRST_WINDOW));
        for source in ["\\w+", "a*", "(a)|(4)", "^", "$", "x*", "aa", "[^]*?d", "\\s{3,}?o", "needle"] {
            for flags in ["g", "gm", "gi", "gu", "gmu", "gy"] {
                let pattern = Pattern::new(source, flags).unwrap();
                let (mut cache, mut other) = (pattern.cache(), pattern.cache());
                let mut fast = pattern.searcher(&mut cache, text.as_bytes());
                let mut slow = pattern.searcher(&mut other, text.as_bytes());
                let places = text.char_indices().map(|(at, _)| at);
                for at in places.filter(|at| *at < 40 || *at > text.len() - 40).step_by(5) {
                    let mut found = slow.find_in_one_pass(at);
                    while let Err(further) = found {
                        found = slow.find_in_one_pass(further);
                    }
                    assert_eq!(found, Ok(fast.find_at(at)), "/{source}/{flags} at {at}");
                }
            }
        }
    }

    #[test]
    fn what_is_cancelled_goes_forward() {
        let (text, cancel) = ("xa b".repeat(3 * CANCEL_INTERVAL / 4), CancelToken::default());
        cancel.cancel();
        // Each iteration resets its groups: that is the work of the Pike VM, which looks at the cancel token.
        let pattern = Pattern::new("(?:(x)|(a))+", "g").unwrap();
        let mut cache = pattern.cache();
        let mut searcher = pattern.searcher(&mut cache, text.as_bytes()).with_cancel(Some(&cancel));
        let mut slots = Vec::new();
        for at in [0, 1, CANCEL_INTERVAL, CANCEL_INTERVAL + 1] {
            if searcher.captures_at(at, &mut slots).unwrap() {
                assert!(slots[0] >= Some(at) && slots[1] > Some(at), "{slots:?} at {at}");
            }
        }
    }

    #[test]
    fn the_groups_of_a_long_match_look_at_the_cancel_token() {
        let (text, cancel) = ("a".repeat(FAR + 9), CancelToken::default());
        let pattern = Pattern::new("(a+?)(a{3})(b)?$", "g").unwrap();
        let (mut cache, mut slots, mut held) = (pattern.cache(), Vec::new(), Vec::new());
        assert!(pattern.searcher(&mut cache, text.as_bytes()).captures_at(0, &mut slots).unwrap());
        let mut searcher = pattern.searcher(&mut cache, text.as_bytes()).with_cancel(Some(&cancel));
        assert!(searcher.captures_at(0, &mut held).unwrap());
        assert_eq!(held, slots);
        cancel.cancel();
        assert!(!searcher.groups_of(0, text.len(), &mut held).unwrap());
    }

    #[test]
    fn a_panic_of_the_library_means_torn_bytes() {
        assert_eq!(catch_torn(|| 7), Ok(7));
        // What it panics with itself: an Input whose range is none.
        assert_eq!(catch_torn(|| Input::new("text").range(3..9).start()), Err(Torn));
    }
}
