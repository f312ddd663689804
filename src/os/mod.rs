//! The systems. `unix.rs` and `windows.rs` have the same functions; nothing outside this folder asks which it is.
//! Files and memory are mapped with memmap2 where it can; the rest is the system's own calls.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub use unix::*;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub use windows::*;

#[cfg(unix)]
mod constants;
#[cfg(unix)]
pub use constants::{ADVICE, CONSTANTS};

use std::io;

use memmap2::MmapRaw;

use crate::request::System;

/// A range of addresses with something mapped there.
pub enum RawMap {
    /// A mapping of no bytes.
    Empty,
    /// Made by memmap2; dropping it unmaps it.
    Memmap(MmapRaw),
    /// Made by a call of our own; dropping it unmaps it.
    Own(View),
    /// Mapped over addresses of somebody else's, who gives them back.
    Hosted(Hosted),
}

impl RawMap {
    /// The first address, a multiple of the granularity.
    pub fn base(&self) -> *mut u8 {
        match self {
            Self::Empty => std::ptr::without_provenance_mut(granularity()),
            Self::Memmap(map) => map.as_mut_ptr(),
            Self::Own(view) => view.base(),
            Self::Hosted(pages) => pages.base,
        }
    }
}

/// Whole pages that are mapped already, and over which something else may be mapped in their place.
pub struct Hosted {
    base: *mut u8,
    len: usize,
    /// How far `base` lies behind the first address of the mapping that the pages are, or become, a part of.
    from: usize,
}

impl Hosted {
    /// The pages that hold `[base + from, base + from + len)`. `base` is the first address of a mapping.
    ///
    /// # Safety
    /// `base + from` begins a page. The pages stay mapped while this lives, and whoever else uses them expects that their
    /// bytes, and what may be done to them, change in one step.
    pub unsafe fn new(base: *mut u8, from: usize, len: usize) -> Self {
        Self { base: base.wrapping_add(from), len: whole_pages(len), from }
    }
}

/// How many mappings the process has.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(windows, expect(dead_code, reason = "Windows has no limit, and so no count"))]
pub enum Mappings {
    /// There is no limit of their number.
    Unlimited,
    /// They could not be counted now.
    Unknown,
    Known {
        count: usize,
        limit: usize,
    },
}

/// A number or a name that `madvise` takes.
#[derive(Clone, Debug)]
pub enum Advice {
    Name(String),
    Number(i32),
}

/// What a path must be opened for.
#[derive(Clone, Copy, Debug)]
pub struct OpenMode {
    pub write: bool,
    pub create: bool,
}

/// The failing call's name beside what it answered: `syscall` of the JavaScript error.
#[derive(Debug)]
pub struct SystemError {
    pub call: &'static str,
    pub source: io::Error,
}

pub type Result<T> = std::result::Result<T, SystemError>;

/// Names the call for an `io::Result`.
pub trait InCall<T> {
    fn in_call(self, call: &'static str) -> Result<T>;
}

impl<T, E: Into<io::Error>> InCall<T> for std::result::Result<T, E> {
    fn in_call(self, call: &'static str) -> Result<T> {
        self.map_err(|source| SystemError { call, source: source.into() })
    }
}

/// What the pure checks need to know of this system.
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
