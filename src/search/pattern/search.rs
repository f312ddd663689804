use regex_automata::meta;
use regex_automata::{Anchored, Input};

use super::machine::{Outcome, Scratch};
use super::stepper::{self, STRETCH};
use super::{Captures, Pattern, PatternError};
use crate::crew::Leash;

/// How far the exact machine searches before the haystack is looked through for positions in doubt.
const FIRST_WINDOW: usize = 16 * 1024;

/// How far a search goes that cannot be called off.
const FAR: usize = 8 * STRETCH;

/// What searching needs to remember: one for each thread, reused from search to search.
#[derive(Debug)]
pub struct Cache {
    find: meta::Cache,
    captures: Option<meta::Cache>,
    stepper: Option<stepper::Cache>,
    scratch: Scratch,
    slots: Vec<Option<usize>>,
}

/// A pattern on its way through one haystack.
///
/// `^` and `$` without `m` are the haystack's ends; assertions see the bytes before the position where a search
/// begins. With `u` or `v` that position must not be inside a code point.
#[derive(Debug)]
pub struct Searcher<'p, 'c, 'h> {
    pattern: &'p Pattern,
    cache: &'c mut Cache,
    haystack: &'h [u8],
    /// No match ends beyond.
    limit: usize,
    /// Whether the fast automaton is right in all of this haystack; told when first needed.
    fast: Option<bool>,
    leash: Option<&'c Leash>,
}

impl Pattern {
    /// What a thread needs to search with this pattern, and with no other.
    pub fn cache(&self) -> Cache {
        Cache {
            find: self.find.create_cache(),
            captures: None,
            stepper: None,
            scratch: Scratch::default(),
            slots: Vec::new(),
        }
    }

    /// Begins to search in a haystack.
    pub fn searcher<'p, 'c, 'h>(&'p self, cache: &'c mut Cache, haystack: &'h [u8]) -> Searcher<'p, 'c, 'h> {
        let fast = if self.exact.is_some() { None } else { Some(true) };
        Searcher { pattern: self, cache, haystack, limit: haystack.len(), fast, leash: None }
    }

    /// Whether the fast automaton is right in all of a haystack: what a searcher finds out when it first needs it.
    pub fn is_clean(&self, haystack: &[u8], leash: Option<&Leash>) -> bool {
        self.exact.is_none() || !self.doubts.arise_in(haystack, leash)
    }
}

impl<'c, 'h> Searcher<'_, 'c, 'h> {
    /// May be called off; what it answers then means nothing.
    pub fn held(self, leash: Option<&'c Leash>) -> Self {
        Self { leash, ..self }
    }

    /// Takes over what another searcher of the same haystack has found out.
    pub fn knowing(self, fast: Option<bool>) -> Self {
        Self { fast: self.fast.or(fast), ..self }
    }

    /// What is known of the haystack: whether the fast automaton is right in all of it.
    pub fn known(&self) -> Option<bool> {
        self.fast
    }

    /// Ends matches at `limit`, where the haystack is known to be one for the fast automaton.
    pub fn until(self, limit: usize) -> Self {
        Self { limit: limit.min(self.haystack.len()), ..self }
    }

    /// The first match at or after `at` (with `y`: at it), as start and end.
    pub fn find_at(&mut self, at: usize) -> Option<(usize, usize)> {
        if at > self.limit {
            return None;
        }
        let mut at = at;
        if let (Some(exact), None | Some(false)) = (&self.pattern.exact, self.fast) {
            let give_up = if self.fast.is_none() { at.saturating_add(FIRST_WINDOW) } else { usize::MAX };
            let Cache { scratch, slots, .. } = &mut *self.cache;
            match exact.search(
                scratch,
                self.haystack,
                at,
                self.pattern.flags.sticky,
                give_up,
                self.leash,
                slots,
            ) {
                Outcome::Match => return Some((slots.first().copied()??, slots.get(1).copied()??)),
                Outcome::None => return None,
                Outcome::GaveUp(position) => at = position,
            }
            self.fast = Some(!self.pattern.doubts.arise_in(self.haystack, self.leash));
            if self.fast == Some(false) {
                return self.find_at(at);
            }
        }
        let input = self.input(at);
        if let Some(leash) = self.far(at)
            && let Some(stepper) = self.pattern.stepper()
        {
            let cache = self.cache.stepper.get_or_insert_with(|| stepper.cache());
            return stepper.find(cache, &input, leash);
        }
        let found = self.pattern.find.search_with(&mut self.cache.find, &input)?;
        Some((found.start(), found.end()))
    }

    /// The leash, where a search from `at` on may go too far to look at it afterwards only.
    fn far(&self, at: usize) -> Option<&'c Leash> {
        self.leash.filter(|_| self.limit.saturating_sub(at) > FAR)
    }

    /// As `find_at`, with the span of each group: two slots a group, the whole match first.
    ///
    /// An error if the automaton with groups is too large where the one without them was not.
    pub fn captures_at(&mut self, at: usize, slots: &mut Vec<Option<usize>>) -> Result<bool, PatternError> {
        slots.clear();
        slots.resize(self.pattern.groups.len() * 2, None);
        let Some((start, end)) = self.find_at(at) else { return Ok(false) };
        if let ([first, second], true) = (slots.as_mut_slice(), self.pattern.groups.len() == 1) {
            (*first, *second) = (Some(start), Some(end));
            return Ok(true);
        }
        match self.pattern.captures()? {
            Captures::Library(regex) => {
                let input = Input::new(self.haystack).range(start..end).anchored(Anchored::Yes);
                let cache = self.cache.captures.get_or_insert_with(|| regex.create_cache());
                let mut found = vec![None; slots.len()];
                regex.search_slots_with(cache, &input, &mut found);
                for (slot, found) in slots.iter_mut().zip(found) {
                    *slot = found.map(|offset| offset.get());
                }
            }
            Captures::Machine(machine) => {
                let scratch = &mut self.cache.scratch;
                machine.search(scratch, self.haystack, start, true, usize::MAX, self.leash, slots);
            }
        }
        Ok(true)
    }

    /// How many matches `matchAll` would give from `at` on.
    pub fn count_from(&mut self, at: usize) -> usize {
        let (mut at, mut count) = (at, 0);
        while let Some((start, end)) = self.find_at(at) {
            count += 1;
            at = if start == end { self.after_empty(end) } else { end };
            if self.fast == Some(true) && !self.pattern.nullable && self.far(at).is_none() {
                return count + self.count_ends(at);
            }
        }
        count
    }

    /// Counts what is never empty: where a match begins need not be known.
    fn count_ends(&mut self, at: usize) -> usize {
        let mut count = 0;
        let mut input = self.input(at);
        while let Some(end) = self.pattern.find.search_half_with(&mut self.cache.find, &input) {
            count += 1;
            input.set_start(end.offset());
        }
        count
    }

    /// Whether a match is looked for only where a search begins.
    pub fn is_sticky(&self) -> bool {
        self.pattern.flags.sticky
    }

    /// Whether no match begins at `limit` or later for want of haystack.
    pub fn is_at_end(&self, limit: usize) -> bool {
        limit > self.haystack.len()
    }

    /// Where the search goes on after an empty match: a byte further, with `u` or `v` a code point.
    pub fn after_empty(&self, at: usize) -> usize {
        let mut next = at + 1;
        if self.pattern.flags.code_points() {
            while self.haystack.get(next).is_some_and(|byte| byte & 0xc0 == 0x80) {
                next += 1;
            }
        }
        next
    }

    fn input(&self, at: usize) -> Input<'h> {
        let anchored = if self.pattern.flags.sticky { Anchored::Yes } else { Anchored::No };
        Input::new(self.haystack).range(at..self.limit).anchored(anchored)
    }
}
