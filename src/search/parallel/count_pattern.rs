//! How often a pattern matches.

use std::ops::Range;
use std::sync::Arc;

use super::partition::Partition;
use super::parts::{Job, PART, search_alone, search_together};
use crate::pool::CancelToken;
use crate::search::haystack::Haystack;
use crate::search::target::{Bounds, Cursor, Target};
use crate::sync::Mutex;

/// How many matches of a pattern there are in a range, each beginning where the one before ended or later. If the search
/// is cancelled, the answer means nothing.
///
/// Uses up to `threads` threads, the caller's among them.
pub fn count_pattern<H: Haystack + Clone + 'static>(
    haystack: &H,
    target: &Arc<Target>,
    range: Range<usize>,
    threads: usize,
    cancel: Option<&Arc<CancelToken>>,
) -> Result<u64, H::Error> {
    let token = cancel.map(|cancel| &**cancel);
    // One thread that nobody cancels needs no parts: to find out whether there may be any can take another pass over
    // the haystack. Of a copy, each part would be copied with all the bytes around it.
    let partition = if threads == 1 && cancel.is_none() || haystack.copy_limit().is_some() {
        Partition::Whole
    } else {
        haystack.look(range.clone(), |bytes| (Partition::new(target, bytes, None, token).0, 0..0))?
    };
    if partition == Partition::Whole {
        let len = range.len();
        let counted = haystack.look(range, |bytes| (target.count(bytes, token), 0..bytes.len()));
        if let Some(cancel) = cancel {
            cancel.report(len);
        }
        return counted;
    }
    let number = range.len().div_ceil(PART).max(1);
    // All bounds before all parts: in a line that is longer than several parts its end is looked for once.
    let bounds = haystack.look(range.clone(), |bytes| {
        let mut all: Vec<Bounds> = Vec::with_capacity(number);
        for nominal in (1..=number).map(|part| part * PART) {
            match all.last() {
                Some(last) if last.start_limit > nominal => all.push(*last),
                _ => all.push(partition.bounds(target, bytes, nominal, token)),
            }
        }
        (all, 0..0)
    })?;
    let no_joins =
        partition == Partition::AtLines && target.as_pattern().is_some_and(|pattern| !pattern.can_be_empty());
    let target = Arc::clone(target);
    if threads == 1 || number == 1 {
        let count = CountPattern::new(haystack, target, range, bounds, no_joins, cancel);
        search_alone(&count, number, cancel);
        return count.total();
    }
    let count = Arc::new(CountPattern::new(haystack.clone(), target, range, bounds, no_joins, cancel));
    search_together(&count, number, threads, cancel);
    count.total()
}

/// What was counted in a part, if the search begins where the part does.
struct Counted {
    count: u64,
    /// Where the first matches end that are not empty, each with how many matches there are up to it.
    first: Vec<(u64, usize)>,
    /// Where the search goes on behind the part.
    after: usize,
}

/// `None` if the part lies in a line that all belongs to an earlier part.
type CountedPart<E> = Result<Option<Counted>, E>;

/// How many of a part's first matches are remembered, to join it to the part before.
const REMEMBERED: usize = 256;

/// A count of a pattern that is under way.
struct CountPattern<H: Haystack> {
    haystack: H,
    target: Arc<Target>,
    range: Range<usize>,
    /// Where each part ends.
    bounds: Vec<Bounds>,
    /// No match of one part has anything to do with the next part: no match crosses a line, and none is empty.
    no_joins: bool,
    cancel: Option<Arc<CancelToken>>,
    /// What was counted in each part that was searched.
    counted: Mutex<Vec<Option<CountedPart<H::Error>>>>,
}

impl<H: Haystack> CountPattern<H> {
    fn new(
        haystack: H,
        target: Arc<Target>,
        range: Range<usize>,
        bounds: Vec<Bounds>,
        no_joins: bool,
        cancel: Option<&Arc<CancelToken>>,
    ) -> Self {
        let counted = Mutex::new(Vec::from_iter(bounds.iter().map(|_| None)));
        Self { haystack, target, range, bounds, no_joins, cancel: cancel.cloned(), counted }
    }

    fn cancel(&self) -> Option<&CancelToken> {
        self.cancel.as_deref()
    }

    /// Where a part begins.
    fn start(&self, number: usize) -> usize {
        number.checked_sub(1).map_or(0, |before| self.bounds[before].start_limit)
    }

    fn count_part(&self, haystack: &[u8], from: usize, bounds: Bounds) -> Counted {
        let mut counted = Counted { count: 0, first: Vec::new(), after: bounds.start_limit };
        if self.no_joins {
            counted.count = self.target.count_within(haystack, from, bounds.end_limit, self.cancel());
            return counted;
        }
        let mut cursor = Cursor { at: from, is_exact: Some(true), is_done: false };
        // No error: without groups no automaton is made that could be too large.
        let _ = self.target.walk(haystack, &mut cursor, bounds, false, self.cancel(), |found| {
            counted.count += 1;
            if counted.first.len() < REMEMBERED && found[0] != found[1] {
                counted.first.push((counted.count, found[1].unwrap_or(0)));
            }
            true
        });
        counted.after = cursor.at;
        counted
    }

    /// Counts a part again, from where the search of the part before went on, until a match ends where one of those
    /// ended that were found before. From there on both searches find the same.
    fn join(&self, haystack: &[u8], part: Counted, from: usize, bounds: Bounds) -> Counted {
        let mut joined = Counted { count: 0, first: Vec::new(), after: bounds.start_limit };
        let mut cursor = Cursor { at: from, is_exact: Some(true), is_done: false };
        let mut met = None;
        // No error: as above.
        let _ = self.target.walk(haystack, &mut cursor, bounds, false, self.cancel(), |found| {
            joined.count += 1;
            // Neither may be empty: behind an empty match a search goes on a byte further.
            let is_same = |(_, end): &&(u64, usize)| found[0] != found[1] && Some(*end) == found[1];
            met = part.first.iter().find(is_same).map(|(count, _)| *count);
            met.is_none()
        });
        match met {
            Some(count) => Counted { count: joined.count + part.count - count, after: part.after, ..joined },
            None => Counted { after: cursor.at, ..joined },
        }
    }

    /// The sum of all parts, joined where a match of one reaches into the next.
    fn total(&self) -> Result<u64, H::Error> {
        let parts = std::mem::take(&mut *self.counted.lock());
        let (mut total, mut at) = (0, 0);
        for (number, part) in parts.into_iter().enumerate() {
            let Some(Some(mut part)) = part.transpose()? else { continue };
            let bounds = self.bounds[number];
            if at > self.start(number) {
                let seen = at.min(bounds.end_limit)..bounds.end_limit;
                let join = |bytes: &[u8]| (self.join(bytes, part, at, bounds), seen);
                part = self.haystack.look(self.range.clone(), join)?;
            }
            total += part.count;
            at = part.after;
        }
        Ok(total)
    }
}

impl<H: Haystack> Job for CountPattern<H> {
    fn search(&self, number: usize) -> bool {
        let (start, bounds) = (self.start(number), self.bounds[number]);
        let counted = self.haystack.look(self.range.clone(), |bytes| {
            let is_searched = start < bounds.start_limit;
            let part = is_searched.then(|| self.count_part(bytes, start, bounds));
            (part, start.min(bytes.len())..bounds.end_limit.max(start).min(bytes.len()))
        });
        if let Some(cancel) = &self.cancel {
            cancel.report(PART.min(self.range.len().saturating_sub(number * PART)));
        }
        let goes_on = counted.is_ok();
        self.counted.lock()[number] = Some(counted);
        goes_on
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn text() -> Vec<u8> {
        (0u64..)
            .flat_map(|n| {
                format!("{} word{} äö aaaa{}\n", n, n * n % 997, "a".repeat(n as usize % 7)).into_bytes()
            })
            .take(3 * PART + 12_345)
            .collect()
    }

    pub const SOURCES: &[&str] = &[
        "\\w+",
        "aa",
        "a{1,7}",
        "a+",
        "\\d{2,3}",
        "[^]{5}",
        "(?:)",
        "a*",
        "\\s",
        "\\s+",
        "word1",
        "^",
        "$",
        "^\\d",
        "\\bword",
        "[^a]+",
        "ä",
        ".",
        "(a)|b",
        "\\n\\d",
        "a\\n",
        "[^\\n]*\\n",
        "(?:a|word)[^\\n]*(?:\\n|b)",
        "\\n?a",
        "[^]+?word9",
        "word9[^]*",
        "[^b]+b",
        "(?:[^]{3})+1\\n",
        "äö[^x]*?\\b7\\d+$",
        "[^]*?\\B",
        "[^z]*z|word98",
        "^[^x]+?7$",
        "[^]{3}|$",
    ];

    #[test]
    fn an_empty_match_where_parts_are_joined_counts() {
        let mut bytes = vec![b'x'; 2 * PART];
        for newline in PART + 2..PART + 9 {
            bytes[newline] = b'\n';
            let bytes = Arc::new(bytes.clone());
            for source in ["xxx|$", "\\s{3}|xxx|$", "[^\\r]{3}|\\b"] {
                let target = Arc::new(Target::pattern(source, "gm").unwrap());
                let expected = target.count(&bytes, None);
                let counted = count_pattern(&bytes, &target, 0..bytes.len(), 2, Some(&Arc::default()));
                assert_eq!(counted, Ok(expected), "/{source}/ {newline}");
            }
        }
    }

    #[test]
    fn threads_change_nothing() {
        let bytes = Arc::new(text());
        for source in SOURCES {
            for flags in ["g", "gm", "giu", "gmu", "gs", "gy"] {
                let target = Arc::new(Target::pattern(source, flags).unwrap());
                for range in [0..bytes.len(), 7..PART + 3, PART..PART] {
                    let expected = target.count(&bytes[range.clone()], None);
                    for (threads, cancel) in [(1, None), (1, Some(Arc::default())), (3, Some(Arc::default()))]
                    {
                        let counted = count_pattern(&bytes, &target, range.clone(), threads, cancel.as_ref());
                        assert_eq!(counted, Ok(expected), "/{source}/{flags} {range:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_search_looks_at_its_cancel_token() {
        let bytes = Arc::new(text());
        let cancel = Arc::<CancelToken>::default();
        cancel.cancel();
        for source in SOURCES {
            for flags in ["g", "gm", "giu", "gmu", "gs"] {
                let target = Arc::new(Target::pattern(source, flags).unwrap());
                assert_eq!(target.count(&bytes, Some(&cancel)), 0, "/{source}/{flags}");
                assert_eq!(
                    count_pattern(&bytes, &target, 0..bytes.len(), 2, Some(&cancel)),
                    Ok(0),
                    "/{source}/{flags}"
                );
            }
        }
    }
}
