//! What the kernel tells of a fault.

use std::ffi::{c_int, c_void};

/// What the program did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "not every system tells everything")]
pub enum Access {
    Load,
    Store,
    /// It ran what is there.
    Fetch,
    Unknown,
}

/// Whether the kernel made the signal for a page of memory, rather than a process by kill(2).
pub fn is_fault(signal: c_int, code: c_int) -> bool {
    match signal {
        libc::SIGBUS => matches!(code, BUS_ADRERR | BUS_OBJERR | BUS_MCEERR_AR),
        libc::SIGSEGV => code == SEGV_ACCERR,
        _ => false,
    }
}

const BUS_ADRERR: c_int = 2;
const BUS_OBJERR: c_int = 3;
/// Memory that the hardware has given up, in use (Linux).
const BUS_MCEERR_AR: c_int = 4;
const SEGV_ACCERR: c_int = 2;

/// Whether the fault is a store into what is mapped for reading.
pub fn is_violation(signal: c_int, access: Access) -> bool {
    if signal == libc::SIGSEGV {
        return access != Access::Load;
    }
    // macOS says SIGBUS.
    cfg!(target_vendor = "apple") && access == Access::Store
}

/// # Safety
/// `context` is what the kernel gave a handler.
#[cfg(all(any(target_os = "linux", target_os = "android"), target_arch = "x86_64"))]
pub unsafe fn access(context: *mut c_void) -> Access {
    // SAFETY: by this function's contract; the page fault's error code is always there.
    let error = unsafe { (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs[libc::REG_ERR as usize] };
    match error {
        _ if error & 0x10 != 0 => Access::Fetch,
        _ if error & 0x2 != 0 => Access::Store,
        _ => Access::Load,
    }
}

/// The exception syndrome register stands among the records behind the registers (arch/arm64 sigcontext.h).
///
/// # Safety
/// As above.
#[cfg(all(any(target_os = "linux", target_os = "android"), target_arch = "aarch64"))]
pub unsafe fn access(context: *mut c_void) -> Access {
    const RECORDS: usize = 4096;
    const ESR_MAGIC: u32 = 0x4553_5201;
    // SAFETY: by this function's contract.
    let machine = unsafe { &raw const (*context.cast::<libc::ucontext_t>()).uc_mcontext };
    let end = size_of::<libc::mcontext_t>();
    let mut at = end - RECORDS;
    while at + 16 <= end {
        let record = machine.cast::<u8>().wrapping_add(at);
        // SAFETY: within the machine context, where each record begins with its magic number and its size.
        let [magic, size] = unsafe { record.cast::<[u32; 2]>().read_unaligned() };
        if magic == ESR_MAGIC {
            // SAFETY: as above; the register follows.
            return syndrome(unsafe { record.add(8).cast::<u64>().read_unaligned() });
        }
        if size < 8 {
            break;
        }
        at += size as usize;
    }
    Access::Unknown
}

#[cfg(target_arch = "aarch64")]
fn syndrome(esr: u64) -> Access {
    match esr >> 26 & 0x3f {
        0x20 | 0x21 => Access::Fetch,
        0x24 | 0x25 if esr & 1 << 6 != 0 => Access::Store,
        0x24 | 0x25 => Access::Load,
        _ => Access::Unknown,
    }
}

/// # Safety
/// As above.
#[cfg(target_vendor = "apple")]
pub unsafe fn access(context: *mut c_void) -> Access {
    // SAFETY: by this function's contract.
    let machine = unsafe { (*context.cast::<libc::ucontext_t>()).uc_mcontext };
    if machine.is_null() {
        return Access::Unknown;
    }
    // SAFETY: the kernel's own structure.
    let state = unsafe { &raw const (*machine).__es };
    #[cfg(target_arch = "x86_64")]
    {
        // SAFETY: as above.
        let error = unsafe { (*state).__err };
        if error & 0x2 != 0 { Access::Store } else { Access::Load }
    }
    #[cfg(target_arch = "aarch64")]
    {
        // SAFETY: as above.
        syndrome(u64::from(unsafe { (*state).__esr }))
    }
}

/// # Safety
/// None: nobody tells.
#[cfg(not(any(
    all(
        any(target_os = "linux", target_os = "android"),
        any(target_arch = "x86_64", target_arch = "aarch64")
    ),
    target_vendor = "apple"
)))]
pub unsafe fn access(_context: *mut c_void) -> Access {
    Access::Unknown
}
