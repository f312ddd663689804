//! A needle in a haystack, forwards and backwards, with memchr's vector code.

use memchr::memmem;

use super::lanes::{self, BLOCK};

/// The first position of `needle`; an empty one is found at 0.
pub fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    match needle {
        [byte] => find_byte(haystack, *byte),
        _ => memmem::find(haystack, needle),
    }
}

/// The last position of `needle`; an empty one is found at the end.
///
/// memchr's own reverse search is not vectorised: block by block from the end, its forward search tells whether a
/// match starts in the block, and the reverse one then looks into that block alone.
pub fn rfind(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    match needle {
        [byte] => memchr::memrchr(*byte, haystack),
        _ if (1..=BLOCK).contains(&needle.len()) => rfind_in_blocks(haystack, needle),
        _ => memmem::rfind(haystack, needle),
    }
}

/// How often `needle` occurs, one beginning where the one before has ended or later, and where the last one ends. An
/// empty one occurs between all bytes, and at both ends.
pub fn count(haystack: &[u8], needle: &[u8]) -> (u64, usize) {
    match *needle {
        [] => (haystack.len() as u64 + 1, haystack.len()),
        [byte] => (count_byte(haystack, byte) as u64, haystack.len()),
        _ => {
            memmem::find_iter(haystack, needle).fold((0, 0), |(count, _), at| (count + 1, at + needle.len()))
        }
    }
}

/// Whether two occurrences of `needle` may overlap: whether it begins as it ends.
pub fn overlaps_itself(needle: &[u8]) -> bool {
    // The prefix function of Knuth, Morris and Pratt.
    let mut borders = vec![0; needle.len()];
    for end in 1..needle.len() {
        let mut border: usize = borders[end - 1];
        while border > 0 && needle[border] != needle[end] {
            border = borders[border - 1];
        }
        borders[end] = border + usize::from(needle[border] == needle[end]);
    }
    needle.is_empty() || borders.last().is_some_and(|border| *border > 0)
}

/// What is near is found before blocks are begun.
fn find_byte(haystack: &[u8], byte: u8) -> Option<usize> {
    let find = |bytes: &[u8]| memchr::memchr(byte, bytes);
    let mut start = 0;
    while let Some(block) = haystack.get(start..start + BLOCK) {
        if start == 0 || !lanes::all(block, |piece| find(piece).is_none()) {
            // A byte that somebody changes meanwhile may be found the one time, and not the other.
            if let Some(at) = find(block) {
                return Some(start + at);
            }
        }
        start += BLOCK;
    }
    find(&haystack[start..]).map(|at| start + at)
}

fn rfind_in_blocks(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let forward = memmem::Finder::new(needle);
    let over = needle.len() - 1;
    // A match that starts in [start, end) ends before `end + over`.
    let mut end = haystack.len().saturating_sub(over);
    while end > 0 {
        let start = end.saturating_sub(BLOCK);
        let block = &haystack[start..end + over];
        if forward.find(block).is_some() {
            // Bytes that somebody changes meanwhile may be found the one time, and not the other.
            if let Some(at) = memmem::rfind(block, needle) {
                return Some(start + at);
            }
        }
        end = start;
    }
    None
}

fn count_byte(haystack: &[u8], byte: u8) -> usize {
    let mut blocks = haystack.chunks_exact(BLOCK);
    let mut count = 0;
    for block in &mut blocks {
        lanes::all(block, |piece| {
            count += bytecount::count(piece, byte);
            true
        });
    }
    count + bytecount::count(blocks.remainder(), byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive(haystack: &[u8], needle: &[u8]) -> (Option<usize>, Option<usize>) {
        let matches = |at: &usize| haystack[*at..].starts_with(needle);
        ((0..=haystack.len()).find(matches), (0..=haystack.len()).rev().find(matches))
    }

    #[test]
    fn both_directions_agree_with_the_naive_search() {
        let haystacks: &[&[u8]] = &[b"", b"a", b"aa", b"aaaa", b"abababab", b"xxabyyabzz", b"one two ones"];
        let needles: &[&[u8]] =
            &[b"", b"a", b"aa", b"aaa", b"ab", b"aba", b"one", b"zz", b"missing needle", b"s"];
        for haystack in haystacks {
            for needle in needles {
                let expected = naive(haystack, needle);
                assert_eq!(find(haystack, needle), expected.0, "{haystack:?} {needle:?}");
                assert_eq!(rfind(haystack, needle), expected.1, "{haystack:?} {needle:?}");
            }
        }
    }

    #[test]
    fn occurrences_do_not_overlap() {
        assert_eq!(count(b"aaaaa", b"aa"), (2, 4));
        assert_eq!(count(b"abcab", b"ab"), (2, 5));
        assert_eq!(count(b"abc", b""), (4, 3));
        assert_eq!(count(b"", b"x"), (0, 0));
        let overlapping = [&b"aa"[..], b"aba", b"abab", b""];
        assert!(overlapping.into_iter().all(overlaps_itself));
        assert!([&b"a"[..], b"ab", b"aab", b"needle"].into_iter().all(|needle| !overlaps_itself(needle)));
    }

    #[test]
    fn matches_anywhere_in_blocks_and_lanes_are_found() {
        let size = 3 * BLOCK + 7;
        for length in [1, 2, 6, BLOCK, BLOCK + 1] {
            let needle: Vec<u8> = (0..length).map(|at| if at == 0 { b'x' } else { b'z' }).collect();
            let needle = &needle[..];
            let put = |haystack: &mut Vec<u8>, at: usize| {
                haystack[at..at + needle.len()].copy_from_slice(needle);
            };
            for first in 0..=size - needle.len() {
                let mut haystack = vec![b'.'; size];
                put(&mut haystack, first);
                assert_eq!(find(&haystack, needle), Some(first));
                assert_eq!(rfind(&haystack, needle), Some(first));
                assert_eq!(count(&haystack, needle).0, 1);
                let other = first + needle.len() + first * 31 % BLOCK;
                if other + needle.len() <= size {
                    put(&mut haystack, other);
                    assert_eq!(find(&haystack, needle), Some(first));
                    assert_eq!(rfind(&haystack, needle), Some(other));
                    assert_eq!(count(&haystack, needle).0, 2);
                    assert_eq!(find(&haystack[..other], needle), Some(first));
                    assert_eq!(find(&haystack[first + 1..], needle), Some(other - first - 1));
                    assert_eq!(rfind(&haystack[..other + needle.len() - 1], needle), Some(first));
                }
            }
        }
        let haystack: Vec<u8> = (0..size).map(|at| (at * at % 7) as u8).collect();
        for byte in 0..7 {
            for from in 0..size {
                let naive = haystack[from..].iter().filter(|each| **each == byte).count();
                assert_eq!(count(&haystack[from..], &[byte]).0, naive as u64);
            }
        }
    }
}
