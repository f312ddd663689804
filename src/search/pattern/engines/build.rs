//! Compiling HIR for regex-automata, within a limit.

use regex_automata::meta;
use regex_automata::nfa::thompson::{self, NFA, WhichCaptures};
use regex_automata::util::look::LookMatcher;

use crate::search::pattern::error::PatternError;
use crate::search::pattern::syntax::{Flags, Translation};

/// The bytes that the states of one automaton may take.
const SIZE_LIMIT: usize = 16 << 20;

/// The bytes that the table of a one-pass automaton may take, which the library uses for groups where it can.
const ONE_PASS_LIMIT: usize = 1 << 20;

/// The library's regex, which chooses among its engines.
pub fn regex(
    translation: &Translation,
    flags: Flags,
    captures: WhichCaptures,
) -> Result<meta::Regex, PatternError> {
    let config = meta::Config::new()
        .utf8_empty(flags.code_points())
        .which_captures(captures)
        .line_terminator(translation.line_terminator)
        .nfa_size_limit(Some(SIZE_LIMIT))
        .onepass_size_limit(Some(ONE_PASS_LIMIT));
    let built = meta::Builder::new().configure(config).build_from_hir(&translation.hir);
    built.map_err(|_| PatternError::too_large())
}

/// An automaton for one of our own engines.
pub fn nfa(
    translation: &Translation,
    flags: Flags,
    looks: LookMatcher,
    captures: WhichCaptures,
    reverse: bool,
) -> Result<NFA, PatternError> {
    let config = thompson::Config::new()
        .utf8(flags.code_points())
        .reverse(reverse)
        .look_matcher(looks)
        .which_captures(captures)
        .nfa_size_limit(Some(SIZE_LIMIT));
    NFA::compiler().configure(config).build_from_hir(&translation.hir).map_err(|_| PatternError::too_large())
}
