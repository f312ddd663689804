//! The status words of mappings, which JavaScript reads in place, and reattaching.

use std::ptr;

use napi::bindgen_prelude::Either;
use napi::{Env, sys};
use napi_derive::napi;

use super::errors::{Failure, answer, outcome};
use super::mapping::NativeMapping;
use super::values::{JsBytes, Passed, Triple, nothing};
use crate::fault;
use crate::mapping::Error;
use crate::os;

/// The status words of a chunk of the fault table, 32 bits each. A word is not 0 once a fault of its mapping was handled.
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
    Either::B(Error::NoViews(text).into())
}

/// Shows the status words of a chunk at `view`, a page of memory of the engine's that is never freed.
#[napi(catch_unwind)]
pub fn show_status_words(chunk: u32, #[napi(ts_arg_type = "Uint8Array")] view: JsBytes) -> Option<Failure> {
    let shown = fault::status_words(chunk as usize).and_then(|(words, count)| {
        let length = (count * size_of::<u32>()).next_multiple_of(os::page_size());
        Some((words, view.0.part(0, length)?.as_host()?))
    });
    let Some((words, pages)) = shown else {
        return Some(Error::NoViews("The engine's memory has no whole pages".into()).into());
    };
    // SAFETY: shared pages, which are never unmapped, see `fault::table`.
    outcome(unsafe { os::show_also_at(words.cast_mut().cast(), &pages) }.map_err(Error::from))
}

/// Installs the fault handlers again, after the program has installed or removed handlers of the same signals.
#[napi(catch_unwind)]
pub fn install_fault_handlers() {
    fault::install_handlers();
}

#[napi]
impl NativeMapping {
    /// Writes where the status word is, its chunk (-1: the mapping is not guarded) and its place there, and up to where a
    /// load from the last page tells whether the file still has the bytes (0: nowhere).
    #[napi(enumerable = false, catch_unwind)]
    pub fn status_place(&self, #[napi(ts_arg_type = "Float64Array")] place: Triple) {
        match self.record().ok().and_then(|record| record.status_place()) {
            Some(status) => place.set([status.chunk as f64, status.index as f64, status.probe as f64]),
            None => place.set([-1.0, 0.0, 0.0]),
        }
    }

    /// Whether a fault was handled since the mapping was made or reattached.
    #[napi(enumerable = false, catch_unwind)]
    pub fn faulted(&self) -> Either<bool, Failure> {
        answer(self.handle().is_faulted())
    }

    /// Maps the file again. `false`: it is at other addresses now, so views of the old ones must go.
    #[napi(enumerable = false, catch_unwind)]
    pub fn reattach(&self) -> Either<bool, Failure> {
        answer(self.handle().reattach())
    }
}
