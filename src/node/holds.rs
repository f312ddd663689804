//! Who still has the addresses of an ArrayBuffer: the engine's store of its memory, and the object.
//!
//! They end apart. A detached buffer has let go of its store, but a job of the host's pool (fs, zlib) that was given a
//! view of it keeps the object, and the address. A buffer whose memory `transfer()` took has an object and a store that
//! no longer belong together. The region waits for both.

use std::collections::HashMap;
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, MutexGuard};
use std::thread::{self, ThreadId};

use napi::{Env, sys};
use napi_derive::napi;

use crate::region::Region;
use crate::sync::Mutex;

struct Hold {
    /// `None`: given back; the entry stays for the reference.
    region: Option<Arc<Region>>,
    thread: ThreadId,
    /// The engine may still read the memory.
    store: bool,
    /// The object lives; weakly referred to by `object`.
    alive: bool,
    object: sys::napi_ref,
    /// We detached it: nobody else has its store.
    ours: bool,
    /// Somebody else has seen it, and may have given the address to a job.
    handed: bool,
    engine: Engine,
}

/// What differs in the way engines end a thread.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Node calls the finalizers of all stores first, those too that live on in another thread because `transfer()`
    /// took them, and then the hooks.
    Node,
    /// Bun calls hooks first, and then the finalizers of all stores.
    Bun,
    /// Deno calls hooks first, and then the finalizers of stores that end; those of objects never.
    Deno,
}

impl Hold {
    /// Whether somebody else may have its store when the thread ends: nobody can tell any more.
    fn is_doubtful(&self) -> bool {
        match self.engine {
            Engine::Node => self.handed && self.store && !self.ours,
            // Nor does Bun wait for the jobs of its pool.
            Engine::Bun => self.handed,
            Engine::Deno => false,
        }
    }
}

// SAFETY: the reference is used on the thread that made it alone (`thread`); the rest is Send.
unsafe impl Send for Hold {}

type Holds = HashMap<usize, Hold>;

static HOLDS: LazyLock<Mutex<Holds>> = LazyLock::new(Mutex::default);
static NUMBER: AtomicUsize = AtomicUsize::new(1);

fn holds() -> MutexGuard<'static, Holds> {
    HOLDS.lock()
}

/// Changes a hold, and gives the addresses back when nobody has them any more: outside the lock.
fn change(number: usize, change: impl FnOnce(&mut Hold)) {
    let mut holds = holds();
    let Some(hold) = holds.get_mut(&number) else { return };
    change(hold);
    let ended = if hold.store || (hold.alive && hold.handed) { None } else { hold.region.take() };
    if !hold.store && !hold.alive {
        holds.remove(&number);
    }
    drop(holds);
    drop(ended);
}

/// A store is about to be made.
pub fn begin(region: &Arc<Region>, engine: Engine) -> usize {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let (region, thread) = (Some(Arc::clone(region)), thread::current().id());
    let hold = Hold {
        region,
        thread,
        store: true,
        alive: false,
        object: ptr::null_mut(),
        ours: false,
        handed: false,
        engine,
    };
    holds().insert(number, hold);
    number
}

/// The store was refused.
pub fn abandon(number: usize) {
    let ended = holds().remove(&number);
    drop(ended);
}

/// The finalizer of a store. Engines call it on any thread, at any time, also during a detach.
///
/// # Safety
/// `hint` is a number of `begin`; `env` is the engine's, and asked on its own thread alone.
pub unsafe extern "C" fn store_ended(env: sys::napi_env, _data: *mut c_void, hint: *mut c_void) {
    let number = hint.addr();
    let doubtful = holds().get(&number).is_some_and(|hold| {
        hold.engine == Engine::Node && hold.thread == thread::current().id() && hold.is_doubtful()
    });
    if doubtful && !can_run(env) {
        forget(number);
    } else {
        change(number, |hold| hold.store = false);
    }
}

/// Zeros from now on, at addresses that are never given back: the thread ends, and another may read them.
fn forget(number: usize) {
    if let Some(region) = holds().remove(&number).and_then(|hold| hold.region) {
        region.revoke();
        std::mem::forget(region);
    }
}

/// Whether JavaScript still runs there: not so while the environment ends.
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
    let mut object = ptr::null_mut();
    change(hint.addr(), |hold| {
        hold.alive = false;
        object = hold.object;
    });
    if !object.is_null() {
        // SAFETY: made by `attach` in this environment, and deleted here alone, in answer to its finalizer.
        unsafe { sys::napi_delete_reference(env, object) };
    }
}

/// The store was made, and `object` over it.
pub fn attach(env: Env, number: usize, object: sys::napi_value) {
    let (hint, mut reference) = (ptr::without_provenance_mut(number), ptr::null_mut());
    // SAFETY: env and the object are the engine's, for this call; the hint is no pointer.
    let status = unsafe {
        sys::napi_add_finalizer(env.raw(), object, ptr::null_mut(), Some(object_ended), hint, &mut reference)
    };
    if status == sys::Status::napi_ok {
        change(number, |hold| (hold.alive, hold.object) = (true, reference));
    }
}

/// Whether the object's memory is no longer its own, on the object's own thread.
fn was_taken(env: sys::napi_env, object: sys::napi_ref) -> bool {
    let (mut value, mut detached) = (ptr::null_mut(), true);
    // SAFETY: the reference is not deleted while the object lives, and this is its thread.
    unsafe { sys::napi_get_reference_value(env, object, &mut value) };
    if !value.is_null() {
        // SAFETY: just read, under the scope of the call that this is.
        unsafe { sys::napi_is_detached_arraybuffer(env, value, &mut detached) };
    }
    detached
}

/// The thread is about to end in peace: memory that `transfer()` took stays as it is for whoever has it, for ever.
#[napi(catch_unwind)]
pub fn settle(env: Env) {
    let this = thread::current().id();
    let mine = holds()
        .iter()
        .filter(|(_, hold)| hold.thread == this && hold.handed && hold.store && !hold.ours)
        .map(|(number, hold)| (*number, hold.alive, hold.object))
        .collect::<Vec<_>>();
    for (number, alive, object) in mine {
        if !alive || was_taken(env.raw(), object) {
            let taken = holds().remove(&number);
            std::mem::forget(taken.and_then(|hold| hold.region));
        }
    }
}

/// The environment of this thread ends.
pub fn env_ends() {
    let this = thread::current().id();
    let mine = holds()
        .iter()
        .filter(|(_, hold)| hold.thread == this)
        .map(|(number, hold)| (*number, hold.is_doubtful()))
        .collect::<Vec<_>>();
    for (number, doubtful) in mine {
        if doubtful {
            forget(number);
        } else {
            change(number, |hold| hold.alive = false);
        }
    }
}

/// Somebody else is about to see the buffer of that number.
#[napi(catch_unwind)]
pub fn handed(number: f64) {
    change(number as usize, |hold| hold.handed = true);
}

/// The caller detaches the buffer of that number itself.
#[napi(catch_unwind)]
pub fn detached(number: f64) {
    change(number as usize, |hold| hold.ours = true);
}

/// The caller has detached it, and nobody else has ever seen it: its addresses wait for no finalizer.
#[napi(catch_unwind)]
pub fn released(number: f64) {
    change(number as usize, |hold| hold.store = false);
}
