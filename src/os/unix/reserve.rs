//! Blocks for a file that becomes longer.

use std::fs::File;
#[cfg(any(target_os = "linux", target_os = "android"))]
use std::os::fd::AsRawFd;

use rustix::io::Errno;

use super::file::exceeds_size_limit;
use super::pieces::Reached;
use crate::os::{InCall, Result, grow, take_back};

/// Grows the file from `from` to `to` bytes and reserves the new blocks on the disk, so that a full disk is ENOSPC
/// here and not a fault at a later store. Where the file system cannot reserve blocks, the file is only extended.
pub fn reserve(file: &File, from: u64, to: u64) -> Result<()> {
    if exceeds_size_limit(file, to) {
        return Err(Errno::FBIG).in_call("fallocate");
    }
    match reserve_blocks(file, from, to) {
        Ok(()) => Ok(()),
        Err((Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL | Errno::NODEV, _)) => grow(file, to),
        // macOS answers that for a shared memory object, whose blocks are memory.
        Err((Errno::BADF, _)) if cfg!(target_vendor = "apple") => grow(file, to),
        Err((errno, reached)) => {
            take_back(file, from, left_by_failure(file, from, to).unwrap_or(reached));
            Err(errno).in_call("fallocate")
        }
    }
}

/// How much is reserved between two looks at whether that is still wanted.
#[cfg(any(target_os = "linux", target_os = "android"))]
const PREALLOCATED_AT_ONCE: u64 = 64 << 20;

/// Reserves the blocks from `from` to `to` on the disk, and leaves the file's size as it is. Where the file system cannot do that,
/// nothing is done. If it fails, what it has reserved is freed, unless others have made the file longer; if it is cancelled, that stays
/// reserved until somebody cuts the file.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn preallocate(file: &File, from: u64, to: u64, is_cancelled: impl Fn() -> bool) -> Result<()> {
    if exceeds_size_limit(file, to) {
        return Err(Errno::FBIG).in_call("fallocate");
    }
    let mode = rustix::fs::FallocateFlags::KEEP_SIZE;
    let mut at = from;
    while at < to && !is_cancelled() {
        let end = to.min(at + PREALLOCATED_AT_ONCE);
        match super::pieces::in_pieces(at, end, |at, length| rustix::fs::fallocate(file, mode, at, length)) {
            // Only now: where nothing can be reserved, a file can be longer than the disk.
            Ok(()) if has_room(file, to - end) => at = end,
            Ok(()) => {
                free_reserved(file, from);
                return Err(Errno::NOSPC).in_call("fallocate");
            }
            Err((Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL | Errno::NODEV, _)) => return Ok(()),
            Err((errno, _)) => {
                free_reserved(file, from);
                return Err(errno).in_call("fallocate");
            }
        }
    }
    Ok(())
}

/// Whether the disk may have so many bytes more for the file: what is free, and what the file has already. To find out by trying
/// would fill the disk for everybody.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn has_room(file: &File, bytes: u64) -> bool {
    let (Ok(disk), Ok(stat)) = (rustix::fs::fstatvfs(file), rustix::fs::fstat(file)) else { return true };
    // A tmpfs without a limit says that it has no blocks at all.
    let free = disk.f_bfree.saturating_mul(disk.f_frsize);
    disk.f_blocks == 0 || bytes <= free.saturating_add(stat.st_blocks as u64 * 512)
}

/// Frees what is reserved behind the end of a file of `size` bytes, unless others have made it longer: to cut a file to the size
/// that it has does so.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn free_reserved(file: &File, size: u64) {
    if rustix::fs::fstat(file).is_ok_and(|stat| stat.st_size as u64 == size) {
        let _ = rustix::fs::ftruncate(file, size);
    }
}

/// Elsewhere `reserve` does all.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub fn preallocate(_file: &File, _from: u64, _to: u64, _is_cancelled: impl Fn() -> bool) -> Result<()> {
    Ok(())
}

#[cfg(not(any(
    target_vendor = "apple",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly"
)))]
fn reserve_blocks(file: &File, from: u64, to: u64) -> Reached {
    let mode = rustix::fs::FallocateFlags::empty();
    super::pieces::in_pieces(from, to, |at, length| rustix::fs::fallocate(file, mode, at, length))
}

/// On macOS this is F_PREALLOCATE, which reserves blocks behind the end of the file and does not change its size.
#[cfg(target_vendor = "apple")]
fn reserve_blocks(file: &File, from: u64, to: u64) -> Reached {
    let mode = rustix::fs::FallocateFlags::empty();
    let reserved = rustix::fs::fallocate(file, mode, from, to - from).and_then(|()| {
        // As in `grow`.
        let size = rustix::fs::fstat(file)?.st_size as u64;
        if size < to { rustix::fs::ftruncate(file, to) } else { Ok(()) }
    });
    reserved.map_err(|errno| (errno, from))
}

#[cfg(any(target_os = "netbsd", target_os = "openbsd", target_os = "dragonfly"))]
fn reserve_blocks(_file: &File, from: u64, _to: u64) -> Reached {
    Err((Errno::OPNOTSUPP, from))
}

/// The size that an fallocate which failed has left, if it is longer than before and nobody else has written there. Some
/// file systems keep what they could reserve: ext4 sets the size after each extent. What it reserves is a hole for lseek(2)
/// with SEEK_DATA, and what anybody has written is data, zeros too. A file system that does not know its holes calls
/// everything data, and then the file stays longer.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn left_by_failure(file: &File, from: u64, to: u64) -> Option<u64> {
    use rustix::fs::{SeekFrom, seek};
    let stat = rustix::fs::fstat(file).ok()?;
    let size = stat.st_size as u64;
    if size <= from || size > to {
        return None;
    }
    // The block that has the old end is data as a whole. What anybody has written at its end is seen unless it is zeros.
    let edge = from.checked_next_multiple_of((stat.st_blksize as u64).max(1))?.min(size);
    if !reads_zeros(file, from, edge) {
        return None;
    }
    // The caller's descriptor has a position that its other users rely on. /proc opens the file anew (proc_pid_fd(5)).
    let again = File::open(format!("/proc/self/fd/{}", file.as_raw_fd())).ok()?;
    (seek(&again, SeekFrom::Data(edge)) == Err(Errno::NXIO)).then_some(size)
}

/// Whether there are zeros in the range of the file, and nothing else.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn reads_zeros(file: &File, from: u64, to: u64) -> bool {
    let (mut buffer, mut at) = ([0; 4096], from);
    while at < to {
        let room = usize::try_from(to - at).unwrap_or(usize::MAX).min(buffer.len());
        match rustix::io::pread(file, &mut buffer[..room], at) {
            Ok(count) if count > 0 && buffer[..count].iter().all(|byte| *byte == 0) => at += count as u64,
            _ => return false,
        }
    }
    true
}

/// Elsewhere it cannot be told who has made the file longer, so it stays. macOS reserves without changing the size.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn left_by_failure(_file: &File, _from: u64, _to: u64) -> Option<u64> {
    None
}
