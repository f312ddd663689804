use std::cell::Cell;

use super::*;

const NOT_BLOCKED: [bool; 3] = [false; 3];

thread_local! {
    /// Which of SIGBUS, SIGUSR1 and SIGUSR2 were blocked when `look` was called.
    static SEEN: Cell<[bool; 3]> = const { Cell::new(NOT_BLOCKED) };
}

fn blocked() -> [bool; 3] {
    let mut mask = default_action().sa_mask;
    // SAFETY: only asks.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, ptr::null(), &mut mask) };
    // SAFETY: a set of ours.
    [libc::SIGBUS, libc::SIGUSR1, libc::SIGUSR2]
        .map(|signal| unsafe { libc::sigismember(&mask, signal) == 1 })
}

fn change(how: c_int, signals: &[c_int]) {
    let mut set = default_action().sa_mask;
    for signal in signals {
        // SAFETY: a set of ours.
        unsafe { libc::sigaddset(&mut set, *signal) };
    }
    // SAFETY: as above.
    unsafe { libc::pthread_sigmask(how, &set, ptr::null_mut()) };
}

extern "C" fn look(_signal: c_int) {
    SEEN.set(blocked());
}

/// Stands for an action with SIGUSR1 in its mask, and answers what was blocked in its handler and after it.
fn stand_for(flags: c_int) -> [[bool; 3]; 2] {
    let mut action = default_action();
    action.sa_sigaction = look as *const () as usize;
    action.sa_flags = flags;
    // SAFETY: a set of ours.
    unsafe { libc::sigaddset(&mut action.sa_mask, libc::SIGUSR1) };
    // SAFETY: a plain handler, which is given the number alone.
    unsafe { call(Some(&action), libc::SIGBUS, 0, ptr::null_mut(), ptr::null_mut()) };
    [SEEN.get(), blocked()]
}

#[test]
fn what_the_kernel_would_block_is_blocked_in_an_earlier_handler() {
    // What was not blocked before is left to the kernel.
    assert_eq!(stand_for(0), [[true, true, false]; 2]);
    change(libc::SIG_UNBLOCK, &[libc::SIGBUS, libc::SIGUSR1]);
    assert_eq!(stand_for(libc::SA_NODEFER), [[false, true, false]; 2]);
    change(libc::SIG_UNBLOCK, &[libc::SIGUSR1]);
    assert_eq!(blocked(), NOT_BLOCKED);
    // As when a handler that blocks the signal calls ours.
    change(libc::SIG_BLOCK, &[libc::SIGBUS, libc::SIGUSR2]);
    assert_eq!(stand_for(0), [[true; 3], [true, false, true]]);
    change(libc::SIG_UNBLOCK, &[libc::SIGBUS, libc::SIGUSR2]);
}
