//! Short jobs on the host's own pool: open, one msync. A job holds the mapping, never a borrow of the object.

use std::sync::Arc;

use napi::bindgen_prelude::{AsyncTask, Either};
use napi::{Env, Result, Task};
use napi_derive::napi;

use super::class::{Made, NativeMapping, open_request};
use super::errors::{Failure, outcome};
use super::values::{Bytes, size};
use crate::mapping::{self, Mapping};
use crate::request::Request;

pub struct Opening {
    path: Vec<u8>,
    request: Request,
    create: bool,
}

#[napi]
impl Task for Opening {
    type Output = mapping::Result<Mapping>;
    type JsValue = Either<Made, Failure>;

    fn compute(&mut self) -> Result<Self::Output> {
        Ok(Mapping::open(&self.path, &self.request, self.create))
    }

    fn resolve(&mut self, _env: Env, output: Self::Output) -> Result<Self::JsValue> {
        Ok(match output {
            Ok(mapping) => Either::A(Made(Arc::new(mapping))),
            Err(error) => Either::B(error.into()),
        })
    }
}

/// `open`, off the event loop.
#[napi(catch_unwind, ts_return_type = "Promise<NativeMapping | Failure>")]
pub fn open_async(
    #[napi(ts_arg_type = "Uint8Array")] path: Bytes,
    length: f64,
    offset: f64,
    access_code: u32,
    create: bool,
    guard: bool,
) -> AsyncTask<Opening> {
    let request = open_request(access_code, offset, length, guard);
    AsyncTask::new(Opening { path: path.0.as_slice().to_vec(), request, create })
}

pub struct Flushing {
    mapping: Arc<Mapping>,
    start: usize,
    length: usize,
    flags: i32,
}

#[napi]
impl Task for Flushing {
    type Output = mapping::Result<()>;
    type JsValue = Option<Failure>;

    fn compute(&mut self) -> Result<Self::Output> {
        Ok(self.mapping.flush(self.start, self.length, self.flags))
    }

    fn resolve(&mut self, _env: Env, output: Self::Output) -> Result<Self::JsValue> {
        Ok(outcome(output))
    }
}

#[napi]
impl NativeMapping {
    /// `flush`, off the event loop.
    #[napi(enumerable = false, catch_unwind)]
    pub fn flush_async(&self, start: f64, length: f64, flags: i32) -> AsyncTask<Flushing> {
        let mapping = Arc::clone(&self.mapping);
        AsyncTask::new(Flushing { mapping, start: size(start), length: size(length), flags })
    }
}
