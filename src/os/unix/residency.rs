//! Which pages are in memory, and which are mapped at all; bringing them there, and keeping them.

use std::fs::File;
use std::io;

use crate::os::{InCall, Result};

/// Whether anything is mapped at the page at `page`.
pub fn is_mapped(page: *mut u8) -> bool {
    // SAFETY: MS_ASYNC changes nothing, and where nothing is mapped this fails (msync(2), ENOMEM).
    let looked = unsafe { rustix::mm::msync(page.cast(), 1, rustix::mm::MsyncFlags::ASYNC) };
    looked != Err(rustix::io::Errno::NOMEM)
}

/// Notes which of the pages from `from` on are in memory: a byte for each, of which the lowest bit says it (mincore(2)).
///
/// # Safety
/// `from` is the first address of a page in a mapping that has as many pages, and that lives until this returns.
pub unsafe fn resident(from: *mut u8, pages: &mut [u8]) -> Result<()> {
    let len = pages.len() * super::page_size();
    // SAFETY: by this function's contract; the system writes a byte for each page.
    let status = unsafe { libc::mincore(from.cast(), len, pages.as_mut_ptr().cast()) };
    if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()).in_call("mincore") }
}

/// Whether the system says of a file's pages whether they are in memory. Linux hides it, from 5.2 on, from whoever neither owns the
/// file nor may write to it, and answers then that all of them are (commit 134fca9063ad).
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn tells_residency(file: &File) -> bool {
    use std::os::fd::AsRawFd;
    let own = rustix::process::geteuid();
    let owns = rustix::fs::fstat(file).is_ok_and(|facts| own.is_root() || facts.st_uid == own.as_raw());
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    let access = rustix::fs::Access::WRITE_OK;
    owns || rustix::fs::accessat(rustix::fs::CWD, path, access, rustix::fs::AtFlags::EACCESS).is_ok()
}

/// The other systems hide nothing.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub fn tells_residency(_file: &File) -> bool {
    true
}

/// Keeps pages in memory (mlock(2)).
///
/// # Safety
/// `[from, from + len)` lie in a mapping that lives until this returns.
pub unsafe fn lock(from: *mut u8, len: usize) -> Result<()> {
    // SAFETY: by this function's contract.
    unsafe { rustix::mm::mlock(from.cast(), len) }.in_call("mlock")
}

/// Undoes `lock`.
///
/// # Safety
/// As of `lock`.
pub unsafe fn unlock(from: *mut u8, len: usize) -> Result<()> {
    // SAFETY: by this function's contract.
    unsafe { rustix::mm::munlock(from.cast(), len) }.in_call("munlock")
}

/// What the limit is that keeps a process from locking memory, if a failure of `lock` was because of it.
pub fn lock_limit(failed: &io::Error) -> Option<String> {
    let by_limit = matches!(failed.raw_os_error(), Some(libc::ENOMEM | libc::EPERM | libc::EAGAIN));
    let limit = rustix::process::getrlimit(rustix::process::Resource::Memlock).current;
    let text = limit.map_or("none".into(), |bytes| format!("{bytes} bytes"));
    by_limit.then(|| format!("the process may lock so much (RLIMIT_MEMLOCK): {text}"))
}

/// How much of a range is brought into memory by one call, which nothing can end early.
pub const POPULATED_AT_ONCE: usize = 4 << 20;

/// Brings the pages of a range into memory, and waits for them. `false`: one of them cannot be had, or the system has no call
/// for it (MADV_POPULATE_READ and, for memory that is written to next, MADV_POPULATE_WRITE, Linux 5.14).
///
/// # Safety
/// `[from, from + len)` are whole pages of a mapping that lives until this returns. `writable`: stores into them may be done.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub unsafe fn populate_range(from: *mut u8, len: usize, writable: bool) -> bool {
    use rustix::mm::Advice;
    let advice = if writable { Advice::LinuxPopulateWrite } else { Advice::LinuxPopulateRead };
    // SAFETY: by this function's contract.
    unsafe { rustix::mm::madvise(from.cast(), len, advice) }.is_ok()
}

/// The other systems have no such call, so each page has to be touched.
///
/// # Safety
/// This does nothing; the signature is Linux's.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub unsafe fn populate_range(_from: *mut u8, _len: usize, _writable: bool) -> bool {
    false
}

/// Brings the page at `page` into memory. Where it cannot be read, this answers `false` and raises no fault
/// (MADV_POPULATE_READ, Linux 5.14). Older kernels refuse the advice, which is `false` too.
///
/// # Safety
/// `page` is the first address of a page, in a mapping that lives until this returns.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub unsafe fn populate(page: *mut u8) -> bool {
    // SAFETY: by this function's contract.
    unsafe { rustix::mm::madvise(page.cast(), 1, rustix::mm::Advice::LinuxPopulateRead) }.is_ok()
}

/// The other systems have no call that does this without a fault, so the answer is `false`: not known to be there.
///
/// # Safety
/// This does nothing; the signature is Linux's.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub unsafe fn populate(_page: *mut u8) -> bool {
    false
}
