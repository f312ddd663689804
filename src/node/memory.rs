//! The memory of a mapping, and the file below it: flushed, advised, named.

use napi::bindgen_prelude::{Either, PromiseRaw};
use napi::{Env, Result};
use napi_derive::napi;

use super::errors::{Answer, Failure, answer, outcome};
use super::jobs::{self, NativeJob};
use super::mapping::NativeMapping;
use super::values::{JsBytes, size};
use crate::os::Advice;
use crate::pool::Length;

#[napi]
impl NativeMapping {
    /// Writes changed pages of a range back. `flags`: MS_ bits; 0: the default.
    #[napi(enumerable = false, catch_unwind)]
    pub fn flush(&self, start: f64, length: f64, flags: i32) -> Option<Failure> {
        outcome(self.record().and_then(|record| record.flush(size(start), size(length), flags)))
    }

    /// `flush`, off the event loop.
    #[napi(enumerable = false, catch_unwind, ts_return_type = "Promise<undefined | Failure>")]
    pub fn flush_async(
        &self,
        env: &Env,
        job: &NativeJob,
        start: f64,
        length: f64,
        flags: i32,
    ) -> Result<PromiseRaw<'static, Answer<()>>> {
        let record = self.record().cloned();
        jobs::run(env, job, Length::Short, move |_| {
            Ok(Either::A(record?.flush(size(start), size(length), flags)?))
        })
    }

    /// `advice`: a portable name, or one of the system's numbers. `true`: the system took the advice.
    #[napi(enumerable = false, catch_unwind)]
    pub fn advise(&self, advice: Either<String, i32>, start: f64, length: f64) -> Either<bool, Failure> {
        let advice = match advice {
            Either::A(name) => Advice::Name(name),
            Either::B(number) => Advice::Number(number),
        };
        answer(self.record().and_then(|record| record.advise(&advice, size(start), size(length))))
    }

    /// Sets the bit of each page of a range that is in memory, the lowest bit first. Answers how many are; -1: the system hides it.
    #[napi(enumerable = false, catch_unwind)]
    pub fn residency(
        &self,
        start: f64,
        length: f64,
        #[napi(ts_arg_type = "Uint8Array")] mut bits: JsBytes,
    ) -> Either<f64, Failure> {
        let (bits, mut page, mut resident) = (bits.0.as_mut_slice(), 0, 0);
        let note = |is_there: bool| {
            if is_there && let Some(byte) = bits.get_mut(page / 8) {
                *byte |= 1 << (page % 8);
                resident += 1;
            }
            page += 1;
        };
        let told = self.record().and_then(|record| record.residency(size(start), size(length), note));
        answer(told.map(|told| if told { f64::from(resident) } else { -1.0 }))
    }

    /// Keeps the pages of a range in memory, or no longer.
    #[napi(enumerable = false, catch_unwind)]
    pub fn set_locked(&self, start: f64, length: f64, locked: bool) -> Option<Failure> {
        outcome(self.record().and_then(|record| record.set_locked(size(start), size(length), locked)))
    }

    #[napi(enumerable = false, catch_unwind)]
    pub fn set_name(&self, name: String) -> Option<Failure> {
        outcome(self.record().and_then(|record| record.set_name(&name)))
    }
}
