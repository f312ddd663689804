//! The fast automaton, a stretch at a time: a search through a large haystack that can be called off. The library's own
//! searches can not, and a pattern whose matches may be of any length cannot be given a part of the haystack.

use memchr::memmem::Finder;
use regex_automata::hybrid::{LazyStateID, dfa, regex};
use regex_automata::nfa::thompson::NFA;
use regex_automata::util::look::LookMatcher;
use regex_automata::util::prefilter::Prefilter;
use regex_automata::{Anchored, Input, MatchKind, Span};

use super::attempt::Changed;
use super::flags::Flags;
use super::translate::Translation;
use super::{PatternError, SIZE_LIMIT};
use crate::pool::CancelToken;

/// Bytes between two looks at the cancel.
pub(super) const STRETCH: usize = if cfg!(test) { 4 << 10 } else { 1 << 20 };

/// Where a string is, at `at` or later. What it answers when it was called off means nothing.
pub(super) fn find_string(
    finder: &Finder<'_>,
    haystack: &[u8],
    at: usize,
    cancel: Option<&CancelToken>,
) -> Option<usize> {
    (at..haystack.len()).step_by(STRETCH).find_map(|from| {
        let to = haystack.len().min(from + STRETCH + finder.needle().len() - 1);
        let called_off = cancel.is_some_and(CancelToken::is_cancelled);
        let found = if called_off { Some(0) } else { finder.find(&haystack[from..to]) };
        found.map(|found| from + found)
    })
}

/// What a search needs to remember.
pub(super) type Cache = regex::Cache;

/// Automata that are made as they are needed, one for each direction.
#[derive(Debug)]
pub(super) struct Stepper {
    regex: regex::Regex,
    prefilter: Option<Prefilter>,
    /// No empty match lies inside a code point.
    is_utf8: bool,
}

impl Stepper {
    pub fn new(translation: &Translation, flags: Flags) -> Result<Self, PatternError> {
        let nfa = |reverse| {
            let mut lines = LookMatcher::new();
            lines.set_line_terminator(translation.line_terminator);
            let config = NFA::config()
                .utf8(flags.code_points())
                .reverse(reverse)
                .look_matcher(lines)
                .which_captures(regex_automata::nfa::thompson::WhichCaptures::None)
                .nfa_size_limit(Some(SIZE_LIMIT));
            NFA::compiler()
                .configure(config)
                .build_from_hir(&translation.hir)
                .map_err(|_| PatternError::too_large())
        };
        let prefilter =
            Prefilter::from_hir_prefix(MatchKind::LeftmostFirst, &translation.hir).filter(Prefilter::is_fast);
        let config = || dfa::Config::new().skip_cache_capacity_check(true);
        let forward = config().specialize_start_states(prefilter.is_some());
        // Backwards all matches are looked for: the longest begins first.
        let backward = config().match_kind(MatchKind::All);
        let build = |config: dfa::Config, nfa| {
            dfa::DFA::builder().configure(config).build_from_nfa(nfa).map_err(|_| PatternError::too_large())
        };
        let (forward, backward) = (build(forward, nfa(false)?)?, build(backward, nfa(true)?)?);
        let is_utf8 = flags.code_points() && forward.get_nfa().has_empty();
        Ok(Self { regex: regex::Builder::new().build_from_dfas(forward, backward), prefilter, is_utf8 })
    }

    pub fn cache(&self) -> Cache {
        self.regex.create_cache()
    }

    /// The first match of a range, as start and end; `None` too when it was called off.
    pub fn find(
        &self,
        cache: &mut Cache,
        input: &Input<'_>,
        cancel: &CancelToken,
    ) -> Result<Option<(usize, usize)>, Changed> {
        let mut input = input.clone();
        let Some(end) = self.first_end(cache, &mut input, cancel) else { return Ok(None) };
        if end == input.start() || input.get_anchored().is_anchored() {
            return Ok(Some((input.start(), end)));
        }
        let start = self.start(cache, &input, end, cancel);
        if start.is_none() && !cancel.is_cancelled() {
            Err(Changed)
        } else {
            Ok(start.map(|start| (start, end)))
        }
    }

    /// Where the first match ends; the input then begins where that may begin at the earliest.
    fn first_end(&self, cache: &mut Cache, input: &mut Input<'_>, cancel: &CancelToken) -> Option<usize> {
        let mut end = self.end(cache, input, cancel)?;
        // As the library does: an end inside a code point is an empty match's; it is looked for a byte further.
        while self.is_utf8 && !input.is_char_boundary(end) {
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
            let stretch = at.saturating_add(STRETCH).min(input.end());
            while at < stretch {
                if let (true, Some(prefilter)) = (state.is_start(), prefilter) {
                    // A literal that begins in this stretch may end beyond it.
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
                // A match is told a byte late.
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
            let stretch = at.saturating_sub(STRETCH).max(input.start());
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
