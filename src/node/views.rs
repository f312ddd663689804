//! ArrayBuffers over a mapping. They are made through raw Node-API, because napi-rs's own functions copy the bytes silently
//! when the engine refuses an ArrayBuffer over foreign memory.

use std::ptr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use napi::bindgen_prelude::Either;
use napi::{Env, sys};
use napi_derive::napi;

use super::enums::Engine;
use super::errors::Failure;
use super::mapping::NativeMapping;
use super::values::{Pair, Passed, forget_exception, nothing};
use super::{array_buffers, live_objects};
use crate::mapping::{Error, Record};
use crate::region::Region;

/// An ArrayBuffer over all visible bytes of `region`, and its number. The error is the status that the engine answered.
fn external(
    env: Env,
    region: &Arc<Region>,
    object: live_objects::Number,
    reported: &Arc<AtomicBool>,
    engine: Engine,
) -> Result<(sys::napi_value, usize), sys::napi_status> {
    let number = array_buffers::register(region, object, reported, engine, false);
    let mut value = ptr::null_mut();
    let status = region.expose(|start, length| {
        // SAFETY: the addresses stay mapped until `store_ended` was called with the number, which is no pointer.
        unsafe {
            sys::napi_create_external_arraybuffer(
                env.raw(),
                start.cast(),
                length,
                Some(array_buffers::store_ended),
                ptr::without_provenance_mut(number),
                &mut value,
            )
        }
    });
    if status == sys::Status::napi_ok {
        array_buffers::attach(env, number, value);
        return Ok((value, number));
    }
    // Node 20 calls the finalizer of a buffer that it refuses for its size; the other engines never call it.
    array_buffers::refused(number);
    Err(status)
}

#[napi]
impl NativeMapping {
    /// A new ArrayBuffer over the bytes; writes its number. The caller makes at most one of each region.
    #[napi(enumerable = false, catch_unwind, ts_return_type = "ArrayBuffer | Failure")]
    pub fn expose(
        &self,
        env: Env,
        #[napi(ts_arg_type = "Float64Array")] number: Pair,
        engine: Engine,
    ) -> Either<Passed, Failure> {
        let present =
            |record: &Arc<Record>| Ok((record.region()?, Arc::clone(record.late_access_reported())));
        let (region, reported) = match self.record().and_then(present) {
            Ok(present) => present,
            Err(error) => return Either::B(error.into()),
        };
        match external(env, &region, self.object_number(), &reported, engine) {
            Ok((buffer, registered)) => {
                number.set([registered as f64, 0.0]);
                Either::A(Passed(buffer))
            }
            Err(status) => {
                forget_exception(env.raw());
                let text = format!(
                    "This engine refuses an ArrayBuffer over a mapping of {} bytes (status {status})",
                    region.length()
                );
                Either::B(Error::NoViews(text).into())
            }
        }
    }
}

/// Whether the engine allows ArrayBuffers over foreign memory. Electron, for example, does not.
#[napi(catch_unwind)]
pub fn allows_external_buffers(env: Env) -> bool {
    static mut BYTE: [u8; 8] = [0; 8];
    let mut value = ptr::null_mut();
    let byte = (&raw mut BYTE).cast();
    // SAFETY: a static lives longer than any buffer; the buffer is never handed to anybody.
    let status = unsafe {
        sys::napi_create_external_arraybuffer(env.raw(), byte, 1, Some(nothing), ptr::null_mut(), &mut value)
    };
    forget_exception(env.raw());
    status == sys::Status::napi_ok
}

/// Detaches an ArrayBuffer: its views get length 0. `false` when the engine refuses.
#[napi(catch_unwind)]
pub fn detach(env: Env, #[napi(ts_arg_type = "ArrayBuffer")] buffer: Passed) -> bool {
    // SAFETY: env and the value are the engine's, for this call.
    let status = unsafe { sys::napi_detach_arraybuffer(env.raw(), buffer.0) };
    status == sys::Status::napi_ok
}
