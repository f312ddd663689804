//! The bytes of a mapping: read, written, compared.

use napi_derive::napi;

use super::errors::{Answer, Failure, answer, outcome};
use super::mapping::NativeMapping;
use super::values::{JsBytes, size};
use crate::mapping::Error;
use crate::region::ForeignBytes;

#[napi]
impl NativeMapping {
    /// The byte at `index`.
    #[napi(enumerable = false, catch_unwind)]
    pub fn byte(&self, index: f64) -> Answer<i32> {
        let mut byte = 0u8;
        // SAFETY: `byte` outlives the call.
        let target = unsafe { ForeignBytes::new(&raw mut byte, 1) };
        let read = self.record().and_then(|record| record.read(size(index), target));
        answer(read.map(|()| i32::from(byte)))
    }

    #[napi(enumerable = false, catch_unwind)]
    pub fn set_byte(&self, index: f64, value: u32) -> Option<Failure> {
        outcome(self.record().and_then(|record| record.set_byte(size(index), value as u8)))
    }

    /// Copies bytes from `start` on out of the mapping: as many as `target` has.
    #[napi(enumerable = false, catch_unwind)]
    pub fn copy_out(
        &self,
        start: f64,
        #[napi(ts_arg_type = "Uint8Array")] target: JsBytes,
    ) -> Option<Failure> {
        outcome(self.record().and_then(|record| record.read(size(start), target.0)))
    }

    /// Copies bytes into the mapping.
    #[napi(enumerable = false, catch_unwind)]
    pub fn copy_in(
        &self,
        start: f64,
        #[napi(ts_arg_type = "Uint8Array")] source: JsBytes,
    ) -> Option<Failure> {
        outcome(self.record().and_then(|record| record.write(size(start), source.0)))
    }

    /// Copies between mappings, or within one: the ranges may overlap.
    #[napi(enumerable = false, catch_unwind)]
    pub fn copy_from(&self, to: f64, other: &NativeMapping, from: f64, length: f64) -> Option<Failure> {
        let (to, from, length) = (size(to), size(from), size(length));
        outcome(self.record().and_then(|record| record.copy_from(to, other.record()?, from, length)))
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
        outcome(self.record().and_then(|record| record.fill(start, end, &pattern)))
    }

    /// Whether the bytes from `start` on are `other`.
    #[napi(enumerable = false, catch_unwind)]
    pub fn equals(&self, start: f64, #[napi(ts_arg_type = "Uint8Array")] other: JsBytes) -> Answer<bool> {
        answer(self.record().and_then(|record| record.equals(size(start), other.0.as_slice())))
    }

    /// Whether all bytes are those of another mapping.
    #[napi(enumerable = false, catch_unwind)]
    pub fn equals_mapping(&self, other: &NativeMapping) -> Answer<bool> {
        answer(self.record().and_then(|record| record.equals_mapping(other.record()?)))
    }
}
