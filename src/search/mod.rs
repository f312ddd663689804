//! Searching in bytes that somebody lends. Pure: positions in, positions out.

/// A needle in a haystack.
pub mod literal;

/// Where lines end.
pub mod lines;

/// Large ranges, on several threads.
pub mod scan;
