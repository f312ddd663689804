//! Lines for JavaScript: one string of many whole lines, and where they lie in it.

use std::ptr;
use std::sync::Arc;

use napi::bindgen_prelude::{Buffer, Either, PromiseRaw, ToNapiValue};
use napi::{Env, Result, sys};
use napi_derive::napi;

use super::enums::Encoding;
use super::errors::{Answer, Failure};
use super::jobs::{self, NativeJob};
use super::mapping::NativeMapping;
use super::values::{Integers, Passed, Triple, forget_exception, size};
use crate::mapping::Error;
use crate::pool::Length;
use crate::search::lines::{self, Piece};
use crate::search::ready::{self, LineError, ReadyPiece, is_beyond_strings};
use crate::search::text::{Text, split_ascii};

impl Encoding {
    fn of_lines(self) -> ready::Encoding {
        match self {
            Self::None => ready::Encoding::None,
            Self::Latin1 => ready::Encoding::Latin1,
            Self::Utf8 => ready::Encoding::Utf8,
        }
    }
}

/// What the engine copies a string from.
enum StringSource<'a> {
    Latin1(&'a [u8]),
    Utf16(&'a [u16]),
    /// Bytes that may be no UTF-8: the engine puts U+FFFD in the place of those.
    Utf8(&'a [u8]),
}

fn string(env: Env, source: &StringSource<'_>) -> Option<sys::napi_value> {
    let (env, mut value) = (env.raw(), ptr::null_mut());
    let status = match source {
        StringSource::Latin1(units) => {
            let (start, length) = (units.as_ptr().cast(), units.len() as isize);
            // SAFETY: so many readable units, copied by the call; the out pointer is ours.
            unsafe { sys::napi_create_string_latin1(env, start, length, &mut value) }
        }
        StringSource::Utf16(units) => {
            let (start, length) = (units.as_ptr(), units.len() as isize);
            // SAFETY: as above.
            unsafe { sys::napi_create_string_utf16(env, start, length, &mut value) }
        }
        StringSource::Utf8(bytes) => {
            let (start, length) = (bytes.as_ptr().cast(), bytes.len() as isize);
            // SAFETY: as above; they are a copy, and do not change while the engine looks at them twice.
            unsafe { sys::napi_create_string_utf8(env, start, length, &mut value) }
        }
    };
    (status == sys::Status::napi_ok).then_some(value)
}

/// The string of a text, or an array of two.
fn strings(env: Env, text: &Text, is_text: bool) -> Option<sys::napi_value> {
    if !is_text {
        return string(env, &StringSource::Utf8(&text.bytes));
    }
    let narrow = string(env, &StringSource::Latin1(&text.latin1))?;
    if text.utf16.is_empty() {
        return Some(narrow);
    }
    pair(env, [narrow, string(env, &StringSource::Utf16(&text.utf16))?])
}

/// Writes where the next piece begins, how many lines this one has (-1: nobody knows where they lie in its text), and, if
/// its only line is too long for the bounds, where that ends.
fn write_measures(measures: &Triple, start: usize, piece: &Piece, is_text: bool) {
    let count = if is_text { piece.count as f64 } else { -1. };
    measures.set([(start + piece.end) as f64, count, piece.far_end.unwrap_or(0) as f64]);
}

fn line_error(error: LineError, start: usize) -> Error {
    match error {
        LineError::NoMemory => Error::NoMemory(format!("There is no memory for the line at {start}")),
        LineError::TooLong => {
            Error::OutOfRange(format!("The line at {start} is longer than a string may be"))
        }
    }
}

/// The failure of a line that the engine makes no string of.
fn refused(env: Env, start: usize) -> Failure {
    forget_exception(env.raw());
    line_error(LineError::TooLong, start).into()
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

/// Which lines a job is asked for.
#[napi(object, object_to_js = false)]
pub struct LinesRequest {
    pub start: f64,
    pub end: f64,
    /// About how many bytes a piece has; one line may be longer.
    pub most: u32,
    pub encoding: Encoding,
    /// Whether lines keep their ends.
    pub keep_ends: bool,
}

#[napi]
impl NativeMapping {
    /// The first lines of a range as one string, or, where some lines need two bytes a character and others do not, as an
    /// array of two: a line whose start is negative lies in the second one, and its start there is the bitwise complement.
    /// `null` without an encoding.
    ///
    /// `measures` brings three numbers: where the range begins, where it ends, and about how many bytes a piece has (one line
    /// may be longer). They come in an array because reading them from the properties of an object takes 2 % of a piece's
    /// time. The call overwrites them: where the next piece begins, how many lines there are (-1: nobody knows where they lie
    /// in the text), and where the only line ends if that is too far for its bounds (else 0). The start and end of each line
    /// go to `bounds`, counted from the start of the piece.
    #[napi(enumerable = false, catch_unwind, ts_return_type = "string | [string, string] | null | Failure")]
    pub fn lines(
        &self,
        env: Env,
        encoding: Encoding,
        keep: bool,
        #[napi(ts_arg_type = "Int32Array")] mut bounds: Integers,
        #[napi(ts_arg_type = "Float64Array")] measures: Triple,
    ) -> Either<Passed, Failure> {
        let [start, end, most] = measures.get().map(size);
        let range = start..end;
        let cut = |bytes: &[u8]| {
            let (bounds, _) = bounds.as_mut_slice().as_chunks_mut();
            let whole = &bytes[..lines::whole_lines(bytes, most)];
            if is_beyond_strings(whole, encoding.of_lines()) {
                return (None, whole.len());
            }
            let in_place = match encoding {
                Encoding::Utf8 => split_ascii(whole, keep, bounds),
                Encoding::None | Encoding::Latin1 => Some(lines::split(whole, keep, bounds)),
            };
            let made = match in_place {
                Some(piece) if encoding == Encoding::None => Some((piece, true, ptr::null_mut())),
                Some(piece) => {
                    let text = string(env, &StringSource::Latin1(&whole[..piece.end]));
                    text.map(|text| (piece, true, text))
                }
                None => Text::with_reused(|text| {
                    let mut piece = text.copy(whole, keep, bounds, || false)?;
                    let is_text = text.decode(&mut piece, keep, bounds);
                    Some((piece, is_text, strings(env, text, is_text)?))
                }),
            };
            let Some((piece, is_text, made)) = made else { return (None, whole.len()) };
            write_measures(&measures, start, &piece, is_text);
            (Some(made), piece.end)
        };
        match self.handle().reach(|record| record.lines(range, most, cut)) {
            Ok(Some(text)) => Either::A(Passed(text)),
            Ok(None) => Either::B(refused(env, start)),
            Err(error) => Either::B(error.into()),
        }
    }

    /// Copies, cuts and decodes the first lines of a range on a thread of our own: as many pieces as make `batch` bytes, of
    /// at most `room` lines each. `job` hands them out. Answers how many bytes they have.
    #[napi(enumerable = false, catch_unwind, ts_return_type = "Promise<number | Failure>")]
    pub fn lines_async(
        &self,
        env: &Env,
        job: &NativeJob,
        request: LinesRequest,
        batch: u32,
        room: u32,
    ) -> Result<PromiseRaw<'static, Answer<f64>>> {
        let LinesRequest { start, end, most, encoding, keep_ends: keep } = request;
        let (record, ready) = (self.handle().record_for_job(), Arc::clone(&job.lines));
        let (start, end, most, encoding) = (size(start), size(end), most as usize, encoding.of_lines());
        jobs::run(env, job, Length::Long, move |cancel| {
            let record = record?;
            let mut bounds = vec![[0; 2]; room as usize];
            let mut at = start;
            while at < end && at - start < batch as usize {
                let made = record.lines(at..end, most, |bytes| {
                    let is_cancelled = || cancel.is_cancelled();
                    let made = ReadyPiece::new(bytes, most, encoding, keep, &mut bounds, is_cancelled);
                    let seen = made.as_ref().map_or(0, |made| made.piece.end);
                    (made, seen)
                });
                match made.and_then(|made| made.map_err(|error| line_error(error, at))) {
                    // The mapping was made shorter.
                    Ok(made) if made.piece.end == 0 => break,
                    Ok(made) => {
                        at += made.piece.end;
                        let mut lines = ready.lock();
                        if !cancel.is_cancelled() {
                            lines.push_back(made);
                        }
                    }
                    // The next job begins with this line, and reports the error.
                    Err(_) if at > start => break,
                    Err(error) => return Err(error),
                }
            }
            Ok(Either::A((at - start) as f64))
        })
    }
}

#[napi]
impl NativeJob {
    /// The next piece of lines, which begins at `start`, as `lines` of a mapping answers it; without an encoding its bytes.
    /// `null`: there is no further piece.
    #[napi(
        enumerable = false,
        catch_unwind,
        ts_return_type = "string | [string, string] | Buffer | null | Failure"
    )]
    pub fn lines(
        &self,
        env: Env,
        start: f64,
        encoding: Encoding,
        #[napi(ts_arg_type = "Int32Array")] mut bounds: Integers,
        #[napi(ts_arg_type = "Float64Array")] measures: Triple,
    ) -> Option<Either<Passed, Failure>> {
        let ReadyPiece { piece, bounds: found, text, is_text } = self.lines.lock().pop_front()?;
        for (place, bounds) in bounds.as_mut_slice().iter_mut().zip(found.as_flattened()) {
            *place = *bounds;
        }
        write_measures(&measures, size(start), &piece, is_text);
        let made = match encoding {
            // SAFETY: the environment of this call.
            Encoding::None => unsafe { Buffer::to_napi_value(env.raw(), text.bytes.into()) }.ok(),
            Encoding::Latin1 | Encoding::Utf8 => strings(env, &text, is_text),
        };
        Some(made.map_or_else(|| Either::B(refused(env, size(start))), |made| Either::A(Passed(made))))
    }
}
