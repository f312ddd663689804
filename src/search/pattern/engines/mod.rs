//! What runs a translated pattern over bytes.

/// Finding the groups of patterns that have too many of them for the Pike VM.
pub mod backtracker;

/// Compiling HIR for regex-automata.
pub mod build;

/// An automaton whose searches can be cancelled.
pub mod cancellable_dfa;

/// Compiling deep patterns where there is room for it.
pub mod own_stack;

/// An automaton that is exact where the library's are not.
pub mod pike_vm;

/// Bytes that change while they are searched.
pub mod torn;
