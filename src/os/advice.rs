//! Advice about memory: its names, which are the same on every system.

/// What a caller gives to `madvise`: a name of the list below, or the number of one of this system's `MADV_`
/// constants.
#[derive(Clone, Debug)]
pub enum Advice {
    Name(String),
    Number(i32),
}

/// Each name beside the constant of madvise(2) that it stands for. A system that has no such constant accepts the
/// name and answers that it did not take the advice, so that a program need not ask where it runs.
const ADVICE: &[(&str, &str)] = &[
    ("normal", "MADV_NORMAL"),
    ("random", "MADV_RANDOM"),
    ("sequential", "MADV_SEQUENTIAL"),
    ("willneed", "MADV_WILLNEED"),
    ("dontneed", "MADV_DONTNEED"),
    ("free", "MADV_FREE"),
    ("remove", "MADV_REMOVE"),
    ("dontfork", "MADV_DONTFORK"),
    ("dofork", "MADV_DOFORK"),
    ("mergeable", "MADV_MERGEABLE"),
    ("unmergeable", "MADV_UNMERGEABLE"),
    ("hugepage", "MADV_HUGEPAGE"),
    ("nohugepage", "MADV_NOHUGEPAGE"),
    ("dontdump", "MADV_DONTDUMP"),
    ("dodump", "MADV_DODUMP"),
    ("cold", "MADV_COLD"),
    ("pageout", "MADV_PAGEOUT"),
];

/// The constant that `name` stands for; `None` if there is no such name.
pub(super) fn constant_of(name: &str) -> Option<&'static str> {
    ADVICE.iter().find(|(known, _)| *known == name).map(|(_, constant)| *constant)
}

/// The names, each in quotes, for the message about a name that is not among them.
pub(super) fn quoted_names() -> String {
    let names: Vec<_> = ADVICE.iter().map(|(name, _)| format!("'{name}'")).collect();
    names.join(", ")
}
