//! What is searched for, a literal or a pattern, behind one interface; and a walk over all its matches that can stop
//! and go on later.

use super::literal::{Direction, Needle};
use super::pattern::{Cache, Outcome, Pattern, PatternError, Searcher};
use crate::pool::CancelToken;
use crate::sync::Mutex;

enum Kind {
    Literal(Box<Needle<'static>>),
    Pattern(Box<Pattern>),
}

/// Working memory of more bytes than this is given back after each search, not kept for the next one.
const KEPT_CACHE: usize = 16 << 20;

/// What is searched for. Any number of threads can search for it at once.
pub struct Target {
    kind: Kind,
    /// The working memory of searches for a pattern, while no thread uses it.
    caches: Mutex<Vec<Cache>>,
}

/// How far a walk over the matches has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// Where the next match can begin, counted from the start of the haystack.
    pub at: usize,
    /// Whether the pattern's automaton is exact in all of the haystack; `None` until that had to be found out.
    pub is_exact: Option<bool>,
    /// There are no more matches.
    pub is_done: bool,
}

/// Where a walk ends.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// No match begins here or later. One more than the length of the haystack, if an empty match at its end counts.
    pub start_limit: usize,
    /// No match ends later than here.
    pub end_limit: usize,
}

impl Bounds {
    /// The whole haystack.
    pub fn whole(haystack: &[u8]) -> Self {
        Self { start_limit: haystack.len() + 1, end_limit: haystack.len() }
    }
}

impl Target {
    /// Bytes as they are. An empty string is found everywhere. `None` if there is no memory for a copy of them.
    pub fn literal(needle: &[u8]) -> Option<Self> {
        let needle = Needle::new(needle, Direction::Forward).try_to_owned()?;
        Some(Self { kind: Kind::Literal(Box::new(needle)), caches: Mutex::default() })
    }

    /// The source and flags of a RegExp.
    pub fn pattern(source: &str, flags: &str) -> Result<Self, PatternError> {
        let pattern = Pattern::new(source, flags)?;
        Ok(Self { kind: Kind::Pattern(Box::new(pattern)), caches: Mutex::default() })
    }

    /// The names of the groups. The first group is the whole match.
    pub fn groups(&self) -> &[Option<String>] {
        match &self.kind {
            Kind::Literal(_) => &[None],
            Kind::Pattern(pattern) => pattern.groups(),
        }
    }

    pub fn as_literal(&self) -> Option<&Needle<'static>> {
        match &self.kind {
            Kind::Literal(needle) => Some(needle),
            Kind::Pattern(_) => None,
        }
    }

    pub fn as_pattern(&self) -> Option<&Pattern> {
        match &self.kind {
            Kind::Literal(_) => None,
            Kind::Pattern(pattern) => Some(pattern),
        }
    }

    fn with_cache<R>(&self, pattern: &Pattern, with: impl FnOnce(&mut Cache) -> R) -> R {
        let free = self.caches.lock().pop();
        let mut cache = free.unwrap_or_else(|| pattern.cache());
        let result = with(&mut cache);
        if cache.memory_usage() <= KEPT_CACHE {
            self.caches.lock().push(cache);
        }
        result
    }

    /// About how many bytes it takes, with the working memory that it keeps.
    pub fn memory_usage(&self) -> usize {
        let kept: usize = self.caches.lock().iter().map(Cache::memory_usage).sum();
        kept + match &self.kind {
            Kind::Literal(needle) => needle.len(),
            Kind::Pattern(pattern) => pattern.memory_usage(),
        }
    }

    /// Calls `take` with each match within `bounds`, from `cursor` on, until it answers `false`: the walk then stops
    /// before that match, and can go on from `cursor`. A match is the start and end of each group in turn, `None` for a
    /// group that took no part; of the whole match alone, if `groups` is false.
    ///
    /// A cancelled walk stops anywhere, and the cursor then means nothing.
    pub fn walk(
        &self,
        haystack: &[u8],
        cursor: &mut Cursor,
        bounds: Bounds,
        groups: bool,
        cancel: Option<&CancelToken>,
        mut take: impl FnMut(&[Option<usize>]) -> bool,
    ) -> Result<(), PatternError> {
        match &self.kind {
            Kind::Literal(needle) => {
                walk_literal(needle, haystack, cursor, bounds, &mut take);
                Ok(())
            }
            Kind::Pattern(pattern) => self.with_cache(pattern, |cache| {
                let mut searcher =
                    pattern.searcher(cache, haystack).with_cancel(cancel).with_exactness(cursor.is_exact);
                if searcher.is_exact() == Some(true) {
                    searcher = searcher.with_end(bounds.end_limit);
                }
                walk_pattern(searcher, cursor, bounds.start_limit, groups, &mut take)
            }),
        }
    }

    /// Where the first match begins and ends that begins at `at` or later.
    pub fn find(&self, haystack: &[u8], at: usize) -> Option<(usize, usize)> {
        match &self.kind {
            Kind::Literal(needle) => {
                let start = needle.find(haystack.get(at..)?)? + at;
                Some((start, start + needle.len()))
            }
            Kind::Pattern(pattern) => {
                self.with_cache(pattern, |cache| pattern.searcher(cache, haystack).find_at(at))
            }
        }
    }

    /// How many matches there are that begin at `from` or later and end at `end` or before, in a haystack in which the
    /// pattern's automaton is known to be exact.
    pub fn count_within(
        &self,
        haystack: &[u8],
        from: usize,
        end: usize,
        cancel: Option<&CancelToken>,
    ) -> u64 {
        match &self.kind {
            Kind::Literal(needle) => needle.count(&haystack[from..end]).0,
            Kind::Pattern(pattern) => self.with_cache(pattern, |cache| {
                let searcher =
                    pattern.searcher(cache, haystack).with_cancel(cancel).with_exactness(Some(true));
                searcher.with_end(end).count_from(from) as u64
            }),
        }
    }

    /// How many matches there are.
    pub fn count(&self, haystack: &[u8], cancel: Option<&CancelToken>) -> u64 {
        match &self.kind {
            Kind::Literal(needle) => needle.count(haystack).0,
            Kind::Pattern(pattern) => self.with_cache(pattern, |cache| {
                pattern.searcher(cache, haystack).with_cancel(cancel).count_from(0) as u64
            }),
        }
    }
}

/// `Target::walk` over the occurrences of a needle.
pub fn walk_literal(
    needle: &Needle<'_>,
    haystack: &[u8],
    cursor: &mut Cursor,
    bounds: Bounds,
    take: &mut dyn FnMut(&[Option<usize>]) -> bool,
) {
    let limit = bounds.start_limit;
    let end = limit.saturating_add(needle.len()).min(bounds.end_limit).min(haystack.len());
    while cursor.at < limit && cursor.at <= end {
        let Some(found) = needle.find(&haystack[cursor.at..end]) else { break };
        let start = cursor.at + found;
        if start >= limit {
            break;
        }
        let stop = start + needle.len();
        if !take(&[Some(start), Some(stop)]) {
            return;
        }
        cursor.at = if start == stop { stop + 1 } else { stop };
    }
    cursor.at = cursor.at.max(limit);
    cursor.is_done = limit > haystack.len();
}

fn walk_pattern(
    mut searcher: Searcher<'_, '_, '_>,
    cursor: &mut Cursor,
    limit: usize,
    groups: bool,
    take: &mut dyn FnMut(&[Option<usize>]) -> bool,
) -> Result<(), PatternError> {
    let mut slots = Vec::new();
    let groups = groups && searcher.has_groups();
    while cursor.at < limit {
        if !groups {
            let outcome = searcher.find_each(cursor.at, |start, end| {
                let took = start < limit && take(&[Some(start), Some(end)]);
                if took {
                    cursor.at = end;
                }
                took
            });
            match outcome {
                Outcome::Match(start, _) if start < limit => return Ok(()),
                Outcome::GaveUp(further) => cursor.at = further,
                _ => {
                    cursor.is_done = searcher.is_beyond_end(limit);
                    break;
                }
            }
        }
        let found = if groups {
            searcher
                .captures_at(cursor.at, &mut slots)?
                .then(|| (slots[0].unwrap_or(0), slots[1].unwrap_or(0)))
        } else {
            searcher.find_at(cursor.at)
        };
        cursor.is_exact = searcher.is_exact();
        let Some((start, end)) = found.filter(|(start, _)| *start < limit) else {
            cursor.is_done = searcher.is_sticky() || searcher.is_beyond_end(limit);
            break;
        };
        let took = if groups { take(&slots) } else { take(&[Some(start), Some(end)]) };
        if !took {
            return Ok(());
        }
        cursor.at = if start == end { searcher.after_empty(end) } else { end };
    }
    cursor.is_done |= searcher.is_beyond_end(limit);
    cursor.at = cursor.at.max(limit);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(target: &Target, haystack: &[u8], step: usize) -> Vec<Vec<Option<usize>>> {
        let (mut found, mut cursor) = (Vec::new(), Cursor::default());
        while !cursor.is_done {
            let mut room = step;
            target
                .walk(haystack, &mut cursor, Bounds::whole(haystack), true, None, |slots| {
                    if room == 0 {
                        return false;
                    }
                    room -= 1;
                    found.push(slots.to_vec());
                    true
                })
                .unwrap();
        }
        found
    }

    #[test]
    fn a_walk_that_was_stopped_goes_on_where_it_was() {
        let haystack = "one two\r\n three, aaaa 4444\n\u{e9}\u{2028}end".as_bytes();
        for source in ["\\w+", "a*", "(a)|(4)", "^", "$", "x*", "aa", "(?:(a)|b|\\d)+"] {
            for flags in ["g", "gm", "gi", "gu", "gmu", "gy"] {
                let target = Target::pattern(source, flags).unwrap();
                let whole = all(&target, haystack, usize::MAX);
                for step in [1, 2, 3] {
                    assert_eq!(all(&target, haystack, step), whole, "/{source}/{flags}");
                }
                assert_eq!(target.count(haystack, None), whole.len() as u64, "/{source}/{flags}");
            }
        }
    }

    #[test]
    fn literals_are_walked_as_patterns_are() {
        let haystack = b"abaabab aab";
        for needle in ["", "a", "ab", "aab", "zz", "abaabab aab"] {
            let (literal, pattern) =
                (Target::literal(needle.as_bytes()).unwrap(), Target::pattern(needle, "g").unwrap());
            assert_eq!(all(&literal, haystack, 2), all(&pattern, haystack, 3), "{needle:?}");
            assert_eq!(literal.count(haystack, None), pattern.count(haystack, None), "{needle:?}");
            assert_eq!(literal.find(haystack, 3), pattern.find(haystack, 3), "{needle:?}");
        }
    }
}
