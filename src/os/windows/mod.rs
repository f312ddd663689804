//! Windows, through memmap2 for files and windows-sys for the rest.

mod file;
mod view;

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::windows::ffi::OsStrExt;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::sync::LazyLock;

use windows_sys::Win32::Foundation::{ERROR_ALREADY_EXISTS, ERROR_USER_MAPPED_FILE, HANDLE};
use windows_sys::Win32::Storage::FileSystem::FlushFileBuffers;
use windows_sys::Win32::System::Diagnostics::Debug::{ReadProcessMemory, WriteProcessMemory};
use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleW, GetProcAddress};
use windows_sys::Win32::System::Memory::{
    FILE_MAP_READ, FlushViewOfFile, OpenFileMappingW, WIN32_MEMORY_RANGE_ENTRY,
};
use windows_sys::Win32::System::SystemInformation::{GetSystemInfo, SYSTEM_INFO};
use windows_sys::Win32::System::Threading::GetCurrentProcess;
use windows_sys::core::BOOL;

use super::{Advice, InCall, Mappings, RawMap, Result, SystemError};
use crate::request::{Plan, Raw};

pub use file::{
    Identity, borrow_fd, file_size, identity, is_removable, mappable, open, read_at, remove, reserve,
    set_size, source,
};
pub use view::{View, map_anonymous, map_file, map_named_file, map_over, map_section, open_named, revoke};

pub const EXTENDS: bool = true;
pub const PROT_READ: i32 = 1;
pub const PROT_WRITE: i32 = 2;
pub const DEFAULT_RAW: Raw = Raw { prot: 3, flags: 0 };
pub const REFUSED_FLAGS: &[(&str, i32)] = &[];
/// None of PROT_, MAP_, MADV_, MS_ exists here.
pub const CONSTANTS: [&[(&str, i64)]; 0] = [];
/// Nothing is mapped over a view: what is mapped anew stands elsewhere.
pub const CAN_MAP_OVER: bool = false;
/// A file cannot be made shorter while a section of it is mapped (error 1224).
pub const CAN_TRUNCATE_MAPPED: bool = false;
/// Named memory is a section of the paging file, of a fixed size.
pub const NAMED_IS_FILE: bool = false;

/// The advice that this system hears.
const WILLNEED: i32 = 3;
const ADVICE: &[&str] = &[
    "normal",
    "random",
    "sequential",
    "willneed",
    "dontneed",
    "free",
    "remove",
    "dontfork",
    "dofork",
    "mergeable",
    "unmergeable",
    "hugepage",
    "nohugepage",
    "dontdump",
    "dodump",
    "cold",
    "pageout",
];

static INFO: LazyLock<(usize, usize)> = LazyLock::new(|| {
    let mut info = MaybeUninit::<SYSTEM_INFO>::uninit();
    // SAFETY: the call fills the whole structure and cannot fail.
    unsafe { GetSystemInfo(info.as_mut_ptr()) };
    // SAFETY: filled by the line above.
    let info = unsafe { info.assume_init() };
    (info.dwPageSize as usize, info.dwAllocationGranularity as usize)
});

pub fn page_size() -> usize {
    INFO.0
}

pub fn granularity() -> usize {
    INFO.1
}

fn last<T>(call: &'static str) -> Result<T> {
    Err(SystemError { call, source: io::Error::last_os_error() })
}

fn wide(text: &str) -> Vec<u16> {
    OsString::from(text).encode_wide().chain([0]).collect()
}

/// A name ends with its last handle here: there is nothing to take away.
pub fn unlink_named(_name: &str) -> Result<bool> {
    Ok(false)
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

/// Whether `name` can name memory; what is wrong with it otherwise.
pub fn check_memory_name(name: &str) -> std::result::Result<(), &'static str> {
    match () {
        () if name.is_empty() => Err("a name that is not empty"),
        () if name.contains('\0') => Err("a name without a null byte"),
        () => Ok(()),
    }
}

/// There are no private flags here: what is private has the access `copy`.
pub fn is_private(_raw: Raw) -> bool {
    false
}

/// Windows has no mremap.
pub fn remap(_held: &mut RawMap, _len: usize) -> Option<Result<()>> {
    None
}

/// Hands changed pages to the file system and, with the file, makes it write them to the disk.
///
/// # Safety
/// `base` (a page's first address) and `len` lie in a mapping that lives until this returns.
pub unsafe fn flush(base: *mut u8, len: usize, file: Option<&File>, _flags: i32) -> Result<()> {
    // SAFETY: by this function's contract; no byte of memory changes.
    if unsafe { FlushViewOfFile(base.cast(), len) } == 0 {
        return last("FlushViewOfFile");
    }
    // SAFETY: the handle is open as long as the borrow.
    if let Some(file) = file
        && unsafe { FlushFileBuffers(file.as_raw_handle()) } == 0
    {
        return last("FlushFileBuffers");
    }
    Ok(())
}

/// The number of an advice, `None` where this system has no such thing.
pub fn advice_number(advice: &Advice) -> std::result::Result<Option<i32>, String> {
    match advice {
        Advice::Name(name) if name == "willneed" => Ok(Some(WILLNEED)),
        Advice::Name(name) if ADVICE.contains(&name.as_str()) => Ok(None),
        Advice::Name(name) => Err(format!("must be one of '{}'. Received '{name}'", ADVICE.join("', '"))),
        Advice::Number(number) => {
            Err(format!("must be a name: this system has no MADV_ constants. Received {number}"))
        }
    }
}

type Prefetch = unsafe extern "system" fn(HANDLE, usize, *const WIN32_MEMORY_RANGE_ENTRY, u32) -> BOOL;

/// Looked up at run time: it is missing before Windows 8.
static PREFETCH: LazyLock<Option<Prefetch>> = LazyLock::new(|| {
    let library = wide("kernel32.dll");
    // SAFETY: the name ends with a zero; kernel32 is never unloaded.
    let module = unsafe { GetModuleHandleW(library.as_ptr()) };
    // SAFETY: the module is loaded and the name ends with a zero.
    let found = unsafe { GetProcAddress(module, c"PrefetchVirtualMemory".as_ptr().cast()) }?;
    // SAFETY: the documented signature of PrefetchVirtualMemory.
    Some(unsafe { std::mem::transmute::<unsafe extern "system" fn() -> isize, Prefetch>(found) })
});

/// `willneed` by PrefetchVirtualMemory. `true`: the system heard.
///
/// # Safety
/// `[base + start, base + start + len)` lies in a mapping that lives until this returns.
pub unsafe fn advise(base: *mut u8, start: usize, len: usize, _number: i32) -> Result<bool> {
    let Some(prefetch) = *PREFETCH else {
        return Ok(false);
    };
    let range =
        WIN32_MEMORY_RANGE_ENTRY { VirtualAddress: base.wrapping_add(start).cast(), NumberOfBytes: len };
    // SAFETY: the pseudo handle needs no closing.
    let process = unsafe { GetCurrentProcess() };
    // SAFETY: one range, within the mapping by this function's contract.
    if unsafe { prefetch(process, 1, &range, 0) } == 0 { last("PrefetchVirtualMemory") } else { Ok(true) }
}

/// # Safety
/// None here; it is the other systems' signature.
pub unsafe fn set_name(_base: *mut u8, _len: usize, _name: &str) -> Result<()> {
    Err(io::Error::from_raw_os_error(120)).in_call("prctl")
}

/// No count of mappings is limited here but by memory.
pub fn mappings() -> Mappings {
    Mappings::Unlimited
}

/// No advice takes bytes out of a file here.
pub fn makes_holes(_number: i32) -> bool {
    false
}

/// `length` rounded up to whole pages.
pub fn whole_pages(length: usize) -> usize {
    length.next_multiple_of(page_size())
}

/// A page of a read-only view that a store was let into is a copy.
pub fn is_private_mapping(_plan: &Plan, _regular: bool) -> bool {
    true
}

/// There is nothing beyond the end of a mapped file.
pub fn reads_zeros_beyond_end(_plan: &Plan) -> bool {
    false
}

/// Not needed: a mapped file cannot be made shorter.
///
/// # Safety
/// None here; it is the other systems' signature.
pub unsafe fn populate(_page: *mut u8) -> bool {
    false
}

/// Copies bytes of which some may not be to be had: ReadProcessMemory and WriteProcessMemory, on this very process,
/// answer with an error where a load or a store would raise EXCEPTION_IN_PAGE_ERROR.
///
/// # Safety
/// Both ranges are valid for `len` bytes; they may overlap.
pub unsafe fn try_copy(from: *const u8, to: *mut u8, len: usize) -> bool {
    let mut buffer = [0u8; 16 * 1024];
    // SAFETY: the pseudo handle needs no closing.
    let process = unsafe { GetCurrentProcess() };
    let backwards = to.cast_const() > from;
    let (mut done, mut moved) = (0, 0);
    while done < len {
        let step = buffer.len().min(len - done);
        let at = if backwards { len - done - step } else { done };
        // SAFETY: within the ranges, by this function's contract; the buffer is ours.
        let read = unsafe {
            ReadProcessMemory(
                process,
                from.wrapping_add(at).cast(),
                buffer.as_mut_ptr().cast(),
                step,
                &mut moved,
            )
        };
        if read == 0 || moved != step {
            return false;
        }
        // SAFETY: as above.
        let written = unsafe {
            WriteProcessMemory(process, to.wrapping_add(at).cast(), buffer.as_ptr().cast(), step, &mut moved)
        };
        if written == 0 || moved != step {
            return false;
        }
        done += step;
    }
    true
}

/// The errno name that libuv gives to a Windows error, for the errors that mapping can meet. What a descriptor was not
/// opened for is EACCES to a call that maps, as on the other systems.
pub fn error_name(number: i32, call: &str) -> Option<&'static str> {
    Some(match number {
        5 if matches!(call, "CreateFileMapping" | "MapViewOfFile") => "EACCES",
        2 | 3 | 123 | 161 => "ENOENT",
        4 => "EMFILE",
        5 | 1314 => "EPERM",
        6 => "EBADF",
        8 | 14 | 1450 | 1455 => "ENOMEM",
        32 | 33 => "EBUSY",
        39 | 112 => "ENOSPC",
        223 => "EFBIG",
        50 => "ENOTSUP",
        120 => "ENOSYS",
        80 | 183 => "EEXIST",
        1 | 20 => "ENODEV",
        267 => "EISDIR",
        206 => "ENAMETOOLONG",
        487 | 998 => "EFAULT",
        19 => "EROFS",
        1117 => "EIO",
        _ => "EINVAL",
    })
}

/// Whether a failure means that somebody else's use of the file or section forbids it.
pub fn is_busy(error: &io::Error) -> bool {
    let number = error.raw_os_error().unwrap_or(0) as u32;
    number == ERROR_USER_MAPPED_FILE || number == ERROR_ALREADY_EXISTS
}
