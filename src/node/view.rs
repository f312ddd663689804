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
use super::holds::{self, Engine};
use super::values::{Pair, Passed};
use crate::mapping::Error;
use crate::region::Region;

/// One ArrayBuffer over all visible bytes of `region`, and its number; or the engine's status.
fn external(
    env: Env,
    region: &Arc<Region>,
    engine: Engine,
) -> Result<(sys::napi_value, usize), sys::napi_status> {
    let number = holds::begin(region, engine);
    let mut value = ptr::null_mut();
    let status = region.expose(|start, length| {
        // SAFETY: the addresses stay mapped until `store_ended` was called with the number, which is no pointer.
        unsafe {
            sys::napi_create_external_arraybuffer(
                env.raw(),
                start.cast(),
                length,
                Some(holds::store_ended),
                ptr::without_provenance_mut(number),
                &mut value,
            )
        }
    });
    if status == sys::Status::napi_ok {
        holds::attach(env, number, value);
        return Ok((value, number));
    }
    // Node 20 has called the finalizer of what it refuses for its size; the others have not, and never will.
    holds::abandon(number);
    Err(status)
}

/// Drops an exception that the engine has thrown at a refusal.
pub fn forget_exception(env: sys::napi_env) {
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
    /// A new ArrayBuffer over the bytes, its number written beside. The caller makes one at most. `engine`: 0
    /// is Node, 1 Bun, 2 Deno.
    #[napi(enumerable = false, catch_unwind, ts_return_type = "ArrayBuffer | Failure")]
    pub fn expose(
        &self,
        env: Env,
        #[napi(ts_arg_type = "Float64Array")] number: Pair,
        engine: u32,
    ) -> Either<Passed, Failure> {
        let region = match self.mapping.region() {
            Ok(region) => region,
            Err(error) => return Either::B(error.into()),
        };
        let engine = [Engine::Node, Engine::Bun].get(engine as usize).copied().unwrap_or(Engine::Deno);
        match external(env, &region, engine) {
            Ok((buffer, hold)) => {
                number.set([hold as f64, 0.0]);
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
    /// # Safety
    /// Any arguments will do: `unsafe` is Node-API's type.
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
