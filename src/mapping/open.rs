//! Making a mapping: of a descriptor, of a path, of memory.

use std::fs::File;
use std::sync::Arc;

use super::place::new_region;
use super::record::Record;
use super::rollback::Rollback;
use super::{Handle, Origin, Result, Source};
use crate::os::{self, InCall, OpenMode};
use crate::request::{self, Access, Plan, Request};

/// A file to map, and what is known of it.
struct Opened<'a> {
    file: &'a File,
    /// The descriptor that the mapping keeps.
    kept: Option<Arc<File>>,
    source: request::Source,
    regular: bool,
}

impl Handle {
    /// Python's `mmap.mmap(fileno, length, ...)`: maps an open file, or with the descriptor -1 memory. `tagname`: of the
    /// memory; on Windows also of the section that a file is mapped through. `track`: keeps a duplicate of the descriptor.
    pub fn from_descriptor(fd: i32, request: &Request, track: bool, tagname: Option<String>) -> Result<Self> {
        let system = os::system();
        request.check_flags(&system)?;
        if fd == -1 {
            let plan = request.plan(request::Source::Anonymous, &system)?;
            return match tagname {
                Some(name) => Self::of_named_memory(name, plan, track),
                None => Self::of_memory(plan, track),
            };
        }
        let file = os::borrow_fd(fd)?;
        let (source, regular) = os::source(&file)?;
        let plan = request.plan(source, &system)?;
        // Before the file is mapped, as in Python: what cannot be tracked is not mapped.
        let kept = if track { Some(Arc::new(file.try_clone().in_call("dup")?)) } else { None };
        let opened = Opened { file: &file, kept, source, regular };
        Ok(Self::first(record_of_file(opened, plan, tagname)?))
    }

    /// Opens `path` and maps it. If that fails, a file that this made is removed, and one that it made longer is as long
    /// as before.
    pub fn open(path: &[u8], request: &Request, create: bool) -> Result<Self> {
        let write = request.effective_access(&os::system()) == Access::Write;
        let (file, created) = os::open(path, OpenMode { write, create })?;
        let identity = os::identity(&file);
        match record_of_path(file, request) {
            Ok(record) if created => {
                Ok(Self::first(record.with_rollback(Rollback::Remove(path.to_vec(), identity))))
            }
            Ok(record) => Ok(Self::first(record)),
            Err(error) => {
                if created {
                    os::remove(path, identity);
                }
                Err(error)
            }
        }
    }

    fn of_memory(plan: Plan, tracked: bool) -> Result<Self> {
        let source = Source { origin: Origin::Anonymous, plan };
        let region = new_region(&source, None, None)?;
        Ok(Self::first(Record::new(source, region, None, tracked, Rollback::Nothing)))
    }

    fn of_named_memory(name: String, plan: Plan, tracked: bool) -> Result<Self> {
        let opened = os::open_named(&name, &plan)?;
        let source = Source { origin: Origin::Named(name), plan };
        let Some(named) = opened else {
            let region = new_region(&source, None, None)?;
            return Ok(Self::first(Record::new(source, region, None, tracked, Rollback::Nothing)));
        };
        let kept = tracked.then(|| Arc::clone(&named.file));
        match new_region(&source, Some(&named.file), kept.as_ref()) {
            Ok(region) => Ok(Self::first(Record::new(source, region, kept, tracked, Rollback::Nothing))),
            Err(error) => {
                named.undo();
                Err(error)
            }
        }
    }
}

/// `file` was opened by us alone.
fn record_of_path(file: File, request: &Request) -> Result<Record> {
    let (source, regular) = os::mappable(&file)?;
    let plan = request.plan(source, &os::system())?;
    let file = Arc::new(file);
    record_of_file(Opened { file: &file, kept: Some(Arc::clone(&file)), source, regular }, plan, None)
}

fn record_of_file(opened: Opened<'_>, plan: Plan, section: Option<String>) -> Result<Record> {
    let Opened { file, kept, source, regular } = opened;
    let (before, sized) = match source {
        request::Source::Sized(size) => (size, true),
        request::Source::Anonymous | request::Source::Unsized => (0, false),
    };
    if let Some(end) = plan.extend_to {
        os::reserve(file, before, end)?;
    }
    let source = Source { origin: Origin::File { regular, sized, section }, plan };
    match new_region(&source, Some(file), kept.as_ref()) {
        Ok(region) => {
            let tracked = kept.is_some();
            let rollback =
                plan.extend_to.map_or(Rollback::Nothing, |after| Rollback::Shorten { before, after });
            Ok(Record::new(source, region, kept, tracked, rollback))
        }
        Err(error) => {
            if let Some(after) = plan.extend_to {
                os::take_back(file, before, after);
            }
            Err(error)
        }
    }
}
