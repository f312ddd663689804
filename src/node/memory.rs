//! The memory of a mapping, and the file below it: flushed, advised, named.

use napi::bindgen_prelude::{Either, PromiseRaw};
use napi::{Env, Result};
use napi_derive::napi;

use super::errors::{Answer, Failure, answer, outcome};
use super::jobs::{self, NativeJob};
use super::mapping::NativeMapping;
use super::values::size;
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

    #[napi(enumerable = false, catch_unwind)]
    pub fn set_name(&self, name: String) -> Option<Failure> {
        outcome(self.record().and_then(|record| record.set_name(&name)))
    }
}
