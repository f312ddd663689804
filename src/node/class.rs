//! The native half of the class: one object over one mapping.

use std::sync::Arc;

use napi::bindgen_prelude::{Either, ToNapiValue, TypeName};
use napi::{Env, ValueType, sys};
use napi_derive::napi;

use super::errors::{Failure, outcome};
use super::registry;
use super::values::{Bytes, Pair, size};
use crate::mapping::{Error, Mapping, Result};
use crate::os::{self, Advice};
use crate::region::Foreign;
use crate::request::{Access, Raw, Request};

/// Owns one mapping. Every number is checked by the caller; what is still wrong is answered with a Failure.
#[napi]
pub struct NativeMapping {
    pub(super) mapping: Arc<Mapping>,
}

impl Drop for NativeMapping {
    fn drop(&mut self) {
        self.mapping.let_go();
    }
}

fn access(code: u32) -> Option<Access> {
    [None, Some(Access::Read), Some(Access::Write), Some(Access::Copy)].get(code as usize).copied().flatten()
}

/// A new object on its way to JavaScript, where it enters the sweep's list.
pub struct Made(pub Arc<Mapping>);

impl TypeName for Made {
    fn type_name() -> &'static str {
        "NativeMapping"
    }
    fn value_type() -> ValueType {
        ValueType::Object
    }
}

impl ToNapiValue for Made {
    unsafe fn to_napi_value(env: sys::napi_env, made: Self) -> napi::Result<sys::napi_value> {
        let mapping = Arc::clone(&made.0);
        // SAFETY: env is the engine's, for this call.
        let object = unsafe { NativeMapping::to_napi_value(env, NativeMapping { mapping: made.0 }) }?;
        registry::enroll(Env::from_raw(env), object, &mapping);
        Ok(object)
    }
}

fn made(mapping: Result<Mapping>, measures: &Pair) -> Either<Made, Failure> {
    match mapping {
        Ok(mapping) => {
            measure(&mapping, measures);
            Either::A(Made(Arc::new(mapping)))
        }
        Err(error) => Either::B(error.into()),
    }
}

fn measure(mapping: &Mapping, measures: &Pair) {
    if let Ok(region) = mapping.region() {
        measures.set([region.length() as f64, region.slack() as f64]);
    }
}

fn answer<T>(result: Result<T>) -> Either<T, Failure> {
    match result {
        Ok(value) => Either::A(value),
        Err(error) => Either::B(error.into()),
    }
}

fn position(found: Result<Option<usize>>) -> Either<f64, Failure> {
    match found {
        Ok(found) => Either::A(found.map_or(-1.0, |at| at as f64)),
        Err(error) => Either::B(error.into()),
    }
}

/// What `open` and `openAsync` ask for.
pub fn open_request(access_code: u32, offset: f64, length: f64, guard: bool) -> Request {
    Request {
        access: access(access_code).or(Some(Access::Read)),
        raw: None,
        offset: offset as u64,
        length: length as u64,
        lenient: true,
        guard,
    }
}

/// Maps a descriptor, or with -1 anonymous memory. `access`: 0 default, 1 read, 2 write, 3 copy. `guard`: faults are
/// survived. `name`: of memory.
#[napi(catch_unwind, ts_return_type = "NativeMapping | Failure")]
pub fn map(
    fd: i32,
    length: f64,
    offset: f64,
    access_code: u32,
    prot: Option<i32>,
    flags: Option<i32>,
    track: bool,
    guard: bool,
    name: Option<String>,
    #[napi(ts_arg_type = "Float64Array")] measures: Pair,
) -> Either<Made, Failure> {
    let defaults = os::system().default_raw;
    let raw = (prot.is_some() || flags.is_some())
        .then(|| Raw { prot: prot.unwrap_or(defaults.prot), flags: flags.unwrap_or(defaults.flags) });
    let (offset, length) = (offset as u64, length as u64);
    let request = Request { access: access(access_code), raw, offset, length, lenient: false, guard };
    if let Some(Err(refused)) = name.as_deref().map(|name| named(name, "option \"tagname\"")) {
        return Either::B(refused.into());
    }
    made(Mapping::from_fd(fd, &request, track, name), &measures)
}

fn named(name: &str, what: &str) -> Result<()> {
    os::check_memory_name(name).map_err(|expected| {
        Error::Coded("ERR_INVALID_ARG_VALUE", format!("The {what} must be {expected}. Received '{name}'"))
    })
}

/// Takes the name of named memory away. `false`: there was none.
#[napi(catch_unwind)]
pub fn unlink(name: String) -> Either<bool, Failure> {
    match named(&name, "argument \"name\"").and_then(|()| Ok(os::unlink_named(&name)?)) {
        Ok(existed) => Either::A(existed),
        Err(error) => Either::B(error.into()),
    }
}

/// Opens a path, given as bytes, and maps it.
#[napi(catch_unwind, ts_return_type = "NativeMapping | Failure")]
pub fn open(
    #[napi(ts_arg_type = "Uint8Array")] path: Bytes,
    length: f64,
    offset: f64,
    access_code: u32,
    create: bool,
    guard: bool,
    #[napi(ts_arg_type = "Float64Array")] measures: Pair,
) -> Either<Made, Failure> {
    let request = open_request(access_code, offset, length, guard);
    made(Mapping::open(path.0.as_slice(), &request, create), &measures)
}

#[napi]
impl NativeMapping {
    /// Writes its length, and the bytes hidden before its first one.
    #[napi(enumerable = false, catch_unwind)]
    pub fn measure(&self, #[napi(ts_arg_type = "Float64Array")] measures: Pair) {
        measure(&self.mapping, &measures);
    }

    /// The byte at `index`.
    #[napi(enumerable = false, catch_unwind)]
    pub fn byte(&self, index: f64) -> Either<i32, Failure> {
        let mut byte = 0u8;
        // SAFETY: `byte` outlives the call.
        let target = unsafe { Foreign::new(&raw mut byte, 1) };
        match self.mapping.read(size(index), target) {
            Ok(()) => Either::A(i32::from(byte)),
            Err(error) => Either::B(error.into()),
        }
    }

    #[napi(enumerable = false, catch_unwind)]
    pub fn set_byte(&self, index: f64, value: u32) -> Option<Failure> {
        outcome(self.mapping.set_byte(size(index), value as u8))
    }

    /// Copies out of the mapping: as many bytes as `target` has.
    #[napi(enumerable = false, catch_unwind)]
    pub fn copy_out(&self, start: f64, #[napi(ts_arg_type = "Uint8Array")] target: Bytes) -> Option<Failure> {
        outcome(self.mapping.read(size(start), target.0))
    }

    /// Copies into the mapping.
    #[napi(enumerable = false, catch_unwind)]
    pub fn copy_in(&self, start: f64, #[napi(ts_arg_type = "Uint8Array")] source: Bytes) -> Option<Failure> {
        outcome(self.mapping.write(size(start), source.0))
    }

    /// Copies between mappings, or within one: ranges may overlap.
    #[napi(enumerable = false, catch_unwind)]
    pub fn copy_from(&self, to: f64, other: &NativeMapping, from: f64, length: f64) -> Option<Failure> {
        outcome(self.mapping.copy_from(size(to), &other.mapping, size(from), size(length)))
    }

    /// Repeats a pattern, which is not empty, over a range.
    #[napi(enumerable = false, catch_unwind)]
    pub fn fill(
        &self,
        start: f64,
        end: f64,
        #[napi(ts_arg_type = "Uint8Array")] pattern: Bytes,
    ) -> Option<Failure> {
        let (start, end) = (size(start), size(end));
        let Some(pattern) = pattern.0.to_vec(end.saturating_sub(start)) else {
            return Some(
                Error::Coded("ERR_OUT_OF_RANGE", "There is no memory for so long a pattern".into()).into(),
            );
        };
        if pattern.is_empty() {
            return None;
        }
        outcome(self.mapping.fill(start, end, &pattern))
    }

    /// The first (or last) position of `needle` within a range, or -1.
    #[napi(enumerable = false, catch_unwind)]
    pub fn find(
        &self,
        #[napi(ts_arg_type = "Uint8Array")] needle: Bytes,
        start: f64,
        end: f64,
        last: bool,
    ) -> Either<f64, Failure> {
        position(self.mapping.find(needle.0.as_slice(), size(start)..size(end), last))
    }

    /// Whether the bytes from `start` on are `other`.
    #[napi(enumerable = false, catch_unwind)]
    pub fn equals(
        &self,
        start: f64,
        #[napi(ts_arg_type = "Uint8Array")] other: Bytes,
    ) -> Either<bool, Failure> {
        answer(self.mapping.equals(size(start), other.0.as_slice()))
    }

    /// Whether all bytes are those of another mapping.
    #[napi(enumerable = false, catch_unwind)]
    pub fn equals_mapping(&self, other: &NativeMapping) -> Either<bool, Failure> {
        answer(self.mapping.equals_mapping(&other.mapping))
    }

    /// Fails if a range, reached by a view just now, is not the file's.
    #[napi(enumerable = false, catch_unwind)]
    pub fn verify(&self, start: f64, length: f64) -> Option<Failure> {
        outcome(self.mapping.verify_range(size(start), size(length)))
    }

    /// Whether anything went wrong so far.
    #[napi(enumerable = false, catch_unwind)]
    pub fn faulted(&self) -> Either<bool, Failure> {
        answer(self.mapping.is_faulted())
    }

    /// Maps the file again. `false`: at other addresses.
    #[napi(enumerable = false, catch_unwind)]
    pub fn reattach(&self) -> Either<bool, Failure> {
        answer(self.mapping.reattach())
    }

    /// The size of the file now.
    #[napi(enumerable = false, catch_unwind)]
    pub fn size(&self) -> Either<f64, Failure> {
        match self.mapping.size() {
            Ok(size) => Either::A(size as f64),
            Err(error) => Either::B(error.into()),
        }
    }

    #[napi(enumerable = false, catch_unwind)]
    pub fn flush(&self, start: f64, length: f64, flags: i32) -> Option<Failure> {
        outcome(self.mapping.flush(size(start), size(length), flags))
    }

    /// `advice`: a portable name or one of the system's numbers. `true`: the system heard.
    #[napi(enumerable = false, catch_unwind)]
    pub fn advise(&self, advice: Either<String, i32>, start: f64, length: f64) -> Either<bool, Failure> {
        let advice = match advice {
            Either::A(name) => Advice::Name(name),
            Either::B(number) => Advice::Number(number),
        };
        match self.mapping.advise(&advice, size(start), size(length)) {
            Ok(heard) => Either::A(heard),
            Err(error) => Either::B(error.into()),
        }
    }

    #[napi(enumerable = false, catch_unwind)]
    pub fn set_name(&self, name: String) -> Option<Failure> {
        outcome(self.mapping.set_name(&name))
    }

    /// Another length; answers it. `reserve: false` leaves a hole where the file grows.
    #[napi(enumerable = false, catch_unwind)]
    pub fn resize(&self, length: f64, reserve: bool) -> Option<Failure> {
        outcome(self.mapping.resize(length as u64, reserve))
    }

    /// Closes a mapping that nobody saw, and takes back what it did to the file.
    #[napi(enumerable = false, catch_unwind)]
    pub fn undo(&self) {
        self.mapping.undo();
    }

    /// Whoever still holds the bytes reads zeros from now on. `false`: it was closed already.
    #[napi(enumerable = false, catch_unwind)]
    pub fn close(&self) -> bool {
        self.mapping.close()
    }
}
