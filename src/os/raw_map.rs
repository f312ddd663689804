//! Mapped addresses and who unmaps them.

use memmap2::MmapRaw;

use super::{OwnedPages, granularity};

/// A range of mapped addresses. Dropping it unmaps them.
pub enum RawMap {
    /// A mapping of length 0, for which the system has no pages.
    Empty,
    /// Mapped by memmap2.
    Memmap(MmapRaw),
    /// Mapped by a call of our own, which memmap2 has no function for.
    Owned(OwnedPages),
}

impl RawMap {
    /// The first address, a multiple of the allocation granularity.
    pub fn base(&self) -> *mut u8 {
        match self {
            // No byte is ever reached through it, but it is aligned as any other.
            Self::Empty => std::ptr::without_provenance_mut(granularity()),
            Self::Memmap(map) => map.as_mut_ptr(),
            Self::Owned(pages) => pages.base(),
        }
    }
}
