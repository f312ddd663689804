//! Memory by name: POSIX shared memory objects.

use std::fs::File;
use std::io;

use rustix::io::Errno;

use super::super::{InCall, RawMap, Result};
use super::{map_file, reserve};
use crate::request::Plan;

/// Where the name of memory stands among POSIX shared memory objects.
#[cfg(not(target_os = "android"))]
fn memory_path(name: &str) -> String {
    format!("/{}", name.trim_start_matches('/'))
}

/// Takes a name away: whoever has the memory mapped keeps it. `false`: there was none.
#[cfg(not(target_os = "android"))]
pub fn unlink_named(name: &str) -> Result<bool> {
    match rustix::shm::unlink(memory_path(name)) {
        Ok(()) => Ok(true),
        Err(Errno::NOENT) => Ok(false),
        Err(errno) => Err(errno).in_call("shm_unlink"),
    }
}

/// Android has no POSIX shared memory.
#[cfg(target_os = "android")]
pub fn unlink_named(_name: &str) -> Result<bool> {
    Ok(false)
}

/// Named memory: the POSIX shared memory object `/name`, made and sized when it is not there yet.
#[cfg(not(target_os = "android"))]
pub fn map_named(name: &str, plan: &Plan) -> Result<(RawMap, Option<File>)> {
    use rustix::fs::Mode;
    use rustix::shm;
    let path = memory_path(name);
    let mode = Mode::RUSR | Mode::WUSR;
    let created = shm::open(&path, shm::OFlags::RDWR | shm::OFlags::CREATE | shm::OFlags::EXCL, mode);
    let (fd, new) = match created {
        Ok(fd) => (fd, true),
        Err(Errno::EXIST) => (shm::open(&path, shm::OFlags::RDWR, mode).in_call("shm_open")?, false),
        Err(errno) => return Err(errno).in_call("shm_open"),
    };
    let file = File::from(fd);
    let size = file.metadata().in_call("fstat")?.len();
    let wanted = plan.file_offset + (plan.slack + plan.length) as u64;
    // Two processes may make it at once: whoever sees it empty sizes it, and both ask for a size.
    let sized = if size == 0 { reserve(&file, 0, wanted) } else { Ok(()) };
    let sized = sized.and_then(|()| {
        if size != 0 && size < wanted { Err(io::Error::from(Errno::INVAL)).in_call("mmap") } else { Ok(()) }
    });
    let held = sized.and_then(|()| map_file(&file, plan, true));
    if held.is_err() && new {
        let _ = shm::unlink(&path);
    }
    Ok((held?, Some(file)))
}

/// Android has no POSIX shared memory.
#[cfg(target_os = "android")]
pub fn map_named(_name: &str, _plan: &Plan) -> Result<(RawMap, Option<File>)> {
    Err(io::Error::from(Errno::NOSYS)).in_call("shm_open")
}

/// A file has a name of its own here: the two are never given together.
pub fn map_named_file(_file: &File, _plan: &Plan, _name: &str) -> Result<RawMap> {
    Err(io::Error::from(Errno::INVAL)).in_call("shm_open")
}

/// Named memory is resized as the file that it is.
pub fn section_exists(_name: &str) -> bool {
    true
}

/// Whether `name` can name memory; what is wrong with it otherwise.
pub fn check_memory_name(name: &str) -> std::result::Result<(), &'static str> {
    let bare = name.trim_start_matches('/');
    match () {
        () if bare.is_empty() => Err("a name that is not empty"),
        () if bare.contains(['/', '\0']) => Err("a name without a slash and without a null byte"),
        () => Ok(()),
    }
}
