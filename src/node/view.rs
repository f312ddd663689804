//! ArrayBuffers over a mapping, made through raw Node-API: napi-rs's own wrappers copy silently when the engine
//! refuses memory of others.

use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;

use napi::bindgen_prelude::Either;
use napi::{Env, sys};
use napi_derive::napi;

use super::class::NativeMapping;
use super::errors::Failure;
use super::registry;
use super::values::Passed;
use crate::mapping::Error;
use crate::os;
use crate::region::Region;

/// Drops the buffer's hold on its region. Engines call it on any thread, at any time, also during a detach.
unsafe extern "C" fn release(_env: sys::napi_env, _data: *mut c_void, hint: *mut c_void) {
    // SAFETY: `hint` is the `Arc::into_raw` of `external`, given away once and taken back here alone.
    drop(unsafe { Arc::from_raw(hint.cast::<Region>()) });
}

/// One ArrayBuffer over all visible bytes of `region`, or the engine's status.
fn external(env: sys::napi_env, region: &Arc<Region>) -> Result<sys::napi_value, sys::napi_status> {
    let holders = Arc::strong_count(region);
    let hint = Arc::into_raw(Arc::clone(region)).cast_mut();
    let mut value = ptr::null_mut();
    let status = region.expose(|start, length| {
        // SAFETY: the addresses stay mapped until `release` has dropped `hint`; `release` needs no environment.
        unsafe {
            sys::napi_create_external_arraybuffer(
                env,
                start.cast(),
                length,
                Some(release),
                hint.cast(),
                &mut value,
            )
        }
    });
    if status == sys::Status::napi_ok {
        return Ok(value);
    }
    // Node 20 calls the finalizer of what it refuses for its size; the others do not.
    if Arc::strong_count(region) > holders {
        // SAFETY: not called, and never will be: the engine refused the buffer.
        drop(unsafe { Arc::from_raw(hint) });
    }
    Err(status)
}

fn forget_exception(env: sys::napi_env) {
    let (mut pending, mut exception) = (false, ptr::null_mut());
    // SAFETY: env is the engine's, for this call; the out pointer is ours.
    unsafe { sys::napi_is_exception_pending(env, &mut pending) };
    if pending {
        // SAFETY: as above.
        unsafe { sys::napi_get_and_clear_last_exception(env, &mut exception) };
    }
}

#[napi]
impl NativeMapping {
    /// A new ArrayBuffer over the bytes. The caller makes one at most.
    #[napi(enumerable = false, catch_unwind, ts_return_type = "ArrayBuffer | Failure")]
    pub fn expose(&self, env: Env) -> Either<Passed, Failure> {
        let region = match self.mapping.region() {
            Ok(region) => region,
            Err(error) => return Either::B(error.into()),
        };
        match external(env.raw(), &region) {
            Ok(buffer) => {
                // Where the file would wait for it, promptness wins: see the README.
                if os::ENTOMBS {
                    registry::hold(env, buffer, &region);
                }
                Either::A(Passed(buffer))
            }
            Err(status) => {
                forget_exception(env.raw());
                let text = format!(
                    "This engine refuses an ArrayBuffer over a mapping of {} bytes (status {status})",
                    region.length()
                );
                Either::B(Error::Coded("ERR_MMAP_NO_VIEWS", text).into())
            }
        }
    }
}

/// Whether the engine allows ArrayBuffers over memory that is not its own: Electron, for one, does not.
#[napi(catch_unwind)]
pub fn allows_external_buffers(env: Env) -> bool {
    unsafe extern "C" fn nothing(_env: sys::napi_env, _data: *mut c_void, _hint: *mut c_void) {}
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
