//! What a system error means.

use std::io;

use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_ALREADY_EXISTS, ERROR_BAD_PATHNAME, ERROR_BAD_UNIT,
    ERROR_CALL_NOT_IMPLEMENTED, ERROR_COMMITMENT_LIMIT, ERROR_DIRECTORY, ERROR_DISK_FULL, ERROR_FILE_EXISTS,
    ERROR_FILE_NOT_FOUND, ERROR_FILE_TOO_LARGE, ERROR_FILENAME_EXCED_RANGE, ERROR_HANDLE_DISK_FULL,
    ERROR_INVALID_ADDRESS, ERROR_INVALID_FUNCTION, ERROR_INVALID_HANDLE, ERROR_INVALID_NAME, ERROR_IO_DEVICE,
    ERROR_LOCK_VIOLATION, ERROR_NO_SYSTEM_RESOURCES, ERROR_NOACCESS, ERROR_NOT_ENOUGH_MEMORY,
    ERROR_NOT_SUPPORTED, ERROR_OUTOFMEMORY, ERROR_PATH_NOT_FOUND, ERROR_PRIVILEGE_NOT_HELD,
    ERROR_SHARING_VIOLATION, ERROR_TOO_MANY_OPEN_FILES, ERROR_USER_MAPPED_FILE, ERROR_WRITE_PROTECT,
};

/// The errno name that libuv gives to a Windows error, for the errors that the calls of this crate can meet. When a
/// descriptor was not opened for what a mapping wants to do, the name is EACCES, as on the other systems; to other
/// calls ERROR_ACCESS_DENIED is libuv's EPERM.
pub fn error_name(number: i32, call: &str) -> Option<&'static str> {
    let maps = matches!(call, "CreateFileMapping" | "MapViewOfFile");
    Some(match number as u32 {
        ERROR_ACCESS_DENIED if maps => "EACCES",
        ERROR_ACCESS_DENIED | ERROR_PRIVILEGE_NOT_HELD => "EPERM",
        ERROR_FILE_NOT_FOUND | ERROR_PATH_NOT_FOUND | ERROR_INVALID_NAME | ERROR_BAD_PATHNAME => "ENOENT",
        ERROR_TOO_MANY_OPEN_FILES => "EMFILE",
        ERROR_INVALID_HANDLE => "EBADF",
        ERROR_NOT_ENOUGH_MEMORY | ERROR_OUTOFMEMORY | ERROR_NO_SYSTEM_RESOURCES | ERROR_COMMITMENT_LIMIT => {
            "ENOMEM"
        }
        ERROR_SHARING_VIOLATION | ERROR_LOCK_VIOLATION => "EBUSY",
        ERROR_HANDLE_DISK_FULL | ERROR_DISK_FULL => "ENOSPC",
        ERROR_FILE_TOO_LARGE => "EFBIG",
        ERROR_NOT_SUPPORTED => "ENOTSUP",
        ERROR_CALL_NOT_IMPLEMENTED => "ENOSYS",
        ERROR_FILE_EXISTS | ERROR_ALREADY_EXISTS => "EEXIST",
        ERROR_INVALID_FUNCTION | ERROR_BAD_UNIT => "ENODEV",
        ERROR_DIRECTORY => "EISDIR",
        ERROR_FILENAME_EXCED_RANGE => "ENAMETOOLONG",
        ERROR_INVALID_ADDRESS | ERROR_NOACCESS => "EFAULT",
        ERROR_WRITE_PROTECT => "EROFS",
        ERROR_IO_DEVICE => "EIO",
        _ => "EINVAL",
    })
}

/// Whether a call failed because others use the file or the section.
pub fn is_busy(error: &io::Error) -> bool {
    let number = error.raw_os_error().unwrap_or(0) as u32;
    number == ERROR_USER_MAPPED_FILE || number == ERROR_ALREADY_EXISTS
}
