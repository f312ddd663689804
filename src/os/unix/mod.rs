//! Linux, macOS, the BSDs and Android, through memmap2, rustix and, for advice by number, libc.

mod advice;
mod file;
mod named;

use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::ptr;
use std::sync::LazyLock;

use memmap2::{MmapOptions, MmapRaw};
use rustix::io::Errno;
use rustix::mm::{MapFlags, MsyncFlags, ProtFlags};

use super::{Hosted, InCall, Mappings, RawMap, Result};
use crate::request::{Access, Plan, Raw};

pub use advice::{advice_number, advise, makes_holes};
pub use file::{
    Identity, borrow_fd, file_size, identity, mappable, open, read_at, remove, reserve, set_size, source,
};
#[cfg_attr(test, allow(unused_imports, reason = "a test binary is built without `node`"))]
pub use named::{check_memory_name, map_named_file, map_section, open_named, section_exists, unlink_named};

pub const EXTENDS: bool = false;
pub const PROT_READ: i32 = libc::PROT_READ;
pub const PROT_WRITE: i32 = libc::PROT_WRITE;
pub const DEFAULT_RAW: Raw = Raw { prot: libc::PROT_READ | libc::PROT_WRITE, flags: libc::MAP_SHARED };

/// Flags that replace a stranger's memory, or make pages whose first touch may kill the process.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub const REFUSED_FLAGS: &[(&str, i32)] = &[
    ("MAP_FIXED", libc::MAP_FIXED),
    ("MAP_FIXED_NOREPLACE", libc::MAP_FIXED_NOREPLACE),
    ("MAP_GROWSDOWN", libc::MAP_GROWSDOWN),
    ("MAP_HUGETLB", libc::MAP_HUGETLB),
];
#[cfg(target_os = "freebsd")]
pub const REFUSED_FLAGS: &[(&str, i32)] =
    &[("MAP_FIXED", libc::MAP_FIXED), ("MAP_STACK", libc::MAP_STACK), ("MAP_GUARD", libc::MAP_GUARD)];
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
pub const REFUSED_FLAGS: &[(&str, i32)] = &[("MAP_FIXED", libc::MAP_FIXED)];

pub fn page_size() -> usize {
    rustix::param::page_size()
}

pub fn granularity() -> usize {
    page_size()
}

/// `length` rounded up to whole pages.
pub fn whole_pages(length: usize) -> usize {
    length.next_multiple_of(page_size())
}

/// Addresses that rustix mapped.
pub struct View {
    base: *mut u8,
    len: usize,
}

impl View {
    pub fn base(&self) -> *mut u8 {
        self.base
    }
}

impl Drop for View {
    fn drop(&mut self) {
        // SAFETY: `base` and `len` are what mmap or mremap gave to this very View, which nobody else unmaps.
        let _ = unsafe { rustix::mm::munmap(self.base.cast(), self.len) };
    }
}

/// Maps `plan` of `file`; `regular` tells whether the file is one whose length can change only by truncation.
pub fn map_file(file: &File, plan: &Plan, regular: bool) -> Result<RawMap> {
    let len = plan.slack + plan.length;
    if len == 0 {
        return Err(io::Error::from(Errno::INVAL)).in_call("mmap");
    }
    let (prot, flags) = modes(plan, regular);
    if plan.raw.is_some() || reads_zeros_beyond_end(plan) {
        // SAFETY: the address is the kernel's choice (`request` refuses MAP_FIXED and its kin), so nothing of
        // anybody else's is replaced.
        let base = unsafe { rustix::mm::mmap(ptr::null_mut(), len, prot, flags, file, plan.file_offset) };
        return base.in_call("mmap").map(|base| RawMap::Own(View { base: base.cast(), len }));
    }
    let mut options = MmapOptions::new();
    options.offset(plan.file_offset).len(len);
    let raw: io::Result<MmapRaw> = match plan.access {
        Access::Write => options.map_raw(file),
        Access::Read if regular => {
            options.no_reserve_swap();
            // SAFETY: the map becomes an MmapRaw at once, so no slice assumes that the file stays as it is.
            unsafe { options.map_copy_read_only(file) }.map(Into::into)
        }
        Access::Read => options.map_raw_read_only(file),
        // SAFETY: as above.
        Access::Copy => unsafe { options.map_copy(file) }.map(Into::into),
    };
    raw.in_call("mmap").map(RawMap::Memmap)
}

/// Whether a load beyond the end of the file is answered with zeros, and no signal.
pub fn reads_zeros_beyond_end(plan: &Plan) -> bool {
    cfg!(target_vendor = "apple") && plan.access == Access::Read
}

/// What mmap is told. A read-only mapping of a file that is `regular` is private: a stray store can then be answered
/// with private pages, and the file never changes.
fn modes(plan: &Plan, regular: bool) -> (ProtFlags, MapFlags) {
    const KINDS: i32 = 0xf;
    let (prot, flags) = match (plan.raw, plan.access) {
        (Some(raw), _) => {
            (ProtFlags::from_bits_retain(raw.prot as _), MapFlags::from_bits_retain(raw.flags as _))
        }
        (None, Access::Read) => (ProtFlags::READ, MapFlags::SHARED),
        (None, Access::Write) => (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED),
        (None, Access::Copy) => (ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE),
    };
    if plan.access != Access::Read || !regular || flags.bits() as i32 & KINDS == libc::MAP_PRIVATE {
        return (prot, flags);
    }
    // MAP_RESILIENT_CODESIGN and MAP_RESILIENT_MEDIA (sys/mman.h of macOS), for readable mappings alone: zeros where
    // the bytes are not to be had, and no signal.
    let resilient = if reads_zeros_beyond_end(plan) { 0x2000 | 0x4000 } else { 0 };
    let private = flags.difference(MapFlags::from_bits_retain(KINDS as _)) | MapFlags::PRIVATE | NORESERVE;
    (prot, private | MapFlags::from_bits_retain(resilient))
}

/// Whether pages that are made writable, or written to, are the mapping's own.
pub fn is_private_mapping(plan: &Plan, regular: bool) -> bool {
    modes(plan, regular).1.bits() as i32 & 0xf == libc::MAP_PRIVATE
}

/// Maps zeros that belong to no file: shared, as Python does, unless the access is `Copy`.
pub fn map_anonymous(plan: &Plan) -> Result<RawMap> {
    let len = plan.length;
    if plan.access == Access::Copy && plan.raw.is_none() {
        return MmapOptions::new().len(len).map_anon().in_call("mmap").map(|map| RawMap::Memmap(map.into()));
    }
    let (prot, flags) = match (plan.raw, plan.access) {
        (Some(raw), _) => {
            let anonymous = raw.flags | libc::MAP_ANON;
            (ProtFlags::from_bits_retain(raw.prot as _), MapFlags::from_bits_retain(anonymous as _))
        }
        (None, Access::Read) => (ProtFlags::READ, MapFlags::SHARED),
        (None, _) => (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED),
    };
    // SAFETY: the address is the kernel's choice, so nothing of anybody else's is replaced.
    let base = unsafe { rustix::mm::mmap_anonymous(ptr::null_mut(), len, prot, flags) };
    base.in_call("mmap").map(|base| RawMap::Own(View { base: base.cast(), len }))
}

/// Whether pages written to stay this mapping's own.
pub fn is_private(raw: Raw) -> bool {
    raw.flags & (libc::MAP_SHARED | libc::MAP_PRIVATE) == libc::MAP_PRIVATE
}

/// A mapping can be made at the addresses of another, in its place.
pub const CAN_MAP_OVER: bool = true;
/// A file may be made shorter while it is mapped.
pub const CAN_TRUNCATE_MAPPED: bool = true;
/// Named memory is a file in memory.
pub const NAMED_IS_FILE: bool = true;

/// Resizes `held` in place, possibly at another address. `None`: this system cannot.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn remap(held: &mut RawMap, len: usize) -> Option<Result<()>> {
    Some(match held {
        RawMap::Empty | RawMap::Hosted(_) => return None,
        #[cfg(target_os = "linux")]
        RawMap::Memmap(map) => {
            let options = memmap2::RemapOptions::new().may_move(true);
            // SAFETY: the caller holds the only reference to these addresses (`Region::resize_in_place`), so no
            // pointer into them outlives the move.
            unsafe { map.remap(len, options) }.in_call("mremap")
        }
        #[cfg(target_os = "android")]
        RawMap::Memmap(_) => return None,
        RawMap::Own(view) => {
            let flags = rustix::mm::MremapFlags::MAYMOVE;
            // SAFETY: as above.
            let moved = unsafe { rustix::mm::mremap(view.base.cast(), view.len, len, flags) };
            moved.in_call("mremap").map(|base| (view.base, view.len) = (base.cast(), len))
        }
    })
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub fn remap(_held: &mut RawMap, _len: usize) -> Option<Result<()>> {
    None
}

/// Puts private zero pages over the whole range in one step. The file is let go; a pointer into the range that
/// somebody kept reads zeros. `false`: this system cannot.
///
/// # Safety
/// `base` and `len` are a whole mapping of the caller's own, which stays mapped until its `RawMap` is dropped.
pub unsafe fn revoke(base: *mut u8, len: usize) -> bool {
    let flags = MapFlags::PRIVATE | MapFlags::FIXED | NORESERVE;
    // Read-only where the system does not promise so much memory (vm.overcommit_memory 2).
    [ProtFlags::READ | ProtFlags::WRITE, ProtFlags::READ].into_iter().any(|prot| {
        // SAFETY: by this function's contract the range replaced is the caller's own.
        unsafe { rustix::mm::mmap_anonymous(base.cast(), whole_pages(len), prot, flags) }.is_ok()
    })
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
pub const NORESERVE: MapFlags = MapFlags::NORESERVE;
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
pub const NORESERVE: MapFlags = MapFlags::empty();

/// Maps the plan's file over pages that are there, in their place. Without a file: what was stored into private pages of
/// one is dropped, and memory of no file becomes zeros.
pub fn map_over(pages: &Hosted, file: Option<&File>, plan: &Plan, regular: bool) -> Result<()> {
    let (prot, flags) = modes(plan, regular);
    let flags = flags | MapFlags::FIXED;
    let (at, len) = (pages.base.cast(), pages.len);
    if let Some(file) = file {
        let offset = plan.file_offset + pages.from as u64;
        // SAFETY: by the contract of `Hosted::new` the pages may be replaced.
        return unsafe { rustix::mm::mmap(at, len, prot, flags, file, offset) }.map(drop).in_call("mmap");
    }
    if !regular {
        // SAFETY: as above.
        return unsafe { rustix::mm::mmap_anonymous(at, len, prot, flags) }.map(drop).in_call("mmap");
    }
    let protection = rustix::mm::MprotectFlags::from_bits_retain(prot.bits());
    // SAFETY: as above.
    unsafe { rustix::mm::mprotect(at, len, protection) }.in_call("mprotect")?;
    // SAFETY: as above; the caller wants what was stored gone.
    unsafe { drop_private(at, len) }.in_call("madvise")
}

/// Forgets private pages; what became zeros stays zeros.
///
/// # Safety
/// Whole pages of the caller's own, whose bytes may go.
#[cfg(any(target_os = "linux", target_os = "android"))]
unsafe fn drop_private(at: *mut c_void, len: usize) -> std::result::Result<(), Errno> {
    // SAFETY: by this function's contract.
    unsafe { rustix::mm::madvise(at, len, rustix::mm::Advice::LinuxDontNeed) }
}

/// The others' MADV_DONTNEED keeps them.
///
/// # Safety
/// None here.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
unsafe fn drop_private(_at: *mut c_void, _len: usize) -> std::result::Result<(), Errno> {
    Err(Errno::NOSYS)
}

/// Brings a page into memory, without a fault if it is not to be had (Linux 5.14; older ones just refuse).
///
/// # Safety
/// `page` is a page of a mapping that lives until this returns.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub unsafe fn populate(page: *mut u8) -> bool {
    // SAFETY: by this function's contract.
    unsafe { rustix::mm::madvise(page.cast(), 1, rustix::mm::Advice::LinuxPopulateRead) }.is_ok()
}

/// The others have no such call: nobody knows.
///
/// # Safety
/// None here.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub unsafe fn populate(_page: *mut u8) -> bool {
    false
}

/// Nothing is so fragile here: faults are survived.
pub fn is_removable(_file: &File) -> bool {
    false
}

/// Copies bytes.
///
/// # Safety
/// Both ranges are valid for `len` bytes; they may overlap.
pub unsafe fn try_copy(from: *const u8, to: *mut u8, len: usize) -> bool {
    // SAFETY: by this function's contract.
    unsafe { ptr::copy(from, to, len) };
    true
}

/// Writes changed pages back. `flags` are msync's; 0 means MS_SYNC.
///
/// # Safety
/// `base` (a page's first address) and `len` lie in a mapping that lives until this returns.
pub unsafe fn flush(base: *mut u8, len: usize, file: Option<&File>, flags: i32) -> Result<()> {
    let flags = if flags == 0 { libc::MS_SYNC } else { flags };
    let msync = MsyncFlags::from_bits_retain(flags as _);
    // SAFETY: by this function's contract; msync changes no byte of memory.
    unsafe { rustix::mm::msync(base.cast(), len, msync) }.in_call("msync")?;
    match file {
        Some(file) if flags & libc::MS_ASYNC == 0 => sync_to_disk(file),
        _ => Ok(()),
    }
}

/// macOS: msync leaves the bytes in the disk's own cache; F_FULLFSYNC (as libuv's fsync) does not.
#[cfg(target_vendor = "apple")]
fn sync_to_disk(file: &File) -> Result<()> {
    rustix::fs::fcntl_fullfsync(file).or_else(|_| rustix::fs::fsync(file)).in_call("fsync")
}

/// Elsewhere msync with MS_SYNC is enough (msync(2)).
#[cfg(not(target_vendor = "apple"))]
fn sync_to_disk(_file: &File) -> Result<()> {
    Ok(())
}

/// Names anonymous memory in /proc/PID/maps (PR_SET_VMA_ANON_NAME, Linux 5.17).
///
/// # Safety
/// `base` and `len` are a mapping that lives until this returns.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub unsafe fn set_name(base: *mut u8, len: usize, name: &str) -> Result<()> {
    let name = std::ffi::CString::new(name).map_err(|_| Errno::INVAL).in_call("prctl")?;
    // SAFETY: by this function's contract; the kernel reads no byte of it.
    let region = unsafe { std::slice::from_raw_parts(base, whole_pages(len)) };
    rustix::process::set_virtual_memory_region_name(region, Some(&name)).in_call("prctl")
}

/// # Safety
/// None here; it is the other systems' signature.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub unsafe fn set_name(_base: *mut u8, _len: usize, _name: &str) -> Result<()> {
    Err(io::Error::from(Errno::NOSYS)).in_call("prctl")
}

/// Counts this process's mappings. `Unknown` also for want of a descriptor to read with.
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
        // What Linux begins with.
        text.trim().parse().unwrap_or(65_530)
    });
    Mappings::Known { count: memchr::memchr_iter(b'\n', &maps).count(), limit: *LIMIT }
}

/// The name and number behind a system error: `None`, since libuv's numbers are the negated errno here.
pub fn error_name(_number: i32, _call: &str) -> Option<&'static str> {
    None
}

/// Whether a failure means that somebody else's use of the mapping forbids it: never on Unix.
pub fn is_busy(_error: &io::Error) -> bool {
    false
}
