//! The next matches of a large range, in order, several parts of it at a time.

use std::ops::Range;
use std::sync::Arc;

use super::pattern::PatternError;
use super::scan::{Haystack, PART};
use super::split::Cut;
use super::target::{Bounds, Place, Target};
use crate::pool::{self, CancelToken};
use crate::sync::Mutex;

/// Where matches are kept.
pub trait Basket: Send + 'static {
    /// `false`: there is no room for this one.
    fn take(&mut self, haystack: &[u8], found: &[Option<usize>]) -> bool;
    /// Puts later ones behind those that are there.
    fn append(&mut self, later: Self);
    fn is_empty(&self) -> bool;
    /// So many that they are to be handed over.
    fn is_full(&self) -> bool;
}

/// Parts after which what was found is handed over, however little it is.
const PATIENCE: usize = 16;

/// A part of a search, and how far it goes.
type Span = (usize, Bounds);

/// What a part has: the matches, where the search goes on, and whether there was room for all of them.
type Part<B> = Result<(B, Place, bool), PatternError>;

struct Search<H, M> {
    haystack: Arc<H>,
    target: Arc<Target>,
    range: Range<usize>,
    cancel: Arc<CancelToken>,
    /// Makes a basket.
    basket: M,
}

/// The next matches within a range, from `place` on, which moves: a basket full, or what the next parts have. They are
/// the same for any number of threads. When it was called off, what it answers means nothing.
pub fn matches<H: Haystack, B: Basket>(
    haystack: &Arc<H>,
    target: &Arc<Target>,
    range: Range<usize>,
    place: &mut Place,
    threads: usize,
    cancel: &Arc<CancelToken>,
    basket: impl Fn() -> B + Send + Sync + 'static,
) -> Result<Result<B, PatternError>, H::Error> {
    let (haystack, target, cancel) = (Arc::clone(haystack), Arc::clone(target), Arc::clone(cancel));
    Arc::new(Search { haystack, target, range, cancel, basket }).run(place, threads)
}

impl<H: Haystack, B: Basket, M: Fn() -> B + Send + Sync + 'static> Search<H, M> {
    fn run(self: &Arc<Self>, place: &mut Place, threads: usize) -> Result<Result<B, PatternError>, H::Error> {
        let cut = if self.haystack.copies() { Cut::Never } else { self.cut(place)? };
        let mut all = (self.basket)();
        // One by itself at first: where matches are many there is no more to do.
        let (mut parts, mut together) = (0, 1);
        while !place.over
            && !all.is_full()
            && (parts < PATIENCE || all.is_empty())
            && !self.cancel.is_cancelled()
        {
            let spans = self.spans(cut, place.at, together)?;
            parts += spans.len();
            together = threads;
            for ((begin, _), part) in spans.iter().zip(self.parts(&spans, place.known, threads)) {
                // A match of the part before reaches into this one, where the search so begins elsewhere.
                if place.at > *begin {
                    together = 1;
                    break;
                }
                let room = match part? {
                    Ok((found, after, room)) => {
                        all.append(found);
                        self.cancel.report(after.at.saturating_sub(*begin).min(self.range.len()));
                        *place = after;
                        room
                    }
                    Err(error) => return Ok(Err(error)),
                };
                if !room {
                    return Ok(Ok(all));
                }
            }
        }
        Ok(Ok(all))
    }

    fn cut(&self, place: &mut Place) -> Result<Cut, H::Error> {
        let look = |bytes: &[u8]| (Cut::new(&self.target, bytes, place.known, &self.cancel), 0..0);
        let (cut, known) = self.haystack.look(self.range.clone(), look)?;
        place.known = known;
        Ok(cut)
    }

    /// The next parts, each beginning where matches of the one before can no more begin.
    fn spans(&self, cut: Cut, from: usize, count: usize) -> Result<Vec<Span>, H::Error> {
        let length = self.range.len();
        if cut == Cut::Never {
            return Ok(vec![(from, Bounds { limit: length + 1, reach: length })]);
        }
        self.haystack.look(self.range.clone(), |bytes| {
            let (mut spans, mut begin) = (Vec::with_capacity(count), from);
            for part in 1..=count {
                let nominal = from.saturating_add(part * PART);
                // Not in a line that is longer than a part.
                if nominal > begin && begin <= length {
                    let bounds = cut.near(&self.target, bytes, nominal, &self.cancel);
                    spans.push((begin, bounds));
                    begin = bounds.limit;
                }
            }
            (spans, 0..0)
        })
    }

    /// What the parts have, if the search begins anew in each; those behind one that had no room are missing.
    fn parts(
        self: &Arc<Self>,
        spans: &[Span],
        known: Option<bool>,
        threads: usize,
    ) -> Vec<Result<Part<B>, H::Error>> {
        let done = Arc::new(Mutex::new(Vec::from_iter(spans.iter().map(|_| None))));
        let (search, found, given) = (Arc::clone(self), Arc::clone(&done), spans.to_vec());
        pool::parallel_for(spans.len(), threads, &self.cancel, move |number| {
            let (at, bounds) = given[number];
            let part = search.part(Place { at, known, over: false }, bounds);
            let goes_on = matches!(part, Ok(Ok((_, _, true))));
            found.lock()[number] = Some(part);
            goes_on
        });
        let parts = std::mem::take(&mut *done.lock());
        parts.into_iter().flatten().collect()
    }

    fn part(&self, mut place: Place, bounds: Bounds) -> Result<Part<B>, H::Error> {
        let from = place.at;
        let groups = self.target.groups().len() > 1;
        self.haystack.look(self.range.clone(), |bytes| {
            let (mut basket, mut room) = ((self.basket)(), true);
            let walked = self.target.walk(bytes, &mut place, bounds, groups, Some(&self.cancel), |found| {
                room = basket.take(bytes, found);
                room
            });
            let seen = from.min(bytes.len())..bounds.reach.clamp(from.min(bytes.len()), bytes.len());
            (walked.map(|()| (basket, place, room)), seen)
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::split::tests::{SOURCES, text};
    use super::*;

    /// The spans of the groups.
    pub type Found = Vec<Vec<Option<usize>>>;

    /// Takes the spans of so many matches.
    pub struct Room(pub Found, pub usize);

    impl Basket for Room {
        fn take(&mut self, _: &[u8], found: &[Option<usize>]) -> bool {
            let room = !self.is_full();
            if room {
                self.0.push(found.to_vec());
            }
            room
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
    fn batches_are_a_walk_for_any_number_of_threads() {
        let bytes = Arc::new(text());
        for source in SOURCES.iter().chain(&["(wo)rd98\\d", "(?<number>\\d+)1\\n", "7 word(.)"]) {
            for flags in ["g", "gm", "giu", "gy"] {
                let target = Arc::new(Target::pattern(source, flags).unwrap());
                let (mut whole, mut place) = (Found::new(), Place::default());
                let most = 5_000;
                target
                    .walk(&bytes, &mut place, Bounds::whole(&bytes), true, None, |found| {
                        whole.push(found.to_vec());
                        whole.len() < most
                    })
                    .unwrap();
                for threads in [1, 3] {
                    let (mut found, mut place) = (Found::new(), Place::default());
                    while !place.over && found.len() < most {
                        let range = 0..bytes.len();
                        let cancel = Arc::default();
                        let basket = || Room(Found::new(), 77);
                        let Ok(Ok(batch)) =
                            matches(&bytes, &target, range, &mut place, threads, &cancel, basket)
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
