//! Accesses to bytes that a mapping no longer had, by code that is not ours. They have met zeros, and the program is warned.

use std::sync::atomic::{AtomicBool, Ordering};

use napi_derive::napi;

use super::{array_buffers, leaked};
use crate::region::Region;
use crate::sync::Mutex;

/// The paths of mappings that had one, were then given back, and have not been reported.
static NOTED: Mutex<Vec<Option<Box<str>>>> = Mutex::new(Vec::new());

/// Notes a mapping that had one, since it is about to be given back.
pub fn note(path: Option<Box<str>>) {
    NOTED.lock().push(path);
}

/// Late accesses that were not reported yet.
#[napi(object, object_from_js = false)]
pub struct LateAccesses {
    /// For each mapping that had one, its path.
    pub paths: Vec<Option<String>>,
    /// Whether more may come of what this thread has closed or resized.
    pub may_come: bool,
}

/// The late accesses to what this thread has closed or resized, and to what no thread cares for any more, each mapping once.
#[napi(catch_unwind)]
pub fn late_accesses() -> LateAccesses {
    let mut found = std::mem::take(&mut *NOTED.lock());
    let mut may_come = false;
    let mut look = |region: &Region, path: &mut Option<Box<str>>, reported: &AtomicBool| {
        if reported.load(Ordering::Relaxed) {
            return;
        }
        if !region.has_late_access() {
            may_come |= region.is_inaccessible();
        } else if !reported.swap(true, Ordering::Relaxed) {
            found.push(path.take());
        }
    };
    array_buffers::each(&mut look);
    leaked::each(&mut look);
    LateAccesses { paths: found.into_iter().map(|path| path.map(Into::into)).collect(), may_come }
}
