//! Named memory: POSIX shared memory objects.

use std::fs::File;
use std::io;

use rustix::io::Errno;

use crate::os::{InCall, RawMap, Result};
use crate::request::Plan;

/// The name of the shared memory object: shm_open(3) wants one slash, at its beginning.
#[cfg(not(target_os = "android"))]
fn object_name(name: &str) -> String {
    format!("/{}", name.trim_start_matches('/'))
}

/// Removes the name; who has the memory mapped keeps it. `false`: there was no such name.
#[cfg(not(target_os = "android"))]
pub fn unlink_named(name: &str) -> Result<bool> {
    match rustix::shm::unlink(object_name(name)) {
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

/// Maps the shared memory object `/name`, which is made and sized if there is none. The answer beside it is its file.
#[cfg(not(target_os = "android"))]
pub fn map_named(name: &str, plan: &Plan) -> Result<(RawMap, Option<File>)> {
    use super::{map_file, reserve};
    use rustix::fs::Mode;
    use rustix::shm;
    let object = object_name(name);
    let mode = Mode::RUSR | Mode::WUSR;
    let created = shm::open(&object, shm::OFlags::RDWR | shm::OFlags::CREATE | shm::OFlags::EXCL, mode);
    let (fd, new) = match created {
        Ok(fd) => (fd, true),
        Err(Errno::EXIST) => (shm::open(&object, shm::OFlags::RDWR, mode).in_call("shm_open")?, false),
        Err(errno) => return Err(errno).in_call("shm_open"),
    };
    let file = File::from(fd);
    let size = file.metadata().in_call("fstat")?.len();
    let wanted = plan.file_offset + (plan.slack + plan.length) as u64;
    // Two processes may make it at the same time. Each that finds it empty sets its size, and each asks for a size.
    let sized = if size == 0 { reserve(&file, 0, wanted) } else { Ok(()) };
    let sized = sized.and_then(|()| {
        if size != 0 && size < wanted { Err(io::Error::from(Errno::INVAL)).in_call("mmap") } else { Ok(()) }
    });
    let map = sized.and_then(|()| map_file(&file, plan, true));
    if map.is_err() && new {
        let _ = shm::unlink(&object);
    }
    Ok((map?, Some(file)))
}

/// Android has no POSIX shared memory.
#[cfg(target_os = "android")]
pub fn map_named(_name: &str, _plan: &Plan) -> Result<(RawMap, Option<File>)> {
    Err(io::Error::from(Errno::NOSYS)).in_call("shm_open")
}

/// A tag name together with a file is Windows' alone; on Unix a file is shared by its path.
pub fn map_named_file(_file: &File, _plan: &Plan, _name: &str) -> Result<RawMap> {
    Err(io::Error::from(Errno::INVAL)).in_call("shm_open")
}

/// Whether named memory of that name exists. Only Windows asks, since named memory is a file here and can be resized.
pub fn section_exists(_name: &str) -> bool {
    true
}

/// Whether memory can have this name. The error says what was expected.
pub fn check_memory_name(name: &str) -> std::result::Result<(), &'static str> {
    let bare = name.trim_start_matches('/');
    match () {
        () if bare.is_empty() => Err("a name that is not empty"),
        () if bare.contains(['/', '\0']) => Err("a name without a slash and without a null byte"),
        () => Ok(()),
    }
}
