//! Single bytes, small copies and short searches, by functions that are made through raw Node-API.
//!
//! What napi-rs generates for a method looks the object up by its type tag, and keeps accounts of borrowed objects: 150 ns
//! a call. These functions get the object's number instead (`live_objects`), and do nothing else.

use std::ffi::CStr;
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

/// What the engine calls for a function of this file. Each function has one of its own, so that the compiler sees both.
macro_rules! entry {
    ($function:ident) => {{
        /// # Safety
        /// Called by the engine alone, with its environment and the call that it makes.
        unsafe extern "C" fn called(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
            $function(&Call::new(env, info))
        }
        Some(called)
    }};
}

const FUNCTIONS: [(&CStr, sys::napi_callback); 7] = [
    (c"byte", entry!(byte)),
    (c"setByte", entry!(set_byte)),
    (c"copyOut", entry!(copy_out)),
    (c"copyIn", entry!(copy_in)),
    (c"find", entry!(find)),
    (c"count", entry!(count)),
    (c"verify", entry!(verify)),
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
                callback,
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

/// One call. Arguments that are missing are `undefined`.
struct Call<const N: usize> {
    env: sys::napi_env,
    arguments: [sys::napi_value; N],
}

impl<const N: usize> Call<N> {
    fn new(env: sys::napi_env, info: sys::napi_callback_info) -> Self {
        let (mut count, mut arguments) = (N, [ptr::null_mut(); N]);
        // SAFETY: env and info are the engine's, for this call; there is room for so many values.
        unsafe {
            sys::napi_get_cb_info(
                env,
                info,
                &mut count,
                arguments.as_mut_ptr(),
                ptr::null_mut(),
                ptr::null_mut(),
            )
        };
        Self { env, arguments }
    }

    /// A number that the TypeScript side has checked. What is no number is beyond every range.
    fn number(&self, at: usize) -> f64 {
        let mut number = f64::INFINITY;
        // SAFETY: the engine's environment and value, for this call; the out pointer is ours.
        unsafe { sys::napi_get_value_double(self.env, self.arguments[at], &mut number) };
        number
    }

    /// A number of bytes, or a place among them.
    fn size(&self, at: usize) -> usize {
        size(self.number(at))
    }

    fn boolean(&self, at: usize) -> bool {
        let mut boolean = false;
        // SAFETY: the engine's environment and value, for this call; the out pointer is ours.
        unsafe { sys::napi_get_value_bool(self.env, self.arguments[at], &mut boolean) };
        boolean
    }

    /// The bytes of a Uint8Array.
    fn bytes(&self, at: usize) -> mapping::Result<ForeignBytes> {
        // SAFETY: the engine's environment and value, for this call.
        let bytes = unsafe { JsBytes::from_napi_value(self.env, self.arguments[at]) };
        bytes.map(|bytes| bytes.0).map_err(|_| no_bytes())
    }

    /// Calls `work` with the handle of the object whose number is the first argument, and makes its result a value.
    fn answer<T>(
        &self,
        work: impl FnOnce(&Handle) -> mapping::Result<T>,
        value: impl FnOnce(T) -> sys::napi_value,
    ) -> sys::napi_value {
        let call = || {
            let object = self.number(0);
            let object =
                if object >= 0.0 { object as live_objects::Number } else { live_objects::Number::MAX };
            live_objects::with_handle(object, work).unwrap_or(Err(Error::Closed))
        };
        match catch_unwind(AssertUnwindSafe(call)) {
            Ok(Ok(result)) => value(result),
            Ok(Err(error)) => {
                // SAFETY: the engine's environment, for this call.
                unsafe { Failure::to_napi_value(self.env, error.into()) }.unwrap_or(ptr::null_mut())
            }
            Err(_) => {
                // SAFETY: the engine's environment, for this call; the text ends with a zero.
                unsafe {
                    sys::napi_throw_error(
                        self.env,
                        ptr::null(),
                        c"A call has panicked: a bug of memmap".as_ptr(),
                    )
                };
                ptr::null_mut()
            }
        }
    }

    fn null(&self) -> sys::napi_value {
        let mut value = ptr::null_mut();
        // SAFETY: the engine's environment, for this call; the out pointer is ours.
        unsafe { sys::napi_get_null(self.env, &mut value) };
        value
    }

    /// A JavaScript number, which is exact up to 2 ** 53.
    fn value(&self, number: f64) -> sys::napi_value {
        let mut value = ptr::null_mut();
        // SAFETY: the engine's environment, for this call; the out pointer is ours.
        unsafe { sys::napi_create_double(self.env, number, &mut value) };
        value
    }
}

fn no_bytes() -> Error {
    Error::InvalidArgument("Expected a Uint8Array that has the range".into())
}

fn byte(call: &Call<2>) -> sys::napi_value {
    let read = |handle: &Handle| {
        let mut byte = 0u8;
        // SAFETY: `byte` outlives the call.
        let target = unsafe { ForeignBytes::new(&raw mut byte, 1) };
        handle.reach(|record| record.read(call.size(1), target))?;
        Ok(byte)
    };
    call.answer(read, |byte| {
        let mut value = ptr::null_mut();
        // SAFETY: the engine's environment, for this call; the out pointer is ours.
        unsafe { sys::napi_create_uint32(call.env, byte.into(), &mut value) };
        value
    })
}

fn set_byte(call: &Call<3>) -> sys::napi_value {
    let write = |handle: &Handle| handle.reach(|record| record.set_byte(call.size(1), call.number(2) as u8));
    call.answer(write, |()| call.null())
}

fn copy_out(call: &Call<5>) -> sys::napi_value {
    let read = |handle: &Handle| {
        let target = call.bytes(2)?.part(call.size(3), call.size(4)).ok_or_else(no_bytes)?;
        handle.reach(|record| record.read(call.size(1), target))
    };
    call.answer(read, |()| call.null())
}

fn copy_in(call: &Call<3>) -> sys::napi_value {
    let write = |handle: &Handle| handle.reach(|record| record.write(call.size(1), call.bytes(2)?));
    call.answer(write, |()| call.null())
}

fn find(call: &Call<5>) -> sys::napi_value {
    let search = |handle: &Handle| {
        let needle = call.bytes(1)?;
        let direction = if call.boolean(4) { Direction::Backward } else { Direction::Forward };
        let range = call.size(2)..call.size(3);
        handle.reach(|_| parallel::find(&handle.snapshot()?, needle.as_slice(), range, direction, 1, None))
    };
    call.answer(search, |found| call.value(found.map_or(-1.0, |at| at as f64)))
}

fn count(call: &Call<4>) -> sys::napi_value {
    let search = |handle: &Handle| {
        let needle = call.bytes(1)?;
        let range = call.size(2)..call.size(3);
        handle.reach(|_| parallel::count(&handle.snapshot()?, needle.as_slice(), range, 1, None))
    };
    call.answer(search, |count| call.value(count as f64))
}

fn verify(call: &Call<3>) -> sys::napi_value {
    let check = |handle: &Handle| handle.reach(|record| record.verify_range(call.size(1), call.size(2)));
    call.answer(check, |()| call.null())
}
