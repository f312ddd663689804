//! Where a search for a pattern may be cut into parts without changing its answer, and how the parts' answers are joined.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::pattern::Pattern;
use super::scan::{self, Haystack, PART};
use super::target::{Bounds, Place, Target};
use crate::crew::{self, Leash};

/// How matches can be kept apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// No match has a `\n` in it: behind each one matches begin anew.
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
    pub fn new(target: &Target, haystack: &[u8], known: Option<bool>) -> (Self, Option<bool>) {
        let Some(pattern) = target.as_pattern() else {
            return (Self::Bounded(target.as_bytes().map_or(0, <[u8]>::len)), known);
        };
        if pattern.is_sticky() {
            return (Self::Never, known);
        }
        let clean = known.unwrap_or_else(|| pattern.is_clean(haystack));
        let cut = match pattern.max_len() {
            _ if !clean => Self::Never,
            _ if !pattern.can_cross_lines() => Self::Lines,
            Some(most) if most <= LONGEST => Self::Bounded(most),
            _ => Self::Never,
        };
        (cut, Some(clean))
    }

    /// The bounds of the part that ends at `nominal` or soon after: where the next one begins is its limit.
    pub fn bounds(self, target: &Target, haystack: &[u8], nominal: usize) -> Bounds {
        let code_points = target.as_pattern().is_some_and(Pattern::has_code_points);
        let limit = match self {
            Self::Lines => haystack
                .get(nominal..)
                .and_then(|rest| memchr::memchr(b'\n', rest))
                .map(|at| nominal + at + 1),
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
}

/// The next matches from `place` on, until `take` has enough: part by part, so that it can be called off.
pub fn walk(
    target: &Target,
    haystack: &[u8],
    place: &mut Place,
    groups: bool,
    leash: &Leash,
    mut take: impl FnMut(&[Option<usize>]) -> bool,
) -> Result<(), super::pattern::PatternError> {
    let (cut, known) = Cut::new(target, haystack, place.known);
    place.known = known;
    let mut more = true;
    while more && !place.over && !leash.is_aborted() {
        let from = place.at;
        let bounds = cut.bounds(target, haystack, from.saturating_add(PART));
        target.walk(haystack, place, bounds, groups, |found| {
            more = take(found);
            more
        })?;
        leash.report(place.at.min(haystack.len()).saturating_sub(from));
    }
    Ok(())
}

/// What a part found, if its search began where the part does.
struct Part {
    count: u64,
    /// Where the search went on after each of the first matches.
    first: Vec<usize>,
    /// Where it goes on behind the part.
    after: usize,
}

/// How many of a part's matches are remembered, to join it to the one before.
const REMEMBERED: usize = 256;

fn count_part(target: &Target, haystack: &[u8], cut: Cut, from: usize, bounds: Bounds) -> Part {
    let mut part = Part { count: 0, first: Vec::new(), after: bounds.limit };
    let mut place = Place { at: from, known: Some(true), over: false };
    if cut == Cut::Lines && target.as_pattern().is_some_and(|pattern| !pattern.can_be_empty()) {
        part.count = target.count_within(haystack, from, bounds.reach);
        return part;
    }
    // No groups, and so no automaton that may be too large for them.
    let _ = target.walk(haystack, &mut place, bounds, false, |found| {
        part.count += 1;
        if part.first.len() < REMEMBERED {
            part.first.push(found[1].unwrap_or(0));
        }
        true
    });
    part.after = place.at;
    part
}

/// Counts a part again, from where the part before went on, until the two ways to go through it meet.
fn join(target: &Target, haystack: &[u8], part: Part, from: usize, bounds: Bounds) -> Part {
    let mut joined = Part { count: 0, first: Vec::new(), after: bounds.limit };
    let mut place = Place { at: from, known: Some(true), over: false };
    let mut met = None;
    let _ = target.walk(haystack, &mut place, bounds, false, |found| {
        joined.count += 1;
        let end = found[1].unwrap_or(0);
        // The same end of a match that is not empty: from there on the two are one.
        met = part.first.iter().position(|at| *at == end).filter(|_| found[0] != found[1]);
        met.is_none()
    });
    match met {
        Some(at) => Part { count: joined.count + part.count - at as u64 - 1, after: part.after, ..joined },
        None => Part { after: place.at, ..joined },
    }
}

/// How many matches there are within a range.
pub fn count<H: Haystack>(
    haystack: &Arc<H>,
    target: &Arc<Target>,
    range: Range<usize>,
    threads: usize,
    leash: &Arc<Leash>,
) -> Result<u64, H::Error> {
    if let Some(needle) = target.as_bytes() {
        return scan::count(haystack, needle, range, threads, leash);
    }
    let whole = range.len();
    let cut = if haystack.copies() {
        Cut::Never
    } else {
        haystack.look(range.clone(), |bytes| (Cut::new(target, bytes, None).0, 0..0))?
    };
    if cut == Cut::Never {
        let counted = haystack.look(range, |bytes| (target.count(bytes), 0..bytes.len()));
        leash.report(whole);
        return counted;
    }
    let parts = Arc::new(Mutex::new(Vec::new()));
    let (found, reports, lent, sought) =
        (Arc::clone(&parts), Arc::clone(leash), Arc::clone(haystack), Arc::clone(target));
    let all = range.clone();
    crew::share(whole.div_ceil(PART).max(1), threads, leash, move |number| {
        let counted = lent.look(all.clone(), |bytes| {
            let start = if number == 0 { 0 } else { cut.bounds(&sought, bytes, number * PART).limit };
            let bounds = cut.bounds(&sought, bytes, (number + 1) * PART);
            // A line that is longer than a part: the part before has it all.
            let empty = start >= bounds.limit;
            let part = if empty {
                None
            } else {
                Some((start, bounds, count_part(&sought, bytes, cut, start, bounds)))
            };
            (part, start.min(bytes.len())..bounds.reach.max(start).min(bytes.len()))
        });
        reports.report(PART.min(whole - (number * PART).min(whole)));
        let goes_on = counted.is_ok();
        found.lock().unwrap_or_else(PoisonError::into_inner).push((number, counted));
        goes_on
    });
    let mut parts = std::mem::take(&mut *parts.lock().unwrap_or_else(PoisonError::into_inner));
    parts.sort_unstable_by_key(|(number, _)| *number);
    let (mut total, mut at) = (0, 0);
    for (_, part) in parts {
        let Some((start, bounds, mut part)) = part? else { continue };
        if at > start {
            let seen = at.min(bounds.reach)..bounds.reach;
            part = haystack.look(range.clone(), |bytes| (join(target, bytes, part, at, bounds), seen))?;
        }
        total += part.count;
        at = part.after;
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text() -> Vec<u8> {
        (0u64..)
            .flat_map(|n| {
                format!("{} word{} äö aaaa{}\n", n, n * n % 997, "a".repeat(n as usize % 7)).into_bytes()
            })
            .take(3 * PART + 12_345)
            .collect()
    }

    const SOURCES: &[&str] = &[
        "\\w+", "aa", "a{1,7}", "a+", "\\d{2,3}", "[^]{5}", "(?:)", "a*", "\\s", "\\s+", "word1", "^", "$",
        "^\\d", "\\bword", "[^a]+", "ä", ".", "(a)|b", "\\n\\d", "a\\n",
    ];

    #[test]
    fn threads_change_nothing() {
        let bytes = Arc::new(text());
        for source in SOURCES {
            for flags in ["g", "gm", "giu", "gmu", "gs", "gy"] {
                let target = Arc::new(Target::pattern(source, flags).unwrap());
                for range in [0..bytes.len(), 7..PART + 3, PART..PART] {
                    let expected = target.count(&bytes[range.clone()]);
                    for threads in [1, 3] {
                        let counted = count(&bytes, &target, range.clone(), threads, &Arc::default());
                        assert_eq!(counted, Ok(expected), "/{source}/{flags} {range:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_walk_in_parts_is_a_walk() {
        let bytes = text();
        for source in SOURCES {
            for flags in ["g", "gm", "giu", "gy"] {
                let target = Target::pattern(source, flags).unwrap();
                let (mut whole, mut parts) = (Vec::new(), Vec::new());
                let mut place = Place::default();
                target
                    .walk(&bytes, &mut place, Bounds::whole(&bytes), false, |found| {
                        whole.push((found[0], found[1]));
                        true
                    })
                    .unwrap();
                let mut place = Place::default();
                let leash = Leash::default();
                while !place.over {
                    let mut room = 10_000;
                    walk(&target, &bytes, &mut place, false, &leash, |found| {
                        if room == 0 {
                            return false;
                        }
                        room -= 1;
                        parts.push((found[0], found[1]));
                        true
                    })
                    .unwrap();
                }
                assert!(whole == parts, "/{source}/{flags}: {} and {}", whole.len(), parts.len());
            }
        }
    }
}
