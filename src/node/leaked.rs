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

struct All {
    regions: Vec<Leaked>,
    /// How many there are when the next look is due for those whose pages are gone.
    due: usize,
}

impl All {
    /// All of them. Those that the engine has freed are taken out now and then, so that a look costs little for each.
    fn with_room(&mut self) -> &mut Vec<Leaked> {
        if self.regions.len() >= self.due {
            self.forget_gone();
        }
        &mut self.regions
    }

    fn forget_gone(&mut self) {
        self.regions.retain(|leaked| !(leaked.region.is_hosted() && leaked.region.is_gone()));
        self.due = 2 * self.regions.len() + 64;
    }
}

/// Forgets regions that the engine has freed.
pub fn forget_gone() {
    LEAKED.lock().forget_gone();
}

static LEAKED: Mutex<All> = Mutex::new(All { regions: Vec::new(), due: 0 });

/// Keeps a region for ever, or until its addresses are another's. `transferred`: see `Leaked`.
pub fn leak(region: Arc<Region>, path: Option<Box<str>>, reported: Arc<AtomicBool>, transferred: bool) {
    let mut leaked = LEAKED.lock();
    let leaked = leaked.with_room();
    // One `Arc` is enough, however many threads have had the mapping.
    match leaked.iter_mut().find(|other| Arc::ptr_eq(&other.region, &region)) {
        Some(other) => other.transferred |= transferred,
        None => leaked.push(Leaked { region, path, reported, transferred }),
    }
}

/// Whether a thread that has ended gave the memory of a region to another one.
pub fn was_given_away(region: &Arc<Region>) -> bool {
    LEAKED.lock().regions.iter().any(|leaked| leaked.transferred && Arc::ptr_eq(&leaked.region, region))
}

/// Calls `look` with each region, the path of its file, and whether a late access to it was reported.
pub fn each(mut look: impl FnMut(&Region, &mut Option<Box<str>>, &AtomicBool)) {
    for Leaked { region, path, reported, .. } in LEAKED.lock().regions.iter_mut() {
        look(region, path, reported);
    }
}
