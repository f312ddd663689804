//! Why a call failed.

use std::io;

use crate::fault::Reason;
use crate::map_limit::LimitReached;
use crate::os::{self, SystemError};
use crate::request::Refusal;

/// Why a call failed. The texts are what the JavaScript caller reads.
#[derive(Debug)]
pub enum Error {
    Refused(Refusal),
    System(SystemError),
    /// There are so many mappings that the system would soon refuse the next one to everybody in the process.
    MapLimit(LimitReached),
    /// Bytes that the file no longer has, or that could not be read: where in the file.
    Fault {
        reason: Reason,
        offset: u64,
    },
    Closed,
    ReadOnly(&'static str),
    /// There was a store through a view of a read-only mapping. What was stored is discarded.
    StrayStore,
    /// The call of this name needs the file's descriptor, which was not kept.
    NoDescriptor(&'static str),
    /// Somebody else's use of the mapping forbids it now.
    Busy(String),
    NoViews(String),
    OutOfRange(String),
    InvalidArgument(String),
    /// There is no memory for what the text names.
    NoMemory(String),
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub fn range_beyond_mapping() -> Self {
        Self::OutOfRange("The range is not within the mapping".into())
    }

    pub fn replaced_meanwhile() -> Self {
        Self::Busy("The mapping was resized or mapped again while a job was at work on it".into())
    }

    pub(super) fn read_only() -> Self {
        Self::ReadOnly("The mapping is read-only")
    }

    /// EINVAL from a call that was not made, since its answer is known.
    pub(super) fn invalid(call: &'static str, text: &'static str) -> Self {
        Self::System(SystemError { call, source: io::Error::new(io::ErrorKind::InvalidInput, text) })
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<LimitReached> for Error {
    fn from(limit: LimitReached) -> Self {
        Self::MapLimit(limit)
    }
}

impl From<SystemError> for Error {
    fn from(failed: SystemError) -> Self {
        if os::is_busy(&failed.source) {
            return Self::Busy(format!(
                "The system refuses it while others use the mapping: {}",
                failed.source
            ));
        }
        Self::System(failed)
    }
}
