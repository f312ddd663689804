//! Where the search for a target can be divided into parts, each searched by itself.

use super::parts::PART;
use crate::pool::CancelToken;
use crate::search::pattern::Pattern;
use crate::search::target::{Bounds, Target};

/// How a search is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partition {
    /// Behind a `\n`: no match has one before its last byte, so that no match goes on in the next part.
    AtLines,
    /// Anywhere: no match has more bytes than this, so that a part sees all matches that begin in it when it sees so
    /// many bytes of the next one.
    Bounded(usize),
    /// Not at all.
    Whole,
}

/// Longer matches than this do not make a search one of bounded matches: too much would be searched twice.
const LONGEST: usize = 64 * 1024;

impl Partition {
    /// How a search for `target` in `haystack` can be divided; and whether the pattern's automaton is exact there,
    /// which has to be found out for that unless `is_exact` says so.
    pub fn new(
        target: &Target,
        haystack: &[u8],
        is_exact: Option<bool>,
        cancel: Option<&CancelToken>,
    ) -> (Self, Option<bool>) {
        let pattern = match (target.as_literal(), target.as_pattern()) {
            (Some(needle), _) => return (Self::Bounded(needle.len()), is_exact),
            (None, Some(pattern)) if !pattern.is_sticky() => pattern,
            _ => return (Self::Whole, is_exact),
        };
        let is_exact = is_exact.unwrap_or_else(|| pattern.is_exact_in(haystack, cancel));
        let partition = match pattern.max_len() {
            _ if !is_exact => Self::Whole,
            _ if !pattern.can_cross_lines() => Self::AtLines,
            Some(most) if most <= LONGEST => Self::Bounded(most),
            _ => Self::Whole,
        };
        (partition, Some(is_exact))
    }

    /// The bounds of the part that ends at `nominal` or as soon after it as possible. The next part begins at its
    /// `start_limit`.
    pub fn bounds(
        self,
        target: &Target,
        haystack: &[u8],
        nominal: usize,
        cancel: Option<&CancelToken>,
    ) -> Bounds {
        let is_cancelled = || cancel.is_some_and(CancelToken::is_cancelled);
        let has_code_points = target.as_pattern().is_some_and(Pattern::has_code_points);
        let limit = match self {
            Self::AtLines => haystack.get(nominal..).and_then(|rest| {
                // The end of the line may be far away: the token is looked at on the way.
                let mut parts = rest.chunks(PART).take_while(|_| !is_cancelled()).enumerate();
                parts.find_map(|(part, bytes)| {
                    memchr::memchr(b'\n', bytes).map(|at| nominal + part * PART + at + 1)
                })
            }),
            Self::Bounded(_) => {
                (nominal..haystack.len()).find(|at| !has_code_points || haystack[*at] & 0xc0 != 0x80)
            }
            Self::Whole => None,
        };
        match (limit, self) {
            (Some(limit), Self::Bounded(most)) => {
                Bounds { start_limit: limit, end_limit: (limit + most).min(haystack.len()) }
            }
            (Some(limit), _) if limit < haystack.len() => Bounds { start_limit: limit, end_limit: limit },
            _ => Bounds::whole(haystack),
        }
    }

    /// As `bounds`, for a caller who comes again and again, and who must not look for the end of the same long line
    /// each time: it is looked for in one part only. If it is not there, the part ends anywhere, if the length of
    /// matches is bounded, or where the haystack does.
    pub fn bounds_nearby(
        self,
        target: &Target,
        haystack: &[u8],
        nominal: usize,
        cancel: Option<&CancelToken>,
    ) -> Bounds {
        let near = haystack.get(nominal..).map_or(&[][..], |rest| &rest[..rest.len().min(PART)]);
        if self != Self::AtLines
            || nominal + near.len() >= haystack.len()
            || memchr::memchr(b'\n', near).is_some()
        {
            return self.bounds(target, haystack, nominal, cancel);
        }
        match target.as_pattern().and_then(Pattern::max_len) {
            Some(most) if most <= LONGEST => Self::Bounded(most).bounds(target, haystack, nominal, cancel),
            _ => Bounds::whole(haystack),
        }
    }
}
