//! Patterns, and the matches that they find, many in one call.

use std::sync::Arc;

use napi::bindgen_prelude::{Buffer, Either, Float64Array, PromiseRaw};
use napi::{Env, Result};
use napi_derive::napi;

use super::class::NativeMapping;
use super::errors::Failure;
use super::scans::{self, Answer, NativeJob};
use super::values::{Bytes, Doubles, Triple, size};
use crate::mapping::{Error, scan};
use crate::pool;
use crate::search::parallel::{self, Sink};
use crate::search::pattern::PatternError;
use crate::search::target::{Bounds, Cursor, Target};

/// What is looked for.
#[napi]
pub struct NativePattern {
    pub(super) target: Arc<Target>,
}

/// A pattern that was refused.
pub fn refused(error: PatternError) -> Failure {
    let position = error.position.map(|position| position as f64);
    Failure { offset: position, ..Error::Coded("ERR_MMAP_PATTERN", error.message).into() }
}

/// Compiles a RegExp's source and flags.
#[napi(catch_unwind)]
pub fn compile(source: String, flags: String) -> Either<NativePattern, Failure> {
    match Target::pattern(&source, &flags) {
        Ok(target) => Either::A(NativePattern { target: Arc::new(target) }),
        Err(error) => Either::B(refused(error)),
    }
}

/// Bytes as they are, as a pattern.
#[napi(catch_unwind)]
pub fn verbatim(#[napi(ts_arg_type = "Uint8Array")] needle: Bytes) -> NativePattern {
    NativePattern { target: Arc::new(Target::literal(needle.0.as_slice())) }
}

#[napi]
impl NativePattern {
    /// The names of the groups, `null` for those without; the first is the whole match.
    #[napi(enumerable = false, ts_return_type = "(string | null)[]")]
    pub fn groups(&self) -> Vec<Option<String>> {
        self.target.groups().to_vec()
    }
}

/// A cursor from three numbers: where it is; whether the automaton is exact (0: not known, 1: yes, 2: no); whether it is done.
pub fn read_place(numbers: [f64; 3], start: usize) -> Cursor {
    let is_exact = [None, Some(true), Some(false)].get(numbers[1] as usize).copied().flatten();
    Cursor { at: size(numbers[0]).saturating_sub(start), is_exact, is_done: numbers[2] != 0.0 }
}

/// The same, the other way.
pub fn write_place(cursor: &Cursor, start: usize) -> [f64; 3] {
    let is_exact = match cursor.is_exact {
        None => 0.0,
        Some(true) => 1.0,
        Some(false) => 2.0,
    };
    [(start + cursor.at) as f64, is_exact, f64::from(u8::from(cursor.is_done))]
}

/// Writes matches until there is no room for one more.
struct Room<'a> {
    slots: &'a mut [f64],
    text: &'a mut [u8],
    start: usize,
    /// Slots of one match: two a group, and where its bytes begin.
    width: usize,
    count: usize,
    used: usize,
}

impl Room<'_> {
    /// Writes a match, and its bytes behind those of the others, unless it alone has more than there is room for.
    fn take(&mut self, bytes: &[u8], found: &[Option<usize>]) -> bool {
        let Some(slots) = self.slots.get_mut(self.count * self.width..(self.count + 1) * self.width) else {
            return false;
        };
        let span = found[0].unwrap_or(0)..found[1].unwrap_or(0);
        let mut place = -1.0;
        if span.len() <= self.text.len() {
            let Some(text) = self.text.get_mut(self.used..self.used + span.len()) else { return false };
            text.copy_from_slice(&bytes[span.clone()]);
            place = self.used as f64;
            self.used += span.len();
        }
        let [groups @ .., last] = slots else { return false };
        *last = place;
        for (slot, found) in groups.iter_mut().zip(found) {
            *slot = match found {
                Some(at) => (self.start + at) as f64,
                None => -1.0,
            };
        }
        self.count += 1;
        true
    }
}

/// Matches of one or several parts, in memory of their own.
struct Matches {
    slots: Vec<f64>,
    text: Vec<u8>,
    start: usize,
    width: usize,
    count: usize,
    used: usize,
    most: usize,
}

impl Matches {
    fn new(start: usize, width: usize, most: usize, room: usize) -> Self {
        Self { slots: vec![0.0; most * width], text: vec![0; room], start, width, count: 0, used: 0, most }
    }
}

impl Sink for Matches {
    fn take(&mut self, haystack: &[u8], found: &[Option<usize>]) -> bool {
        let Self { slots, text, start, width, count, used, .. } = self;
        let mut room = Room { slots, text, start: *start, width: *width, count: *count, used: *used };
        let took = room.take(haystack, found);
        (*count, *used) = (room.count, room.used);
        took
    }

    fn append(&mut self, later: Self) {
        self.slots.truncate(self.count * self.width);
        self.text.truncate(self.used);
        self.slots.extend_from_slice(&later.slots[..later.count * later.width]);
        for places in self.slots[self.count * self.width..].chunks_exact_mut(self.width) {
            if let Some(place) = places.last_mut().filter(|place| **place >= 0.0) {
                *place += self.used as f64;
            }
        }
        self.text.extend_from_slice(&later.text[..later.used]);
        self.count += later.count;
        self.used += later.used;
    }

    fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn is_full(&self) -> bool {
        self.count >= self.most
    }
}

#[napi]
impl NativeMapping {
    /// Where the first match within [start, end) begins, at `at` or later; -1: nowhere.
    #[napi(enumerable = false, catch_unwind)]
    pub fn search(&self, pattern: &NativePattern, start: f64, end: f64, at: f64) -> Either<f64, Failure> {
        let (range, at) = (size(start)..size(end), size(at).saturating_sub(size(start)));
        let found = self.mapping.search(range.clone(), at, |bytes| pattern.target.find(bytes, at));
        match found {
            Ok(found) => Either::A(found.map_or(-1.0, |(from, _)| (range.start + from) as f64)),
            Err(error) => Either::B(error.into()),
        }
    }

    /// How many matches there are within [start, end).
    #[napi(enumerable = false, catch_unwind)]
    pub fn count(&self, pattern: &NativePattern, start: f64, end: f64) -> Either<f64, Failure> {
        match self.mapping.count(&pattern.target, size(start)..size(end)) {
            Ok(count) => Either::A(count as f64),
            Err(error) => Either::B(error.into()),
        }
    }

    /// The next matches within [start, end), from `place` on, which moves: as many as there is room for in `slots`, two
    /// numbers a group (-1: took no part) and one more: where the match's bytes begin in `text` (-1: it is longer than that,
    /// and they are not there). Answers how many.
    #[napi(enumerable = false, catch_unwind)]
    pub fn matches(
        &self,
        pattern: &NativePattern,
        start: f64,
        end: f64,
        #[napi(ts_arg_type = "Float64Array")] place: Triple,
        #[napi(ts_arg_type = "Float64Array")] mut slots: Doubles,
        #[napi(ts_arg_type = "Uint8Array")] text: Bytes,
    ) -> Either<f64, Failure> {
        let (start, range) = (size(start), size(start)..size(end));
        let mut now = read_place(place.get(), start);
        let mut text = text.0;
        let groups = pattern.target.groups().len();
        let (slots, text) = (slots.as_mut_slice(), text.as_mut_slice());
        let mut room = Room { slots, text, start, width: 2 * groups + 1, count: 0, used: 0 };
        let from = now.at;
        let walked = self.mapping.search(range, from, |bytes| {
            let (bounds, target) = (Bounds::whole(bytes), &pattern.target);
            target.walk(bytes, &mut now, bounds, groups > 1, None, |found| room.take(bytes, found))
        });
        match walked {
            Ok(Ok(())) => {
                place.set(write_place(&now, start));
                Either::A(room.count as f64)
            }
            Ok(Err(error)) => Either::B(refused(error)),
            Err(error) => Either::B(error.into()),
        }
    }
}

/// Matches that were found together.
#[napi(object, object_from_js = false)]
pub struct MatchBatch {
    pub count: f64,
    /// Two numbers a group, -1: took no part; and where the match's bytes begin in the text, -1: they are not there.
    pub slots: Float64Array,
    /// The bytes of the matches, one behind the other, but of those that are longer than there was room for.
    pub text: Buffer,
    /// Where the search goes on.
    pub place: Float64Array,
}

#[napi]
impl NativeMapping {
    /// `count`, on threads of our own.
    #[napi(enumerable = false, catch_unwind, ts_return_type = "Promise<number | Failure>")]
    pub fn count_async(
        &self,
        env: &Env,
        job: &NativeJob,
        pattern: &NativePattern,
        start: f64,
        end: f64,
        threads: u32,
    ) -> Result<PromiseRaw<'static, Answer<f64>>> {
        let (bytes, target) = (scan::lend(&self.mapping), Arc::clone(&pattern.target));
        let (range, threads) = (size(start)..size(end), pool::clamp_threads(threads));
        scans::run(env, job, move |cancel| {
            Ok(Either::A(parallel::count(&bytes?, &target, range, threads, Some(cancel))? as f64))
        })
    }

    /// `matches`, on threads of our own: about `most` of them.
    #[napi(enumerable = false, catch_unwind, ts_return_type = "Promise<MatchBatch | Failure>")]
    pub fn matches_async(
        &self,
        env: &Env,
        job: &NativeJob,
        pattern: &NativePattern,
        start: f64,
        end: f64,
        #[napi(ts_arg_type = "Float64Array")] place: Triple,
        most: u32,
        room: u32,
        threads: u32,
    ) -> Result<PromiseRaw<'static, Answer<MatchBatch>>> {
        let (bytes, target) = (scan::lend(&self.mapping), Arc::clone(&pattern.target));
        let (start, range) = (size(start), size(start)..size(end));
        let (mut now, threads) = (read_place(place.get(), start), pool::clamp_threads(threads));
        scans::run(env, job, move |cancel| {
            let width = 2 * target.groups().len() + 1;
            let new_sink = move || Matches::new(start, width, most as usize, room as usize);
            let found = parallel::collect(&bytes?, &target, range, &mut now, threads, cancel, new_sink)?;
            let found = match found {
                Ok(found) => found,
                Err(error) => return Ok(Either::B(refused(error))),
            };
            let Matches { mut slots, mut text, count, used, .. } = found;
            slots.truncate(count * width);
            text.truncate(used);
            let place = Float64Array::new(write_place(&now, start).to_vec());
            Ok(Either::A(MatchBatch {
                count: count as f64,
                slots: Float64Array::new(slots),
                text: text.into(),
                place,
            }))
        })
    }
}
