//! One mapping: made from a descriptor, a path or nothing; resized, flushed, advised, named, closed.

use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::os::{self, Advice, Failed, Held, Named, Opening};
use crate::region::{self, Region};
use crate::request::{Access, Plan, Refusal, Request, Source};

/// Why something failed.
#[derive(Debug)]
pub enum Error {
    Refused(Refusal),
    System(Failed),
    /// A state that forbids it: code and text of the JavaScript error.
    Coded(&'static str, String),
    /// So many mappings that the system would soon refuse the next one to everybody.
    Crowded {
        live: usize,
        limit: usize,
    },
}

pub type Result<T> = std::result::Result<T, Error>;

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Failed> for Error {
    fn from(failed: Failed) -> Self {
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

struct Open {
    region: Arc<Region>,
    file: Option<Arc<File>>,
}

pub struct Mapping {
    /// `None`: closed.
    open: Mutex<Option<Open>>,
    origin: Origin,
    plan: Plan,
}

fn closed() -> Error {
    Error::Coded("ERR_MMAP_CLOSED", "The mapping is closed".into())
}

/// Leaves the host room for maps of its own: V8 aborts the process when the kernel refuses it one.
fn check_crowd() -> Result<()> {
    let limit = os::mappings_limit();
    let (limit, live) = (limit - limit / 8, region::live());
    if live >= limit { Err(Error::Crowded { live, limit }) } else { Ok(()) }
}

impl Mapping {
    /// Python's `mmap.mmap(fileno, length, ...)`. `fd` -1: anonymous memory, named if there is a `name`.
    pub fn from_fd(fd: i32, request: &Request, track: bool, name: Option<String>) -> Result<Self> {
        check_crowd()?;
        let system = os::system();
        request.check_flags(&system)?;
        if fd != -1 {
            let file = os::lend(fd)?;
            let (source, regular) = os::source(&file)?;
            let plan = request.plan(source, &system)?;
            // The duplicate comes first, as in Python: what cannot be tracked is not mapped.
            let own = if track { Some(Arc::new(file.try_clone().named("dup")?)) } else { None };
            return Self::over_file(&file, own, plan, regular, source, name.as_deref());
        }
        let plan = request.plan(Source::Anonymous, &system)?;
        let (held, file, origin) = match name {
            Some(name) => {
                let (held, file) = os::map_named(&name, &plan)?;
                (held, file.filter(|_| track).map(Arc::new), Origin::Named(name))
            }
            None => (os::map_anonymous(&plan)?, None, Origin::Anonymous),
        };
        let region = Region::new(held, plan.slack, plan.length);
        Ok(Self::new(region, file, origin, plan))
    }

    /// Opens `path` and maps it. What it made or lengthened is as it was again if it fails.
    pub fn open(path: &[u8], request: &Request, create: bool) -> Result<Self> {
        check_crowd()?;
        let system = os::system();
        let write = request.effective_access(&system) == Access::Write;
        let (file, created) = os::open(path, Opening { write, create })?;
        let mapping = Self::over_opened(file, request);
        if mapping.is_err() && created {
            os::remove(path);
        }
        mapping
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
            Some(name) => os::map_named_file(file, &plan, name),
            None if plan.length == 0 && matches!(source, Source::Sized(_)) => Ok(Held::Empty),
            None => os::map_file(file, &plan, regular),
        };
        if held.is_err() && plan.extend_to.is_some() {
            let _ = os::set_size(file, before);
        }
        let region = Region::new(held?, plan.slack, plan.length);
        Ok(Self::new(region, own, Origin::File { regular }, plan))
    }

    fn new(region: Region, file: Option<Arc<File>>, origin: Origin, plan: Plan) -> Self {
        let region = Arc::new(region);
        Self { open: Mutex::new(Some(Open { region, file })), origin, plan }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// Refuses what would change the bytes of a read-only mapping.
    pub fn writable(&self) -> Result<Arc<Region>> {
        if self.plan.access == Access::Read {
            return Err(Error::Coded("ERR_MMAP_READ_ONLY", "The mapping is read-only".into()));
        }
        self.region()
    }

    /// The size of the file now; of anonymous and named memory, the length.
    pub fn size(&self) -> Result<u64> {
        let (region, file) = self.parts()?;
        match (&self.origin, file) {
            (Origin::File { .. }, Some(file)) => Ok(os::file_size(&file)?),
            (Origin::File { .. }, None) => Err(no_descriptor("size")),
            (Origin::Anonymous | Origin::Named(_), _) => Ok(region.length() as u64),
        }
    }

    /// Writes changed pages back. Nothing to do unless stores reach a file.
    pub fn flush(&self, start: usize, len: usize, flags: i32) -> Result<()> {
        let (region, file) = self.parts()?;
        if self.plan.access != Access::Write {
            return Ok(());
        }
        Ok(region.flush(start, len, file.as_deref(), flags)?)
    }

    /// madvise. `true`: the system heard.
    pub fn advise(&self, advice: &Advice, start: usize, len: usize) -> Result<bool> {
        let refused = |text| Error::Coded("ERR_INVALID_ARG_VALUE", format!("The argument 'advice' {text}"));
        let Some(number) = os::advice_number(advice).map_err(refused)? else {
            return Ok(false);
        };
        Ok(self.region()?.advise(start, len, number)?)
    }

    /// Names anonymous memory for whoever reads /proc/PID/maps.
    pub fn set_name(&self, name: &str) -> Result<()> {
        if !matches!(self.origin, Origin::Anonymous) {
            let source = io::Error::new(io::ErrorKind::InvalidInput, "only anonymous memory has a name");
            return Err(Error::System(Failed { call: "prctl", source }));
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

    /// Whether it is closed, or was let go.
    pub fn is_closed(&self) -> bool {
        self.lock().is_none()
    }

    /// The object was collected: unlike `close`, an ArrayBuffer that outlives it keeps its bytes.
    pub fn let_go(&self) {
        let open = self.lock().take();
        drop(open);
    }

    /// Gives the mapping, and its file, another length. If it fails, both are as they were.
    pub fn resize(&self, length: u64, reserve: bool) -> Result<()> {
        let mut open = self.lock();
        let open = open.as_mut().ok_or_else(closed)?;
        if self.plan.access != Access::Write {
            let text = "A read-only or copy-on-write mapping cannot be resized";
            return Err(Error::Coded("ERR_MMAP_READ_ONLY", text.into()));
        }
        let whole = length.checked_add(self.plan.slack as u64).and_then(|whole| isize::try_from(whole).ok());
        let end = whole.and_then(|whole| self.plan.file_offset.checked_add(whole as u64));
        let Some(end) = end.filter(|_| length > 0) else {
            return Err(Refusal::TooLong { length }.into());
        };
        let plan = Plan { length: length as usize, extend_to: None, ..self.plan };
        match &self.origin {
            Origin::Anonymous => self.resize_memory(open, &plan),
            Origin::Named(name) if !os::NAMED_IS_FILE => resize_section(open, name, &plan),
            Origin::File { .. } | Origin::Named(_) => self.resize_file(open, &plan, end, reserve),
        }
    }

    fn is_private(&self) -> bool {
        self.plan.raw.is_some_and(os::is_private)
    }

    fn resize_memory(&self, open: &mut Open, plan: &Plan) -> Result<()> {
        // Linux grows a shared anonymous mapping beyond its object (kernel bug 8691): private ones alone stay.
        let shrinks = plan.length <= open.region.length();
        if (self.is_private() || shrinks) && in_place(open, plan.length) {
            return Ok(());
        }
        let region = Region::new(os::map_anonymous(plan)?, plan.slack, plan.length);
        region.carry(&open.region);
        replace(open, region);
        Ok(())
    }

    fn resize_file(&self, open: &mut Open, plan: &Plan, end: u64, reserve: bool) -> Result<()> {
        let file = open.file.clone().ok_or_else(|| no_descriptor("resize"))?;
        let size = os::file_size(&file)?;
        if end < size && !os::TRUNCATES_MAPPED {
            return self.truncate_unmapped(open, plan, &file, end);
        }
        if end > size {
            if reserve { os::reserve(&file, size, end)? } else { os::set_size(&file, end)? }
        }
        if plan.length > open.region.length() && end >= size && in_place(open, plan.length) {
            return Ok(());
        }
        let made = self.map_again(&file, plan).map(|held| Region::new(held, plan.slack, plan.length));
        let region = match made {
            Ok(region) => region,
            Err(failed) => {
                if end > size {
                    let _ = os::set_size(&file, size);
                }
                return Err(failed.into());
            }
        };
        if self.is_private() {
            region.carry(&open.region);
        }
        if end < size {
            os::set_size(&file, end)?;
        }
        replace(open, region);
        Ok(())
    }

    fn map_again(&self, file: &File, plan: &Plan) -> os::Result<Held> {
        os::map_file(file, plan, matches!(self.origin, Origin::File { regular: true }))
    }

    /// Where a mapped file cannot be made shorter: unmap, shorten, map. Only while nobody else holds the bytes.
    fn truncate_unmapped(&self, open: &mut Open, plan: &Plan, file: &File, end: u64) -> Result<()> {
        if region::is_shared(&open.region) {
            let text =
                "This system cannot shorten a file while views of its mapping live, or jobs work on it";
            return Err(Error::Coded("ERR_MMAP_BUSY", text.into()));
        }
        let length = open.region.length();
        open.region = Arc::new(Region::new(Held::Empty, 0, 0));
        let shortened = os::set_size(file, end);
        let plan = if shortened.is_ok() { *plan } else { Plan { length, extend_to: None, ..self.plan } };
        let held = self.map_again(file, &plan)?;
        open.region = Arc::new(Region::new(held, plan.slack, plan.length));
        Ok(shortened?)
    }
}

/// A named section cannot change its size: its bytes move to a new one of the name, unless others have it open.
fn resize_section(open: &mut Open, name: &str, plan: &Plan) -> Result<()> {
    let busy = || Error::Coded("ERR_MMAP_BUSY", format!("The named memory '{name}' is open elsewhere"));
    if region::is_shared(&open.region) {
        return Err(busy());
    }
    let length = open.region.length();
    let kept = open.region.look(0..length, <[u8]>::to_vec).unwrap_or_default();
    open.region = Arc::new(Region::new(Held::Empty, 0, 0));
    // If it is still there, others have it: it is opened again as it was.
    let exists = os::section_exists(name);
    let plan = if exists { Plan { length, ..*plan } } else { *plan };
    let (held, _) = os::map_named(name, &plan)?;
    let region = Region::new(held, plan.slack, plan.length);
    if exists {
        open.region = Arc::new(region);
        return Err(busy());
    }
    restore(&region, &kept);
    open.region = Arc::new(region);
    Ok(())
}

fn restore(region: &Region, bytes: &[u8]) {
    for (index, byte) in bytes.iter().enumerate().take(region.length()) {
        if *byte != 0 {
            region.set_byte(index, *byte);
        }
    }
}

/// Resizes without a new mapping where nobody else holds the old one and the system can.
fn in_place(open: &mut Open, length: usize) -> bool {
    // A refusal (several advised pieces, no address space) is no failure yet: a new mapping comes next.
    Arc::get_mut(&mut open.region)
        .and_then(|region| region.resize_in_place(length))
        .is_some_and(|done| done.is_ok())
}

fn replace(open: &mut Open, region: Region) {
    retire(std::mem::replace(&mut open.region, Arc::new(region)));
}

/// Unmaps at once, or, while somebody still holds the addresses, leaves zeros there.
fn retire(region: Arc<Region>) {
    if let Err(held) = Arc::try_unwrap(region).map(drop) {
        held.entomb();
    }
}

fn no_descriptor(what: &str) -> Error {
    Error::Coded(
        "ERR_MMAP_NO_DESCRIPTOR",
        format!("{what}() needs the descriptor, which trackfd: false did not keep"),
    )
}
