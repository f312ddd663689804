//! Translates the tree of a pattern.

use oxc_regular_expression::ast::{
    Alternative, BoundaryAssertionKind, CapturingGroup, Disjunction, LookAroundAssertionKind, Pattern,
    Quantifier, Term,
};
use regex_syntax::hir::{Class, Hir, HirKind, Look, Repetition};

use super::char_class::{Context, is_literal, joined};
use super::flags::Flags;
use super::inexact::Inexact;
use super::non_empty::{Budget, alternation, capture, concat, nullable, repetition, without_empty};
use crate::search::pattern::error::PatternError;

/// How many nodes all rewritten bodies of loops may have together. So many take some 20 MiB, and most often become an
/// automaton that is too large.
const BUDGET: usize = 100_000;

/// How many ranges all classes may have together. A few letters stand for hundreds of ranges (`\p{L}`), so that the
/// length of the source is no bound for them. So many take 32 MiB; as states of an automaton they take more, and that is
/// allowed half as much.
const MOST_RANGES: usize = 4 << 20;

/// A repetition whose maximum is this or more has none, as in V8.
const INFINITE: u64 = i32::MAX as u64;

/// A pattern as HIR, and what an engine must know beside that.
pub struct Translation {
    pub hir: Hir,
    /// The names of the groups. The first group is the whole match.
    pub groups: Vec<Option<String>>,
    /// For each loop with groups that its iterations reset, those groups: the first one, and the one behind the last.
    /// Each such loop has a hidden group around its body, which tells the Pike VM where an iteration begins.
    pub resets: Vec<(u32, u32)>,
    pub inexact: Inexact,
    /// The line terminator of the automaton. `^` with `m` is exact if it is `\r`, `$` if it is `\n`.
    pub line_terminator: u8,
}

/// Translates a pattern. Without `captures` the groups are left out, for an automaton that only finds where matches
/// are.
pub fn translate(
    pattern: &Pattern<'_>,
    source: &str,
    flags: Flags,
    captures: bool,
) -> Result<Translation, PatternError> {
    let groups = count_groups(&pattern.body);
    let mut translator = Translator {
        source,
        captures,
        names: vec![None],
        first_hidden: groups + 1,
        resets: Vec::new(),
        budget: Budget::new(BUDGET),
        ranges: 0,
        line_starts: false,
        newline_after_start: false,
        line_ends: false,
        inexact: Inexact::default(),
    };
    let hir = translator.disjunction(&pattern.body, flags)?;
    let Translator { names, resets, line_starts, newline_after_start, line_ends, mut inexact, .. } =
        translator;
    inexact.pairs = line_ends && newline_after_start;
    inexact.separators = (line_starts || line_ends) && flags.code_points();
    let line_terminator = if line_ends { b'\n' } else { b'\r' };
    Ok(Translation { hir, groups: names, resets, inexact, line_terminator })
}

struct Translator<'s> {
    source: &'s str,
    captures: bool,
    names: Vec<Option<String>>,
    first_hidden: u32,
    resets: Vec<(u32, u32)>,
    budget: Budget,
    /// How many ranges the classes so far have.
    ranges: usize,
    line_starts: bool,
    newline_after_start: bool,
    line_ends: bool,
    inexact: Inexact,
}

impl Translator<'_> {
    fn disjunction(&mut self, disjunction: &Disjunction<'_>, flags: Flags) -> Result<Hir, PatternError> {
        let alternatives: Result<Vec<_>, _> =
            disjunction.body.iter().map(|alternative| self.alternative(alternative, flags)).collect();
        Ok(alternation(alternatives?))
    }

    fn alternative(&mut self, alternative: &Alternative<'_>, flags: Flags) -> Result<Hir, PatternError> {
        let mut hirs = Vec::with_capacity(alternative.body.len());
        let mut starts = Vec::new();
        let mut terms = alternative.body.iter().peekable();
        while let Some(term) = terms.next() {
            if let Some(pair) = terms.peek().and_then(|next| surrogate_pair(term, next)) {
                let character = self.context(flags).character(pair, true);
                hirs.push(match terms.next() {
                    Some(Term::Quantifier(quantifier)) => self.repeat(character, quantifier)?,
                    _ => character,
                });
                continue;
            }
            if let Term::BoundaryAssertion(assertion) = term
                && assertion.kind == BoundaryAssertionKind::Start
                && flags.multiline
            {
                starts.push(hirs.len());
            }
            hirs.push(self.term(term, flags)?);
        }
        self.newline_after_start |= newline_follows(&hirs, starts);
        Ok(concat(hirs))
    }

    fn context(&self, flags: Flags) -> Context<'_> {
        Context { source: self.source, flags }
    }

    fn term(&mut self, term: &Term<'_>, flags: Flags) -> Result<Hir, PatternError> {
        let context = self.context(flags);
        match term {
            Term::Character(character) => Ok(context.character(character.value, is_literal(character))),
            Term::Dot(_) => Ok(context.dot()),
            Term::CharacterClassEscape(escape) => Ok(context.escape(escape)),
            Term::UnicodePropertyEscape(escape) => {
                let hir = context.property(escape)?;
                self.counted(hir)
            }
            Term::CharacterClass(class) => {
                let hir = context.class(class)?;
                self.counted(hir)
            }
            Term::BoundaryAssertion(assertion) => Ok(self.boundary(assertion.kind, flags)),
            Term::CapturingGroup(group) => self.group(group, flags),
            Term::IgnoreGroup(group) => {
                let flags = group.modifiers.as_ref().map_or(flags, |modifiers| flags.modified(modifiers));
                self.disjunction(&group.body, flags)
            }
            Term::Quantifier(quantifier) => self.quantifier(quantifier, flags),
            Term::LookAroundAssertion(assertion) => {
                let what = match assertion.kind {
                    LookAroundAssertionKind::Lookahead => "lookahead (?=...)",
                    LookAroundAssertionKind::NegativeLookahead => "lookahead (?!...)",
                    LookAroundAssertionKind::Lookbehind => "lookbehind (?<=...)",
                    LookAroundAssertionKind::NegativeLookbehind => "lookbehind (?<!...)",
                };
                Err(self.not_linear(assertion.span.start, what))
            }
            Term::IndexedReference(reference) => {
                Err(self.not_linear(reference.span.start, &format!("backreference \\{}", reference.index)))
            }
            Term::NamedReference(reference) => {
                Err(self.not_linear(reference.span.start, &format!("backreference \\k<{}>", reference.name)))
            }
        }
    }

    /// Counts the ranges of a class, which has strings beside them at most.
    fn counted(&mut self, class: Hir) -> Result<Hir, PatternError> {
        let ranges = |hir: &Hir| match hir.kind() {
            HirKind::Class(Class::Unicode(class)) => class.ranges().len(),
            _ => 0,
        };
        self.ranges += ranges(&class) + class.kind().subs().iter().map(ranges).sum::<usize>();
        if self.ranges > MOST_RANGES {
            return Err(PatternError::too_large());
        }
        Ok(class)
    }

    fn not_linear(&self, byte: u32, what: &str) -> PatternError {
        PatternError::at(self.source, byte, what, "cannot run in linear time")
    }

    fn boundary(&mut self, kind: BoundaryAssertionKind, flags: Flags) -> Hir {
        let word = matches!(kind, BoundaryAssertionKind::Boundary | BoundaryAssertionKind::NegativeBoundary);
        self.inexact.words |= word && flags.ignore_case && flags.code_points();
        match kind {
            // Together these two are what ECMAScript means, but for a position between `\r` and `\n`: see `Inexact`.
            BoundaryAssertionKind::Start if flags.multiline => {
                self.line_starts = true;
                alternation(vec![Hir::look(Look::StartLF), Hir::look(Look::StartCRLF)])
            }
            BoundaryAssertionKind::End if flags.multiline => {
                self.line_ends = true;
                alternation(vec![Hir::look(Look::EndLF), Hir::look(Look::EndCRLF)])
            }
            BoundaryAssertionKind::Start => Hir::look(Look::Start),
            BoundaryAssertionKind::End => Hir::look(Look::End),
            BoundaryAssertionKind::Boundary => Hir::look(Look::WordAscii),
            BoundaryAssertionKind::NegativeBoundary => Hir::look(Look::WordAsciiNegate),
        }
    }

    fn group(&mut self, group: &CapturingGroup<'_>, flags: Flags) -> Result<Hir, PatternError> {
        let index = self.next_group();
        self.names.push(group.name.as_ref().map(|name| unescaped(name.as_str())));
        let sub = self.disjunction(&group.body, flags)?;
        if !self.captures {
            return Ok(sub);
        }
        Ok(capture(index, sub))
    }

    fn next_group(&self) -> u32 {
        u32::try_from(self.names.len()).unwrap_or(u32::MAX)
    }

    fn quantifier(&mut self, quantifier: &Quantifier<'_>, flags: Flags) -> Result<Hir, PatternError> {
        let first = self.next_group();
        let mut body = self.term(&quantifier.body, flags)?;
        let last = self.next_group();
        // A group that takes part in every iteration needs no reset.
        if self.captures
            && quantifier.max.is_none_or(|max| max > 1)
            && has_optional_group(&quantifier.body, false)
        {
            let hidden = self.first_hidden + u32::try_from(self.resets.len()).unwrap_or(u32::MAX);
            self.resets.push((first, last));
            body = capture(hidden, body);
        }
        self.repeat(body, quantifier)
    }

    fn repeat(&mut self, body: Hir, quantifier: &Quantifier<'_>) -> Result<Hir, PatternError> {
        let greedy = quantifier.greedy;
        let min = u32::try_from(quantifier.min).map_err(|_| PatternError::too_large())?;
        let max = match quantifier.max {
            Some(max) if max < INFINITE => Some(u32::try_from(max).map_err(|_| PatternError::too_large())?),
            _ => None,
        };
        let repeated = |min, max, sub| repetition(Repetition { min, max, greedy, sub: Box::new(sub) });
        if max == Some(0) {
            return Ok(Hir::empty());
        }
        if !nullable(&body) {
            return Ok(repeated(min, max, body));
        }
        if body.properties().maximum_len() == Some(0) {
            return Ok(if min == 0 { Hir::empty() } else { body });
        }
        let some = without_empty(&body, &mut self.budget)?;
        let optional = repeated(0, max.map(|max| max - min), some);
        let required = if min == 0 { Hir::empty() } else { repeated(min, Some(min), body) };
        Ok(concat(vec![required, optional]))
    }
}

/// The code point of a character that is written as two surrogates, which the parser keeps apart without `u`; the
/// second one may be repeated.
fn surrogate_pair(term: &Term<'_>, next: &Term<'_>) -> Option<u32> {
    let next = if let Term::Quantifier(quantifier) = next { &quantifier.body } else { next };
    let (Term::Character(high), Term::Character(low)) = (term, next) else { return None };
    joined(high.value, low.value)
}

/// Whether what follows a `^` can match before a `\n`: only there can `^` be inexact. `starts` are the indexes of each `^`,
/// in order. The walk is from the end on, so that what follows many of them is gone through once.
fn newline_follows(hirs: &[Hir], mut starts: Vec<usize>) -> bool {
    let (mut follows, mut next) = (false, true);
    for (index, hir) in hirs.iter().enumerate().rev() {
        if starts.is_empty() {
            break;
        }
        follows |= starts.pop_if(|start| *start == index).is_some() && next;
        next = starts_with_newline(hir) || nullable(hir) && next;
    }
    follows
}

/// Whether a match of `hir` can begin with a `\n`.
fn starts_with_newline(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Literal(literal) => literal.0.first() == Some(&b'\n'),
        HirKind::Class(class) => class_has_newline(class),
        HirKind::Concat(subs) => {
            let reached = subs.iter().position(|sub| !nullable(sub)).map_or(subs.len(), |last| last + 1);
            subs[..reached].iter().any(starts_with_newline)
        }
        HirKind::Alternation(subs) => subs.iter().any(starts_with_newline),
        HirKind::Repetition(repetition) => starts_with_newline(&repetition.sub),
        HirKind::Capture(capture) => starts_with_newline(&capture.sub),
        HirKind::Empty | HirKind::Look(_) => false,
    }
}

fn class_has_newline(class: &Class) -> bool {
    match class {
        Class::Bytes(class) => class.iter().any(|range| (range.start()..=range.end()).contains(&b'\n')),
        Class::Unicode(class) => class.iter().any(|range| (range.start()..=range.end()).contains(&'\n')),
    }
}

/// Whether a match can have a `\n` before its last byte.
pub fn crosses_lines(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Literal(literal) => literal.0.split_last().is_some_and(|(_, rest)| rest.contains(&b'\n')),
        HirKind::Class(_) => false,
        HirKind::Capture(capture) => crosses_lines(&capture.sub),
        HirKind::Alternation(alternatives) => alternatives.iter().any(crosses_lines),
        HirKind::Concat(parts) => parts
            .split_last()
            .is_some_and(|(last, before)| before.iter().any(has_newline) || crosses_lines(last)),
        _ => has_newline(hir),
    }
}

/// Whether a match can have a `\n`.
fn has_newline(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Literal(literal) => literal.0.contains(&b'\n'),
        HirKind::Class(class) => class_has_newline(class),
        kind => kind.subs().iter().any(has_newline),
    }
}

/// Whether an iteration can leave out a group in `term`, which is in an alternative, or is itself optional.
fn has_optional_group(term: &Term<'_>, optional: bool) -> bool {
    let inside = |body: &Disjunction<'_>| {
        let optional = optional || body.body.len() > 1;
        body.body
            .iter()
            .flat_map(|alternative| &alternative.body)
            .any(|term| has_optional_group(term, optional))
    };
    match term {
        Term::CapturingGroup(group) => optional || inside(&group.body),
        Term::IgnoreGroup(group) => inside(&group.body),
        Term::Quantifier(quantifier) => has_optional_group(&quantifier.body, optional || quantifier.min == 0),
        _ => false,
    }
}

fn count_groups(disjunction: &Disjunction<'_>) -> u32 {
    disjunction.body.iter().flat_map(|alternative| &alternative.body).map(count_groups_of_term).sum()
}

fn count_groups_of_term(term: &Term<'_>) -> u32 {
    match term {
        Term::CapturingGroup(group) => 1 + count_groups(&group.body),
        Term::IgnoreGroup(group) => count_groups(&group.body),
        Term::Quantifier(quantifier) => count_groups_of_term(&quantifier.body),
        _ => 0,
    }
}

/// The name of a group with its escapes resolved, as `groups` of a match has it.
fn unescaped(name: &str) -> String {
    let mut units = Vec::new();
    let mut rest = name;
    while let Some(char) = rest.chars().next() {
        let (point, length) =
            rest.strip_prefix("\\u").and_then(escape).unwrap_or((u32::from(char), char.len_utf8()));
        match char::from_u32(point) {
            Some(char) => units.extend_from_slice(char.encode_utf16(&mut [0; 2])),
            None => units.extend(u16::try_from(point)),
        }
        rest = &rest[length..];
    }
    String::from_utf16_lossy(&units)
}

/// The code of `XXXX` or `{X...}` behind `\u`, and how many bytes the whole escape has.
fn escape(after: &str) -> Option<(u32, usize)> {
    match after.strip_prefix('{') {
        Some(braced) => {
            let end = braced.find('}')?;
            Some((u32::from_str_radix(&braced[..end], 16).ok()?, end + 4))
        }
        None => Some((u32::from_str_radix(after.get(..4)?, 16).ok()?, 6)),
    }
}
