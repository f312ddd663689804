//! What the kernel says about a fault: its siginfo code, and the processor's state in its context.

use std::ffi::{c_int, c_void};

/// What the program tried to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "not every system tells everything")]
pub enum FaultAccess {
    Load,
    Store,
    /// It tried to execute what is there.
    Execute,
    Unknown,
}

// Codes of sigaction(2), the same on all systems.
const BUS_ADRERR: c_int = 2;
const BUS_OBJERR: c_int = 3;
/// Memory with an error of the hardware was accessed (Linux).
const BUS_MCEERR_AR: c_int = 4;
const SEGV_ACCERR: c_int = 2;

/// Whether the kernel sent the signal for an access to a mapped page, rather than a process by kill(2).
pub fn is_memory_fault(signal: c_int, code: c_int) -> bool {
    match signal {
        libc::SIGBUS => matches!(code, BUS_ADRERR | BUS_OBJERR | BUS_MCEERR_AR),
        libc::SIGSEGV => code == SEGV_ACCERR,
        _ => false,
    }
}

/// Whether the fault is, or may be, a store into a page that is not writable.
pub fn is_store_violation(signal: c_int, access: FaultAccess) -> bool {
    if signal == libc::SIGSEGV {
        return access != FaultAccess::Load;
    }
    // macOS sends SIGBUS for it.
    cfg!(target_vendor = "apple") && access == FaultAccess::Store
}

/// By the error code of the page fault, whose bit 1 says write and bit 4 instruction fetch (x86 architecture).
///
/// # Safety
/// `context` is what the kernel gave a handler.
#[cfg(all(any(target_os = "linux", target_os = "android"), target_arch = "x86_64"))]
pub unsafe fn fault_access(context: *mut c_void) -> FaultAccess {
    // SAFETY: by this function's contract; the error code is always there.
    let error = unsafe { (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs[libc::REG_ERR as usize] };
    match error {
        _ if error & 0x10 != 0 => FaultAccess::Execute,
        _ if error & 0x2 != 0 => FaultAccess::Store,
        _ => FaultAccess::Load,
    }
}

/// By the exception syndrome register, which is among the records after the registers (the kernel's
/// arch/arm64/include/uapi/asm/sigcontext.h).
///
/// # Safety
/// `context` is what the kernel gave a handler.
#[cfg(all(any(target_os = "linux", target_os = "android"), target_arch = "aarch64"))]
pub unsafe fn fault_access(context: *mut c_void) -> FaultAccess {
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
            return access_of_syndrome(unsafe { record.add(8).cast::<u64>().read_unaligned() });
        }
        if size < 8 {
            break;
        }
        at += size as usize;
    }
    FaultAccess::Unknown
}

/// By the exception class (bits 26 to 31: 0x20 and 0x21 are instruction aborts, 0x24 and 0x25 data aborts) and, of a
/// data abort, the bit 6, "write not read" (Arm Architecture Reference Manual, ESR_EL1).
#[cfg(target_arch = "aarch64")]
fn access_of_syndrome(esr: u64) -> FaultAccess {
    match esr >> 26 & 0x3f {
        0x20 | 0x21 => FaultAccess::Execute,
        0x24 | 0x25 if esr & 1 << 6 != 0 => FaultAccess::Store,
        0x24 | 0x25 => FaultAccess::Load,
        _ => FaultAccess::Unknown,
    }
}

/// By the exception state of the thread.
///
/// # Safety
/// `context` is what the kernel gave a handler.
#[cfg(target_vendor = "apple")]
pub unsafe fn fault_access(context: *mut c_void) -> FaultAccess {
    // SAFETY: by this function's contract.
    let machine = unsafe { (*context.cast::<libc::ucontext_t>()).uc_mcontext };
    if machine.is_null() {
        return FaultAccess::Unknown;
    }
    // SAFETY: the kernel's own structure.
    let state = unsafe { &raw const (*machine).__es };
    #[cfg(target_arch = "x86_64")]
    {
        // SAFETY: as above.
        let error = unsafe { (*state).__err };
        if error & 0x2 != 0 { FaultAccess::Store } else { FaultAccess::Load }
    }
    #[cfg(target_arch = "aarch64")]
    {
        // SAFETY: as above.
        access_of_syndrome(u64::from(unsafe { (*state).__esr }))
    }
}

/// Where the context is not known to say it.
///
/// # Safety
/// This does nothing; the signature is that of the other systems.
#[cfg(not(any(
    all(
        any(target_os = "linux", target_os = "android"),
        any(target_arch = "x86_64", target_arch = "aarch64")
    ),
    target_vendor = "apple"
)))]
pub unsafe fn fault_access(_context: *mut c_void) -> FaultAccess {
    FaultAccess::Unknown
}
