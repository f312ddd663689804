//! A Pike VM: it follows all ways through an automaton at once, a byte at a time, each with its own slots for groups.
//! It does what the library's engines cannot do: it resets the groups of a loop when the next iteration begins, and its
//! assertions are those of ECMAScript everywhere. It is exact and linear, and slower.

use std::collections::TryReserveError;
use std::ops::Range;

use regex_automata::nfa::thompson::{NFA, State, WhichCaptures};
use regex_automata::util::look::{Look, LookMatcher};
use regex_automata::util::primitives::StateID;

use super::backtracker;
use super::build;
use crate::pool::CancelToken;
use crate::search::literal::CANCEL_INTERVAL;
use crate::search::pattern::error::PatternError;
use crate::search::pattern::outcome::Outcome;
use crate::search::pattern::syntax::{Flags, Translation};

/// A slot that is not set.
pub(super) const UNSET: usize = usize::MAX;

/// The bytes that the tables of a search may take. They grow with the states times the groups: a pattern of some 1,200
/// groups needs so many.
pub const TABLE_LIMIT: usize = 128 << 20;

/// The bytes that the tables take of a search with so many states and slots: those of this engine, and about those of the
/// library's Pike VM.
pub fn table_bytes(states: usize, slots: usize) -> usize {
    states.saturating_mul(slots + 2).saturating_mul(2 * size_of::<usize>())
}

/// An automaton, and what is special about running it.
#[derive(Debug)]
pub struct PikeVm {
    pub(super) nfa: NFA,
    /// How many slots are reported: two for each group, the whole match first.
    pub(super) width: usize,
    /// For each hidden group, in order, the range of slots that it resets.
    resets: Vec<(usize, usize)>,
    /// Positions are those of code points.
    code_points: bool,
    /// U+017F and U+212A are word characters.
    long_words: bool,
}

/// The working memory of a search.
#[derive(Debug, Default)]
pub struct Cache {
    now: Threads,
    next: Threads,
    stack: Vec<Frame>,
    slots: Vec<usize>,
    found: Vec<Option<usize>>,
    pub(super) backtracker: backtracker::Cache,
}

/// The states that were reached at one position, in order of preference, each with its slots.
#[derive(Debug, Default)]
struct Threads {
    order: Vec<StateID>,
    /// Where a state is in `order`, if it is: what stands there for another state is left from earlier.
    place: Vec<usize>,
    slots: Vec<usize>,
}

#[derive(Debug)]
enum Frame {
    Explore(StateID),
    Restore { slot: usize, value: usize },
}

impl Cache {
    /// The bytes that it keeps.
    pub fn memory_usage(&self) -> usize {
        self.now.memory_usage()
            + self.next.memory_usage()
            + self.stack.capacity() * size_of::<Frame>()
            + self.slots.capacity() * size_of::<usize>()
            + self.found.capacity() * size_of::<Option<usize>>()
            + self.backtracker.memory_usage()
    }
}

impl Threads {
    fn memory_usage(&self) -> usize {
        self.order.capacity() * size_of::<StateID>()
            + (self.place.capacity() + self.slots.capacity()) * size_of::<usize>()
    }

    /// Makes room for a search, if there is memory for it.
    fn reserve(&mut self, states: usize, width: usize) -> Result<(), TryReserveError> {
        self.order.try_reserve(states)?;
        self.place.try_reserve_exact(states.saturating_sub(self.place.len()))?;
        self.slots.try_reserve_exact((states * width).saturating_sub(self.slots.len()))
    }

    fn reset(&mut self, states: usize, width: usize) {
        self.order.clear();
        self.place.resize(states, 0);
        self.slots.resize(states * width, UNSET);
    }

    fn insert(&mut self, state: StateID) -> bool {
        let place = self.place[state.as_usize()];
        if self.order.get(place) == Some(&state) {
            return false;
        }
        self.place[state.as_usize()] = self.order.len();
        self.order.push(state);
        true
    }
}

impl PikeVm {
    /// `groups` is how many groups are reported, the whole match among them: all groups of the pattern, or just that.
    /// The hidden groups follow the groups of the pattern.
    pub fn new(translation: &Translation, flags: Flags, groups: usize) -> Result<Self, PatternError> {
        let nfa = build::nfa(translation, flags, LookMatcher::new(), WhichCaptures::All, false)?;
        let resets = translation
            .resets
            .iter()
            .map(|(first, last)| (*first as usize * 2, *last as usize * 2))
            .collect();
        let (code_points, long_words) = (flags.code_points(), translation.inexact.words);
        Ok(Self { nfa, width: groups * 2, resets, code_points, long_words })
    }

    /// The states of its automaton.
    pub fn states(&self) -> usize {
        self.nfa.states().len()
    }

    /// The bytes that it takes.
    pub fn memory_usage(&self) -> usize {
        self.nfa.memory_usage() + self.resets.capacity() * size_of::<(usize, usize)>()
    }

    /// The groups of a match, in `out`. `false`: it is no match any more, or the search was cancelled. An error if there
    /// are so many groups, and the match is so long, that to find them would take too much memory.
    pub fn groups(
        &self,
        cache: &mut Cache,
        haystack: &[u8],
        found: Range<usize>,
        cancel: Option<&CancelToken>,
        out: &mut Vec<Option<usize>>,
    ) -> Result<bool, PatternError> {
        let states = self.states();
        if table_bytes(states, self.width) > TABLE_LIMIT {
            return self.backtrack(&mut cache.backtracker, haystack, found, cancel, out);
        }
        let room =
            cache.now.reserve(states, self.width).and_then(|()| cache.next.reserve(states, self.width));
        room.map_err(|_| PatternError::no_memory())?;
        let outcome = self.captures(cache, haystack, found.start, true, usize::MAX, cancel, out);
        Ok(matches!(outcome, Outcome::Match(..)))
    }

    /// The first match from `at` on; with `anchored`, at it. Gives up at `give_up`, if no match has begun there.
    pub fn find(
        &self,
        cache: &mut Cache,
        haystack: &[u8],
        at: usize,
        anchored: bool,
        give_up: usize,
        cancel: Option<&CancelToken>,
    ) -> Outcome {
        let mut found = std::mem::take(&mut cache.found);
        let outcome = self.captures(cache, haystack, at, anchored, give_up, cancel, &mut found);
        cache.found = found;
        outcome
    }

    /// As `find`; on a match `out` has the slots.
    fn captures(
        &self,
        cache: &mut Cache,
        haystack: &[u8],
        at: usize,
        anchored: bool,
        give_up: usize,
        cancel: Option<&CancelToken>,
        out: &mut Vec<Option<usize>>,
    ) -> Outcome {
        let Cache { now, next, stack, slots, .. } = cache;
        now.reset(self.nfa.states().len(), self.width);
        next.reset(self.nfa.states().len(), self.width);
        slots.clear();
        slots.resize(self.width, UNSET);
        let mut matched = false;
        for position in at..=haystack.len() {
            if position.is_multiple_of(CANCEL_INTERVAL) && cancel.is_some_and(CancelToken::is_cancelled) {
                return Outcome::NoMatch;
            }
            if now.order.is_empty() {
                if matched || (anchored && position > at) {
                    break;
                }
                if position >= give_up {
                    return Outcome::GaveUp(position);
                }
            }
            // With code points no match begins at a continuation byte, and no empty match splits one.
            let inside = self.code_points && haystack.get(position).is_some_and(|byte| byte & 0xc0 == 0x80);
            if !matched && !inside && (!anchored || position == at) {
                slots.fill(UNSET);
                stack.push(Frame::Explore(self.nfa.start_anchored()));
                self.close(now, stack, slots, haystack, position);
            }
            for thread in 0..now.order.len() {
                let state = now.order[thread];
                let row = state.as_usize() * self.width..(state.as_usize() + 1) * self.width;
                let target = match self.nfa.state(state) {
                    State::Match { .. } => {
                        out.clear();
                        out.extend(now.slots[row].iter().map(|slot| (*slot != UNSET).then_some(*slot)));
                        matched = true;
                        break;
                    }
                    State::ByteRange { trans } if trans.matches(haystack, position) => Some(trans.next),
                    State::Sparse(transitions) => transitions.matches(haystack, position),
                    State::Dense(transitions) => transitions.matches(haystack, position),
                    _ => None,
                };
                if let Some(target) = target {
                    slots.copy_from_slice(&now.slots[row]);
                    stack.push(Frame::Explore(target));
                    self.close(next, stack, slots, haystack, position + 1);
                }
            }
            std::mem::swap(now, next);
            next.order.clear();
        }
        match out.as_slice() {
            [Some(start), Some(end), ..] if matched => Outcome::Match(*start, *end),
            _ => Outcome::NoMatch,
        }
    }

    /// Adds the states that are reached without a byte, each with the slots that were set on the way to it.
    fn close(
        &self,
        threads: &mut Threads,
        stack: &mut Vec<Frame>,
        slots: &mut [usize],
        haystack: &[u8],
        at: usize,
    ) {
        while let Some(frame) = stack.pop() {
            let mut state = match frame {
                Frame::Restore { slot, value } => {
                    slots[slot] = value;
                    continue;
                }
                Frame::Explore(state) => state,
            };
            while threads.insert(state) {
                state = match self.nfa.state(state) {
                    State::Look { look, next } if self.holds(*look, haystack, at) => *next,
                    State::Union { alternates } => {
                        let Some((first, rest)) = alternates.split_first() else { break };
                        stack.extend(rest.iter().rev().map(|state| Frame::Explore(*state)));
                        *first
                    }
                    State::BinaryUnion { alt1, alt2 } => {
                        stack.push(Frame::Explore(*alt2));
                        *alt1
                    }
                    State::Capture { next, slot, .. } => {
                        self.capture(slot.as_usize(), stack, slots, at);
                        *next
                    }
                    State::Look { .. } | State::Fail => break,
                    _ => {
                        let row = state.as_usize() * self.width;
                        threads.slots[row..row + self.width].copy_from_slice(slots);
                        break;
                    }
                };
            }
        }
    }

    fn capture(&self, slot: usize, stack: &mut Vec<Frame>, slots: &mut [usize], at: usize) {
        self.set(slot, slots, at, |slot, value| stack.push(Frame::Restore { slot, value }));
    }

    /// Does what a `Capture` state does: sets its slot, or, if it is where an iteration of a loop begins, resets the groups
    /// of the loop. Calls `restore` with each slot that it changes, and what that was.
    pub(super) fn set(
        &self,
        slot: usize,
        slots: &mut [usize],
        at: usize,
        mut restore: impl FnMut(usize, usize),
    ) {
        if slot < self.width {
            restore(slot, slots[slot]);
            slots[slot] = at;
        } else if slot.is_multiple_of(2)
            && let Some((first, last)) = self.resets.get((slot - self.width) / 2)
        {
            for (slot, value) in (*first..).zip(&mut slots[*first..*last]) {
                if *value != UNSET {
                    restore(slot, *value);
                    *value = UNSET;
                }
            }
        }
    }

    pub(super) fn holds(&self, look: Look, haystack: &[u8], at: usize) -> bool {
        let (before, after) = haystack.split_at(at);
        match look {
            Look::Start => before.is_empty(),
            Look::End => after.is_empty(),
            Look::StartLF | Look::StartCRLF => {
                matches!(before, [] | [.., b'\n' | b'\r'])
                    || (self.code_points && matches!(before, [.., 0xe2, 0x80, 0xa8 | 0xa9]))
            }
            Look::EndLF | Look::EndCRLF => {
                matches!(after, [] | [b'\n' | b'\r', ..])
                    || (self.code_points && matches!(after, [0xe2, 0x80, 0xa8 | 0xa9, ..]))
            }
            Look::WordAscii => self.word_before(before) != self.word_after(after),
            Look::WordAsciiNegate => self.word_before(before) == self.word_after(after),
            _ => false,
        }
    }

    fn word_before(&self, before: &[u8]) -> bool {
        before.last().is_some_and(|byte| is_word(*byte))
            || (self.long_words && matches!(before, [.., 0xc5, 0xbf] | [.., 0xe2, 0x84, 0xaa]))
    }

    fn word_after(&self, after: &[u8]) -> bool {
        after.first().is_some_and(|byte| is_word(*byte))
            || (self.long_words && matches!(after, [0xc5, 0xbf, ..] | [0xe2, 0x84, 0xaa, ..]))
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
