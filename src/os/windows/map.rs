//! Mapping views of sections. What Unix does by mapping over (revoking, remapping) Windows cannot do.

use std::fs::File;
use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr;
use std::sync::OnceLock;

use memmap2::{MmapOptions, MmapRaw};
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_ALREADY_EXISTS, ERROR_INVALID_PARAMETER, ERROR_NOT_SUPPORTED, GetLastError,
    HANDLE, INVALID_HANDLE_VALUE,
};
use windows_sys::Win32::System::Memory::{
    CreateFileMappingW, FILE_MAP, FILE_MAP_COPY, FILE_MAP_READ, FILE_MAP_WRITE, MEM_COMMIT, MEM_RESERVE,
    MEMORY_MAPPED_VIEW_ADDRESS, MapViewOfFile, PAGE_PROTECTION_FLAGS, PAGE_READONLY, PAGE_READWRITE,
    PAGE_WRITECOPY, UnmapViewOfFile, VirtualAlloc, VirtualProtect,
};

use super::page_size;
use super::win32::{error, last_error, wide};
use crate::os::{Hosted, InCall, RawMap, Result};
use crate::request::{Access, Plan, Raw};

/// A view that this file mapped. Dropping it unmaps it.
pub struct View {
    base: *mut u8,
    /// The handle of a section that has a name: the name lives only as long as a handle is open.
    _section: Option<OwnedHandle>,
}

impl View {
    pub fn base(&self) -> *mut u8 {
        self.base
    }
}

impl Drop for View {
    fn drop(&mut self) {
        let address = MEMORY_MAPPED_VIEW_ADDRESS { Value: self.base.cast() };
        // SAFETY: `base` is what MapViewOfFile gave to this very view, and nobody else unmaps it.
        unsafe { UnmapViewOfFile(address) };
    }
}

/// The protection of a section, and the access of a view of it.
fn protection(access: Access) -> (PAGE_PROTECTION_FLAGS, FILE_MAP) {
    match access {
        Access::Read => (PAGE_READONLY, FILE_MAP_READ),
        Access::Write => (PAGE_READWRITE, FILE_MAP_WRITE),
        Access::Copy => (PAGE_WRITECOPY, FILE_MAP_COPY),
    }
}

/// Whether a view that was mapped for reading can be made copy-on-write later, which is how a stray store is
/// answered. Windows can. An emulation of it may refuse, or let the store reach the section; there, read-only views
/// are mapped copy-on-write from the start, for which the system sets memory aside for all of their pages. This is
/// tried once, with a page of our own.
fn views_become_copy_on_write() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    *ANSWER.get_or_init(|| {
        let len = page_size();
        // SAFETY: no file, no name.
        let section = unsafe {
            CreateFileMappingW(INVALID_HANDLE_VALUE, ptr::null(), PAGE_READWRITE, 0, len as u32, ptr::null())
        };
        if section.is_null() {
            return false;
        }
        // SAFETY: just made, and owned by nobody else.
        let section = unsafe { OwnedHandle::from_raw_handle(section) };
        let view = || {
            // SAFETY: the system chooses the address, so no memory of others is replaced.
            let view = unsafe { MapViewOfFile(section.as_raw_handle(), FILE_MAP_READ, 0, 0, len) };
            (!view.Value.is_null()).then(|| View { base: view.Value.cast(), _section: None })
        };
        let (Some(one), Some(other)) = (view(), view()) else { return false };
        let mut before = 0;
        // SAFETY: the one page of a view that nobody else sees.
        if unsafe { VirtualProtect(one.base.cast(), len, PAGE_WRITECOPY, &mut before) } == 0 {
            return false;
        }
        // SAFETY: writable now.
        unsafe { one.base.write_volatile(1) };
        // SAFETY: readable.
        unsafe { other.base.read_volatile() == 0 }
    })
}

/// Makes a section of `file` (or of the paging file, for INVALID_HANDLE_VALUE) and maps the plan's range of it.
pub(super) fn map_section(file: HANDLE, plan: &Plan, name: Option<&str>) -> Result<RawMap> {
    let len = plan.slack + plan.length;
    let (mut page, access) = protection(plan.access);
    if file == INVALID_HANDLE_VALUE {
        // The pages are fresh zeros: if the section were read-only or copy-on-write, nobody could ever fill them.
        page = PAGE_READWRITE;
    }
    let size = plan.file_offset + len as u64;
    let (high, low) = ((size >> 32) as u32, size as u32);
    let name = name.map(wide);
    let name_start = name.as_ref().map_or(ptr::null(), |name| name.as_ptr());
    // SAFETY: the handle is open for the length of the call and the name ends with a zero.
    let handle = unsafe { CreateFileMappingW(file, ptr::null(), page, high, low, name_start) };
    if handle.is_null() {
        return last_error("CreateFileMapping");
    }
    // SAFETY: no arguments.
    let existed = unsafe { GetLastError() } == ERROR_ALREADY_EXISTS;
    // SAFETY: just made, and owned by nobody else.
    let handle = unsafe { OwnedHandle::from_raw_handle(handle) };
    // A section of the paging file begins where the mapping begins. Its offset is only remembered, as in Python.
    let offset = if file == INVALID_HANDLE_VALUE { 0 } else { plan.file_offset };
    let (high, low) = ((offset >> 32) as u32, offset as u32);
    let map_view = |access| {
        // SAFETY: the system chooses the address, so no memory of others is replaced.
        unsafe { MapViewOfFile(handle.as_raw_handle(), access, high, low, len) }
    };
    let copy_from_start = access == FILE_MAP_READ && !views_become_copy_on_write();
    let view = map_view(if copy_from_start { FILE_MAP_COPY } else { access });
    if copy_from_start && !view.Value.is_null() {
        let mut before = 0;
        // SAFETY: the view's own pages, which nobody has seen yet.
        unsafe { VirtualProtect(view.Value, len, PAGE_READONLY, &mut before) };
    }
    if view.Value.is_null() {
        let failed = io::Error::last_os_error();
        // The end of a section that existed already comes before the end of the view. That is EINVAL on other
        // systems.
        let beyond_end = existed && failed.raw_os_error() == Some(ERROR_ACCESS_DENIED as i32);
        return Err(if beyond_end { error(ERROR_INVALID_PARAMETER) } else { failed })
            .in_call("MapViewOfFile");
    }
    Ok(RawMap::Owned(View { base: view.Value.cast(), _section: name.map(|_| handle) }))
}

/// Maps the range of `file` that `plan` names.
pub fn map_file(file: &File, plan: &Plan, _regular: bool) -> Result<RawMap> {
    let len = plan.slack + plan.length;
    if len == 0 {
        return Err(error(ERROR_INVALID_PARAMETER)).in_call("CreateFileMapping");
    }
    let mut options = MmapOptions::new();
    options.offset(plan.file_offset).len(len);
    let raw: io::Result<MmapRaw> = match plan.access {
        // memmap2 would make the section as writable as the handle allows.
        Access::Read => return map_section(file.as_raw_handle(), plan, None),
        Access::Write => options.map_raw(file),
        // SAFETY: the map becomes an MmapRaw at once, so no slice assumes that the file stays as it is.
        Access::Copy => unsafe { options.map_copy(file) }.map(Into::into),
    };
    raw.in_call("MapViewOfFile").map(RawMap::Memmap)
}

/// Maps zeros that belong to no file. memmap2 is not used, since its section would be executable.
pub fn map_anonymous(plan: &Plan) -> Result<RawMap> {
    map_section(INVALID_HANDLE_VALUE, &Plan { file_offset: 0, ..*plan }, None)
}

/// A page of a read-only view that takes a stray store becomes a copy, which belongs to this mapping alone.
pub fn is_private_mapping(_plan: &Plan, _regular: bool) -> bool {
    true
}

/// A caller cannot give flags here: a private mapping is one with the access `copy`.
pub fn has_private_flag(_raw: Raw) -> bool {
    false
}

/// A mapped file cannot be made shorter, so no page lies beyond its end.
pub fn reads_zeros_beyond_end(_plan: &Plan) -> bool {
    false
}

/// Windows has no mremap.
pub fn remap(_map: &mut RawMap, _len: usize) -> Option<Result<()>> {
    None
}

/// Without placeholders the pages of a view cannot be replaced in one step, so the bytes stay until the last holder
/// ends.
///
/// # Safety
/// This does nothing; the signature is that of the Unix function.
pub unsafe fn map_inaccessible(_base: *mut u8, _len: usize) -> bool {
    false
}

/// Fails, for the same reason.
///
/// # Safety
/// This does nothing; the signature is that of the Unix function.
pub unsafe fn map_zeros(_base: *mut u8, _len: usize) -> bool {
    false
}

/// Fails, for the reason that `map_inaccessible` gives.
pub fn map_over(_pages: &Hosted, _file: Option<&File>, _plan: &Plan, _regular: bool) -> Result<()> {
    Err(error(ERROR_NOT_SUPPORTED)).in_call("MapViewOfFile")
}

/// Fails: copied pages of a view are not given back one by one.
pub fn drop_stores(_pages: &Hosted, _plan: &Plan, _regular: bool) -> Result<()> {
    Err(error(ERROR_NOT_SUPPORTED)).in_call("MapViewOfFile")
}

/// Fails, for the reason that `map_inaccessible` gives.
pub fn move_over(_map: &mut RawMap, _pages: &Hosted) -> Result<()> {
    Err(error(ERROR_NOT_SUPPORTED)).in_call("MapViewOfFile")
}

/// Fails, for the reason that `map_inaccessible` gives.
///
/// # Safety
/// This does nothing; the signature is that of the Unix function.
pub unsafe fn show_also_at(_base: *mut u8, _pages: &Hosted) -> Result<()> {
    Err(error(ERROR_NOT_SUPPORTED)).in_call("MapViewOfFile")
}

/// Zeros that are never freed.
pub fn shared_pages(len: usize) -> Option<*mut u8> {
    // SAFETY: the system chooses the address.
    let pages = unsafe { VirtualAlloc(ptr::null(), len, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE) };
    (!pages.is_null()).then(|| pages.cast())
}

/// Memory cannot be shown at addresses that are taken.
pub fn can_show_memory() -> bool {
    false
}
