//! Living with the handlers of others. The handler that was installed before ours is remembered, and whatever is not
//! ours is forwarded to it, with the context that the kernel gave.
//!
//! Another library may install its handler after ours, and remember ours as the one before. When ours is then
//! installed again, each of the two has the other for its predecessor, and they would call each other for ever. So
//! each forwarded call is noted while it lasts. When the same fault comes back during the call, it is forwarded to
//! the handler one further back; before the first handler comes the system's default action.

use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize};

use libc::{sigaction, siginfo_t, sigset_t};

use crate::sync::Mutex;

type Handler = unsafe extern "C" fn(c_int, *mut siginfo_t, *mut c_void);

/// How many earlier handlers are remembered.
const MAX_PREVIOUS: usize = 8;

/// The handlers that were installed before ours, the latest last. It is never changed once a handler can see it, and
/// never freed.
#[derive(Clone, Copy)]
struct Previous {
    actions: [sigaction; MAX_PREVIOUS],
    count: usize,
}

/// One for SIGBUS and one for SIGSEGV. Null: none is remembered.
static PREVIOUS: [AtomicPtr<Previous>; 2] = [const { AtomicPtr::new(ptr::null_mut()) }; 2];
/// All that were ever made. One that is needed again is taken from here, so that handlers that come and go in turns
/// leak no memory.
static EVER_MADE: Mutex<Vec<&'static Previous>> = Mutex::new(Vec::new());

/// Whether the latest of the earlier handlers, if it is a plain one (without SA_SIGINFO), is no longer to be called.
/// See `restore_flags`.
static LATEST_IS_GONE: [AtomicBool; 2] = [const { AtomicBool::new(false) }; 2];

fn index(signal: c_int) -> usize {
    usize::from(signal == libc::SIGSEGV)
}

fn latest_is_gone(signal: c_int) -> &'static AtomicBool {
    &LATEST_IS_GONE[index(signal)]
}

fn previous(signal: c_int) -> &'static AtomicPtr<Previous> {
    &PREVIOUS[index(signal)]
}

fn same(one: &sigaction, other: &sigaction) -> bool {
    // Some systems have 32 signals, others 64 or 128; a number that is none is in no set.
    let has = |action: &sigaction, signal| {
        // SAFETY: a set of signals of a valid action.
        unsafe { libc::sigismember(&action.sa_mask, signal) == 1 }
    };
    one.sa_sigaction == other.sa_sigaction
        && one.sa_flags == other.sa_flags
        && (1..=128).all(|signal| has(one, signal) == has(other, signal))
}

/// Whether there is no function to call: the action is to be the default one, or to ignore the signal.
fn is_default(action: &sigaction) -> bool {
    action.sa_sigaction == libc::SIG_DFL || action.sa_sigaction == libc::SIG_IGN
}

fn is_plain(action: &sigaction) -> bool {
    action.sa_flags & libc::SA_SIGINFO == 0
}

fn calls(action: &sigaction, handler: Handler) -> bool {
    action.sa_sigaction == handler as *const () as usize
}

fn default_action() -> sigaction {
    // SAFETY: all zero is a valid sigaction, the default one.
    unsafe { std::mem::zeroed() }
}

fn current(signal: c_int) -> Option<sigaction> {
    // glibc fills only as much of the mask as there are signals.
    let mut action = default_action();
    // SAFETY: only asks; the out pointer is ours.
    let status = unsafe { sigaction(signal, ptr::null(), &mut action) };
    (status == 0).then_some(action)
}

/// Remembers `action` as the latest of the earlier handlers.
fn remember(signal: c_int, action: sigaction, ever_made: &mut Vec<&'static Previous>) {
    // SAFETY: null, or a leaked one.
    let old = unsafe { previous(signal).load(Acquire).as_ref() };
    let mut new = match old {
        // What was there before a default action is never reached.
        Some(old) if !is_default(&action) => *old,
        _ => Previous { actions: [default_action(); MAX_PREVIOUS], count: 0 },
    };
    if let Some(at) = new.actions[..new.count].iter().position(|known| same(known, &action)) {
        // It was installed again, so those that were installed after it are not called any more.
        new.count = at;
    }
    if new.count == MAX_PREVIOUS {
        new.actions.copy_within(1.., 0);
        new.count -= 1;
    }
    new.actions[new.count] = action;
    new.count += 1;
    let equal = |made: &&&'static Previous| {
        made.count == new.count
            && made.actions[..new.count].iter().zip(&new.actions).all(|(one, other)| same(one, other))
    };
    let leaked = match ever_made.iter().find(equal) {
        Some(found) => *found,
        None => {
            let made: &'static Previous = Box::leak(Box::new(new));
            ever_made.push(made);
            made
        }
    };
    previous(signal).store(ptr::from_ref(leaked).cast_mut(), Release);
    latest_is_gone(signal).store(false, Release);
}

/// The latest of the earlier handlers.
fn latest(signal: c_int) -> Option<&'static sigaction> {
    // SAFETY: null, or a leaked one.
    let known = unsafe { previous(signal).load(Acquire).as_ref() }?;
    known.actions[..known.count].last()
}

/// Makes `handler` the one that the kernel calls. The answer is what it replaces.
fn install(signal: c_int, handler: Handler) -> Option<sigaction> {
    let mut action = default_action();
    action.sa_sigaction = handler as *const () as usize;
    // SA_ONSTACK: where a thread has a stack for signals, that one is used, since SIGSEGV may mean that the thread's
    // own stack is full.
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    // A signal that is not ours is to reach the handler of before as if ours were not there: with the same signals
    // blocked from the first to the last instruction.
    match latest(signal).filter(|latest| !is_default(latest)) {
        Some(latest) => {
            action.sa_mask = latest.sa_mask;
            action.sa_flags |= latest.sa_flags & (libc::SA_NODEFER | libc::SA_RESTART);
        }
        None => action.sa_flags |= libc::SA_NODEFER | libc::SA_RESTART,
    }
    let mut replaced = default_action();
    // SAFETY: both structures are ours, and the handler is never unloaded.
    let status = unsafe { sigaction(signal, &action, &mut replaced) };
    (status == 0).then_some(replaced)
}

/// Installs `handler` again if it is there without its flags; the answer says whether that was so. signal(2) puts a
/// handler back in this way, and so does Bun when the program's last listener goes. Bun's own handler, which is a
/// plain one, must then not be called any more.
///
/// The kernel does not tell a handler without SA_SIGINFO why it is called. So a handler that was called in this way
/// must return, and a fault comes again, now with all that is known of it.
pub fn restore_flags(signal: c_int, handler: Handler) -> bool {
    let is_bare = |action: sigaction| calls(&action, handler) && is_plain(&action);
    let restored = current(signal).is_some_and(is_bare) && install(signal, handler).is_some();
    if restored {
        latest_is_gone(signal).store(true, Release);
    }
    restored
}

/// Makes `handler` the one that the kernel calls, unless it is, and remembers the one that it replaces.
pub fn put_on_top(signal: c_int, handler: Handler) {
    let is_ours = |action: &sigaction| calls(action, handler);
    let Some(action) = current(signal) else { return };
    if is_ours(&action) {
        if is_plain(&action) {
            restore_flags(signal, handler);
        }
        return;
    }
    let mut ever_made = EVER_MADE.lock();
    let Some(before) = current(signal).filter(|action| !is_ours(action)) else { return };
    // It is remembered first, since our handler may be called as soon as it is installed.
    remember(signal, before, &mut ever_made);
    if let Some(replaced) =
        install(signal, handler).filter(|action| !same(action, &before) && !is_ours(action))
    {
        // Another thread has installed one in between.
        remember(signal, replaced, &mut ever_made);
    }
}

/// A forwarded call that has not returned.
struct Forwarded {
    /// The address of a local variable of `forward`, as its place on the stack; 0: this note is free.
    frame: AtomicUsize,
    thread: AtomicUsize,
    signal: AtomicUsize,
    address: AtomicUsize,
    /// Where the kernel has put its siginfo. A handler that calls ours back passes the same pointer on, while a new
    /// fault has its own.
    info: AtomicUsize,
}

impl Forwarded {
    /// The thread is cleared first: whoever takes the note next must not be seen with the old one.
    fn end(&self) {
        self.thread.store(0, Release);
        self.frame.store(0, Release);
    }
}

static FORWARDED: [Forwarded; 64] = [const {
    Forwarded {
        frame: AtomicUsize::new(0),
        thread: AtomicUsize::new(0),
        signal: AtomicUsize::new(0),
        address: AtomicUsize::new(0),
        info: AtomicUsize::new(0),
    }
}; 64];

/// How often this very fault is being forwarded already, and a note that it is once more (`None`: no note is free).
fn note_forwarded(
    signal: c_int,
    address: usize,
    info: usize,
    frame: usize,
) -> (usize, Option<&'static Forwarded>) {
    // SAFETY: no argument.
    let thread = unsafe { libc::pthread_self() } as usize;
    let (mut depth, mut own) = (0, None);
    for note in &FORWARDED {
        let noted = note.frame.load(Acquire);
        if noted == 0 || note.thread.load(Relaxed) != thread {
            continue;
        }
        if noted <= frame {
            // The stack grows downwards, so a call that is still going on has a higher frame than this one. The
            // handler of that note has not returned but jumped out of the signal (siglongjmp).
            note.end();
        } else if note.signal.load(Relaxed) == signal as usize
            && note.address.load(Relaxed) == address
            && note.info.load(Relaxed) == info
        {
            depth += 1;
        }
    }
    for note in &FORWARDED {
        if note.frame.compare_exchange(0, frame, AcqRel, Relaxed).is_ok() {
            note.signal.store(signal as usize, Relaxed);
            note.address.store(address, Relaxed);
            note.info.store(info, Relaxed);
            note.thread.store(thread, Release);
            own = Some(note);
            break;
        }
    }
    (depth, own)
}

/// Forwards a signal that is not ours to the handler that was installed before, or has the system take its default
/// action.
///
/// # Safety
/// Called in a handler, with what the kernel gave it.
pub unsafe fn forward(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel's own structure.
    let siginfo = unsafe { &*info };
    let code = siginfo.si_code;
    // SAFETY: of a signal that was sent this is some number, which is only compared.
    let address = unsafe { siginfo.si_addr() }.addr();
    let here = UnsafeCell::new(0u8);
    let (depth, note) = note_forwarded(signal, address, info.addr(), here.get().addr());
    // SAFETY: null, or a leaked one.
    let known = unsafe { previous(signal).load(Acquire).as_ref() };
    let action = known.and_then(|known| {
        let mut count = known.count;
        if latest_is_gone(signal).load(Acquire) && known.actions[..count].last().is_some_and(is_plain) {
            count -= 1;
        }
        known.actions.get(count.checked_sub(depth + 1)?)
    });
    // SAFETY: as this function.
    unsafe { call(action, signal, code, info, context) };
    if let Some(note) = note {
        note.end();
    }
}

/// Does what the kernel would do if `action` were installed. `None`: the default action.
///
/// # Safety
/// As for `forward`; `action` was installed by somebody.
unsafe fn call(
    action: Option<&sigaction>,
    signal: c_int,
    code: c_int,
    info: *mut siginfo_t,
    context: *mut c_void,
) {
    let sent = is_sent(code);
    match action {
        Some(action) if action.sa_sigaction == libc::SIG_IGN && sent => {}
        Some(action) if !is_default(action) => {
            if action.sa_flags & libc::SA_RESETHAND != 0 {
                // The default action comes next, but our own faults are still to be survived.
                previous(signal).store(ptr::null_mut(), Release);
            }
            let before = block_for(action, signal);
            let handler = action.sa_sigaction as *const ();
            if is_plain(action) {
                // SAFETY: sigaction(2): without SA_SIGINFO it takes one argument.
                let handler: unsafe extern "C" fn(c_int) = unsafe { std::mem::transmute(handler) };
                // SAFETY: the kernel would call it in the same way.
                unsafe { handler(signal) };
            } else {
                // SAFETY: sigaction(2): with SA_SIGINFO it takes three arguments.
                let handler: Handler = unsafe { std::mem::transmute(handler) };
                // SAFETY: as above.
                unsafe { handler(signal, info, context) };
            }
            unblock(before, signal);
        }
        _ => {
            // When this handler returns, a fault comes again, and the process dies with the context of the fault
            // itself. A signal that was sent does not come again, so it is sent once more.
            restore_default(signal);
            if sent || cfg!(target_vendor = "apple") {
                // SAFETY: sends a signal to this very process, whose default action ends it.
                unsafe { libc::raise(signal) };
            }
        }
    }
}

/// Blocks what the kernel would block for the time of this action's handler: the signals of its mask and, without
/// SA_NODEFER, the signal itself. A handler may rely on that: libuv's takes a lock that it would wait for in vain if
/// another signal entered it anew on the same thread. When the kernel has called our handler they are blocked already,
/// see `install`; when another handler has, its own mask is. The answer is the mask of before.
fn block_for(action: &sigaction, signal: c_int) -> sigset_t {
    let mut blocked = action.sa_mask;
    if action.sa_flags & libc::SA_NODEFER == 0 {
        // SAFETY: a set of ours.
        unsafe { libc::sigaddset(&mut blocked, signal) };
    }
    let mut before = default_action().sa_mask;
    // SAFETY: both sets are ours.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &blocked, &mut before) };
    before
}

/// Goes back to the mask of before, for a handler that has called ours and goes on afterwards. If not even the signal
/// itself was blocked, this is left to the kernel, which sets the mask of the interrupted code when our handler returns,
/// in one step with leaving its stack: a signal that waits would interrupt this function here, and with signals that come
/// faster than they are handled the stack would grow without end.
///
/// A handler that does not return but jumps (siglongjmp) finds the mask as it would without ours.
fn unblock(before: sigset_t, signal: c_int) {
    // SAFETY: a set of ours.
    if unsafe { libc::sigismember(&before, signal) } == 1 {
        // SAFETY: as above.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &before, ptr::null_mut()) };
    }
}

/// Whether a process sent the signal, by kill(2) and the like. For SIGBUS macOS does not say so.
fn is_sent(code: c_int) -> bool {
    code <= 0 || (cfg!(target_vendor = "apple") && code == 0x10001)
}

fn restore_default(signal: c_int) {
    let action = default_action();
    // SAFETY: the default action needs no handler.
    unsafe { sigaction(signal, &action, ptr::null_mut()) };
}

#[cfg(test)]
mod tests;
