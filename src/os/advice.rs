//! Advice about memory, by name or by number.

/// What a caller gives to `madvise`. The portable names are listed and checked in `lib/options/memory.ts`; each is that of a
/// constant of madvise(2): MADV_NORMAL is `normal`.
#[derive(Clone, Debug)]
pub enum Advice {
    /// A portable name. A system without such a constant does not take the advice, so that a program need not ask where it
    /// runs.
    Name(String),
    /// The number of one of this system's `MADV_` constants.
    Number(i32),
}
