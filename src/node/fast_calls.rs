//! Single bytes, small copies and short searches, by functions that are made through raw Node-API.
//!
//! What napi-rs generates for a method looks the object up by its type tag, and keeps accounts of borrowed objects: 150 ns
//! a call. These functions get the object's number instead (`live_objects`), and do nothing else.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use napi::bindgen_prelude::{FromNapiValue, Object, ToNapiValue};
use napi::{Env, Result, sys};
use napi_derive::napi;

use super::errors::Failure;
use super::live_objects;
use super::values::{JsBytes, size};
use crate::mapping::{self, Error, Handle};
use crate::region::ForeignBytes;
use crate::search::literal::Direction;
use crate::search::parallel;

type Callback = unsafe extern "C" fn(sys::napi_env, sys::napi_callback_info) -> sys::napi_value;

const FUNCTIONS: [(&std::ffi::CStr, Callback); 7] = [
    (c"byte", byte),
    (c"setByte", set_byte),
    (c"copyOut", copy_out),
    (c"copyIn", copy_in),
    (c"find", find),
    (c"count", count),
    (c"verify", verify),
];

/// Functions whose first argument is the number of a mapping object.
#[napi(ts_return_type = "{
  /** The byte at `index`. */
  byte(object: number, index: number): number | Failure
  setByte(object: number, index: number, value: number): Failure | null
  /** Copies `count` bytes from `start` on to `target`, beginning at its index `at`. */
  copyOut(object: number, start: number, target: Uint8Array, at: number, count: number): Failure | null
  /** Copies bytes into the mapping, from `start` on. */
  copyIn(object: number, start: number, source: Uint8Array): Failure | null
  /** The first (or last) position of `needle` within a range, or -1. */
  find(object: number, needle: Uint8Array, start: number, end: number, last: boolean): number | Failure
  /** How often `needle` occurs in a range, each time behind the time before. */
  count(object: number, needle: Uint8Array, start: number, end: number): number | Failure
  /** Fails if a range that was reached by a view just now is not the file's. */
  verify(object: number, start: number, length: number): Failure | null
}")]
pub fn fast_calls(env: &Env) -> Result<Object<'_>> {
    let mut object = Object::new(env)?;
    for (name, callback) in FUNCTIONS {
        let mut function = ptr::null_mut();
        let length = name.to_bytes().len() as isize;
        // SAFETY: env is the engine's, for this call; the name has so many bytes; the out pointer is ours.
        let status = unsafe {
            sys::napi_create_function(
                env.raw(),
                name.as_ptr(),
                length,
                Some(callback),
                ptr::null_mut(),
                &mut function,
            )
        };
        if status != sys::Status::napi_ok {
            return Err(napi::Error::from_reason("The engine refuses a function"));
        }
        object.set(name.to_string_lossy(), super::values::Passed(function))?;
    }
    Ok(object)
}

/// The arguments of a call; those that are missing are `undefined`.
fn arguments<const N: usize>(env: sys::napi_env, info: sys::napi_callback_info) -> [sys::napi_value; N] {
    let (mut count, mut values) = (N, [ptr::null_mut(); N]);
    // SAFETY: env and info are the engine's, for this call; there is room for so many values.
    unsafe {
        sys::napi_get_cb_info(env, info, &mut count, values.as_mut_ptr(), ptr::null_mut(), ptr::null_mut())
    };
    values
}

/// A number that the TypeScript side has checked. What is no number is beyond every range.
fn number(env: sys::napi_env, value: sys::napi_value) -> f64 {
    let mut number = f64::INFINITY;
    // SAFETY: env and value are the engine's, for this call; the out pointer is ours.
    unsafe { sys::napi_get_value_double(env, value, &mut number) };
    number
}

fn boolean(env: sys::napi_env, value: sys::napi_value) -> bool {
    let mut boolean = false;
    // SAFETY: env and value are the engine's, for this call; the out pointer is ours.
    unsafe { sys::napi_get_value_bool(env, value, &mut boolean) };
    boolean
}

/// Calls `work` with the handle of an object, by its number; `null` if it fails in a way that has no Failure.
fn answer<T>(
    env: sys::napi_env,
    object: sys::napi_value,
    work: impl FnOnce(&Handle) -> mapping::Result<T>,
    value: impl FnOnce(T) -> sys::napi_value,
) -> sys::napi_value {
    let call = || {
        let object = number(env, object);
        let object = if object >= 0.0 { object as live_objects::Number } else { live_objects::Number::MAX };
        live_objects::with_handle(object, work).unwrap_or(Err(Error::Closed))
    };
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(result)) => value(result),
        Ok(Err(error)) => {
            // SAFETY: env is the engine's, for this call.
            unsafe { Failure::to_napi_value(env, error.into()) }.unwrap_or(ptr::null_mut())
        }
        Err(_) => {
            // SAFETY: env is the engine's, for this call; the text ends with a zero.
            unsafe {
                sys::napi_throw_error(env, ptr::null(), c"A call has panicked: a bug of memmap".as_ptr())
            };
            ptr::null_mut()
        }
    }
}

fn null(env: sys::napi_env) -> sys::napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: env is the engine's, for this call; the out pointer is ours.
    unsafe { sys::napi_get_null(env, &mut value) };
    value
}

/// The bytes of a Uint8Array. What is none has no bytes, and a range of it is refused.
fn bytes(env: sys::napi_env, value: sys::napi_value) -> Option<ForeignBytes> {
    // SAFETY: env and value are the engine's, for this call.
    unsafe { JsBytes::from_napi_value(env, value) }.ok().map(|bytes| bytes.0)
}

fn no_bytes() -> Error {
    Error::InvalidArgument("Expected a Uint8Array that has the range".into())
}

/// # Safety
/// Called by the engine.
unsafe extern "C" fn byte(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let [object, index] = arguments(env, info);
    let read = |handle: &Handle| {
        let mut byte = 0u8;
        // SAFETY: `byte` outlives the call.
        let target = unsafe { ForeignBytes::new(&raw mut byte, 1) };
        handle.record()?.read(size(number(env, index)), target)?;
        Ok(byte)
    };
    answer(env, object, read, |byte| {
        let mut value = ptr::null_mut();
        // SAFETY: env is the engine's, for this call; the out pointer is ours.
        unsafe { sys::napi_create_uint32(env, byte.into(), &mut value) };
        value
    })
}

/// # Safety
/// Called by the engine.
unsafe extern "C" fn set_byte(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let [object, index, value] = arguments(env, info);
    let write =
        |handle: &Handle| handle.record()?.set_byte(size(number(env, index)), number(env, value) as u8);
    answer(env, object, write, |()| null(env))
}

/// # Safety
/// Called by the engine.
unsafe extern "C" fn copy_out(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let [object, start, target, at, count] = arguments(env, info);
    let read = |handle: &Handle| {
        let range = (size(number(env, at)), size(number(env, count)));
        let target = bytes(env, target).and_then(|target| target.part(range.0, range.1));
        handle.record()?.read(size(number(env, start)), target.ok_or_else(no_bytes)?)
    };
    answer(env, object, read, |()| null(env))
}

/// # Safety
/// Called by the engine.
unsafe extern "C" fn copy_in(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let [object, start, source] = arguments(env, info);
    let write = |handle: &Handle| {
        handle.record()?.write(size(number(env, start)), bytes(env, source).ok_or_else(no_bytes)?)
    };
    answer(env, object, write, |()| null(env))
}

/// # Safety
/// Called by the engine.
unsafe extern "C" fn find(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let [object, needle, start, end, last] = arguments(env, info);
    let search = |handle: &Handle| {
        let needle = bytes(env, needle).ok_or_else(no_bytes)?;
        let range = size(number(env, start))..size(number(env, end));
        let direction = if boolean(env, last) { Direction::Backward } else { Direction::Forward };
        parallel::find(&handle.snapshot()?, needle.as_slice(), range, direction, 1, None)
    };
    answer(env, object, search, |found| {
        let (position, mut value) = (found.map_or(-1, |at| at as i64), ptr::null_mut());
        // SAFETY: env is the engine's, for this call; the out pointer is ours.
        unsafe { sys::napi_create_int64(env, position, &mut value) };
        value
    })
}

/// # Safety
/// Called by the engine.
unsafe extern "C" fn count(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let [object, needle, start, end] = arguments(env, info);
    let search = |handle: &Handle| {
        let needle = bytes(env, needle).ok_or_else(no_bytes)?;
        let range = size(number(env, start))..size(number(env, end));
        parallel::count(&handle.snapshot()?, needle.as_slice(), range, 1, None)
    };
    answer(env, object, search, |count| {
        let mut value = ptr::null_mut();
        // SAFETY: env is the engine's, for this call; the out pointer is ours.
        unsafe { sys::napi_create_double(env, count as f64, &mut value) };
        value
    })
}

/// # Safety
/// Called by the engine.
unsafe extern "C" fn verify(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let [object, start, length] = arguments(env, info);
    let check =
        |handle: &Handle| handle.record()?.verify_range(size(number(env, start)), size(number(env, length)));
    answer(env, object, check, |()| null(env))
}
