//! Promises that are kept by threads of our own.
//!
//! When an environment ends, its jobs are cancelled and waited for: none of their code may run once the engine has unloaded
//! the addon with its last thread.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use napi::bindgen_prelude::{Either, Object, PromiseRaw, ToNapiValue};
use napi::{Env, JsDeferred, JsValue, Result};
use napi_derive::napi;

use super::errors::{Answer, Failure};
use crate::mapping::{self, Error};
use crate::pool::{self, CancelToken, Length};
use crate::search::ready::ReadyLines;
use crate::sync::{Condvar, Mutex};

/// A job that runs, or will: how to end it.
struct Running {
    cancel: Arc<CancelToken>,
    /// What is to be done, until somebody begins it.
    task: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    over: Mutex<bool>,
    /// Notified when the job is over.
    ended: Condvar,
}

impl Running {
    /// Runs the task, unless that was begun already.
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
        self.0.ended.notify_all();
    }
}

thread_local! {
    static JOBS: RefCell<Vec<Arc<Running>>> = RefCell::default();
}

/// The environment of this thread ends: no job of it outlives that.
pub fn environment_ends() {
    let jobs = JOBS.try_with(|jobs| std::mem::take(&mut *jobs.borrow_mut())).unwrap_or_default();
    for job in &jobs {
        job.cancel.cancel();
    }
    for job in jobs {
        // If it still waits for a thread, perhaps behind long jobs of others, it ends here, since it is cancelled.
        job.begin();
        drop(job.ended.wait_while(job.over.lock(), |over| !*over));
    }
}

/// Sets how many threads of our own there may be, by how many processors this process may use. (The engine knows of quotas
/// that Rust's standard library does not.)
#[napi]
pub fn set_processors(number: u32) {
    pool::set_processors(number as usize);
}

/// One job: made first, and given to the call that starts it.
#[napi]
pub struct NativeJob {
    cancel: Arc<CancelToken>,
    /// What a job that reads lines has of them: more than fits into its answer.
    pub(super) lines: Arc<Mutex<ReadyLines>>,
}

#[napi]
impl NativeJob {
    #[napi(constructor)]
    #[allow(clippy::new_without_default, reason = "JavaScript makes them")]
    pub fn new() -> Self {
        Self { cancel: Arc::default(), lines: Arc::default() }
    }

    /// Cancels the job: it ends soon, and what it answers then means nothing.
    #[napi(enumerable = false)]
    pub fn cancel(&self) {
        self.cancel.cancel();
        // The engine does not know how large they are, and would keep the object, and so them, for long.
        self.lines.lock().clear();
    }

    /// How many bytes the job has dealt with.
    #[napi(enumerable = false)]
    pub fn done(&self) -> f64 {
        self.cancel.done() as f64
    }
}

fn cancelled() -> Error {
    Error::Busy("The job was cancelled".into())
}

/// What fulfils a promise, called on the promise's own thread.
fn fulfilment<T>(answer: Answer<T>) -> impl FnOnce(Env) -> Result<Answer<T>> {
    move |_| Ok(answer)
}

/// Runs `work` on a pool thread, and fulfils a promise with its answer.
pub fn run<T: ToNapiValue + Send + 'static>(
    env: &Env,
    job: &NativeJob,
    length: Length,
    work: impl FnOnce(&Arc<CancelToken>) -> mapping::Result<Answer<T>> + Send + 'static,
) -> Result<PromiseRaw<'static, Answer<T>>> {
    run_boxed(env, job, length, Box::new(work))
}

type Work<T> = Box<dyn FnOnce(&Arc<CancelToken>) -> mapping::Result<Answer<T>> + Send>;

/// Compiled once for each kind of answer, rather than for each kind of work.
fn run_boxed<T: ToNapiValue + Send + 'static>(
    env: &Env,
    job: &NativeJob,
    length: Length,
    work: Work<T>,
) -> Result<PromiseRaw<'static, Answer<T>>> {
    let (deferred, promise): (JsDeferred<Answer<T>, _>, Object<'_>) = env.create_deferred()?;
    let (cancel, task) = (Arc::clone(&job.cancel), Mutex::default());
    let running = Arc::new(Running { cancel, task, over: Mutex::new(false), ended: Condvar::new() });
    JOBS.with_borrow_mut(|jobs| {
        jobs.retain(|job| !*job.over.lock());
        jobs.push(Arc::clone(&running));
    });
    let (ending, promised) = (Ending(Arc::clone(&running)), deferred.clone());
    let task = move || {
        let cancel = &ending.0.cancel;
        let work = || if cancel.is_cancelled() { Err(cancelled()) } else { work(cancel) };
        match catch_unwind(AssertUnwindSafe(work)) {
            Ok(result) => {
                let answer = result.unwrap_or_else(|error| Either::B(error.into()));
                promised.resolve(fulfilment(answer));
            }
            Err(_) => promised.reject(napi::Error::from_reason("The job has panicked: a bug of memmap")),
        }
        drop(ending);
    };
    *running.task.lock() = Some(Box::new(task));
    let waiting = Arc::clone(&running);
    if !pool::submit(length, move || waiting.begin()) {
        drop(running.task.lock().take());
        let failure = Failure::from(Error::Busy("No thread can be started for it".into()));
        deferred.resolve(fulfilment(Either::B(failure)));
    }
    Ok(PromiseRaw::new(env.raw(), promise.raw()))
}
