//! Searching in bytes that somebody lends. Pure: positions in, positions out.

/// The next matches of a large range.
pub mod gather;

/// A needle in a haystack.
pub mod literal;

/// Where lines end.
pub mod lines;

/// The text of lines.
pub mod text;

/// Lines that wait for the engine to make strings of them.
pub mod ready;

/// Vectors: which of 64 bytes are a given one.
mod masks;

/// An ECMAScript RegExp over bytes.
pub mod pattern;

/// Large ranges, on several threads.
pub mod scan;

/// Patterns in large ranges, in parts.
pub mod split;

/// What is looked for: bytes or a pattern, one interface.
pub mod target;

#[cfg(test)]
mod tests;
