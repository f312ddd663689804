//! Copying bytes that may not be readable.

use windows_sys::Win32::System::Diagnostics::Debug::{ReadProcessMemory, WriteProcessMemory};
use windows_sys::Win32::System::Threading::GetCurrentProcess;

/// Copies `len` bytes by ReadProcessMemory and WriteProcessMemory on this very process, through a buffer. These
/// answer with an error where a load or a store would raise EXCEPTION_IN_PAGE_ERROR, which no handler could repair.
/// `false`: some bytes could not be read or written.
///
/// # Safety
/// Both ranges are valid for `len` bytes; they may overlap.
pub unsafe fn try_copy(from: *const u8, to: *mut u8, len: usize) -> bool {
    let mut buffer = [0u8; 16 * 1024];
    // SAFETY: it takes nothing and answers with a pseudo handle, which needs no closing.
    let process = unsafe { GetCurrentProcess() };
    // Where the ranges overlap, bytes must be read before they are written over.
    let backwards = to.cast_const() > from;
    let (mut done, mut moved) = (0, 0);
    while done < len {
        let step = buffer.len().min(len - done);
        let at = if backwards { len - done - step } else { done };
        // SAFETY: within the ranges, by this function's contract; the buffer is ours.
        let read = unsafe {
            ReadProcessMemory(
                process,
                from.wrapping_add(at).cast(),
                buffer.as_mut_ptr().cast(),
                step,
                &mut moved,
            )
        };
        if read == 0 || moved != step {
            return false;
        }
        // SAFETY: as above.
        let written = unsafe {
            WriteProcessMemory(process, to.wrapping_add(at).cast(), buffer.as_ptr().cast(), step, &mut moved)
        };
        if written == 0 || moved != step {
            return false;
        }
        done += step;
    }
    true
}
