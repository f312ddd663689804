//! The matches of a target, in order, searched for in several parts at a time.

use std::ops::Range;
use std::sync::Arc;

use super::partition::Partition;
use super::parts::PART;
use crate::pool::{self, CancelToken};
use crate::search::haystack::Haystack;
use crate::search::pattern::PatternError;
use crate::search::target::{Bounds, Cursor, Target};
use crate::sync::Mutex;

/// Where matches are put.
pub trait Sink: Send + 'static {
    /// Takes a match: the start and end of each group in turn. `false`: there is no room for it.
    fn take(&mut self, haystack: &[u8], found: &[Option<usize>]) -> bool;
    /// Puts later matches behind those that are there.
    fn append(&mut self, later: Self);
    fn is_empty(&self) -> bool;
    /// There are as many as the caller wants at a time.
    fn is_full(&self) -> bool;
}

/// After so many parts the caller gets what was found, however little it is.
const MOST_PARTS: usize = 16;

/// Where a part begins, and where it ends.
type Part = (usize, Bounds);

/// What was found in a part: the matches, where the search goes on, and whether there was room for all matches.
type Found<S> = Result<(S, Cursor, bool), PatternError>;

/// A search that is under way.
struct Collect<H, M> {
    haystack: H,
    target: Arc<Target>,
    range: Range<usize>,
    cancel: Arc<CancelToken>,
    new_sink: M,
}

/// The next matches within a range, from `cursor` on, which moves: as many as make a sink full, or those of the next
/// parts. All positions are counted from the start of the range. If the search is cancelled, the answer means nothing.
///
/// Uses up to `threads` threads, the caller's among them. `new_sink` makes a sink for each part.
pub fn collect<H: Haystack + Clone + 'static, S: Sink>(
    haystack: &H,
    target: &Arc<Target>,
    range: Range<usize>,
    cursor: &mut Cursor,
    threads: usize,
    cancel: &Arc<CancelToken>,
    new_sink: impl Fn() -> S + Send + Sync + 'static,
) -> Result<Result<S, PatternError>, H::Error> {
    let (haystack, target, cancel) = (haystack.clone(), Arc::clone(target), Arc::clone(cancel));
    Arc::new(Collect { haystack, target, range, cancel, new_sink }).run(cursor, threads)
}

impl<H: Haystack + 'static, S: Sink, M: Fn() -> S + Send + Sync + 'static> Collect<H, M> {
    fn run(
        self: &Arc<Self>,
        cursor: &mut Cursor,
        threads: usize,
    ) -> Result<Result<S, PatternError>, H::Error> {
        let partition = self.partition(cursor)?;
        let mut all = (self.new_sink)();
        // The first part is searched by itself: where matches are dense it is enough.
        let (mut searched, mut at_once) = (0, 1);
        while !cursor.is_done
            && !all.is_full()
            && (searched < MOST_PARTS || all.is_empty())
            && !self.cancel.is_cancelled()
        {
            let parts = self.parts(partition, cursor.at, at_once)?;
            searched += parts.len();
            at_once = threads;
            for ((begin, _), found) in parts.iter().zip(self.search(&parts, cursor.is_exact, threads)) {
                // A match of the part before reaches into this one, where the search therefore begins later.
                if cursor.at > *begin {
                    at_once = 1;
                    break;
                }
                let had_room = match found? {
                    Ok((found, after, had_room)) => {
                        all.append(found);
                        self.cancel.report(after.at.saturating_sub(*begin).min(self.range.len()));
                        *cursor = after;
                        had_room
                    }
                    Err(error) => return Ok(Err(error)),
                };
                if !had_room {
                    return Ok(Ok(all));
                }
            }
        }
        Ok(Ok(all))
    }

    fn partition(&self, cursor: &mut Cursor) -> Result<Partition, H::Error> {
        // Each part would be copied with all the bytes around it.
        if self.haystack.copy_limit().is_some() {
            return Ok(Partition::Whole);
        }
        let (partition, is_exact) = self.haystack.look(self.range.clone(), |bytes| {
            (Partition::new(&self.target, bytes, cursor.is_exact, Some(&self.cancel)), 0..0)
        })?;
        cursor.is_exact = is_exact;
        Ok(partition)
    }

    /// The next `count` parts, or fewer, where a line is longer than a part.
    fn parts(&self, partition: Partition, from: usize, count: usize) -> Result<Vec<Part>, H::Error> {
        let length = self.range.len();
        if partition == Partition::Whole {
            return Ok(vec![(from, Bounds { start_limit: length + 1, end_limit: length })]);
        }
        self.haystack.look(self.range.clone(), |bytes| {
            let (mut parts, mut begin) = (Vec::with_capacity(count), from);
            for number in 1..=count {
                let nominal = from.saturating_add(number * PART);
                if nominal > begin && begin <= length {
                    let bounds = partition.bounds_nearby(&self.target, bytes, nominal, Some(&self.cancel));
                    parts.push((begin, bounds));
                    begin = bounds.start_limit;
                }
            }
            (parts, 0..0)
        })
    }

    /// What is found in each part, if the search begins anew in each. Parts behind one that had no room may be missing.
    fn search(
        self: &Arc<Self>,
        parts: &[Part],
        is_exact: Option<bool>,
        threads: usize,
    ) -> Vec<Result<Found<S>, H::Error>> {
        let done = Arc::new(Mutex::new(Vec::from_iter(parts.iter().map(|_| None))));
        let (search, found, parts) = (Arc::clone(self), Arc::clone(&done), parts.to_vec());
        pool::parallel_for(parts.len(), threads, &self.cancel, move |number| {
            let (at, bounds) = parts[number];
            let part = search.search_part(Cursor { at, is_exact, is_done: false }, bounds);
            let goes_on = matches!(part, Ok(Ok((_, _, true))));
            found.lock()[number] = Some(part);
            goes_on
        });
        let found = std::mem::take(&mut *done.lock());
        found.into_iter().flatten().collect()
    }

    fn search_part(&self, mut cursor: Cursor, bounds: Bounds) -> Result<Found<S>, H::Error> {
        let from = cursor.at;
        let groups = self.target.groups().len() > 1;
        self.haystack.look(self.range.clone(), |bytes| {
            let (mut sink, mut had_room) = ((self.new_sink)(), true);
            let cancel = Some(&*self.cancel);
            let walked = self.target.walk(bytes, &mut cursor, bounds, groups, cancel, |found| {
                had_room = sink.take(bytes, found);
                had_room
            });
            let from = from.min(bytes.len());
            let seen = from..bounds.end_limit.clamp(from, bytes.len());
            (walked.map(|()| (sink, cursor, had_room)), seen)
        })
    }
}

#[cfg(test)]
pub(in crate::search) mod tests {
    use super::super::count_pattern::tests::{SOURCES, text};
    use super::*;

    /// Matches, up to a number of them.
    pub struct Matches(pub Vec<Vec<Option<usize>>>, pub usize);

    impl Matches {
        pub fn new(room: usize) -> Self {
            Self(Vec::new(), room)
        }
    }

    impl Sink for Matches {
        fn take(&mut self, _: &[u8], found: &[Option<usize>]) -> bool {
            let has_room = !self.is_full();
            if has_room {
                self.0.push(found.to_vec());
            }
            has_room
        }
        fn append(&mut self, mut later: Self) {
            self.0.append(&mut later.0);
        }
        fn is_empty(&self) -> bool {
            self.0.is_empty()
        }
        fn is_full(&self) -> bool {
            self.0.len() >= self.1
        }
    }

    #[test]
    fn what_is_collected_is_a_walk_for_any_number_of_threads() {
        let bytes = Arc::new(text());
        for source in SOURCES.iter().chain(&["(wo)rd98\\d", "(?<number>\\d+)1\\n", "7 word(.)"]) {
            for flags in ["g", "gm", "giu", "gy"] {
                let target = Arc::new(Target::pattern(source, flags).unwrap());
                let (mut whole, mut cursor) = (Vec::new(), Cursor::default());
                let most = 5_000;
                target
                    .walk(&bytes, &mut cursor, Bounds::whole(&bytes), true, None, |found| {
                        whole.push(found.to_vec());
                        whole.len() < most
                    })
                    .unwrap();
                for threads in [1, 3] {
                    let (mut found, mut cursor) = (Vec::new(), Cursor::default());
                    while !cursor.is_done && found.len() < most {
                        let range = 0..bytes.len();
                        let cancel = Arc::default();
                        let sink = || Matches::new(77);
                        let Ok(Ok(batch)) =
                            collect(&bytes, &target, range, &mut cursor, threads, &cancel, sink)
                        else {
                            panic!("/{source}/{flags} failed")
                        };
                        found.extend(batch.0);
                    }
                    found.truncate(whole.len());
                    assert!(found == whole, "/{source}/{flags}: {} and {}", found.len(), whole.len());
                }
            }
        }
    }
}
