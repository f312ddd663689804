//! What is asked of the dynamic loader.

use std::ffi::{CStr, c_void};
use std::sync::Once;

/// Keeps this library loaded for ever. Node unloads an addon with the last thread that has it, but the kernel, signal handlers
/// that were installed after ours, and finalizers of memory that threads share go on calling it.
pub fn keep_loaded() {
    static LOADED: Once = Once::new();
    LOADED.call_once(|| {
        // SAFETY: all zero is a valid Dl_info.
        let mut info: libc::Dl_info = unsafe { std::mem::zeroed() };
        // SAFETY: an address of this library, and a structure of ours.
        let found = unsafe { libc::dladdr(keep_loaded as *const c_void, &mut info) };
        if found != 0 && !info.dli_fname.is_null() {
            let flags = libc::RTLD_LAZY | libc::RTLD_NOLOAD | libc::RTLD_NODELETE;
            // SAFETY: the name is the loader's own. The handle is never closed.
            unsafe { libc::dlopen(info.dli_fname, flags) };
        }
    });
}

/// The address of a function that the program may have, or one of its libraries.
pub fn symbol_of_host(name: &CStr) -> Option<*const c_void> {
    // SAFETY: the name ends with a zero.
    let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    (!found.is_null()).then_some(found.cast_const())
}
