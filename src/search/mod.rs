//! Searching in bytes that somebody lends. Pure: positions in, positions out.

/// A needle in a haystack.
pub mod literal;
