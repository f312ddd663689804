//! Constants of the system.

use napi::bindgen_prelude::Object;
use napi::{Env, Result};
use napi_derive::napi;

use crate::os;

/// The size of a page of memory in bytes.
#[napi]
pub fn page_size() -> f64 {
    os::page_size() as f64
}

/// The bytes that the offset of a mapping must be a multiple of.
#[napi]
pub fn allocation_granularity() -> f64 {
    os::granularity() as f64
}

/// Each PROT_, MAP_, MADV_ and MS_ that this system defines, with the values of its headers.
#[napi(ts_return_type = "Record<string, number>")]
pub fn constants(env: &Env) -> Result<Object<'_>> {
    let mut object = Object::new(env)?;
    for (name, value) in os::CONSTANTS.iter().copied().flatten() {
        object.set(name, *value as f64)?;
    }
    Ok(object)
}
