//! A Pike machine over the automaton's states that does what the library's engines cannot: it forgets the groups of
//! an iteration when the next begins, and its assertions are ECMAScript's everywhere. Exact, linear, and slower.

use regex_automata::nfa::thompson::{NFA, State};
use regex_automata::util::look::Look;
use regex_automata::util::primitives::StateID;

use super::stepper::STRETCH;
use crate::pool::CancelToken;

/// A slot that is not set.
const UNSET: usize = usize::MAX;

/// An automaton and how to run it.
#[derive(Debug)]
pub(super) struct Machine {
    nfa: NFA,
    /// The slots that are reported: two for each group, the whole match first.
    width: usize,
    /// The slots that each hidden group resets, by its index less `first_hidden`.
    resets: Vec<(usize, usize)>,
    code_points: bool,
    /// U+017F and U+212A are word characters.
    long_words: bool,
}

/// What one search needs to remember; reused by the next.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    now: Threads,
    next: Threads,
    stack: Vec<Frame>,
    slots: Vec<usize>,
}

/// The states reached at one position, in order of preference, each with its slots.
#[derive(Debug, Default)]
struct Threads {
    order: Vec<StateID>,
    /// The index of a state in `order`, valid if `order` has it there.
    place: Vec<usize>,
    slots: Vec<usize>,
}

#[derive(Debug)]
enum Frame {
    Explore(StateID),
    Restore { slot: usize, value: usize },
}

/// How a search ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Match,
    None,
    /// Nothing was found up to here, where it was to give up.
    GaveUp(usize),
}

impl Threads {
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

impl Machine {
    /// `groups` counts the whole match too; hidden groups follow them, one for each of `resets`.
    pub fn new(nfa: NFA, groups: usize, resets: &[(u32, u32)], code_points: bool, long_words: bool) -> Self {
        let resets = resets.iter().map(|(first, last)| (*first as usize * 2, *last as usize * 2)).collect();
        Self { nfa, width: groups * 2, resets, code_points, long_words }
    }

    /// Searches from `at`; once `give_up` is reached with nothing begun, it says so. On a match `out` has the slots. Finds
    /// nothing more when it is called off.
    pub fn search(
        &self,
        scratch: &mut Scratch,
        haystack: &[u8],
        at: usize,
        anchored: bool,
        give_up: usize,
        cancel: Option<&CancelToken>,
        out: &mut Vec<Option<usize>>,
    ) -> Outcome {
        let Scratch { now, next, stack, slots } = scratch;
        now.reset(self.nfa.states().len(), self.width);
        next.reset(self.nfa.states().len(), self.width);
        slots.clear();
        slots.resize(self.width, UNSET);
        let mut matched = false;
        for position in at..=haystack.len() {
            if position.is_multiple_of(STRETCH) && cancel.is_some_and(CancelToken::is_cancelled) {
                return Outcome::None;
            }
            if now.order.is_empty() {
                if matched || (anchored && position > at) {
                    break;
                }
                if position >= give_up {
                    return Outcome::GaveUp(position);
                }
            }
            // With code points none begins at a continuation byte, and no empty match splits one.
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
        if matched { Outcome::Match } else { Outcome::None }
    }

    /// Adds the states that are reached without a byte, each with the slots on the way to it.
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
        let mut set = |slot: usize, value: usize| {
            stack.push(Frame::Restore { slot, value: slots[slot] });
            slots[slot] = value;
        };
        if slot < self.width {
            set(slot, at);
        } else if slot.is_multiple_of(2)
            && let Some((first, last)) = self.resets.get((slot - self.width) / 2)
        {
            (*first..*last).for_each(|slot| set(slot, UNSET));
        }
    }

    fn holds(&self, look: Look, haystack: &[u8], at: usize) -> bool {
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
