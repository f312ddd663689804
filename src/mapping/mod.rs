//! Mappings: made, reached, resized, flushed, closed. Nothing here knows JavaScript.
//!
//! A `Record` is one mapping in the process, a `Handle` one open object over it. `place` is the only function that maps.

/// Why a call failed.
mod error;

/// Making a mapping: of a descriptor, of a path, of memory.
mod open;

/// One open object over a mapping.
mod handle;

/// One mapping in the process.
mod record;

/// Tokens, by which objects of other threads are attached.
mod share;

/// Where the bytes of a mapping come from.
mod source;

/// The one function that maps a file or memory.
mod place;

/// How to take back what opening a mapping did to its file.
mod rollback;

/// Reading and writing the bytes.
mod access;
mod ahead;

/// Whether bytes that were reached are the file's.
mod verify;

/// A mapping lends itself to searches.
mod haystack;

/// The lines of a mapping, piece by piece.
mod lines;

/// Another length.
mod resize;

/// Advice about the memory, and its name.
mod memory;

/// Views over memory of the engine's own.
mod overlay;

/// Writing changed pages back.
mod sync;

pub use error::{Error, Result};
pub use handle::Handle;
pub use record::{Record, Views};
use source::{Origin, Source};

#[cfg(test)]
mod tests;
