//! What JavaScript reads of faults without a call: the status words, in place.

use std::ffi::c_void;
use std::ptr;

use napi::bindgen_prelude::Either;
use napi::{Env, sys};
use napi_derive::napi;

use super::class::NativeMapping;
use super::errors::Failure;
use super::values::{Passed, Triple};
use crate::fault;
use crate::mapping::Error;

/// # Safety
/// None: the memory is never freed.
unsafe extern "C" fn nothing(_env: sys::napi_env, _data: *mut c_void, _hint: *mut c_void) {}

/// The status words of a chunk, 32 bits each: not 0 once something went wrong with a mapping.
#[napi(catch_unwind, ts_return_type = "ArrayBuffer | Failure")]
pub fn status_words(env: Env, chunk: u32) -> Either<Passed, Failure> {
    let mut value = ptr::null_mut();
    let status = fault::status_words(chunk as usize).map(|(start, count)| {
        let start = start.cast_mut().cast();
        // SAFETY: words that live for ever; JavaScript reads them, and stores that it should not make harm itself.
        unsafe {
            sys::napi_create_external_arraybuffer(
                env.raw(),
                start,
                count * size_of::<u32>(),
                Some(nothing),
                ptr::null_mut(),
                &mut value,
            )
        }
    });
    if status == Some(sys::Status::napi_ok) {
        return Either::A(Passed(value));
    }
    let text = format!("This engine refuses an ArrayBuffer over memory of others (status {status:?})");
    Either::B(Error::Coded("ERR_MMAP_NO_VIEWS", text).into())
}

/// Puts the handlers on top again, where the host's own came or went.
#[napi(catch_unwind)]
pub fn arm() {
    fault::install_handlers();
}

#[napi]
impl NativeMapping {
    /// Writes where the status word is, its chunk (-1: nothing is watched) and its place, and up to where a load from
    /// the last page tells whether the file still has the bytes (0: nowhere).
    #[napi(enumerable = false, catch_unwind)]
    pub fn watch(&self, #[napi(ts_arg_type = "Float64Array")] place: Triple) {
        match self.mapping.watch() {
            Some(watch) => place.set([watch.chunk as f64, watch.index as f64, watch.probe as f64]),
            None => place.set([-1.0, 0.0, 0.0]),
        }
    }
}
