use std::sync::atomic::AtomicBool;
use std::thread;

use super::runs::{MAX_COUNT, pack, unpack};
use super::*;

const PAGE: usize = 4096;

fn mapping(offset: u64) -> GuardedMapping {
    GuardedMapping { offset, sized: true, read_only: false, private: false, hosted: false }
}

/// Addresses that no other test registers. Nothing is mapped there, since the table never accesses them.
fn addresses(pages: usize) -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(1 << 40);
    NEXT.fetch_add((pages + 1) * PAGE, SeqCst)
}

fn registered(pages: usize, mapping: GuardedMapping) -> (Slot, usize) {
    let (slot, base) = (Slot::take().unwrap(), addresses(pages));
    slot.register(base, base + pages * PAGE, mapping, -1, None);
    (slot, base)
}

fn choose(base: usize, page: usize, size: Option<u64>) -> Repair {
    choose_at(base, page, size, 0)
}

fn choose_at(base: usize, page: usize, size: Option<u64>, now: u64) -> Repair {
    find(base + page * PAGE + 7)
        .unwrap()
        .choose_repair(base + page * PAGE, PAGE, size, now, || Reason::NoSpace)
}

/// Faults of the page in a row, until it counts as bad.
fn choose_until_bad(base: usize, page: usize) -> Repair {
    for _ in 0..MAX_REPEATS {
        assert_eq!(choose(base, page, Some(u64::MAX)), Repair::Retry);
    }
    choose(base, page, Some(u64::MAX))
}

#[test]
fn only_what_is_registered_is_found() {
    let (slot, base) = registered(2, mapping(0));
    assert!(find(base - 1).is_none() && find(base + 2 * PAGE).is_none());
    for at in [0, 1, PAGE, 2 * PAGE - 1] {
        let found = find(base + at).unwrap();
        assert_eq!((found.base(), found.end()), (base, base + 2 * PAGE));
    }
    slot.free();
    assert!(find(base).is_none());
}

#[test]
fn the_end_of_the_file_cuts_everything_behind_it_in_one_step() {
    // (offset of the mapping, size of the file, page that faults, cut in bytes, first page replaced)
    let table = [
        (0, 0, 0, 0, 0),
        (0, 0, 9, 0, 0),
        (0, 1, 1, 1, 1),
        (0, 4096, 1, 4096, 1),
        (0, 4097, 5, 4097, 2),
        (8192, 8192, 0, 0, 0),
        (8192, 100, 3, 0, 0),
        (8192, 8193, 3, 1, 1),
    ];
    for (offset, size, page, cut, first) in table {
        let (slot, base) = registered(10, mapping(offset));
        assert_eq!(
            choose(base, page, Some(size)),
            Repair::ReplaceFrom(base + first * PAGE),
            "{offset} {size} {page}"
        );
        assert_eq!(slot.status().load(SeqCst), FAULTED);
        let bad = |start, len| slot.first_bad(start, len, PAGE);
        assert_eq!(bad(0, 10 * PAGE), Some(Bad { at: cut, reason: Reason::Truncated }));
        assert_eq!(bad(cut + 5, 1), Some(Bad { at: cut + 5, reason: Reason::Truncated }));
        assert_eq!(bad(0, cut), None);
        assert_eq!(bad(cut, 0), None);
        slot.clear_faults();
        assert_eq!((bad(0, 10 * PAGE), slot.status().load(SeqCst)), (None, 0));
        slot.free();
    }
}

#[test]
fn a_page_within_the_file_is_tried_again_before_it_counts_as_bad() {
    let (slot, base) = registered(10, mapping(0));
    assert_eq!(choose(base, 3, Some(10 << 12)), Repair::Retry);
    // A fault of another page in between starts the count again.
    assert_eq!(choose(base, 4, Some(10 << 12)), Repair::Retry);
    assert_eq!(slot.first_bad(0, 10 * PAGE, PAGE), None);
    assert_eq!(choose_until_bad(base, 3), Repair::ReplacePage);
    assert_eq!(slot.first_bad(0, 10 * PAGE, PAGE), Some(Bad { at: 3 * PAGE, reason: Reason::NoSpace }));
    assert_eq!(slot.first_bad(4 * PAGE, 6 * PAGE, PAGE), None);
    assert_eq!(
        slot.first_bad(3 * PAGE + 9, 1, PAGE),
        Some(Bad { at: 3 * PAGE + 9, reason: Reason::NoSpace })
    );
    slot.free();
}

#[test]
fn a_page_that_comes_back_again_and_again_never_counts_as_bad() {
    let (slot, base) = registered(10, mapping(0));
    for cycle in 1..100 {
        assert_eq!(choose_at(base, 3, Some(u64::MAX), 2 * cycle * REPEAT_WINDOW), Repair::Retry);
        assert_eq!(choose_at(base, 3, Some(u64::MAX), 2 * cycle * REPEAT_WINDOW + 1), Repair::Retry);
    }
    slot.free();
}

#[test]
fn pages_that_fault_in_turns_or_slowly_are_not_tried_again_for_ever() {
    for (pages, pause) in [(5, 1), (1, 2 * REPEAT_WINDOW)] {
        let (slot, base) = registered(10, mapping(0));
        let fault = |time: u64| choose_at(base, (time % pages) as usize, Some(u64::MAX), (time + 1) * pause);
        let bad = (0..=u64::from(MAX_RETRIES)).find(|time| fault(*time) == Repair::ReplacePage);
        assert_eq!(bad, Some(u64::from(MAX_RETRIES)));
        assert_eq!(fault(0), Repair::Retry);
        slot.free();
    }
}

#[test]
fn a_page_that_refuses_stores_although_it_is_writable_does_so_a_thousand_times() {
    let (slot, base) = registered(10, GuardedMapping { read_only: true, ..mapping(0) });
    let store = |page| find(base).unwrap().may_retry_store(base + page * PAGE, PAGE);
    assert!((0..MAX_STORES).all(|_| store(3)) && !store(3) && !store(3));
    assert!(store(4) && store(3));
    assert!((1..MAX_STORES).all(|_| store(3)) && !store(3));
    slot.clear_stray_store();
    assert!(store(3));
    slot.free();
}

#[test]
fn what_the_descriptor_cannot_read_is_not_tried_again() {
    let (slot, base) = registered(10, mapping(0));
    let repair = find(base).unwrap().choose_repair(base, PAGE, Some(u64::MAX), 0, || Reason::Io);
    assert_eq!(repair, Repair::ReplacePage);
    slot.free();
}

#[test]
fn neighbours_are_one_run_and_with_too_many_runs_the_rest_is_bad() {
    let (slot, base) = registered(300, mapping(0));
    for page in [10, 11, 12, 9, 13] {
        assert_eq!(choose_until_bad(base, page), Repair::ReplacePage);
    }
    assert_eq!(slot.bad_ranges(PAGE).collect::<Vec<_>>(), [(9 * PAGE, 14 * PAGE, Reason::NoSpace)]);
    for run in 1..RUNS {
        assert_eq!(choose_until_bad(base, 20 + 2 * run), Repair::ReplacePage);
    }
    // A page that is known already needs no room.
    assert_eq!(choose_until_bad(base, 11), Repair::ReplacePage);
    assert_eq!(choose_until_bad(base, 290), Repair::ReplaceFrom(base + 290 * PAGE));
    assert_eq!(
        slot.first_bad(289 * PAGE, 5 * PAGE, PAGE),
        Some(Bad { at: 290 * PAGE, reason: Reason::NoSpace })
    );
    slot.free();
}

#[test]
fn what_has_no_size_is_never_truncated() {
    let (slot, base) = registered(4, GuardedMapping { sized: false, ..mapping(0) });
    assert_eq!(choose(base, 3, Some(0)), Repair::Retry);
    slot.free();
}

#[test]
fn the_note_of_a_stray_store_stays_until_it_is_cleared() {
    let (slot, base) = registered(1, GuardedMapping { read_only: true, ..mapping(0) });
    find(base).unwrap().note_stray_store();
    assert_eq!(slot.status().load(SeqCst), STRAY_STORE);
    assert!(slot.has_stray_store());
    slot.clear_stray_store();
    assert!(!slot.has_stray_store());
    assert_eq!(slot.status().load(SeqCst), 0);
    slot.free();
}

#[test]
fn runs_are_packed_without_loss() {
    for (first, count) in [(0, 1), (1, 2), ((1 << 38) - 2, MAX_COUNT)] {
        for reason in [Reason::Truncated, Reason::Io, Reason::NoSpace] {
            assert_eq!(unpack(pack(first, count, reason)), Some((first, count, reason)));
        }
    }
    assert_eq!(unpack(0), None);
}

#[test]
fn unregistering_waits_for_handlers() {
    let (slot, base) = registered(1, mapping(0));
    let inside = find(base).unwrap();
    let left = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            slot.unregister();
            left.store(true, SeqCst);
        });
        thread::sleep(std::time::Duration::from_millis(50));
        assert!(!left.load(SeqCst));
        drop(inside);
    });
    assert!(left.load(SeqCst));
    slot.free();
}

#[test]
fn handlers_see_one_mapping_or_none_while_it_comes_and_goes() {
    let (first, second) = (addresses(4), addresses(4));
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !over.load(Relaxed) {
                    for base in [first, second] {
                        let Some(found) = find(base + PAGE) else { continue };
                        assert_eq!((found.base(), found.end()), (base, base + 4 * PAGE));
                    }
                }
            });
        }
        for _ in 0..if cfg!(miri) { 50 } else { 20_000 } {
            for base in [first, second] {
                let slot = Slot::take().unwrap();
                slot.register(base, base + 4 * PAGE, mapping(0), -1, None);
                slot.free();
            }
        }
        over.store(true, Relaxed);
    });
}

#[test]
fn more_entries_than_a_chunk_has() {
    let slots = (0..PER_CHUNK + 3).map(|_| registered(1, mapping(0))).collect::<Vec<_>>();
    for (slot, base) in &slots {
        assert_eq!(find(*base).unwrap().base(), *base);
        assert!(status_words(slot.status_place().0).is_some());
    }
    for (slot, _) in slots {
        slot.free();
    }
}
