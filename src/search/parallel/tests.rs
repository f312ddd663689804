//! A text for the tests of literals.

use super::PART;

/// Lines of different lengths in which nothing recurs, so that no part looks like another.
pub fn text() -> Vec<u8> {
    (0u64..).flat_map(|n| format!("{} {}\n", n, n * n % 9973).into_bytes()).take(3 * PART + 12_345).collect()
}
