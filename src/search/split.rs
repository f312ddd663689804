//! Where a search for a pattern may be cut into parts without changing its answer, and how the parts' answers are joined.

use std::ops::Range;
use std::sync::Arc;

use super::pattern::Pattern;
use super::scan::{self, Haystack, PART};
use super::target::{Bounds, Place, Target};
use crate::pool::{self, CancelToken};
use crate::sync::Mutex;

/// How matches can be kept apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// No match goes on behind a `\n`: there matches begin anew.
    Lines,
    /// No match has more bytes than this.
    Bounded(usize),
    /// Not at all.
    Never,
}

/// Longer matches than this are not worth looking beyond a part for.
const LONGEST: usize = 64 * 1024;

impl Cut {
    /// How the matches of a target may be kept apart in a haystack, and what is known of that.
    pub fn new(
        target: &Target,
        haystack: &[u8],
        known: Option<bool>,
        cancel: &CancelToken,
    ) -> (Self, Option<bool>) {
        let Some(pattern) = target.as_pattern() else {
            return (Self::Bounded(target.as_bytes().map_or(0, <[u8]>::len)), known);
        };
        if pattern.is_sticky() {
            return (Self::Never, known);
        }
        let clean = known.unwrap_or_else(|| pattern.is_clean(haystack, Some(cancel)));
        let cut = match pattern.max_len() {
            _ if !clean => Self::Never,
            _ if !pattern.can_cross_lines() => Self::Lines,
            Some(most) if most <= LONGEST => Self::Bounded(most),
            _ => Self::Never,
        };
        (cut, Some(clean))
    }

    /// The bounds of the part that ends at `nominal` or soon after: where the next one begins is its limit.
    pub fn bounds(self, target: &Target, haystack: &[u8], nominal: usize, cancel: &CancelToken) -> Bounds {
        let code_points = target.as_pattern().is_some_and(Pattern::has_code_points);
        let limit = match self {
            Self::Lines => haystack.get(nominal..).and_then(|rest| {
                // Line by line may be far.
                let mut parts = rest.chunks(PART).take_while(|_| !cancel.is_cancelled()).enumerate();
                parts.find_map(|(part, bytes)| {
                    memchr::memchr(b'\n', bytes).map(|at| nominal + part * PART + at + 1)
                })
            }),
            Self::Bounded(_) => {
                (nominal..haystack.len()).find(|at| !code_points || haystack[*at] & 0xc0 != 0x80)
            }
            Self::Never => None,
        };
        match (limit, self) {
            (Some(limit), Self::Bounded(most)) => Bounds { limit, reach: (limit + most).min(haystack.len()) },
            (Some(limit), _) if limit < haystack.len() => Bounds { limit, reach: limit },
            _ => Bounds::whole(haystack),
        }
    }

    /// As `bounds`, for one who comes again and again: looks no further than a part for the end of a line. The part then
    /// ends anywhere, as matches of a bounded length allow, or not at all.
    pub fn near(self, target: &Target, haystack: &[u8], nominal: usize, cancel: &CancelToken) -> Bounds {
        let near = haystack.get(nominal..).map_or(&[][..], |rest| &rest[..rest.len().min(PART)]);
        if self != Self::Lines
            || nominal + near.len() >= haystack.len()
            || memchr::memchr(b'\n', near).is_some()
        {
            return self.bounds(target, haystack, nominal, cancel);
        }
        match target.as_pattern().and_then(Pattern::max_len) {
            Some(most) if most <= LONGEST => Self::Bounded(most).bounds(target, haystack, nominal, cancel),
            _ => Bounds::whole(haystack),
        }
    }
}

/// What a part found, if its search began where the part does.
struct Part {
    count: u64,
    /// Where the first matches that are not empty end, each with how many matches there are up to it.
    first: Vec<(u64, usize)>,
    /// Where it goes on behind the part.
    after: usize,
}

/// How many of a part's matches are remembered, to join it to the one before.
const REMEMBERED: usize = 256;

fn count_part(
    target: &Target,
    haystack: &[u8],
    cut: Cut,
    from: usize,
    bounds: Bounds,
    cancel: &CancelToken,
) -> Part {
    let mut part = Part { count: 0, first: Vec::new(), after: bounds.limit };
    let mut place = Place { at: from, known: Some(true), over: false };
    if cut == Cut::Lines && target.as_pattern().is_some_and(|pattern| !pattern.can_be_empty()) {
        part.count = target.count_within(haystack, from, bounds.reach, cancel);
        return part;
    }
    // No groups, and so no automaton that may be too large for them.
    let _ = target.walk(haystack, &mut place, bounds, false, Some(cancel), |found| {
        part.count += 1;
        if part.first.len() < REMEMBERED && found[0] != found[1] {
            part.first.push((part.count, found[1].unwrap_or(0)));
        }
        true
    });
    part.after = place.at;
    part
}

/// Counts a part again, from where the part before went on, until the two ways to go through it meet.
fn join(
    target: &Target,
    haystack: &[u8],
    part: Part,
    from: usize,
    bounds: Bounds,
    cancel: &CancelToken,
) -> Part {
    let mut joined = Part { count: 0, first: Vec::new(), after: bounds.limit };
    let mut place = Place { at: from, known: Some(true), over: false };
    let mut met = None;
    let _ = target.walk(haystack, &mut place, bounds, false, Some(cancel), |found| {
        joined.count += 1;
        // Two matches that end together, neither of them empty: from there on the two ways are one.
        let same = |(_, end): &&(u64, usize)| found[0] != found[1] && Some(*end) == found[1];
        met = part.first.iter().find(same).map(|(count, _)| *count);
        met.is_none()
    });
    match met {
        Some(count) => Part { count: joined.count + part.count - count, after: part.after, ..joined },
        None => Part { after: place.at, ..joined },
    }
}

/// How many matches there are within a range.
pub fn count<H: Haystack>(
    haystack: &Arc<H>,
    target: &Arc<Target>,
    range: Range<usize>,
    threads: usize,
    cancel: &Arc<CancelToken>,
) -> Result<u64, H::Error> {
    if let Some(needle) = target.as_bytes() {
        return scan::count(haystack, needle, range, threads, cancel);
    }
    let whole = range.len();
    let cut = if haystack.copies() {
        Cut::Never
    } else {
        haystack.look(range.clone(), |bytes| (Cut::new(target, bytes, None, cancel).0, 0..0))?
    };
    if cut == Cut::Never {
        let counted = haystack.look(range, |bytes| (target.count(bytes, Some(cancel)), 0..bytes.len()));
        cancel.report(whole);
        return counted;
    }
    // One after the other: so a line that is longer than a part is gone through once.
    let number = whole.div_ceil(PART).max(1);
    let bounds = haystack.look(range.clone(), |bytes| {
        let mut all: Vec<Bounds> = Vec::with_capacity(number);
        for nominal in (1..=number).map(|part| part * PART) {
            match all.last() {
                Some(last) if last.limit > nominal => all.push(*last),
                _ => all.push(cut.bounds(target, bytes, nominal, cancel)),
            }
        }
        (all, 0..0)
    })?;
    let parts = Arc::new(Mutex::new(Vec::from_iter((0..number).map(|_| None))));
    let (found, reports, lent, sought) =
        (Arc::clone(&parts), Arc::clone(cancel), Arc::clone(haystack), Arc::clone(target));
    let all = range.clone();
    pool::parallel_for(number, threads, cancel, move |number| {
        let counted = lent.look(all.clone(), |bytes| {
            let start = if number == 0 { 0 } else { bounds[number - 1].limit };
            let bounds = bounds[number];
            // A line that is longer than a part: the part before has it all.
            let empty = start >= bounds.limit;
            let part = if empty {
                None
            } else {
                Some((start, bounds, count_part(&sought, bytes, cut, start, bounds, &reports)))
            };
            (part, start.min(bytes.len())..bounds.reach.max(start).min(bytes.len()))
        });
        reports.report(PART.min(whole - (number * PART).min(whole)));
        let goes_on = counted.is_ok();
        found.lock()[number] = Some(counted);
        goes_on
    });
    let parts = std::mem::take(&mut *parts.lock());
    let (mut total, mut at) = (0, 0);
    for part in parts.into_iter().flatten() {
        let Some((start, bounds, mut part)) = part? else { continue };
        if at > start {
            let seen = at.min(bounds.reach)..bounds.reach;
            part = haystack
                .look(range.clone(), |bytes| (join(target, bytes, part, at, bounds, cancel), seen))?;
        }
        total += part.count;
        at = part.after;
    }
    Ok(total)
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
                let counted = count(&bytes, &target, 0..bytes.len(), 2, &Arc::default());
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
                    for threads in [1, 3] {
                        let counted = count(&bytes, &target, range.clone(), threads, &Arc::default());
                        assert_eq!(counted, Ok(expected), "/{source}/{flags} {range:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_search_looks_at_its_leash() {
        let bytes = Arc::new(text());
        let cancel = Arc::<CancelToken>::default();
        cancel.cancel();
        for source in SOURCES {
            for flags in ["g", "gm", "giu", "gmu", "gs"] {
                let target = Arc::new(Target::pattern(source, flags).unwrap());
                assert_eq!(target.count(&bytes, Some(&cancel)), 0, "/{source}/{flags}");
                assert_eq!(count(&bytes, &target, 0..bytes.len(), 2, &cancel), Ok(0), "/{source}/{flags}");
            }
        }
    }
}
