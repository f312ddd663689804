//! Threads of our own for work that may take long: a bounded set, started on demand, ended when idle.
//!
//! libuv's pool is not used: it has four threads, which `fs` and `dns` share, and `process.exit()` waits for them.

mod parallel;

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::fault::threads::OwnThread;
use crate::sync::{Condvar, Mutex};

pub use parallel::parallel_for;

type Task = Box<dyn FnOnce() + Send>;

/// How long a task may take.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// As long as a file is large: a search.
    Long,
    /// As long as a disk takes: most of the time its thread waits.
    Disk,
    /// As long as a call of the system: opening, one flush.
    Short,
}

/// Tasks of one length, which wait or run.
struct Queue {
    waiting: VecDeque<Task>,
    running: usize,
}

impl Queue {
    const fn new() -> Self {
        Self { waiting: VecDeque::new(), running: 0 }
    }

    /// How many of those that wait may begin, if there were threads for them.
    fn ready(&self, limit: usize) -> usize {
        self.waiting.len().min(limit.saturating_sub(self.running))
    }
}

struct Pool {
    short: Queue,
    long: Queue,
    disk: Queue,
    /// How many threads there are. For each length there may be as many at work as its limit says, whatever the others do: so
    /// slow reads do not hold up a search, nor long searches what is short.
    threads: usize,
    /// How many of them wait for a task.
    idle: usize,
}

impl Pool {
    const fn new() -> Self {
        Self { short: Queue::new(), long: Queue::new(), disk: Queue::new(), threads: 0, idle: 0 }
    }

    fn queue(&mut self, length: Length) -> &mut Queue {
        match length {
            Length::Short => &mut self.short,
            Length::Long => &mut self.long,
            Length::Disk => &mut self.disk,
        }
    }

    /// The next task. Short ones go first.
    fn next(&mut self) -> Option<(Task, Length)> {
        [Length::Short, Length::Long, Length::Disk].into_iter().find_map(|length| {
            let queue = self.queue(length);
            if queue.running >= Self::limit(length) {
                return None;
            }
            let task = queue.waiting.pop_front()?;
            queue.running += 1;
            Some((task, length))
        })
    }

    /// How many tasks of this length may run at once.
    fn limit(length: Length) -> usize {
        match length {
            // All threads that there may be, but for one that long tasks have, and one for the disk: an fsync can hang too.
            Length::Short => Self::most() - 2,
            Length::Long => MAX_THREADS.load(Ordering::Relaxed),
            Length::Disk => DISK_THREADS,
        }
    }

    /// How many threads there may be.
    fn most() -> usize {
        Self::limit(Length::Long) + Self::limit(Length::Disk) + 1
    }

    /// How many tasks may begin, if there were threads for them.
    fn ready(&self) -> usize {
        self.short.ready(Self::limit(Length::Short))
            + self.long.ready(Self::limit(Length::Long))
            + self.disk.ready(Self::limit(Length::Disk))
    }

    fn is_empty(&self) -> bool {
        self.short.waiting.is_empty() && self.long.waiting.is_empty() && self.disk.waiting.is_empty()
    }
}

static POOL: Mutex<Pool> = Mutex::new(Pool::new());
/// Notified for each task that is queued.
static QUEUED: Condvar = Condvar::new();

/// How long a thread waits for its next task before it ends.
const IDLE_TIMEOUT: Duration = Duration::from_secs(5);

/// How many threads may wait for a disk at once. What they read was asked for before, all of it, so more of them would
/// gain little.
pub const DISK_THREADS: usize = 4;

/// How many threads there may be for long jobs: at least two, so that one does not hold up all others.
static MAX_THREADS: AtomicUsize = AtomicUsize::new(2);

/// Sets how many threads there may be to the number of processors that this process may use.
pub fn set_processors(number: usize) {
    MAX_THREADS.store(number.clamp(2, 64), Ordering::Relaxed);
}

/// How many threads a job gets that asks for `threads`.
pub fn clamp_threads(threads: u32) -> usize {
    (threads as usize).clamp(1, MAX_THREADS.load(Ordering::Relaxed))
}

/// Queues a task. Answers `false`, and drops the task, if there is no thread to run it and none can be started.
pub fn submit(length: Length, task: impl FnOnce() + Send + 'static) -> bool {
    let mut pool = POOL.lock();
    pool.queue(length).waiting.push_back(Box::new(task));
    if pool.idle >= pool.ready() || pool.threads >= Pool::most() {
        QUEUED.notify_one();
        return true;
    }
    pool.threads += 1;
    if thread::Builder::new().name("memmap".into()).spawn(run_tasks).is_err() {
        pool.threads -= 1;
        if pool.threads == 0 {
            // Nothing else is queued: whoever queued it had a thread.
            pool.queue(length).waiting.clear();
            return false;
        }
    }
    true
}

/// What each thread does: tasks, one after the other, until none has come for `IDLE_TIMEOUT`.
fn run_tasks() {
    let _own = OwnThread::enter();
    let mut pool = POOL.lock();
    loop {
        if let Some((task, length)) = pool.next() {
            drop(pool);
            // A panic ends its own job alone: the job's owner sees that the task was dropped.
            let _ = catch_unwind(AssertUnwindSafe(task));
            pool = POOL.lock();
            pool.queue(length).running -= 1;
            continue;
        }
        pool.idle += 1;
        let (woken, timed_out) = QUEUED.wait_timeout(pool, IDLE_TIMEOUT);
        pool = woken;
        pool.idle -= 1;
        if timed_out && pool.is_empty() {
            pool.threads -= 1;
            return;
        }
    }
}

/// Tells a long job to end, and tells others how far the job is.
#[derive(Debug, Default)]
pub struct CancelToken {
    cancelled: AtomicBool,
    done: AtomicU64,
}

impl CancelToken {
    /// Asks the job to end; it does so the next time that it looks at the token.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// How many bytes the job has dealt with.
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Adds to what the job has dealt with.
    pub fn report(&self, bytes: usize) {
        self.done.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn tasks_run_beside_each_other() {
        let (sender, receiver) = std::sync::mpsc::channel();
        let barrier = Arc::new(std::sync::Barrier::new(2));
        for _ in 0..2 {
            let (sender, barrier) = (sender.clone(), Arc::clone(&barrier));
            assert!(submit(Length::Long, move || {
                barrier.wait();
                sender.send(()).unwrap();
            }));
        }
        receiver.recv().unwrap();
        receiver.recv().unwrap();
    }

    #[test]
    fn short_tasks_do_not_wait_for_long_ones() {
        let (sender, receiver) = std::sync::mpsc::channel();
        let (release, released) = std::sync::mpsc::channel::<()>();
        let released = Arc::new(Mutex::new(released));
        // As many as there may be threads, and more, which all wait for the short one.
        for _ in 0..2 * Pool::limit(Length::Long) {
            let (sender, released) = (sender.clone(), Arc::clone(&released));
            assert!(submit(Length::Long, move || {
                let _ = released.lock().recv();
                sender.send("long").unwrap();
            }));
        }
        assert!(submit(Length::Short, move || sender.send("short").unwrap()));
        assert_eq!(receiver.recv(), Ok("short"));
        drop(release);
        assert_eq!(receiver.iter().count(), 2 * Pool::limit(Length::Long));
    }

    #[test]
    fn long_tasks_do_not_wait_for_the_disk_nor_the_disk_for_them() {
        let (short, long, disk) = (Length::Short, Length::Long, Length::Disk);
        for (blocked, other) in [(disk, long), (long, disk), (short, long), (short, disk)] {
            let (sender, receiver) = std::sync::mpsc::channel();
            let (release, released) = std::sync::mpsc::channel::<()>();
            let released = Arc::new(Mutex::new(released));
            for _ in 0..100 {
                let (sender, released) = (sender.clone(), Arc::clone(&released));
                assert!(submit(blocked, move || {
                    let _ = released.lock().recv();
                    sender.send("blocked").unwrap();
                }));
            }
            assert!(submit(other, move || sender.send("other").unwrap()));
            assert_eq!(receiver.recv(), Ok("other"));
            drop(release);
            assert_eq!(receiver.iter().count(), 100);
        }
    }
}
