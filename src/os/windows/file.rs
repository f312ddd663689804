//! Files: borrowed descriptors, opening, sizes.

use std::ffi::c_void;
use std::fs::{File, OpenOptions};
use std::io;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::{AsRawHandle, FromRawHandle, RawHandle};
use std::path::Path;
use std::sync::LazyLock;

use windows_sys::Win32::Foundation::{
    ERROR_BAD_UNIT, ERROR_DIRECTORY, ERROR_INVALID_HANDLE, ERROR_NOT_SUPPORTED, GetLastError,
};
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, FILE_FLAG_BACKUP_SEMANTICS, FILE_TYPE_DISK, FILE_TYPE_UNKNOWN, GetDriveTypeW,
    GetFileInformationByHandle, GetFileType, GetFinalPathNameByHandleW, VOLUME_NAME_DOS,
};
use windows_sys::Win32::System::WindowsProgramming::{DRIVE_FIXED, DRIVE_RAMDISK};

use super::loader::symbol_of_host;
use super::win32::{error, last_error};
use crate::os::open_or_make::open_or_make;
use crate::os::{InCall, OpenMode, Result, grow};
use crate::request::Source;

/// The file behind a descriptor that belongs to the caller. Dropping this does not close it.
pub struct BorrowedFile(ManuallyDrop<File>);

impl std::ops::Deref for BorrowedFile {
    type Target = File;
    fn deref(&self) -> &File {
        &self.0
    }
}

type HandleOf = unsafe extern "C" fn(i32) -> isize;

/// libuv's uv_get_osfhandle, of the program itself: descriptors are numbers of a C runtime, and this library's
/// runtime does not know those of Node's.
static HANDLE_OF: LazyLock<Option<HandleOf>> = LazyLock::new(|| {
    let found = symbol_of_host(c"uv_get_osfhandle")?;
    // SAFETY: libuv's signature: uv_os_fd_t uv_get_osfhandle(int fd).
    Some(unsafe { std::mem::transmute::<*const c_void, HandleOf>(found) })
});

/// Borrows the host's descriptor `fd`. The error is ERROR_INVALID_HANDLE (EBADF) if it is not open.
pub fn borrow_fd(fd: i32) -> Result<BorrowedFile> {
    let Some(handle_of) = *HANDLE_OF else {
        return Err(error(ERROR_NOT_SUPPORTED)).in_call("uv_get_osfhandle");
    };
    // SAFETY: for a number that is not open libuv answers INVALID_HANDLE_VALUE (-1) or -2.
    let handle = if fd < 0 { -1 } else { unsafe { handle_of(fd) } };
    if handle == -1 || handle == -2 {
        return Err(error(ERROR_INVALID_HANDLE)).in_call("fstat");
    }
    // SAFETY: it is open, by the host's answer. It is never closed from here, since it is never dropped.
    Ok(BorrowedFile(ManuallyDrop::new(unsafe { File::from_raw_handle(handle as RawHandle) })))
}

fn file_type(file: &File) -> u32 {
    // SAFETY: the handle is open as long as the borrow.
    unsafe { GetFileType(file.as_raw_handle()) }
}

/// What is behind a caller's descriptor and how large it is, and whether it is a regular file.
pub fn source(file: &File) -> Result<(Source, bool)> {
    match file_type(file) {
        FILE_TYPE_DISK => Ok((Source::Sized(file_size(file)?), true)),
        // SAFETY: no arguments.
        FILE_TYPE_UNKNOWN if unsafe { GetLastError() } != 0 => last_error("GetFileType"),
        _ => Ok((Source::Unsized, false)),
    }
}

/// The same for a file that `open` has opened. What cannot be mapped is refused here, with the error that says what
/// it is.
pub fn mappable(file: &File) -> Result<(Source, bool)> {
    let found = source(file)?;
    // This comes first: what is no file has no metadata either. ERROR_BAD_UNIT is ENODEV.
    if matches!(found, (Source::Unsized, _)) {
        return Err(error(ERROR_BAD_UNIT)).in_call("open");
    }
    if file.metadata().in_call("fstat")?.is_dir() {
        return Err(error(ERROR_DIRECTORY)).in_call("open");
    }
    Ok(found)
}

/// The size of the file now, in bytes.
pub fn file_size(file: &File) -> Result<u64> {
    file.metadata().in_call("fstat").map(|metadata| metadata.len())
}

/// Whether the file's volume can go away while the file is mapped: a network drive, a USB stick, an optical disc.
pub fn is_removable(file: &File) -> bool {
    const FIXED: [u32; 2] = [DRIVE_FIXED, DRIVE_RAMDISK];
    let mut path = [0u16; 1024];
    // SAFETY: the handle is open as long as the borrow; the buffer is ours.
    let length = unsafe {
        GetFinalPathNameByHandleW(file.as_raw_handle(), path.as_mut_ptr(), path.len() as u32, VOLUME_NAME_DOS)
    };
    // The path is \\?\C:\... or \\?\UNC\server\share\.... For a volume without a letter there is none, and it counts
    // as fixed.
    let Some(root) = path.get(4..7).filter(|_| length > 6 && (length as usize) < path.len()) else {
        return false;
    };
    if root[1] != u16::from(b':') {
        return true;
    }
    let root = [root[0], root[1], root[2], 0];
    // SAFETY: the path ends with a zero.
    !FIXED.contains(&unsafe { GetDriveTypeW(root.as_ptr()) })
}

/// To read what is in memory alone. Windows does not tell what that is.
///
/// # Safety
/// This does nothing; the signature is that of the Unix function.
pub unsafe fn read_at_once(_file: &File, _at: u64, _target: *mut u8, _len: usize) -> bool {
    false
}

/// A read at an offset would move the position of the caller's descriptor here, so this never reads, and answers
/// `false`.
///
/// # Safety
/// This does nothing; the signature is that of the Unix function.
pub unsafe fn read_at(_file: &File, _at: u64, _start: *mut u8, _len: usize) -> bool {
    false
}

/// Opens the file at `path`, in UTF-8. The answer beside it says whether this call made the file.
pub fn open(path: &[u8], opening: OpenMode) -> Result<(File, bool)> {
    let path = String::from_utf8_lossy(path).into_owned();
    let mut options = OpenOptions::new();
    // With this flag, which libuv gives too, a directory can be opened. `mappable` refuses it as one.
    options.read(true).write(opening.write).custom_flags(FILE_FLAG_BACKUP_SEMANTICS);
    if !opening.create {
        return options.open(&path).in_call("open").map(|file| (file, false));
    }
    let mut new = options.clone();
    new.create_new(true);
    open_or_make(Path::new(&path), |path, make| if make { new.open(path) } else { options.open(path) })
        .in_call("open")
}

/// Nothing is needed to know a file again: while it is open, no other can take its path.
pub type Identity = ();

pub fn identity(_file: &File) -> Identity {}

/// That of the file that `path` leads to.
pub fn identity_at(_path: &Path) -> io::Result<Identity> {
    Ok(())
}

/// Whether two handles are of the same file. `None`: that cannot be told.
pub fn is_same_file(one: &File, other: &File) -> Option<bool> {
    let number = |file: &File| {
        let mut info = MaybeUninit::<BY_HANDLE_FILE_INFORMATION>::uninit();
        // SAFETY: the handle is open as long as the borrow; the structure is ours.
        let told = unsafe { GetFileInformationByHandle(file.as_raw_handle(), info.as_mut_ptr()) } != 0;
        // SAFETY: filled by the line above.
        let info = told.then(|| unsafe { info.assume_init() })?;
        Some((info.dwVolumeSerialNumber, info.nFileIndexHigh, info.nFileIndexLow))
    };
    Some(number(one)? == number(other)?)
}

/// Removes the file that `open` made. Symbolic links on the way to it stay.
pub fn remove(path: &[u8], _identity: Identity) {
    let path = &*String::from_utf8_lossy(path);
    // Not every volume knows the path of its files.
    let _ = match Path::new(path).canonicalize() {
        Ok(found) => std::fs::remove_file(found),
        Err(_) => std::fs::remove_file(path),
    };
}

/// Grows the file to `to` bytes. NTFS allocates the clusters of a file with its size, unless the file is sparse, so
/// nothing else has to be reserved.
pub fn reserve(file: &File, _from: u64, to: u64) -> Result<()> {
    grow(file, to)
}

/// A file gets its clusters with its size, so `reserve` does all.
pub fn preallocate(_file: &File, _from: u64, _to: u64, _is_cancelled: impl Fn() -> bool) -> Result<()> {
    Ok(())
}

/// Sets the size of the file, without moving its position (FileEndOfFileInfo).
pub fn set_size(file: &File, size: u64) -> Result<()> {
    file.set_len(size).in_call("ftruncate")
}
