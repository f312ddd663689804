//! Stores into read-only mappings, answered by a vectored exception handler: the whole mapping becomes copy-on-write,
//! and the file never changes.
//!
//! Nothing else is answered here. A file cannot be made shorter while it is mapped. A page that could not be read
//! (EXCEPTION_IN_PAGE_ERROR) cannot be replaced in one step, so bytes on volumes that can go away are never accessed
//! directly (`os::try_copy`).
//!
//! A handler must not lock, allocate or panic.

use std::fs::File;
use std::ptr;
use std::sync::Once;

use windows_sys::Win32::Foundation::EXCEPTION_ACCESS_VIOLATION;
use windows_sys::Win32::System::Diagnostics::Debug::{
    AddVectoredExceptionHandler, EXCEPTION_CONTINUE_EXECUTION, EXCEPTION_CONTINUE_SEARCH, EXCEPTION_POINTERS,
};
use windows_sys::Win32::System::Memory::{PAGE_WRITECOPY, VirtualProtect};

use super::table::{self, Visit};
use crate::os;

/// The descriptor that the table keeps of a file: none, since the handler does not ask the file here.
pub fn descriptor(_file: &File) -> i32 {
    -1
}

/// Adds the handler, once. It comes after those that are there already, such as V8's, which knows its own faults.
pub fn install_handlers() {
    static ADDED: Once = Once::new();
    ADDED.call_once(|| {
        // The size is computed at the first call, which must not be one of the handler's.
        os::page_size();
        os::keep_loaded();
        // SAFETY: the handler is never unloaded.
        unsafe { AddVectoredExceptionHandler(0, Some(on_exception)) };
    });
}

/// What ExceptionInformation[0] of an access violation is for a store (EXCEPTION_RECORD).
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
    let answered = table::find(address).is_some_and(|visit| make_private_writable(&visit, address));
    if answered { EXCEPTION_CONTINUE_EXECUTION } else { EXCEPTION_CONTINUE_SEARCH }
}

/// Answers a store into a read-only mapping: it becomes copy-on-write as a whole, or if that fails, the page does.
fn make_private_writable(visit: &Visit, address: usize) -> bool {
    let size = os::page_size();
    let page = address & !(size - 1);
    if !visit.is_read_only() || !visit.may_retry_store(page, size) {
        return false;
    }
    visit.note_stray_store();
    make_copy_on_write(visit.base(), visit.end() - visit.base()) || make_copy_on_write(page, size)
}

fn make_copy_on_write(from: usize, len: usize) -> bool {
    let mut before = 0;
    // SAFETY: pages of a registered mapping; a store makes a copy of its page, and the file never changes.
    unsafe { VirtualProtect(ptr::with_exposed_provenance(from), len, PAGE_WRITECOPY, &mut before) != 0 }
}

/// Makes pages of a hosted mapping writable. There are none here.
pub fn set_writable(_from: usize, _len: usize) -> bool {
    false
}
