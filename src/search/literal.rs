//! A needle in a haystack, forwards and backwards, with memchr's vector code.

use memchr::memmem;

/// How much is searched forwards at a time when looking for the last match, and how much is counted at a time.
const BLOCK: usize = 256 * 1024;

/// A block is counted in so many places by turns: a core's prefetchers follow several streams at once, and where it reads
/// but one it waits for the memory.
const LANES: usize = 4;

/// Bytes counted in one place before it is the next one's turn: fewer cost more calls, and with more the streams are lost.
const PIECE: usize = 512;

/// The first position of `needle`; an empty one is found at 0.
pub fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    match needle {
        [byte] => memchr::memchr(*byte, haystack),
        _ => memmem::find(haystack, needle),
    }
}

/// The last position of `needle`; an empty one is found at the end.
///
/// memchr's own reverse search is not vectorised: block by block from the end, its forward search tells whether a
/// match starts in the block, and the reverse one then looks into that block alone.
pub fn rfind(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    rfind_in_blocks(haystack, needle, BLOCK)
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

fn rfind_in_blocks(haystack: &[u8], needle: &[u8], block: usize) -> Option<usize> {
    if let [byte] = *needle {
        return memchr::memrchr(byte, haystack);
    }
    if needle.is_empty() || needle.len() > block {
        return memmem::rfind(haystack, needle);
    }
    let forward = memmem::Finder::new(needle);
    // A match that starts in [start, end) ends before `end + needle.len() - 1`.
    let mut end = (haystack.len() + 1).saturating_sub(needle.len());
    while end > 0 {
        let start = end.saturating_sub(block);
        let window = &haystack[start..end + needle.len() - 1];
        // Bytes that somebody changes meanwhile may be found the one time, and not the other.
        if forward.find(window).is_some()
            && let Some(at) = memmem::rfind(window, needle)
        {
            return Some(start + at);
        }
        end = start;
    }
    None
}

fn count_byte(haystack: &[u8], byte: u8) -> usize {
    let mut blocks = haystack.chunks_exact(BLOCK);
    let mut count = 0;
    for block in &mut blocks {
        for turn in (0..BLOCK / LANES).step_by(PIECE) {
            for lane in 0..LANES {
                let at = lane * (BLOCK / LANES) + turn;
                count += bytecount::count(&block[at..at + PIECE], byte);
            }
        }
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
                for block in [1, 2, 3, 4, 100] {
                    assert_eq!(
                        rfind_in_blocks(haystack, needle, block),
                        expected.1,
                        "{haystack:?} {needle:?} {block}"
                    );
                }
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
    fn each_byte_of_each_block_is_counted_once() {
        let mut haystack = vec![b'.'; 2 * BLOCK + 100];
        for at in (0..haystack.len()).step_by(509).chain([0, BLOCK - 1, BLOCK, 2 * BLOCK, haystack.len() - 1])
        {
            haystack[at] = b'x';
        }
        for cut in
            [0, 1, PIECE - 1, PIECE, BLOCK / LANES, BLOCK - 1, BLOCK, BLOCK + 99, 2 * BLOCK, 2 * BLOCK + 1]
        {
            for part in [&haystack[cut..], &haystack[..cut]] {
                let naive = part.iter().filter(|byte| **byte == b'x').count();
                assert_eq!(count(part, b"x"), (naive as u64, part.len()), "{cut}");
            }
        }
    }

    #[test]
    fn a_match_over_the_border_of_two_blocks_is_found() {
        let mut haystack = vec![b'.'; 3 * BLOCK];
        for at in [0, BLOCK - 3, 2 * BLOCK - 1, 3 * BLOCK - 6] {
            haystack[at..at + 6].copy_from_slice(b"needle");
            assert_eq!(rfind(&haystack, b"needle"), Some(at));
            assert_eq!(find(&haystack, b"needle"), Some(0));
        }
    }
}
