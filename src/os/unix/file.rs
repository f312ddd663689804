//! Files: descriptors, opening, sizes.

use std::ffi::OsStr;
use std::fs::File;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::slice;

use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;

use super::super::{InCall, OpenMode, Result};
use crate::request::Source;

/// A descriptor of the caller's, borrowed: dropping it closes nothing.
pub struct BorrowedFile(ManuallyDrop<File>);

impl std::ops::Deref for BorrowedFile {
    type Target = File;
    fn deref(&self) -> &File {
        &self.0
    }
}

/// The file behind a descriptor number.
pub fn borrow_fd(fd: i32) -> Result<BorrowedFile> {
    if fd < 0 {
        return Err(Errno::BADF).in_call("fstat");
    }
    // SAFETY: used for this one call, in which a number that names nothing is answered with EBADF.
    let borrowed = unsafe { BorrowedFd::borrow_raw(fd) };
    rustix::io::fcntl_getfd(borrowed).in_call("fstat")?;
    // SAFETY: it is open, as the line above saw; never closed from here, since it is never dropped.
    Ok(BorrowedFile(ManuallyDrop::new(unsafe { File::from_raw_fd(borrowed.as_raw_fd()) })))
}

/// What stands behind a descriptor, and whether it is a regular file.
pub fn source(file: &File) -> Result<(Source, bool)> {
    let stat = rustix::fs::fstat(file).in_call("fstat")?;
    match FileType::from_raw_mode(stat.st_mode as _) {
        FileType::RegularFile => regular(file, &stat),
        // Linux maps a TCP socket, and kills whoever reads the pages (tcp_mmap); what has no type may be the ring
        // of the host's own io_uring.
        FileType::Socket | FileType::Unknown => Err(Errno::NODEV).in_call("mmap"),
        _ => Ok((Source::Unsized, false)),
    }
}

/// As `source`, for a descriptor of our own that `open` made: refuses by name what cannot be mapped.
pub fn mappable(file: &File) -> Result<(Source, bool)> {
    let stat = rustix::fs::fstat(file).in_call("fstat")?;
    match FileType::from_raw_mode(stat.st_mode as _) {
        FileType::RegularFile => regular(file, &stat),
        FileType::Directory => Err(Errno::ISDIR).in_call("open"),
        // Its size is 0 for fstat; the position of this descriptor is nobody else's.
        FileType::BlockDevice => {
            let size = rustix::fs::seek(file, rustix::fs::SeekFrom::End(0)).in_call("lseek")?;
            Ok((Source::Sized(size), false))
        }
        FileType::CharacterDevice => Ok((Source::Unsized, false)),
        _ => Err(Errno::NODEV).in_call("open"),
    }
}

/// A regular file, unless it is made of huge pages: those are unmapped in whole ones alone, and a pool that runs dry
/// kills whoever touches the next.
fn regular(_file: &File, stat: &rustix::fs::Stat) -> Result<(Source, bool)> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        const HUGETLBFS_MAGIC: u64 = 0x9584_58f6;
        // Asked only where blocks are as large as its pages.
        let huge = stat.st_blksize as u64 > (1 << 16)
            && rustix::fs::fstatfs(_file)
                .is_ok_and(|system| system.f_type as u64 & 0xffff_ffff == HUGETLBFS_MAGIC);
        if huge {
            return Err(Errno::NODEV).in_call("mmap");
        }
    }
    Ok((Source::Sized(stat.st_size as u64), true))
}

/// The size of the file now, in bytes.
pub fn file_size(file: &File) -> Result<u64> {
    rustix::fs::fstat(file).in_call("fstat").map(|stat| stat.st_size as u64)
}

/// pread(2) of all `len` bytes. `false`: not all came.
///
/// # Safety
/// `[start, start + len)` may be written to.
pub unsafe fn read_at(file: &File, at: u64, start: *mut u8, len: usize) -> bool {
    // SAFETY: by this function's contract; nothing is read from it.
    let target = unsafe { slice::from_raw_parts_mut(start.cast::<MaybeUninit<u8>>(), len) };
    rustix::io::pread(file, target, at).is_ok_and(|(read, _)| read.len() == len)
}

/// Opens a path given as bytes; `true` beside it: this call made the file.
pub fn open(path: &[u8], opening: OpenMode) -> Result<(File, bool)> {
    let path = OsStr::from_bytes(path);
    // A FIFO must not make it wait; no child process inherits it.
    let base = OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let flags = base | if opening.write { OFlags::RDWR } else { OFlags::RDONLY };
    let attempt = |flags| {
        rustix::io::retry_on_intr(|| rustix::fs::open(path, flags, Mode::from_raw_mode(0o666)))
            .map(File::from)
    };
    loop {
        match attempt(flags) {
            Err(Errno::NOENT) if opening.create => match attempt(flags | OFlags::CREATE | OFlags::EXCL) {
                // Somebody else made it in between.
                Err(Errno::EXIST) => continue,
                made => return made.in_call("open").map(|file| (file, true)),
            },
            // What open(2) says of a socket.
            Err(Errno::NXIO) => return Err(Errno::NODEV).in_call("open"),
            opened => return opened.in_call("open").map(|file| (file, false)),
        }
    }
}

/// What tells a file from another of the same path: device and inode.
pub type Identity = Option<(u64, u64)>;

pub fn identity(file: &File) -> Identity {
    file.metadata().ok().map(|data| (data.dev(), data.ino()))
}

/// Takes back what `open` made, if that is still what stands there.
pub fn remove(path: &[u8], identity: Identity) {
    let path = OsStr::from_bytes(path);
    let there = std::fs::symlink_metadata(path).ok().map(|data| (data.dev(), data.ino()));
    if identity.is_some() && there == identity {
        let _ = std::fs::remove_file(path);
    }
}

/// Whether the file would become longer than this process may make one. The system sends SIGXFSZ then, which ends a
/// host that does not ignore it (Deno): so nobody lets it come to that.
fn outgrows_limit(file: &File, to: u64) -> bool {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Fsize).current;
    limit.is_some_and(|limit| to > limit) && file_size(file).is_ok_and(|size| size < to)
}

/// Makes the file `to` bytes long and reserves the blocks from `from` on, so that a full disk is ENOSPC here and
/// not a fault at a later store. Where the file system cannot reserve, the file is just extended.
pub fn reserve(file: &File, from: u64, to: u64) -> Result<()> {
    if outgrows_limit(file, to) {
        return Err(Errno::FBIG).in_call("fallocate");
    }
    let reserved = reserve_blocks(file, from, to);
    match reserved {
        Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL | Errno::NODEV) => set_size(file, to),
        Err(errno) => {
            // Some file systems leave what they got: the file is as it was again.
            if file_size(file).is_ok_and(|size| size != from) {
                let _ = set_size(file, from);
            }
            Err(errno).in_call("fallocate")
        }
        Ok(()) => Ok(()),
    }
}

#[cfg(not(any(
    target_vendor = "apple",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly"
)))]
fn reserve_blocks(file: &File, from: u64, to: u64) -> std::result::Result<(), Errno> {
    let mode = rustix::fs::FallocateFlags::empty();
    rustix::io::retry_on_intr(|| rustix::fs::fallocate(file, mode, from, to - from))
}

/// F_PREALLOCATE reserves behind the end of the file and leaves its size alone.
#[cfg(target_vendor = "apple")]
fn reserve_blocks(file: &File, from: u64, to: u64) -> std::result::Result<(), Errno> {
    let mode = rustix::fs::FallocateFlags::empty();
    rustix::fs::fallocate(file, mode, from, to - from)?;
    rustix::fs::ftruncate(file, to)
}

#[cfg(any(target_os = "netbsd", target_os = "openbsd", target_os = "dragonfly"))]
fn reserve_blocks(_file: &File, _from: u64, _to: u64) -> std::result::Result<(), Errno> {
    Err(Errno::OPNOTSUPP)
}

/// ftruncate(2).
pub fn set_size(file: &File, size: u64) -> Result<()> {
    if outgrows_limit(file, size) {
        return Err(Errno::FBIG).in_call("ftruncate");
    }
    rustix::io::retry_on_intr(|| rustix::fs::ftruncate(file, size)).in_call("ftruncate")
}
