//! One mapping in the process.

use std::fs::File;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};
use std::sync::{Arc, MutexGuard, OnceLock};

use super::handle::IsViewed;
use super::rollback::Rollback;
use super::share::{self, Share};
use super::{Error, Origin, Result, Source};
use crate::os;
use crate::region::{self, Region, Revoked};
use crate::sync::Mutex;

/// How many small reads of a mapping go through its descriptor, see `Record::read`.
const PREADS: u8 = 8;

/// One mapping in the process: where its bytes come from, and, while anybody has it open, where they are. Whoever has it
/// open has a `Handle` on it.
pub struct Record {
    pub(super) source: Source,
    /// Whether the file's descriptor was to be kept.
    pub(super) tracked: bool,
    /// `None`: the last handle is closed.
    mapped: Mutex<Option<Mapped>>,
    rollback: Rollback,
    pub(super) preads_left: AtomicU8,
    /// Whether a late access to the mapping was reported, which is done once, whichever object's view it was.
    late_access_reported: OnceLock<Arc<AtomicBool>>,
    /// Set by the first `share`.
    pub(super) share: OnceLock<Box<Share>>,
    /// How many stray stores were discarded while several handles were open: each handle is told of them.
    strays: AtomicU32,
}

/// What a mapping has while it is open.
pub(super) struct Mapped {
    pub region: Arc<Region>,
    /// The file, unless its descriptor was not to be kept.
    pub file: Option<Arc<File>>,
    /// How many handles are open.
    handles: usize,
    /// How many of them have not been told of the last stray store.
    untold: usize,
}

/// What becomes of the views of bytes that a mapping no longer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Views {
    /// They are taken away. A pointer that somebody has kept leads to inaccessible pages.
    Detach,
    /// They read zeros.
    Zero,
    /// They keep the bytes.
    Keep,
}

impl Views {
    /// How the bytes are revoked. `None`: they are not.
    pub(super) fn revoked(self) -> Option<Revoked> {
        match self {
            Self::Detach => Some(Revoked::Inaccessible),
            Self::Zero => Some(Revoked::Zeros),
            Self::Keep => None,
        }
    }
}

impl Record {
    /// A mapping with one handle open.
    pub(super) fn new(
        source: Source,
        region: Region,
        file: Option<Arc<File>>,
        tracked: bool,
        rollback: Rollback,
    ) -> Self {
        let mapped = Mapped { region: Arc::new(region), file, handles: 1, untold: 0 };
        // Memory has no descriptor to read from, and what was stored into a private mapping is not in the file.
        let reads_file = source.is_file() && source.is_regular() && !source.keeps_stores();
        let preads_left = AtomicU8::new(if reads_file { PREADS } else { 0 });
        let mapped = Mutex::new(Some(mapped));
        let (late_access_reported, share, strays) = Default::default();
        Self { source, tracked, mapped, rollback, preads_left, late_access_reported, share, strays }
    }

    pub(super) fn with_rollback(self, rollback: Rollback) -> Self {
        Self { rollback, ..self }
    }

    /// The present region and file, which stay as they are until the guard is dropped.
    pub(super) fn lock(&self) -> MutexGuard<'_, Option<Mapped>> {
        self.mapped.lock()
    }

    /// Whether a late access to the mapping was reported.
    pub fn late_access_reported(&self) -> &Arc<AtomicBool> {
        self.late_access_reported.get_or_init(Arc::default)
    }

    /// The present region. It stays addressable until the answer is dropped, also when the mapping is closed meanwhile.
    pub fn region(&self) -> Result<Arc<Region>> {
        self.lock().as_ref().map(|mapped| Arc::clone(&mapped.region)).ok_or(Error::Closed)
    }

    pub(super) fn region_and_file(&self) -> Result<(Arc<Region>, Option<Arc<File>>)> {
        let mapped = self.lock();
        let mapped = mapped.as_ref().ok_or(Error::Closed)?;
        Ok((Arc::clone(&mapped.region), mapped.file.clone()))
    }

    /// The size of the file now; of memory, the length.
    pub fn size(&self) -> Result<u64> {
        let (region, file) = self.region_and_file()?;
        if !self.tracked {
            return Err(Error::NoDescriptor("size"));
        }
        match (&self.source.origin, file) {
            (Origin::File { .. }, Some(file)) => Ok(os::file_size(&file)?),
            _ => Ok(region.length() as u64),
        }
    }

    /// Counts one more handle, unless the last one is closed. Answers how many stray stores came before it.
    pub(super) fn add_handle(&self) -> Result<u32> {
        let mut mapped = self.lock();
        let open = mapped.as_mut().ok_or(Error::Closed)?;
        if open.region.is_hosted() {
            let text =
                "The private bytes of the mapping lie over memory of another object's engine, for its views";
            return Err(Error::Busy(text.into()));
        }
        open.handles += 1;
        Ok(self.strays())
    }

    /// Counts one handle less. The last one ends the mapping, before this returns. `told`: of how many stray stores it was.
    pub(super) fn drop_handle(&self, views: Views, is_viewed: IsViewed<'_>, told: u32) {
        let Some(Mapped { region, file, .. }) = self.take_last(told) else { return };
        let views = if self.is_shared() && is_viewed(&region) { Views::Keep } else { views };
        retire(region, views);
        drop(file);
    }

    /// Ends the mapping as the last handle does, and takes back what it did to the file: nobody has seen it.
    pub(super) fn undo(&self) {
        let Some(Mapped { region, file, .. }) = self.take_last(self.strays()) else { return };
        drop(region);
        self.rollback.undo(file);
    }

    /// What the mapping had, if this was its last handle.
    fn take_last(&self, told: u32) -> Option<Mapped> {
        let mut mapped = self.lock();
        let open = mapped.as_mut()?;
        open.handles -= 1;
        if open.handles > 0 {
            if told != self.strays() {
                open.one_is_told();
            }
            return None;
        }
        if let Some(share) = self.share.get() {
            share::forget(share.number);
        }
        mapped.take()
    }

    /// How many stray stores were discarded while several handles were open.
    pub(super) fn strays(&self) -> u32 {
        self.strays.load(Ordering::SeqCst)
    }

    /// Discards what stray stores have left in the region, and in the `overlay` of the handle that calls. If several handles are
    /// open, each is to be told. Where the system cannot do it, the note of the stores stays.
    pub(super) fn discard_stray_stores(&self, overlay: Option<&Region>) {
        // Locked to the end: of two threads that do this at once, the second one finds nothing to be told.
        let mut mapped = self.lock();
        let Some(open) = mapped.as_mut() else { return };
        let region = Arc::clone(&open.region);
        let Some(guard) = region.guard() else { return };
        let is_noted = guard.has_stray_store();
        if is_noted && open.handles > 1 {
            // Before the pages change: whoever is at work on them is told then.
            open.untold = open.handles;
            guard.mark_untold(true);
            self.strays.fetch_add(1, Ordering::SeqCst);
        }
        // A store that comes only now is the next call's to tell of.
        if overlay.is_none_or(|overlay| self.discard_stray_store(overlay)) && is_noted {
            self.discard_stray_store(&region);
        }
    }

    /// A handle that knew of `told` stray stores is told of the others. Answers how many there are.
    pub(super) fn tell(&self, told: u32) -> u32 {
        let mut mapped = self.lock();
        let strays = self.strays();
        if told != strays
            && let Some(open) = mapped.as_mut()
        {
            open.one_is_told();
        }
        strays
    }
}

impl Mapped {
    /// Fails while other handles than the caller's are open: theirs would be other bytes, or none.
    pub fn require_alone(&self) -> Result<()> {
        match self.handles {
            0 | 1 => Ok(()),
            handles => Err(Error::Busy(format!(
                "The mapping is shared: {} other object(s) are attached to it",
                handles - 1
            ))),
        }
    }

    fn one_is_told(&mut self) {
        self.untold = self.untold.saturating_sub(1);
        if self.untold == 0
            && let Some(guard) = self.region.guard()
        {
            guard.mark_untold(false);
        }
    }
}

/// Unmaps a region at once, or, while somebody else still holds its addresses, does what is said of views.
pub(super) fn retire(region: Arc<Region>, views: Views) {
    let Err(held) = Arc::try_unwrap(region).map(drop) else { return };
    if let Some(by) = views.revoked() {
        held.revoke(by);
    } else if let Some(guard) = held.guard() {
        // The region may live long with an ArrayBuffer, and a process has few descriptors.
        guard.release_file();
    }
    held.mark_closed();
    region::give_back(held);
}
