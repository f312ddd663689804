//! Finds the groups of a match by going back where a way turns out to be wrong, and never goes twice through the same state
//! at the same position. It needs a bit for each state and position, where the Pike VM needs a slot for each state and
//! group: so it takes the patterns of very many groups, as long as their matches are short.

use std::collections::TryReserveError;
use std::ops::Range;

use regex_automata::nfa::thompson::State;
use regex_automata::util::primitives::StateID;

use super::pike_vm::{PikeVm, UNSET};
use crate::pool::CancelToken;
use crate::search::pattern::error::PatternError;

/// The bytes that the set of visited states and positions may take.
const VISITED_LIMIT: usize = 32 << 20;

/// How many steps may wait to be taken, or to be undone: 96 MiB of them.
const STACK_LIMIT: usize = 4 << 20;

/// Steps between two looks at the cancel token.
const CANCEL_STEPS: usize = 1 << 16;

/// The working memory of a search.
#[derive(Debug, Default)]
pub struct Cache {
    visited: Vec<u64>,
    stack: Vec<Frame>,
    slots: Vec<usize>,
}

/// What is to be done when the way that is being tried has failed.
#[derive(Debug)]
enum Frame {
    /// Go on in a state.
    Explore { state: StateID, at: usize },
    /// Try the alternatives of a state, from `next` on.
    Alternatives { state: StateID, next: usize, at: usize },
    /// Undo what the way has set.
    Restore { slot: usize, value: usize },
}

impl Cache {
    /// The bytes that it keeps.
    pub fn memory_usage(&self) -> usize {
        self.visited.capacity() * size_of::<u64>()
            + self.stack.capacity() * size_of::<Frame>()
            + self.slots.capacity() * size_of::<usize>()
    }

    /// Makes it ready for a search, if there is memory for that.
    fn reset(&mut self, bits: usize, width: usize) -> Result<(), TryReserveError> {
        self.visited.clear();
        self.visited.try_reserve_exact(bits.div_ceil(64))?;
        self.visited.resize(bits.div_ceil(64), 0);
        self.slots.clear();
        self.slots.try_reserve_exact(width)?;
        self.slots.resize(width, UNSET);
        self.stack.clear();
        Ok(())
    }

    fn visit(&mut self, bit: usize) -> bool {
        let word = &mut self.visited[bit / 64];
        let is_new = *word & 1 << (bit % 64) == 0;
        *word |= 1 << (bit % 64);
        is_new
    }

    fn push(&mut self, frame: Frame) -> Result<(), PatternError> {
        if self.stack.len() >= STACK_LIMIT {
            return Err(PatternError::too_many_groups());
        }
        self.stack.try_reserve(1).map_err(|_| PatternError::no_memory())?;
        self.stack.push(frame);
        Ok(())
    }
}

impl PikeVm {
    /// The groups of the match that lies at `found`, in `out`. `false`: it is no match any more, or the search was
    /// cancelled.
    pub(super) fn backtrack(
        &self,
        cache: &mut Cache,
        haystack: &[u8],
        found: Range<usize>,
        cancel: Option<&CancelToken>,
        out: &mut Vec<Option<usize>>,
    ) -> Result<bool, PatternError> {
        let positions = found.len() + 1;
        let bits = self.states().saturating_mul(positions);
        if bits > 8 * VISITED_LIMIT {
            return Err(PatternError::too_many_groups());
        }
        cache.reset(bits, self.width).map_err(|_| PatternError::no_memory())?;
        cache.push(Frame::Explore { state: self.nfa.start_anchored(), at: found.start })?;
        let mut steps = 0_usize;
        while let Some(frame) = cache.stack.pop() {
            let (mut state, mut at) = match frame {
                Frame::Restore { slot, value } => {
                    cache.slots[slot] = value;
                    continue;
                }
                Frame::Explore { state, at } => (state, at),
                Frame::Alternatives { state, next, at } => {
                    let State::Union { alternates } = self.nfa.state(state) else { continue };
                    let Some(alternative) = alternates.get(next) else { continue };
                    cache.push(Frame::Alternatives { state, next: next + 1, at })?;
                    (*alternative, at)
                }
            };
            while cache.visit(state.as_usize() * positions + at - found.start) {
                steps += 1;
                if steps.is_multiple_of(CANCEL_STEPS) && cancel.is_some_and(CancelToken::is_cancelled) {
                    return Ok(false);
                }
                let mut consumed = 0;
                let next = match self.nfa.state(state) {
                    State::Match { .. } => {
                        out.clear();
                        out.extend(cache.slots.iter().map(|slot| (*slot != UNSET).then_some(*slot)));
                        return Ok(true);
                    }
                    State::Look { look, next } => self.holds(*look, haystack, at).then_some(*next),
                    State::Union { alternates } => {
                        cache.push(Frame::Alternatives { state, next: 1, at })?;
                        alternates.first().copied()
                    }
                    State::BinaryUnion { alt1, alt2 } => {
                        cache.push(Frame::Explore { state: *alt2, at })?;
                        Some(*alt1)
                    }
                    State::Capture { next, slot, .. } => {
                        let mut slots = std::mem::take(&mut cache.slots);
                        let mut full = Ok(());
                        self.set(slot.as_usize(), &mut slots, at, |slot, value| {
                            if full.is_ok() {
                                full = cache.push(Frame::Restore { slot, value });
                            }
                        });
                        cache.slots = slots;
                        full?;
                        Some(*next)
                    }
                    State::Fail => None,
                    _ if at == found.end => None,
                    consuming => {
                        consumed = 1;
                        match consuming {
                            State::ByteRange { trans } => trans.matches(haystack, at).then_some(trans.next),
                            State::Sparse(transitions) => transitions.matches(haystack, at),
                            State::Dense(transitions) => transitions.matches(haystack, at),
                            _ => None,
                        }
                    }
                };
                let Some(next) = next else { break };
                (state, at) = (next, at + consumed);
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::literal::CANCEL_INTERVAL;
    use crate::search::pattern::Pattern;
    use crate::search::pattern::engines::pike_vm;

    #[test]
    fn it_finds_the_groups_that_the_pike_vm_finds() {
        let text = "one two\r\n three, aaaa 4444 aabb\n\u{e9}\u{2028}end \u{1f600}a zaacbbbcac";
        let sources = [
            "(?:(a)|b)*",
            "(z)((a+)?(b+)?(c))*",
            "(?:(?:(a)|b)*c)*",
            "(\\w+?)(\\s+)?(\\w)",
            "((a)|(aa))+?(b|c|$)",
            "(?:()|(a)|(b)|(\\d))*",
            "^(.*)$",
            "(.)(\\b)(.)?",
            "(?:(a?)(b?)){2,5}",
        ];
        for source in sources {
            for flags in ["", "m", "i", "u", "mu", "s", "iu"] {
                let pattern = Pattern::new(source, flags).unwrap();
                let (vm, mut memory) = (pattern.cancellable_captures().unwrap(), pike_vm::Cache::default());
                let (mut cache, mut at) = (pattern.cache(), 0);
                let mut searcher = pattern.searcher(&mut cache, text.as_bytes());
                while let Some((start, end)) = searcher.find_at(at) {
                    let (mut expected, mut found) = (Vec::new(), Vec::new());
                    let bytes = text.as_bytes();
                    assert!(vm.groups(&mut memory, bytes, start..end, None, &mut expected).unwrap());
                    assert!(
                        vm.backtrack(&mut memory.backtracker, bytes, start..end, None, &mut found).unwrap()
                    );
                    assert_eq!(found, expected, "/{source}/{flags} at {start}");
                    at = if start == end { searcher.after_empty(end) } else { end };
                }
            }
        }
    }

    #[test]
    fn what_would_take_too_much_memory_is_refused_and_what_is_cancelled_ends() {
        let text = "a".repeat(4 * CANCEL_INTERVAL.max(CANCEL_STEPS));
        let pattern = Pattern::new("(?:(a)|(b))*", "").unwrap();
        let (vm, mut cache, mut out) =
            (pattern.cancellable_captures().unwrap(), Cache::default(), Vec::new());
        let cancel = CancelToken::default();
        let mut groups =
            |len: usize| vm.backtrack(&mut cache, text.as_bytes(), 0..len, Some(&cancel), &mut out);
        assert_eq!(groups(1000), Ok(true));
        cancel.cancel();
        assert_eq!(groups(text.len()), Ok(false));
        assert_eq!(groups(8 * VISITED_LIMIT), Err(PatternError::too_many_groups()));
    }
}
