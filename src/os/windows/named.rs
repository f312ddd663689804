//! Named memory: sections with a name, which lives as long as a handle to it is open anywhere.

use std::fs::File;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::sync::Arc;

use windows_sys::Win32::Foundation::INVALID_HANDLE_VALUE;
use windows_sys::Win32::System::Memory::{FILE_MAP_READ, OpenFileMappingW};

use super::map::map_section;
use super::win32::wide;
use crate::os::{RawMap, Result};
use crate::request::Plan;

/// A name ends with its last handle, so there is nothing to remove.
pub fn unlink_named(_name: &str) -> Result<bool> {
    Ok(false)
}

/// Maps the section of that name, which is made if there is none. All processes of this session share its name.
pub fn map_named_section(name: &str, plan: &Plan) -> Result<RawMap> {
    let plan = Plan { file_offset: 0, ..*plan };
    map_section(INVALID_HANDLE_VALUE, &plan, Some(name))
}

/// The file that named memory is on other systems.
pub struct NamedFile {
    pub file: Arc<File>,
}

impl NamedFile {
    pub fn undo(self) {}
}

/// Named memory is no file here, but a section.
pub fn open_named(_name: &str, _plan: &Plan) -> Result<Option<NamedFile>> {
    Ok(None)
}

/// Maps `file` by a section with a name, as Python does for a descriptor with a tagname.
pub fn map_named_file(file: &File, plan: &Plan, name: &str) -> Result<RawMap> {
    map_section(file.as_raw_handle(), plan, Some(name))
}

/// Whether a section of that name is open anywhere.
pub fn section_exists(name: &str) -> bool {
    let name = wide(name);
    // SAFETY: the name ends with a zero.
    let handle = unsafe { OpenFileMappingW(FILE_MAP_READ, 0, name.as_ptr()) };
    if handle.is_null() {
        return false;
    }
    // SAFETY: just opened, and owned by nobody else.
    drop(unsafe { OwnedHandle::from_raw_handle(handle) });
    true
}

/// Whether memory can have this name. The error says what was expected.
pub fn check_memory_name(name: &str) -> std::result::Result<(), &'static str> {
    match () {
        () if name.is_empty() => Err("a name that is not empty"),
        () if name.contains('\0') => Err("a name without a null byte"),
        () => Ok(()),
    }
}
