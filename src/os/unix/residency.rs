//! Which pages are in memory, and which are mapped at all.

/// Whether anything is mapped at the page at `page`.
pub fn is_mapped(page: *mut u8) -> bool {
    // SAFETY: MS_ASYNC changes nothing, and where nothing is mapped this fails (msync(2), ENOMEM).
    let looked = unsafe { rustix::mm::msync(page.cast(), 1, rustix::mm::MsyncFlags::ASYNC) };
    looked != Err(rustix::io::Errno::NOMEM)
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
