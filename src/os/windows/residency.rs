//! Which pages are in memory, and which are mapped at all.

/// Whether anything is mapped at a page. It is asked of hosted pages alone, which are not to be had here.
pub fn is_mapped(_page: *mut u8) -> bool {
    true
}

/// Brings a page into memory. Nobody needs it here: it finds out whether the file still has the page, and a mapped
/// file cannot be made shorter. So the answer is always `false`: not known to be there.
///
/// # Safety
/// This does nothing; the signature is that of the Unix function.
pub unsafe fn populate(_page: *mut u8) -> bool {
    false
}

/// How much of a range is brought into memory by one call, which nothing can end early.
pub const POPULATED_AT_ONCE: usize = 4 << 20;

/// There is no call that brings pages into memory and waits for them, so each has to be touched.
///
/// # Safety
/// This does nothing; the signature is that of the Unix function.
pub unsafe fn populate_range(_from: *mut u8, _len: usize, _writable: bool) -> bool {
    false
}
