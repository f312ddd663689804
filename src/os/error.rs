//! A system call that failed: its name beside its error, as Node's errors have `syscall` beside `code`.

use std::io;

#[derive(Debug)]
pub struct SystemError {
    /// The name of the call, which becomes `syscall` of the JavaScript error.
    pub call: &'static str,
    pub source: io::Error,
}

pub type Result<T> = std::result::Result<T, SystemError>;

/// Adds the name of the call to an error that has none.
pub trait InCall<T> {
    fn in_call(self, call: &'static str) -> Result<T>;
}

impl<T, E: Into<io::Error>> InCall<T> for std::result::Result<T, E> {
    fn in_call(self, call: &'static str) -> Result<T> {
        self.map_err(|source| SystemError { call, source: source.into() })
    }
}
