//! Lines for JavaScript: one string of many whole lines, and where they are.

use std::mem::swap;
use std::ptr;
use std::sync::Arc;

use napi::bindgen_prelude::{Buffer, Either, PromiseRaw, ToNapiValue};
use napi::{Env, Result, sys};
use napi_derive::napi;

use super::class::NativeMapping;
use super::errors::Failure;
use super::scans::{Answer, NativeJob, run};
use super::values::{Integers, Numbers, Passed, size};
use crate::mapping::Error;
use crate::pool::CancelToken;
use crate::search::lines::{self, LineBounds, Piece};
use crate::search::text::{Text, split_ascii};

/// How the bytes of lines become text.
const NONE: u32 = 0;
const UTF8: u32 = 2;

/// What the engine copies a string from.
enum Source<'a> {
    Latin1(&'a [u8]),
    Utf16(&'a [u16]),
    /// What may be no UTF-8: the engine puts U+FFFD in its place.
    Utf8(&'a [u8]),
}

fn string(env: Env, source: &Source<'_>) -> Option<sys::napi_value> {
    let (env, mut value) = (env.raw(), ptr::null_mut());
    let status = match source {
        Source::Latin1(units) => {
            let (start, length) = (units.as_ptr().cast(), units.len() as isize);
            // SAFETY: so many readable units, copied by the call; the out pointer is ours.
            unsafe { sys::napi_create_string_latin1(env, start, length, &mut value) }
        }
        Source::Utf16(units) => {
            let (start, length) = (units.as_ptr(), units.len() as isize);
            // SAFETY: as above.
            unsafe { sys::napi_create_string_utf16(env, start, length, &mut value) }
        }
        Source::Utf8(bytes) => {
            let (start, length) = (bytes.as_ptr().cast(), bytes.len() as isize);
            // SAFETY: as above; they are a copy, and do not change while the engine looks at them twice.
            unsafe { sys::napi_create_string_utf8(env, start, length, &mut value) }
        }
    };
    (status == sys::Status::napi_ok).then_some(value)
}

/// One string, or two.
fn strings(env: Env, text: &Text, is_text: bool) -> Option<sys::napi_value> {
    if !is_text {
        return string(env, &Source::Utf8(&text.bytes));
    }
    let narrow = string(env, &Source::Latin1(&text.latin1))?;
    if text.utf16.is_empty() {
        return Some(narrow);
    }
    pair(env, [narrow, string(env, &Source::Utf16(&text.utf16))?])
}

/// Writes where the next piece begins, how many lines this one has, and where the only one ends that is too long.
fn tell(measures: &Numbers<3>, start: usize, piece: &Piece, is_text: bool) {
    let count = if is_text { piece.count as f64 } else { -1. };
    measures.set([(start + piece.end) as f64, count, piece.far_end.unwrap_or(0) as f64]);
}

fn no_memory(start: usize) -> Error {
    Error::Coded("ERR_OUT_OF_RANGE", format!("There is no memory for the line at {start}"))
}

fn too_long(start: usize) -> Error {
    Error::Coded("ERR_OUT_OF_RANGE", format!("The line at {start} is longer than a string may be"))
}

/// Whether no engine's string holds so long a line, in whatever encoding: it is not copied first.
fn is_beyond_strings(whole: &[u8], encoding: u32) -> bool {
    encoding != NONE && whole.len() > i32::MAX as usize
}

/// What is told of a line that the engine makes no string of.
fn refused(env: Env, start: usize) -> Failure {
    super::view::forget_exception(env.raw());
    too_long(start).into()
}

fn pair(env: Env, values: [sys::napi_value; 2]) -> Option<sys::napi_value> {
    let (env, mut array) = (env.raw(), ptr::null_mut());
    // SAFETY: the out pointer is ours.
    let mut status = unsafe { sys::napi_create_array_with_length(env, 2, &mut array) };
    for (index, value) in (0..).zip(values) {
        if status == sys::Status::napi_ok {
            // SAFETY: values of this environment, made in this call.
            status = unsafe { sys::napi_set_element(env, array, index, value) };
        }
    }
    (status == sys::Status::napi_ok).then_some(array)
}

#[napi]
impl NativeMapping {
    /// The first lines of a range, about `most` bytes, as one string: UTF-8 (`encoding` 2) or Latin-1 (1), or none (0: `null`);
    /// or as two, the second one with the lines whose start is below zero: its inverse is where they begin there.
    /// Writes where each begins and ends, from the start of the piece, with its end or without; and beside: where the next
    /// piece begins, how many lines there are (-1: nobody knows where they are in the text), and where the only one ends if
    /// that is too far for its bounds (else 0).
    #[napi(enumerable = false, catch_unwind, ts_return_type = "string | [string, string] | null | Failure")]
    pub fn lines(
        &self,
        env: Env,
        start: f64,
        end: f64,
        most: u32,
        encoding: u32,
        keep: bool,
        #[napi(ts_arg_type = "Int32Array")] mut bounds: Integers,
        #[napi(ts_arg_type = "Float64Array")] measures: Numbers<3>,
    ) -> Either<Passed, Failure> {
        let (start, range, most) = (size(start), size(start)..size(end), most as usize);
        let made = self.mapping.lines(range, most, |bytes| {
            let (bounds, _) = bounds.as_mut_slice().as_chunks_mut();
            let whole = &bytes[..lines::whole_lines(bytes, most)];
            if is_beyond_strings(whole, encoding) {
                return (None, whole.len());
            }
            let in_place = match encoding {
                UTF8 => split_ascii(whole, keep, bounds),
                _ => Some(lines::split(whole, keep, bounds)),
            };
            let made = match in_place {
                Some(piece) if encoding == NONE => Some((piece, true, ptr::null_mut())),
                Some(piece) => {
                    string(env, &Source::Latin1(&whole[..piece.end])).map(|text| (piece, true, text))
                }
                None => Text::with_reused(|text| {
                    let mut piece = text.copy(whole, keep, bounds, || false)?;
                    let is_text = text.decode(&mut piece, keep, bounds);
                    Some((piece, is_text, strings(env, text, is_text)?))
                }),
            };
            let Some((piece, is_text, made)) = made else { return (None, whole.len()) };
            tell(&measures, start, &piece, is_text);
            (Some(made), piece.end)
        });
        match made {
            Ok(Some(text)) => Either::A(Passed(text)),
            Ok(None) => Either::B(refused(env, start)),
            Err(error) => Either::B(error.into()),
        }
    }

    /// Copies, cuts and decodes the first lines of a range on a thread of our own, as many pieces of about `most` bytes as
    /// make `batch` bytes, of at most `room` lines each; `job` hands them out. Answers how many bytes they have.
    #[napi(enumerable = false, catch_unwind, ts_return_type = "Promise<number | Failure>")]
    pub fn lines_async(
        &self,
        env: &Env,
        job: &NativeJob,
        start: f64,
        end: f64,
        most: u32,
        batch: u32,
        encoding: u32,
        keep: bool,
        room: u32,
    ) -> Result<PromiseRaw<'static, Answer<f64>>> {
        let (mapping, end, most) = (self.mapping.clone(), size(end), most as usize);
        let (start, ready) = (size(start), Arc::clone(&job.lines));
        run(env, job, move |cancel| {
            let mut bounds = vec![[0; 2]; room as usize];
            let mut at = start;
            while at < end && at - start < batch as usize {
                let made = mapping.lines(at..end, most, |bytes| {
                    let made = Ready::new(bytes, most, encoding, keep, &mut bounds, cancel);
                    let seen = made.as_ref().map_or(0, |made| made.piece.end);
                    (made, seen)
                });
                match made.and_then(|made| made.map_err(|why| why(at))) {
                    // The mapping was made shorter.
                    Ok(made) if made.piece.end == 0 => break,
                    Ok(made) => {
                        at += made.piece.end;
                        let mut lines = ready.lock();
                        if !cancel.is_cancelled() {
                            lines.push_back(made);
                        }
                    }
                    // Whoever asks for it first is told.
                    Err(_) if at > start => break,
                    Err(error) => return Err(error),
                }
            }
            Ok(Either::A((at - start) as f64))
        })
    }
}

/// A piece of which only the engine's strings are missing.
pub struct Ready {
    piece: Piece,
    bounds: Vec<LineBounds>,
    text: Text,
    is_text: bool,
}

impl Ready {
    /// Of the lines of `bytes`. An error, given where they begin: there is no memory for them, or no string.
    fn new(
        bytes: &[u8],
        most: usize,
        encoding: u32,
        keep: bool,
        bounds: &mut [LineBounds],
        cancel: &CancelToken,
    ) -> std::result::Result<Self, fn(usize) -> Error> {
        // Nobody is told of what is not wanted any more.
        let is_over = || cancel.is_cancelled();
        let end =
            lines::whole_lines_cancellable(bytes, most, is_over).ok_or(no_memory as fn(usize) -> Error)?;
        let whole = &bytes[..end];
        if is_beyond_strings(whole, encoding) {
            return Err(too_long);
        }
        Text::with_reused(|text| {
            let mut piece = text.copy(whole, keep, bounds, is_over)?;
            let mut is_text = true;
            if encoding == UTF8 && !piece.is_ascii {
                is_text = text.decode(&mut piece, keep, bounds);
                if is_text {
                    text.bytes.clear();
                }
            } else if encoding != NONE {
                swap(&mut text.bytes, &mut text.latin1);
            }
            Some(Self { text: text.take_text()?, bounds: bounds[..piece.count].to_vec(), piece, is_text })
        })
        .ok_or(no_memory)
    }
}

#[napi]
impl NativeJob {
    /// The next piece of lines, which begins at `start`, as `lines` of a mapping answers it; its bytes, if it has no
    /// encoding. `null`: that was the last one.
    #[napi(
        enumerable = false,
        catch_unwind,
        ts_return_type = "string | [string, string] | Buffer | null | Failure"
    )]
    pub fn lines(
        &self,
        env: Env,
        start: f64,
        encoding: u32,
        #[napi(ts_arg_type = "Int32Array")] mut bounds: Integers,
        #[napi(ts_arg_type = "Float64Array")] measures: Numbers<3>,
    ) -> Option<Either<Passed, Failure>> {
        let Ready { piece, bounds: found, text, is_text } = self.lines.lock().pop_front()?;
        for (place, bounds) in bounds.as_mut_slice().iter_mut().zip(found.as_flattened()) {
            *place = *bounds;
        }
        tell(&measures, size(start), &piece, is_text);
        let made = match encoding {
            // SAFETY: the environment of this call.
            NONE => unsafe { Buffer::to_napi_value(env.raw(), text.bytes.into()) }.ok(),
            _ => strings(env, &text, is_text),
        };
        Some(made.map_or_else(|| Either::B(refused(env, size(start))), |made| Either::A(Passed(made))))
    }
}
