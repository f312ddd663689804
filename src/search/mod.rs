//! Searching bytes: for bytes, for patterns, for lines. Knows nothing of mappings: whoever has bytes lends them as a
//! `Haystack`.

/// The trait of bytes that are searched.
pub mod haystack;

/// Finding and counting a string of bytes.
pub mod literal;

/// Where lines begin and end.
pub mod lines;

/// The text of lines, as a JavaScript engine stores strings.
pub mod text;

/// Lines that wait for the engine to make strings of them.
pub mod ready;

/// Masks of where bytes occur in a block of 64, made with vector instructions.
mod masks;

/// An ECMAScript RegExp over bytes.
pub mod pattern;

/// What is searched for, a literal or a pattern, behind one interface.
pub mod target;

/// Finding, counting and collecting on one thread or several.
pub mod parallel;

#[cfg(test)]
mod tests;
