//! Regions that threads have left behind, since another thread may go on using their addresses and nobody tells when it does
//! not. The addresses are never given back; those that are the engine's end when it has given them to another mapping.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::region::Region;
use crate::sync::Mutex;

struct Leaked {
    region: Arc<Region>,
    path: Option<Box<str>>,
    /// Whether a late access to the mapping was reported. A mapping that was resized has had several regions.
    reported: Arc<AtomicBool>,
    /// `transfer()` gave the memory to another thread, which has a right to the bytes.
    transferred: bool,
}

static LEAKED: Mutex<Vec<Leaked>> = Mutex::new(Vec::new());

/// Keeps a region for ever, or until its addresses are another's. `transferred`: see `Leaked`.
pub fn leak(region: Arc<Region>, path: Option<Box<str>>, reported: Arc<AtomicBool>, transferred: bool) {
    let mut leaked = LEAKED.lock();
    leaked.retain(|other| other.region.guard().is_none_or(|guard| !guard.is_evicted()));
    // One `Arc` is enough, however many threads have had the mapping.
    match leaked.iter_mut().find(|other| Arc::ptr_eq(&other.region, &region)) {
        Some(other) => other.transferred |= transferred,
        None => leaked.push(Leaked { region, path, reported, transferred }),
    }
}

/// Whether a thread that has ended gave the memory of a region to another one.
pub fn was_given_away(region: &Arc<Region>) -> bool {
    LEAKED.lock().iter().any(|leaked| leaked.transferred && Arc::ptr_eq(&leaked.region, region))
}

/// Calls `look` with each region, the path of its file, and whether a late access to it was reported.
pub fn each(mut look: impl FnMut(&Region, &mut Option<Box<str>>, &AtomicBool)) {
    for Leaked { region, path, reported, .. } in LEAKED.lock().iter_mut() {
        look(region, path, reported);
    }
}
