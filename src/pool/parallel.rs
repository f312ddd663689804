//! One task in parts, for several threads of the pool.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, MutexGuard};

use super::{CancelToken, Length, submit};
use crate::sync::{Condvar, Mutex};

/// The parts of one `parallel_for`, shared by the caller and its helpers.
struct Batch<W> {
    work: W,
    /// The number of the next part.
    next: AtomicUsize,
    /// Parts from this number on need not be begun.
    limit: AtomicUsize,
    cancel: Arc<CancelToken>,
    /// How many helpers are at work; `None` once the caller has stopped waiting for more.
    helpers: Mutex<Option<usize>>,
    /// Notified when a helper ends.
    left: Condvar,
    /// What a helper panicked with.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

impl<W: Fn(usize) -> bool> Batch<W> {
    fn run(&self) {
        loop {
            let part = self.next.fetch_add(1, Ordering::Relaxed);
            if part >= self.limit.load(Ordering::Relaxed) || self.cancel.is_cancelled() {
                return;
            }
            if !(self.work)(part) {
                self.limit.fetch_min(part + 1, Ordering::Relaxed);
            }
        }
    }
}

/// A helper at work, counted in its batch; also a panic takes it out of the count.
struct Helper<W: Fn(usize) -> bool>(Arc<Batch<W>>);

impl<W: Fn(usize) -> bool> Helper<W> {
    /// `None`: the caller has done everything alone.
    fn join(batch: Arc<Batch<W>>) -> Option<Self> {
        let mut helpers: MutexGuard<'_, Option<usize>> = batch.helpers.lock();
        *helpers = Some(helpers.as_ref()? + 1);
        drop(helpers);
        Some(Self(batch))
    }
}

impl<W: Fn(usize) -> bool> Drop for Helper<W> {
    fn drop(&mut self) {
        if let Some(helpers) = &mut *self.0.helpers.lock() {
            *helpers -= 1;
        }
        self.0.left.notify_all();
    }
}

/// Calls `work` with the numbers 0 to `count` - 1, begun in this order, on up to `threads` threads, the caller's among
/// them. Once `work` answers `false` for a part, no later part is begun. When this returns, nobody is at work any more,
/// and all parts before the last one that was begun are done, unless the job was cancelled.
pub fn parallel_for<W>(count: usize, threads: usize, cancel: &Arc<CancelToken>, work: W)
where
    W: Fn(usize) -> bool + Send + Sync + 'static,
{
    let batch = Arc::new(Batch {
        work,
        next: AtomicUsize::new(0),
        limit: AtomicUsize::new(count),
        cancel: Arc::clone(cancel),
        helpers: Mutex::new(Some(0)),
        left: Condvar::new(),
        panic: Mutex::default(),
    });
    for _ in 1..threads.min(count) {
        let batch = Arc::downgrade(&batch);
        submit(Length::Long, move || {
            let Some(helper) = batch.upgrade().and_then(Helper::join) else { return };
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| helper.0.run())) {
                helper.0.limit.store(0, Ordering::Relaxed);
                *helper.0.panic.lock() = Some(panic);
            }
        });
    }
    batch.run();
    let at_work = |helpers: &mut Option<usize>| helpers.is_some_and(|helpers| helpers > 0);
    *batch.left.wait_while(batch.helpers.lock(), at_work) = None;
    // The helper's part is missing: no answer is better than a wrong one.
    let panic = batch.panic.lock().take();
    if let Some(panic) = panic {
        resume_unwind(panic);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;
    use std::thread;

    use super::*;

    #[test]
    fn each_part_is_done_once() {
        for threads in [1, 2, 5] {
            let seen = Arc::new((0..1_000).map(|_| AtomicUsize::new(0)).collect::<Vec<_>>());
            let counted = Arc::clone(&seen);
            parallel_for(1_000, threads, &Arc::default(), move |part| {
                counted[part].fetch_add(1, Ordering::Relaxed);
                true
            });
            assert!(seen.iter().all(|times| times.load(Ordering::Relaxed) == 1));
        }
    }

    #[test]
    fn what_is_not_needed_is_not_begun_and_all_before_it_is_done() {
        for threads in [1, 4] {
            let seen = Arc::new((0..10_000).map(|_| AtomicBool::new(false)).collect::<Vec<_>>());
            let noted = Arc::clone(&seen);
            parallel_for(10_000, threads, &Arc::default(), move |part| {
                noted[part].store(true, Ordering::Relaxed);
                part != 100
            });
            assert!(seen[..=100].iter().all(|seen| seen.load(Ordering::Relaxed)));
            assert!(!seen[200..].iter().any(|seen| seen.load(Ordering::Relaxed)));
        }
    }

    #[test]
    fn a_panic_of_a_helper_is_the_callers() {
        let caller = thread::current().id();
        let meeting = std::sync::Barrier::new(2);
        let shared = catch_unwind(AssertUnwindSafe(|| {
            parallel_for(2, 2, &Arc::default(), move |_| {
                meeting.wait();
                assert_eq!(thread::current().id(), caller, "a helper");
                true
            });
        }));
        assert!(shared.is_err());
    }

    #[test]
    fn a_cancelled_job_ends() {
        let cancel = Arc::<CancelToken>::default();
        let held = Arc::clone(&cancel);
        parallel_for(usize::MAX, 3, &cancel, move |part| {
            if part == 50 {
                held.cancel();
            }
            true
        });
        assert!(cancel.is_cancelled());
    }
}
