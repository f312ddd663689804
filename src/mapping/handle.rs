//! One open object over a mapping.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering, fence};

use super::record::Record;
use super::{Error, Result, Views};
use crate::fault::Guard;
use crate::region::Region;
use crate::sync::Mutex;

/// Whether some object has attached views of a region: asked when no other handle is open, so that the answer lasts.
pub type IsViewed<'asked> = &'asked dyn Fn(&Arc<Region>) -> bool;

/// One open object over a mapping. The mapping ends with the last handle on it.
pub struct Handle {
    record: Arc<Record>,
    closed: AtomicBool,
    /// Of how many stray stores it was told, which is asked of mappings with several handles.
    told: AtomicU32,
    /// Where the bytes are shown besides, for the views of this handle's object.
    pub(super) overlay: Mutex<Option<Arc<Region>>>,
}

impl Handle {
    /// The first handle on a new mapping, which counts it already.
    pub(super) fn first(record: Record) -> Self {
        let (closed, told, overlay) = Default::default();
        Self { record: Arc::new(record), closed, told, overlay }
    }

    /// Another handle on a mapping. An error: the last one is closed.
    pub(super) fn over(record: Arc<Record>) -> Result<Self> {
        let told = record.add_handle()?.into();
        let (closed, overlay) = Default::default();
        Ok(Self { record, closed, told, overlay })
    }

    /// The mapping, while this handle is open.
    pub fn record(&self) -> Result<&Arc<Record>> {
        if self.is_closed() { Err(Error::Closed) } else { Ok(&self.record) }
    }

    /// Calls `work`, which reaches the bytes of the mapping. After a stray store the next call of each handle fails: also
    /// where a call of another handle has met it first, and discarded it.
    pub fn reach<R>(&self, work: impl FnOnce(&Arc<Record>) -> Result<R>) -> Result<R> {
        let record = self.record()?;
        let result = if self.is_untold(record) { Err(Error::StrayStore) } else { work(record) };
        // Asked again: what was read may have been discarded meanwhile by another thread, with the note of it.
        if matches!(result, Err(Error::StrayStore)) || (record.is_shared() && self.is_untold_now(record)) {
            self.discard_stray_store(record);
            self.be_told(record);
            return Err(Error::StrayStore);
        }
        result
    }

    /// The mapping, for work that may be done on another thread, which cannot discard a stray store: so one that is there
    /// already is told of, and discarded, before the work begins.
    pub fn record_for_job(&self) -> Result<Arc<Record>> {
        self.reach(|record| match record.region()?.guard() {
            Some(guard) if guard.has_stray_store() => Err(Error::StrayStore),
            _ => Ok(Arc::clone(record)),
        })
    }

    /// As `is_untold`, after bytes were read.
    fn is_untold_now(&self, record: &Record) -> bool {
        // Keeps the reads of the bytes before the load.
        fence(Ordering::SeqCst);
        self.is_untold(record)
    }

    /// Discards what stray stores have left, if nobody has done that. It is called on the thread of the object, whose views may
    /// lie over memory of the engine's. Where the system cannot do it, the next call tries again.
    #[cold]
    fn discard_stray_store(&self, record: &Record) {
        let overlay = self.overlay.lock();
        let overlaid =
            overlay.as_ref().filter(|region| region.guard().is_some_and(Guard::has_own_stray_store));
        record.discard_stray_stores(overlaid.map(|region| &**region));
    }

    fn is_untold(&self, record: &Record) -> bool {
        self.told.load(Ordering::Relaxed) != record.strays()
    }

    #[cold]
    fn be_told(&self, record: &Record) {
        self.told.store(record.tell(self.told.load(Ordering::Relaxed)), Ordering::Relaxed);
    }

    /// Whether anything went wrong since the mapping was made, or since `reattach`, that this handle was not told of or that
    /// goes on.
    pub fn is_faulted(&self) -> Result<bool> {
        let record = self.record()?;
        Ok(self.is_untold(record) || record.is_faulted()?)
    }

    /// Whether this handle is closed.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Closes the handle. If it was the last one, then before this returns the file is released, and what is said of views is
    /// done to whoever still holds the bytes; nothing, if `is_viewed` answers that other views of the region are attached. A
    /// second call does nothing.
    pub fn close(&self, views: Views, is_viewed: IsViewed<'_>) {
        self.end(|record| record.drop_handle(views, is_viewed, self.told.load(Ordering::Relaxed)));
    }

    /// As `close`, for a handle whose object was collected: an ArrayBuffer that outlives it keeps its bytes.
    pub fn release(&self) {
        self.close(Views::Keep, &|_| true);
    }

    /// Closes a handle that nobody has seen, and takes back what opening it did to the file.
    pub fn undo(&self) {
        self.end(Record::undo);
    }

    fn end(&self, end: impl FnOnce(&Record)) {
        if !self.closed.swap(true, Ordering::AcqRel) {
            self.leave_overlay();
            end(&self.record);
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.release();
    }
}
