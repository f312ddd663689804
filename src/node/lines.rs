//! Lines for JavaScript: one string of many whole lines, and where they end.

use std::ptr;

use napi::bindgen_prelude::{Buffer, Either, PromiseRaw};
use napi::{Env, Result, sys};
use napi_derive::napi;

use super::class::NativeMapping;
use super::errors::Failure;
use super::scans::{Answer, NativeJob, run};
use super::values::{Numbers, Offsets, Passed, size};
use crate::mapping::Error;
use crate::search::lines::{self, Piece};

/// How the bytes of lines become text.
const NONE: u32 = 0;
const UTF8: u32 = 2;

fn text(env: Env, bytes: &[u8], latin: bool) -> Option<sys::napi_value> {
    let mut value = ptr::null_mut();
    let (start, length) = (bytes.as_ptr().cast(), bytes.len() as isize);
    let make = if latin { sys::napi_create_string_latin1 } else { sys::napi_create_string_utf8 };
    // SAFETY: so many readable bytes, copied by the call; the out pointer is ours.
    let status = unsafe { make(env.raw(), start, length, &mut value) };
    (status == sys::Status::napi_ok).then_some(value)
}

#[napi]
impl NativeMapping {
    /// The first lines of a range, as one string: UTF-8 (`encoding` 2) or Latin-1 (1), or none (0: `null`). Writes where the
    /// lines end, from `start` on (the highest bit: behind a `\r`), and beside: where the piece ends, how many ends there are, whether the positions are
    /// those of the text, and how long that is.
    #[napi(enumerable = false, catch_unwind, ts_return_type = "string | null | Failure")]
    pub fn lines(
        &self,
        env: Env,
        start: f64,
        end: f64,
        encoding: u32,
        #[napi(ts_arg_type = "Uint32Array")] mut ends: Offsets,
        #[napi(ts_arg_type = "Float64Array")] measures: Numbers<4>,
    ) -> Either<Passed, Failure> {
        let (start, range) = (size(start), size(start)..size(end));
        let made = self.mapping.lines(range, lines::PIECE, |bytes| {
            let Piece { end, count, is_ascii } = lines::ends(bytes, lines::PIECE, ends.as_mut_slice());
            let latin = encoding != UTF8 || is_ascii;
            let units = if latin {
                Some(end)
            } else {
                lines::in_units(&bytes[..end], &mut ends.as_mut_slice()[..count])
            };
            let (known, length) = (f64::from(u8::from(units.is_some())), units.unwrap_or(0) as f64);
            measures.set([(start + end) as f64, count as f64, known, length]);
            let made = if encoding == NONE { Some(ptr::null_mut()) } else { text(env, &bytes[..end], latin) };
            (made, end)
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
            let text = || format!("There is no memory for the line at {start}");
            copy.map(|copy| Either::A(copy.into())).ok_or_else(|| Error::Coded("ERR_OUT_OF_RANGE", text()))
        })
    }
}
