//! Writing changed pages back to the file, and the file to the disk.

use std::fs::File;

use rustix::mm::MsyncFlags;

use crate::os::{InCall, Result};

/// msync(2) of a range, and where that is not enough, a sync of `file` to the disk. `flags` are those of msync; 0
/// means MS_SYNC.
///
/// # Safety
/// `base` (the first address of a page) and `len` lie in a mapping that lives until this returns.
pub unsafe fn flush(base: *mut u8, len: usize, file: Option<&File>, flags: i32) -> Result<()> {
    if len == 0 && flags == 0 {
        return Ok(());
    }
    let flags = if flags == 0 { libc::MS_SYNC } else { flags };
    let msync = MsyncFlags::from_bits_retain(flags as _);
    // SAFETY: by this function's contract; msync changes no byte of memory.
    unsafe { rustix::mm::msync(base.cast(), len, msync) }.in_call("msync")?;
    match file {
        Some(file) if flags & libc::MS_ASYNC == 0 => sync_to_disk(file),
        _ => Ok(()),
    }
}

/// On macOS msync leaves the bytes in the disk's own cache. F_FULLFSYNC empties that cache, so it is tried first, as
/// libuv's fsync does.
#[cfg(target_vendor = "apple")]
fn sync_to_disk(file: &File) -> Result<()> {
    rustix::fs::fcntl_fullfsync(file).or_else(|_| rustix::fs::fsync(file)).in_call("fsync")
}

/// On the other systems msync with MS_SYNC writes to the disk (msync(2)), so nothing is left to do.
#[cfg(not(target_vendor = "apple"))]
fn sync_to_disk(_file: &File) -> Result<()> {
    Ok(())
}
