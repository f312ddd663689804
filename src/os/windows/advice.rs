//! What the system is told about mapped memory: advice. Of all advice Windows has `willneed` alone.

use std::sync::LazyLock;

use windows_sys::Win32::Foundation::{ERROR_CALL_NOT_IMPLEMENTED, HANDLE};
use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleW, GetProcAddress};
use windows_sys::Win32::System::Memory::WIN32_MEMORY_RANGE_ENTRY;
use windows_sys::Win32::System::Threading::GetCurrentProcess;
use windows_sys::core::BOOL;

use super::win32::{error, last_error, wide};
use crate::os::{Advice, InCall, Result};

/// The number of `willneed`, which is that of MADV_WILLNEED elsewhere. There is only one advice, so nothing depends
/// on it.
const WILLNEED: i32 = 3;

/// No advice punches a hole into a file here.
pub fn makes_holes(_number: i32) -> bool {
    false
}

/// The number of an advice; `None` where this system has none of the kind. The error says what was expected.
pub fn advice_number(advice: &Advice) -> std::result::Result<Option<i32>, String> {
    match advice {
        Advice::Name(name) if name == "willneed" => Ok(Some(WILLNEED)),
        Advice::Name(_) => Ok(None),
        Advice::Number(number) => {
            Err(format!("must be a name: this system has no MADV_ constants. Received {number}"))
        }
    }
}

type Prefetch = unsafe extern "system" fn(HANDLE, usize, *const WIN32_MEMORY_RANGE_ENTRY, u32) -> BOOL;

/// PrefetchVirtualMemory, which is looked up at run time, since Windows has it from version 8 on.
static PREFETCH: LazyLock<Option<Prefetch>> = LazyLock::new(|| {
    let library = wide("kernel32.dll");
    // SAFETY: the name ends with a zero; kernel32 is never unloaded.
    let module = unsafe { GetModuleHandleW(library.as_ptr()) };
    // SAFETY: the module is loaded and the name ends with a zero.
    let found = unsafe { GetProcAddress(module, c"PrefetchVirtualMemory".as_ptr().cast()) }?;
    // SAFETY: the documented signature of PrefetchVirtualMemory.
    Some(unsafe { std::mem::transmute::<unsafe extern "system" fn() -> isize, Prefetch>(found) })
});

/// Prefetches the range, for `willneed`. `true`: the system took the advice.
///
/// # Safety
/// `[base + start, base + start + len)` lies in a mapping that lives until this returns.
pub unsafe fn advise(base: *mut u8, start: usize, len: usize, _number: i32) -> Result<bool> {
    let Some(prefetch) = *PREFETCH else {
        return Ok(false);
    };
    let range =
        WIN32_MEMORY_RANGE_ENTRY { VirtualAddress: base.wrapping_add(start).cast(), NumberOfBytes: len };
    // SAFETY: it takes nothing and answers with a pseudo handle, which needs no closing.
    let process = unsafe { GetCurrentProcess() };
    // SAFETY: one range, within the mapping by this function's contract.
    let taken = unsafe { prefetch(process, 1, &range, 0) };
    if taken == 0 { last_error("PrefetchVirtualMemory") } else { Ok(true) }
}

/// Memory has no names here.
///
/// # Safety
/// This does nothing; the signature is Linux's.
pub unsafe fn set_name(_base: *mut u8, _len: usize, _name: &str) -> Result<()> {
    Err(error(ERROR_CALL_NOT_IMPLEMENTED)).in_call("prctl")
}
