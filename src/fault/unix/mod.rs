//! SIGBUS and SIGSEGV. What may run in a handler: no lock, no allocation, no panic, no thread-local that is made
//! lazily; fstat, pread, mmap and mprotect are bare system calls.
//!
//! - Beyond the end of the file: everything from there on becomes zero pages in one step.
//! - Within the file, again and again: the page could not be read, or had no block on a full disk: it alone does.
//! - A store into a read-only mapping: the whole mapping becomes private and writable in one step.

mod chain;
mod context;

use std::ffi::{c_int, c_void};
use std::fs::File;
use std::os::fd::{AsRawFd, BorrowedFd};

use libc::siginfo_t;
use rustix::mm::{MapFlags, MprotectFlags, ProtFlags};

use super::table::{self, Mend, Reason, Visit};
use crate::os;
use context::Access;

/// The number of a descriptor.
pub fn number(file: &File) -> i32 {
    file.as_raw_fd()
}

/// Puts the handlers on top: at each new mapping, and whenever the host's own come or go (libuv takes a signal's
/// handler away from everybody, and leaves the default one behind).
pub fn arm() {
    // Asked here first: a handler must find the answer ready.
    os::page_size();
    pin();
    chain::put_on_top(libc::SIGBUS, on_fault);
    chain::put_on_top(libc::SIGSEGV, on_fault);
}

/// Keeps the library loaded: Node unloads an addon with the last thread that had it, and the handlers stay.
fn pin() {
    use std::sync::Once;
    static PINNED: Once = Once::new();
    PINNED.call_once(|| {
        // SAFETY: all zero is a valid Dl_info.
        let mut info: libc::Dl_info = unsafe { std::mem::zeroed() };
        // SAFETY: an address of this library, and a structure of ours.
        let found = unsafe { libc::dladdr(arm as *const c_void, &mut info) };
        if found != 0 && !info.dli_fname.is_null() {
            let flags = libc::RTLD_LAZY | libc::RTLD_NOLOAD | libc::RTLD_NODELETE;
            // SAFETY: the name is the loader's own. The handle is never closed.
            unsafe { libc::dlopen(info.dli_fname, flags) };
        }
    });
}

/// # Safety
/// Called by the kernel, or by a handler that was put on top of this one, with what the kernel gave.
unsafe extern "C" fn on_fault(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    let errno = errno::errno();
    if chain::mend_flags(signal, on_fault) {
        errno::set_errno(errno);
        return;
    }
    // SAFETY: by this function's contract.
    let mended = unsafe { mend(signal, info, context) };
    errno::set_errno(errno);
    if !mended {
        // SAFETY: as above.
        unsafe { chain::pass_on(signal, info, context) };
    }
}

/// Whether it was a fault of ours, and the access can be tried again.
///
/// # Safety
/// As `on_fault`.
unsafe fn mend(signal: c_int, info: *mut siginfo_t, context: *mut c_void) -> bool {
    // SAFETY: the kernel's own structure.
    let info = unsafe { &*info };
    let code = info.si_code;
    if !context::is_fault(signal, code) {
        return false;
    }
    // SAFETY: a fault has an address.
    let address = unsafe { info.si_addr() }.addr();
    let Some(visit) = table::visit(address) else { return false };
    let size = os::page_size();
    let page = address & !(size - 1);
    if visit.is_paused() {
        std::hint::spin_loop();
        return true;
    }
    // SAFETY: by this function's contract.
    let access = unsafe { context::access(context) };
    if access == Access::Fetch {
        return false;
    }
    if visit.is_revoked() {
        // From the time before, or the system would give read-only zeros alone.
        return signal == libc::SIGBUS || make_page_writable(page, size);
    }
    let violation = context::is_violation(signal, access);
    if violation && visit.is_read_only() {
        // macOS says SIGBUS of both: what lies beyond the end of the file is no store's fault.
        let beyond =
            signal == libc::SIGBUS && file_size(&visit).is_some_and(|end| visit.file_offset(page) >= end);
        if !beyond {
            return open_up(&visit, page, size, access);
        }
    }
    if signal == libc::SIGSEGV {
        // Zeros that the system would give read-only alone.
        return violation && !visit.is_read_only() && make_page_writable(page, size);
    }
    replace(&visit, page, size)
}

fn make_page_writable(page: usize, size: usize) -> bool {
    let both = MprotectFlags::READ | MprotectFlags::WRITE;
    // SAFETY: a page of a registered mapping; more may be done to it than before.
    unsafe { rustix::mm::mprotect(std::ptr::with_exposed_provenance_mut(page), size, both) }.is_ok()
}

fn file(visit: &Visit) -> Option<BorrowedFd<'_>> {
    let number = visit.file();
    // SAFETY: the entry's owner closes it only when no handler is inside.
    (number >= 0).then(|| unsafe { BorrowedFd::borrow_raw(number) })
}

fn file_size(visit: &Visit) -> Option<u64> {
    let stat = rustix::fs::fstat(file(visit).filter(|_| visit.is_sized())?).ok()?;
    Some(stat.st_size as u64)
}

/// Puts zero pages where the file has nothing.
fn replace(visit: &Visit, page: usize, size: usize) -> bool {
    let reason = || why(visit, page);
    let mend = match file(visit) {
        None if visit.is_sized() => match first_lost(visit, page, size) {
            Some(lost) => visit.give_up(lost, Reason::Truncated),
            None => visit.judge(page, size, None, now(), reason),
        },
        _ => visit.judge(page, size, file_size(visit), now(), reason),
    };
    match mend {
        Mend::Retry => true,
        Mend::Page if visit.may_split() && zero(page, size) => true,
        Mend::From(from) if from > visit.base() && visit.may_split() && zero(from, visit.end() - from) => {
            true
        }
        // No room for one more mapping: this takes none.
        Mend::Page | Mend::From(_) => {
            visit.give_up(visit.base(), Reason::Truncated);
            zero(visit.base(), visit.end() - visit.base())
        }
    }
}

/// Nanoseconds of a clock that only goes on.
fn now() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

fn zero(from: usize, len: usize) -> bool {
    // SAFETY: pages of a registered mapping, which is not unmapped while a handler is inside.
    unsafe { os::revoke(std::ptr::with_exposed_provenance_mut(from), len) }
}

/// Why a page within the file cannot be had: what can be read by its descriptor had no block for a store. One that the
/// file does not have any more was cut off since its size was asked.
fn why(visit: &Visit, page: usize) -> Reason {
    let mut byte = [0u8];
    let read = file(visit).map(|file| rustix::io::pread(file, &mut byte, visit.file_offset(page)));
    match read.filter(|_| visit.is_sized()) {
        Some(Ok(1)) => Reason::NoSpace,
        Some(Ok(0)) => Reason::Truncated,
        _ => Reason::Io,
    }
}

/// The first page that cannot be read, of a mapping without a descriptor, when none can from there to what is lost
/// already: its file was cut. The pages tell, in a few steps, whichever of them was met first.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn first_lost(visit: &Visit, page: usize, size: usize) -> Option<usize> {
    let own = 0u8;
    if !is_readable((&raw const own).addr()) {
        // The call is forbidden here: nobody tells.
        return Some(page);
    }
    let mut lost = visit.tail().checked_sub(size)?;
    if lost < page || is_readable(lost) {
        return None;
    }
    // Everything before `there` can be read, `lost` cannot.
    let mut there = visit.base();
    while there < lost {
        let middle = there + (lost - there) / size / 2 * size;
        if is_readable(middle) { there = middle + size } else { lost = middle }
    }
    (lost <= page).then_some(lost)
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_readable(page: usize) -> bool {
    let mut byte = 0u8;
    let here = libc::iovec { iov_base: (&raw mut byte).cast(), iov_len: 1 };
    let there = libc::iovec { iov_base: std::ptr::with_exposed_provenance_mut(page), iov_len: 1 };
    // SAFETY: no argument.
    let process = unsafe { libc::getpid() };
    // SAFETY: one byte of ours; what cannot be read there is an answer, not a fault.
    unsafe { libc::process_vm_readv(process, &here, 1, &there, 1, 0) == 1 }
}

/// Nobody tells: what was met first.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn first_lost(_visit: &Visit, page: usize, _size: usize) -> Option<usize> {
    Some(page)
}

/// Answers a store into a read-only mapping: it becomes private and writable, as a whole, and the file never changes.
fn open_up(visit: &Visit, page: usize, size: usize, access: Access) -> bool {
    // What is surely a store succeeds once the page is writable.
    if access != Access::Store && !visit.is_puzzling(page, size, table::STORES, now()) {
        return false;
    }
    visit.stray();
    let whole = visit.end() - visit.base();
    if make_writable(visit, visit.base(), whole) || make_writable(visit, page, size) {
        return true;
    }
    visit.lose(page, size);
    zero(page, size)
}

fn make_writable(visit: &Visit, from: usize, len: usize) -> bool {
    let address = std::ptr::with_exposed_provenance_mut(from);
    let both = ProtFlags::READ | ProtFlags::WRITE;
    // A resilient mapping (macOS) is a readable one alone.
    if visit.is_private() && !cfg!(target_vendor = "apple") {
        let protection = MprotectFlags::READ | MprotectFlags::WRITE;
        // SAFETY: pages of a registered mapping; more may be done to them than before.
        return unsafe { rustix::mm::mprotect(address, len, protection) }.is_ok();
    }
    let flags = MapFlags::PRIVATE | MapFlags::FIXED | os::NORESERVE;
    let Some(file) = file(visit) else { return false };
    // SAFETY: pages of a registered mapping, which are replaced by the same bytes of its file.
    unsafe { rustix::mm::mmap(address, len, both, flags, file, visit.file_offset(from)) }.is_ok()
}

#[cfg(test)]
mod tests;
