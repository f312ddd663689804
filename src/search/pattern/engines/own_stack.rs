//! Compiling on a stack of our own. Parser, translator and compiler recurse as deep as a pattern nests, and the caller's stack
//! may be nearly used up: Node leaves 192 KiB behind the limit at which JavaScript gets a RangeError, and 64 nested groups
//! need more.

use std::panic::resume_unwind;
use std::thread;

use crate::search::pattern::error::PatternError;

/// Patterns that nest no deeper need some KiB, for which there is room on any stack. To start a thread for them would take
/// as long as to compile them.
const SHALLOW: usize = 4;

/// The bytes of the stack, of which the system provides those that are used. The deepest pattern needs a tenth of them.
const STACK: usize = 4 << 20;

/// Runs `compile`, for a pattern that nests so deep, where its recursion has room.
pub fn with_stack_for<R: Send>(
    depth: usize,
    compile: impl FnOnce() -> Result<R, PatternError> + Send,
) -> Result<R, PatternError> {
    if depth <= SHALLOW {
        return compile();
    }
    thread::scope(|scope| {
        let builder = thread::Builder::new().name("memmap".into()).stack_size(STACK);
        match builder.spawn_scoped(scope, compile) {
            Ok(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
            Err(_) => Err(PatternError::no_thread()),
        }
    })
}
