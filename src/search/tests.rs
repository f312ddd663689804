//! Random patterns in random texts: the answer of a search does not depend on its parts, its threads, how many matches
//! are taken at a time, or whether it could be cancelled.

use std::sync::Arc;

use super::parallel::{Matches, PART, collect, count_pattern};
use super::target::{Bounds, Cursor, Target};

/// A generator of random numbers, the same each time: xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

fn source(random: &mut Random, depth: usize) -> String {
    const ATOMS: &[&str] = &[
        "a", "b", "x", " ", "\\n", "\\r", ".", "[^]", "[^a]", "[ab]", "\\w", "\\s", "\\S", "\\d", "[^\\n]",
        "\u{e9}", "needle", "\\u2028",
    ];
    match if depth == 0 { 0 } else { random.below(8) } {
        0 | 1 => random.pick(ATOMS).to_owned(),
        2 => random.pick(&["^", "$", "\\b", "\\B", "(?:)"]).to_owned(),
        3 | 4 => source(random, depth - 1) + &source(random, depth - 1),
        5 => format!("(?:{}|{})", source(random, depth - 1), source(random, depth - 1)),
        6 => format!("({})", source(random, depth - 1)),
        _ => {
            let times = random.pick(&["*", "+", "?", "{2,3}", "{5}", "{0,40}"]);
            format!("(?:{}){times}{}", source(random, depth - 1), random.pick(&["", "", "?"]))
        }
    }
}

/// A text of one part and some of a second, with something else near the borders of pages and parts; sometimes no
/// UTF-8.
fn text(random: &mut Random) -> Vec<u8> {
    let length = PART + random.below(PART) + random.below(9);
    let pieces: &[&str] = match random.below(6) {
        0 => &["a"],
        1 => &["a", "b", "a", "b", "\n"],
        2 => &["ab x", "\r\n", "word1 ", "\u{e9}"],
        3 => &["aaaa", "xx", "\n", "7"],
        4 => &["\u{1f600}", "\u{e9}", "\u{65e5}", "a"],
        _ => &["xxxxxxxxxxxx", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "\n"],
    };
    let mut bytes = Vec::new();
    while bytes.len() < length {
        let times = if random.below(40) == 0 { 1 + random.below(2000) } else { 1 };
        bytes.extend(random.pick(pieces).repeat(times).into_bytes());
    }
    bytes.truncate(length);
    for _ in 0..random.below(6) {
        let at = (random.below(1 + length / 4096) * 4096 + random.below(9)).saturating_sub(4);
        let others = ["a", "b", "\n", "\r\n", "needle", "\u{e9}", "\u{2028}", "x", "\r", " "];
        let piece = if random.below(6) == 0 { &[0x80, 0xe2, 0x80] } else { random.pick(&others).as_bytes() };
        if let Some(room) = bytes.get_mut(at..at + piece.len()) {
            room.copy_from_slice(piece);
        }
    }
    bytes
}

#[test]
fn random_searches_find_what_one_walk_finds() {
    let variable = |name, default| std::env::var(name).ok().map_or(default, |text| text.parse().unwrap());
    let (seed, rounds): (u64, u64) = (variable("MEMMAP_TEST_SEED", 1), variable("MEMMAP_TEST_ROUNDS", 40));
    for round in seed..seed + rounds {
        let mut random = Random(round.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let bytes = Arc::new(text(&mut random));
        for _ in 0..4 {
            let depth = 2 + random.below(3);
            let (source, flags) = (
                source(&mut random, depth),
                random.pick(&["g", "gm", "gi", "gu", "gmu", "gs", "giu", "gims"]),
            );
            // Refused, since it is too large.
            let Ok(target) = Target::pattern(&source, flags) else { continue };
            let (target, cancel) = (Arc::new(target), Arc::default());
            let range = random.below(9)..bytes.len() - random.below(9);
            let slice = &bytes[range.clone()];
            let (threads, room, most) = (1 + random.below(4), 1 + random.below(3000), 5_000);
            let what = format!("round {round}: /{source}/{flags} in {range:?}, {threads} threads, {room}");

            let (mut whole, mut cursor) = (Vec::new(), Cursor::default());
            let groups = target.groups().len() > 1;
            let walked = target.walk(slice, &mut cursor, Bounds::whole(slice), groups, None, |found| {
                whole.push(found.to_vec());
                whole.len() < most
            });
            walked.unwrap();
            let (mut found, mut cursor) = (Vec::new(), Cursor::default());
            while !cursor.is_done && found.len() < most {
                let sink = move || Matches::new(room);
                let batch = collect(&bytes, &target, range.clone(), &mut cursor, threads, &cancel, sink);
                found.extend(batch.unwrap().unwrap().0);
            }
            found.truncate(most);
            let differs = found.iter().zip(&whole).position(|(found, other)| found != other);
            assert_eq!((found.len(), differs), (whole.len(), None), "{what}");

            if whole.len() < most {
                let counts = [
                    target.count(slice, None),
                    target.count(slice, Some(&cancel)),
                    count_pattern(&bytes, &target, range.clone(), 1, None).unwrap(),
                    count_pattern(&bytes, &target, range, threads, Some(&cancel)).unwrap(),
                ];
                assert_eq!(counts, [whole.len() as u64; 4], "{what}");
            }
        }
    }
}
