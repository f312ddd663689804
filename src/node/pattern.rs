//! What is searched for: compiled patterns, and bytes as they are.

use std::sync::Arc;

use napi::bindgen_prelude::{FromNapiRef, FromNapiValue, TypeName, ValidateNapiValue};
use napi::{JsString, Result, ValueType, sys};
use napi_derive::napi;

use super::errors::Failure;
use super::values::JsBytes;
use crate::mapping::{self, Error};
use crate::region::ForeignBytes;
use crate::search::pattern::Pattern;
use crate::search::target::Target;

/// A compiled RegExp. The object can be used for one RegExp after the other: engines call finalizers from the event loop,
/// and a synchronous loop that makes an object for each RegExp would pile them up.
#[napi]
pub struct NativePattern {
    target: Option<Arc<Target>>,
}

#[napi]
impl NativePattern {
    /// Compiles nothing yet.
    #[napi(constructor)]
    #[allow(clippy::new_without_default, reason = "JavaScript makes them")]
    pub fn new() -> Self {
        Self { target: None }
    }

    /// Compiles a RegExp's source and flags, in place of what the object had.
    #[napi(enumerable = false, catch_unwind)]
    pub fn compile(&mut self, source: JsString<'_>, flags: String) -> Result<Option<Failure>> {
        self.target = None;
        // Before there is a copy of it, which may be more than there is memory for.
        if let Err(error) = Pattern::check_length(source.utf16_len()?) {
            return Ok(Some(error.into()));
        }
        let source = source.into_utf8()?.into_owned()?;
        Ok(match Target::pattern(&source, &flags) {
            Ok(target) => {
                self.target = Some(Arc::new(target));
                None
            }
            Err(error) => Some(error.into()),
        })
    }

    /// Lets go of what was compiled. Jobs that are at work on it go on.
    #[napi(enumerable = false)]
    pub fn clear(&mut self) {
        self.target = None;
    }

    /// The names of the groups, `null` for those without; the first is the whole match.
    #[napi(enumerable = false, ts_return_type = "(string | null)[]")]
    pub fn groups(&self) -> Vec<Option<String>> {
        self.target.as_ref().map_or_else(Vec::new, |target| target.groups().to_vec())
    }

    /// About how many bytes it keeps now. Searches make it more.
    #[napi(enumerable = false)]
    pub fn memory(&self) -> f64 {
        self.target.as_ref().map_or(0, |target| target.memory_usage()) as f64
    }

    pub fn target(&self) -> Result<&Arc<Target>> {
        self.target.as_ref().ok_or_else(|| napi::Error::from_reason("The pattern is not compiled"))
    }
}

/// What is searched for, as an argument: bytes as they are, or a compiled pattern.
pub enum Wanted {
    Bytes(ForeignBytes),
    Pattern(Arc<Target>),
}

impl Wanted {
    /// With a copy of the bytes, for a job.
    pub fn into_target(self) -> mapping::Result<Arc<Target>> {
        match self {
            Self::Bytes(bytes) => Ok(Arc::new(Target::literal(bytes.as_slice()).ok_or_else(no_memory)?)),
            Self::Pattern(target) => Ok(target),
        }
    }
}

impl TypeName for Wanted {
    fn type_name() -> &'static str {
        "NativePattern | Uint8Array"
    }
    fn value_type() -> ValueType {
        ValueType::Object
    }
}

impl ValidateNapiValue for Wanted {}

impl FromNapiValue for Wanted {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        let mut is_bytes = false;
        // SAFETY: env and value are the engine's, for this call; the out pointer is ours.
        unsafe { sys::napi_is_typedarray(env, value, &mut is_bytes) };
        if is_bytes {
            // SAFETY: as above.
            return Ok(Self::Bytes(unsafe { JsBytes::from_napi_value(env, value) }?.0));
        }
        // SAFETY: as above.
        let pattern = unsafe { NativePattern::from_napi_ref(env, value) }?;
        Ok(Self::Pattern(Arc::clone(pattern.target()?)))
    }
}

/// A copy of bytes that are searched for, for a job.
pub fn copied(needle: &ForeignBytes) -> mapping::Result<Vec<u8>> {
    let (bytes, mut copy) = (needle.as_slice(), Vec::new());
    copy.try_reserve_exact(bytes.len()).map_err(|_| no_memory())?;
    copy.extend_from_slice(bytes);
    Ok(copy)
}

fn no_memory() -> Error {
    Error::NoMemory("There is no memory for a copy of what is searched for".into())
}
