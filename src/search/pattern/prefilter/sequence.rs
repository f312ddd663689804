//! Finding a pattern that is a sequence of sets of bytes and nothing else, `dur=1[0-9]{3}ms`. Vector instructions find
//! its two rarest bytes, wherever they are in the sequence, while the library looks for those in front; the other bytes
//! are then compared. So are several sequences found, `timeout|retry`, where they are dense.

use regex_syntax::hir::Hir;

use super::byte_sequences::ByteSequences;
use super::window::{self, Window};
use crate::pool::CancelToken;
use crate::search::masks::{self, BLOCK};
use crate::search::pattern::outcome::Outcome;

/// Above one candidate in so many positions an automaton is faster.
const SPARSE: usize = 8;

/// If more bytes than this have to be compared for each position, an automaton is faster.
const MOST_COMPARED: usize = 4;

/// Of several sequences, at least one match for each of them must begin in so many positions. If there are fewer, the
/// library is faster: it takes as long for a match as for a kilobyte, but goes through what lies between at the speed
/// of the memory.
const DENSE: usize = 1024;

/// So many positions tell how dense matches are, unless there is none at all.
const ENOUGH: usize = 2 * window::LARGEST;

/// A sequence, or several. Each has at least two sets of one byte.
#[derive(Debug)]
pub struct Sequence(ByteSequences);

impl Sequence {
    /// `None` if the pattern is not of this kind, or is one string, which memchr finds faster.
    pub fn new(hir: &Hir) -> Option<Self> {
        ByteSequences::new(hir).map(Self)
    }

    /// The first match at `at` or later, in the haystack that the window is of. Gives up where too much resembles a
    /// match.
    pub fn find(
        &self,
        haystack: &[u8],
        window: &mut Window,
        at: usize,
        cancel: Option<&CancelToken>,
    ) -> Outcome {
        let Self(sets) = self;
        let mut at = at;
        loop {
            if window.range().contains(&at) {
                if let Some((start, number)) = window.after(at) {
                    return Outcome::Match(start, start + sets.len(number));
                }
                at = window.range().end;
            }
            if cancel.is_some_and(CancelToken::is_cancelled) {
                return Outcome::NoMatch;
            }
            if at + sets.longest() > haystack.len() {
                // A shorter sequence may have room.
                return if sets.count() == 1 { Outcome::NoMatch } else { Outcome::GaveUp(at) };
            }
            if at < window.detour() || !self.fill(haystack, window, at) {
                return Outcome::GaveUp(at);
            }
        }
    }

    /// As `find`, for that match and the matches behind it, none of which overlap, until `take` answers `false` to one.
    pub fn find_each(
        &self,
        haystack: &[u8],
        window: &mut Window,
        at: usize,
        cancel: Option<&CancelToken>,
        mut take: impl FnMut(usize, usize) -> bool,
    ) -> Outcome {
        let mut at = at;
        loop {
            let outcome = self.find(haystack, window, at, cancel);
            let Outcome::Match(mut start, mut end) = outcome else { return outcome };
            loop {
                if !take(start, end) {
                    return Outcome::Match(start, end);
                }
                at = end;
                let Some((next, number)) = window.after(at) else { break };
                (start, end) = (next, next + self.0.len(number));
            }
        }
    }

    /// Fills the window with the matches from `start` on, where there is room for one. `false`: there is too much to
    /// compare.
    // Not inlined, so that the loop which calls it for each window stays small.
    #[inline(never)]
    fn fill(&self, haystack: &[u8], window: &mut Window, start: usize) -> bool {
        let Self(sets) = self;
        let haystack = &haystack[start..];
        let most = haystack.len() - sets.longest() + 1;
        let positions = window.begin(start, most);
        let count = masks::run(Candidates { sets, haystack, positions, window });
        // With several sequences the library takes long for each candidate too.
        let is_dense = sets.count() == 1 && count * SPARSE > positions;
        if count > SPARSE && (is_dense || count * sets.longest() > MOST_COMPARED * positions) {
            window.give_up();
            return false;
        }
        let matches = window.keep(count, |place| {
            let fits = sets.fits(&haystack[place..place + sets.longest()]);
            (fits != 0, fits.trailing_zeros() as usize)
        });
        let (total, gone) = window.sum(matches, positions);
        let is_rare = total * DENSE < gone * sets.count() && (total == 0 || gone >= ENOUGH);
        // Candidates that are no match, or overlap one, were compared in vain.
        let vain = (count - matches) * sets.longest() + (matches * sets.shortest()).saturating_sub(positions);
        if sets.count() > 1 && is_rare || vain > positions {
            window.take_detour();
        }
        true
    }
}

/// Notes where a haystack has the rarest bytes of a sequence, and answers in how many places.
struct Candidates<'a> {
    sets: &'a ByteSequences,
    haystack: &'a [u8],
    /// How many positions are searched.
    positions: usize,
    window: &'a mut Window,
}

impl masks::Kernel for Candidates<'_> {
    type Result = usize;

    #[inline(always)]
    fn run(self) -> usize {
        let Self { sets, haystack, positions, window } = self;
        let (blocks, rest) = (positions / BLOCK, positions % BLOCK);
        let mut masks = [0; window::LARGEST / BLOCK];
        for [(one, first), (other, second)] in sets.rare() {
            let (ones, others) = (&haystack[one..], &haystack[other..]);
            let pairs = ones.as_chunks().0.iter().zip(others.as_chunks().0);
            for (mask, (ones, others)) in masks[..blocks].iter_mut().zip(pairs) {
                *mask |= masks::of_pair(ones, others, [first, second]);
            }
            // The last positions of the haystack are less than a block.
            for bit in 0..rest {
                let at = blocks * BLOCK + bit;
                masks[blocks] |= u64::from(ones[at] == first && others[at] == second) << bit;
            }
        }
        let mut count = 0;
        for (number, mask) in masks[..positions.div_ceil(BLOCK)].iter().enumerate() {
            let mut candidates = *mask;
            // There are rarely more than two. Both are written without a branch that depends on how many there are.
            loop {
                count = window.note(count, number * BLOCK, candidates);
                candidates &= candidates.wrapping_sub(1);
                count = window.note(count, number * BLOCK, candidates);
                candidates &= candidates.wrapping_sub(1);
                if candidates == 0 {
                    break;
                }
            }
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::pattern::Pattern;
    use crate::search::pattern::syntax::{Flags, translated};

    fn sequence(source: &str, flags: &str) -> Option<Sequence> {
        let parsed = Flags::new(flags).unwrap();
        Sequence::new(&translated(source, flags, parsed, false).unwrap().hir)
    }

    #[test]
    fn every_match_is_found() {
        let found = sequence("a[0-9]{2}b.c", "g").unwrap();
        for length in 0..3 * BLOCK {
            for start in 0..length.saturating_sub(6) {
                let mut haystack = vec![b'a'; length];
                haystack[start..start + 6].copy_from_slice(b"a12b-c");
                let expected =
                    |from| if from <= start { Outcome::Match(start, start + 6) } else { Outcome::NoMatch };
                for from in [0, start, start + 1, length + 1] {
                    assert_eq!(
                        found.find(&haystack, &mut Window::new(), from, None),
                        expected(from),
                        "{length} {start} {from}"
                    );
                }
                assert_eq!(found.find(&haystack[..start + 5], &mut Window::new(), 0, None), Outcome::NoMatch);
            }
        }
    }

    #[test]
    fn each_of_many_matches_is_found_also_twice() {
        let found = sequence("a[0-9]b.", "g").unwrap();
        for distance in [4, 5, 7, 33, 64, 65, 1000, 3000] {
            let mut haystack = vec![b'a'; 20_000];
            let starts = Vec::from_iter((3..haystack.len() - 4).step_by(distance));
            starts.iter().for_each(|start| haystack[*start..start + 3].copy_from_slice(b"a1b"));
            let (mut window, mut at) = (Window::new(), 0);
            for start in &starts {
                for from in [at, at, start.saturating_sub(1).max(at), at] {
                    match found.find(&haystack, &mut window, from, None) {
                        // From there on an automaton has to search.
                        Outcome::GaveUp(further) => assert!((from..=*start).contains(&further)),
                        outcome => {
                            assert_eq!(outcome, Outcome::Match(*start, start + 4), "{distance} {from}")
                        }
                    }
                }
                at = start + 4;
            }
        }
    }

    #[test]
    fn it_gives_up_where_much_resembles_it() {
        let found = sequence("a{40}[bc]", "g").unwrap();
        let mut haystack = vec![b'a'; 1000];
        assert_eq!(found.find(&haystack, &mut Window::new(), 3, None), Outcome::GaveUp(3));
        // No match is lost by that.
        haystack[999] = b'b';
        let pattern = Pattern::new("a{40}[bc]", "g").unwrap();
        let mut cache = pattern.cache();
        assert_eq!(pattern.searcher(&mut cache, &haystack).find_at(3), Some((959, 1000)));
        // There is little that resembles it, but it takes long to compare: it gives up behind what it has searched.
        let found = sequence("ab.{60}", "g").unwrap();
        let haystack = [&[b'.'; 50][..], b"ab", &[b'\n'; 5000]].concat().repeat(2);
        let mut window = Window::new();
        assert_eq!(found.find(&haystack, &mut window, 0, None), Outcome::NoMatch);
        let haystack = [&[b'.'; 50][..], b"ab\n"].concat().repeat(100);
        assert!(matches!(found.find(&haystack, &mut window, 0, None), Outcome::GaveUp(1..)));
    }

    /// Where all matches are, and how many of them vector instructions found.
    fn all(source: &str, haystack: &[u8]) -> (Vec<(usize, usize)>, usize) {
        let pattern = Pattern::new(source, "g").unwrap();
        let (mut cache, mut spans, mut fast, mut at) = (pattern.cache(), Vec::new(), 0, 0);
        let mut searcher = pattern.searcher(&mut cache, haystack);
        loop {
            let outcome = searcher.find_each(at, |start, end| {
                spans.push((start, end));
                fast += 1;
                true
            });
            let Outcome::GaveUp(further) = outcome else { break };
            let Some(span) = searcher.find_at(further) else { break };
            spans.push(span);
            at = span.1;
        }
        assert_eq!(searcher.count_from(0), spans.len(), "/{source}/");
        (spans, fast)
    }

    #[test]
    fn of_several_sequences_the_first_that_fits_is_found() {
        let mut state = 1_u32;
        let mut below = |limit: usize| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) as usize % limit
        };
        for sources in [
            &["timeout", "retry", "closed", "flushed", "replica"][..],
            &["ab", "ba", "cabc"],
            &["abc", "ab", "ca.b", "bb"],
            &["aab", "ba[bc]b", "aa", "cc"],
            &["a[^b]c[a-d]{5}b", "bc", "ca"],
        ] {
            let source = sources.join("|");
            let plain = format!("(?:{source})|\\x00");
            assert!(sequence(&source, "g").is_some() && sequence(&plain, "g").is_none());
            for dense in [1, 4, 50, 300] {
                let mut haystack = Vec::new();
                let length = 3000 + below(9000);
                while haystack.len() < length {
                    haystack.extend((0..below(dense)).map(|_| b'x'));
                    haystack.extend((0..below(8)).map(|_| b"abcd"[below(4)]));
                    haystack.extend(sources[below(sources.len())].bytes());
                }
                let ((found, fast), (expected, slow)) = (all(&source, &haystack), all(&plain, &haystack));
                assert_eq!(found, expected, "/{source}/ {dense}");
                assert!(slow == 0 && (fast > found.len() / 2 || dense == 300), "{source} {dense} {fast}");
            }
        }
    }

    #[test]
    fn what_overlaps_is_the_work_of_an_automaton() {
        let most = |source: &str| {
            let (found, fast) = all(source, &vec![b'a'; 100_000]);
            assert_eq!(found.len(), 100_000 / (found[0].1 - found[0].0));
            fast as f64 / found.len() as f64
        };
        assert!(most("aa|bb") > 0.9);
        assert!(most("a{4}|b{4}") < 0.1);
        assert!(most("aa.{30}|bb.{30}") == 0.);
    }

    #[test]
    fn several_are_the_work_of_an_automaton_where_they_are_rare() {
        let found = sequence("needle|haystack", "g").unwrap();
        let mut haystack = vec![b'.'; 200_000];
        let end = haystack.len();
        haystack[end - 6..].copy_from_slice(b"needle");
        let mut window = Window::new();
        let Outcome::GaveUp(first) = found.find(&haystack, &mut window, 0, None) else { panic!() };
        assert!(first > 0 && first < window.detour());
        assert_eq!(found.find(&haystack, &mut window, first + 9, None), Outcome::GaveUp(first + 9));
        // Later it is tried again.
        let second = window.detour();
        let Outcome::GaveUp(third) = found.find(&haystack, &mut window, second, None) else { panic!() };
        assert!(third > second && third < window.detour());
        assert_eq!(all("needle|haystack", &haystack).0, [(end - 6, end)]);
        // Near the end the longest has no room.
        assert_eq!(found.find(&haystack, &mut Window::new(), end - 7, None), Outcome::GaveUp(end - 7));
    }

    #[test]
    fn it_can_be_cancelled() {
        let (haystack, cancel) = (vec![b'a'; 3000], CancelToken::default());
        let found = sequence("b[0-9]c", "g").unwrap();
        cancel.cancel();
        assert_eq!(found.find(&haystack, &mut Window::new(), 0, Some(&cancel)), Outcome::NoMatch);
    }
}
