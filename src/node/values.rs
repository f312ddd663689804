//! Arguments and answers that napi-rs has no type for, or a slower one.

use std::ffi::c_void;
use std::{ptr, slice};

use napi::bindgen_prelude::{FromNapiValue, ToNapiValue, TypeName, ValidateNapiValue};
use napi::{Error, Result, Status, ValueType, sys};

use crate::region::ForeignBytes;

/// The bytes of a Uint8Array (a Buffer too), over any kind of buffer, for the length of one call.
pub struct JsBytes(pub ForeignBytes);

impl TypeName for JsBytes {
    fn type_name() -> &'static str {
        "Uint8Array"
    }
    fn value_type() -> ValueType {
        ValueType::Object
    }
}

impl ValidateNapiValue for JsBytes {}

impl FromNapiValue for JsBytes {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        let (start, length) = typed_array(env, value, sys::TypedarrayType::uint8_array, "Uint8Array")?;
        // SAFETY: the engine's own memory of `length` bytes, alive while the argument is on the call's stack; no
        // JavaScript runs, and so detaches nothing, before the call returns.
        Ok(Self(unsafe { ForeignBytes::new(start.cast(), length) }))
    }
}

/// The start and the length of a typed array of `kind`, over any kind of buffer.
fn typed_array(
    env: sys::napi_env,
    value: sys::napi_value,
    kind: sys::napi_typedarray_type,
    expected: &str,
) -> Result<(*mut c_void, usize)> {
    let (mut actual, mut length, mut start) = (0, 0, ptr::null_mut());
    // SAFETY: env and value are the engine's, for this call; the out pointers are ours, and those left null
    // are optional.
    let status = unsafe {
        sys::napi_get_typedarray_info(
            env,
            value,
            &mut actual,
            &mut length,
            &mut start,
            ptr::null_mut(),
            ptr::null_mut(),
        )
    };
    if status != sys::Status::napi_ok || actual != kind {
        return Err(Error::new(Status::InvalidArg, format!("Expected a {expected}")));
    }
    Ok((start, length))
}

/// A Float64Array of at least `N` elements, which a call writes `N` numbers into: an object would cost more.
pub struct Numbers<const N: usize>(*mut [f64; N]);

pub type Pair = Numbers<2>;
pub type Triple = Numbers<3>;

impl<const N: usize> Numbers<N> {
    pub fn get(&self) -> [f64; N] {
        // SAFETY: as in `set`.
        unsafe { self.0.read_unaligned() }
    }

    pub fn set(&self, numbers: [f64; N]) {
        // SAFETY: so many elements of the engine's, alive while the argument is on the call's stack.
        unsafe { self.0.write_unaligned(numbers) };
    }
}

impl<const N: usize> TypeName for Numbers<N> {
    fn type_name() -> &'static str {
        "Float64Array"
    }
    fn value_type() -> ValueType {
        ValueType::Object
    }
}

impl<const N: usize> ValidateNapiValue for Numbers<N> {}

impl<const N: usize> FromNapiValue for Numbers<N> {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        let (start, length) = typed_array(env, value, sys::TypedarrayType::float64_array, "Float64Array")?;
        if length < N {
            return Err(Error::new(Status::InvalidArg, format!("Expected a Float64Array of {N} elements")));
        }
        Ok(Self(start.cast()))
    }
}

/// The elements of a typed array that a call writes into, for the length of the call.
pub struct Elements<T> {
    start: *mut T,
    length: usize,
}

pub type Integers = Elements<i32>;
pub type Doubles = Elements<f64>;

/// The type of a typed array's elements.
pub trait Element {
    const KIND: sys::napi_typedarray_type;
    const NAME: &'static str;
}

impl Element for i32 {
    const KIND: sys::napi_typedarray_type = sys::TypedarrayType::int32_array;
    const NAME: &'static str = "Int32Array";
}

impl Element for f64 {
    const KIND: sys::napi_typedarray_type = sys::TypedarrayType::float64_array;
    const NAME: &'static str = "Float64Array";
}

impl<T> Elements<T> {
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        if self.length == 0 {
            return &mut [];
        }
        // SAFETY: so many elements of the engine's, aligned, alive while the argument is on the call's stack, during
        // which no JavaScript runs; each is given to one argument of the call.
        unsafe { slice::from_raw_parts_mut(self.start, self.length) }
    }
}

impl<T: Element> TypeName for Elements<T> {
    fn type_name() -> &'static str {
        T::NAME
    }
    fn value_type() -> ValueType {
        ValueType::Object
    }
}

impl<T: Element> ValidateNapiValue for Elements<T> {}

impl<T: Element> FromNapiValue for Elements<T> {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        let (start, length) = typed_array(env, value, T::KIND, T::NAME)?;
        Ok(Self { start: start.cast(), length })
    }
}

/// A value of the engine's that is passed on as it is.
pub struct Passed(pub sys::napi_value);

impl TypeName for Passed {
    fn type_name() -> &'static str {
        "unknown"
    }
    fn value_type() -> ValueType {
        ValueType::Unknown
    }
}

impl ValidateNapiValue for Passed {}

impl FromNapiValue for Passed {
    unsafe fn from_napi_value(_env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        Ok(Self(value))
    }
}

impl ToNapiValue for Passed {
    unsafe fn to_napi_value(_env: sys::napi_env, value: Self) -> Result<sys::napi_value> {
        Ok(value.0)
    }
}

/// A size or position that the TypeScript side has checked to be an integer from 0 to 2^53 - 1.
pub fn size(value: f64) -> usize {
    // The conversion saturates, and every range check refuses what does not fit.
    value as usize
}

/// Drops an exception that the engine threw when it refused something.
pub fn forget_exception(env: sys::napi_env) {
    let (mut pending, mut exception) = (false, ptr::null_mut());
    // SAFETY: env is the engine's, for this call; the out pointer is ours.
    unsafe { sys::napi_is_exception_pending(env, &mut pending) };
    if pending {
        // SAFETY: as above.
        unsafe { sys::napi_get_and_clear_last_exception(env, &mut exception) };
    }
}

/// A finalizer for memory that is never freed.
///
/// # Safety
/// Any arguments will do: `unsafe` belongs to Node-API's type.
pub unsafe extern "C" fn nothing(_env: sys::napi_env, _data: *mut c_void, _hint: *mut c_void) {}
