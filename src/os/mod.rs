//! What differs from system to system: mappings, files, named memory, advice, limits.
//!
//! `unix` and `windows` have the same rooms with the same functions, and nothing outside of this folder and of
//! `fault` asks which of the two it runs on. memmap2 makes the file and anonymous mappings that it can make; the rest
//! goes through rustix on Unix and windows-sys on Windows.

mod advice;
mod error;
mod growth;
mod open_or_make;
mod raw_map;

#[cfg(unix)]
#[cfg_attr(
    test,
    allow(unused_imports, reason = "a test binary is built without `node`, which uses the rest")
)]
mod unix;
#[cfg(unix)]
pub use unix::*;

#[cfg(windows)]
#[cfg_attr(
    test,
    allow(unused_imports, reason = "a test binary is built without `node`, which uses the rest")
)]
mod windows;
#[cfg(windows)]
pub use windows::*;

pub use advice::Advice;
pub use error::{InCall, Result, SystemError};
pub use growth::{grow, take_back};
pub use raw_map::{Hosted, RawMap};

use crate::request::System;

/// How many mappings the process has, and how many it may have.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(windows, expect(dead_code, reason = "Windows has no such limit, so nothing is counted"))]
pub enum Mappings {
    /// The system limits their number by memory alone.
    Unlimited,
    /// There is a limit, but the mappings could not be counted this time.
    Unknown,
    Known {
        count: usize,
        limit: usize,
    },
}

/// What a path is opened for.
#[derive(Clone, Copy, Debug)]
pub struct OpenMode {
    pub write: bool,
    /// Make the file if there is none.
    pub create: bool,
}

/// What the checks of `request` must know of this system.
pub fn system() -> System {
    System {
        granularity: granularity() as u64,
        extends: EXTENDS,
        refused_flags: REFUSED_FLAGS,
        prot_read: PROT_READ,
        prot_write: PROT_WRITE,
        default_raw: DEFAULT_RAW,
    }
}
