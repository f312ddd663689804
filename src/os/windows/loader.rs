//! What is asked of the loader.

use std::ffi::{CStr, c_void};
use std::ptr;
use std::sync::Once;

use windows_sys::Win32::System::LibraryLoader::{
    GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, GET_MODULE_HANDLE_EX_FLAG_PIN, GetModuleHandleExW,
    GetModuleHandleW, GetProcAddress,
};

/// Keeps this library loaded for ever. Node unloads an addon with the last thread that has it, but the system, and finalizers of
/// memory that threads share, go on calling it.
pub fn keep_loaded() {
    static LOADED: Once = Once::new();
    LOADED.call_once(|| {
        let mut module = ptr::null_mut();
        let flags = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN;
        // SAFETY: an address of this library, which stays loaded from now on; the out pointer is ours.
        unsafe { GetModuleHandleExW(flags, (keep_loaded as fn() as *const c_void).cast(), &mut module) };
    });
}

/// The address of a function that the program itself may have.
pub fn symbol_of_host(name: &CStr) -> Option<*const c_void> {
    // SAFETY: null is the program itself, which is never unloaded.
    let module = unsafe { GetModuleHandleW(ptr::null()) };
    // SAFETY: the module is loaded and the name ends with a zero.
    let found = unsafe { GetProcAddress(module, name.as_ptr().cast()) }?;
    Some(found as *const c_void)
}
