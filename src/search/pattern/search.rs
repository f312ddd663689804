use regex_automata::meta;
use regex_automata::{Anchored, Input};

use super::attempt::{Changed, attempt};
use super::machine::{Outcome, Scratch};
use super::needed::Record;
use super::sequence::Sought;
use super::stepper::{self, STRETCH};
use super::window::Window;
use super::{Captures, Pattern, PatternError};
use crate::pool::CancelToken;

/// How far the exact machine searches before the haystack is looked through for positions in doubt.
const FIRST_WINDOW: usize = 16 * 1024;

/// How far a search goes that cannot be called off.
pub(super) const FAR: usize = 8 * STRETCH;

/// How often a search is begun again that saw the bytes change.
const TRIES: usize = 4;

/// What searching needs to remember: one for each thread, reused from search to search.
#[derive(Debug)]
pub struct Cache {
    pub(super) find: meta::Cache,
    captures: Option<meta::Cache>,
    pub(super) stepper: Option<stepper::Cache>,
    scratch: Scratch,
    slots: Vec<Option<usize>>,
    pub(super) window: Window,
    pub(super) record: Record,
}

/// A pattern on its way through one haystack.
///
/// `^` and `$` without `m` are the haystack's ends; assertions see the bytes before the position where a search
/// begins. With `u` or `v` that position must not be inside a code point.
#[derive(Debug)]
pub struct Searcher<'p, 'c, 'h> {
    pub(super) pattern: &'p Pattern,
    pub(super) cache: &'c mut Cache,
    pub(super) haystack: &'h [u8],
    /// No match ends beyond.
    pub(super) limit: usize,
    /// Whether the fast automaton is right in all of this haystack; told when first needed.
    fast: Option<bool>,
    pub(super) cancel: Option<&'c CancelToken>,
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
            window: Window::new(),
            record: Record::default(),
        }
    }

    /// Begins to search in a haystack.
    pub fn searcher<'p, 'c, 'h>(&'p self, cache: &'c mut Cache, haystack: &'h [u8]) -> Searcher<'p, 'c, 'h> {
        let fast = if self.exact.is_some() { None } else { Some(true) };
        cache.window.clear();
        cache.record = Record::default();
        Searcher { pattern: self, cache, haystack, limit: haystack.len(), fast, cancel: None }
    }

    /// Whether the fast automaton is right in all of a haystack: what a searcher finds out when it first needs it.
    pub fn is_clean(&self, haystack: &[u8], cancel: Option<&CancelToken>) -> bool {
        self.exact.is_none() || !self.doubts.arise_in(haystack, cancel)
    }
}

impl<'c, 'h> Searcher<'_, 'c, 'h> {
    /// May be called off; what it answers then means nothing.
    pub fn held(self, cancel: Option<&'c CancelToken>) -> Self {
        Self { cancel, ..self }
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
                self.cancel,
                slots,
            ) {
                Outcome::Match => return Some((slots.first().copied()??, slots.get(1).copied()??)),
                Outcome::None => return None,
                Outcome::GaveUp(position) => at = position,
            }
            self.fast = Some(!self.pattern.doubts.arise_in(self.haystack, self.cancel));
            if self.fast == Some(false) {
                return self.find_at(at);
            }
        }
        match self.fast_at(at) {
            Ok(found) => found,
            Err(Changed) => self.found_again(at),
        }
    }

    /// As `find_at`, of bytes that have changed just now.
    #[cold]
    fn found_again(&mut self, mut at: usize) -> Option<(usize, usize)> {
        while at <= self.limit {
            if let Some(found) = (1..TRIES).find_map(|_| self.fast_at(at).ok()) {
                return found;
            }
            match self.slow_at(at) {
                Ok(found) => return found,
                Err(position) => at = position,
            }
        }
        None
    }

    /// As `find_at`, in one pass, which no change can confuse; an error where it has found nothing so far.
    fn slow_at(&mut self, at: usize) -> Result<Option<(usize, usize)>, usize> {
        let sticky = self.pattern.flags.sticky;
        let Some(machine) = self.pattern.single_pass() else {
            return if sticky { Ok(None) } else { Err(self.after_empty(at)) };
        };
        let Cache { scratch, slots, .. } = &mut *self.cache;
        let give_up = at.saturating_add(FIRST_WINDOW);
        match machine.search(scratch, self.haystack, at, sticky, give_up, self.cancel, slots) {
            Outcome::Match => Ok(slots[0].zip(slots[1]).filter(|(_, end)| *end <= self.limit)),
            Outcome::None => Ok(None),
            Outcome::GaveUp(position) => Err(position),
        }
    }

    /// As `find_at`, with the span of each group: two slots a group, the whole match first.
    ///
    /// An error if the automaton with groups is too large where the one without them was not.
    pub fn captures_at(&mut self, at: usize, slots: &mut Vec<Option<usize>>) -> Result<bool, PatternError> {
        slots.clear();
        slots.resize(self.pattern.groups.len() * 2, None);
        for _ in 0..TRIES {
            let Some((start, end)) = self.find_at(at) else { return Ok(false) };
            if self.has_groups() && self.groups_of(start, end, slots)? {
                return Ok(true);
            }
            // Without groups where the bytes have changed meanwhile, or it was called off: a walk goes on behind it.
            slots.fill(None);
            (slots[0], slots[1]) = (Some(start), Some(end));
            if !self.has_groups() || self.cancel.is_some_and(CancelToken::is_cancelled) {
                break;
            }
        }
        Ok(true)
    }

    /// The groups of a match. `false`: it is none any more, or the search was called off.
    fn groups_of(
        &mut self,
        start: usize,
        end: usize,
        slots: &mut Vec<Option<usize>>,
    ) -> Result<bool, PatternError> {
        let machine = match self.pattern.captures()? {
            // The library looks at no cancel.
            Captures::Library(_) if self.cancel.is_some() && end - start > FAR => self.pattern.patient()?,
            Captures::Machine(machine) => machine,
            Captures::Library(regex) => {
                let input = Input::new(self.haystack).range(start..end).anchored(Anchored::Yes);
                let mut cache = self.cache.captures.take().unwrap_or_else(|| regex.create_cache());
                let mut found = vec![None; slots.len()];
                let Ok(matched) = attempt(|| regex.search_slots_with(&mut cache, &input, &mut found)) else {
                    return Ok(false);
                };
                self.cache.captures = Some(cache);
                for (slot, found) in slots.iter_mut().zip(found) {
                    *slot = found.map(|offset| offset.get());
                }
                return Ok(matched.is_some());
            }
        };
        let scratch = &mut self.cache.scratch;
        let outcome = machine.search(scratch, self.haystack, start, true, usize::MAX, self.cancel, slots);
        Ok(outcome == Outcome::Match)
    }

    /// How many matches `matchAll` would give from `at` on.
    pub fn count_from(&mut self, at: usize) -> usize {
        let (mut at, mut count) = (at, 0);
        loop {
            match self.each(at, |_, _| {
                count += 1;
                true
            }) {
                Sought::GaveUp(further) => at = further,
                _ => return count,
            }
            let Some((start, end)) = self.find_at(at) else { return count };
            count += 1;
            at = if start == end { self.after_empty(end) } else { end };
            if self.fast == Some(true) && !self.pattern.nullable {
                let (more, rest) = self.count_ends(at);
                count += more;
                match rest {
                    Some(further) => at = further,
                    None => return count,
                }
            }
        }
    }

    /// Whether there is more to a match than its span.
    pub fn has_groups(&self) -> bool {
        self.pattern.groups.len() > 1
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
}

#[cfg(test)]
mod tests {
    use super::*;

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
                    let mut found = slow.slow_at(at);
                    while let Err(further) = found {
                        found = slow.slow_at(further);
                    }
                    assert_eq!(found, Ok(fast.find_at(at)), "/{source}/{flags} at {at}");
                }
            }
        }
    }

    #[test]
    fn what_is_called_off_goes_forward() {
        let (text, cancel) = ("xa b".repeat(3 * STRETCH / 4), CancelToken::default());
        cancel.cancel();
        // Groups that each iteration forgets: the exact machine's, which looks at the cancel.
        let pattern = Pattern::new("(?:(x)|(a))+", "g").unwrap();
        let mut cache = pattern.cache();
        let mut searcher = pattern.searcher(&mut cache, text.as_bytes()).held(Some(&cancel));
        let mut slots = Vec::new();
        for at in [0, 1, STRETCH, STRETCH + 1] {
            if searcher.captures_at(at, &mut slots).unwrap() {
                assert!(slots[0] >= Some(at) && slots[1] > Some(at), "{slots:?} at {at}");
            }
        }
    }

    #[test]
    fn the_groups_of_a_long_match_look_at_the_leash() {
        let (text, cancel) = ("a".repeat(FAR + 9), CancelToken::default());
        let pattern = Pattern::new("(a+?)(a{3})(b)?$", "g").unwrap();
        let (mut cache, mut slots, mut held) = (pattern.cache(), Vec::new(), Vec::new());
        assert!(pattern.searcher(&mut cache, text.as_bytes()).captures_at(0, &mut slots).unwrap());
        let mut searcher = pattern.searcher(&mut cache, text.as_bytes()).held(Some(&cancel));
        assert!(searcher.captures_at(0, &mut held).unwrap());
        assert_eq!(held, slots);
        cancel.cancel();
        assert!(!searcher.groups_of(0, text.len(), &mut held).unwrap());
    }

    #[test]
    fn a_panic_of_the_library_is_a_change_of_the_bytes() {
        assert_eq!(attempt(|| 7), Ok(7));
        // As it panics itself: an Input whose range is none.
        assert_eq!(attempt(|| Input::new("text").range(3..9).start()), Err(Changed));
    }
}
