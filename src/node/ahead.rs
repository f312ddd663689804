//! What is read, or brought into memory, off the event loop.

use napi::bindgen_prelude::{Either, PromiseRaw};
use napi::{Env, Result};
use napi_derive::napi;

use super::errors::{Answer, Failure, answer};
use super::jobs::{self, NativeJob};
use super::mapping::NativeMapping;
use super::values::{Doubles, JsBytes, size};
use crate::pool::Length;
use crate::region::ForeignBytes;

/// Memory that a job writes to.
struct Target(ForeignBytes);

// SAFETY: the caller of `read_async` keeps the memory, and gives it to nobody, until the job has ended.
unsafe impl Send for Target {}

#[napi]
impl NativeMapping {
    /// Brings ranges into memory: a start and an end of each, one behind the other.
    #[napi(enumerable = false, catch_unwind, ts_return_type = "Promise<undefined | Failure>")]
    pub fn prefetch(
        &self,
        env: &Env,
        job: &NativeJob,
        #[napi(ts_arg_type = "Float64Array")] mut ranges: Doubles,
    ) -> Result<PromiseRaw<'static, Answer<()>>> {
        let (pairs, _) = ranges.as_mut_slice().as_chunks::<2>();
        let ranges = pairs.iter().map(|[start, end]| size(*start)..size(*end)).collect();
        let snapshot = self.handle().snapshot();
        jobs::run(env, job, Length::Disk, move |cancel| Ok(Either::A(snapshot?.prefetch(ranges, cancel)?)))
    }

    /// Copies a range that is in memory, and waits for nothing. `false`: it may not be.
    #[napi(enumerable = false, catch_unwind)]
    pub fn read_now(
        &self,
        start: f64,
        #[napi(ts_arg_type = "Uint8Array")] target: JsBytes,
    ) -> Either<bool, Failure> {
        let record = self.handle().record_for_job();
        answer(record.and_then(|record| record.read_now(size(start), target.0)))
    }

    /// Copies ranges into targets: where each begins, and as many bytes as its target has. The caller keeps the targets until the
    /// promise is settled, and nobody else has them. `ahead`: how many bytes behind the last range are asked of the system too.
    #[napi(enumerable = false, catch_unwind, ts_return_type = "Promise<undefined | Failure>")]
    pub fn read_async(
        &self,
        env: &Env,
        job: &NativeJob,
        #[napi(ts_arg_type = "Float64Array")] mut starts: Doubles,
        #[napi(ts_arg_type = "Uint8Array[]")] targets: Vec<JsBytes>,
        ahead: f64,
    ) -> Result<PromiseRaw<'static, Answer<()>>> {
        let starts = starts.as_mut_slice().iter().map(|start| size(*start));
        let reads = starts.zip(targets).map(|(start, target)| (start, Target(target.0))).collect::<Vec<_>>();
        let (snapshot, ahead) = (self.handle().snapshot(), size(ahead));
        jobs::run(env, job, Length::Disk, move |cancel| {
            let reads = reads.into_iter().map(|(start, Target(target))| (start, target)).collect::<Vec<_>>();
            Ok(Either::A(snapshot?.read_ranges(&reads, ahead, cancel)?))
        })
    }
}
