//! Which pages are in memory, and which are mapped at all; bringing them there, and keeping them.

use std::fs::File;
use std::io;

use windows_sys::Win32::Foundation::ERROR_WORKING_SET_QUOTA;
use windows_sys::Win32::System::Memory::{VirtualLock, VirtualUnlock};
use windows_sys::Win32::System::ProcessStatus::{PSAPI_WORKING_SET_EX_INFORMATION, QueryWorkingSetEx};
use windows_sys::Win32::System::Threading::GetCurrentProcess;

use super::win32::last_error;
use crate::os::Result;

/// Notes which of the pages from `from` on are in the working set of the process: a byte for each, of which the lowest bit says it.
///
/// # Safety
/// `from` is the first address of a page in a mapping that has as many pages, and that lives until this returns.
pub unsafe fn resident(from: *mut u8, pages: &mut [u8]) -> Result<()> {
    const AT_ONCE: usize = 4096;
    let page = super::page_size();
    for (number, part) in pages.chunks_mut(AT_ONCE).enumerate() {
        let first = from.wrapping_add(number * AT_ONCE * page);
        let mut asked = (0..part.len())
            .map(|index| {
                // SAFETY: all zero is valid.
                let mut each: PSAPI_WORKING_SET_EX_INFORMATION = unsafe { std::mem::zeroed() };
                each.VirtualAddress = first.wrapping_add(index * page).cast();
                each
            })
            .collect::<Vec<_>>();
        // SAFETY: it takes nothing and answers with a pseudo handle, which needs no closing.
        let process = unsafe { GetCurrentProcess() };
        let bytes = size_of_val(asked.as_slice()) as u32;
        // SAFETY: an array of ours, of so many bytes.
        if unsafe { QueryWorkingSetEx(process, asked.as_mut_ptr().cast(), bytes) } == 0 {
            return last_error("QueryWorkingSetEx");
        }
        for (byte, answer) in part.iter_mut().zip(&asked) {
            // SAFETY: the field that the system has filled; its lowest bit is `Valid`.
            *byte = (unsafe { answer.VirtualAttributes.Flags } & 1) as u8;
        }
    }
    Ok(())
}

/// Windows hides nothing.
pub fn tells_residency(_file: &File) -> bool {
    true
}

/// Keeps pages in memory.
///
/// # Safety
/// `[from, from + len)` lie in a mapping that lives until this returns.
pub unsafe fn lock(from: *mut u8, len: usize) -> Result<()> {
    // SAFETY: by this function's contract.
    if unsafe { VirtualLock(from.cast(), len) } == 0 { last_error("VirtualLock") } else { Ok(()) }
}

/// Undoes `lock`.
///
/// # Safety
/// As of `lock`.
pub unsafe fn unlock(from: *mut u8, len: usize) -> Result<()> {
    // SAFETY: by this function's contract.
    if unsafe { VirtualUnlock(from.cast(), len) } == 0 { last_error("VirtualUnlock") } else { Ok(()) }
}

/// What the limit is that keeps a process from locking memory, if a failure of `lock` was because of it.
pub fn lock_limit(failed: &io::Error) -> Option<String> {
    let by_limit = failed.raw_os_error() == Some(ERROR_WORKING_SET_QUOTA as i32);
    by_limit.then(|| "it is more than the minimum working set of the process".into())
}

/// Whether anything is mapped at a page. It is asked of hosted pages alone, which are not to be had here.
pub fn is_mapped(_page: *mut u8) -> bool {
    true
}

/// Brings a page into memory. Nobody needs it here: it finds out whether the file still has the page, and a mapped
/// file cannot be made shorter. So the answer is always `false`: not known to be there.
///
/// # Safety
/// This does nothing; the signature is that of the Unix function.
pub unsafe fn populate(_page: *mut u8) -> bool {
    false
}

/// How much of a range is brought into memory by one call, which nothing can end early.
pub const POPULATED_AT_ONCE: usize = 4 << 20;

/// There is no call that brings pages into memory and waits for them, so each has to be touched.
///
/// # Safety
/// This does nothing; the signature is that of the Unix function.
pub unsafe fn populate_range(_from: *mut u8, _len: usize, _writable: bool) -> bool {
    false
}
