//! Which pages are in memory, and which are mapped at all.

/// Whether anything is mapped at the page at `page`.
pub fn is_mapped(page: *mut u8) -> bool {
    // SAFETY: MS_ASYNC changes nothing, and where nothing is mapped this fails (msync(2), ENOMEM).
    let looked = unsafe { rustix::mm::msync(page.cast(), 1, rustix::mm::MsyncFlags::ASYNC) };
    looked != Err(rustix::io::Errno::NOMEM)
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
