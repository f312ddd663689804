//! What the kernel is told about mapped memory: advice, and a name.

use std::io;

use rustix::io::Errno;

use super::{CONSTANTS, page_size};
use crate::os::{Advice, InCall, Result};

/// Advice after which the next access kills the process, or which takes memory from the whole machine. Written as
/// numbers, since not every version of the headers has them.
const REFUSED_ADVICE: &[i32] = &[
    100, // MADV_HWPOISON
    101, // MADV_SOFT_OFFLINE
    102, // MADV_GUARD_INSTALL
    103, // MADV_GUARD_REMOVE
];

/// Advice that may destroy bytes. Its range is never widened to whole pages.
#[cfg(any(target_os = "linux", target_os = "android"))]
const DESTRUCTIVE: &[i32] = &[
    libc::MADV_DONTNEED,
    libc::MADV_FREE,
    libc::MADV_REMOVE,
    24, // MADV_DONTNEED_LOCKED
];
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const DESTRUCTIVE: &[i32] = &[libc::MADV_DONTNEED, libc::MADV_FREE];

#[cfg(any(target_os = "linux", target_os = "android"))]
const REMOVE: i32 = libc::MADV_REMOVE;
/// The other systems have no such advice, so this is a number that none has.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const REMOVE: i32 = -1;

/// Whether this advice punches a hole into the file (MADV_REMOVE).
pub fn makes_holes(number: i32) -> bool {
    number == REMOVE
}

/// The number of an advice; `None` where this system has no such constant. The error says what was expected.
pub fn advice_number(advice: &Advice) -> std::result::Result<Option<i32>, String> {
    let number = match advice {
        Advice::Number(number) => *number,
        Advice::Name(name) => {
            let constant = format!("MADV_{}", name.to_ascii_uppercase());
            let found = CONSTANTS.iter().copied().flatten().find(|(name, _)| *name == constant);
            let Some((_, number)) = found else { return Ok(None) };
            *number as i32
        }
    };
    if REFUSED_ADVICE.contains(&number) {
        return Err(format!(
            "must not make memory unusable (HWPOISON, SOFT_OFFLINE, GUARD). Received {number}"
        ));
    }
    Ok(Some(number))
}

/// madvise(2). `true`: the system took the advice. The start is rounded down to a page, unless the advice may destroy
/// bytes: then it must be the start of a page.
///
/// # Safety
/// `[base + start, base + start + len)` lies in a mapping that lives until this returns, `base` page-aligned.
pub unsafe fn advise(base: *mut u8, start: usize, len: usize, number: i32) -> Result<bool> {
    let beyond_page = start % page_size();
    if beyond_page != 0 && DESTRUCTIVE.contains(&number) {
        return Err(io::Error::from(Errno::INVAL)).in_call("madvise");
    }
    // SAFETY: within the mapping, by this function's contract; `base` is page-aligned, so rounding down never goes
    // below.
    let from = unsafe { base.add(start - beyond_page) };
    // SAFETY: as above; the numbers that make pages unusable were refused by `advice_number`.
    let status = unsafe { libc::madvise(from.cast(), len + beyond_page, number) };
    if status == 0 { Ok(true) } else { Err(io::Error::last_os_error()).in_call("madvise") }
}

/// Names anonymous memory in /proc/PID/maps (PR_SET_VMA_ANON_NAME, Linux 5.17).
///
/// # Safety
/// `base` and `len` are a mapping that lives until this returns.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub unsafe fn set_name(base: *mut u8, len: usize, name: &str) -> Result<()> {
    let name = std::ffi::CString::new(name).map_err(|_| Errno::INVAL).in_call("prctl")?;
    // SAFETY: by this function's contract; the kernel uses the addresses and reads none of the bytes.
    let region = unsafe { std::slice::from_raw_parts(base, super::whole_pages(len)) };
    rustix::process::set_virtual_memory_region_name(region, Some(&name)).in_call("prctl")
}

/// The other systems have no names for memory.
///
/// # Safety
/// This does nothing; the signature is Linux's.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub unsafe fn set_name(_base: *mut u8, _len: usize, _name: &str) -> Result<()> {
    Err(io::Error::from(Errno::NOSYS)).in_call("prctl")
}
