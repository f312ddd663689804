//! The ArrayBuffers over mappings: for each, whether the engine still has its backing store, and whether its object lives.
//!
//! The two end apart. A detached buffer has released its backing store, but a job of the host's pool (`fs`, `zlib`) that was
//! given a view of it keeps the object, and the address. After `transfer()` the object and the backing store no longer
//! belong together. The region is held until both have ended.

use std::collections::HashMap;
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, MutexGuard};
use std::thread::{self, ThreadId};

use napi::{Env, sys};
use napi_derive::napi;

use super::enums::Engine;
use super::late_accesses;
use super::leaked;
use super::live_objects;
use super::values::Passed;
use crate::region::{self, Region, Revoked};
use crate::sync::Mutex;

struct Entry {
    /// `None`: released; the entry stays for the sake of `object`.
    region: Option<Arc<Region>>,
    /// The object of the thread whose ArrayBuffer it is.
    owner: live_objects::Number,
    /// Whose finalizers are to come; `None`: it has ended.
    thread: Option<ThreadId>,
    /// The engine may still read the memory.
    has_store: bool,
    /// The object lives.
    is_alive: bool,
    /// A weak reference to the object.
    object: sys::napi_ref,
    /// We have detached the object ourselves, so nobody else has its backing store.
    detached_by_us: bool,
    /// The program has seen the object, and may have given the address to a job.
    exposed: bool,
    /// The path of the file, if the program has seen the object.
    path: Option<Box<str>>,
    /// Whether a late access to the mapping was reported. A mapping that was resized has had several regions.
    reported: Arc<AtomicBool>,
    engine: Engine,
    kind: Kind,
    /// A strong reference to what keeps the backing store of a hosted object: the WebAssembly.Memory that it was detached from,
    /// or another SharedArrayBuffer of the same bytes.
    keeper: sys::napi_ref,
}

/// Whose the backing store is, and who can have it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An ArrayBuffer over the region. One thread at a time has it.
    External,
    /// A SharedArrayBuffer over the region. Any thread can have it, and its end is told by the engine.
    SharedExternal,
    /// The engine's own, a WebAssembly memory's. It ends with the object, unless `keeper` has it.
    Hosted,
    /// The engine's own, a SharedArrayBuffer's. Any thread can have it, and nobody tells when none has.
    SharedHosted,
}

impl Kind {
    fn is_hosted(self) -> bool {
        matches!(self, Self::Hosted | Self::SharedHosted)
    }
}

impl Entry {
    /// Whether, when this thread ends, another thread or a job of the host's may still have the backing store.
    fn may_outlive_thread(&self) -> bool {
        match self.engine {
            // The engine's finalizer comes when the last thread has let go of it.
            _ if self.kind != Kind::External => false,
            Engine::Node => self.exposed && self.has_store && !self.detached_by_us,
            // Bun does not wait for the jobs of its pool either.
            Engine::Bun => self.exposed,
            Engine::Deno => false,
        }
    }
}

// SAFETY: the reference is used on the thread that made it alone (`thread`); the rest is Send.
unsafe impl Send for Entry {}

type Entries = HashMap<usize, Entry>;

static ENTRIES: LazyLock<Mutex<Entries>> = LazyLock::new(Mutex::default);
/// The number of the next one.
static NUMBER: AtomicUsize = AtomicUsize::new(1);

fn entries() -> MutexGuard<'static, Entries> {
    ENTRIES.lock()
}

/// Changes an entry, and releases the region when nobody has its addresses any more: outside of the lock, since unmapping
/// may take long.
fn change(number: usize, change: impl FnOnce(&mut Entry)) {
    let mut entries = entries();
    let Some(entry) = entries.get_mut(&number) else { return };
    change(entry);
    let is_held = entry.has_store || (entry.is_alive && entry.exposed && !entry.kind.is_hosted());
    let ended = if is_held { None } else { entry.region.take() };
    let left_to_others =
        (entry.kind == Kind::SharedHosted).then(|| entry.exposed.then(|| entry.path.clone()));
    // Deno calls the hooks of a thread that was terminated when its engine may be gone, and the memory with it.
    let is_there = !(entry.engine == Engine::Deno && entry.thread.is_none());
    let reported = Arc::clone(&entry.reported);
    if let Some(region) = &ended
        && region.has_late_access()
        && !entry.reported.swap(true, Ordering::Relaxed)
    {
        late_accesses::note(entry.path.take());
    }
    if !entry.has_store && !entry.is_alive {
        entries.remove(&number);
    }
    drop(entries);
    let Some(region) = ended else { return };
    if let Some(exposed) = left_to_others {
        leave_to_others(region, exposed, reported, is_there);
        return;
    }
    // Detached buffers of other threads may hold it still, which have no right to the bytes.
    let may_revoke = region.is_closed() && !region.is_hosted() && region::is_shared(&region);
    if may_revoke && !has_others(&region, None) {
        region.revoke(Revoked::Inaccessible);
    }
    region::give_back(region);
}

/// This thread has no object of a SharedArrayBuffer of the engine's any more. Other threads may have one. `exposed`: the program has
/// seen it, and the path of its file. `is_there`: the memory is still there, whoever has it.
fn leave_to_others(
    region: Arc<Region>,
    exposed: Option<Option<Box<str>>>,
    reported: Arc<AtomicBool>,
    is_there: bool,
) {
    match exposed {
        // The entry of the fault table stays, so that a cut of the file kills no other thread, until its addresses are
        // somebody else's. An inaccessible page cannot stay: later nobody could tell it from one of somebody else's.
        Some(path) if !region.is_revoked() => {
            region.leave_to_engine(is_there);
            leaked::leak(region, path, reported, false);
        }
        _ if is_there => region.show_zeros(),
        _ => {}
    }
}

/// Enters a backing store that is about to be made; answers its number. `reported` is the mapping's: see `Entry`.
pub fn register(
    region: &Arc<Region>,
    owner: live_objects::Number,
    reported: &Arc<AtomicBool>,
    engine: Engine,
    kind: Kind,
) -> usize {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let (region, thread) = (Some(Arc::clone(region)), Some(thread::current().id()));
    let entry = Entry {
        region,
        owner,
        thread,
        has_store: true,
        is_alive: false,
        object: ptr::null_mut(),
        detached_by_us: false,
        exposed: false,
        path: None,
        reported: Arc::clone(reported),
        engine,
        kind,
        keeper: ptr::null_mut(),
    };
    entries().insert(number, entry);
    number
}

/// Whether another object than `owner` of this thread has given its program a view of the region that is still attached.
/// `None`: any object.
pub fn has_others(region: &Arc<Region>, owner: Option<live_objects::Number>) -> bool {
    let own = owner.map(|owner| (Some(thread::current().id()), owner));
    if leaked::was_given_away(region) {
        return true;
    }
    entries().values().any(|entry| {
        // On Deno also when its thread has ended: who has the memory by transfer() has it still.
        let is_attached = entry.exposed && entry.has_store && !entry.detached_by_us;
        is_attached
            && Some((entry.thread, entry.owner)) != own
            && entry.region.as_ref().is_some_and(|theirs| Arc::ptr_eq(theirs, region))
    })
}

/// The engine has refused to make the backing store.
pub fn refused(number: usize) {
    let ended = entries().remove(&number);
    drop(ended);
}

/// The finalizer of a backing store. Engines call it on any thread, at any time, also during a detach.
///
/// # Safety
/// `hint` is a number of `register`; `env` is the engine's, and asked on its own thread alone.
pub unsafe extern "C" fn store_ended(env: sys::napi_env, _data: *mut c_void, hint: *mut c_void) {
    let number = hint.addr();
    let outlives = entries().get(&number).is_some_and(|entry| {
        entry.engine == Engine::Node
            && entry.thread == Some(thread::current().id())
            && entry.may_outlive_thread()
    });
    if outlives && !can_run(env) {
        abandon(number);
    } else {
        change(number, |entry| entry.has_store = false);
    }
}

/// The finalizer of a backing store that threads share. The engine calls it on any thread, when none has it any more.
///
/// # Safety
/// `hint` is a number of `register`.
pub unsafe extern "C" fn shared_store_ended(_data: *mut c_void, hint: *mut c_void) {
    change(hint.addr(), |entry| entry.has_store = false);
}

/// Never gives the addresses of a region back: the thread ends, and another one may go on reading them. The bytes are
/// revoked as soon as nobody has a right to them, see `region::give_back`.
fn abandon(number: usize) {
    let Some(Entry { region: Some(region), path, reported, .. }) = entries().remove(&number) else { return };
    region.mark_abandoned();
    leaked::leak(Arc::clone(&region), path, reported, false);
    region::give_back(region);
}

/// Whether JavaScript can still run in an environment. It cannot while the environment ends.
fn can_run(env: sys::napi_env) -> bool {
    let (mut global, mut found) = (ptr::null_mut(), false);
    // Node opens a scope around each finalizer.
    // SAFETY: env is the engine's, for this call of a finalizer on its own thread; the out pointer is ours.
    unsafe { sys::napi_get_global(env, &mut global) };
    // SAFETY: as above; the name ends with a zero.
    let status = unsafe { sys::napi_has_named_property(env, global, c"Object".as_ptr(), &mut found) };
    status == sys::Status::napi_ok
}

/// The finalizer of an object, on its own thread.
///
/// # Safety
/// As `store_ended`.
unsafe extern "C" fn object_ended(env: sys::napi_env, _data: *mut c_void, hint: *mut c_void) {
    let mut references = [ptr::null_mut(); 2];
    change(hint.addr(), |entry| {
        entry.is_alive = false;
        entry.has_store &= !entry.kind.is_hosted();
        references = [entry.object, entry.keeper];
    });
    // The keeper last, when nothing here knows the addresses any more.
    for reference in references.into_iter().filter(|reference| !reference.is_null()) {
        // SAFETY: made by `attach` and `keep` in this environment, and deleted here alone, in answer to the object's
        // finalizer.
        unsafe { sys::napi_delete_reference(env, reference) };
    }
}

/// Lets go of what keeps hosts of this thread whose buffer was collected. Their finalizers would do it at the next turn of the
/// event loop.
pub fn sweep_hosts(env: sys::napi_env) {
    let this = Some(thread::current().id());
    let mine = entries()
        .iter()
        .filter(|(_, entry)| entry.thread == this && !entry.keeper.is_null())
        .map(|(number, entry)| (*number, entry.object))
        .collect::<Vec<_>>();
    for (number, object) in mine {
        let (mut value, mut keeper) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: the reference is not deleted before the entry is removed, and this is its thread.
        unsafe { sys::napi_get_reference_value(env, object, &mut value) };
        if !value.is_null() {
            continue;
        }
        change(number, |entry| {
            entry.has_store = false;
            keeper = std::mem::replace(&mut entry.keeper, ptr::null_mut());
        });
        // SAFETY: made by `keep` in this environment, and the entry has it no more.
        unsafe { sys::napi_delete_reference(env, keeper) };
    }
}

/// The backing store was made, and `object` over it. Answers the engine's status.
pub fn attach(env: Env, number: usize, object: sys::napi_value) -> sys::napi_status {
    let (hint, mut reference) = (ptr::without_provenance_mut(number), ptr::null_mut());
    // SAFETY: env and the object are the engine's, for this call; the hint is no pointer.
    let status = unsafe {
        sys::napi_add_finalizer(env.raw(), object, ptr::null_mut(), Some(object_ended), hint, &mut reference)
    };
    if status == sys::Status::napi_ok {
        change(number, |entry| (entry.is_alive, entry.object) = (true, reference));
    }
    status
}

/// Whether the memory of an object was taken by `transfer()`. To be called on the object's own thread.
fn was_transferred(env: sys::napi_env, object: sys::napi_ref) -> bool {
    let (mut value, mut detached) = (ptr::null_mut(), true);
    // SAFETY: the reference is not deleted while the object lives, and this is its thread.
    unsafe { sys::napi_get_reference_value(env, object, &mut value) };
    if !value.is_null() {
        // SAFETY: just read, under the scope of the call that this is.
        unsafe { sys::napi_is_detached_arraybuffer(env, value, &mut detached) };
    }
    detached
}

/// Leaks, on purpose, memory that `transfer()` took: another thread may have it, and this one, which made the mapping, is
/// about to end in good order.
#[napi(catch_unwind)]
pub fn leak_transferred(env: Env) {
    let this = Some(thread::current().id());
    let mine = entries()
        .iter()
        .filter(|(_, entry)| {
            let is_attached = entry.exposed && entry.has_store && !entry.detached_by_us;
            entry.thread == this && is_attached && entry.kind == Kind::External
        })
        .map(|(number, entry)| (*number, entry.is_alive, entry.object))
        .collect::<Vec<_>>();
    for (number, alive, object) in mine {
        if !alive || was_transferred(env.raw(), object) {
            let taken = entries().remove(&number);
            if let Some(Entry { region: Some(region), path, reported, .. }) = taken {
                leaked::leak(region, path, reported, true);
            }
        }
    }
}

/// The environment of this thread ends.
pub fn environment_ends() {
    let this = Some(thread::current().id());
    let mine = entries()
        .iter()
        .filter(|(_, entry)| entry.thread == this)
        .map(|(number, entry)| (*number, entry.may_outlive_thread()))
        .collect::<Vec<_>>();
    for (number, outlives) in mine {
        if outlives {
            abandon(number);
        } else {
            change(number, |entry| {
                (entry.is_alive, entry.thread) = (false, None);
                entry.has_store &= !entry.kind.is_hosted();
            });
        }
    }
}

/// The caller is about to detach the buffer of that number from the WebAssembly memory `memory`, whose pages must be there as
/// long as a job of the host's may have an address of them: as long as the buffer lives.
#[napi(catch_unwind)]
pub fn keep_memory(env: Env, number: f64, #[napi(ts_arg_type = "object")] memory: Passed) {
    change(number as usize, |entry| entry.detached_by_us = true);
    keep(env, number as usize, &memory);
}

/// Keeps an object strongly as long as the buffer of that number lives.
pub fn keep(env: Env, number: usize, keeper: &Passed) {
    let mut reference = ptr::null_mut();
    // SAFETY: env and the object are the engine's, for this call.
    unsafe { sys::napi_create_reference(env.raw(), keeper.0, 1, &mut reference) };
    let mut lost = reference;
    change(number, |entry| entry.keeper = std::mem::replace(&mut lost, ptr::null_mut()));
    if !lost.is_null() {
        // SAFETY: just made, and nobody has it.
        unsafe { sys::napi_delete_reference(env.raw(), lost) };
    }
}

/// The program is about to see the buffer of that number, which is one over the file `path`.
#[napi(catch_unwind)]
pub fn exposed(number: f64, path: Option<String>) {
    change(number as usize, |entry| {
        entry.exposed = true;
        entry.path = path.map(String::into_boxed_str);
    });
}

/// The caller is about to detach the buffer of that number.
#[napi(catch_unwind)]
pub fn detached_by_us(number: f64) {
    change(number as usize, |entry| entry.detached_by_us = true);
}

/// The caller has detached the buffer of that number, and the program has never seen it: its region need not wait for the
/// finalizer.
#[napi(catch_unwind)]
pub fn released(number: f64) {
    change(number as usize, |entry| entry.has_store = false);
}

/// Calls `look` with each region that this thread has closed or resized, or that no thread cares for any more; with the path of its
/// file, and whether a late access to it was reported.
pub fn each(mut look: impl FnMut(&Region, &mut Option<Box<str>>, &AtomicBool)) {
    let this = Some(thread::current().id());
    let is_looked_after = |entry: &Entry| entry.thread == this || entry.thread.is_none();
    for entry in entries().values_mut().filter(|entry| is_looked_after(entry)) {
        if let Some(region) = &entry.region {
            look(region, &mut entry.path, &entry.reported);
        }
    }
}
