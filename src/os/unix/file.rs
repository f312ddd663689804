//! Files: borrowed descriptors, opening, sizes.

use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::io;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::slice;

use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;

use crate::os::open_or_make::open_or_make;
use crate::os::{InCall, OpenMode, Result};
use crate::request::Source;

/// The file behind a descriptor that belongs to the caller. Dropping this does not close it.
pub struct BorrowedFile(ManuallyDrop<File>);

impl std::ops::Deref for BorrowedFile {
    type Target = File;
    fn deref(&self) -> &File {
        &self.0
    }
}

/// Borrows the descriptor `fd`. The error is EBADF if it is not open.
pub fn borrow_fd(fd: i32) -> Result<BorrowedFile> {
    if fd < 0 {
        return Err(Errno::BADF).in_call("fstat");
    }
    // SAFETY: it is used for the next call alone, which answers EBADF if the descriptor is not open.
    let borrowed = unsafe { BorrowedFd::borrow_raw(fd) };
    rustix::io::fcntl_getfd(borrowed).in_call("fstat")?;
    // SAFETY: the call above has seen that it is open. It is never closed from here, since it is never dropped.
    Ok(BorrowedFile(ManuallyDrop::new(unsafe { File::from_raw_fd(borrowed.as_raw_fd()) })))
}

/// What is behind a caller's descriptor and how large it is, and whether it is a regular file.
pub fn source(file: &File) -> Result<(Source, bool)> {
    let stat = rustix::fs::fstat(file).in_call("fstat")?;
    match FileType::from_raw_mode(stat.st_mode as _) {
        FileType::RegularFile => regular(file, &stat),
        // Linux maps a TCP socket (tcp_mmap), and then kills the process when it reads the pages. A descriptor
        // without a type may be the ring of the host's own io_uring.
        FileType::Socket | FileType::Unknown => Err(Errno::NODEV).in_call("mmap"),
        _ => Ok((Source::Unsized, false)),
    }
}

/// The same for a descriptor that `open` has made. What cannot be mapped is refused here, with the error that says
/// what it is.
pub fn mappable(file: &File) -> Result<(Source, bool)> {
    let stat = rustix::fs::fstat(file).in_call("fstat")?;
    match FileType::from_raw_mode(stat.st_mode as _) {
        FileType::RegularFile => regular(file, &stat),
        FileType::Directory => Err(Errno::ISDIR).in_call("open"),
        FileType::BlockDevice => Ok((Source::Sized(device_size(file)?), false)),
        FileType::CharacterDevice => Ok((Source::Unsized, false)),
        _ => Err(Errno::NODEV).in_call("open"),
    }
}

/// A regular file that can be mapped: every one but those of hugetlbfs. Their mappings can be unmapped only in whole
/// huge pages, and when the system's pool of huge pages is empty, the next access to a new one kills the process.
fn regular(_file: &File, stat: &rustix::fs::Stat) -> Result<(Source, bool)> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        const HUGETLBFS_MAGIC: u64 = 0x9584_58f6;
        // The file system is asked only where the blocks are as large as huge pages.
        let huge = stat.st_blksize as u64 > (1 << 16)
            && rustix::fs::fstatfs(_file)
                .is_ok_and(|system| system.f_type as u64 & 0xffff_ffff == HUGETLBFS_MAGIC);
        if huge {
            return Err(Errno::NODEV).in_call("mmap");
        }
    }
    Ok((Source::Sized(stat.st_size as u64), true))
}

/// The size of the file, or block device, now, in bytes.
pub fn file_size(file: &File) -> Result<u64> {
    let stat = rustix::fs::fstat(file).in_call("fstat")?;
    match FileType::from_raw_mode(stat.st_mode as _) {
        // For fstat its size is 0.
        FileType::BlockDevice => device_size(file),
        _ => Ok(stat.st_size as u64),
    }
}

/// The size of a block device. Its end is not sought, since the position of a descriptor may be a caller's too.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn device_size(file: &File) -> Result<u64> {
    use rustix::ioctl::{Getter, ioctl, opcode};
    /// BLKGETSIZE64 of linux/fs.h. Its name says size_t, but the kernel writes 64 bits everywhere.
    const GET_SIZE: rustix::ioctl::Opcode = opcode::read::<usize>(0x12, 114);
    // SAFETY: what the kernel writes for this number is one u64.
    let request = unsafe { Getter::<GET_SIZE, u64>::new() };
    // SAFETY: as above.
    unsafe { ioctl(file, request) }.in_call("ioctl")
}

/// Only Linux has one call for it. The position of the descriptor is put back.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn device_size(file: &File) -> Result<u64> {
    use rustix::fs::{SeekFrom, seek, tell};
    let before = tell(file).in_call("lseek")?;
    let size = seek(file, SeekFrom::End(0)).in_call("lseek")?;
    seek(file, SeekFrom::Start(before)).in_call("lseek")?;
    Ok(size)
}

/// As `read_at`, but without waiting for a disk: `false` if not all bytes are in the page cache (RWF_NOWAIT of preadv2(2)).
///
/// # Safety
/// `target` is writable for `len` bytes.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub unsafe fn read_at_once(file: &File, at: u64, target: *mut u8, len: usize) -> bool {
    // By rustix, which calls the kernel itself: musl has this function from 1.2.5 on, and glibc from 2.26.
    // SAFETY: by this function's contract.
    let target = unsafe { slice::from_raw_parts_mut(target, len) };
    let mut parts = [io::IoSliceMut::new(target)];
    let flags = rustix::io::ReadWriteFlags::NOWAIT;
    rustix::io::preadv2(file, &mut parts, at, flags).is_ok_and(|read| read == len)
}

/// The other systems do not tell.
///
/// # Safety
/// This does nothing; the signature is Linux's.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub unsafe fn read_at_once(_file: &File, _at: u64, _target: *mut u8, _len: usize) -> bool {
    false
}

/// Reads `len` bytes at the offset `at` of the file, with one pread(2). `false`: fewer came, or none.
///
/// # Safety
/// `[start, start + len)` may be written to.
pub unsafe fn read_at(file: &File, at: u64, start: *mut u8, len: usize) -> bool {
    // SAFETY: by this function's contract; nothing is read from it.
    let target = unsafe { slice::from_raw_parts_mut(start.cast::<MaybeUninit<u8>>(), len) };
    rustix::io::pread(file, target, at).is_ok_and(|(read, _)| read.len() == len)
}

/// Opens the file at `path`. The answer beside it says whether this call made the file.
pub fn open(path: &[u8], opening: OpenMode) -> Result<(File, bool)> {
    let path = Path::new(OsStr::from_bytes(path));
    // NONBLOCK: a FIFO must not make this wait. CLOEXEC: no child process inherits the descriptor.
    let base = OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let flags = base | if opening.write { OFlags::RDWR } else { OFlags::RDONLY };
    let attempt = |path: &Path, flags| {
        rustix::io::retry_on_intr(|| rustix::fs::open(path, flags, Mode::from_raw_mode(0o666)))
            .map(File::from)
            // ENXIO is what open(2) answers for a socket.
            .map_err(|errno| io::Error::from(if errno == Errno::NXIO { Errno::NODEV } else { errno }))
    };
    if !opening.create {
        return attempt(path, flags).in_call("open").map(|file| (file, false));
    }
    let new = flags | OFlags::CREATE | OFlags::EXCL;
    open_or_make(path, |path, make| attempt(path, if make { new } else { flags })).in_call("open")
}

/// The device and the inode of a file, by which it is known again if another one takes its path. `None`: not known.
pub type Identity = Option<(u64, u64)>;

fn identity_of(data: &Metadata) -> Identity {
    Some((data.dev(), data.ino()))
}

pub fn identity(file: &File) -> Identity {
    identity_of(&file.metadata().ok()?)
}

/// That of the file that `path` leads to, through symbolic links.
pub fn identity_at(path: &Path) -> io::Result<Identity> {
    path.metadata().map(|data| identity_of(&data))
}

/// Whether two descriptors are of the same file. `None`: that cannot be told.
pub fn is_same_file(one: &File, other: &File) -> Option<bool> {
    Some(identity(one)? == identity(other)?)
}

/// Removes the file that `open` made, if the path still leads to it. Symbolic links on the way to it stay.
pub fn remove(path: &[u8], identity: Identity) {
    let Ok(path) = Path::new(OsStr::from_bytes(path)).canonicalize() else { return };
    if identity.is_some() && identity_at(&path).is_ok_and(|there| there == identity) {
        let _ = std::fs::remove_file(path);
    }
}

/// Whether growing the file to `to` bytes would exceed this process's limit of file sizes (RLIMIT_FSIZE). The system
/// would send SIGXFSZ then, which ends a host that does not ignore it (Deno does not), so the caller must not try.
pub(super) fn exceeds_size_limit(file: &File, to: u64) -> bool {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Fsize).current;
    limit.is_some_and(|limit| to > limit) && file_size(file).is_ok_and(|size| size < to)
}

/// Sets the size of the file (ftruncate(2)). New bytes are a hole.
pub fn set_size(file: &File, size: u64) -> Result<()> {
    if exceeds_size_limit(file, size) {
        return Err(Errno::FBIG).in_call("ftruncate");
    }
    rustix::io::retry_on_intr(|| rustix::fs::ftruncate(file, size)).in_call("ftruncate")
}

/// Whether the file's volume can go away in a way that no fault handler can answer. The handlers of Unix can.
pub fn is_removable(_file: &File) -> bool {
    false
}
