//! Linux, macOS, the BSDs and Android: memmap2, rustix, and libc for what takes a number of the caller's own.

mod advice;
mod constants;
mod copy;
mod errors;
mod file;
mod limits;
mod loader;
mod map;
mod named;
#[cfg_attr(
    any(target_vendor = "apple", target_os = "netbsd", target_os = "openbsd", target_os = "dragonfly"),
    allow(dead_code, reason = "these systems have no call that is interrupted so")
)]
mod pieces;
mod reserve;
mod residency;
mod sync;

pub use advice::{advice_number, advise, makes_holes, set_name};
pub use constants::{CONSTANTS, DEFAULT_RAW, PROT_READ, PROT_WRITE, REFUSED_FLAGS};
pub use copy::try_copy;
pub use errors::{error_name, is_busy};
pub use file::{
    Identity, borrow_fd, file_size, identity, identity_at, is_removable, is_same_file, mappable, open,
    read_at, read_at_once, remove, set_size, source,
};
pub use limits::{granularity, mappings, page_size, whole_pages};
pub use loader::{keep_loaded, symbol_of_host};
pub use map::{
    NORESERVE, OwnedPages, can_show_memory, drop_stores, has_private_flag, is_private_mapping, map_anonymous,
    map_file, map_inaccessible, map_over, map_zeros, move_over, reads_zeros_beyond_end, remap, shared_pages,
    show_also_at,
};
pub use named::{
    check_memory_name, map_named_file, map_named_section, open_named, section_exists, unlink_named,
};
pub use reserve::{preallocate, reserve};
pub use residency::{
    POPULATED_AT_ONCE, is_mapped, lock, lock_limit, populate, populate_range, resident, tells_residency,
    unlock,
};
pub use sync::flush;

/// Whether a writable mapping beyond the end of a file makes the file longer.
pub const EXTENDS: bool = false;
/// Whether a mapping can be put in the place of another, at the same addresses and in one step (MAP_FIXED).
pub const CAN_MAP_OVER: bool = true;
/// Whether memory can be shown at several addresses, and moved over others (mremap(2)).
pub const CAN_MOVE: bool = cfg!(target_os = "linux");
/// Whether a file can be made shorter while it is mapped.
pub const CAN_TRUNCATE_MAPPED: bool = true;
/// Whether named memory is a file, which can be resized (a POSIX shared memory object).
pub const NAMED_IS_FILE: bool = true;
