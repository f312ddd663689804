//! Memory by name: POSIX shared memory objects.

use std::fs::File;
use std::io;
use std::sync::Arc;

use rustix::io::Errno;

use super::super::{InCall, RawMap, Result};
#[cfg(not(target_os = "android"))]
use super::{file_size, reserve};
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

/// The file that named memory is, opened.
pub struct NamedFile {
    pub file: Arc<File>,
    /// Where it stands, if this call made it.
    path: Option<String>,
}

impl NamedFile {
    /// Takes the name away again if this call made it, since the memory could not be mapped.
    pub fn undo(self) {
        #[cfg(not(target_os = "android"))]
        if let Some(path) = self.path {
            let _ = rustix::shm::unlink(path);
        }
    }
}

/// The POSIX shared memory object `/name`, made and sized for the plan when it is not there yet.
#[cfg(not(target_os = "android"))]
pub fn open_named(name: &str, plan: &Plan) -> Result<Option<NamedFile>> {
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
    let named = NamedFile { file: Arc::new(File::from(fd)), path: new.then_some(path) };
    let wanted = plan.file_offset + (plan.slack + plan.length) as u64;
    let sized = match file_size(&named.file) {
        // Two processes may make it at once: whoever sees it empty sizes it, and both ask for a size.
        Ok(0) => reserve(&named.file, 0, wanted),
        Ok(size) if size < wanted => Err(io::Error::from(Errno::INVAL)).in_call("mmap"),
        Ok(_) => Ok(()),
        Err(error) => Err(error),
    };
    match sized {
        Ok(()) => Ok(Some(named)),
        Err(error) => {
            named.undo();
            Err(error)
        }
    }
}

/// Android has no POSIX shared memory.
#[cfg(target_os = "android")]
pub fn open_named(_name: &str, _plan: &Plan) -> Result<Option<NamedFile>> {
    Err(io::Error::from(Errno::NOSYS)).in_call("shm_open")
}

/// Named memory is a file here: see `open_named`.
pub fn map_section(_name: &str, _plan: &Plan) -> Result<RawMap> {
    Err(io::Error::from(Errno::INVAL)).in_call("shm_open")
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
