//! What is looked for, bytes or a pattern, and a walk over all its matches that can be left and taken up again.

use memchr::memmem;

use super::literal;
use super::pattern::{Cache, Pattern, PatternError, Searcher, Sought};
use crate::pool::CancelToken;
use crate::sync::Mutex;

enum Kind {
    Bytes(Box<memmem::Finder<'static>>),
    Pattern(Box<Pattern>),
}

/// What is looked for. Any number of threads may look for it at once.
pub struct Target {
    kind: Kind,
    /// What threads need to search, while none does.
    caches: Mutex<Vec<Cache>>,
}

/// How far a walk over the matches has come, counted from the start of the haystack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Where the next match may begin.
    pub at: usize,
    /// What is known of the haystack.
    pub known: Option<bool>,
    /// There is no further match.
    pub over: bool,
}

impl Target {
    /// Bytes as they are; none are found everywhere.
    pub fn bytes(needle: &[u8]) -> Self {
        Self {
            kind: Kind::Bytes(Box::new(memmem::Finder::new(needle).into_owned())),
            caches: Mutex::default(),
        }
    }

    /// A RegExp's source and flags.
    pub fn pattern(source: &str, flags: &str) -> Result<Self, PatternError> {
        let pattern = Pattern::new(source, flags)?;
        Ok(Self { kind: Kind::Pattern(Box::new(pattern)), caches: Mutex::default() })
    }

    /// The names of the groups; the first is the whole match.
    pub fn groups(&self) -> &[Option<String>] {
        match &self.kind {
            Kind::Bytes(_) => &[None],
            Kind::Pattern(pattern) => pattern.groups(),
        }
    }

    /// The pattern, if it is one.
    pub fn as_pattern(&self) -> Option<&Pattern> {
        match &self.kind {
            Kind::Bytes(_) => None,
            Kind::Pattern(pattern) => Some(pattern),
        }
    }

    /// The bytes, if they are.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match &self.kind {
            Kind::Bytes(finder) => Some(finder.needle()),
            Kind::Pattern(_) => None,
        }
    }

    fn with_cache<R>(&self, pattern: &Pattern, with: impl FnOnce(&mut Cache) -> R) -> R {
        let lock = || self.caches.lock();
        let found = lock().pop();
        let mut cache = found.unwrap_or_else(|| pattern.cache());
        let result = with(&mut cache);
        lock().push(cache);
        result
    }

    /// Calls `take` with each match from `place` on, its groups' spans in pairs, until that answers `false`. `limit`: no
    /// match begins there or later, nor ends beyond `reach`; both may be the length of the haystack. What was called off
    /// has said nothing about the rest.
    pub fn walk(
        &self,
        haystack: &[u8],
        place: &mut Place,
        bounds: Bounds,
        groups: bool,
        cancel: Option<&CancelToken>,
        mut take: impl FnMut(&[Option<usize>]) -> bool,
    ) -> Result<(), PatternError> {
        match &self.kind {
            Kind::Bytes(finder) => {
                walk_bytes(finder, haystack, place, bounds, &mut take);
                Ok(())
            }
            Kind::Pattern(pattern) => self.with_cache(pattern, |cache| {
                let searcher = pattern.searcher(cache, haystack).held(cancel).knowing(place.known);
                let searcher =
                    if searcher.known() == Some(true) { searcher.until(bounds.reach) } else { searcher };
                walk_pattern(searcher, place, bounds.limit, groups, &mut take)
            }),
        }
    }

    /// The first match's span at `at` or later.
    pub fn find(&self, haystack: &[u8], at: usize) -> Option<(usize, usize)> {
        match &self.kind {
            Kind::Bytes(finder) => {
                let found = literal::find(haystack.get(at..)?, finder.needle())? + at;
                Some((found, found + finder.needle().len()))
            }
            Kind::Pattern(pattern) => {
                self.with_cache(pattern, |cache| pattern.searcher(cache, haystack).find_at(at))
            }
        }
    }

    /// How many matches there are from `from` on that end at `reach` or before, in a haystack that is known to be clean.
    pub fn count_within(&self, haystack: &[u8], from: usize, reach: usize, cancel: &CancelToken) -> u64 {
        match &self.kind {
            Kind::Bytes(finder) => literal::count(&haystack[from..reach], finder.needle()).0,
            Kind::Pattern(pattern) => self.with_cache(pattern, |cache| {
                let searcher = pattern.searcher(cache, haystack).held(Some(cancel)).knowing(Some(true));
                searcher.until(reach).count_from(from) as u64
            }),
        }
    }

    /// How many matches there are.
    pub fn count(&self, haystack: &[u8], cancel: Option<&CancelToken>) -> u64 {
        match &self.kind {
            Kind::Bytes(finder) => literal::count(haystack, finder.needle()).0,
            Kind::Pattern(pattern) => self.with_cache(pattern, |cache| {
                pattern.searcher(cache, haystack).held(cancel).count_from(0) as u64
            }),
        }
    }
}

/// Where a walk ends.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// No match begins here or later (at the end of the haystack an empty one may).
    pub limit: usize,
    /// No match ends beyond.
    pub reach: usize,
}

impl Bounds {
    /// The whole haystack.
    pub fn whole(haystack: &[u8]) -> Self {
        Self { limit: haystack.len() + 1, reach: haystack.len() }
    }
}

fn walk_bytes(
    finder: &memmem::Finder<'_>,
    haystack: &[u8],
    place: &mut Place,
    bounds: Bounds,
    take: &mut dyn FnMut(&[Option<usize>]) -> bool,
) {
    let needle = finder.needle();
    let end = bounds.limit.saturating_add(needle.len()).min(bounds.reach).min(haystack.len());
    while place.at < bounds.limit && place.at <= end {
        let Some(found) = finder.find(&haystack[place.at..end]) else { break };
        let start = place.at + found;
        if start >= bounds.limit {
            break;
        }
        let stop = start + needle.len();
        if !take(&[Some(start), Some(stop)]) {
            return;
        }
        place.at = if needle.is_empty() { stop + 1 } else { stop };
    }
    place.at = place.at.max(bounds.limit);
    place.over = bounds.limit > haystack.len();
}

fn walk_pattern(
    mut searcher: Searcher<'_, '_, '_>,
    place: &mut Place,
    limit: usize,
    groups: bool,
    take: &mut dyn FnMut(&[Option<usize>]) -> bool,
) -> Result<(), PatternError> {
    let mut slots = Vec::new();
    let groups = groups && searcher.has_groups();
    while place.at < limit {
        if !groups {
            let sought = searcher.each(place.at, |start, end| {
                let took = start < limit && take(&[Some(start), Some(end)]);
                if took {
                    place.at = end;
                }
                took
            });
            match sought {
                Sought::At(start, _) if start < limit => return Ok(()),
                Sought::GaveUp(further) => place.at = further,
                _ => {
                    place.over = searcher.is_at_end(limit);
                    break;
                }
            }
        }
        let found = if groups {
            searcher
                .captures_at(place.at, &mut slots)?
                .then(|| (slots[0].unwrap_or(0), slots[1].unwrap_or(0)))
        } else {
            searcher.find_at(place.at)
        };
        place.known = searcher.known();
        let Some((start, end)) = found.filter(|(start, _)| *start < limit) else {
            place.over = searcher.is_sticky() || searcher.is_at_end(limit);
            break;
        };
        let took = if groups { take(&slots) } else { take(&[Some(start), Some(end)]) };
        if !took {
            return Ok(());
        }
        place.at = if start == end { searcher.after_empty(end) } else { end };
    }
    place.over |= searcher.is_at_end(limit);
    place.at = place.at.max(limit);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(target: &Target, haystack: &[u8], step: usize) -> Vec<Vec<Option<usize>>> {
        let (mut found, mut place) = (Vec::new(), Place::default());
        while !place.over {
            let mut room = step;
            target
                .walk(haystack, &mut place, Bounds::whole(haystack), true, None, |slots| {
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
    fn a_walk_that_is_left_goes_on_where_it_was() {
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
    fn bytes_are_walked_as_patterns_are() {
        let haystack = b"abaabab aab";
        for needle in ["", "a", "ab", "aab", "zz", "abaabab aab"] {
            let (bytes, pattern) = (Target::bytes(needle.as_bytes()), Target::pattern(needle, "g").unwrap());
            assert_eq!(all(&bytes, haystack, 2), all(&pattern, haystack, 3), "{needle:?}");
            assert_eq!(bytes.count(haystack, None), pattern.count(haystack, None), "{needle:?}");
            assert_eq!(bytes.find(haystack, 3), pattern.find(haystack, 3), "{needle:?}");
        }
    }
}
