//! Living with other handlers: what was there before is kept, and called for whatever is not ours, with its own context.
//!
//! Another handler may be put on top of ours and remember ours as its predecessor; when ours is put on top of it again,
//! the two would call each other for ever. So each call that is passed on is noted while it lasts, and when it comes
//! back for the same fault, it goes one handler further down; below the last one is the system's default.

use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

use crate::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize};

use libc::{sigaction, siginfo_t};

type Handler = unsafe extern "C" fn(c_int, *mut siginfo_t, *mut c_void);

/// How many handlers below ours are remembered.
const DEEPEST: usize = 8;

/// The handlers below ours, the newest last. Never changed once it can be seen, and never freed.
#[derive(Clone, Copy)]
struct Below {
    actions: [sigaction; DEEPEST],
    count: usize,
}

/// One for each signal: SIGBUS, SIGSEGV.
static BELOW: [AtomicPtr<Below>; 2] = [const { AtomicPtr::new(ptr::null_mut()) }; 2];
/// All that there ever were: a state that comes again is not made again.
static KNOWN: Mutex<Vec<&'static Below>> = Mutex::new(Vec::new());

/// Whether the one right below ours, if it is of the plain kind, has gone.
static GONE: [AtomicBool; 2] = [const { AtomicBool::new(false) }; 2];

fn gone(signal: c_int) -> &'static AtomicBool {
    &GONE[usize::from(signal == libc::SIGSEGV)]
}

fn below(signal: c_int) -> &'static AtomicPtr<Below> {
    &BELOW[usize::from(signal == libc::SIGSEGV)]
}

fn same(one: &sigaction, other: &sigaction) -> bool {
    one.sa_sigaction == other.sa_sigaction && one.sa_flags == other.sa_flags
}

fn is_default(action: &sigaction) -> bool {
    action.sa_sigaction == libc::SIG_DFL || action.sa_sigaction == libc::SIG_IGN
}

fn empty_action() -> sigaction {
    // SAFETY: all zero is a valid sigaction, the default one.
    unsafe { std::mem::zeroed() }
}

fn current(signal: c_int) -> Option<sigaction> {
    let mut action = MaybeUninit::uninit();
    // SAFETY: only asks; the out pointer is ours.
    let status = unsafe { sigaction(signal, ptr::null(), action.as_mut_ptr()) };
    // SAFETY: filled when it succeeds.
    (status == 0).then(|| unsafe { action.assume_init() })
}

/// Remembers `action` as the one right below ours.
fn remember(signal: c_int, action: sigaction, known: &mut Vec<&'static Below>) {
    // SAFETY: null, or a leaked one.
    let old = unsafe { below(signal).load(Acquire).as_ref() };
    let mut new = match old {
        // Nothing below the default one is ever reached.
        Some(old) if !is_default(&action) => *old,
        _ => Below { actions: [empty_action(); DEEPEST], count: 0 },
    };
    if let Some(at) = new.actions[..new.count].iter().position(|known| same(known, &action)) {
        // It is on top again: what stood above it is not called any more.
        new.count = at;
    }
    if new.count == DEEPEST {
        new.actions.copy_within(1.., 0);
        new.count -= 1;
    }
    new.actions[new.count] = action;
    new.count += 1;
    let equal = |known: &&&'static Below| {
        known.count == new.count
            && known.actions[..new.count].iter().zip(&new.actions).all(|(one, other)| same(one, other))
    };
    let leaked = match known.iter().find(equal) {
        Some(found) => *found,
        None => {
            let made: &'static Below = Box::leak(Box::new(new));
            known.push(made);
            made
        }
    };
    below(signal).store(ptr::from_ref(leaked).cast_mut(), Release);
    gone(signal).store(false, Release);
}

fn is_of(action: &sigaction, handler: Handler) -> bool {
    action.sa_sigaction == handler as *const () as usize
}

/// Makes `handler` the one that the kernel calls; answers which one it was.
fn install(signal: c_int, handler: Handler) -> Option<sigaction> {
    let mut action = empty_action();
    action.sa_sigaction = handler as *const () as usize;
    // Not deferred: a fault in whoever is called below must not kill. Sent signals interrupt no system call.
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER | libc::SA_RESTART;
    let mut replaced = empty_action();
    // SAFETY: both structures are ours, and the handler is never unloaded.
    let status = unsafe { sigaction(signal, &action, &mut replaced) };
    (status == 0).then_some(replaced)
}

fn is_plain(action: &sigaction) -> bool {
    action.sa_flags & libc::SA_SIGINFO == 0
}

/// Whether `handler` was there without its flags, and is whole again. So signal(2) puts a handler back, and so does Bun
/// when a listener of the program goes: its own handler, a plain one, is then not to be called any more. The kernel
/// does not tell a plain handler why it is called: whoever was called so must return, and a fault comes again.
pub fn mend_flags(signal: c_int, handler: Handler) -> bool {
    let is_bare = |action: sigaction| is_of(&action, handler) && is_plain(&action);
    let mended = current(signal).is_some_and(is_bare) && install(signal, handler).is_some();
    if mended {
        gone(signal).store(true, Release);
    }
    mended
}

/// Makes `handler` the one that the kernel calls, unless it is.
pub fn put_on_top(signal: c_int, handler: Handler) {
    let is_ours = |action: &sigaction| is_of(action, handler);
    let Some(action) = current(signal) else { return };
    if is_ours(&action) {
        if is_plain(&action) {
            mend_flags(signal, handler);
        }
        return;
    }
    let mut known = KNOWN.lock();
    let Some(before) = current(signal).filter(|action| !is_ours(action)) else { return };
    // Remembered first: the handler may be called as soon as it is there.
    remember(signal, before, &mut known);
    if let Some(replaced) =
        install(signal, handler).filter(|action| !same(action, &before) && !is_ours(action))
    {
        remember(signal, replaced, &mut known);
    }
}

/// A call that was passed on and has not come back.
struct Passed {
    /// Where the stack of the caller's frame is; 0: free.
    frame: AtomicUsize,
    thread: AtomicUsize,
    signal: AtomicUsize,
    address: AtomicUsize,
    /// Where the kernel has put what it tells: whoever calls us back passes the same on, a new fault has its own.
    info: AtomicUsize,
}

impl Passed {
    /// The thread first: whoever takes the note next must not be seen with the old one.
    fn end(&self) {
        self.thread.store(0, Release);
        self.frame.store(0, Release);
    }
}

static PASSED: [Passed; 64] = [const {
    Passed {
        frame: AtomicUsize::new(0),
        thread: AtomicUsize::new(0),
        signal: AtomicUsize::new(0),
        address: AtomicUsize::new(0),
        info: AtomicUsize::new(0),
    }
}; 64];

/// How deep this very fault has been passed on already, and the note of it.
fn pass(signal: c_int, address: usize, info: usize, frame: usize) -> (usize, Option<&'static Passed>) {
    // SAFETY: no argument.
    let thread = unsafe { libc::pthread_self() } as usize;
    let (mut depth, mut own) = (0, None);
    for passed in &PASSED {
        let noted = passed.frame.load(Acquire);
        if noted == 0 || passed.thread.load(Relaxed) != thread {
            continue;
        }
        if noted <= frame {
            // Not below us on the stack: whoever was called jumped out of it.
            passed.end();
        } else if passed.signal.load(Relaxed) == signal as usize
            && passed.address.load(Relaxed) == address
            && passed.info.load(Relaxed) == info
        {
            depth += 1;
        }
    }
    for passed in &PASSED {
        if passed.frame.compare_exchange(0, frame, AcqRel, Relaxed).is_ok() {
            passed.signal.store(signal as usize, Relaxed);
            passed.address.store(address, Relaxed);
            passed.info.store(info, Relaxed);
            passed.thread.store(thread, Release);
            own = Some(passed);
            break;
        }
    }
    (depth, own)
}

/// Hands what is not ours to the handler below, or to the system.
///
/// # Safety
/// Called in a handler, with what the kernel gave it.
pub unsafe fn pass_on(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel's own structure.
    let told = unsafe { &*info };
    let code = told.si_code;
    // SAFETY: of a signal that was sent it is somebody's number.
    let address = unsafe { told.si_addr() }.addr();
    let here = UnsafeCell::new(0u8);
    let (depth, note) = pass(signal, address, info.addr(), here.get().addr());
    // SAFETY: null, or a leaked one.
    let known = unsafe { below(signal).load(Acquire).as_ref() };
    let action = known.and_then(|known| {
        let mut count = known.count;
        if gone(signal).load(Acquire) && known.actions[..count].last().is_some_and(is_plain) {
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

/// # Safety
/// As `pass_on`; `action` was some handler's.
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
                // What the kernel would have done.
                reset(signal);
            }
            let handler = action.sa_sigaction as *const ();
            if action.sa_flags & libc::SA_SIGINFO != 0 {
                // SAFETY: sigaction(2): with SA_SIGINFO it has three arguments.
                let handler: Handler = unsafe { std::mem::transmute(handler) };
                // SAFETY: the kernel would call it in the same way.
                unsafe { handler(signal, info, context) };
            } else {
                // SAFETY: without, one.
                let handler: unsafe extern "C" fn(c_int) = unsafe { std::mem::transmute(handler) };
                // SAFETY: as above.
                unsafe { handler(signal) };
            }
        }
        // The default: a fault comes again when we return, and dies with its own context. What was sent does not.
        _ => {
            reset(signal);
            if sent || cfg!(target_vendor = "apple") {
                // SAFETY: sends a signal to this very process, whose default action ends it.
                unsafe { libc::raise(signal) };
            }
        }
    }
}

/// Whether a process sent it. (macOS does not tell of SIGBUS.)
fn is_sent(code: c_int) -> bool {
    code <= 0 || (cfg!(target_vendor = "apple") && code == 0x10001)
}

fn reset(signal: c_int) {
    let action = empty_action();
    // SAFETY: the default action needs no handler.
    unsafe { sigaction(signal, &action, ptr::null_mut()) };
}
