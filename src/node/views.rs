//! ArrayBuffers over a mapping. They are made through raw Node-API, because napi-rs's own functions copy the bytes silently
//! when the engine refuses an ArrayBuffer over foreign memory.

use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock};

use napi::bindgen_prelude::Either;
use napi::{Env, sys};
use napi_derive::napi;

use super::array_buffers::Kind;
use super::enums::Engine;
use super::errors::Failure;
use super::mapping::NativeMapping;
use super::values::{Pair, Passed, forget_exception, nothing};
use super::{array_buffers, live_objects};
use crate::mapping::{Error, Record};
use crate::os;
use crate::region::Region;

type SharedFinalizer = unsafe extern "C" fn(data: *mut c_void, hint: *mut c_void);

type CreateExternalShared = unsafe extern "C" fn(
    env: sys::napi_env,
    data: *mut c_void,
    length: usize,
    finalizer: Option<SharedFinalizer>,
    hint: *mut c_void,
    value: *mut sys::napi_value,
) -> sys::napi_status;

/// Looked up in the host, since Node has it from 22.23.3, 24.16 and 26.1 on. It is still an experimental part of Node-API.
static CREATE_EXTERNAL_SHARED: LazyLock<Option<CreateExternalShared>> = LazyLock::new(|| {
    let found = os::symbol_of_host(c"node_api_create_external_sharedarraybuffer")?;
    // SAFETY: the documented signature of that function.
    Some(unsafe { std::mem::transmute::<*const c_void, CreateExternalShared>(found) })
});

/// A SharedArrayBuffer over `length` bytes from `start` on. Answers the engine's status.
///
/// # Safety
/// The bytes stay mapped until the finalizer was called with the hint, on any thread.
unsafe fn create_shared(
    env: Env,
    start: *mut u8,
    length: usize,
    finalizer: SharedFinalizer,
    hint: *mut c_void,
    value: &mut sys::napi_value,
) -> sys::napi_status {
    let Some(create) = *CREATE_EXTERNAL_SHARED else { return sys::Status::napi_generic_failure };
    // SAFETY: by this function's contract; the out pointer is ours.
    unsafe { create(env.raw(), start.cast(), length, Some(finalizer), hint, value) }
}

/// A buffer over all visible bytes of `region`, and its number. The error is the status that the engine answered.
fn buffer_over(
    env: Env,
    region: &Arc<Region>,
    object: live_objects::Number,
    reported: &Arc<AtomicBool>,
    engine: Engine,
    kind: Kind,
) -> Result<(sys::napi_value, usize), sys::napi_status> {
    let number = array_buffers::register(region, object, reported, engine, kind);
    let (hint, mut value) = (ptr::without_provenance_mut(number), ptr::null_mut());
    let status = region.expose(|start, length| {
        if kind == Kind::SharedExternal {
            // The finalizer may come when no thread has this addon any more.
            os::keep_loaded();
            let finalizer = array_buffers::shared_store_ended;
            // SAFETY: the addresses stay mapped until the finalizer was called with the number, which is no pointer.
            return unsafe { create_shared(env, start, length, finalizer, hint, &mut value) };
        }
        let (start, finalizer) = (start.cast(), Some(array_buffers::store_ended as _));
        // SAFETY: as above.
        unsafe {
            sys::napi_create_external_arraybuffer(env.raw(), start, length, finalizer, hint, &mut value)
        }
    });
    if status != sys::Status::napi_ok {
        // Node 20 calls the finalizer of a buffer that it refuses for its size; the other engines never call it.
        array_buffers::refused(number);
        return Err(status);
    }
    if kind == Kind::External {
        array_buffers::attach(env, number, value);
    }
    Ok((value, number))
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
        self.expose_as(Kind::External, env, &number, engine)
    }

    /// The same with a SharedArrayBuffer.
    #[napi(enumerable = false, catch_unwind, ts_return_type = "SharedArrayBuffer | Failure")]
    pub fn expose_shared(
        &self,
        env: Env,
        #[napi(ts_arg_type = "Float64Array")] number: Pair,
        engine: Engine,
    ) -> Either<Passed, Failure> {
        self.expose_as(Kind::SharedExternal, env, &number, engine)
    }
}

impl NativeMapping {
    fn expose_as(&self, kind: Kind, env: Env, number: &Pair, engine: Engine) -> Either<Passed, Failure> {
        let present =
            |record: &Arc<Record>| Ok((record.region()?, Arc::clone(record.late_access_reported())));
        let (region, reported) = match self.record().and_then(present) {
            Ok(present) => present,
            Err(error) => return Either::B(error.into()),
        };
        match buffer_over(env, &region, self.object_number(), &reported, engine, kind) {
            Ok((buffer, registered)) => {
                number.set([registered as f64, 0.0]);
                Either::A(Passed(buffer))
            }
            Err(status) => {
                forget_exception(env.raw());
                let text = format!(
                    "This engine refuses a buffer over a mapping of {} bytes (status {status})",
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

/// Whether the engine allows SharedArrayBuffers over foreign memory.
#[napi(catch_unwind)]
pub fn allows_external_shared_buffers(env: Env) -> bool {
    /// # Safety
    /// Called by the engine.
    unsafe extern "C" fn nothing(_data: *mut c_void, _hint: *mut c_void) {}
    static mut BYTE: [u8; 8] = [0; 8];
    os::keep_loaded();
    let mut value = ptr::null_mut();
    let byte = (&raw mut BYTE).cast();
    // SAFETY: a static lives longer than any buffer; the buffer is never handed to anybody.
    let status = unsafe { create_shared(env, byte, 1, nothing, ptr::null_mut(), &mut value) };
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
