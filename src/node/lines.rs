//! Lines for JavaScript: one string of many whole lines, and where they are.

use std::ptr;

use napi::bindgen_prelude::{Buffer, Either, PromiseRaw};
use napi::{Env, Result, sys};
use napi_derive::napi;

use super::class::NativeMapping;
use super::errors::Failure;
use super::scans::{Answer, NativeJob, run};
use super::values::{Integers, Numbers, Passed, size};
use crate::mapping::Error;
use crate::search::lines;
use crate::search::text::{Text, cut_ascii};

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
    let narrow = string(env, &Source::Latin1(&text.narrow))?;
    if text.wide.is_empty() {
        return Some(narrow);
    }
    pair(env, [narrow, string(env, &Source::Utf16(&text.wide))?])
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
            let in_place = match encoding {
                UTF8 => cut_ascii(whole, most, keep, bounds),
                _ => Some(lines::cut(whole, most, keep, bounds)),
            };
            let made = match in_place {
                Some(piece) if encoding == NONE => Some((piece, true, ptr::null_mut())),
                Some(piece) => {
                    string(env, &Source::Latin1(&whole[..piece.end])).map(|text| (piece, true, text))
                }
                None => Text::lend(|text| {
                    let (piece, is_text) = text.take(whole, most, keep, bounds)?;
                    Some((piece, is_text, strings(env, text, is_text)?))
                }),
            };
            let Some((piece, is_text, made)) = made else { return (None, whole.len()) };
            let count = if is_text { piece.count as f64 } else { -1. };
            measures.set([(start + piece.end) as f64, count, piece.far.unwrap_or(0) as f64]);
            (Some(made), piece.end)
        });
        match made {
            Ok(Some(text)) => Either::A(Passed(text)),
            Ok(None) => {
                super::view::forget_exception(env.raw());
                let text = format!("The line at {start} is longer than a string may be");
                Either::B(Error::Coded("ERR_OUT_OF_RANGE", text).into())
            }
            Err(error) => Either::B(error.into()),
        }
    }

    /// A copy of the first lines of a range, about `most` bytes, made on a thread of our own.
    #[napi(enumerable = false, catch_unwind, ts_return_type = "Promise<Buffer | Failure>")]
    pub fn lines_async(
        &self,
        env: &Env,
        job: &NativeJob,
        start: f64,
        end: f64,
        most: f64,
    ) -> Result<PromiseRaw<'static, Answer<Buffer>>> {
        let (mapping, range, most) = (self.mapping.clone(), size(start)..size(end), size(most));
        run(env, job, move |_| {
            let copy = mapping.lines(range, most, |bytes| {
                let end = lines::whole_lines(bytes, most);
                let mut copy = Vec::new();
                let room = copy.try_reserve_exact(end).is_ok();
                copy.extend_from_slice(if room { &bytes[..end] } else { &[] });
                (room.then_some(copy), end)
            })?;
            let text = || format!("There is no memory for the line at {}", size(start));
            copy.map(|copy| Either::A(copy.into())).ok_or_else(|| Error::Coded("ERR_OUT_OF_RANGE", text()))
        })
    }
}
