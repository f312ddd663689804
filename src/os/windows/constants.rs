//! What stands in the place of the constants of mmap(2), which Windows does not have.

use crate::request::Raw;

pub const PROT_READ: i32 = 1;
pub const PROT_WRITE: i32 = 2;
pub const DEFAULT_RAW: Raw = Raw { prot: PROT_READ | PROT_WRITE, flags: 0 };
/// A caller cannot give flags here, so none is refused.
pub const REFUSED_FLAGS: &[(&str, i32)] = &[];
/// None of PROT_, MAP_, MADV_ and MS_ exists here.
pub const CONSTANTS: [&[(&str, i64)]; 0] = [];
