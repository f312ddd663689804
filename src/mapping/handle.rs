//! One open object over a mapping.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::record::Record;
use super::{Error, Result, Views};

/// One open object over a mapping. The mapping ends with the last handle on it.
pub struct Handle {
    record: Arc<Record>,
    closed: AtomicBool,
    /// Of how many stray stores it was told, which is asked of mappings with several handles.
    told: AtomicU32,
}

impl Handle {
    /// The first handle on a new mapping, which counts it already.
    pub(super) fn first(record: Record) -> Self {
        Self { record: Arc::new(record), closed: AtomicBool::default(), told: AtomicU32::default() }
    }

    /// Another handle on a mapping. An error: the last one is closed.
    pub(super) fn over(record: Arc<Record>) -> Result<Self> {
        let told = record.add_handle()?.into();
        Ok(Self { record, closed: AtomicBool::default(), told })
    }

    /// The mapping, while this handle is open.
    pub fn record(&self) -> Result<&Arc<Record>> {
        if self.is_closed() { Err(Error::Closed) } else { Ok(&self.record) }
    }

    /// Calls `work`, which reaches the bytes of the mapping. After a stray store the next call of each handle fails: also
    /// where a call of another handle has met it first, and discarded it.
    pub fn reach<R>(&self, work: impl FnOnce(&Arc<Record>) -> Result<R>) -> Result<R> {
        let record = self.record()?;
        if self.is_untold(record) {
            self.be_told(record);
            return Err(Error::StrayStore);
        }
        let result = work(record);
        if matches!(result, Err(Error::StrayStore)) {
            self.be_told(record);
        }
        result
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
    /// done to whoever still holds the bytes. A second call does nothing.
    pub fn close(&self, views: Views) {
        self.end(|record| record.drop_handle(views, self.told.load(Ordering::Relaxed)));
    }

    /// As `close`, for a handle whose object was collected: an ArrayBuffer that outlives it keeps its bytes.
    pub fn release(&self) {
        self.close(Views::Keep);
    }

    /// Closes a handle that nobody has seen, and takes back what opening it did to the file.
    pub fn undo(&self) {
        self.end(Record::undo);
    }

    fn end(&self, end: impl FnOnce(&Record)) {
        if !self.closed.swap(true, Ordering::AcqRel) {
            end(&self.record);
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.release();
    }
}
