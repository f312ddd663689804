//! Jobs on threads of our own, each a promise. When an environment ends, its jobs are called off and waited for: nothing of
//! them may run when the addon's last thread is gone.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use napi::bindgen_prelude::{Either, Object, PromiseRaw, ToNapiValue};
use napi::{Env, JsDeferred, JsValue, Result};
use napi_derive::napi;

use super::class::NativeMapping;
use super::errors::Failure;
use super::lines::Ready;
use super::values::{Bytes, size};
use crate::mapping::scan;
use crate::mapping::{self, Error};
use crate::pool::{self, CancelToken};
use crate::search::literal::Direction;
use crate::search::parallel;
use crate::sync::{Condvar, Mutex};

/// A job that runs, or will: how to end it.
struct Running {
    cancel: Arc<CancelToken>,
    /// What is to be done, until somebody begins it.
    task: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    over: Mutex<bool>,
    signal: Condvar,
}

impl Running {
    /// Does it, unless that was begun already.
    fn begin(&self) {
        let task = self.task.lock().take();
        if let Some(task) = task {
            task();
        }
    }
}

/// Says that a job is over, also when it panics or never begins.
struct Ending(Arc<Running>);

impl Drop for Ending {
    fn drop(&mut self) {
        *self.0.over.lock() = true;
        self.0.signal.notify_all();
    }
}

thread_local! {
    static JOBS: RefCell<Vec<Arc<Running>>> = RefCell::default();
}

/// The environment of this thread ends: no job outlives it.
pub fn env_ends() {
    let jobs = JOBS.try_with(|jobs| std::mem::take(&mut *jobs.borrow_mut())).unwrap_or_default();
    for job in &jobs {
        job.cancel.cancel();
    }
    for job in jobs {
        // One that still waits for a thread, perhaps behind long jobs of others: it is called off, and ends here.
        job.begin();
        let over = job.over.lock();
        drop(job.signal.wait_while(over, |over| !*over));
    }
}

/// How many processors this process may use: so many threads of our own there may be. The engine knows of quotas.
#[napi]
pub fn processors(number: u32) {
    pool::set_processors(number as usize);
}

/// The handle of one job: made first, given to the call that starts it.
#[napi]
pub struct NativeJob {
    cancel: Arc<CancelToken>,
    /// What a job that reads lines has of them: more than an answer holds.
    pub(super) lines: Arc<Mutex<VecDeque<Ready>>>,
}

#[napi]
impl NativeJob {
    #[napi(constructor)]
    #[allow(clippy::new_without_default, reason = "JavaScript makes them")]
    pub fn new() -> Self {
        Self { cancel: Arc::default(), lines: Arc::default() }
    }

    /// The job ends soon; what it answers then means nothing.
    #[napi(enumerable = false)]
    pub fn abort(&self) {
        self.cancel.cancel();
        // The engine knows nothing of their size, and would keep them for long.
        self.lines.lock().clear();
    }

    /// Bytes that are done.
    #[napi(enumerable = false)]
    pub fn done(&self) -> f64 {
        self.cancel.done() as f64
    }
}

/// What a promise answers.
pub type Answer<T> = Either<T, Failure>;

fn answer<T>(result: mapping::Result<Answer<T>>) -> Answer<T> {
    result.unwrap_or_else(|error| Either::B(error.into()))
}

fn called_off() -> Error {
    Error::Coded("ERR_MMAP_BUSY", "The job was called off".into())
}

/// What a promise is settled with, on its own thread.
fn settled<T>(answer: Answer<T>) -> impl FnOnce(Env) -> Result<Answer<T>> {
    move |_| Ok(answer)
}

/// Runs `work` on a pool thread, and settles the promise with its answer.
pub fn run<T: ToNapiValue + Send + 'static>(
    env: &Env,
    job: &NativeJob,
    work: impl FnOnce(&Arc<CancelToken>) -> mapping::Result<Answer<T>> + Send + 'static,
) -> Result<PromiseRaw<'static, Answer<T>>> {
    run_boxed(env, job, Box::new(work))
}

type Work<T> = Box<dyn FnOnce(&Arc<CancelToken>) -> mapping::Result<Answer<T>> + Send>;

/// Compiled for each kind of answer, not for each kind of work.
fn run_boxed<T: ToNapiValue + Send + 'static>(
    env: &Env,
    job: &NativeJob,
    work: Work<T>,
) -> Result<PromiseRaw<'static, Answer<T>>> {
    let (deferred, promise): (JsDeferred<Answer<T>, _>, Object<'_>) = env.create_deferred()?;
    let (cancel, task) = (Arc::clone(&job.cancel), Mutex::default());
    let running = Arc::new(Running { cancel, task, over: Mutex::new(false), signal: Condvar::new() });
    JOBS.with_borrow_mut(|jobs| {
        jobs.retain(|job| !*job.over.lock());
        jobs.push(Arc::clone(&running));
    });
    let (ending, settle) = (Ending(Arc::clone(&running)), deferred.clone());
    let task = move || {
        let cancel = &ending.0.cancel;
        // Called off before it began.
        let work = || if cancel.is_cancelled() { Err(called_off()) } else { work(cancel) };
        match catch_unwind(AssertUnwindSafe(work)) {
            Ok(result) => settle.resolve(settled(answer(result))),
            Err(_) => settle.reject(napi::Error::from_reason("The job has panicked: a bug of memmap")),
        }
        drop(ending);
    };
    *running.task.lock() = Some(Box::new(task));
    let waiting = Arc::clone(&running);
    if !pool::submit(move || waiting.begin()) {
        drop(running.task.lock().take());
        let text = "No thread can be started for it".to_owned();
        let failure = Failure::from(Error::Coded("ERR_MMAP_BUSY", text));
        deferred.resolve(settled(Either::B(failure)));
    }
    Ok(PromiseRaw::new(env.raw(), promise.raw()))
}

#[napi]
impl NativeMapping {
    /// `find`, on threads of our own.
    #[napi(enumerable = false, catch_unwind, ts_return_type = "Promise<number | Failure>")]
    pub fn find_async(
        &self,
        env: &Env,
        job: &NativeJob,
        #[napi(ts_arg_type = "Uint8Array")] needle: Bytes,
        start: f64,
        end: f64,
        last: bool,
        threads: u32,
    ) -> Result<PromiseRaw<'static, Answer<f64>>> {
        let (needle, range) = (needle.0.as_slice().to_vec(), size(start)..size(end));
        let (bytes, threads) = (scan::lend(&self.mapping), pool::clamp_threads(threads));
        run(env, job, move |cancel| {
            let direction = if last { Direction::Backward } else { Direction::Forward };
            let found = parallel::find(&bytes?, &needle, range, direction, threads, Some(cancel))?;
            Ok(Either::A(found.map_or(-1.0, |at| at as f64)))
        })
    }
}
