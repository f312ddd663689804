//! One open object over a mapping.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::record::Record;
use super::{Error, Result, Views};

/// One open object over a mapping. The mapping ends with the last handle on it.
pub struct Handle {
    record: Arc<Record>,
    closed: AtomicBool,
}

impl Handle {
    /// The first handle on a new mapping, which counts it already.
    pub(super) fn first(record: Record) -> Self {
        Self { record: Arc::new(record), closed: AtomicBool::new(false) }
    }

    /// Another handle on the same mapping. An error: this one is closed.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "no caller opens a second handle yet; the counts are tested")
    )]
    pub fn another(&self) -> Result<Self> {
        let record = Arc::clone(self.record()?);
        record.add_handle()?;
        Ok(Self { record, closed: AtomicBool::new(false) })
    }

    /// The mapping, while this handle is open.
    pub fn record(&self) -> Result<&Arc<Record>> {
        if self.is_closed() { Err(Error::Closed) } else { Ok(&self.record) }
    }

    /// Whether this handle is closed.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Closes the handle. If it was the last one, then before this returns the file is released, and what is said of views is
    /// done to whoever still holds the bytes. A second call does nothing.
    pub fn close(&self, views: Views) {
        self.end(|record| record.drop_handle(views));
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
