//! A lazy DFA that looks at a cancel token as it goes. The library's own searches do not, and a pattern whose matches
//! may have any length cannot be given the haystack in parts.

use regex_automata::hybrid::{LazyStateID, dfa, regex};
use regex_automata::nfa::thompson::{NFA, WhichCaptures};
use regex_automata::util::look::LookMatcher;
use regex_automata::util::prefilter::Prefilter;
use regex_automata::{Anchored, Input, MatchKind, Span};

use super::build;
use super::torn::Torn;
use crate::pool::CancelToken;
use crate::search::literal::CANCEL_INTERVAL;
use crate::search::pattern::error::PatternError;
use crate::search::pattern::syntax::{Flags, Translation};

/// The working memory of a search.
pub type Cache = regex::Cache;

/// Two automata, one for each direction, whose states are made as they are needed.
#[derive(Debug)]
pub struct CancellableDfa {
    regex: regex::Regex,
    prefilter: Option<Prefilter>,
    /// The pattern can match an empty string, which must not lie inside a code point.
    has_utf8_empty: bool,
}

impl CancellableDfa {
    pub fn new(translation: &Translation, flags: Flags) -> Result<Self, PatternError> {
        let nfa = |reverse| {
            let mut looks = LookMatcher::new();
            looks.set_line_terminator(translation.line_terminator);
            build::nfa(translation, flags, looks, WhichCaptures::None, reverse)
        };
        let prefilter =
            Prefilter::from_hir_prefix(MatchKind::LeftmostFirst, &translation.hir).filter(Prefilter::is_fast);
        let config = || dfa::Config::new().skip_cache_capacity_check(true);
        let forward = config().specialize_start_states(prefilter.is_some());
        // Backwards all matches are looked for: the longest of them begins first.
        let backward = config().match_kind(MatchKind::All);
        let build = |config: dfa::Config, nfa: NFA| {
            dfa::DFA::builder().configure(config).build_from_nfa(nfa).map_err(|_| PatternError::too_large())
        };
        let (forward, backward) = (build(forward, nfa(false)?)?, build(backward, nfa(true)?)?);
        let has_utf8_empty = flags.code_points() && forward.get_nfa().has_empty();
        let regex = regex::Builder::new().build_from_dfas(forward, backward);
        Ok(Self { regex, prefilter, has_utf8_empty })
    }

    /// The bytes that it takes.
    pub fn memory_usage(&self) -> usize {
        let both = [self.regex.forward(), self.regex.reverse()];
        let prefilter = self.prefilter.as_ref().map_or(0, Prefilter::memory_usage);
        prefilter + both.iter().map(|dfa| dfa.memory_usage() + dfa.get_nfa().memory_usage()).sum::<usize>()
    }

    pub fn cache(&self) -> Cache {
        self.regex.create_cache()
    }

    /// Where the first match of a range begins and ends. `None` also if the search was cancelled.
    pub fn find(
        &self,
        cache: &mut Cache,
        input: &Input<'_>,
        cancel: &CancelToken,
    ) -> Result<Option<(usize, usize)>, Torn> {
        let mut input = input.clone();
        let Some(end) = self.first_end(cache, &mut input, cancel) else { return Ok(None) };
        if end == input.start() || input.get_anchored().is_anchored() {
            return Ok(Some((input.start(), end)));
        }
        let start = self.start(cache, &input, end, cancel);
        if start.is_none() && !cancel.is_cancelled() {
            Err(Torn)
        } else {
            Ok(start.map(|start| (start, end)))
        }
    }

    /// Where the first match ends. The input is left to begin at the first position where that match can begin.
    fn first_end(&self, cache: &mut Cache, input: &mut Input<'_>, cancel: &CancelToken) -> Option<usize> {
        let mut end = self.end(cache, input, cancel)?;
        // As the library does it: a match that ends inside a code point is empty, and the search goes on a byte
        // further.
        while self.has_utf8_empty && !input.is_char_boundary(end) {
            if input.get_anchored().is_anchored() || input.start() >= input.end() {
                return None;
            }
            input.set_start(input.start() + 1);
            end = self.end(cache, input, cancel)?;
        }
        Some(end)
    }

    fn end(&self, cache: &mut Cache, input: &Input<'_>, cancel: &CancelToken) -> Option<usize> {
        let (dfa, (cache, _)) = (self.regex.forward(), cache.as_parts_mut());
        let prefilter = self.prefilter.as_ref().filter(|_| !input.get_anchored().is_anchored());
        let mut state = dfa.start_state_forward(cache, input).ok()?;
        let (mut at, mut found) = (input.start(), None);
        while at < input.end() {
            if cancel.is_cancelled() {
                return None;
            }
            let stretch = at.saturating_add(CANCEL_INTERVAL).min(input.end());
            while at < stretch {
                if let (true, Some(prefilter)) = (state.is_start(), prefilter) {
                    // A literal that begins in this stretch can end beyond it.
                    let reach = stretch.saturating_add(prefilter.max_needle_len()).min(input.end());
                    let next = prefilter.find(input.haystack(), Span::from(at..reach)).map(|span| span.start);
                    let next = next.filter(|next| *next < stretch).unwrap_or(stretch);
                    if next > at {
                        at = next;
                        state = dfa.start_state_forward(cache, &input.clone().range(at..input.end())).ok()?;
                        continue;
                    }
                }
                state = dfa.next_state(cache, state, input.haystack()[at]).ok()?;
                // The automaton knows of a match one byte later.
                if state.is_match() {
                    found = Some(at);
                } else if state.is_dead() {
                    return found;
                }
                at += 1;
            }
        }
        let last = match input.haystack().get(input.end()) {
            Some(byte) => dfa.next_state(cache, state, *byte),
            None => dfa.next_eoi_state(cache, state),
        };
        if last.ok()?.is_match() { Some(input.end()) } else { found }
    }

    fn start(&self, cache: &mut Cache, input: &Input<'_>, end: usize, cancel: &CancelToken) -> Option<usize> {
        let (dfa, (_, cache)) = (self.regex.reverse(), cache.as_parts_mut());
        let input = input.clone().range(input.start()..end).anchored(Anchored::Yes);
        let mut state: LazyStateID = dfa.start_state_reverse(cache, &input).ok()?;
        let (mut at, mut found) = (end, None);
        while at > input.start() {
            if cancel.is_cancelled() {
                return None;
            }
            let stretch = at.saturating_sub(CANCEL_INTERVAL).max(input.start());
            while at > stretch {
                state = dfa.next_state(cache, state, input.haystack()[at - 1]).ok()?;
                if state.is_match() {
                    found = Some(at);
                } else if state.is_dead() {
                    return found;
                }
                at -= 1;
            }
        }
        let last = match input.start().checked_sub(1) {
            Some(before) => dfa.next_state(cache, state, input.haystack()[before]),
            None => dfa.next_eoi_state(cache, state),
        };
        if last.ok()?.is_match() { Some(input.start()) } else { found }
    }
}
