use super::*;

type Groups<'a> = Vec<Option<&'a [u8]>>;
/// A source and a haystack, and the groups of the first match.
type FirstMatch<'a> = (&'a str, &'a str, &'a [Option<&'a str>]);
/// A source, flags and a haystack, and the span of each match.
type Spans<'a, T> = (&'a str, &'a str, T, &'a [(usize, usize)]);

/// The groups of each match in turn.
fn groups<'a>(source: &str, flags: &str, haystack: &'a [u8]) -> Vec<Groups<'a>> {
    let pattern = Pattern::new(source, flags).unwrap();
    let mut cache = pattern.cache();
    let mut searcher = pattern.searcher(&mut cache, haystack);
    let (mut at, mut slots, mut out) = (0, Vec::new(), Vec::new());
    while searcher.captures_at(at, &mut slots).unwrap() {
        assert_eq!(searcher.find_at(at), slots[0].zip(slots[1]), "{source} {haystack:?}");
        let (start, end) = slots[0].zip(slots[1]).unwrap();
        at = if start == end { searcher.after_empty(end) } else { end };
        out.push(slots.chunks(2).map(|pair| Some(&haystack[pair[0]?..pair[1]?])).collect());
    }
    assert_eq!(searcher.count_from(0), out.len());
    out
}

/// The span of each match in turn.
fn spans(source: &str, flags: &str, haystack: &[u8]) -> Vec<(usize, usize)> {
    let pattern = Pattern::new(source, flags).unwrap();
    let mut cache = pattern.cache();
    let mut searcher = pattern.searcher(&mut cache, haystack);
    let (mut at, mut out) = (0, Vec::new());
    while let Some((start, end)) = searcher.find_at(at) {
        out.push((start, end));
        at = if start == end { searcher.after_empty(end) } else { end };
    }
    out
}

fn first<'a>(source: &str, flags: &str, haystack: &'a str) -> Option<Vec<Option<&'a str>>> {
    let all = groups(source, flags, haystack.as_bytes());
    let text = |bytes: Option<&'a [u8]>| bytes.map(|bytes| str::from_utf8(bytes).unwrap());
    all.into_iter().next().map(|groups| groups.into_iter().map(text).collect())
}

#[test]
fn an_iteration_resets_its_groups() {
    let cases: &[FirstMatch<'_>] = &[
        ("(?:(a)|b)*", "ab", &[Some("ab"), None]),
        ("(?:(a)|(b))*", "aba", &[Some("aba"), Some("a"), None]),
        ("(?:(a)|(b)){2}", "ab", &[Some("ab"), None, Some("b")]),
        ("(?:a()|b)*", "ab", &[Some("ab"), None]),
        ("(?:a?(x?)b?|c)*", "ac", &[Some("ac"), None]),
        ("(?:a?(x?)b?|c)*", "cb", &[Some("cb"), Some("")]),
        (
            "(z)((a+)?(b+)?(c))*",
            "zaacbbbcac",
            &[Some("zaacbbbcac"), Some("z"), Some("ac"), Some("a"), None, Some("c")],
        ),
        ("(?:(?:(a)|b)*c)*", "acbc", &[Some("acbc"), None]),
        ("(a)|b", "b", &[Some("b"), None]),
        ("(?:(a)){0}b", "b", &[Some("b"), None]),
        ("(?:(\\w)=(\\d);)+", "a=1;b=2;", &[Some("a=1;b=2;"), Some("b"), Some("2")]),
    ];
    for (source, haystack, expected) in cases {
        assert_eq!(first(source, "", haystack).as_deref(), Some(*expected), "{source} on {haystack}");
    }
}

#[test]
fn no_iteration_beyond_the_minimum_is_empty() {
    let cases: &[FirstMatch<'_>] = &[
        ("(a*)*", "b", &[Some(""), None]),
        ("(a*)+", "b", &[Some(""), Some("")]),
        ("(a?)+", "a", &[Some("a"), Some("a")]),
        ("()*", "a", &[Some(""), None]),
        ("(|a)*", "aaa", &[Some("aaa"), Some("a")]),
        ("(|a)+", "aaa", &[Some("aaa"), Some("a")]),
        ("(?:a?)*?b", "aab", &[Some("aab")]),
        ("(?:a?)*?$", "aa", &[Some("aa")]),
        ("(a??)*", "aa", &[Some("aa"), Some("a")]),
        ("(a?){2,3}?", "aaa", &[Some("aa"), Some("a")]),
        ("(a?b??)*", "ab", &[Some("ab"), Some("b")]),
        ("(\\b|a)*", "aa", &[Some("aa"), Some("a")]),
        ("(?:(a?)b?)*", "bab", &[Some("bab"), Some("a")]),
        ("([]|)?", "", &[Some(""), None]),
    ];
    for (source, haystack, expected) in cases {
        assert_eq!(first(source, "", haystack).as_deref(), Some(*expected), "{source} on {haystack}");
    }
}

#[test]
fn bytes_are_latin1_units_and_text_is_its_utf8() {
    let cases: &[Spans<'_, &[u8]>] = &[
        ("\\xe9", "", b"\xc3\xa9\xe9", &[(2, 3)]),
        ("\\u00e9", "", b"\xe9", &[(0, 1)]),
        ("é+", "", "ééa".as_bytes(), &[(0, 4)]),
        ("😀+", "", "😀😀".as_bytes(), &[(0, 8)]),
        ("\\ud83d\\ude00", "", "😀".as_bytes(), &[(0, 4)]),
        ("\\u65e5", "", "日".as_bytes(), &[(0, 3)]),
        ("\\ud83d", "", "😀".as_bytes(), &[]),
        ("[aé]", "", "aéa".as_bytes(), &[(0, 1), (1, 3), (3, 4)]),
        ("[\\x80-\\uffff]", "", b"a\x80\xff", &[(1, 2), (2, 3)]),
        (".", "", b"\n\r\x85\xff", &[(2, 3), (3, 4)]),
        ("\\s", "", b"\t\n\x0b\x0c\r \xa0\x85", &[(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (6, 7)]),
        ("\\xe9", "i", b"\xc9\xe9", &[(0, 1), (1, 2)]),
        ("[\\xff\\xd7\\xb5]", "i", b"\xdf\xf7\xff\xd7\xb5", &[(2, 3), (3, 4), (4, 5)]),
        ("[\\xf0-\\u0178]", "i", b"\xff\xd0", &[(0, 1), (1, 2)]),
        ("é", "i", b"\xe3\xa9", &[(0, 2)]),
        ("[\\cA-\\cC\\c1]", "", b"\x01\x03c\x11A", &[(0, 1), (1, 2), (3, 4)]),
        ("", "", b"\xc3\xa9", &[(0, 0), (1, 1), (2, 2)]),
        ("\\1\\07]{}", "", b"\x01\x07]{}", &[(0, 5)]),
    ];
    for (source, flags, haystack, expected) in cases {
        assert_eq!(spans(source, flags, haystack), *expected, "/{source}/{flags} on {haystack:?}");
    }
}

#[test]
fn code_points_are_utf8() {
    let cases: &[Spans<'_, &str>] = &[
        ("\\xe9", "u", "é", &[(0, 2)]),
        (".", "u", "😀\n\u{2028}a", &[(0, 4), (8, 9)]),
        ("", "u", "é😀", &[(0, 0), (2, 2), (6, 6)]),
        ("\\w", "iu", "ſ\u{212a}é", &[(0, 2), (2, 5)]),
        ("\\bſ\\b", "iu", "ſ s", &[(0, 2), (3, 4)]),
        ("k", "iu", "k\u{212a}K", &[(0, 1), (1, 4), (4, 5)]),
        ("\\p{Lu}", "u", "aÉΩ", &[(1, 3), (3, 5)]),
        ("\\P{Lu}", "iu", "aA", &[(0, 1), (1, 2)]),
        ("\\P{Lu}", "iv", "aA1", &[(2, 3)]),
        ("[^\\0-\\ud7ff\\ue000-\\u{10ffff}]", "u", "\u{d7ff}\u{e000}", &[]),
        ("[\\w--[a-c]]", "v", "abcd", &[(3, 4)]),
        ("[\\q{abc|b|}]", "v", "abcb", &[(0, 3), (3, 4), (4, 4)]),
        ("[\\w&&\\q{k}]", "iv", "K", &[(0, 1)]),
        ("[^]{2}", "v", "ab", &[(0, 2)]),
        ("\\ud83d", "u", "😀", &[]),
        ("^a$", "mu", "a\u{2028}a", &[(0, 1), (4, 5)]),
    ];
    for (source, flags, haystack, expected) in cases {
        assert_eq!(spans(source, flags, haystack.as_bytes()), *expected, "/{source}/{flags} on {haystack}");
    }
    assert_eq!(spans("[^a]", "u", b"\xff\xc3\xa9\xc3"), [(1, 3)], "what is no UTF-8 is matched by nothing");
    assert_eq!(spans("", "u", b"a\x80"), [(0, 0), (2, 2)], "nor is it split from what is before it");
}

#[test]
fn assertions_see_every_line_terminator_and_what_is_before_the_search() {
    let cases: &[Spans<'_, &[u8]>] = &[
        ("^", "m", b"a\r\nb", &[(0, 0), (2, 2), (3, 3)]),
        ("$", "m", b"a\r\nb", &[(1, 1), (2, 2), (4, 4)]),
        ("^$", "m", b"a\r\n\nb", &[(2, 2), (3, 3)]),
        ("^.*$", "m", b"a\r\nb", &[(0, 1), (2, 2), (3, 4)]),
        ("\\r$", "m", b"a\r\nb", &[(1, 2)]),
        ("^\\s*x$", "m", b"a\r\n x\r\n", &[(2, 5)]),
        ("^b$", "", b"a\nb", &[]),
        ("\\bb", "", b"ab b", &[(3, 4)]),
    ];
    for (source, flags, haystack, expected) in cases {
        assert_eq!(spans(source, flags, haystack), *expected, "/{source}/{flags} on {haystack:?}");
    }
    // Beyond the window in which the exact machine alone searches.
    let lines = "some line\n".repeat(10_000);
    assert_eq!(spans("^$", "m", lines.as_bytes()), [(100_000, 100_000)]);
    assert_eq!(spans("^$", "m", format!("{lines}\r\n").as_bytes()).len(), 3);

    let pattern = Pattern::new("b", "y").unwrap();
    let mut cache = pattern.cache();
    let mut searcher = pattern.searcher(&mut cache, b"abb");
    assert_eq!(
        [0, 1, 2, 3, 4].map(|at| searcher.find_at(at)),
        [None, Some((1, 2)), Some((2, 3)), None, None]
    );
}

#[test]
fn refusals_name_the_construct_and_its_position() {
    let large = "the pattern is too large: its repetitions multiply to more states than are allowed";
    let several = "its characters are several bytes each";
    let cases: &[(&str, &str, &str, Option<usize>)] = &[
        ("abc(?=d)", "", "lookahead (?=...) at position 3 cannot run in linear time", Some(3)),
        ("é😀(?!d)", "", "lookahead (?!...) at position 3 cannot run in linear time", Some(3)),
        ("(?<=d)a", "", "lookbehind (?<=...) at position 0 cannot run in linear time", Some(0)),
        ("a(?<!d)", "", "lookbehind (?<!...) at position 1 cannot run in linear time", Some(1)),
        ("(a)\\1", "", "backreference \\1 at position 3 cannot run in linear time", Some(3)),
        ("(?<n>a)\\k<n>", "", "backreference \\k<n> at position 7 cannot run in linear time", Some(7)),
        ("\\p{RGI_Emoji}", "v", "\\p{RGI_Emoji} at position 0 is a property of strings", Some(0)),
        (
            "\\p{Script=Unknown}",
            "u",
            "\\p{Script=Unknown} at position 0 is a Unicode property without",
            Some(0),
        ),
        ("[^é]", "", "a character beyond ASCII at position 2 cannot be in a negated class", Some(2)),
        ("[a-é]", "", several, Some(1)),
        ("[\\u4e00-\\u9fff]", "", several, Some(1)),
        ("a(", "", "", Some(1)),
        ("[b-a]", "", "", None),
        ("(a{1000}){1000}", "", large, None),
        ("(?:(?:a?){1000}){1000}", "", large, None),
        ("((a?){100}b?){100}*", "", "", None),
        ("(?:[ab]*c?){300000}", "", large, None),
        ("(?:(?:a?){4000000000})*", "", large, None),
        ("(?:(?:a?|\\b){200000000}?)+", "", large, None),
        ("a", "gg", "invalid flags 'gg'", None),
        ("a", "uv", "invalid flags 'uv'", None),
        ("a", "x", "invalid flags 'x'", None),
    ];
    for (source, flags, message, position) in cases {
        let error = Pattern::new(source, flags).unwrap_err();
        assert!(error.to_string().contains(message), "/{source}/{flags}: {error}");
        assert!(position.is_none() || error.position == *position, "/{source}/{flags}: {error:?}");
    }
    for (open, flags) in [("(", ""), ("(?:", "u"), ("[", "v"), ("([)]", ""), ("(?<a\\u{61}>", "")] {
        let error = Pattern::new(&open.repeat(90_000), flags).unwrap_err();
        assert!(error.message.contains("nests deeper than 64 levels"), "{open}: {error}");
    }
    for (open, close, flags) in
        [("(", ")*", ""), ("(?:|b?(", ")?)??", ""), ("[a", "]", "iv"), ("(b|", "c?){2,3}", "u")]
    {
        let levels = 64 / open.matches(['(', '[']).count();
        let result = Pattern::new(&format!("{}a{}", open.repeat(levels), close.repeat(levels)), flags);
        // Not an overflow of the stack, and not the depth.
        assert!(result.is_ok() || result.is_err_and(|error| error == PatternError::too_large()), "{open}");
    }
}

#[test]
fn facts_for_the_caller() {
    let pattern = Pattern::new("(a)(?<year>\\d)(?:b)(?<\\u0062>c)", "dgy").unwrap();
    let named = |name: &str| Some(name.to_owned());
    assert_eq!(pattern.groups(), [None, None, named("year"), named("b")]);
    assert_eq!(
        (pattern.is_sticky(), pattern.can_be_empty(), pattern.has_code_points()),
        (true, false, false)
    );
    let lengths: &[(&str, &str, Option<usize>, bool)] = &[
        ("abc|d", "", Some(3), false),
        ("a*", "", None, false),
        (".", "u", Some(4), false),
        ("é{2}", "", Some(4), false),
        ("a\\s?b", "", Some(3), true),
        ("[^a]", "u", Some(4), false),
        ("[^a]b", "u", Some(5), true),
        ("\\n{1,2}", "", Some(2), true),
        ("(?:.*\\n|b)", "", None, false),
        ("(a[^]*)\\n", "", None, true),
        ("^a$", "m", Some(1), false),
    ];
    for (source, flags, max_len, crosses) in lengths {
        let pattern = Pattern::new(source, flags).unwrap();
        assert_eq!((pattern.max_len(), pattern.can_cross_lines()), (*max_len, *crosses), "/{source}/{flags}");
    }
    assert_eq!(first("(?i:a)b", "", "Ab"), Some(vec![Some("Ab")]));
    assert_eq!(first("(?i:a)b", "", "AB"), None);
    assert_eq!(first("(?:(?<n>a)|(?<n>b))*", "", "ab"), Some(vec![Some("ab"), None, Some("b")]));
}

#[test]
fn deep_patterns_are_compiled_where_little_stack_is_left() {
    let source = format!("{}a{}", "(?:x|(y".repeat(31), ")?)*".repeat(31));
    let small =
        std::thread::Builder::new().stack_size(if cfg!(debug_assertions) { 192 << 10 } else { 64 << 10 });
    let searched = small.spawn(move || {
        let pattern = Pattern::new(&source, "g").unwrap();
        let (mut cache, mut slots) = (pattern.cache(), Vec::new());
        let found = pattern.searcher(&mut cache, b"yyxa").captures_at(0, &mut slots).unwrap();
        (
            found,
            pattern.cancellable().is_some(),
            pattern.single_pass().is_some(),
            pattern.cancellable_captures().is_ok(),
        )
    });
    assert_eq!(searched.unwrap().join().unwrap(), (true, true, true, true));
}

#[test]
fn wide_patterns_are_compiled_where_little_stack_is_left() {
    let searched = std::thread::Builder::new().stack_size(192 << 10).spawn(|| {
        let source = format!("(?:a?{}b?)*", "\\B".repeat(5000));
        (spans(&source, "", b"ab"), Pattern::new(&format!("(?:{})*", "a??".repeat(5000)), "").is_err())
    });
    assert_eq!(searched.unwrap().join().unwrap(), (vec![(0, 2), (2, 2)], true));
}

#[test]
fn what_is_longer_than_any_pattern_may_be_is_refused() {
    let refused = |source: String, flags| Pattern::new(&source, flags).unwrap_err().message;
    for (source, units) in [("a", 1 << 20), ("é", 1 << 20), ("😀", 1 << 19)] {
        let message = refused(source.repeat(units + 1), "u");
        assert!(message.contains(" characters long, and at most 1048576 are allowed"), "{message}");
    }
    assert_eq!(spans(&format!("[{}]", "é".repeat((1 << 20) - 2)), "u", "aé".as_bytes()), [(1, 3)]);
    // Few characters, of thousands of ranges each, which together would be one class.
    assert_eq!(refused("\\p{L}|".repeat(8000), "u"), PatternError::too_large().message);
}

#[test]
fn escapes_that_the_parser_misreads_are_what_they_should_be() {
    let cases: &[Spans<'_, &str>] = &[
        ("\\477", "", "'7", &[(0, 2)]),
        ("\\477*", "", "'77'", &[(0, 3), (3, 4)]),
        ("\\4771", "", "'71", &[(0, 3)]),
        ("\\550\\555", "", "-0-5", &[(0, 4)]),
        ("[\\477]", "", "'78", &[(0, 1), (1, 2)]),
        ("[^\\555x]", "", "-5x,", &[(3, 4)]),
        ("[!-\\477-9]", "", "&'789:", &[(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]),
        ("[\\550-1]", "", "-01.", &[(0, 1), (1, 2), (2, 3)]),
        ("\\377\\101", "", "A", &[]),
    ];
    for (source, flags, haystack, expected) in cases {
        assert_eq!(spans(source, flags, haystack.as_bytes()), *expected, "{source}");
    }
    assert_eq!(spans("[\\cA-\\cC]", "gu", b"\x01\x02A\x03c"), [(0, 1), (1, 2), (3, 4)]);
    assert_eq!(spans("[^\\cj]", "u", b"\nj"), [(1, 2)]);
    // What ends a range begins no other.
    for flags in ["g", "gu"] {
        for source in ["[\\cA-\\cZ-a]", "[\\x01-\\cZ-a]"] {
            assert_eq!(spans(source, flags, b"\x01-A0a["), [(0, 1), (1, 2), (4, 5)], "{source}");
        }
        assert_eq!(spans("[\\cA-\\cZ-\\x02]", flags, b"\x01-A"), [(0, 1), (1, 2)]);
        assert_eq!(spans("[\\cA-\\cB0-9]", flags, b"\x02-5"), [(0, 1), (2, 3)]);
    }
    assert_eq!(spans("[\\c0-\\c_-a]", "g", b"-A0a["), [(0, 1), (3, 4)]);
    // With as many groups it is a backreference.
    let groups = "()".repeat(477);
    assert!(Pattern::new(&format!("{groups}\\477"), "").unwrap_err().message.contains("backreference"));
    assert!(Pattern::new(&format!("{}\\477", &groups[2..]), "").is_ok());
}
