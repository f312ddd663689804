use std::sync::atomic::AtomicBool;
use std::thread;

use super::*;

const PAGE: usize = 4096;

fn facts(offset: u64) -> Facts {
    Facts { file: -1, offset, sized: true, read_only: false, private: false }
}

/// Addresses that no other test registers: the table never looks at what is there.
fn addresses(pages: usize) -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(1 << 40);
    NEXT.fetch_add((pages + 1) * PAGE, SeqCst)
}

fn entered(pages: usize, facts: Facts) -> (Slot, usize) {
    let (slot, base) = (Slot::take().unwrap(), addresses(pages));
    slot.enter(base, base + pages * PAGE, facts);
    (slot, base)
}

fn judge(base: usize, page: usize, size: Option<u64>) -> Mend {
    judge_at(base, page, size, 0)
}

fn judge_at(base: usize, page: usize, size: Option<u64>, now: u64) -> Mend {
    visit(base + page * PAGE + 7).unwrap().judge(base + page * PAGE, PAGE, size, now, || Reason::NoSpace)
}

/// The page is found bad after so many faults in a row.
fn worn(base: usize, page: usize) -> Mend {
    for _ in 0..RETRIES {
        assert_eq!(judge(base, page, Some(u64::MAX)), Mend::Retry);
    }
    judge(base, page, Some(u64::MAX))
}

#[test]
fn only_what_is_entered_is_found() {
    let (slot, base) = entered(2, facts(0));
    assert!(visit(base - 1).is_none() && visit(base + 2 * PAGE).is_none());
    for at in [0, 1, PAGE, 2 * PAGE - 1] {
        let found = visit(base + at).unwrap();
        assert_eq!((found.base(), found.end()), (base, base + 2 * PAGE));
    }
    slot.free();
    assert!(visit(base).is_none());
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
        let (slot, base) = entered(10, facts(offset));
        assert_eq!(judge(base, page, Some(size)), Mend::From(base + first * PAGE), "{offset} {size} {page}");
        assert_eq!(slot.status().load(SeqCst), FAULTED);
        let bad = |start, len| slot.first_bad(start, len, PAGE);
        assert_eq!(bad(0, 10 * PAGE), Some(Bad { at: cut, reason: Reason::Truncated }));
        assert_eq!(bad(cut + 5, 1), Some(Bad { at: cut + 5, reason: Reason::Truncated }));
        assert_eq!(bad(0, cut), None);
        assert_eq!(bad(cut, 0), None);
        slot.forgive();
        assert_eq!((bad(0, 10 * PAGE), slot.status().load(SeqCst)), (None, 0));
        slot.free();
    }
}

#[test]
fn a_page_within_the_file_is_tried_again_before_it_is_given_up() {
    let (slot, base) = entered(10, facts(0));
    assert_eq!(judge(base, 3, Some(10 << 12)), Mend::Retry);
    // Another one in between: it begins anew.
    assert_eq!(judge(base, 4, Some(10 << 12)), Mend::Retry);
    assert_eq!(slot.first_bad(0, 10 * PAGE, PAGE), None);
    assert_eq!(worn(base, 3), Mend::Page);
    assert_eq!(slot.first_bad(0, 10 * PAGE, PAGE), Some(Bad { at: 3 * PAGE, reason: Reason::NoSpace }));
    assert_eq!(slot.first_bad(4 * PAGE, 6 * PAGE, PAGE), None);
    assert_eq!(
        slot.first_bad(3 * PAGE + 9, 1, PAGE),
        Some(Bad { at: 3 * PAGE + 9, reason: Reason::NoSpace })
    );
    slot.free();
}

#[test]
fn a_page_that_came_back_again_and_again_is_never_given_up() {
    let (slot, base) = entered(10, facts(0));
    for cycle in 1..100 {
        assert_eq!(judge_at(base, 3, Some(u64::MAX), 2 * cycle * AT_ONCE), Mend::Retry);
        assert_eq!(judge_at(base, 3, Some(u64::MAX), 2 * cycle * AT_ONCE + 1), Mend::Retry);
    }
    slot.free();
}

#[test]
fn what_the_descriptor_cannot_read_needs_no_second_look() {
    let (slot, base) = entered(10, facts(0));
    let mend = visit(base).unwrap().judge(base, PAGE, Some(u64::MAX), 0, || Reason::Io);
    assert_eq!(mend, Mend::Page);
    slot.free();
}

#[test]
fn neighbours_are_one_run_and_too_many_runs_are_the_end() {
    let (slot, base) = entered(300, facts(0));
    for page in [10, 11, 12, 9, 13] {
        assert_eq!(worn(base, page), Mend::Page);
    }
    assert_eq!(slot.bad_ranges(PAGE).collect::<Vec<_>>(), [(9 * PAGE, 14 * PAGE, Reason::NoSpace)]);
    for run in 1..RUNS {
        assert_eq!(worn(base, 20 + 2 * run), Mend::Page);
    }
    // One that is known already needs no room.
    assert_eq!(worn(base, 11), Mend::Page);
    assert_eq!(worn(base, 290), Mend::From(base + 290 * PAGE));
    assert_eq!(
        slot.first_bad(289 * PAGE, 5 * PAGE, PAGE),
        Some(Bad { at: 290 * PAGE, reason: Reason::NoSpace })
    );
    slot.free();
}

#[test]
fn what_has_no_size_is_never_cut() {
    let (slot, base) = entered(4, Facts { sized: false, ..facts(0) });
    assert_eq!(judge(base, 3, Some(0)), Mend::Retry);
    slot.free();
}

#[test]
fn a_stray_store_is_told_once() {
    let (slot, base) = entered(1, Facts { read_only: true, ..facts(0) });
    visit(base).unwrap().stray();
    assert_eq!(slot.status().load(SeqCst), STRAY);
    assert!(slot.take_stray() && !slot.take_stray());
    assert_eq!(slot.status().load(SeqCst), 0);
    slot.free();
}

#[test]
fn runs_are_packed_without_loss() {
    for (first, count) in [(0, 1), (1, 2), ((1 << 38) - 2, MOST)] {
        for reason in [Reason::Truncated, Reason::Io, Reason::NoSpace] {
            assert_eq!(unpack(pack(first, count, reason)), Some((first, count, reason)));
        }
    }
    assert_eq!(unpack(0), None);
}

#[test]
fn nobody_leaves_while_a_handler_is_inside() {
    let (slot, base) = entered(1, facts(0));
    let inside = visit(base).unwrap();
    let left = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            slot.leave();
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
fn visitors_see_one_mapping_or_none_while_it_comes_and_goes() {
    let (first, second) = (addresses(4), addresses(4));
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !over.load(Relaxed) {
                    for base in [first, second] {
                        let Some(found) = visit(base + PAGE) else { continue };
                        assert_eq!((found.base(), found.end()), (base, base + 4 * PAGE));
                    }
                }
            });
        }
        for _ in 0..if cfg!(miri) { 50 } else { 20_000 } {
            for base in [first, second] {
                let slot = Slot::take().unwrap();
                slot.enter(base, base + 4 * PAGE, facts(0));
                slot.free();
            }
        }
        over.store(true, Relaxed);
    });
}

#[test]
fn there_is_always_one_more() {
    let slots = (0..PER_CHUNK + 3).map(|_| entered(1, facts(0))).collect::<Vec<_>>();
    for (slot, base) in &slots {
        assert_eq!(visit(*base).unwrap().base(), *base);
        assert!(words(slot.place().0).is_some());
    }
    for (slot, _) in slots {
        slot.free();
    }
}
