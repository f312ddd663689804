//! Advice about memory, by name and by number.

use std::io;

use rustix::io::Errno;

use super::super::{Advice, CONSTANTS, InCall, Result};
use super::page_size;

/// Advice that kills the process at the next touch, or takes memory from the whole machine.
const REFUSED_ADVICE: &[i32] = &[
    100, // MADV_HWPOISON
    101, // MADV_SOFT_OFFLINE
    102, // MADV_GUARD_INSTALL
    103, // MADV_GUARD_REMOVE
];

/// Advice after which bytes may be gone: its range is never widened.
#[cfg(any(target_os = "linux", target_os = "android"))]
const DESTRUCTIVE: &[i32] = &[
    libc::MADV_DONTNEED,
    libc::MADV_FREE,
    libc::MADV_REMOVE,
    24, // MADV_DONTNEED_LOCKED
];
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const DESTRUCTIVE: &[i32] = &[libc::MADV_DONTNEED, libc::MADV_FREE];

/// Whether advice of this number takes bytes out of the file.
pub fn makes_holes(number: i32) -> bool {
    number == REMOVE
}

#[cfg(any(target_os = "linux", target_os = "android"))]
const REMOVE: i32 = libc::MADV_REMOVE;
/// A number that no advice has.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const REMOVE: i32 = -1;

/// The number of an advice, `None` where this system has no such name.
pub fn advice_number(advice: &Advice) -> std::result::Result<Option<i32>, String> {
    let number = match advice {
        Advice::Number(number) => *number,
        Advice::Name(name) => {
            let Some((_, constant)) = super::super::ADVICE.iter().find(|(known, _)| known == name) else {
                let known: Vec<_> =
                    super::super::ADVICE.iter().map(|(name, _)| format!("'{name}'")).collect();
                return Err(format!(
                    "must be one of {}, or a MADV_ constant. Received '{name}'",
                    known.join(", ")
                ));
            };
            let found = CONSTANTS.iter().copied().flatten().find(|(name, _)| name == constant);
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

/// madvise(2). `true`: the system heard. The start is rounded down to a page for advice that destroys nothing.
///
/// # Safety
/// `[base + start, base + start + len)` lies in a mapping that lives until this returns, `base` page-aligned.
pub unsafe fn advise(base: *mut u8, start: usize, len: usize, number: i32) -> Result<bool> {
    let ragged = start % page_size();
    if ragged != 0 && DESTRUCTIVE.contains(&number) {
        return Err(io::Error::from(Errno::INVAL)).in_call("madvise");
    }
    // SAFETY: within the mapping, by this function's contract; rounding down stays at or above `base`.
    let from = unsafe { base.add(start - ragged) };
    // SAFETY: as above; the numbers that make pages unusable were refused by `advice_number`.
    let status = unsafe { libc::madvise(from.cast(), len + ragged, number) };
    if status == 0 { Ok(true) } else { Err(io::Error::last_os_error()).in_call("madvise") }
}
