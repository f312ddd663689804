//! The constants of this system, with the values of its headers (through the crate `libc`).

use crate::request::Raw;

pub const PROT_READ: i32 = libc::PROT_READ;
pub const PROT_WRITE: i32 = libc::PROT_WRITE;
/// What Python maps with when neither `prot`, `flags` nor `access` is given.
pub const DEFAULT_RAW: Raw = Raw { prot: libc::PROT_READ | libc::PROT_WRITE, flags: libc::MAP_SHARED };

#[cfg(target_os = "linux")]
const MAP_FIXED_NOREPLACE: i32 = libc::MAP_FIXED_NOREPLACE;
/// For Android `libc` does not have it (include/uapi/asm-generic/mman-common.h of the kernel).
#[cfg(target_os = "android")]
const MAP_FIXED_NOREPLACE: i32 = 0x10_0000;

/// Flags that a caller may not give: they replace memory that belongs to others, or make pages whose first access may
/// kill the process.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub const REFUSED_FLAGS: &[(&str, i32)] = &[
    ("MAP_FIXED", libc::MAP_FIXED),
    ("MAP_FIXED_NOREPLACE", MAP_FIXED_NOREPLACE),
    ("MAP_GROWSDOWN", libc::MAP_GROWSDOWN),
    ("MAP_HUGETLB", libc::MAP_HUGETLB),
];
#[cfg(target_os = "freebsd")]
pub const REFUSED_FLAGS: &[(&str, i32)] =
    &[("MAP_FIXED", libc::MAP_FIXED), ("MAP_STACK", libc::MAP_STACK), ("MAP_GUARD", libc::MAP_GUARD)];
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
pub const REFUSED_FLAGS: &[(&str, i32)] = &[("MAP_FIXED", libc::MAP_FIXED)];

/// Each name beside its value, taken from `libc` by that name.
macro_rules! listed {
    ($($(#[$attribute:meta])* $name:ident),* $(,)?) => {
        &[$($(#[$attribute])* (stringify!($name), libc::$name as i64)),*]
    };
}

const COMMON: &[(&str, i64)] = listed![
    PROT_NONE,
    PROT_READ,
    PROT_WRITE,
    PROT_EXEC,
    MAP_SHARED,
    MAP_PRIVATE,
    MAP_FIXED,
    MAP_ANON,
    MADV_NORMAL,
    MADV_RANDOM,
    MADV_SEQUENTIAL,
    MADV_WILLNEED,
    MADV_DONTNEED,
    MS_SYNC,
    MS_ASYNC,
    MS_INVALIDATE,
];

// For Android `libc` lacks three of them.
#[cfg(any(target_os = "linux", target_os = "android"))]
const SYSTEM: &[(&str, i64)] = listed![
    MAP_ANONYMOUS,
    MAP_DENYWRITE,
    MAP_EXECUTABLE,
    #[cfg(target_os = "linux")]
    MAP_FIXED_NOREPLACE,
    MAP_GROWSDOWN,
    MAP_HUGETLB,
    MAP_LOCKED,
    MAP_NONBLOCK,
    MAP_NORESERVE,
    MAP_POPULATE,
    MAP_STACK,
    #[cfg(target_os = "linux")]
    MAP_SHARED_VALIDATE,
    #[cfg(target_os = "linux")]
    MAP_SYNC,
    MADV_FREE,
    MADV_REMOVE,
    MADV_DONTFORK,
    MADV_DOFORK,
    MADV_MERGEABLE,
    MADV_UNMERGEABLE,
    MADV_HUGEPAGE,
    MADV_NOHUGEPAGE,
    MADV_DONTDUMP,
    MADV_DODUMP,
    MADV_WIPEONFORK,
    MADV_KEEPONFORK,
    MADV_COLD,
    MADV_PAGEOUT,
    MADV_POPULATE_READ,
    MADV_POPULATE_WRITE,
    MADV_HWPOISON,
    MADV_SOFT_OFFLINE,
];

#[cfg(target_vendor = "apple")]
const SYSTEM: &[(&str, i64)] = listed![
    MAP_ANONYMOUS,
    MAP_HASSEMAPHORE,
    MAP_JIT,
    MAP_NOCACHE,
    MAP_NOEXTEND,
    MAP_NORESERVE,
    MAP_RENAME,
    MADV_FREE,
    MADV_FREE_REUSABLE,
    MADV_FREE_REUSE,
    MADV_ZERO_WIRED_PAGES,
    MADV_CAN_REUSE,
];

#[cfg(target_os = "freebsd")]
const SYSTEM: &[(&str, i64)] = listed![
    MAP_ANONYMOUS,
    MAP_STACK,
    MAP_NOSYNC,
    MAP_NOCORE,
    MAP_EXCL,
    MAP_GUARD,
    MAP_ALIGNED_SUPER,
    MADV_FREE,
    MADV_NOSYNC,
    MADV_AUTOSYNC,
    MADV_NOCORE,
    MADV_CORE,
    MADV_PROTECT,
];

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple", target_os = "freebsd")))]
const SYSTEM: &[(&str, i64)] = &[];

// MAP_32BIT exists on x86-64 alone (mmap(2)).
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
const PROCESSOR: &[(&str, i64)] = listed![MAP_32BIT];
#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
const PROCESSOR: &[(&str, i64)] = &[];

/// Each PROT_, MAP_, MADV_ and MS_ constant of this system, by name: those that every Unix has, those of this system,
/// and those of this processor.
pub const CONSTANTS: [&[(&str, i64)]; 3] = [COMMON, SYSTEM, PROCESSOR];
