//! Errors as data: the TypeScript side makes the JavaScript error of the right class.

use napi_derive::napi;

use crate::fault::Reason;
use crate::map_limit::LimitReached;
use crate::mapping::Error;
use crate::os;

/// Why a call failed.
#[napi(object, object_from_js = false)]
pub struct Failure {
    /// The code of the JavaScript error; empty for an error of the system.
    pub code: String,
    pub message: String,
    /// The system's own number of its error: errno, or GetLastError's.
    pub number: Option<i32>,
    /// The errno name of that number, where libuv's table is not keyed by it (Windows).
    pub name: Option<String>,
    pub syscall: Option<String>,
    /// Of a fault: `truncated`, `io` or `no-space`, and where in the file.
    pub reason: Option<String>,
    pub offset: Option<f64>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let coded = |code: &str, message| Self {
            code: code.into(),
            message,
            number: None,
            name: None,
            syscall: None,
            reason: None,
            offset: None,
        };
        match error {
            Error::Refused(refusal) => coded(refusal.code(), refusal.to_string()),
            Error::Coded(code, message) => coded(code, message),
            Error::Fault { reason, offset } => {
                let (word, text) = match reason {
                    Reason::Truncated => ("truncated", "the file was made shorter and ends before it"),
                    Reason::Io => ("io", "it could not be read"),
                    Reason::NoSpace => {
                        ("no-space", "there was no room on the disk for what was stored there")
                    }
                };
                let text = format!("Byte {offset} of the file is not to be had: {text}");
                Self {
                    reason: Some(word.into()),
                    offset: Some(offset as f64),
                    ..coded("ERR_MMAP_FAULT", text)
                }
            }
            Error::MapLimit(LimitReached { count, limit }) => Self {
                name: Some("ENOMEM".into()),
                syscall: Some("mmap".into()),
                ..coded(
                    "",
                    format!("this process has {count} mappings, and {limit} are what leaves its host room"),
                )
            },
            Error::System(failed) => {
                let number = failed.source.raw_os_error();
                Self {
                    number,
                    name: number
                        .map_or(Some("EINVAL"), |number| os::error_name(number, failed.call))
                        .map(Into::into),
                    syscall: Some(failed.call.into()),
                    ..coded("", failed.source.to_string())
                }
            }
        }
    }
}

/// `null` when it went well.
pub fn outcome(result: crate::mapping::Result<()>) -> Option<Failure> {
    result.err().map(Failure::from)
}
