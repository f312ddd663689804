//! What runs a translated pattern over bytes.

/// Compiling HIR for regex-automata.
pub mod build;

/// An automaton whose searches can be cancelled.
pub mod cancellable_dfa;

/// An automaton that is exact where the library's are not.
pub mod pike_vm;

/// Bytes that change while they are searched.
pub mod torn;
