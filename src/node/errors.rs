//! Errors as data: the TypeScript side makes the JavaScript error of the right class.

use napi::bindgen_prelude::Either;
use napi_derive::napi;

use crate::fault::Reason;
use crate::map_limit::LimitReached;
use crate::mapping::{self, Error};
use crate::os;
use crate::request::Refusal;
use crate::search::pattern::PatternError;

/// The kind of an error.
#[napi]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ErrorCode {
    /// The system's: `number`, `name` and `syscall` say which.
    System,
    Closed,
    ReadOnly,
    EmptyFile,
    Offset,
    NoDescriptor,
    NoViews,
    Busy,
    /// Bytes that are not the file's: `reason` and `offset` say why and where.
    Fault,
    /// A pattern that cannot run: `offset` says where in its source.
    Pattern,
    OutOfRange,
    InvalidValue,
}

/// Why bytes are not to be had.
#[napi]
pub enum FaultKind {
    Truncated,
    Io,
    NoSpace,
}

/// Why a call failed.
#[napi(object, object_from_js = false)]
pub struct Failure {
    pub code: ErrorCode,
    pub message: String,
    /// The system's own number of its error: errno, or what GetLastError answers.
    pub number: Option<i32>,
    /// The errno name, where the number does not tell it to libuv's table: on Windows, and for errors of our own.
    pub name: Option<String>,
    pub syscall: Option<String>,
    pub reason: Option<FaultKind>,
    /// Of a fault: bytes from the start of the file. Of a pattern: UTF-16 units.
    pub offset: Option<f64>,
}

impl Failure {
    fn new(code: ErrorCode, message: String) -> Self {
        Self { code, message, number: None, name: None, syscall: None, reason: None, offset: None }
    }

    /// An error of ours that the system would have answered with, by its name.
    fn of_system(name: &str, syscall: &str, message: String) -> Self {
        let (name, syscall) = (Some(name.into()), Some(syscall.into()));
        Self { name, syscall, ..Self::new(ErrorCode::System, message) }
    }

    fn of_fault(reason: Reason, offset: u64) -> Self {
        let (kind, text) = match reason {
            Reason::Truncated => (FaultKind::Truncated, "the file was made shorter and ends before it"),
            Reason::Io => (FaultKind::Io, "it could not be read"),
            Reason::NoSpace => {
                (FaultKind::NoSpace, "there was no room on the disk for what was stored there")
            }
        };
        let text = format!("Byte {offset} of the file is not to be had: {text}");
        let offset = Some(offset as f64);
        Self { reason: Some(kind), offset, ..Self::new(ErrorCode::Fault, text) }
    }
}

fn refusal_code(refusal: &Refusal) -> ErrorCode {
    match refusal {
        Refusal::AccessWithRaw | Refusal::Flag { .. } | Refusal::Unreadable { .. } => ErrorCode::InvalidValue,
        Refusal::EmptyFile => ErrorCode::EmptyFile,
        Refusal::OffsetPastEnd { .. } | Refusal::Misaligned { .. } => ErrorCode::Offset,
        Refusal::LengthPastEnd { .. } | Refusal::NoLength | Refusal::TooLong { .. } => ErrorCode::OutOfRange,
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refusal) => Self::new(refusal_code(&refusal), refusal.to_string()),
            Error::Fault { reason, offset } => Self::of_fault(reason, offset),
            Error::Closed => Self::new(ErrorCode::Closed, "The mapping is closed".into()),
            Error::ReadOnly(text) => Self::new(ErrorCode::ReadOnly, text.into()),
            Error::StrayStore => Self::new(
                ErrorCode::ReadOnly,
                "A store through a view of the read-only mapping went nowhere: the file is as it was".into(),
            ),
            Error::NoDescriptor(call) => Self::new(
                ErrorCode::NoDescriptor,
                format!("{call}() needs the descriptor, which trackfd: false did not keep"),
            ),
            Error::Busy(text) => Self::new(ErrorCode::Busy, text),
            Error::NoViews(text) => Self::new(ErrorCode::NoViews, text),
            Error::OutOfRange(text) => Self::new(ErrorCode::OutOfRange, text),
            Error::InvalidArgument(text) => Self::new(ErrorCode::InvalidValue, text),
            Error::NoMemory(text) => Self::of_system("ENOMEM", "malloc", text),
            Error::MapLimit(LimitReached { count, limit }) => Self::of_system(
                "ENOMEM",
                "mmap",
                format!("this process has {count} mappings, and {limit} are what leaves its host room"),
            ),
            Error::System(failed) => {
                let number = failed.source.raw_os_error();
                let name = number.map_or(Some("EINVAL"), |number| os::error_name(number, failed.call));
                Self {
                    number,
                    name: name.map(Into::into),
                    syscall: Some(failed.call.into()),
                    ..Self::new(ErrorCode::System, failed.source.to_string())
                }
            }
        }
    }
}

impl From<PatternError> for Failure {
    fn from(error: PatternError) -> Self {
        let offset = error.position.map(|position| position as f64);
        Self { offset, ..Self::new(ErrorCode::Pattern, error.message) }
    }
}

/// What a call answers.
pub type Answer<T> = Either<T, Failure>;

/// The answer of a call that has a value.
pub fn answer<T>(result: mapping::Result<T>) -> Answer<T> {
    match result {
        Ok(value) => Either::A(value),
        Err(error) => Either::B(error.into()),
    }
}

/// The answer of a call that has none: `null` when it went well.
pub fn outcome(result: mapping::Result<()>) -> Option<Failure> {
    result.err().map(Failure::from)
}

/// A position, or -1.
pub fn position(found: mapping::Result<Option<usize>>) -> Answer<f64> {
    answer(found.map(|found| found.map_or(-1.0, |at| at as f64)))
}
