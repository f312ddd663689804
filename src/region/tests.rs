use std::ops::Range;

use super::Touch::{Beyond, Done};
use super::copy::BOUNCE;
use super::*;
use crate::request::{Access, Plan};

fn anonymous(length: usize) -> Region {
    let plan = Plan {
        access: Access::Write,
        raw: None,
        file_offset: 0,
        slack: 0,
        length,
        extend_to: None,
        guard: false,
    };
    Region::new(os::map_anonymous(&plan).unwrap_or_else(|failed| panic!("{failed:?}")), 0, length)
}

fn bytes(region: &Region, range: Range<usize>) -> Vec<u8> {
    region.look(range, <[u8]>::to_vec).unwrap()
}

#[test]
fn nothing_reaches_past_an_end() {
    let region = anonymous(10);
    let mut target = [0u8; 11];
    // SAFETY: `target` outlives its use.
    let mut foreign = |len| unsafe { ForeignBytes::new(target.as_mut_ptr(), len) };
    let (eleven, ten, none) = (foreign(11), foreign(10), foreign(0));
    assert_eq!(region.copy_out(0, eleven), Beyond);
    assert_eq!(region.copy_out(1, ten), Beyond);
    assert_eq!(region.copy_out(0, ten), Done);
    assert_eq!(region.copy_in(0, eleven), Beyond);
    assert_eq!(region.copy_in(usize::MAX, ten), Beyond);
    assert_eq!(region.copy_in(usize::MAX, none), Done);
    assert_eq!(region.fill(0, 11, b"a"), Beyond);
    assert_eq!(region.set_byte(10, 1), Beyond);
    assert_eq!(region.copy_from(5, &region, 0, 6, CopyOrder::ByAddress), Beyond);
    assert_eq!(region.copy_from(0, &region, 5, 6, CopyOrder::ByAddress), Beyond);
    assert!(region.look(0..11, |_| ()).is_none());
    assert!(region.look(usize::MAX..usize::MAX, |_| ()).is_none());
}

#[test]
fn pieces_cover_a_range_and_overlap() {
    let mut region = anonymous(10);
    assert_eq!(region.pieces(2..9, 3, false).collect::<Vec<_>>(), vec![Range { start: 2, end: 9 }]);
    assert_eq!(region.pieces(4..4, 3, true).collect::<Vec<_>>(), vec![Range { start: 4, end: 4 }]);
    region.removable = true;
    let (a, b, end) = (5, 5 + BOUNCE, 5 + 2 * BOUNCE + 1);
    let parts = [a..b + 3, b..b + BOUNCE + 3, b + BOUNCE..end].map(|part| part.start..part.end.min(end));
    assert_eq!(region.pieces(5..end, 3, false).collect::<Vec<_>>(), parts);
    assert!(region.pieces(5..end, 3, true).eq(parts.into_iter().rev()));
}

#[test]
fn what_is_reached_with_care_is_the_same() {
    let (mut region, mut other) = (anonymous(3 * BOUNCE), anonymous(3 * BOUNCE));
    (region.removable, other.removable) = (true, true);
    for (index, byte) in [(0, 1), (BOUNCE, 2), (3 * BOUNCE - 1, 3)] {
        assert_eq!(region.set_byte(index, byte), Done);
    }
    assert_eq!(other.copy_from(0, &region, 0, 3 * BOUNCE, CopyOrder::ByAddress), Done);
    assert_eq!(bytes(&other, 0..3 * BOUNCE), bytes(&region, 0..3 * BOUNCE));
    let before = bytes(&region, 0..3 * BOUNCE);
    assert_eq!(region.copy_from(1, &region, 0, 3 * BOUNCE - 1, CopyOrder::ByAddress), Done);
    assert_eq!(bytes(&region, 1..3 * BOUNCE), before[..3 * BOUNCE - 1]);
    assert_eq!(other.copy_from(0, &other, 1, 3 * BOUNCE - 1, CopyOrder::ByAddress), Done);
    assert_eq!(bytes(&other, 0..3 * BOUNCE - 1), before[1..]);
    assert_eq!(region.fill(3, 3 * BOUNCE, b"ab"), Done);
    assert_eq!(region.look_safely(3..7, <[u8]>::to_vec), Ok(b"abab".to_vec()));
}

#[test]
fn a_pattern_repeats_to_the_very_end() {
    let region = anonymous(100);
    assert_eq!(region.fill(1, 12, b"abc"), Done);
    assert_eq!(bytes(&region, 0..13), b"\0abcabcabcab\0");
    assert_eq!(region.fill(20, 22, b"abc"), Done);
    assert_eq!(bytes(&region, 20..23), b"ab\0");
    assert_eq!(region.fill(50, 40, b"abc"), Done);
}

#[test]
fn after_the_tomb_there_are_zeros() {
    let region = anonymous(5000);
    assert_eq!(region.fill(0, 5000, b"x"), Done);
    region.revoke(Revoked::Zeros);
    region.revoke(Revoked::Inaccessible);
    if os::CAN_TRUNCATE_MAPPED {
        assert_eq!(bytes(&region, 0..5000), vec![0; 5000]);
    }
    assert_eq!(region.set_byte(7, 1), Done);
}

#[test]
fn carried_bytes_are_the_same() {
    let (old, new) = (anonymous(9000), anonymous(20000));
    assert_eq!(old.fill(8000, 9000, b"xyz"), Done);
    new.copy_changed_pages(&old);
    assert_eq!(bytes(&old, 0..9000), bytes(&new, 0..9000));
    assert_eq!(bytes(&new, 9000..20000), vec![0; 11000]);
}

#[test]
fn what_is_exposed_never_moves() {
    let mut region = anonymous(4096);
    region.expose(|_, _| ());
    assert!(region.resize_in_place(8192).is_none());
}
