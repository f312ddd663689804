//! One mapping in several threads.

use napi::bindgen_prelude::Either;
use napi_derive::napi;

use super::enums::Access;
use super::errors::{Failure, answer};
use super::mapping::{NativeMapping, NewMapping, new_mapping};
use super::values::Pair;
use crate::mapping::Handle;

/// What is known of the mapping that an object was attached to, besides its measures.
#[napi(object, object_from_js = false)]
pub struct SharedFacts {
    /// Bytes from the start of the file to the first byte of the mapping.
    pub offset: f64,
    pub access: Access,
    /// Whether faults are survived.
    pub guard: bool,
    pub path: Option<String>,
}

/// Another object over the mapping of a token. Writes the mapping's length, and the bytes hidden before its first one.
#[napi(catch_unwind, ts_return_type = "NativeMapping | Failure")]
pub fn attach(
    token: String,
    #[napi(ts_arg_type = "Float64Array")] measures: Pair,
) -> Either<NewMapping, Failure> {
    new_mapping(Handle::attach(&token), &measures)
}

#[napi]
impl NativeMapping {
    /// A token of the mapping. `path`: what an attached object calls the file.
    #[napi(enumerable = false, catch_unwind)]
    pub fn share(&self, path: Option<String>) -> Either<String, Failure> {
        answer(self.handle().share(path.as_deref()))
    }

    /// What an attached object has of the others.
    #[napi(enumerable = false, catch_unwind)]
    pub fn shared_facts(&self) -> Either<SharedFacts, Failure> {
        answer(self.record().map(|record| {
            let facts = record.facts();
            SharedFacts {
                offset: facts.offset as f64,
                access: facts.access.into(),
                guard: facts.guard,
                path: facts.path.map(str::to_owned),
            }
        }))
    }
}
