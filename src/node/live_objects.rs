//! The mapping objects of each thread, held weakly, and the end of a thread.
//!
//! Engines call finalizers from the event loop. A synchronous loop that drops mappings would so pile them up: each 1,000th
//! mapping therefore releases those whose object the engine has collected already.

use std::cell::RefCell;
use std::mem::take;
use std::ptr;
use std::sync::Arc;

use napi::{Env, sys};
use napi_derive::napi;

use super::{array_buffers, jobs, leaked, mapping};
use crate::mapping::Handle;
use crate::sync::Mutex;

const SWEEP_INTERVAL: usize = 1_000;

/// An object by number, for calls that are not methods of it: its place in the list, and in the higher bits how many
/// objects had the place before, so that a number is never another object's.
pub type Number = u64;

const PLACE_BITS: u32 = 26;

fn index_of(number: Number) -> usize {
    number as usize & ((1 << PLACE_BITS) - 1)
}

struct Entry {
    object: sys::napi_ref,
    handle: Arc<Handle>,
}

#[derive(Default)]
struct Place {
    /// How many objects had this place before.
    uses: u64,
    entry: Option<Entry>,
}

#[derive(Default)]
struct LiveObjects {
    places: Vec<Place>,
    free: Vec<usize>,
    registered: usize,
    hooked: bool,
    arriving: Arriving,
}

/// Handles that a job has opened, and of which there is no object yet. Deno drops nothing of what is on its way to a thread
/// that has ended.
pub type Arriving = Arc<Mutex<Vec<Arc<Handle>>>>;

/// Those of this thread, for a job to enter what it has opened.
pub fn arriving() -> Arriving {
    LIVE_OBJECTS.with_borrow(|live| Arc::clone(&live.arriving))
}

/// Has this thread's jobs ended, and its mappings released, when its environment ends. (Deno calls no finalizer of an object
/// then.) To be called before the first job, and before the first mapping.
pub fn watch_environment(env: Env) {
    LIVE_OBJECTS.with_borrow_mut(|live| {
        live.hooked = live.hooked || env.add_env_cleanup_hook((), |()| environment_ends()).is_ok();
    });
}

impl LiveObjects {
    /// Enters an object. `None`: there is no number for so many.
    fn enter(&mut self, entry: Entry) -> Option<Number> {
        let index = self.free.pop().unwrap_or(self.places.len());
        if index >> PLACE_BITS != 0 {
            return None;
        }
        if index == self.places.len() {
            self.places.push(Place::default());
        }
        let place = &mut self.places[index];
        place.entry = Some(entry);
        Some(place.uses << PLACE_BITS | index as u64)
    }

    fn entry_mut(&mut self, number: Number) -> Option<&mut Entry> {
        let place = self.places.get_mut(index_of(number))?;
        if place.uses == number >> PLACE_BITS { place.entry.as_mut() } else { None }
    }

    fn handle(&self, number: Number) -> Option<&Handle> {
        let place = self.places.get(index_of(number))?;
        let entry = place.entry.as_ref().filter(|_| place.uses == number >> PLACE_BITS)?;
        Some(&entry.handle)
    }

    /// Takes the objects out that `is_over` names.
    fn take(&mut self, mut is_over: impl FnMut(&Entry) -> bool) -> Vec<Entry> {
        let mut taken = Vec::new();
        for (index, place) in self.places.iter_mut().enumerate() {
            if let Some(entry) = place.entry.take_if(|entry| is_over(entry)) {
                taken.push(entry);
                place.uses += 1;
                self.free.push(index);
            }
        }
        taken
    }
}

thread_local! {
    static LIVE_OBJECTS: RefCell<LiveObjects> = RefCell::default();
}

/// Gives the object a number that is about to be made for `handle`. `None`: there are too many.
pub fn enter(env: Env, handle: &Arc<Handle>) -> Option<Number> {
    watch_environment(env);
    let is_due = LIVE_OBJECTS.with_borrow_mut(|live| {
        live.arriving.lock().retain(|arriving| !Arc::ptr_eq(arriving, handle));
        live.registered += 1;
        live.registered % SWEEP_INTERVAL == 0
    });
    if is_due {
        sweep(env);
    }
    let entry = Entry { object: ptr::null_mut(), handle: Arc::clone(handle) };
    LIVE_OBJECTS.with_borrow_mut(|live| live.enter(entry))
}

/// The object of that number was made. If the engine refuses a reference to it, it counts as alive until it is closed.
pub fn attach(env: Env, number: Number, object: sys::napi_value) {
    let mut reference = ptr::null_mut();
    // SAFETY: env and the object are the engine's, for this call; count 0 makes the reference weak.
    let status = unsafe { sys::napi_create_reference(env.raw(), object, 0, &mut reference) };
    if status == sys::Status::napi_ok {
        LIVE_OBJECTS.with_borrow_mut(|live| {
            if let Some(entry) = live.entry_mut(number) {
                entry.object = reference;
            }
        });
    }
}

/// Calls `with` with the handle of an object of this thread, by its number. `None`: there is no such object any more.
pub fn with_handle<R>(number: Number, with: impl FnOnce(&Handle) -> R) -> Option<R> {
    LIVE_OBJECTS.with_borrow(|live| live.handle(number).map(with))
}

fn is_alive(env: Env, object: sys::napi_ref) -> bool {
    if object.is_null() {
        return true;
    }
    let mut value = ptr::null_mut();
    // SAFETY: the reference is ours and not deleted yet; the out pointer is ours.
    let status = unsafe { sys::napi_get_reference_value(env.raw(), object, &mut value) };
    status == sys::Status::napi_ok && !value.is_null()
}

/// Releases the mappings whose objects were collected; answers how many they were.
#[napi(catch_unwind)]
pub fn sweep(env: Env) -> u32 {
    array_buffers::sweep_hosts(env.raw());
    leaked::forget_gone();
    let is_over = |entry: &Entry| entry.handle.is_closed() || !is_alive(env, entry.object);
    let mut swept = 0;
    for entry in LIVE_OBJECTS.with_borrow_mut(|live| live.take(is_over)) {
        if !entry.handle.is_closed() {
            mapping::release(&entry.handle);
            swept += 1;
        }
        if !entry.object.is_null() {
            // SAFETY: ours, deleted once: the entry has left the list.
            unsafe { sys::napi_delete_reference(env.raw(), entry.object) };
        }
    }
    swept
}

/// The environment of this thread ends, and its references with it.
fn environment_ends() {
    jobs::environment_ends();
    array_buffers::environment_ends();
    // An error: the thread's own variables are gone already, and nothing is left.
    let left = LIVE_OBJECTS.try_with(|live| {
        let mut live = live.borrow_mut();
        live.hooked = false;
        (live.take(|_| true), take(&mut *live.arriving.lock()))
    });
    let (entries, arriving) = left.unwrap_or_default();
    for handle in entries.iter().map(|entry| &entry.handle).chain(&arriving) {
        mapping::release(handle);
    }
}
