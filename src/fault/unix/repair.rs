//! What a handler does to the pages of a guarded mapping. All of it runs in signal handlers.

use std::os::fd::BorrowedFd;
use std::ptr;

use rustix::mm::{MapFlags, MprotectFlags, ProtFlags};

use super::context::FaultAccess;
use crate::fault::table::{Reason, Repair, Visit};
use crate::fault::threads;
use crate::os;

/// Makes zero pages writable that the system gave read-only.
pub fn make_zeros_writable(visit: &Visit, page: usize, size: usize) -> bool {
    if set_writable(page, size) {
        return true;
    }
    if visit.is_revoked() {
        // One step for all of them, which takes no mapping more.
        return map_shared_zeros(visit.base(), visit.end() - visit.base()) || map_shared_zeros(page, size);
    }
    // Bytes of a file must not be replaced.
    visit.is_bad(page, size) && visit.may_split() && map_shared_zeros(page, size)
}

/// Makes pages of a registered mapping writable.
pub fn set_writable(from: usize, len: usize) -> bool {
    protect(from, len, MprotectFlags::READ | MprotectFlags::WRITE)
}

fn protect(from: usize, len: usize, protection: MprotectFlags) -> bool {
    // SAFETY: pages of a registered mapping; more may be done to them than before.
    unsafe { rustix::mm::mprotect(ptr::with_exposed_provenance_mut(from), len, protection) }.is_ok()
}

/// How much a thread of our own is shown at a time of a mapping that was revoked while it read: as much as a search reads
/// before it looks whether it was cancelled.
const WINDOW: usize = 16 << 20;

/// Answers an access to a mapping that nobody may access any more. Its pages are zero pages, and can be read from now on.
///
/// For a thread of our own, that is what it needs to come to the end of a part of its work, and only the next pages are
/// shown: it finds out itself that the mapping was revoked, and has the pages made inaccessible again. Of anybody else's
/// access a note is made, since zeros were not what was asked for.
pub fn show_revoked(visit: &Visit, page: usize, access: FaultAccess) -> bool {
    let (base, whole) = (visit.base(), visit.end() - visit.base());
    if threads::is_own() {
        let len = WINDOW.min(visit.end() - page);
        return (visit.may_split() && protect(page, len, MprotectFlags::READ))
            || protect(base, whole, MprotectFlags::READ);
    }
    visit.note_late_access();
    // Writable ones may be refused (see `os::map_zeros`).
    set_writable(base, whole)
        || (access == FaultAccess::Load && protect(base, whole, MprotectFlags::READ))
        || map_shared_zeros(base, whole)
}

/// Puts zero pages that are writable where the system grants no more private ones. It counts shared memory otherwise: it
/// is no part of the data segment (RLIMIT_DATA of getrlimit(2)).
fn map_shared_zeros(from: usize, len: usize) -> bool {
    let both = ProtFlags::READ | ProtFlags::WRITE;
    let flags = MapFlags::SHARED | MapFlags::FIXED | os::NORESERVE;
    // SAFETY: pages of a registered mapping, which is not unmapped while a handler is in its entry.
    unsafe { rustix::mm::mmap_anonymous(ptr::with_exposed_provenance_mut(from), len, both, flags) }.is_ok()
}

fn file(visit: &Visit) -> Option<BorrowedFd<'_>> {
    let descriptor = visit.descriptor();
    // SAFETY: the entry's owner closes it only when no handler is in the entry.
    (descriptor >= 0).then(|| unsafe { BorrowedFd::borrow_raw(descriptor) })
}

/// The size of the mapping's file now. `None`: it has no size, or there is no descriptor to ask.
pub fn file_size(visit: &Visit) -> Option<u64> {
    let stat = rustix::fs::fstat(file(visit).filter(|_| visit.is_sized())?).ok()?;
    Some(stat.st_size as u64)
}

/// Puts zero pages where the file has no bytes, or none that can be read. `page` is the one that faulted.
pub fn replace_lost_pages(visit: &Visit, page: usize, size: usize) -> bool {
    let reason = || reason_within_file(visit, page);
    let repair = match file(visit) {
        None if visit.is_sized() => match first_unreadable(visit, page, size) {
            Some(first) => visit.note_bad_from(first, Reason::Truncated),
            None => visit.choose_repair(page, size, None, now(), reason),
        },
        _ => visit.choose_repair(page, size, file_size(visit), now(), reason),
    };
    match repair {
        Repair::Retry => true,
        Repair::ReplacePage if visit.may_split() && map_zeros(page, size) => true,
        Repair::ReplaceFrom(from)
            if from > visit.base() && visit.may_split() && map_zeros(from, visit.end() - from) =>
        {
            true
        }
        // There is no room for one more mapping. Replacing the whole one takes none.
        Repair::ReplacePage | Repair::ReplaceFrom(_) => {
            visit.note_bad_from(visit.base(), Reason::Truncated);
            map_zeros(visit.base(), visit.end() - visit.base())
        }
    }
}

/// A monotonic clock, in nanoseconds.
fn now() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

fn map_zeros(from: usize, len: usize) -> bool {
    // SAFETY: pages of a registered mapping, which is not unmapped while a handler is in its entry.
    unsafe { os::map_zeros(ptr::with_exposed_provenance_mut(from), len) }
}

/// Why a page cannot be had that was within the file when its size was asked. If the descriptor can read it, a store
/// had no block left on the disk. If the file does not have it any more, it was truncated since its size was asked.
pub fn reason_within_file(visit: &Visit, page: usize) -> Reason {
    let mut byte = [0u8];
    let read = file(visit).map(|file| rustix::io::pread(file, &mut byte, visit.file_offset(page)));
    match read.filter(|_| visit.is_sized()) {
        Some(Ok(1)) => Reason::NoSpace,
        Some(Ok(0)) => Reason::Truncated,
        _ => Reason::Io,
    }
}

/// For a mapping without a descriptor: the first page that cannot be read, if all from there to the end (or to what
/// is known to be bad) cannot be read, and `page` is one of them. Then the file was truncated. The pages themselves
/// are asked, by a binary search, so that the answer is the same whichever of them faulted first.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn first_unreadable(visit: &Visit, page: usize, size: usize) -> Option<usize> {
    let own = 0u8;
    if !is_readable((&raw const own).addr()) {
        // The system call is forbidden here, as by a seccomp filter, so that only `page` is known.
        return Some(page);
    }
    let mut unreadable = visit.bad_from().checked_sub(size)?;
    if unreadable < page || is_readable(unreadable) {
        return None;
    }
    // Everything before `readable_to` can be read, `unreadable` cannot.
    let mut readable_to = visit.base();
    while readable_to < unreadable {
        let middle = readable_to + (unreadable - readable_to) / size / 2 * size;
        if is_readable(middle) { readable_to = middle + size } else { unreadable = middle }
    }
    (unreadable <= page).then_some(unreadable)
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_readable(page: usize) -> bool {
    let mut byte = 0u8;
    let local = libc::iovec { iov_base: (&raw mut byte).cast(), iov_len: 1 };
    let remote = libc::iovec { iov_base: ptr::with_exposed_provenance_mut(page), iov_len: 1 };
    // SAFETY: no argument.
    let process = unsafe { libc::getpid() };
    // SAFETY: one byte of ours is written; a page that cannot be read is an error of the call, and no fault.
    unsafe { libc::process_vm_readv(process, &local, 1, &remote, 1, 0) == 1 }
}

/// Whether a page may be one of a mapping that is not revoked: such a page can be read, or would be if the file still had it.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn may_be_ours(page: usize) -> bool {
    let own = 0u8;
    is_readable(page) || !is_readable((&raw const own).addr()) || is_lost(page)
}

/// Whether a load from a page would be a SIGBUS. Linux before 5.14 does not tell.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_lost(page: usize) -> bool {
    // MADV_POPULATE_READ answers EFAULT for a page that cannot be had, and EINVAL for one that may not be read (madvise(2)).
    const POPULATE_READ: i32 = 22;
    // SAFETY: the advice changes nothing of a page but that it is in memory, or fails.
    let advised = unsafe { libc::madvise(ptr::with_exposed_provenance_mut(page), 1, POPULATE_READ) };
    advised != 0 && errno::errno().0 == libc::EFAULT
}

/// The other systems have no call that tells.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub fn may_be_ours(_page: usize) -> bool {
    true
}

/// The other systems have no call that tells, so the page that faulted first is all that is known.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn first_unreadable(_visit: &Visit, page: usize, _size: usize) -> Option<usize> {
    Some(page)
}

/// Answers a store into a read-only mapping. The mapping becomes private and writable as a whole, so that the store
/// succeeds and the file never changes; if that fails, the page does. If that fails too, the page becomes zeros, or,
/// where there are too many such pages, the whole mapping does. `false`: not even that can be done.
pub fn make_private_writable(visit: &Visit, page: usize, size: usize) -> bool {
    // A store succeeds once its page is writable. What looks like a store and is none must not come again for ever.
    if !visit.may_retry_store(page, size) {
        return false;
    }
    visit.note_stray_store();
    let whole = visit.end() - visit.base();
    if make_writable(visit, visit.base(), whole) || make_writable(visit, page, size) {
        return true;
    }
    visit.note_lost_page(page, size);
    if visit.may_split() && map_shared_zeros(page, size) {
        return true;
    }
    visit.note_bad_from(visit.base(), Reason::Io);
    map_shared_zeros(visit.base(), whole)
}

fn make_writable(visit: &Visit, from: usize, len: usize) -> bool {
    let address = ptr::with_exposed_provenance_mut(from);
    let both = ProtFlags::READ | ProtFlags::WRITE;
    // On macOS the mapping is a resilient one (see `os::map_file`), which only a readable mapping can be, so it is
    // mapped again there.
    if visit.is_private() && !cfg!(target_vendor = "apple") {
        return set_writable(from, len);
    }
    let flags = MapFlags::PRIVATE | MapFlags::FIXED | os::NORESERVE;
    let Some(file) = file(visit) else { return false };
    // SAFETY: pages of a registered mapping, which are replaced by the same bytes of its file.
    unsafe { rustix::mm::mmap(address, len, both, flags, file, visit.file_offset(from)) }.is_ok()
}
