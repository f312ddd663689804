//! What goes ahead of an automaton, with vector instructions.

/// Sequences of sets of bytes: which fits where.
pub mod byte_sequences;

/// A string that each match contains.
pub mod required_literal;

/// Finding sequences of sets of bytes without an automaton.
pub mod sequence;

/// The stretch of a haystack that was searched last, and the matches there.
pub mod window;
