//! Keeps the process below the system's limit of mappings (`vm.max_map_count` on Linux).
//!
//! At the limit the kernel answers ENOMEM to whoever maps next, and the host's engine aborts the process when it gets that
//! answer. So ours are refused when an eighth of the limit is left.

use std::sync::atomic::{AtomicIsize, Ordering};

use crate::os::{self, Mappings};

/// How many entries may be reserved before the mappings are counted again: half of the room that the last count saw.
static BUDGET: AtomicIsize = AtomicIsize::new(0);

/// So many mappings that the next one might be the host's last.
#[derive(Debug, PartialEq, Eq)]
pub struct LimitReached {
    pub count: usize,
    pub limit: usize,
}

/// Reserves entries of the kernel's list of mappings: 1 for a new mapping, 2 for advice about a part of one, which may
/// split it into three. `ours` is how many mappings we have; it can exceed what the kernel counts, since it merges
/// neighbours that are alike, and splits them when one of them ends.
pub fn reserve(entries: isize, ours: usize) -> Result<(), LimitReached> {
    if BUDGET.fetch_sub(entries, Ordering::Relaxed) >= entries {
        return Ok(());
    }
    let (budget, answer) = match os::mappings() {
        Mappings::Unlimited => (isize::MAX / 2, Ok(())),
        // They are counted again for the next reservation.
        Mappings::Unknown => (0, Ok(())),
        Mappings::Known { count, limit } => decide(count.max(ours), limit - limit / 8, entries),
    };
    BUDGET.store(budget, Ordering::Relaxed);
    answer
}

fn decide(count: usize, limit: usize, entries: isize) -> (isize, Result<(), LimitReached>) {
    let room = limit.saturating_sub(count) as isize;
    if room < entries { (0, Err(LimitReached { count, limit })) } else { ((room - entries) / 2, Ok(())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_limit_nothing_is_reserved() {
        assert_eq!(decide(10, 100, 1), (44, Ok(())));
        assert_eq!(decide(99, 100, 1), (0, Ok(())));
        assert_eq!(decide(99, 100, 2), (0, Err(LimitReached { count: 99, limit: 100 })));
        assert_eq!(decide(500, 100, 1), (0, Err(LimitReached { count: 500, limit: 100 })));
    }

    #[test]
    fn a_process_with_few_mappings_may_have_more() {
        for _ in 0..3_000 {
            assert_eq!(reserve(1, 3), Ok(()));
        }
    }
}
