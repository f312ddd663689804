//! Blocks of a file reserved piece by piece, where signals interrupt the work.

use rustix::io::Errno;

/// An error, and how far the file was reserved before it.
pub type Reached = Result<(), (Errno, u64)>;

/// After a signal the range is reserved in pieces of at most this length.
const LONGEST_PIECE: u64 = 64 << 20;
/// No piece is shorter than the largest page there is.
const SHORTEST_PIECE: u64 = 64 << 10;
/// So often in a row a piece may be interrupted.
const MAX_TRIES: u32 = 100;

/// Reserves a range with one call, or, if a signal interrupts that, with a call for each piece of it. A file system may free
/// what it has reserved when a signal comes, and answer EINTR (fallocate(2)): tmpfs does so before Linux 6.11, and then a
/// signal that comes regularly, a profiler's, would keep a call for the whole range from ever ending. A shorter piece is done
/// between two signals.
pub fn in_pieces(from: u64, to: u64, mut reserve: impl FnMut(u64, u64) -> Result<(), Errno>) -> Reached {
    let (mut at, mut piece, mut tries) = (from, to - from, 0);
    while at < to {
        let length = piece.min(to - at);
        match reserve(at, length) {
            Ok(()) => (at, tries) = (at + length, 0),
            Err(Errno::INTR) if tries < MAX_TRIES => {
                tries += 1;
                // If there is less left, a half of that.
                piece = (length / 2).clamp(SHORTEST_PIECE, LONGEST_PIECE);
            }
            Err(errno) => return Err((errno, at)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;

    use super::{LONGEST_PIECE, MAX_TRIES, SHORTEST_PIECE, in_pieces};

    const GIB: u64 = 1 << 30;

    #[test]
    fn without_a_signal_one_call_reserves_all() {
        let mut calls = Vec::new();
        in_pieces(10, 10 + GIB, |at, length| {
            calls.push((at, length));
            Ok(())
        })
        .unwrap();
        assert_eq!(calls, [(10, GIB)]);
    }

    #[test]
    fn where_only_short_calls_end_the_pieces_follow_each_other() {
        for most in [SHORTEST_PIECE, 1 << 20, LONGEST_PIECE, 5 * LONGEST_PIECE] {
            let (mut end, mut calls) = (10, 0);
            in_pieces(10, 10 + GIB, |at, length| {
                calls += 1;
                assert_eq!(at, end);
                if length > most {
                    return Err(Errno::INTR);
                }
                end += length;
                Ok(())
            })
            .unwrap();
            assert_eq!(end, 10 + GIB);
            assert!(calls <= 20 + GIB / most.min(LONGEST_PIECE), "{calls} calls for {most}");
        }
    }

    #[test]
    fn what_is_always_interrupted_ends_with_the_error() {
        let mut calls = 0;
        let reached = in_pieces(0, GIB, |at, length| {
            calls += 1;
            if at < 2 * LONGEST_PIECE && length <= LONGEST_PIECE { Ok(()) } else { Err(Errno::INTR) }
        });
        assert_eq!(reached, Err((Errno::INTR, 2 * LONGEST_PIECE)));
        assert!(calls <= MAX_TRIES + 10, "{calls} calls");
    }

    #[test]
    fn another_error_ends_it_at_once() {
        let mut calls = 0;
        let reached = in_pieces(5, GIB, |_, _| {
            calls += 1;
            Err(if calls == 1 { Errno::INTR } else { Errno::NOSPC })
        });
        assert_eq!((reached, calls), (Err((Errno::NOSPC, 5)), 2));
    }
}
