//! Mapped addresses and who unmaps them.

use memmap2::MmapRaw;

use super::{OwnedPages, granularity, whole_pages};

/// A range of mapped addresses. Dropping it unmaps them, unless they are hosted.
pub enum RawMap {
    /// A mapping of length 0, for which the system has no pages.
    Empty,
    /// Mapped by memmap2.
    Memmap(MmapRaw),
    /// Mapped by a call of our own, which memmap2 has no function for.
    Owned(OwnedPages),
    /// Mapped over pages of somebody else's, who unmaps them.
    Hosted(Hosted),
}

impl RawMap {
    /// The first address, a multiple of the allocation granularity.
    pub fn base(&self) -> *mut u8 {
        match self {
            // No byte is ever reached through it, but it is aligned as any other.
            Self::Empty => std::ptr::without_provenance_mut(granularity()),
            Self::Memmap(map) => map.as_mut_ptr(),
            Self::Owned(pages) => pages.base(),
            Self::Hosted(pages) => pages.start,
        }
    }
}

/// Whole pages that are mapped already, and over which something else may be mapped in one step.
#[cfg_attr(windows, expect(dead_code, reason = "Windows maps nothing over pages that are mapped"))]
pub struct Hosted {
    pub(super) start: *mut u8,
    pub(super) len: usize,
    /// How far `start` lies behind the first address of the mapping that the pages are, or become, a part of.
    pub(super) from: usize,
}

impl Hosted {
    /// The pages that hold `[base + from, base + from + len)`, where `base` is the first address of a mapping.
    ///
    /// # Safety
    /// `base + from` begins a page. The pages stay mapped while this lives, and whoever uses them meanwhile allows for
    /// other bytes there, and for another protection.
    pub unsafe fn new(base: *mut u8, from: usize, len: usize) -> Self {
        Self { start: base.wrapping_add(from), len: whole_pages(len), from }
    }
}
