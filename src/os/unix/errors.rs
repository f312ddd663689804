//! What a system error means.

use std::io;

/// The errno name of a system error. `None`: libuv's numbers are the negated errno on Unix, so the number is enough
/// to find the name with.
pub fn error_name(_number: i32, _call: &str) -> Option<&'static str> {
    None
}

/// Whether a call failed because others use the file or the mapping. No call fails for that on Unix.
pub fn is_busy(_error: &io::Error) -> bool {
    false
}
