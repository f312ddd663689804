//! A string that every match has somewhere. Where matches stay within lines, only lines that have it are searched: it is
//! looked for at the speed of the memory, where an automaton goes from byte to byte.

use std::ops::Range;

use memchr::memmem::Finder;
use regex_syntax::hir::literal::Extractor;
use regex_syntax::hir::{Hir, HirKind, Look};

use super::stepper::find_string;
use crate::pool::CancelToken;

/// Shorter strings are in most lines.
const LEAST: usize = 3;

/// Where lines are longer the whole haystack is searched.
const LONGEST_LINE: usize = 16 * 1024;

/// Bytes for each line that was searched in vain: where lines with the string are nearer to each other, looking for it is
/// no help.
const SPARSE: usize = 128;

/// Lines that may be searched in vain before that is judged.
const PATIENCE: usize = 16;

#[derive(Debug)]
pub(super) struct Needed(Finder<'static>);

/// How it went so far, in one haystack.
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    /// The line that was found last.
    line: Range<usize>,
    /// Where the first line was searched in vain, and how many were since then.
    start: usize,
    vain: usize,
    /// It is no help here.
    useless: bool,
}

impl Record {
    /// Notes that a line which begins at `at` was searched in vain.
    pub fn note(&mut self, at: usize) {
        if self.vain == 0 {
            self.start = at;
        }
        self.vain += 1;
        self.useless = self.vain > PATIENCE && at.saturating_sub(self.start) < self.vain * SPARSE;
    }

    pub fn is_useless(&self) -> bool {
        self.useless
    }
}

/// What is to be searched.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The next line with the string, or what is left of it.
    Line(Range<usize>),
    /// All that follows: the line is long.
    Rest,
    Nothing,
}

impl Needed {
    /// None: there is no such string, or the library soon finds where matches begin or end.
    pub fn new(hir: &Hir, crosses_lines: bool) -> Option<Self> {
        let properties = hir.properties();
        let anchored = properties.look_set_prefix().contains(Look::Start)
            || properties.look_set_suffix().contains(Look::End);
        let needed = longest(hir).filter(|needed| needed.len() >= LEAST && !anchored && !crosses_lines)?;
        let mut prefixes = Extractor::new().extract(hir);
        prefixes.optimize_for_prefix_by_preference();
        let known = prefixes.min_literal_len().is_some_and(|len| len >= LEAST);
        (!known).then(|| Self(Finder::new(needed).into_owned()))
    }

    /// The next part with a match, if there is one at `at` or later. What it answers when it was called off means nothing.
    pub fn part(
        &self,
        haystack: &[u8],
        at: usize,
        record: &mut Record,
        cancel: Option<&CancelToken>,
    ) -> Part {
        let Some(found) = find_string(&self.0, haystack, at, cancel) else { return Part::Nothing };
        // Another match in a line: its end is not looked for again.
        if record.line.contains(&at) && record.line.contains(&found) {
            return Part::Line(at..record.line.end);
        }
        let before = &haystack[at.max(found.saturating_sub(LONGEST_LINE))..found];
        let begin = memchr::memrchr(b'\n', before).map(|newline| found - before.len() + newline + 1);
        let begin = begin.or_else(|| (before.len() < LONGEST_LINE).then_some(at));
        let behind = &haystack[found..haystack.len().min(found + LONGEST_LINE)];
        let end = memchr::memchr(b'\n', behind).map(|newline| found + newline + 1);
        let end = end.or_else(|| (behind.len() < LONGEST_LINE).then_some(haystack.len()));
        let Some((begin, end)) = begin.zip(end) else { return Part::Rest };
        record.line = begin..end;
        Part::Line(begin..end)
    }
}

/// The longest string that is in every match, as far as it is plain to see.
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
    use super::super::flags::Flags;
    use super::super::translate::crosses_lines;
    use super::super::{Pattern, translated};
    use super::*;

    fn needed(source: &str, flags: &str) -> Option<Needed> {
        let hir = translated(source, flags, Flags::new(flags).unwrap(), false).unwrap().hir;
        Needed::new(&hir, crosses_lines(&hir))
    }

    #[test]
    fn what_is_needed() {
        for (source, flags, expected) in [
            ("\\[(auth|mailer)\\] id=[0-9a-f]{8} .*timeout", "g", "timeout"),
            ("^.*timeout.*$", "gm", "timeout"),
            ("[a-z]+(?:(needle)+)?x{2}(yes!)+", "g", "yes!"),
            ("\\w+ \u{e9}t\u{e9}", "gu", " \u{e9}t\u{e9}"),
            ("[ab]+three\\n", "g", "three"),
        ] {
            let found = needed(source, flags).map(|needed| needed.0.needle().to_vec());
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
            assert!(needed(source, "g").is_none(), "/{source}/");
        }
    }

    #[test]
    fn parts_are_lines() {
        let needed = needed("[a-z]+.*key", "g").unwrap();
        let long = vec![b'x'; LONGEST_LINE];
        let text = [b"one\ntwo key x\nthree\nkey\n", &long[..], b" key\n", b"end key"].concat();
        let mut record = Record::default();
        let mut part = |at| needed.part(&text, at, &mut record, None);
        assert_eq!(part(0), Part::Line(4..14));
        assert_eq!(part(6), Part::Line(6..14));
        assert_eq!(part(8), Part::Line(8..14));
        assert_eq!(part(9), Part::Line(20..24));
        assert_eq!(part(24), Part::Rest);
        assert_eq!(part(24 + 9), Part::Line(33..text.len() - 7));
        assert_eq!(part(text.len() - 7), Part::Line(text.len() - 7..text.len()));
        assert_eq!(part(text.len() - 2), Part::Nothing);
        assert_eq!(part(text.len()), Part::Nothing);
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
            // The same without the short cut: what is not there is no match, and nothing is needed.
            let plain = Pattern::new(&format!("(?:{source})|\\x00"), "gm").unwrap();
            assert!(plain.needed.is_none());
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
