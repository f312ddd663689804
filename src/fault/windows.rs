//! Stores into read-only mappings, answered by a vectored exception handler: the whole mapping becomes copy-on-write.
//!
//! A file cannot be made shorter while it is mapped here. What could not be read (EXCEPTION_IN_PAGE_ERROR) cannot be
//! replaced in one step, and is left to others: bytes on volumes that can go away are reached in another way (`os`).

use std::ffi::c_void;
use std::fs::File;
use std::ptr;
use std::sync::Once;

use windows_sys::Win32::Foundation::EXCEPTION_ACCESS_VIOLATION;
use windows_sys::Win32::System::Diagnostics::Debug::{
    AddVectoredExceptionHandler, EXCEPTION_CONTINUE_EXECUTION, EXCEPTION_CONTINUE_SEARCH, EXCEPTION_POINTERS,
};
use windows_sys::Win32::System::LibraryLoader::{
    GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_PIN, GetModuleHandleExW,
};
use windows_sys::Win32::System::Memory::{PAGE_WRITECOPY, VirtualProtect};

use super::table::{self, Visit};
use crate::os;

/// No handler asks the file here.
pub fn number(_file: &File) -> i32 {
    -1
}

/// Adds the handler, once: behind those that were there first, as V8's, which knows its own faults.
pub fn arm() {
    static ADDED: Once = Once::new();
    ADDED.call_once(|| {
        os::page_size();
        let mut module = ptr::null_mut();
        let flags = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN;
        // SAFETY: an address of this library, which stays loaded from now on; the out pointer is ours.
        unsafe { GetModuleHandleExW(flags, (arm as fn() as *const c_void).cast(), &mut module) };
        // SAFETY: the handler is never unloaded.
        unsafe { AddVectoredExceptionHandler(0, Some(on_exception)) };
    });
}

const STORE: usize = 1;

/// # Safety
/// Called by the system, with what it gives.
unsafe extern "system" fn on_exception(pointers: *mut EXCEPTION_POINTERS) -> i32 {
    // SAFETY: by this function's contract.
    let record = unsafe { (*pointers).ExceptionRecord };
    // SAFETY: as above.
    let record = unsafe { &*record };
    if record.ExceptionCode != EXCEPTION_ACCESS_VIOLATION || record.ExceptionInformation[0] != STORE {
        return EXCEPTION_CONTINUE_SEARCH;
    }
    let address = record.ExceptionInformation[1];
    let mended = table::visit(address).is_some_and(|visit| open_up(&visit, address));
    if mended { EXCEPTION_CONTINUE_EXECUTION } else { EXCEPTION_CONTINUE_SEARCH }
}

fn open_up(visit: &Visit, address: usize) -> bool {
    let size = os::page_size();
    let page = address & !(size - 1);
    if !visit.is_read_only() || !visit.is_puzzling(page, size, table::STORES, 0) {
        return false;
    }
    visit.stray();
    make_copies(visit.base(), visit.end() - visit.base()) || make_copies(page, size)
}

fn make_copies(from: usize, len: usize) -> bool {
    let mut before = 0;
    // SAFETY: pages of a registered mapping; a store makes a copy of its page, and the file never changes.
    unsafe { VirtualProtect(ptr::with_exposed_provenance(from), len, PAGE_WRITECOPY, &mut before) != 0 }
}
