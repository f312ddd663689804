/// Where a match begins and ends.
pub type Span = (usize, usize);

/// How a search ended that can give up.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With a match, which begins and ends there.
    Match(usize, usize),
    /// Without one; or the search was cancelled.
    NoMatch,
    /// It gave up: there is no match before this position, from which something else has to search.
    GaveUp(usize),
}
