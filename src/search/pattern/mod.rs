//! An ECMAScript RegExp that runs over bytes, each search in linear time. All matches may take longer: those of
//! `/[ab]key(?:.*z)?/g` in one line look each to its end.
//!
//! Without `u` and `v` a byte is a Latin-1 code unit: `\xff` is the byte 0xFF, `.` any byte but `\n` and `\r`. Text
//! in the pattern is its UTF-8: `é` is two bytes, `é+` repeats both, `[aé]` is one byte or two. With `u` or `v` the
//! bytes are UTF-8 and a pattern matches code points; bytes that are no UTF-8 are matched by no atom.
//!
//! The parser's tree becomes HIR, which `regex-automata` runs; its leftmost-first matches are a backtracker's. What
//! ECMAScript has and automata have not: loops without empty iterations (`empty.rs`), groups that each iteration
//! resets (`machine.rs`), line terminators and word characters of several bytes (`doubts.rs`). Where an automaton would go
//! from byte to byte, or takes long for each match, vectors go ahead: `sequence.rs`, `needed.rs`.
//!
//! # Deviations
//!
//! Refused, each with its position:
//! - lookahead, lookbehind and backreferences: none runs in linear time;
//! - properties of strings (`\p{RGI_Emoji}`), and the few properties without a table: `Script=Unknown` and
//!   `Script=Katakana_Or_Hiragana` (also as `Script_Extensions`), `Changes_When_NFKC_Casefolded`;
//! - without `u` and `v`: text beyond ASCII in a negated class or at an end of a range, and a range from above `\xff`;
//! - automata beyond a size, and nesting beyond a depth.
//!
//! Different, by nature:
//! - without `u` and `v`: text beyond ASCII, and an escape from `\u0100` on, is its UTF-8, repeated as a whole; with `i`
//!   each of its bytes folds as Latin-1, so that `/é/i`, C3 A9, finds E3 A9 too. A surrogate alone matches nothing;
//! - with `u` or `v`: no empty match lies before a continuation byte, even where the bytes are no UTF-8, and a search
//!   that begins inside a code point does not step back to its beginning;
//! - the tables of `u` and `v` are of Unicode 16.0.
//!
//! ECMAScript, where V8 (as of version 11.3) errs:
//! - `\B` is not looked for between the two units of a surrogate pair;
//! - with `v`, the quantifier of `[^]` counts; with `iv`, a single character in `\q{...}` folds before `--` and `&&`;
//!   `/(?:\D{2,}?[^[a-c]]{3})+/v` finds what it finds without its `+`.

mod attempt;
mod bytes;
mod class;
mod doubts;
mod empty;
mod error;
mod fast;
mod flags;
mod machine;
mod needed;
mod parse;
mod points;
mod search;
mod sequence;
mod sets;
mod stepper;
mod translate;
mod unicode;
mod window;

#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use oxc_allocator::Allocator;
use regex_automata::meta;
use regex_automata::nfa::thompson::{NFA, WhichCaptures};
use regex_automata::util::look::LookMatcher;
use regex_syntax::hir::Hir;

pub use error::PatternError;
pub use search::{Cache, Searcher};
pub use sequence::Sought;

use doubts::Doubts;
use flags::Flags;
use machine::Machine;
use needed::Needed;
use sequence::Sequence;
use stepper::Stepper;
use translate::{Translation, crosses_lines, translate};

/// The memory that the states of one automaton may take.
const SIZE_LIMIT: usize = 16 << 20;

/// A compiled pattern.
#[derive(Debug)]
pub struct Pattern {
    source: String,
    flag_text: String,
    flags: Flags,
    groups: Vec<Option<String>>,
    nullable: bool,
    max_len: Option<usize>,
    /// The bytes of each match, where all have as many.
    fixed_len: Option<usize>,
    crosses_lines: bool,
    doubts: Doubts,
    find: meta::Regex,
    /// What finds in its place as long as little resembles a match.
    sequence: Option<Sequence>,
    /// What each match has in it, where that tells which lines to search.
    needed: Option<Needed>,
    /// What finds where the fast automaton is in doubt; none if it never is.
    exact: Option<Machine>,
    /// Made when groups are first asked for.
    captures: OnceLock<Result<Captures, PatternError>>,
    /// Made when a search that may be called off first goes far.
    stepper: OnceLock<Result<Stepper, PatternError>>,
    /// The groups of a match so long that the search for them must look at its cancel.
    patient: OnceLock<Result<Machine, PatternError>>,
    /// Made when the bytes have changed under a search, again and again.
    single_pass: OnceLock<Result<Machine, PatternError>>,
}

/// What finds the groups of a match.
#[derive(Debug)]
enum Captures {
    /// No group is ever left over from an earlier iteration, and no assertion is in doubt.
    Library(meta::Regex),
    Machine(Machine),
}

impl Pattern {
    /// Compiles a RegExp's `source` and `flags`.
    pub fn new(source: &str, flags: &str) -> Result<Self, PatternError> {
        attempt::quiet();
        let flag_text = flags.to_owned();
        let flags = Flags::new(flags)?;
        let translation = translated(source, &flag_text, flags, false)?;
        let doubts = translation.doubts;
        let exact = if doubts.any() { Some(machine(&translation, flags, 1)?) } else { None };
        let (min_len, max_len) =
            (translation.hir.properties().minimum_len(), translation.hir.properties().maximum_len());
        let crosses_lines = crosses_lines(&translation.hir);
        let sequence = Sequence::new(&translation.hir).filter(|_| !flags.sticky);
        Ok(Self {
            source: source.to_owned(),
            flag_text,
            flags,
            nullable: empty::nullable(&translation.hir),
            max_len,
            fixed_len: max_len.filter(|_| min_len == max_len),
            crosses_lines,
            doubts,
            find: library(&translation, flags, WhichCaptures::Implicit)?,
            needed: Needed::new(&translation.hir, crosses_lines)
                .filter(|_| !flags.sticky && sequence.is_none()),
            sequence,
            exact,
            groups: translation.groups,
            captures: OnceLock::new(),
            stepper: OnceLock::new(),
            patient: OnceLock::new(),
            single_pass: OnceLock::new(),
        })
    }

    /// The groups' names, in order; the first is the whole match.
    pub fn groups(&self) -> &[Option<String>] {
        &self.groups
    }

    /// Has the flag `y`: a match is looked for only where a search begins.
    pub fn is_sticky(&self) -> bool {
        self.flags.sticky
    }

    /// Whether a match can have no bytes.
    pub fn can_be_empty(&self) -> bool {
        self.nullable
    }

    /// Whether a search must not begin inside a code point.
    pub fn has_code_points(&self) -> bool {
        self.flags.code_points()
    }

    /// The most bytes that a match can have; none if there is no limit.
    pub fn max_len(&self) -> Option<usize> {
        self.max_len
    }

    /// Whether a match can have a `\n` in it that is not its last byte.
    pub fn can_cross_lines(&self) -> bool {
        self.crosses_lines
    }

    /// None: it would be too large, where the library's automaton is not.
    fn stepper(&self) -> Option<&Stepper> {
        let made = self.stepper.get_or_init(|| {
            Stepper::new(&translated(&self.source, &self.flag_text, self.flags, false)?, self.flags)
        });
        made.as_ref().ok()
    }

    fn patient(&self) -> Result<&Machine, PatternError> {
        let made = self.patient.get_or_init(|| {
            let translation = translated(&self.source, &self.flag_text, self.flags, true)?;
            machine(&translation, self.flags, self.groups.len())
        });
        made.as_ref().map_err(Clone::clone)
    }

    /// None: as above.
    fn single_pass(&self) -> Option<&Machine> {
        let made = self.single_pass.get_or_init(|| {
            machine(&translated(&self.source, &self.flag_text, self.flags, false)?, self.flags, 1)
        });
        made.as_ref().ok()
    }

    fn captures(&self) -> Result<&Captures, PatternError> {
        let made = self.captures.get_or_init(|| {
            let translation = translated(&self.source, &self.flag_text, self.flags, true)?;
            if translation.resets.is_empty() && !translation.doubts.any() {
                return Ok(Captures::Library(library(&translation, self.flags, WhichCaptures::All)?));
            }
            Ok(Captures::Machine(machine(&translation, self.flags, self.groups.len())?))
        });
        made.as_ref().map_err(Clone::clone)
    }
}

fn translated(source: &str, text: &str, flags: Flags, captures: bool) -> Result<Translation, PatternError> {
    let prepared = parse::prepared(source, flags)?;
    let allocator = Allocator::default();
    let pattern = parse::parse(&allocator, &prepared, text)?;
    translate(&pattern, source, flags, captures)
}

fn library(
    translation: &Translation,
    flags: Flags,
    captures: WhichCaptures,
) -> Result<meta::Regex, PatternError> {
    let config = meta::Config::new()
        .utf8_empty(flags.code_points())
        .which_captures(captures)
        .line_terminator(translation.line_terminator)
        .nfa_size_limit(Some(SIZE_LIMIT))
        .onepass_size_limit(Some(1 << 20));
    let built = meta::Builder::new().configure(config).build_from_hir(&translation.hir);
    built.map_err(|_| PatternError::too_large())
}

fn machine(translation: &Translation, flags: Flags, groups: usize) -> Result<Machine, PatternError> {
    let Translation { hir, resets, doubts, .. } = translation;
    let nfa = compiled(hir, flags)?;
    Ok(Machine::new(nfa, groups, resets, flags.code_points(), doubts.words))
}

fn compiled(hir: &Hir, flags: Flags) -> Result<NFA, PatternError> {
    let config = NFA::config()
        .utf8(flags.code_points())
        .which_captures(WhichCaptures::All)
        .look_matcher(LookMatcher::new())
        .nfa_size_limit(Some(SIZE_LIMIT));
    NFA::compiler().configure(config).build_from_hir(hir).map_err(|_| PatternError::too_large())
}
