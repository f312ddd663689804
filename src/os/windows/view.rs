//! Views of sections: made, made copy-on-write, unmapped.

use std::fs::File;
use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr;
use std::sync::{Arc, OnceLock};

use memmap2::{MmapOptions, MmapRaw};
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_ALREADY_EXISTS, ERROR_INVALID_PARAMETER, GetLastError, HANDLE,
    INVALID_HANDLE_VALUE,
};
use windows_sys::Win32::System::Memory::{
    CreateFileMappingW, FILE_MAP, FILE_MAP_COPY, FILE_MAP_READ, FILE_MAP_WRITE, MEMORY_MAPPED_VIEW_ADDRESS,
    MapViewOfFile, PAGE_PROTECTION_FLAGS, PAGE_READONLY, PAGE_READWRITE, PAGE_WRITECOPY, UnmapViewOfFile,
    VirtualProtect,
};

use super::super::{Hosted, InCall, RawMap, Result};
use super::{last, page_size, wide};
use crate::request::{Access, Plan};

/// A view that this file mapped. A named section's handle stays open with it: the name lives as long as a handle.
pub struct View {
    base: *mut u8,
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
        // SAFETY: `base` is what MapViewOfFile gave to this very View, which nobody else unmaps.
        unsafe { UnmapViewOfFile(address) };
    }
}

fn protection(access: Access) -> (PAGE_PROTECTION_FLAGS, FILE_MAP) {
    match access {
        Access::Read => (PAGE_READONLY, FILE_MAP_READ),
        Access::Write => (PAGE_READWRITE, FILE_MAP_WRITE),
        Access::Copy => (PAGE_WRITECOPY, FILE_MAP_COPY),
    }
}

/// Whether a readable view can be made copy-on-write later, as a stray store asks for: tried once, with memory of our own.
/// Windows can; where a store would reach the section, or fail, views are copy-on-write ones from the start, which are
/// charged with memory for all of them.
fn views_open_up() -> bool {
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
            // SAFETY: the address is the system's choice; nothing of anybody else's is replaced.
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

/// Makes a section of `file` (or of the paging file) and maps the plan's range of it.
fn section(file: HANDLE, plan: &Plan, name: Option<&str>) -> Result<RawMap> {
    let len = plan.slack + plan.length;
    let (mut page, map) = protection(plan.access);
    if file == INVALID_HANDLE_VALUE {
        // Fresh zeros: a read-only or copy-on-write section of them could never be filled by anybody.
        page = PAGE_READWRITE;
    }
    let size = plan.file_offset + len as u64;
    let (high, low) = ((size >> 32) as u32, size as u32);
    let name = name.map(wide);
    let name_at = name.as_ref().map_or(ptr::null(), |name| name.as_ptr());
    // SAFETY: the handle is open for the length of the call and the name ends with a zero.
    let handle = unsafe { CreateFileMappingW(file, ptr::null(), page, high, low, name_at) };
    if handle.is_null() {
        return last("CreateFileMapping");
    }
    // SAFETY: no arguments.
    let existed = unsafe { GetLastError() } == ERROR_ALREADY_EXISTS;
    // SAFETY: just made, and owned by nobody else.
    let handle = unsafe { OwnedHandle::from_raw_handle(handle) };
    // The paging file's section begins with the mapping: its offset is only remembered, as in Python.
    let offset = if file == INVALID_HANDLE_VALUE { 0 } else { plan.file_offset };
    let (high, low) = ((offset >> 32) as u32, offset as u32);
    let view_of = |map| {
        // SAFETY: the address is the system's choice; nothing of anybody else's is replaced.
        unsafe { MapViewOfFile(handle.as_raw_handle(), map, high, low, len) }
    };
    let copies = map == FILE_MAP_READ && !views_open_up();
    let view = view_of(if copies { FILE_MAP_COPY } else { map });
    if copies && !view.Value.is_null() {
        let mut before = 0;
        // SAFETY: the view's own pages; seen by nobody yet.
        unsafe { VirtualProtect(view.Value, len, PAGE_READONLY, &mut before) };
    }
    if view.Value.is_null() {
        let failed = io::Error::last_os_error();
        let beyond = existed && failed.raw_os_error() == Some(ERROR_ACCESS_DENIED as i32);
        // Beyond the end of a section that was there already, which is EINVAL elsewhere.
        let invalid = || io::Error::from_raw_os_error(ERROR_INVALID_PARAMETER as i32);
        return Err(if beyond { invalid() } else { failed }).in_call("MapViewOfFile");
    }
    Ok(RawMap::Own(View { base: view.Value.cast(), _section: name.map(|_| handle) }))
}

/// Maps `plan` of `file`.
pub fn map_file(file: &File, plan: &Plan, _regular: bool) -> Result<RawMap> {
    let len = plan.slack + plan.length;
    if len == 0 {
        return Err(io::Error::from_raw_os_error(87)).in_call("CreateFileMapping");
    }
    let mut options = MmapOptions::new();
    options.offset(plan.file_offset).len(len);
    let raw: io::Result<MmapRaw> = match plan.access {
        // memmap2 would make the section as writable as the handle allows.
        Access::Read => return section(file.as_raw_handle(), plan, None),
        Access::Write => options.map_raw(file),
        // SAFETY: the map becomes an MmapRaw at once, so no slice assumes that the file stays as it is.
        Access::Copy => unsafe { options.map_copy(file) }.map(Into::into),
    };
    raw.in_call("MapViewOfFile").map(RawMap::Memmap)
}

/// Maps zeros that belong to no file. (memmap2 would make an executable section.)
pub fn map_anonymous(plan: &Plan) -> Result<RawMap> {
    section(INVALID_HANDLE_VALUE, &Plan { file_offset: 0, ..*plan }, None)
}

/// Named memory: the section of that name, of this session's processes, made when it is not there yet.
pub fn map_section(name: &str, plan: &Plan) -> Result<RawMap> {
    section(INVALID_HANDLE_VALUE, &Plan { file_offset: 0, ..*plan }, Some(name))
}

/// The file that named memory is on other systems.
pub struct NamedFile {
    pub file: Arc<File>,
}

impl NamedFile {
    pub fn undo(self) {}
}

/// Named memory is no file here: see `map_section`.
pub fn open_named(_name: &str, _plan: &Plan) -> Result<Option<NamedFile>> {
    Ok(None)
}

/// A named section of a file, as Python's tagname with a descriptor.
pub fn map_named_file(file: &File, plan: &Plan, name: &str) -> Result<RawMap> {
    section(file.as_raw_handle(), plan, Some(name))
}

/// No page of a view can be replaced in one step without placeholders: the bytes stay until the last holder ends.
///
/// # Safety
/// None here; it is the other systems' signature.
pub unsafe fn revoke(_base: *mut u8, _len: usize) -> bool {
    false
}

/// Nothing can be replaced in one step: see `revoke`.
pub fn map_over(_pages: &Hosted, _file: Option<&File>, _plan: &Plan, _regular: bool) -> Result<()> {
    Err(io::Error::from_raw_os_error(50)).in_call("MapViewOfFile")
}
