//! Searching in a mapping, for bytes and for patterns. Matches are answered many in one call.

use napi::bindgen_prelude::{Buffer, Either, Float64Array, PromiseRaw};
use napi::{Env, Result};
use napi_derive::napi;

use super::errors::{Answer, Failure, answer, position};
use super::jobs::{self, NativeJob};
use super::mapping::NativeMapping;
use super::pattern::{NativePattern, Wanted, copied};
use super::values::{Doubles, JsBytes, Triple, size};
use crate::pool::{self, Length};
use crate::search::literal::{Direction, Needle};
use crate::search::parallel::{self, Sink};
use crate::search::target::{Bounds, Cursor, walk_literal};

/// A cursor from three numbers: its position in the mapping; whether the automaton is exact there (0: not known, 1: yes,
/// 2: no); whether there is no further match.
fn read_cursor(numbers: [f64; 3], start: usize) -> Cursor {
    let is_exact = [None, Some(true), Some(false)].get(numbers[1] as usize).copied().flatten();
    Cursor { at: size(numbers[0]).saturating_sub(start), is_exact, is_done: numbers[2] != 0.0 }
}

/// The numbers of a cursor.
fn write_cursor(cursor: &Cursor, start: usize) -> [f64; 3] {
    let is_exact = match cursor.is_exact {
        None => 0.0,
        Some(true) => 1.0,
        Some(false) => 2.0,
    };
    [(start + cursor.at) as f64, is_exact, f64::from(u8::from(cursor.is_done))]
}

/// A search with several threads.
#[napi(object, object_to_js = false)]
pub struct SearchRequest {
    pub start: f64,
    pub end: f64,
    /// How many threads may work on it.
    pub threads: u32,
}

/// A search for the next matches.
#[napi(object, object_to_js = false)]
pub struct MatchRequest {
    pub start: f64,
    pub end: f64,
    /// Where the search goes on: three numbers, which the first search gets as the position and two zeros.
    #[napi(ts_type = "Float64Array")]
    pub cursor: Triple,
}

/// A search for the next matches, with several threads.
#[napi(object, object_to_js = false)]
pub struct MatchBatchRequest {
    pub start: f64,
    pub end: f64,
    #[napi(ts_type = "Float64Array")]
    pub cursor: Triple,
    /// How many matches are wanted.
    pub most: u32,
    /// For how many bytes of theirs there is room.
    pub text: u32,
    pub threads: u32,
}

/// Matches that were found together.
#[napi(object, object_from_js = false)]
pub struct MatchBatch {
    pub count: f64,
    /// As `matches` writes them.
    pub slots: Float64Array,
    /// The bytes of the matches, one behind the other, but of those that are longer than there was room for.
    pub text: Buffer,
    /// Where the search goes on.
    pub cursor: Float64Array,
}

/// Writes matches until there is no room for one more.
struct SlotWriter<'a> {
    slots: &'a mut [f64],
    text: &'a mut [u8],
    start: usize,
    /// Slots of one match: two for each group, and one for where its bytes begin.
    width: usize,
    count: usize,
    used: usize,
}

impl SlotWriter<'_> {
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

/// Matches of one or several parts of a search, in memory of their own.
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

    fn into_batch(self, cursor: &Cursor) -> MatchBatch {
        let Self { mut slots, mut text, start, width, count, used, .. } = self;
        slots.truncate(count * width);
        text.truncate(used);
        MatchBatch {
            count: count as f64,
            slots: Float64Array::new(slots),
            text: text.into(),
            cursor: Float64Array::new(write_cursor(cursor, start).to_vec()),
        }
    }
}

impl Sink for Matches {
    fn take(&mut self, haystack: &[u8], found: &[Option<usize>]) -> bool {
        let Self { slots, text, start, width, count, used, .. } = self;
        let mut writer = SlotWriter { slots, text, start: *start, width: *width, count: *count, used: *used };
        let took = writer.take(haystack, found);
        (*count, *used) = (writer.count, writer.used);
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

fn direction(last: bool) -> Direction {
    if last { Direction::Backward } else { Direction::Forward }
}

#[napi]
impl NativeMapping {
    /// `find`, on threads of our own.
    #[napi(enumerable = false, catch_unwind, ts_return_type = "Promise<number | Failure>")]
    pub fn find_async(
        &self,
        env: &Env,
        job: &NativeJob,
        #[napi(ts_arg_type = "Uint8Array")] needle: JsBytes,
        request: SearchRequest,
        last: bool,
    ) -> Result<PromiseRaw<'static, Answer<f64>>> {
        let (haystack, needle) = (self.handle().snapshot(), copied(&needle.0));
        let SearchRequest { start, end, threads } = request;
        let (range, threads) = (size(start)..size(end), pool::clamp_threads(threads));
        jobs::run(env, job, Length::Long, move |cancel| {
            let found = parallel::find(&haystack?, &needle?, range, direction(last), threads, Some(cancel))?;
            Ok(Either::A(found.map_or(-1.0, |at| at as f64)))
        })
    }

    /// Where the first match within [start, end) begins, at `at` or later; -1: nowhere.
    #[napi(enumerable = false, catch_unwind)]
    pub fn search(
        &self,
        pattern: &NativePattern,
        start: f64,
        end: f64,
        at: f64,
    ) -> Result<Either<f64, Failure>> {
        let target = pattern.target()?;
        let (range, at) = (size(start)..size(end), size(at).saturating_sub(size(start)));
        let first = |bytes: &[u8]| target.find(bytes, at);
        let found = self.handle().reach(|record| record.search(range.clone(), at, first));
        Ok(position(found.map(|found| found.map(|(from, _)| range.start + from))))
    }

    /// How many matches of a RegExp there are within [start, end).
    #[napi(enumerable = false, catch_unwind)]
    pub fn count(&self, pattern: &NativePattern, start: f64, end: f64) -> Result<Either<f64, Failure>> {
        let (target, range) = (pattern.target()?, size(start)..size(end));
        let handle = self.handle();
        let count = |_: &_| parallel::count_pattern(&handle.snapshot()?, target, range, 1, None);
        Ok(answer(handle.reach(count).map(|count| count as f64)))
    }

    /// `count`, on threads of our own.
    #[napi(enumerable = false, catch_unwind, ts_return_type = "Promise<number | Failure>")]
    pub fn count_async(
        &self,
        env: &Env,
        job: &NativeJob,
        #[napi(ts_arg_type = "NativePattern | Uint8Array")] wanted: Wanted,
        request: SearchRequest,
    ) -> Result<PromiseRaw<'static, Answer<f64>>> {
        let haystack = self.handle().snapshot();
        let SearchRequest { start, end, threads } = request;
        let (range, threads) = (size(start)..size(end), pool::clamp_threads(threads));
        match wanted {
            Wanted::Bytes(needle) => {
                let needle = copied(&needle);
                jobs::run(env, job, Length::Long, move |cancel| {
                    let count = parallel::count(&haystack?, &needle?, range, threads, Some(cancel))?;
                    Ok(Either::A(count as f64))
                })
            }
            Wanted::Pattern(target) => jobs::run(env, job, Length::Long, move |cancel| {
                let count = parallel::count_pattern(&haystack?, &target, range, threads, Some(cancel))?;
                Ok(Either::A(count as f64))
            }),
        }
    }

    /// The next matches within a range, from the request's `cursor` on, which moves: as many as there is room for in
    /// `slots`. A match has two numbers a group (-1: it took no part) and one more: where its bytes begin in `text` (-1:
    /// it is longer than that, and they are not there). Answers how many.
    #[napi(enumerable = false, catch_unwind)]
    pub fn matches(
        &self,
        #[napi(ts_arg_type = "NativePattern | Uint8Array")] wanted: Wanted,
        request: MatchRequest,
        #[napi(ts_arg_type = "Float64Array")] mut slots: Doubles,
        #[napi(ts_arg_type = "Uint8Array")] text: JsBytes,
    ) -> Either<f64, Failure> {
        let MatchRequest { start, end, cursor } = request;
        let (start, range) = (size(start), size(start)..size(end));
        let mut now = read_cursor(cursor.get(), start);
        let mut text = text.0;
        let groups = match &wanted {
            Wanted::Bytes(_) => 1,
            Wanted::Pattern(target) => target.groups().len(),
        };
        let (slots, text) = (slots.as_mut_slice(), text.as_mut_slice());
        let mut writer = SlotWriter { slots, text, start, width: 2 * groups + 1, count: 0, used: 0 };
        let from = now.at;
        let walk = |bytes: &[u8]| {
            let (bounds, mut take) = (Bounds::whole(bytes), |found: &[_]| writer.take(bytes, found));
            match &wanted {
                Wanted::Bytes(needle) => {
                    let needle = Needle::new(needle.as_slice(), Direction::Forward);
                    walk_literal(&needle, bytes, &mut now, bounds, &mut take);
                    Ok(())
                }
                Wanted::Pattern(target) => target.walk(bytes, &mut now, bounds, groups > 1, None, take),
            }
        };
        match self.handle().reach(|record| record.search(range, from, walk)) {
            Ok(Ok(())) => {
                cursor.set(write_cursor(&now, start));
                Either::A(writer.count as f64)
            }
            Ok(Err(error)) => Either::B(error.into()),
            Err(error) => Either::B(error.into()),
        }
    }

    /// `matches`, on threads of our own: about `most` of them.
    #[napi(enumerable = false, catch_unwind, ts_return_type = "Promise<MatchBatch | Failure>")]
    pub fn matches_async(
        &self,
        env: &Env,
        job: &NativeJob,
        #[napi(ts_arg_type = "NativePattern | Uint8Array")] wanted: Wanted,
        request: MatchBatchRequest,
    ) -> Result<PromiseRaw<'static, Answer<MatchBatch>>> {
        let (haystack, target) = (self.handle().snapshot(), wanted.into_target());
        let MatchBatchRequest { start, end, cursor, most, text, threads } = request;
        let (start, range) = (size(start), size(start)..size(end));
        let (mut now, threads) = (read_cursor(cursor.get(), start), pool::clamp_threads(threads));
        jobs::run(env, job, Length::Long, move |cancel| {
            let target = target?;
            let width = 2 * target.groups().len() + 1;
            let sink = move || Matches::new(start, width, most as usize, text as usize);
            match parallel::collect(&haystack?, &target, range, &mut now, threads, cancel, sink)? {
                Ok(found) => Ok(Either::A(found.into_batch(&now))),
                Err(error) => Ok(Either::B(error.into())),
            }
        })
    }
}
