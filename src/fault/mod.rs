//! Surviving faults, which would kill a process that maps files: an access beyond the end of a file that was made
//! shorter, to a page that could not be read, a store for which the disk has no block left, a store into a read-only
//! mapping.
//!
//! A mapping that is to survive them has a `Guard`. `table` knows which addresses are guarded and what was found bad
//! there; `unix` and `windows` answer the system's signals and exceptions by it.

#[cfg_attr(
    not(any(target_os = "linux", target_os = "android")),
    allow(dead_code, reason = "the handlers of other systems need less of it")
)]
mod table;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as system;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as system;

mod guard;

/// Which threads are our own.
pub mod threads;

pub use guard::Guard;
pub use system::install_handlers;
#[cfg(not(test))]
pub use table::status_words;
pub use table::{Bad, GuardedMapping, Reason, evict_hosted};
