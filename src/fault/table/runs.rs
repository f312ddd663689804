//! A run of bad pages in one word, so that one compare-and-swap can extend it: the number of the first page plus 1
//! (38 bits), how many pages (24 bits), the reason (2 bits). The word 0 is no run.

use super::Reason;

const COUNT_BITS: u32 = 24;
/// The longest run.
pub const MAX_COUNT: u64 = (1 << COUNT_BITS) - 1;

pub fn pack(first: u64, count: u64, reason: Reason) -> u64 {
    (first + 1) << (COUNT_BITS + 2) | count << 2 | reason.code()
}

pub fn unpack(run: u64) -> Option<(u64, u64, Reason)> {
    let first = (run >> (COUNT_BITS + 2)).checked_sub(1)?;
    Some((first, run >> 2 & MAX_COUNT, Reason::from_code(run & 3)))
}

/// The run with `page` added. `None`: the page is no neighbour of the run, or has another reason.
pub fn with_page(run: u64, page: u64, reason: Reason) -> Option<u64> {
    match unpack(run) {
        None => Some(pack(page, 1, reason)),
        Some((first, count, _)) if first <= page && page < first + count => Some(run),
        Some((first, count, why)) if why == reason && count < MAX_COUNT => match page {
            _ if page == first + count => Some(pack(first, count + 1, reason)),
            _ if page + 1 == first => Some(pack(page, count + 1, reason)),
            _ => None,
        },
        Some(_) => None,
    }
}
