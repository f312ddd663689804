//! The native half of the class: one open object over a mapping.

use std::sync::Arc;

use napi::bindgen_prelude::{Either, PromiseRaw, ToNapiValue, TypeName};
use napi::{Env, ValueType, sys};
use napi_derive::napi;

use super::enums::{Access, Views};
use super::errors::{Answer, Failure, answer, outcome};
use super::jobs::{self, NativeJob};
use super::values::{JsBytes, Pair};
use super::{array_buffers, live_objects};
use crate::mapping::{self, Error, Handle, Record, Result};
use crate::os;
use crate::pool::Length;
use crate::region::Region;
use crate::request::{self, Raw, Request};

/// One open object over a mapping. The caller has checked every number; what is still wrong is answered with a Failure.
#[napi]
pub struct NativeMapping {
    handle: Arc<Handle>,
    number: live_objects::Number,
}

impl NativeMapping {
    /// The handle, for what outlives the call.
    pub(super) fn handle(&self) -> &Arc<Handle> {
        &self.handle
    }

    /// The mapping, while the object is open.
    pub(super) fn record(&self) -> Result<&Arc<Record>> {
        self.handle.record()
    }

    pub(super) fn object_number(&self) -> live_objects::Number {
        self.number
    }

    /// Whether views of a region are attached that are another object's.
    fn is_viewed_by_others(&self) -> impl Fn(&Arc<Region>) -> bool {
        |region| array_buffers::has_others(region, Some(self.number))
    }
}

impl Drop for NativeMapping {
    fn drop(&mut self) {
        release(&self.handle);
    }
}

/// Closes a handle whose object was collected, or whose thread ends. ArrayBuffers that outlive the object keep their bytes.
/// If the mapping was shared, there may be none, and yet the detached ones of other threads. Pages of the engine's are not
/// touched: it may have freed them.
pub(super) fn release(handle: &Handle) {
    let is_hosted = |record: &Arc<Record>| record.region().is_ok_and(|region| region.is_hosted());
    let may_revoke = handle.record().is_ok_and(|record| record.is_shared() && !is_hosted(record));
    let views = if may_revoke { mapping::Views::Detach } else { mapping::Views::Keep };
    handle.close(views, &|region| array_buffers::has_others(region, None));
}

/// A handle on its way to JavaScript, where an object of it is made.
pub struct NewMapping(Arc<Handle>);

impl TypeName for NewMapping {
    fn type_name() -> &'static str {
        "NativeMapping"
    }
    fn value_type() -> ValueType {
        ValueType::Object
    }
}

impl ToNapiValue for NewMapping {
    unsafe fn to_napi_value(env: sys::napi_env, new: Self) -> napi::Result<sys::napi_value> {
        let engine = Env::from_raw(env);
        let too_many = || napi::Error::from_reason("This thread has too many mappings");
        let number = live_objects::enter(engine, &new.0).ok_or_else(too_many)?;
        let mapping = NativeMapping { handle: new.0, number };
        // SAFETY: env is the engine's, for this call.
        let object = unsafe { NativeMapping::to_napi_value(env, mapping) }?;
        live_objects::attach(engine, number, object);
        Ok(object)
    }
}

pub(super) fn new_mapping(opened: Result<Handle>, measures: &Pair) -> Either<NewMapping, Failure> {
    answer(opened.map(|handle| {
        measure(&handle, measures);
        NewMapping(Arc::new(handle))
    }))
}

fn measure(handle: &Handle, measures: &Pair) {
    if let Ok(region) = handle.record().and_then(|record| record.region()) {
        measures.set([region.length() as f64, region.slack() as f64]);
    }
}

/// What the constructor asks for.
#[napi(object, object_to_js = false)]
pub struct MapRequest {
    /// A descriptor; -1: memory of no file.
    pub fd: i32,
    /// Bytes; 0: to the end of the file.
    pub length: f64,
    /// Bytes from the start of the file.
    pub offset: f64,
    pub access: Access,
    /// Bits of PROT_ and of MAP_.
    pub prot: Option<i32>,
    pub flags: Option<i32>,
    /// Whether a duplicate of the descriptor is kept.
    pub track: bool,
    /// Whether faults are survived.
    pub guard: bool,
    /// The name of memory.
    pub tagname: Option<String>,
}

/// Maps a descriptor or memory. Writes the mapping's length, and the bytes hidden before its first one.
#[napi(catch_unwind, ts_return_type = "NativeMapping | Failure")]
pub fn map(
    request: MapRequest,
    #[napi(ts_arg_type = "Float64Array")] measures: Pair,
) -> Either<NewMapping, Failure> {
    let MapRequest { fd, length, offset, access, prot, flags, track, guard, tagname } = request;
    let defaults = os::system().default_raw;
    let raw = (prot.is_some() || flags.is_some())
        .then(|| Raw { prot: prot.unwrap_or(defaults.prot), flags: flags.unwrap_or(defaults.flags) });
    let (offset, length) = (offset as u64, length as u64);
    let request = Request { access: access.chosen(), raw, offset, length, lenient: false, guard };
    if let Some(Err(refused)) = tagname.as_deref().map(|name| check_name(name, "option \"tagname\"")) {
        return Either::B(refused.into());
    }
    new_mapping(Handle::from_descriptor(fd, &request, track, tagname), &measures)
}

fn check_name(name: &str, what: &str) -> Result<()> {
    os::check_memory_name(name).map_err(|expected| {
        Error::InvalidArgument(format!("The {what} must be {expected}. Received '{name}'"))
    })
}

/// Takes the name of named memory away. `false`: there was no such name.
#[napi(catch_unwind)]
pub fn unlink(name: String) -> Either<bool, Failure> {
    answer(check_name(&name, "argument \"name\"").and_then(|()| Ok(os::unlink_named(&name)?)))
}

/// What `open` asks for, besides the path.
#[napi(object, object_to_js = false)]
pub struct OpenRequest {
    /// Bytes; 0: to the end of the file.
    pub length: f64,
    /// Bytes from the start of the file: any.
    pub offset: f64,
    pub access: Access,
    /// Whether the file is made if there is none.
    pub create: bool,
    /// Whether faults are survived.
    pub guard: bool,
}

impl OpenRequest {
    fn request(&self) -> Request {
        Request {
            access: self.access.chosen().or(Some(request::Access::Read)),
            raw: None,
            offset: self.offset as u64,
            length: self.length as u64,
            lenient: true,
            guard: self.guard,
        }
    }
}

/// Opens a path, given as bytes, and maps it. Writes the mapping's length, and the bytes hidden before its first one.
#[napi(catch_unwind, ts_return_type = "NativeMapping | Failure")]
pub fn open(
    #[napi(ts_arg_type = "Uint8Array")] path: JsBytes,
    request: OpenRequest,
    #[napi(ts_arg_type = "Float64Array")] measures: Pair,
) -> Either<NewMapping, Failure> {
    new_mapping(Handle::open(path.0.as_slice(), &request.request(), request.create), &measures)
}

/// `open`, off the event loop.
#[napi(catch_unwind, ts_return_type = "Promise<NativeMapping | Failure>")]
pub fn open_async(
    env: &Env,
    job: &NativeJob,
    #[napi(ts_arg_type = "Uint8Array")] path: JsBytes,
    request: OpenRequest,
) -> napi::Result<PromiseRaw<'static, Answer<NewMapping>>> {
    let path = path.0.as_slice().to_vec();
    live_objects::watch_environment(*env);
    let arriving = live_objects::arriving();
    jobs::run(env, job, Length::Short, move |_| {
        let handle = Arc::new(Handle::open(&path, &request.request(), request.create)?);
        arriving.lock().push(Arc::clone(&handle));
        Ok(Either::A(NewMapping(handle)))
    })
}

#[napi]
impl NativeMapping {
    /// Writes its length, and the bytes hidden before its first one.
    #[napi(enumerable = false, catch_unwind)]
    pub fn measure(&self, #[napi(ts_arg_type = "Float64Array")] measures: Pair) {
        measure(&self.handle, &measures);
    }

    /// Its number, for `fastCalls`.
    #[napi(enumerable = false, catch_unwind)]
    pub fn number(&self) -> f64 {
        self.number as f64
    }

    /// The size of the file now.
    #[napi(enumerable = false, catch_unwind)]
    pub fn size(&self) -> Either<f64, Failure> {
        answer(self.record().and_then(|record| record.size()).map(|size| size as f64))
    }

    /// Gives the mapping, and its file, another length. `reserve: false` leaves a hole where the file grows.
    #[napi(enumerable = false, catch_unwind)]
    pub fn resize(&self, length: f64, reserve: bool, views: Views) -> Option<Failure> {
        outcome(self.handle.resize(length as u64, reserve, views.chosen(), &self.is_viewed_by_others()))
    }

    /// Gives the file the blocks that a `resize` will need, off the event loop.
    #[napi(enumerable = false, catch_unwind, ts_return_type = "Promise<undefined | Failure>")]
    pub fn preallocate(
        &self,
        env: &Env,
        job: &NativeJob,
        length: f64,
    ) -> napi::Result<PromiseRaw<'static, Answer<()>>> {
        let (record, length) = (self.record().cloned(), length as u64);
        jobs::run(env, job, Length::Disk, move |cancel| Ok(Either::A(record?.preallocate(length, cancel)?)))
    }

    /// Maps the file again, to its end, or to a `length` within it that is not negative. Answers the new length.
    #[napi(enumerable = false, catch_unwind)]
    pub fn remap(&self, length: f64, views: Views) -> Either<f64, Failure> {
        let length = (length >= 0.0).then_some(length as u64);
        answer(
            self.handle
                .remap(length, views.chosen(), &self.is_viewed_by_others())
                .map(|length| length as f64),
        )
    }

    /// Closes a mapping that nobody has seen, and takes back what it did to the file.
    #[napi(enumerable = false, catch_unwind)]
    pub fn undo(&self) {
        self.handle.undo();
    }

    /// Releases the file, and does to whoever still holds the bytes what is said of views. A second call does
    /// nothing.
    #[napi(enumerable = false, catch_unwind)]
    pub fn close(&self, views: Views) {
        self.handle.retire_overlay(views.chosen());
        self.handle.close(views.chosen(), &self.is_viewed_by_others());
    }
}
