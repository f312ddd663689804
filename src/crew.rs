//! Threads of our own, for what may take long: libuv's pool is shared with fs and dns, and `process.exit()` waits for it.
//! A bounded set, started on demand, ended when idle.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

type Task = Box<dyn FnOnce() + Send>;

struct Crew {
    waiting: VecDeque<Task>,
    /// Threads that there are, and those of them that wait for a task.
    threads: usize,
    idle: usize,
}

static CREW: Mutex<Crew> = Mutex::new(Crew { waiting: VecDeque::new(), threads: 0, idle: 0 });
static CALL: Condvar = Condvar::new();

/// How long a thread waits for its next task.
const PATIENCE: Duration = Duration::from_secs(5);

fn crew() -> MutexGuard<'static, Crew> {
    CREW.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many threads there may be: two at least, lest one long job holds up all others.
static MOST: AtomicUsize = AtomicUsize::new(2);

/// Sets how many threads there may be, by how many processors this process may use.
pub fn processors(number: usize) {
    MOST.store(number.clamp(2, 64), Ordering::Relaxed);
}

/// How many threads a job may use, of as many as it asked for.
pub fn at_most(threads: u32) -> usize {
    (threads as usize).clamp(1, MOST.load(Ordering::Relaxed))
}

/// Hands a task to the crew. `false`: there is no thread for it, nor can one be started.
pub fn submit(task: impl FnOnce() + Send + 'static) -> bool {
    let mut crew = crew();
    crew.waiting.push_back(Box::new(task));
    if crew.idle >= crew.waiting.len() || crew.threads >= MOST.load(Ordering::Relaxed) {
        CALL.notify_one();
        return true;
    }
    crew.threads += 1;
    if thread::Builder::new().name("memmap".into()).spawn(work).is_err() {
        crew.threads -= 1;
        if crew.threads == 0 {
            crew.waiting.pop_back();
            return false;
        }
    }
    true
}

fn work() {
    let mut here = crew();
    loop {
        if let Some(task) = here.waiting.pop_front() {
            drop(here);
            // A panic ends its own job alone: whoever waits for it sees it dropped.
            let _ = catch_unwind(AssertUnwindSafe(task));
            here = crew();
            continue;
        }
        here.idle += 1;
        let (woken, waited) = CALL.wait_timeout(here, PATIENCE).unwrap_or_else(PoisonError::into_inner);
        here = woken;
        here.idle -= 1;
        if waited.timed_out() && here.waiting.is_empty() {
            here.threads -= 1;
            return;
        }
    }
}

/// What a long job obeys, and reports to.
#[derive(Debug, Default)]
pub struct Leash {
    aborted: AtomicBool,
    done: AtomicU64,
}

impl Leash {
    /// The job ends at its next look.
    pub fn abort(&self) {
        self.aborted.store(true, Ordering::Relaxed);
    }

    pub fn is_aborted(&self) -> bool {
        self.aborted.load(Ordering::Relaxed)
    }

    /// Bytes that are done.
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    pub fn report(&self, bytes: usize) {
        self.done.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

struct Round<W> {
    work: W,
    next: AtomicUsize,
    /// Parts from here on are not needed any more.
    limit: AtomicUsize,
    leash: Arc<Leash>,
    /// How many help; `None` when it is too late to begin.
    helpers: Mutex<Option<usize>>,
    left: Condvar,
    /// What a helper has panicked with.
    broken: Mutex<Option<Box<dyn Any + Send>>>,
}

impl<W: Fn(usize) -> bool> Round<W> {
    fn run(&self) {
        loop {
            let part = self.next.fetch_add(1, Ordering::Relaxed);
            if part >= self.limit.load(Ordering::Relaxed) || self.leash.is_aborted() {
                return;
            }
            if !(self.work)(part) {
                self.limit.fetch_min(part + 1, Ordering::Relaxed);
            }
        }
    }

    fn helpers(&self) -> MutexGuard<'_, Option<usize>> {
        self.helpers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A helper's presence: gone with it, also when it panics.
struct Present<W: Fn(usize) -> bool>(Arc<Round<W>>);

impl<W: Fn(usize) -> bool> Drop for Present<W> {
    fn drop(&mut self) {
        if let Some(helpers) = &mut *self.0.helpers() {
            *helpers -= 1;
        }
        self.0.left.notify_all();
    }
}

/// Works through the parts 0 to `count` - 1, begun in this order, on up to `threads` threads, the caller's among them.
/// Where `work` answers `false`, no later part is begun. When this returns nobody is at work any more, and all parts
/// before the last one begun are done, unless the leash was pulled.
pub fn share<W>(count: usize, threads: usize, leash: &Arc<Leash>, work: W)
where
    W: Fn(usize) -> bool + Send + Sync + 'static,
{
    let round = Arc::new(Round {
        work,
        next: AtomicUsize::new(0),
        limit: AtomicUsize::new(count),
        leash: Arc::clone(leash),
        helpers: Mutex::new(Some(0)),
        left: Condvar::new(),
        broken: Mutex::default(),
    });
    for _ in 1..threads.min(count) {
        let round = Arc::downgrade(&round);
        submit(move || {
            // Too late: the caller has done everything alone.
            let Some(round) = round.upgrade() else { return };
            match &mut *round.helpers() {
                Some(helpers) => *helpers += 1,
                None => return,
            }
            let present = Present(round);
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| present.0.run())) {
                present.0.limit.store(0, Ordering::Relaxed);
                *present.0.broken.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic);
            }
        });
    }
    round.run();
    let mut helpers = round.helpers();
    while helpers.is_some_and(|helpers| helpers > 0) {
        helpers = round.left.wait(helpers).unwrap_or_else(PoisonError::into_inner);
    }
    *helpers = None;
    drop(helpers);
    // Its part is missing: no answer is better than a wrong one.
    let broken = round.broken.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(panic) = broken {
        resume_unwind(panic);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_is_done_once() {
        for threads in [1, 2, 5] {
            let seen = Arc::new((0..1_000).map(|_| AtomicUsize::new(0)).collect::<Vec<_>>());
            let counted = Arc::clone(&seen);
            share(1_000, threads, &Arc::default(), move |part| {
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
            share(10_000, threads, &Arc::default(), move |part| {
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
            share(2, 2, &Arc::default(), move |_| {
                meeting.wait();
                assert_eq!(thread::current().id(), caller, "a helper");
                true
            });
        }));
        assert!(shared.is_err());
    }

    #[test]
    fn a_leash_ends_it() {
        let leash = Arc::<Leash>::default();
        let held = Arc::clone(&leash);
        share(usize::MAX, 3, &leash, move |part| {
            if part == 50 {
                held.abort();
            }
            true
        });
        assert!(leash.is_aborted());
    }

    #[test]
    fn tasks_run_beside_each_other() {
        let (sender, receiver) = std::sync::mpsc::channel();
        let barrier = Arc::new(std::sync::Barrier::new(2));
        for _ in 0..2 {
            let (sender, barrier) = (sender.clone(), Arc::clone(&barrier));
            assert!(submit(move || {
                barrier.wait();
                sender.send(()).unwrap();
            }));
        }
        receiver.recv().unwrap();
        receiver.recv().unwrap();
    }
}
