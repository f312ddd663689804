//! Sizes and counts that the system sets.

use std::sync::LazyLock;

use crate::os::Mappings;

/// Bytes of a page.
pub fn page_size() -> usize {
    rustix::param::page_size()
}

/// The file offset of a mapping is a multiple of this: on Unix, a page.
pub fn granularity() -> usize {
    page_size()
}

/// `length` rounded up to whole pages.
pub fn whole_pages(length: usize) -> usize {
    length.next_multiple_of(page_size())
}

/// Counts this process's mappings. The answer is `Unknown` also when there is no descriptor left to read the list
/// with.
pub fn mappings() -> Mappings {
    let Ok(maps) = std::fs::read("/proc/self/maps") else {
        // Only Linux has both the list and the limit.
        return if cfg!(any(target_os = "linux", target_os = "android")) {
            Mappings::Unknown
        } else {
            Mappings::Unlimited
        };
    };
    static LIMIT: LazyLock<usize> = LazyLock::new(|| {
        let text = std::fs::read_to_string("/proc/sys/vm/max_map_count").unwrap_or_default();
        // 65,530 is the kernel's default.
        text.trim().parse().unwrap_or(65_530)
    });
    Mappings::Known { count: memchr::memchr_iter(b'\n', &maps).count(), limit: *LIMIT }
}
