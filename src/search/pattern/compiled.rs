use std::sync::OnceLock;

use regex_automata::meta;
use regex_automata::nfa::thompson::{State, WhichCaptures};

use super::engines::cancellable_dfa::CancellableDfa;
use super::engines::own_stack::with_stack_for;
use super::engines::pike_vm::{PikeVm, TABLE_LIMIT, table_bytes};
use super::engines::{build, torn};
use super::error::PatternError;
use super::prefilter::required_literal::RequiredLiteral;
use super::prefilter::sequence::Sequence;
use super::syntax::{Flags, Inexact, Translation, check_length, crosses_lines, depth, nullable, translated};
use crate::pool::CancelToken;

/// A compiled pattern: what was found out about it, and the automata that were made of it.
#[derive(Debug)]
pub struct Pattern {
    source: String,
    /// How deep it nests.
    depth: usize,
    flag_text: String,
    pub(super) flags: Flags,
    groups: Vec<Option<String>>,
    nullable: bool,
    max_len: Option<usize>,
    /// The bytes of each match, if all matches have as many.
    pub(super) fixed_len: Option<usize>,
    crosses_lines: bool,
    inexact: Inexact,
    pub(super) regex: meta::Regex,
    /// What finds matches in place of `regex`, as long as little of the haystack resembles a match.
    pub(super) sequence: Option<Sequence>,
    /// A string that each match contains, if it tells which lines have to be searched.
    pub(super) required: Option<RequiredLiteral>,
    /// What finds matches in a haystack for which `regex` is inexact. `None` if there is no such haystack.
    pub(super) exact: Option<PikeVm>,
    /// Made when groups are first asked for.
    captures: OnceLock<Result<Captures, PatternError>>,
    /// Made when a search that can be cancelled first goes far.
    cancellable: OnceLock<Result<CancellableDfa, PatternError>>,
    /// Made when the groups of a match are first asked for that is so long that the search for them must be
    /// cancellable.
    cancellable_captures: OnceLock<Result<PikeVm, PatternError>>,
    /// Made when the bytes have changed during a search several times.
    single_pass: OnceLock<Result<PikeVm, PatternError>>,
}

/// What finds the groups of a match.
#[derive(Debug)]
pub(super) enum Captures {
    /// No iteration has to reset a group, no assertion is inexact, and there are not too many groups for the library's
    /// own Pike VM, which bounds no memory.
    Library(meta::Regex),
    PikeVm(PikeVm),
}

impl Pattern {
    /// Compiles the `source` and `flags` of a RegExp.
    pub fn new(source: &str, flags: &str) -> Result<Self, PatternError> {
        torn::silence_library_panics();
        check_length(source.encode_utf16().count())?;
        let depth = depth(source, Flags::new(flags)?)?;
        with_stack_for(depth, || Self::compiled(source, flags, depth))
    }

    /// Refuses a source of so many UTF-16 units, if it is too long: for who has not copied it yet. `new` does so too.
    pub fn check_length(units: usize) -> Result<(), PatternError> {
        check_length(units)
    }

    fn compiled(source: &str, flags: &str, depth: usize) -> Result<Self, PatternError> {
        let flag_text = flags.to_owned();
        let flags = Flags::new(flags)?;
        let translation = translated(source, &flag_text, flags, false)?;
        let is_always_exact = !translation.inexact.any();
        let exact = if is_always_exact { None } else { Some(PikeVm::new(&translation, flags, 1)?) };
        let (min_len, max_len) =
            (translation.hir.properties().minimum_len(), translation.hir.properties().maximum_len());
        let crosses_lines = crosses_lines(&translation.hir);
        let sequence = Sequence::new(&translation.hir).filter(|_| !flags.sticky);
        let required = RequiredLiteral::new(&translation.hir, crosses_lines);
        Ok(Self {
            source: source.to_owned(),
            depth,
            flag_text,
            flags,
            nullable: nullable(&translation.hir),
            max_len,
            fixed_len: max_len.filter(|_| min_len == max_len),
            crosses_lines,
            regex: build::regex(&translation, flags, WhichCaptures::Implicit)?,
            required: required.filter(|_| !flags.sticky && sequence.is_none()),
            sequence,
            exact,
            inexact: translation.inexact,
            groups: translation.groups,
            captures: OnceLock::new(),
            cancellable: OnceLock::new(),
            cancellable_captures: OnceLock::new(),
            single_pass: OnceLock::new(),
        })
    }

    /// The names of the groups, in order. The first group is the whole match.
    pub fn groups(&self) -> &[Option<String>] {
        &self.groups
    }

    /// Whether it has the flag `y`: a match is looked for only where a search begins.
    pub fn is_sticky(&self) -> bool {
        self.flags.sticky
    }

    /// Whether a match can be empty.
    pub fn can_be_empty(&self) -> bool {
        self.nullable
    }

    /// Whether it has the flag `u` or `v`: a search must not begin inside a code point.
    pub fn has_code_points(&self) -> bool {
        self.flags.code_points()
    }

    /// The most bytes that a match can have. `None` if there is no limit.
    pub fn max_len(&self) -> Option<usize> {
        self.max_len
    }

    /// Whether a match can have a `\n` before its last byte.
    pub fn can_cross_lines(&self) -> bool {
        self.crosses_lines
    }

    /// Whether the library's automata are exact in all of a haystack. If the search for that is cancelled, the answer
    /// means nothing.
    pub fn is_exact_in(&self, haystack: &[u8], cancel: Option<&CancelToken>) -> bool {
        self.exact.is_none() || !self.inexact.occurs_in(haystack, cancel)
    }

    /// `None` if it would be too large, although the library's own automaton is not.
    pub(super) fn cancellable(&self) -> Option<&CancellableDfa> {
        let make = || CancellableDfa::new(&self.translated(false)?, self.flags);
        made_once(&self.cancellable, || with_stack_for(self.depth, make)).ok()
    }

    /// `None` if it would be too large, although the library's own automaton is not.
    pub(super) fn single_pass(&self) -> Option<&PikeVm> {
        let make = || PikeVm::new(&self.translated(false)?, self.flags, 1);
        made_once(&self.single_pass, || with_stack_for(self.depth, make)).ok()
    }

    pub(super) fn cancellable_captures(&self) -> Result<&PikeVm, PatternError> {
        let make = || PikeVm::new(&self.translated(true)?, self.flags, self.groups.len());
        made_once(&self.cancellable_captures, || with_stack_for(self.depth, make))
    }

    pub(super) fn captures(&self) -> Result<&Captures, PatternError> {
        made_once(&self.captures, || with_stack_for(self.depth, || self.made_captures()))
    }

    fn made_captures(&self) -> Result<Captures, PatternError> {
        let translation = self.translated(true)?;
        let pike_vm = || PikeVm::new(&translation, self.flags, self.groups.len());
        if !translation.resets.is_empty() || translation.inexact.any() {
            return Ok(Captures::PikeVm(pike_vm()?));
        }
        let slots = 2 * self.groups.len();
        let is_bounded = |states| table_bytes(states, slots) <= TABLE_LIMIT;
        let regex = build::regex(&translation, self.flags, WhichCaptures::All)?;
        // Its size tells how many states it has at most. Only where that is too much are they counted.
        if !is_bounded(regex.memory_usage() / size_of::<State>()) {
            let pike_vm = pike_vm()?;
            if !is_bounded(pike_vm.states()) {
                return Ok(Captures::PikeVm(pike_vm));
            }
        }
        Ok(Captures::Library(regex))
    }

    /// About how many bytes it takes, with what was made since it was compiled.
    pub fn memory_usage(&self) -> usize {
        let pike_vm = |made: Option<&PikeVm>| made.map_or(0, PikeVm::memory_usage);
        let captures = match self.captures.get() {
            Some(Ok(Captures::Library(regex))) => regex.memory_usage(),
            Some(Ok(Captures::PikeVm(made))) => made.memory_usage(),
            _ => 0,
        };
        size_of::<Self>()
            + self.source.len()
            + self.groups.iter().flatten().map(String::len).sum::<usize>()
            + self.groups.len() * size_of::<Option<String>>()
            + self.regex.memory_usage()
            + captures
            + pike_vm(self.exact.as_ref())
            + self
                .cancellable
                .get()
                .and_then(|made| made.as_ref().ok())
                .map_or(0, CancellableDfa::memory_usage)
            + pike_vm(self.cancellable_captures.get().and_then(|made| made.as_ref().ok()))
            + pike_vm(self.single_pass.get().and_then(|made| made.as_ref().ok()))
    }

    /// Translates the pattern again: to keep the HIR of each would take more memory than most of them ever need.
    fn translated(&self, captures: bool) -> Result<Translation, PatternError> {
        translated(&self.source, &self.flag_text, self.flags, captures)
    }
}

/// What `cell` holds, made at the first use. That no thread could be started is not kept: it may be possible the next time.
fn made_once<T>(
    cell: &OnceLock<Result<T, PatternError>>,
    make: impl FnOnce() -> Result<T, PatternError>,
) -> Result<&T, PatternError> {
    let kept = match cell.get() {
        Some(kept) => kept,
        None => match make() {
            Err(error) if error == PatternError::no_thread() => return Err(error),
            made => cell.get_or_init(|| made),
        },
    };
    kept.as_ref().map_err(Clone::clone)
}
