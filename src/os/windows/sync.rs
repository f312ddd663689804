//! Writing changed pages back to the file, and the file to the disk.

use std::fs::File;
use std::os::windows::io::AsRawHandle;

use windows_sys::Win32::Storage::FileSystem::FlushFileBuffers;
use windows_sys::Win32::System::Memory::FlushViewOfFile;

use super::win32::last_error;
use crate::os::Result;

/// Hands changed pages to the file system (FlushViewOfFile). Where `file` is given, has the file system write them to
/// the disk too (FlushFileBuffers). There are no flags here.
///
/// # Safety
/// `base` (the first address of a page) and `len` lie in a mapping that lives until this returns.
pub unsafe fn flush(base: *mut u8, len: usize, file: Option<&File>, _flags: i32) -> Result<()> {
    // FlushViewOfFile takes 0 for all bytes to the end.
    if len == 0 {
        return Ok(());
    }
    // SAFETY: by this function's contract; no byte of memory changes.
    if unsafe { FlushViewOfFile(base.cast(), len) } == 0 {
        return last_error("FlushViewOfFile");
    }
    // SAFETY: the handle is open as long as the borrow.
    if let Some(file) = file
        && unsafe { FlushFileBuffers(file.as_raw_handle()) } == 0
    {
        return last_error("FlushFileBuffers");
    }
    Ok(())
}
