//! Sizes and counts that the system sets.

use std::mem::MaybeUninit;
use std::sync::LazyLock;

use windows_sys::Win32::System::SystemInformation::{GetSystemInfo, SYSTEM_INFO};

use crate::os::Mappings;

/// The size of a page, and the allocation granularity.
static SIZES: LazyLock<(usize, usize)> = LazyLock::new(|| {
    let mut info = MaybeUninit::<SYSTEM_INFO>::uninit();
    // SAFETY: the call fills the whole structure and cannot fail.
    unsafe { GetSystemInfo(info.as_mut_ptr()) };
    // SAFETY: filled by the line above.
    let info = unsafe { info.assume_init() };
    (info.dwPageSize as usize, info.dwAllocationGranularity as usize)
});

/// Bytes of a page.
pub fn page_size() -> usize {
    SIZES.0
}

/// The file offset of a view is a multiple of this, which is more than a page.
pub fn granularity() -> usize {
    SIZES.1
}

/// `length` rounded up to whole pages.
pub fn whole_pages(length: usize) -> usize {
    length.next_multiple_of(page_size())
}

/// Memory alone limits how many views there may be.
pub fn mappings() -> Mappings {
    Mappings::Unlimited
}
