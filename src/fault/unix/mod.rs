//! The handlers of SIGBUS and SIGSEGV.
//!
//! - An access beyond the end of the file: everything from there on becomes zero pages in one step.
//! - An access to a page within the file that faults again and again: the page could not be read, or a store had no
//!   block on a full disk. This page alone becomes a zero page.
//! - A store into a read-only mapping: the whole mapping becomes private and writable in one step.
//!
//! An access is tried again only after something has changed, or a bounded number of times: where a fault cannot be
//! answered, the process ends by its signal rather than to fault for ever.
//!
//! Every other signal goes on to the handler that was there before (`chain`).
//!
//! A handler must not lock, allocate or panic, nor use a thread-local that is made at its first use. To answer a
//! fault it makes bare system calls alone: clock_gettime, fstat, madvise, mmap, mprotect, pread, process_vm_readv, sigaction, sigprocmask.

mod chain;
mod context;
mod repair;

use std::ffi::{c_int, c_void};
use std::fs::File;
use std::os::fd::AsRawFd;

use libc::siginfo_t;

use super::table;
use crate::os;
use context::FaultAccess;
pub use repair::set_writable;

/// The descriptor that the table keeps of a file.
pub fn descriptor(file: &File) -> i32 {
    file.as_raw_fd()
}

/// Makes our handlers those that the kernel calls, unless they are. It is called at each new mapping, and whenever
/// one of the host's listeners for these signals comes or goes: with the last listener libuv takes its handler away,
/// and leaves the default action behind.
pub fn install_handlers() {
    // The size is computed at the first call, which must not be one of a handler's.
    os::page_size();
    os::keep_loaded();
    chain::put_on_top(libc::SIGBUS, on_fault);
    chain::put_on_top(libc::SIGSEGV, on_fault);
}

/// # Safety
/// Called by the kernel, or by a handler that was installed after this one, with what the kernel gave it.
unsafe extern "C" fn on_fault(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    // The interrupted code may be about to read its own errno.
    let errno = errno::errno();
    if chain::restore_flags(signal, on_fault) {
        errno::set_errno(errno);
        return;
    }
    // SAFETY: by this function's contract.
    let answered = unsafe { answer(signal, info, context) };
    errno::set_errno(errno);
    if !answered {
        // SAFETY: as above.
        unsafe { chain::forward(signal, info, context) };
    }
}

/// Answers a fault in a guarded mapping. `true`: the access can be tried again. `false`: the signal is not ours.
///
/// # Safety
/// As for `on_fault`.
unsafe fn answer(signal: c_int, info: *mut siginfo_t, context: *mut c_void) -> bool {
    // SAFETY: the kernel's own structure.
    let info = unsafe { &*info };
    let code = info.si_code;
    if !context::is_memory_fault(signal, code) {
        return false;
    }
    // SAFETY: the signal of a fault has an address.
    let address = unsafe { info.si_addr() }.addr();
    let Some(visit) = table::find(address) else { return false };
    let size = os::page_size();
    let page = address & !(size - 1);
    if visit.is_paused() {
        std::hint::spin_loop();
        return true;
    }
    // SAFETY: by this function's contract.
    let access = unsafe { context::fault_access(context) };
    if access == FaultAccess::Execute {
        return false;
    }
    if visit.is_left() && signal == libc::SIGSEGV {
        return false;
    }
    // What cannot even be read is not ours any more, but perhaps the guard pages of a WebAssembly memory.
    let is_foreign = signal == libc::SIGSEGV
        && visit.is_hosted()
        && !visit.is_inaccessible()
        && !repair::may_be_ours(page);
    if visit.is_revoked() {
        if !visit.may_retry_store(page, size) {
            return false;
        }
        if visit.is_inaccessible() {
            return repair::show_revoked(&visit, page, access);
        }
        // SIGBUS is of the time before, when a file was there, and zeros answer the access now. SIGSEGV is a store:
        // the system would give read-only zero pages alone (see `os::map_zeros`).
        return signal == libc::SIGBUS || (!is_foreign && repair::make_zeros_writable(&visit, page, size));
    }
    let violation = context::is_store_violation(signal, access);
    if violation && visit.is_read_only() {
        // macOS sends SIGBUS for both. A store beyond the end of the file is answered as a load there is.
        let beyond_end = signal == libc::SIGBUS
            && repair::file_size(&visit).is_some_and(|end| visit.file_offset(page) >= end);
        if !beyond_end {
            return !is_foreign && repair::make_private_writable(&visit, page, size);
        }
    }
    if signal == libc::SIGSEGV {
        if !violation {
            // A load that was on its way here while the bytes were revoked, which were then restored.
            return !is_foreign && visit.may_retry_store(page, size) && repair::may_be_ours(page);
        }
        // A store into zero pages that the system would give read-only alone.
        return !is_foreign
            && !visit.is_read_only()
            && visit.may_retry_store(page, size)
            && repair::make_zeros_writable(&visit, page, size);
    }
    repair::replace_lost_pages(&visit, page, size)
}

#[cfg(test)]
mod tests;
