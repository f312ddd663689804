//! One mapping: made from a descriptor, a path or nothing; resized, flushed, advised, named, closed.

mod access;
mod resize;
pub mod scan;

use std::fs::File;
use std::io;
use std::sync::atomic::AtomicU8;
use std::sync::{Arc, MutexGuard};

use crate::fault::{GuardedMapping, Reason};
use crate::map_limit::{self, LimitReached};
use crate::os::{self, Advice, InCall, OpenMode, RawMap, SystemError};
use crate::region::{self, Region};
use crate::request::{Access, Plan, Refusal, Request, Source};
use crate::sync::Mutex;

/// Why something failed.
#[derive(Debug)]
pub enum Error {
    Refused(Refusal),
    System(SystemError),
    /// A state that forbids it: code and text of the JavaScript error.
    Coded(&'static str, String),
    /// Bytes that the file no longer has, or that could not be read: where in the file.
    Fault {
        reason: Reason,
        offset: u64,
    },
    /// So many mappings that the system would soon refuse the next one to everybody.
    MapLimit(LimitReached),
}

pub type Result<T> = std::result::Result<T, Error>;

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<LimitReached> for Error {
    fn from(crowd: LimitReached) -> Self {
        Self::MapLimit(crowd)
    }
}

impl From<SystemError> for Error {
    fn from(failed: SystemError) -> Self {
        if os::is_busy(&failed.source) {
            return Self::Coded(
                "ERR_MMAP_BUSY",
                format!("The system refuses it while others use the mapping: {}", failed.source),
            );
        }
        Self::System(failed)
    }
}

/// Where the bytes come from.
#[derive(Debug)]
enum Origin {
    Anonymous,
    Named(String),
    /// `regular`: its length changes by truncation alone.
    File {
        regular: bool,
    },
}

impl Origin {
    fn is_regular(&self) -> bool {
        matches!(self, Self::File { regular: true } | Self::Named(_))
    }
}

struct Open {
    region: Arc<Region>,
    file: Option<Arc<File>>,
}

pub struct Mapping {
    /// `None`: closed.
    open: Mutex<Option<Open>>,
    origin: Origin,
    plan: Plan,
    /// Whether a descriptor was to be kept.
    tracked: bool,
    made: Made,
    peeks: AtomicU8,
}

/// How many small reads of a mapping go through its descriptor, and how small they are.
const PEEKS: u8 = 8;
const PEEK_BYTES: usize = 4096;

/// What the file owes to being mapped.
enum Made {
    Nothing,
    /// It was made longer.
    Longer {
        before: u64,
        after: u64,
    },
    /// It was made, at this path.
    File(Vec<u8>, os::Identity),
}

fn closed() -> Error {
    Error::Coded("ERR_MMAP_CLOSED", "The mapping is closed".into())
}

/// Maps, unless that might take the host its last mapping.
fn admitted(map: impl FnOnce() -> os::Result<RawMap>) -> Result<RawMap> {
    map_limit::reserve(1, region::live())?;
    Ok(map()?)
}

/// The region of a new mapping, guarded where that was asked for. `file`: what is kept of its file.
fn enclose(held: RawMap, plan: &Plan, origin: &Origin, file: Option<&Arc<File>>) -> Result<Region> {
    let region = Region::new(held, plan.slack, plan.length);
    let (read_only, sized) = (plan.access == Access::Read, origin.is_regular());
    // Memory of our own ends nowhere.
    if !plan.guard || (matches!(origin, Origin::Anonymous) && !read_only) {
        return Ok(region);
    }
    let private = matches!(origin, Origin::Anonymous) || os::is_private_mapping(plan, sized);
    let guarded = GuardedMapping { offset: plan.file_offset, sized, read_only, private };
    region.guarded(guarded, file.cloned()).ok_or_else(|| {
        let source = io::Error::from(io::ErrorKind::OutOfMemory);
        Error::System(SystemError { call: "mmap", source })
    })
}

impl Mapping {
    /// Python's `mmap.mmap(fileno, length, ...)`. `fd` -1: anonymous memory, named if there is a `name`.
    pub fn from_fd(fd: i32, request: &Request, track: bool, name: Option<String>) -> Result<Self> {
        let system = os::system();
        request.check_flags(&system)?;
        if fd != -1 {
            let file = os::borrow_fd(fd)?;
            let (source, regular) = os::source(&file)?;
            let plan = request.plan(source, &system)?;
            // The duplicate comes first, as in Python: what cannot be tracked is not mapped.
            let own = if track { Some(Arc::new(file.try_clone().in_call("dup")?)) } else { None };
            return Self::over_file(&file, own, plan, regular, source, name.as_deref());
        }
        let plan = request.plan(Source::Anonymous, &system)?;
        let (held, file, origin) = match name {
            Some(name) => {
                map_limit::reserve(1, region::live())?;
                let (held, file) = os::map_named(&name, &plan)?;
                (held, file.filter(|_| track).map(Arc::new), Origin::Named(name))
            }
            None => (admitted(|| os::map_anonymous(&plan))?, None, Origin::Anonymous),
        };
        let region = enclose(held, &plan, &origin, file.as_ref())?;
        Ok(Self::new(region, file, origin, plan, track))
    }

    /// Opens `path` and maps it. What it made or lengthened is as it was again if it fails.
    pub fn open(path: &[u8], request: &Request, create: bool) -> Result<Self> {
        let system = os::system();
        let write = request.effective_access(&system) == Access::Write;
        let (file, created) = os::open(path, OpenMode { write, create })?;
        let identity = os::identity(&file);
        let mapping = Self::over_opened(file, request);
        if !created {
            return mapping;
        }
        match mapping {
            Ok(mapping) => Ok(Self { made: Made::File(path.to_vec(), identity), ..mapping }),
            Err(error) => {
                os::remove(path, identity);
                Err(error)
            }
        }
    }

    fn over_opened(file: File, request: &Request) -> Result<Self> {
        let (source, regular) = os::mappable(&file)?;
        let plan = request.plan(source, &os::system())?;
        let file = Arc::new(file);
        Self::over_file(&file, Some(Arc::clone(&file)), plan, regular, source, None)
    }

    fn over_file(
        file: &File,
        own: Option<Arc<File>>,
        plan: Plan,
        regular: bool,
        source: Source,
        name: Option<&str>,
    ) -> Result<Self> {
        let before = match source {
            Source::Sized(size) => size,
            Source::Anonymous | Source::Unsized => 0,
        };
        if let Some(end) = plan.extend_to {
            os::reserve(file, before, end)?;
        }
        let held = match name {
            Some(name) => admitted(|| os::map_named_file(file, &plan, name)),
            None if plan.length == 0 && matches!(source, Source::Sized(_)) => Ok(RawMap::Empty),
            None => admitted(|| os::map_file(file, &plan, regular)),
        };
        if held.is_err() && plan.extend_to.is_some() {
            let _ = os::set_size(file, before);
        }
        let origin = Origin::File { regular };
        let region = enclose(held?, &plan, &origin, own.as_ref())?;
        let tracked = own.is_some();
        let made = plan.extend_to.map_or(Made::Nothing, |after| Made::Longer { before, after });
        Ok(Self { made, ..Self::new(region, own, origin, plan, tracked) })
    }

    fn new(region: Region, file: Option<Arc<File>>, origin: Origin, plan: Plan, tracked: bool) -> Self {
        let region = Arc::new(region);
        Self {
            open: Mutex::new(Some(Open { region, file })),
            origin,
            plan,
            tracked,
            made: Made::Nothing,
            peeks: AtomicU8::new(0),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock()
    }

    /// The bytes, held: they stay addressable until the answer is dropped, also over a close.
    pub fn region(&self) -> Result<Arc<Region>> {
        self.lock().as_ref().map(|open| Arc::clone(&open.region)).ok_or_else(closed)
    }

    fn parts(&self) -> Result<(Arc<Region>, Option<Arc<File>>)> {
        let open = self.lock();
        let open = open.as_ref().ok_or_else(closed)?;
        Ok((Arc::clone(&open.region), open.file.clone()))
    }

    fn is_regular(&self) -> bool {
        self.origin.is_regular()
    }

    /// The size of the file now; of anonymous and named memory, the length.
    pub fn size(&self) -> Result<u64> {
        let (region, file) = self.parts()?;
        if !self.tracked {
            return Err(no_descriptor("size"));
        }
        match (&self.origin, file) {
            (Origin::File { .. }, Some(file)) => Ok(os::file_size(&file)?),
            _ => Ok(region.length() as u64),
        }
    }

    /// Writes changed pages back. Nothing to do unless stores reach a file.
    pub fn flush(&self, start: usize, len: usize, flags: i32) -> Result<()> {
        let (region, file) = self.parts()?;
        if self.plan.access != Access::Write {
            return Ok(());
        }
        // What a shrinking resize() has cut off meanwhile is not there to be written.
        let len = len.min(region.length().saturating_sub(start));
        region.flush(start, len, file.as_deref(), flags)?;
        self.verify(&region, start, len)
    }

    /// madvise. `true`: the system heard.
    pub fn advise(&self, advice: &Advice, start: usize, len: usize) -> Result<bool> {
        let refused = |text| Error::Coded("ERR_INVALID_ARG_VALUE", format!("The argument 'advice' {text}"));
        let Some(number) = os::advice_number(advice).map_err(refused)? else {
            return Ok(false);
        };
        let region = self.region()?;
        // Of the whole too: it may have been one with its neighbours.
        map_limit::reserve(2, region::live())?;
        Ok(region.advise(start, len, number)?)
    }

    /// Names anonymous memory for whoever reads /proc/PID/maps.
    pub fn set_name(&self, name: &str) -> Result<()> {
        if !matches!(self.origin, Origin::Anonymous) {
            let source = io::Error::new(io::ErrorKind::InvalidInput, "only anonymous memory has a name");
            return Err(Error::System(SystemError { call: "prctl", source }));
        }
        Ok(self.region()?.set_name(name)?)
    }

    /// Takes effect before it returns: the bytes read zeros for whoever still holds them, the file is let go.
    /// `false`: it was closed already.
    pub fn close(&self) -> bool {
        let Some(Open { region, file }) = self.lock().take() else {
            return false;
        };
        retire(region);
        drop(file);
        true
    }

    /// Closes a mapping that nobody saw, and takes back what it did to the file.
    pub fn undo(&self) {
        let Some(Open { region, file }) = self.lock().take() else { return };
        drop(region);
        match (&self.made, file) {
            // Another size is somebody else's by now.
            (Made::Longer { before, after }, Some(file)) if os::file_size(&file).ok() == Some(*after) => {
                let _ = os::set_size(&file, *before);
            }
            (Made::File(path, identity), file) => {
                drop(file);
                os::remove(path, *identity);
            }
            _ => {}
        }
    }

    /// Whether it is closed, or was let go.
    pub fn is_closed(&self) -> bool {
        self.lock().is_none()
    }

    /// The object was collected: unlike `close`, an ArrayBuffer that outlives it keeps its bytes.
    pub fn let_go(&self) {
        let Some(Open { region, file }) = self.lock().take() else { return };
        // Descriptors are few.
        if region::is_shared(&region)
            && let Some(guard) = region.guard()
        {
            guard.release_file();
        }
        drop(region);
        drop(file);
    }
}

/// Unmaps at once, or, while somebody still holds the addresses, leaves zeros there.
fn retire(region: Arc<Region>) {
    if let Err(held) = Arc::try_unwrap(region).map(drop) {
        held.revoke();
    }
}

fn no_descriptor(what: &str) -> Error {
    Error::Coded(
        "ERR_MMAP_NO_DESCRIPTOR",
        format!("{what}() needs the descriptor, which trackfd: false did not keep"),
    )
}
