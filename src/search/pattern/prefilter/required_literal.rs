//! A string that every match contains. If matches stay within lines, only lines with that string have to be searched,
//! and the string is found at the speed of the memory, where an automaton goes from byte to byte.

use std::ops::Range;

use memchr::memmem::Finder;
use regex_syntax::hir::literal::Extractor;
use regex_syntax::hir::{Hir, HirKind, Look};

use crate::pool::CancelToken;
use crate::search::literal::find_cancellable;

/// Most lines contain strings that are shorter.
const LEAST: usize = 3;

/// Where a line is longer, the rest of the haystack is searched by the automaton.
const LONGEST_LINE: usize = 16 * 1024;

/// Of so many bytes at most one line may be searched in vain. Where lines with the string are closer together, looking
/// for it does not pay.
const SPARSE: usize = 128;

/// So many lines may be searched in vain before that is judged.
const PATIENCE: usize = 16;

#[derive(Debug)]
pub struct RequiredLiteral(Finder<'static>);

/// Whether it was worth it so far to look for the literal in one haystack.
#[derive(Clone, Debug, Default)]
pub struct Effectiveness {
    /// The line in which the literal was found last.
    line: Range<usize>,
    /// Where the first line ends that was searched in vain.
    start: usize,
    /// How many lines were searched in vain.
    vain: usize,
    is_worthless: bool,
}

impl Effectiveness {
    /// Notes that a line was searched in vain, which ends at `end`.
    pub fn note_vain(&mut self, end: usize) {
        if self.vain == 0 {
            self.start = end;
        }
        self.vain += 1;
        self.is_worthless = self.vain > PATIENCE && end.saturating_sub(self.start) < self.vain * SPARSE;
    }

    pub fn is_worth_it(&self) -> bool {
        !self.is_worthless
    }
}

/// Where a match may be.
#[derive(Debug, PartialEq, Eq)]
pub enum Candidate {
    /// In this line, or the part of it that was not searched yet.
    Line(Range<usize>),
    /// Anywhere in what follows: the line with the literal is long.
    Rest,
    /// Nowhere.
    None,
}

impl RequiredLiteral {
    /// `None` if there is no such string, if matches cross lines, or if the library finds soon where matches begin or
    /// end.
    pub fn new(hir: &Hir, crosses_lines: bool) -> Option<Self> {
        let properties = hir.properties();
        let is_anchored = properties.look_set_prefix().contains(Look::Start)
            || properties.look_set_suffix().contains(Look::End);
        let required =
            longest(hir).filter(|required| required.len() >= LEAST && !is_anchored && !crosses_lines)?;
        let mut prefixes = Extractor::new().extract(hir);
        prefixes.optimize_for_prefix_by_preference();
        let has_prefixes = prefixes.min_literal_len().is_some_and(|len| len >= LEAST);
        (!has_prefixes).then(|| Self(Finder::new(required).into_owned()))
    }

    /// Where the next match may be, at `at` or later. If the search is cancelled, the answer means nothing.
    pub fn candidate(
        &self,
        haystack: &[u8],
        at: usize,
        effectiveness: &mut Effectiveness,
        cancel: Option<&CancelToken>,
    ) -> Candidate {
        let Some(found) = find_cancellable(&self.0, haystack, at, cancel) else { return Candidate::None };
        // If a line has several matches, its end is looked for once.
        if effectiveness.line.contains(&at) && effectiveness.line.contains(&found) {
            return Candidate::Line(at..effectiveness.line.end);
        }
        let before = &haystack[at.max(found.saturating_sub(LONGEST_LINE))..found];
        let begin = memchr::memrchr(b'\n', before).map(|newline| found - before.len() + newline + 1);
        let begin = begin.or_else(|| (before.len() < LONGEST_LINE).then_some(at));
        let behind = &haystack[found..haystack.len().min(found + LONGEST_LINE)];
        let end = memchr::memchr(b'\n', behind).map(|newline| found + newline + 1);
        let end = end.or_else(|| (behind.len() < LONGEST_LINE).then_some(haystack.len()));
        let Some((begin, end)) = begin.zip(end) else { return Candidate::Rest };
        effectiveness.line = begin..end;
        Candidate::Line(begin..end)
    }
}

/// The longest string in every match that is plain to see in the tree.
fn longest(hir: &Hir) -> Option<&[u8]> {
    match hir.kind() {
        HirKind::Literal(literal) => literal.0.split(|byte| *byte == b'\n').max_by_key(|part| part.len()),
        HirKind::Capture(capture) => longest(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => longest(&repetition.sub),
        HirKind::Concat(parts) => parts.iter().filter_map(longest).max_by_key(|part| part.len()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::pattern::Pattern;
    use crate::search::pattern::syntax::{Flags, crosses_lines, translated};

    fn required(source: &str, flags: &str) -> Option<RequiredLiteral> {
        let hir = translated(source, flags, Flags::new(flags).unwrap(), false).unwrap().hir;
        RequiredLiteral::new(&hir, crosses_lines(&hir))
    }

    #[test]
    fn which_literal_is_required() {
        for (source, flags, expected) in [
            ("\\[(auth|mailer)\\] id=[0-9a-f]{8} .*timeout", "g", "timeout"),
            ("^.*timeout.*$", "gm", "timeout"),
            ("[a-z]+(?:(needle)+)?x{2}(yes!)+", "g", "yes!"),
            ("\\w+ \u{e9}t\u{e9}", "gu", " \u{e9}t\u{e9}"),
            ("[ab]+three\\n", "g", "three"),
        ] {
            let found = required(source, flags).map(|required| required.0.needle().to_vec());
            assert_eq!(found.as_deref(), Some(expected.as_bytes()), "/{source}/{flags}");
        }
        for source in [
            "needle.*timeout",
            "^.*timeout",
            ".*timeout$",
            "\\s+timeout",
            "[^]*timeout",
            "\\w+(?:one|two)",
            "\\w*(?:one)?",
            "\\w+ab",
        ] {
            assert!(required(source, "g").is_none(), "/{source}/");
        }
    }

    #[test]
    fn candidates_are_lines() {
        let with_key = required("[a-z]+.*key", "g").unwrap();
        let long = vec![b'x'; LONGEST_LINE];
        let text = [b"one\ntwo key x\nthree\nkey\n", &long[..], b" key\n", b"end key"].concat();
        let mut effectiveness = Effectiveness::default();
        let mut candidate = |at| with_key.candidate(&text, at, &mut effectiveness, None);
        assert_eq!(candidate(0), Candidate::Line(4..14));
        assert_eq!(candidate(6), Candidate::Line(6..14));
        assert_eq!(candidate(8), Candidate::Line(8..14));
        assert_eq!(candidate(9), Candidate::Line(20..24));
        assert_eq!(candidate(24), Candidate::Rest);
        assert_eq!(candidate(24 + 9), Candidate::Line(33..text.len() - 7));
        assert_eq!(candidate(text.len() - 7), Candidate::Line(text.len() - 7..text.len()));
        assert_eq!(candidate(text.len() - 2), Candidate::None);
        assert_eq!(candidate(text.len()), Candidate::None);
    }

    #[test]
    fn lines_change_nothing() {
        let lines = (0..3000).map(|n| match n % 7 {
            0 => "abc key x\n".to_owned(),
            1 => format!("key {n}\r\n"),
            2 => "x".repeat(n * 11),
            3 => "a key b key\n".repeat(n % 50),
            _ => format!("{n} nothing\n"),
        });
        let text = lines.collect::<String>();
        for source in
            ["[a-z]+ key", "[^\\n]+?key.*", "\\w+ .*key$", "^.*key", "key|[x1]+key", "[a-z]+ key\\r?\\n"]
        {
            let pattern = Pattern::new(source, "gm").unwrap();
            // The same with an alternative that occurs nowhere: then no string is required.
            let plain = Pattern::new(&format!("(?:{source})|\\x00"), "gm").unwrap();
            assert!(plain.required.is_none());
            let (mut cache, mut other) = (pattern.cache(), plain.cache());
            let mut searcher = pattern.searcher(&mut cache, text.as_bytes());
            let mut reference = plain.searcher(&mut other, text.as_bytes());
            let mut at = 0;
            while let Some((start, end)) = reference.find_at(at) {
                assert_eq!(searcher.find_at(at), Some((start, end)), "/{source}/ from {at}");
                at = end;
            }
            assert_eq!(searcher.find_at(at), None);
            assert_eq!(searcher.count_from(0), reference.count_from(0), "/{source}/");
        }
    }
}
