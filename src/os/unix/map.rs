//! Mapping, mapping over, revoking, resizing in place.

use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::ptr;
use std::sync::OnceLock;

use memmap2::{MmapOptions, MmapRaw};
use rustix::io::Errno;
use rustix::mm::{MapFlags, MprotectFlags, ProtFlags};

use super::whole_pages;
use crate::os::{Hosted, InCall, RawMap, Result};
use crate::request::{Access, Plan, Raw};

/// Pages that rustix mapped. Dropping them unmaps them.
pub struct OwnedPages {
    base: *mut u8,
    len: usize,
}

impl OwnedPages {
    pub fn base(&self) -> *mut u8 {
        self.base
    }
}

impl Drop for OwnedPages {
    fn drop(&mut self) {
        // SAFETY: `base` and `len` are what mmap or mremap gave to this very value, and nobody else unmaps them.
        let _ = unsafe { rustix::mm::munmap(self.base.cast(), self.len) };
    }
}

/// MAP_NORESERVE, where the system has it: no swap space is set aside for pages that are never written to.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
pub const NORESERVE: MapFlags = MapFlags::NORESERVE;
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
pub const NORESERVE: MapFlags = MapFlags::empty();

/// The bits of `flags` that say whether a mapping is shared or private (MAP_TYPE of sys/mman.h).
const MAP_TYPE: i32 = 0xf;

/// Whether a load beyond the end of the file gives zeros rather than a signal: for readable mappings of macOS, by the
/// flags that `prot_and_flags` adds.
pub fn reads_zeros_beyond_end(plan: &Plan) -> bool {
    cfg!(target_vendor = "apple") && plan.access == Access::Read
}

/// The `prot` and `flags` of a file mapping. A read-only mapping of a `regular` file is private, so that a stray
/// store can be answered with private pages and never changes the file.
fn prot_and_flags(plan: &Plan, regular: bool) -> (ProtFlags, MapFlags) {
    let (prot, flags) = match (plan.raw, plan.access) {
        (Some(raw), _) => {
            (ProtFlags::from_bits_retain(raw.prot as _), MapFlags::from_bits_retain(raw.flags as _))
        }
        (None, Access::Read) => (ProtFlags::READ, MapFlags::SHARED),
        (None, Access::Write) => (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED),
        (None, Access::Copy) => (ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE),
    };
    if plan.access != Access::Read || !regular || flags.bits() as i32 & MAP_TYPE == libc::MAP_PRIVATE {
        return (prot, flags);
    }
    // MAP_RESILIENT_CODESIGN and MAP_RESILIENT_MEDIA of macOS (sys/mman.h), which only readable mappings may have:
    // pages that cannot be had read as zeros, and no signal is sent.
    let resilient = if reads_zeros_beyond_end(plan) { 0x2000 | 0x4000 } else { 0 };
    let private = flags.difference(MapFlags::from_bits_retain(MAP_TYPE as _)) | MapFlags::PRIVATE | NORESERVE;
    (prot, private | MapFlags::from_bits_retain(resilient))
}

/// Whether pages that are written to, or made writable, belong to this mapping alone.
pub fn is_private_mapping(plan: &Plan, regular: bool) -> bool {
    prot_and_flags(plan, regular).1.bits() as i32 & MAP_TYPE == libc::MAP_PRIVATE
}

/// Whether flags that the caller gave make a mapping private.
pub fn has_private_flag(raw: Raw) -> bool {
    raw.flags & (libc::MAP_SHARED | libc::MAP_PRIVATE) == libc::MAP_PRIVATE
}

/// Maps the range of `file` that `plan` names. `regular`: it is a regular file.
pub fn map_file(file: &File, plan: &Plan, regular: bool) -> Result<RawMap> {
    let len = plan.slack + plan.length;
    if len == 0 {
        return Err(io::Error::from(Errno::INVAL)).in_call("mmap");
    }
    let (prot, flags) = prot_and_flags(plan, regular);
    if plan.raw.is_some() || reads_zeros_beyond_end(plan) {
        // SAFETY: the kernel chooses the address, since `request` refuses MAP_FIXED and its kin. So no memory of
        // others is replaced.
        let base = unsafe { rustix::mm::mmap(ptr::null_mut(), len, prot, flags, file, plan.file_offset) };
        return base.in_call("mmap").map(|base| RawMap::Owned(OwnedPages { base: base.cast(), len }));
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

/// Maps zeros that belong to no file. They are shared, as Python's are, unless the access is `Copy`.
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
    // SAFETY: the kernel chooses the address, so no memory of others is replaced.
    let base = unsafe { rustix::mm::mmap_anonymous(ptr::null_mut(), len, prot, flags) };
    base.in_call("mmap").map(|base| RawMap::Owned(OwnedPages { base: base.cast(), len }))
}

/// Resizes `map` in place, possibly at another address (mremap(2)). `None`: this system cannot.
#[cfg(target_os = "linux")]
pub fn remap(map: &mut RawMap, len: usize) -> Option<Result<()>> {
    Some(match map {
        RawMap::Empty | RawMap::Hosted(_) => return None,
        RawMap::Memmap(map) => {
            let options = memmap2::RemapOptions::new().may_move(true);
            // SAFETY: the caller holds the only reference to these addresses (`Region::resize_in_place`), so no
            // pointer into them outlives the move.
            unsafe { map.remap(len, options) }.in_call("mremap")
        }
        RawMap::Owned(pages) => {
            let flags = rustix::mm::MremapFlags::MAYMOVE;
            // SAFETY: as above.
            let moved = unsafe { rustix::mm::mremap(pages.base.cast(), pages.len, len, flags) };
            moved.in_call("mremap").map(|base| (pages.base, pages.len) = (base.cast(), len))
        }
    })
}

/// Neither memmap2 nor rustix has mremap for Android; the other systems do not have the call.
#[cfg(not(target_os = "linux"))]
pub fn remap(_map: &mut RawMap, _len: usize) -> Option<Result<()>> {
    None
}

/// Replaces the range, in one step, by pages that nobody may access. The mapping of the file ends there. A system call that
/// has a pointer into the range fails with EFAULT, and an access is a fault. `false`: the system refused.
///
/// # Safety
/// As for `map_zeros`.
pub unsafe fn map_inaccessible(base: *mut u8, len: usize) -> bool {
    let flags = MapFlags::PRIVATE | MapFlags::FIXED | NORESERVE;
    // SAFETY: by this function's contract the range replaced is the caller's own.
    unsafe { rustix::mm::mmap_anonymous(base.cast(), whole_pages(len), ProtFlags::empty(), flags) }.is_ok()
}

/// Replaces the range by private zero pages in one step. The mapping of the file ends there, and a pointer into the
/// range that somebody kept reads zeros. `false`: the system refused.
///
/// The fault handlers call this too, so it is one bare system call, without a lock or an allocation.
///
/// # Safety
/// `base` and `len` are a mapping of the caller's own, or whole pages at its end or in its middle. The addresses stay
/// mapped until its `RawMap` is dropped.
pub unsafe fn map_zeros(base: *mut u8, len: usize) -> bool {
    let flags = MapFlags::PRIVATE | MapFlags::FIXED | NORESERVE;
    // Where the system does not promise so much memory (vm.overcommit_memory is 2), read-only pages still may pass,
    // since they cost none.
    [ProtFlags::READ | ProtFlags::WRITE, ProtFlags::READ].into_iter().any(|prot| {
        // SAFETY: by this function's contract the range replaced is the caller's own.
        unsafe { rustix::mm::mmap_anonymous(base.cast(), whole_pages(len), prot, flags) }.is_ok()
    })
}

/// Maps the range of the file that `plan` names, as `map_file` does, over pages that are there; without a file, zeros, as
/// `map_anonymous` does.
pub fn map_over(pages: &Hosted, file: Option<&File>, plan: &Plan, regular: bool) -> Result<()> {
    let (prot, flags) = prot_and_flags(plan, regular);
    let flags = flags | MapFlags::FIXED;
    let (at, len) = (pages.start.cast(), pages.len);
    let mapped = match file {
        // SAFETY: by the contract of `Hosted::new` the pages may be replaced.
        Some(file) => unsafe {
            rustix::mm::mmap(at, len, prot, flags, file, plan.file_offset + pages.from as u64)
        },
        // SAFETY: as above.
        None => unsafe { rustix::mm::mmap_anonymous(at, len, prot, flags) },
    };
    mapped.map(drop).in_call("mmap")
}

/// Moves a mapping of the caller's own with all its pages, private ones too, over other pages, in one step. The mapping ends
/// where it was.
#[cfg(target_os = "linux")]
pub fn move_over(map: &mut RawMap, pages: &Hosted) -> Result<()> {
    if matches!(map, RawMap::Empty) {
        return Ok(());
    }
    let base = map.base();
    // SAFETY: the caller holds the only reference to the mapping, and by the contract of `Hosted::new` the pages may be
    // replaced.
    let moved = unsafe {
        let flags = rustix::mm::MremapFlags::MAYMOVE;
        rustix::mm::mremap_fixed(base.cast(), pages.len, pages.len, flags, pages.start.cast())
    };
    if moved.is_ok() {
        // Nothing is left there that it could unmap.
        std::mem::forget(std::mem::replace(map, RawMap::Empty));
    }
    moved.map(drop).in_call("mremap")
}

/// No other system has mremap with a fixed address.
#[cfg(not(target_os = "linux"))]
pub fn move_over(_map: &mut RawMap, _pages: &Hosted) -> Result<()> {
    Err(io::Error::from(Errno::NOSYS)).in_call("mremap")
}

/// Shows shared memory of no file at other addresses too, in the place of `pages`: mremap(2) leaves the old mapping where it
/// is if its old length is 0.
///
/// # Safety
/// `base` is a shared mapping, at least as long as the pages.
#[cfg(target_os = "linux")]
pub unsafe fn show_also_at(base: *mut u8, pages: &Hosted) -> Result<()> {
    let flags = rustix::mm::MremapFlags::MAYMOVE;
    // SAFETY: by this function's contract, and by that of `Hosted::new` the pages may be replaced.
    unsafe { rustix::mm::mremap_fixed(base.cast(), 0, pages.len, flags, pages.start.cast()) }
        .map(drop)
        .in_call("mremap")
}

/// No other system has mremap.
///
/// # Safety
/// This does nothing; the signature is Linux's.
#[cfg(not(target_os = "linux"))]
pub unsafe fn show_also_at(_base: *mut u8, _pages: &Hosted) -> Result<()> {
    Err(io::Error::from(Errno::NOSYS)).in_call("mremap")
}

/// Whether `show_also_at` works: qemu's emulation of mremap(2), for example, knows no old length of 0.
pub fn can_show_memory() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    *ANSWER.get_or_init(|| {
        let page = super::page_size();
        let Some(from) = shared_pages(page) else { return false };
        let map = shared_pages(page).map(|base| OwnedPages { base, len: page });
        let _from = OwnedPages { base: from, len: page };
        map.is_some_and(|map| {
            // SAFETY: a page of our own.
            let pages = unsafe { Hosted::new(map.base, 0, page) };
            // SAFETY: as above.
            unsafe { show_also_at(from, &pages) }.is_ok()
        })
    })
}

/// Whole pages of shared memory, zeros, which `show_also_at` can show at other addresses, and which are never unmapped.
pub fn shared_pages(len: usize) -> Option<*mut u8> {
    let both = ProtFlags::READ | ProtFlags::WRITE;
    // The kernel rounds the length up.
    // SAFETY: the kernel chooses the address, so no memory of others is replaced.
    unsafe { rustix::mm::mmap_anonymous(ptr::null_mut(), len, both, MapFlags::SHARED) }
        .ok()
        .map(<*mut c_void>::cast)
}

/// Takes stray stores back from pages of a file that nobody has open any more, so that it cannot be mapped again: private
/// pages are dropped, so that the file's bytes are seen again. Pages of a shared mapping, which no store has reached, stay
/// as they are.
pub fn drop_stores(pages: &Hosted, plan: &Plan, regular: bool) -> Result<()> {
    let (prot, _) = prot_and_flags(plan, regular);
    let (at, len) = (pages.start.cast(), pages.len);
    let protection = MprotectFlags::from_bits_retain(prot.bits());
    // SAFETY: by the contract of `Hosted::new` the pages may be changed.
    unsafe { rustix::mm::mprotect(at, len, protection) }.in_call("mprotect")?;
    if !is_private_mapping(plan, regular) {
        return Ok(());
    }
    // SAFETY: as above; the caller wants what was stored gone.
    unsafe { drop_private_pages(at, len) }.in_call("madvise")
}

/// Drops private pages, after which a private mapping of a file shows the file's bytes. Pages that a fault handler
/// replaced by zeros belong to no file any more and stay zeros.
///
/// # Safety
/// `at` and `len` are whole pages of the caller's own, whose bytes may go.
#[cfg(any(target_os = "linux", target_os = "android"))]
unsafe fn drop_private_pages(at: *mut c_void, len: usize) -> std::result::Result<(), Errno> {
    // SAFETY: by this function's contract.
    unsafe { rustix::mm::madvise(at, len, rustix::mm::Advice::LinuxDontNeed) }
}

/// MADV_DONTNEED of the other systems keeps private pages, so this cannot be done there.
///
/// # Safety
/// This does nothing; the signature is Linux's.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
unsafe fn drop_private_pages(_at: *mut c_void, _len: usize) -> std::result::Result<(), Errno> {
    Err(Errno::NOSYS)
}
