//! Which threads are our own. They may be reading a mapping at the very moment when it is revoked, and find that out
//! themselves: an access of theirs is no mistake of anybody's.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Threads of the pool at most: 64 for long jobs (`pool::set_processors`), those for the disk, and one more.
const MAX_THREADS: usize = 64 + crate::pool::DISK_THREADS + 1;

/// The threads as the system names them; 0: a free place. Handlers read this. A thread-local would not do, since the first
/// use of one may allocate.
static THREADS: [AtomicUsize; MAX_THREADS] = [const { AtomicUsize::new(0) }; MAX_THREADS];

/// As long as this lives, the thread that made it is one of our own. It must be dropped on that thread.
pub struct OwnThread(());

impl OwnThread {
    pub fn enter() -> Self {
        let this = current();
        let is_free = |place: &&AtomicUsize| {
            place.compare_exchange(0, this, Ordering::SeqCst, Ordering::SeqCst).is_ok()
        };
        // There is a place for each thread of the pool. A thread without one would count as somebody else's.
        let _ = THREADS.iter().find(is_free);
        Self(())
    }
}

impl Drop for OwnThread {
    fn drop(&mut self) {
        let this = current();
        for place in &THREADS {
            let _ = place.compare_exchange(this, 0, Ordering::SeqCst, Ordering::SeqCst);
        }
    }
}

/// Whether the calling thread is our own.
#[cfg(unix)]
pub fn is_own() -> bool {
    let this = current();
    THREADS.iter().any(|place| place.load(Ordering::SeqCst) == this)
}

#[cfg(unix)]
fn current() -> usize {
    // SAFETY: no argument; it reads a register or a word of the thread's own, which a handler may do as well.
    unsafe { libc::pthread_self() as usize }
}

/// Nothing asks here: pages are never revoked.
#[cfg(not(unix))]
fn current() -> usize {
    1
}
