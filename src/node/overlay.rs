//! Views over memory of the engine's own.

use napi::bindgen_prelude::Either;
use napi::{Env, sys};
use napi_derive::napi;

use super::array_buffers::{self, Kind};
use super::enums::Engine;
use super::errors::Failure;
use super::mapping::NativeMapping;
use super::values::{JsBytes, Passed, forget_exception};
use crate::mapping::Error;
use crate::os;
use crate::region::Revoked;

/// Whether a mapping can be shown over memory that is there already.
#[napi]
pub fn can_overlay() -> bool {
    os::CAN_MOVE
}

/// Whether memory of no file can be shown over memory that is there already: without that an engine with a cage cannot read
/// the status words in place.
#[napi]
pub fn can_show_memory() -> bool {
    os::can_show_memory()
}

#[napi]
impl NativeMapping {
    /// Whether views of the bytes must lie where calls reach them, so that no other thread can attach as long as there are any.
    #[napi(enumerable = false, catch_unwind)]
    pub fn in_one_place(&self) -> bool {
        self.handle().is_in_one_place()
    }

    /// Shows the bytes over memory of the engine's: `host` is the ArrayBuffer of a WebAssembly.Memory, or a SharedArrayBuffer of whole
    /// pages, and then `keeper` is another one of the same memory. `view` are all bytes of it. Answers the number of the buffer.
    /// The caller has at most one at a time, and keeps it alive until `close`.
    #[napi(enumerable = false, catch_unwind)]
    pub fn overlay(
        &self,
        env: Env,
        #[napi(ts_arg_type = "Uint8Array")] view: JsBytes,
        #[napi(ts_arg_type = "ArrayBufferLike")] host: Passed,
        engine: Engine,
        #[napi(ts_arg_type = "SharedArrayBuffer")] keeper: Option<Passed>,
    ) -> Either<f64, Failure> {
        let place = |length: usize| view.0.part(0, length.next_multiple_of(os::page_size()))?.as_host();
        let shown = self.record().and_then(|record| {
            let region = record.region()?;
            let pages = place(region.slack() + region.length());
            drop(region);
            let no_pages = || Error::NoViews("The engine's memory does not begin with a page".into());
            let region = self.handle().overlay(pages.ok_or_else(no_pages)?)?;
            Ok((region, record.late_access_reported().clone()))
        });
        let (region, reported) = match shown {
            Ok(shown) => shown,
            Err(error) => return Either::B(error.into()),
        };
        region.expose(|_, _| ());
        let kind = if keeper.is_some() { Kind::SharedHosted } else { Kind::Hosted };
        let number = array_buffers::register(&region, self.object_number(), &reported, engine, kind);
        if array_buffers::attach(env, number, host.0) == sys::Status::napi_ok {
            if let Some(keeper) = keeper {
                array_buffers::keep(env, number, &keeper);
            }
            return Either::A(number as f64);
        }
        forget_exception(env.raw());
        array_buffers::refused(number);
        region.revoke(Revoked::Zeros);
        Either::B(Error::NoViews("The engine refuses a finalizer of its buffer".into()).into())
    }
}
