//! Copying bytes that may not be readable.

use std::ptr;

/// Copies `len` bytes. `false`: some could not be read or written. It is always `true` on Unix, where `fault` handles
/// the signals of such pages; on Windows the copy itself must find out.
///
/// # Safety
/// Both ranges are valid for `len` bytes; they may overlap.
pub unsafe fn try_copy(from: *const u8, to: *mut u8, len: usize) -> bool {
    // SAFETY: by this function's contract.
    unsafe { ptr::copy(from, to, len) };
    true
}
