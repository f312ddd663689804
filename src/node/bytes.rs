//! The bytes of a mapping: copied from another one, filled, compared.

use std::sync::Arc;

use napi::bindgen_prelude::Either;
use napi_derive::napi;

use super::errors::{Failure, answer, outcome};
use super::mapping::NativeMapping;
use super::values::{JsBytes, size};
use crate::mapping::{Error, Record};

#[napi]
impl NativeMapping {
    /// Copies between mappings, or within one: the ranges may overlap.
    #[napi(enumerable = false, catch_unwind)]
    pub fn copy_from(&self, to: f64, other: &NativeMapping, from: f64, length: f64) -> Option<Failure> {
        let (to, from, length) = (size(to), size(from), size(length));
        let copy =
            |record: &Arc<Record>| other.handle().reach(|theirs| record.copy_from(to, theirs, from, length));
        outcome(self.handle().reach(copy))
    }

    /// Repeats a pattern, which is not empty, over a range.
    #[napi(enumerable = false, catch_unwind)]
    pub fn fill(
        &self,
        start: f64,
        end: f64,
        #[napi(ts_arg_type = "Uint8Array")] pattern: JsBytes,
    ) -> Option<Failure> {
        let (start, end) = (size(start), size(end));
        let Some(pattern) = pattern.0.to_vec(end.saturating_sub(start)) else {
            return Some(Error::NoMemory("There is no memory for so long a pattern".into()).into());
        };
        if pattern.is_empty() {
            return None;
        }
        outcome(self.handle().reach(|record| record.fill(start, end, &pattern)))
    }

    /// Whether the bytes from `start` on are `other`.
    #[napi(enumerable = false, catch_unwind)]
    pub fn equals(
        &self,
        start: f64,
        #[napi(ts_arg_type = "Uint8Array")] other: JsBytes,
    ) -> Either<bool, Failure> {
        answer(self.handle().reach(|record| record.equals(size(start), other.0.as_slice())))
    }

    /// Whether all bytes are those of another mapping.
    #[napi(enumerable = false, catch_unwind)]
    pub fn equals_mapping(&self, other: &NativeMapping) -> Either<bool, Failure> {
        let equal = |record: &Arc<Record>| other.handle().reach(|theirs| record.equals_mapping(theirs));
        answer(self.handle().reach(equal))
    }
}
