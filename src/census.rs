//! How many mappings the process has. Beyond the system's limit (vm.max_map_count on Linux) the kernel answers ENOMEM
//! to everybody, and the host's engine aborts the process when it gets that answer: so ours stop an eighth before.

use std::sync::atomic::{AtomicIsize, Ordering};

use crate::os::{self, Mappings};

/// How many parts may be made before the next count: half of the room that the last one saw.
static BUDGET: AtomicIsize = AtomicIsize::new(0);

/// There are so many mappings that the next one might be the host's last.
#[derive(Debug, PartialEq, Eq)]
pub struct Crowd {
    pub count: usize,
    pub limit: usize,
}

/// Asks for `parts` more mappings: a new one is one, advice for a piece splits one into three. `own`: how many there
/// are of ours, which is more than the system counts where neighbours are one to it.
pub fn admit(parts: isize, own: usize) -> Result<(), Crowd> {
    if BUDGET.fetch_sub(parts, Ordering::Relaxed) >= parts {
        return Ok(());
    }
    let (budget, answer) = match os::mappings() {
        Mappings::Unlimited => (isize::MAX / 2, Ok(())),
        // To be asked again the next time.
        Mappings::Unknown => (0, Ok(())),
        Mappings::Known { count, limit } => decide(count.max(own), limit - limit / 8, parts),
    };
    BUDGET.store(budget, Ordering::Relaxed);
    answer
}

fn decide(count: usize, limit: usize, parts: isize) -> (isize, Result<(), Crowd>) {
    let room = limit.saturating_sub(count) as isize;
    if room < parts { (0, Err(Crowd { count, limit })) } else { ((room - parts) / 2, Ok(())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_admitted_beyond_the_limit() {
        assert_eq!(decide(10, 100, 1), (44, Ok(())));
        assert_eq!(decide(99, 100, 1), (0, Ok(())));
        assert_eq!(decide(99, 100, 2), (0, Err(Crowd { count: 99, limit: 100 })));
        assert_eq!(decide(500, 100, 1), (0, Err(Crowd { count: 500, limit: 100 })));
    }

    #[test]
    fn a_process_with_few_mappings_is_admitted() {
        for _ in 0..3_000 {
            assert_eq!(admit(1, 3), Ok(()));
        }
    }
}
