//! The constants that this Unix defines, their values as its headers have them (through the crate `libc`).

macro_rules! listed {
    ($($name:ident),* $(,)?) => { &[$((stringify!($name), libc::$name as i64)),*] };
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

#[cfg(any(target_os = "linux", target_os = "android"))]
const SYSTEM: &[(&str, i64)] = listed![
    MAP_ANONYMOUS,
    MAP_DENYWRITE,
    MAP_EXECUTABLE,
    MAP_FIXED_NOREPLACE,
    MAP_GROWSDOWN,
    MAP_HUGETLB,
    MAP_LOCKED,
    MAP_NONBLOCK,
    MAP_NORESERVE,
    MAP_POPULATE,
    MAP_STACK,
    MAP_SHARED_VALIDATE,
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

/// Each PROT_, MAP_, MADV_ and MS_ of this system: the common ones, then its own.
pub const CONSTANTS: [&[(&str, i64)]; 3] = [COMMON, SYSTEM, MACHINE];

// MAP_32BIT exists where addresses can be told to stay short.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
const MACHINE: &[(&str, i64)] = listed![MAP_32BIT];
#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
const MACHINE: &[(&str, i64)] = &[];

/// The portable names of advice. A name that a system lacks is not heard there.
pub const ADVICE: &[(&str, &str)] = &[
    ("normal", "MADV_NORMAL"),
    ("random", "MADV_RANDOM"),
    ("sequential", "MADV_SEQUENTIAL"),
    ("willneed", "MADV_WILLNEED"),
    ("dontneed", "MADV_DONTNEED"),
    ("free", "MADV_FREE"),
    ("remove", "MADV_REMOVE"),
    ("dontfork", "MADV_DONTFORK"),
    ("dofork", "MADV_DOFORK"),
    ("mergeable", "MADV_MERGEABLE"),
    ("unmergeable", "MADV_UNMERGEABLE"),
    ("hugepage", "MADV_HUGEPAGE"),
    ("nohugepage", "MADV_NOHUGEPAGE"),
    ("dontdump", "MADV_DONTDUMP"),
    ("dodump", "MADV_DODUMP"),
    ("cold", "MADV_COLD"),
    ("pageout", "MADV_PAGEOUT"),
];
