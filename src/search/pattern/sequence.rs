//! A pattern that is a sequence of byte sets and nothing else: `dur=1[0-9]{3}ms`. Its two rarest bytes are looked for by
//! vectors, wherever in it they stand, where an automaton knows but the ones in front; the other bytes are then compared.
//! Or one that is several: `timeout|retry`, where they are dense.

use regex_syntax::hir::Hir;

use super::sets::Sets;
use super::window::{self, Window};
use crate::pool::CancelToken;
use crate::search::masks::{self, BLOCK};

/// One of so many positions may resemble a match, more is work for an automaton.
const SPARSE: usize = 8;

/// So many bytes may be compared for each position: then an automaton has gone through them.
const LABOUR: usize = 4;

/// Of several sequences one of so many positions, for each, must begin one: fewer of them are found faster by the library,
/// which takes as long for each one as for a kilobyte, but goes through what is between them at the speed of the memory.
const DENSE: usize = 1024;

/// Positions that tell how dense they are, unless there is none at all.
const ENOUGH: usize = 2 * window::LARGEST;

/// A sequence of byte sets, or several, each with two sets, at least, of one byte.
#[derive(Debug)]
pub(super) struct Sequence(Sets);

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub enum Sought {
    /// Where it begins and ends.
    At(usize, usize),
    /// No more; or the search was called off.
    Nowhere,
    /// Nothing before here, where too much resembles a match.
    GaveUp(usize),
}

impl Sequence {
    /// None: the pattern is another kind of one; or all of it is one string, which others find faster.
    pub fn new(hir: &Hir) -> Option<Self> {
        Sets::new(hir).map(Self)
    }

    /// The first one at `at` or later, in the haystack that the window is of.
    pub fn find(
        &self,
        haystack: &[u8],
        window: &mut Window,
        at: usize,
        cancel: Option<&CancelToken>,
    ) -> Sought {
        let Self(sets) = self;
        let mut at = at;
        loop {
            if window.range().contains(&at) {
                if let Some((start, number)) = window.after(at) {
                    return Sought::At(start, start + sets.len(number));
                }
                at = window.range().end;
            }
            if cancel.is_some_and(CancelToken::is_cancelled) {
                return Sought::Nowhere;
            }
            if at + sets.longest() > haystack.len() {
                // Shorter ones may have room.
                return if sets.count() == 1 { Sought::Nowhere } else { Sought::GaveUp(at) };
            }
            if at < window.detour() || !self.fill(haystack, window, at) {
                return Sought::GaveUp(at);
            }
        }
    }

    /// As `find`, and the matches behind it, none of which overlap, until `take` answers `false` to one.
    pub fn each(
        &self,
        haystack: &[u8],
        window: &mut Window,
        at: usize,
        cancel: Option<&CancelToken>,
        mut take: impl FnMut(usize, usize) -> bool,
    ) -> Sought {
        let mut at = at;
        loop {
            let sought = self.find(haystack, window, at, cancel);
            let Sought::At(mut start, mut end) = sought else { return sought };
            loop {
                if !take(start, end) {
                    return Sought::At(start, end);
                }
                at = end;
                let Some((next, number)) = window.after(at) else { break };
                (start, end) = (next, next + self.0.len(number));
            }
        }
    }

    /// Goes through the next part of a haystack, which has room for a match. `false`: there is too much to compare.
    #[inline(never)]
    fn fill(&self, haystack: &[u8], window: &mut Window, start: usize) -> bool {
        let Self(sets) = self;
        let haystack = &haystack[start..];
        let most = haystack.len() - sets.longest() + 1;
        let positions = window.begin(start, most);
        let count = masks::run(Candidates { sets, haystack, positions, window });
        // Of several the library too takes long for each.
        let is_dense = sets.count() == 1 && count * SPARSE > positions;
        if count > SPARSE && (is_dense || count * sets.longest() > LABOUR * positions) {
            window.give_up();
            return false;
        }
        let matches = window.keep(count, |place| {
            let fits = sets.fits(&haystack[place..place + sets.longest()]);
            (fits != 0, fits.trailing_zeros() as usize)
        });
        let (total, gone) = window.sum(matches, positions);
        let is_rare = total * DENSE < gone * sets.count() && (total == 0 || gone >= ENOUGH);
        // What is no match, or overlaps one, was compared in vain.
        let vain = (count - matches) * sets.longest() + (matches * sets.shortest()).saturating_sub(positions);
        if sets.count() > 1 && is_rare || vain > positions {
            window.take_detour();
        }
        true
    }
}

/// Notes where a haystack has the rarest bytes of a sequence, and tells how many there are.
struct Candidates<'a> {
    sets: &'a Sets,
    haystack: &'a [u8],
    /// So many may begin one.
    positions: usize,
    window: &'a mut Window,
}

impl masks::Loop for Candidates<'_> {
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
                *mask |= masks::pairs(ones, others, [first, second]);
            }
            // The last ones of the haystack, less than a block.
            for bit in 0..rest {
                let at = blocks * BLOCK + bit;
                masks[blocks] |= u64::from(ones[at] == first && others[at] == second) << bit;
            }
        }
        let mut count = 0;
        for (number, mask) in masks[..positions.div_ceil(BLOCK)].iter().enumerate() {
            let mut candidates = *mask;
            // Two at most, as a rule, and in no case a look at how many.
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
    use super::super::flags::Flags;
    use super::super::translated;
    use super::*;

    fn sequence(source: &str, flags: &str) -> Option<Sequence> {
        let parsed = Flags::new(flags).unwrap();
        Sequence::new(&translated(source, flags, parsed, false).unwrap().hir)
    }

    #[test]
    fn every_one_is_found() {
        let found = sequence("a[0-9]{2}b.c", "g").unwrap();
        for length in 0..3 * BLOCK {
            for start in 0..length.saturating_sub(6) {
                let mut haystack = vec![b'a'; length];
                haystack[start..start + 6].copy_from_slice(b"a12b-c");
                let expected =
                    |from| if from <= start { Sought::At(start, start + 6) } else { Sought::Nowhere };
                for from in [0, start, start + 1, length + 1] {
                    assert_eq!(
                        found.find(&haystack, &mut Window::new(), from, None),
                        expected(from),
                        "{length} {start} {from}"
                    );
                }
                assert_eq!(found.find(&haystack[..start + 5], &mut Window::new(), 0, None), Sought::Nowhere);
            }
        }
    }

    #[test]
    fn each_one_of_many_is_found_also_twice() {
        let found = sequence("a[0-9]b.", "g").unwrap();
        for distance in [4, 5, 7, 33, 64, 65, 1000, 3000] {
            let mut haystack = vec![b'a'; 20_000];
            let starts = Vec::from_iter((3..haystack.len() - 4).step_by(distance));
            starts.iter().for_each(|start| haystack[*start..start + 3].copy_from_slice(b"a1b"));
            let (mut window, mut at) = (Window::new(), 0);
            for start in &starts {
                for from in [at, at, start.saturating_sub(1).max(at), at] {
                    match found.find(&haystack, &mut window, from, None) {
                        // An automaton's work, from there on.
                        Sought::GaveUp(further) => assert!((from..=*start).contains(&further)),
                        sought => assert_eq!(sought, Sought::At(*start, start + 4), "{distance} {from}"),
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
        assert_eq!(found.find(&haystack, &mut Window::new(), 3, None), Sought::GaveUp(3));
        // And no match is lost by it.
        haystack[999] = b'b';
        let pattern = super::super::Pattern::new("a{40}[bc]", "g").unwrap();
        let mut cache = pattern.cache();
        assert_eq!(pattern.searcher(&mut cache, &haystack).find_at(3), Some((959, 1000)));
        // Little of it, but long to compare: after what was gone through.
        let found = sequence("ab.{60}", "g").unwrap();
        let haystack = [&[b'.'; 50][..], b"ab", &[b'\n'; 5000]].concat().repeat(2);
        let mut window = Window::new();
        assert_eq!(found.find(&haystack, &mut window, 0, None), Sought::Nowhere);
        let haystack = [&[b'.'; 50][..], b"ab\n"].concat().repeat(100);
        assert!(matches!(found.find(&haystack, &mut window, 0, None), Sought::GaveUp(1..)));
    }

    /// What each sought of them finds, and how many were found by vectors.
    fn all(source: &str, haystack: &[u8]) -> (Vec<(usize, usize)>, usize) {
        let pattern = super::super::Pattern::new(source, "g").unwrap();
        let (mut cache, mut spans, mut fast, mut at) = (pattern.cache(), Vec::new(), 0, 0);
        let mut searcher = pattern.searcher(&mut cache, haystack);
        loop {
            let sought = searcher.each(at, |start, end| {
                spans.push((start, end));
                fast += 1;
                true
            });
            let Sought::GaveUp(further) = sought else { break };
            let Some(span) = searcher.find_at(further) else { break };
            spans.push(span);
            at = span.1;
        }
        assert_eq!(searcher.count_from(0), spans.len(), "/{source}/");
        (spans, fast)
    }

    #[test]
    fn of_several_the_first_one_that_fits_is_found() {
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
        let Sought::GaveUp(first) = found.find(&haystack, &mut window, 0, None) else { panic!() };
        assert!(first > 0 && first < window.detour());
        assert_eq!(found.find(&haystack, &mut window, first + 9, None), Sought::GaveUp(first + 9));
        // And they are looked for again later.
        let second = window.detour();
        let Sought::GaveUp(third) = found.find(&haystack, &mut window, second, None) else { panic!() };
        assert!(third > second && third < window.detour());
        assert_eq!(all("needle|haystack", &haystack).0, [(end - 6, end)]);
        // Near the end, where the longest has no room.
        assert_eq!(found.find(&haystack, &mut Window::new(), end - 7, None), Sought::GaveUp(end - 7));
    }

    #[test]
    fn it_can_be_called_off() {
        let (haystack, cancel) = (vec![b'a'; 3000], CancelToken::default());
        let found = sequence("b[0-9]c", "g").unwrap();
        cancel.cancel();
        assert_eq!(found.find(&haystack, &mut Window::new(), 0, Some(&cancel)), Sought::Nowhere);
    }
}
