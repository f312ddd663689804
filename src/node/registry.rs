//! The mappings of this thread, weakly: finalizers wait for the event loop, so a synchronous loop that drops
//! mappings would pile them up. Each 1,000th one sweeps those whose object the engine has collected already.

use std::cell::RefCell;
use std::ptr;
use std::sync::Arc;

use napi::{Env, sys};
use napi_derive::napi;

use super::{holds, scans};
use crate::mapping::Mapping;

const EVERY: usize = 1_000;

struct Entry {
    object: sys::napi_ref,
    mapping: Arc<Mapping>,
}

#[derive(Default)]
struct Registry {
    entries: Vec<Entry>,
    enrolled: usize,
    hooked: bool,
}

impl Registry {
    /// Deno runs no finalizer of an object when its worker ends: what is left then is let go here.
    fn hook(&mut self, env: Env) {
        self.hooked = self.hooked || env.add_env_cleanup_hook((), |()| clear()).is_ok();
    }
}

thread_local! {
    static REGISTRY: RefCell<Registry> = RefCell::default();
}

/// Enters the object that owns `mapping`.
pub fn enroll(env: Env, object: sys::napi_value, mapping: &Arc<Mapping>) {
    let mut reference = ptr::null_mut();
    // SAFETY: env and the object are the engine's, for this call; count 0 makes the reference weak.
    let status = unsafe { sys::napi_create_reference(env.raw(), object, 0, &mut reference) };
    if status != sys::Status::napi_ok {
        return;
    }
    let due = REGISTRY.with_borrow_mut(|registry| {
        registry.hook(env);
        registry.entries.push(Entry { object: reference, mapping: Arc::clone(mapping) });
        registry.enrolled += 1;
        registry.enrolled % EVERY == 0
    });
    if due {
        sweep(env);
    }
}

fn is_alive(env: Env, object: sys::napi_ref) -> bool {
    let mut value = ptr::null_mut();
    // SAFETY: the reference is ours and not deleted yet; the out pointer is ours.
    let status = unsafe { sys::napi_get_reference_value(env.raw(), object, &mut value) };
    status == sys::Status::napi_ok && !value.is_null()
}

/// Lets go of the mappings whose objects were collected; answers how many they were.
#[napi(catch_unwind)]
pub fn sweep(env: Env) -> u32 {
    let mut swept = 0;
    REGISTRY.with_borrow_mut(|registry| {
        registry.entries.retain(|entry| {
            let closed = entry.mapping.is_closed();
            if !closed && is_alive(env, entry.object) {
                return true;
            }
            if !closed {
                entry.mapping.let_go();
                swept += 1;
            }
            // SAFETY: ours, deleted once: the entry leaves the list with it.
            unsafe { sys::napi_delete_reference(env.raw(), entry.object) };
            false
        });
    });
    swept
}

/// The environment ends: its references are gone with it.
fn clear() {
    scans::env_ends();
    holds::env_ends();
    // Nothing is left where the thread's own variables are gone already.
    let entries = REGISTRY.try_with(|registry| {
        let mut registry = registry.borrow_mut();
        registry.hooked = false;
        std::mem::take(&mut registry.entries)
    });
    for entry in entries.unwrap_or_default() {
        entry.mapping.let_go();
    }
}
