//! Files: descriptors, opening, sizes.

use std::fs::{File, OpenOptions};
use std::io;
use std::mem::ManuallyDrop;
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::{AsRawHandle, FromRawHandle, RawHandle};
use std::ptr;
use std::sync::LazyLock;

use windows_sys::Win32::Foundation::GetLastError;
use windows_sys::Win32::Storage::FileSystem::{
    FILE_TYPE_DISK, FILE_TYPE_UNKNOWN, GetDriveTypeW, GetFileType, GetFinalPathNameByHandleW, VOLUME_NAME_DOS,
};
use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleW, GetProcAddress};
use windows_sys::Win32::System::WindowsProgramming::{DRIVE_FIXED, DRIVE_RAMDISK};

use super::super::{InCall, OpenMode, Result};
use super::last;
use crate::request::Source;

/// A descriptor of the caller's, borrowed: dropping it closes nothing.
pub struct BorrowedFile(ManuallyDrop<File>);

impl std::ops::Deref for BorrowedFile {
    type Target = File;
    fn deref(&self) -> &File {
        &self.0
    }
}

type HandleOf = unsafe extern "C" fn(i32) -> isize;

/// The host's own table of descriptors: this library's C runtime does not know Node's.
static HANDLE_OF: LazyLock<Option<HandleOf>> = LazyLock::new(|| {
    // SAFETY: null means the program itself, which is never unloaded.
    let module = unsafe { GetModuleHandleW(ptr::null()) };
    // SAFETY: the module is loaded and the name ends with a zero.
    let found = unsafe { GetProcAddress(module, c"uv_get_osfhandle".as_ptr().cast()) }?;
    // SAFETY: libuv's signature: uv_os_fd_t uv_get_osfhandle(int fd).
    Some(unsafe { std::mem::transmute::<unsafe extern "system" fn() -> isize, HandleOf>(found) })
});

/// The file behind a descriptor number of the host's.
pub fn borrow_fd(fd: i32) -> Result<BorrowedFile> {
    let Some(handle_of) = *HANDLE_OF else {
        return Err(io::Error::from_raw_os_error(50)).in_call("uv_get_osfhandle");
    };
    // SAFETY: libuv answers INVALID_HANDLE_VALUE (-1), or -2, for a number that names nothing.
    let handle = if fd < 0 { -1 } else { unsafe { handle_of(fd) } };
    if handle == -1 || handle == -2 {
        return Err(io::Error::from_raw_os_error(6)).in_call("fstat");
    }
    // SAFETY: open in the host's table; never closed from here, since it is never dropped.
    Ok(BorrowedFile(ManuallyDrop::new(unsafe { File::from_raw_handle(handle as RawHandle) })))
}

fn file_type(file: &File) -> u32 {
    // SAFETY: the handle is open as long as the borrow.
    unsafe { GetFileType(file.as_raw_handle()) }
}

/// What stands behind a descriptor, and whether it is a regular file.
pub fn source(file: &File) -> Result<(Source, bool)> {
    match file_type(file) {
        FILE_TYPE_DISK => Ok((Source::Sized(file_size(file)?), true)),
        // SAFETY: no arguments.
        FILE_TYPE_UNKNOWN if unsafe { GetLastError() } != 0 => last("GetFileType"),
        _ => Ok((Source::Unsized, false)),
    }
}

/// As `source`, for a handle of our own that `open` made: refuses by name what cannot be mapped.
pub fn mappable(file: &File) -> Result<(Source, bool)> {
    let found = source(file)?;
    // First: what is no file has no metadata either.
    if matches!(found, (Source::Unsized, _)) {
        return Err(io::Error::from_raw_os_error(20)).in_call("open");
    }
    if file.metadata().in_call("fstat")?.is_dir() {
        return Err(io::Error::from_raw_os_error(267)).in_call("open");
    }
    Ok(found)
}

/// The size of the file now, in bytes.
pub fn file_size(file: &File) -> Result<u64> {
    file.metadata().in_call("fstat").map(|metadata| metadata.len())
}

/// Whether its volume can go away while it is mapped: a network drive, a stick, a disc.
pub fn is_removable(file: &File) -> bool {
    const FIXED: [u32; 2] = [DRIVE_FIXED, DRIVE_RAMDISK];
    let mut path = [0u16; 1024];
    // SAFETY: the handle is open as long as the borrow; the buffer is ours.
    let length = unsafe {
        GetFinalPathNameByHandleW(file.as_raw_handle(), path.as_mut_ptr(), path.len() as u32, VOLUME_NAME_DOS)
    };
    // \\?\C:\..., or \\?\UNC\server\share\...; what has no letter is asked by its volume elsewhere.
    let Some(root) = path.get(4..7).filter(|_| length > 6 && (length as usize) < path.len()) else {
        return false;
    };
    if root[1] != u16::from(b':') {
        return true;
    }
    let root = [root[0], root[1], root[2], 0];
    // SAFETY: it ends with a zero.
    !FIXED.contains(&unsafe { GetDriveTypeW(root.as_ptr()) })
}

/// Reading at a place moves the position of the caller's own descriptor here: never done.
///
/// # Safety
/// None here; it is the other systems' signature.
pub unsafe fn read_at(_file: &File, _at: u64, _start: *mut u8, _len: usize) -> bool {
    false
}

/// Opens a path given as UTF-8; `true` beside it: this call made the file.
pub fn open(path: &[u8], opening: OpenMode) -> Result<(File, bool)> {
    // As libuv: so that a directory is opened, and refused as one.
    const FILE_FLAG_BACKUP_SEMANTICS: u32 = 0x0200_0000;
    let path = String::from_utf8_lossy(path).into_owned();
    let mut options = OpenOptions::new();
    options.read(true).write(opening.write).custom_flags(FILE_FLAG_BACKUP_SEMANTICS);
    loop {
        match options.open(&path) {
            Err(error) if opening.create && error.kind() == io::ErrorKind::NotFound => {
                match options.clone().create_new(true).open(&path) {
                    // Somebody else made it in between.
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                    made => return made.in_call("open").map(|file| (file, true)),
                }
            }
            opened => return opened.in_call("open").map(|file| (file, false)),
        }
    }
}

/// An open file keeps its path here.
pub type Identity = ();

pub fn identity(_file: &File) -> Identity {}

/// Takes back what `open` made.
pub fn remove(path: &[u8], _identity: Identity) {
    let _ = std::fs::remove_file(&*String::from_utf8_lossy(path));
}

/// Makes the file `to` bytes long: NTFS allocates the clusters of a file that is not sparse with its size.
pub fn reserve(file: &File, _from: u64, to: u64) -> Result<()> {
    set_size(file, to)
}

/// SetEndOfFile, at a place rather than at the file pointer.
pub fn set_size(file: &File, size: u64) -> Result<()> {
    file.set_len(size).in_call("ftruncate")
}
