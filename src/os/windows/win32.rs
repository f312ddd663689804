//! What every call of the Windows API needs.

use std::ffi::OsString;
use std::io;
use std::os::windows::ffi::OsStrExt;

use crate::os::{Result, SystemError};

/// The error of the call that failed just now (GetLastError).
pub fn last_error<T>(call: &'static str) -> Result<T> {
    Err(SystemError { call, source: io::Error::last_os_error() })
}

/// The error of this number, for what is refused without a call.
pub fn error(number: u32) -> io::Error {
    io::Error::from_raw_os_error(number as i32)
}

/// `text` in UTF-16, with a zero at its end.
pub fn wide(text: &str) -> Vec<u16> {
    OsString::from(text).encode_wide().chain([0]).collect()
}
