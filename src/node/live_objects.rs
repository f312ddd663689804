//! The mapping objects of each thread, held weakly, and the end of a thread.
//!
//! Engines call finalizers from the event loop. A synchronous loop that drops mappings would so pile them up: each 1,000th
//! mapping therefore releases those whose object the engine has collected already.

use std::cell::RefCell;
use std::ptr;
use std::sync::Arc;

use napi::{Env, sys};
use napi_derive::napi;

use super::{array_buffers, jobs};
use crate::mapping::Handle;

const SWEEP_INTERVAL: usize = 1_000;

struct Entry {
    object: sys::napi_ref,
    handle: Arc<Handle>,
}

#[derive(Default)]
struct LiveObjects {
    entries: Vec<Entry>,
    registered: usize,
    hooked: bool,
}

impl LiveObjects {
    /// Deno calls no finalizer of an object when its worker ends: the hook releases what is left then.
    fn hook(&mut self, env: Env) {
        self.hooked = self.hooked || env.add_env_cleanup_hook((), |()| environment_ends()).is_ok();
    }
}

thread_local! {
    static LIVE_OBJECTS: RefCell<LiveObjects> = RefCell::default();
}

/// Registers the object that owns `handle`.
pub fn register(env: Env, object: sys::napi_value, handle: &Arc<Handle>) {
    let mut reference = ptr::null_mut();
    // SAFETY: env and the object are the engine's, for this call; count 0 makes the reference weak.
    let status = unsafe { sys::napi_create_reference(env.raw(), object, 0, &mut reference) };
    if status != sys::Status::napi_ok {
        return;
    }
    let is_due = LIVE_OBJECTS.with_borrow_mut(|live| {
        live.hook(env);
        live.entries.push(Entry { object: reference, handle: Arc::clone(handle) });
        live.registered += 1;
        live.registered % SWEEP_INTERVAL == 0
    });
    if is_due {
        sweep(env);
    }
}

fn is_alive(env: Env, object: sys::napi_ref) -> bool {
    let mut value = ptr::null_mut();
    // SAFETY: the reference is ours and not deleted yet; the out pointer is ours.
    let status = unsafe { sys::napi_get_reference_value(env.raw(), object, &mut value) };
    status == sys::Status::napi_ok && !value.is_null()
}

/// Releases the mappings whose objects were collected; answers how many they were.
#[napi(catch_unwind)]
pub fn sweep(env: Env) -> u32 {
    let mut swept = 0;
    LIVE_OBJECTS.with_borrow_mut(|live| {
        live.entries.retain(|entry| {
            let closed = entry.handle.is_closed();
            if !closed && is_alive(env, entry.object) {
                return true;
            }
            if !closed {
                entry.handle.release();
                swept += 1;
            }
            // SAFETY: ours, deleted once: the entry leaves the list with it.
            unsafe { sys::napi_delete_reference(env.raw(), entry.object) };
            false
        });
    });
    swept
}

/// The environment of this thread ends, and its references with it.
fn environment_ends() {
    jobs::environment_ends();
    array_buffers::environment_ends();
    // An error: the thread's own variables are gone already, and nothing is left.
    let entries = LIVE_OBJECTS.try_with(|live| {
        let mut live = live.borrow_mut();
        live.hooked = false;
        std::mem::take(&mut live.entries)
    });
    for entry in entries.unwrap_or_default() {
        entry.handle.release();
    }
}
