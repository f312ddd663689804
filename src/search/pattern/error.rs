use std::fmt;

/// Why a pattern was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError {
    /// The construct and the reason, in a sentence that names the position too.
    pub message: String,
    /// Where, in UTF-16 units of the pattern's source; none for what has no place in it.
    pub position: Option<usize>,
}

impl PatternError {
    /// An error about the whole pattern or its flags.
    pub(super) fn whole(message: impl Into<String>) -> Self {
        Self { message: message.into(), position: None }
    }

    /// An error about what begins at a byte of the source: `{what} at position {n} {why}`.
    pub(super) fn at(source: &str, byte: u32, what: &str, why: &str) -> Self {
        let position = units_before(source, byte as usize);
        Self { message: format!("{what} at position {position} {why}"), position: Some(position) }
    }

    /// More states than any pattern may have.
    pub(super) fn too_large() -> Self {
        Self::whole("the pattern is too large: its repetitions multiply to more states than are allowed")
    }

    /// A source of more UTF-16 units than are allowed.
    pub(super) fn too_long(units: usize, most: usize) -> Self {
        Self::whole(format!(
            "the pattern is too large: its source is {units} characters long, and at most {most} are allowed"
        ))
    }

    /// More groups than can be found within the memory that a search may take.
    pub(super) fn too_many_groups() -> Self {
        Self::whole(
            "the pattern is too large: to find so many groups in so long a match takes more memory than is allowed",
        )
    }

    /// No thread whose stack has room for compiling it.
    pub(super) fn no_thread() -> Self {
        Self::whole("no thread can be started to compile a pattern that nests so deep")
    }

    /// No memory for a search that is not too large in itself.
    pub(super) fn no_memory() -> Self {
        Self::whole("there is no memory for the groups of the pattern")
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for PatternError {}

/// The UTF-16 units before a byte of the source, which JavaScript counts in.
pub(super) fn units_before(source: &str, byte: usize) -> usize {
    source.char_indices().take_while(|(at, _)| *at < byte).map(|(_, char)| char.len_utf16()).sum()
}
