//! Made-up patterns in made-up texts: parts, threads, batches and a cancel change nothing.

use std::sync::Arc;

use super::gather::{self, tests::Found, tests::Room};
use super::scan::PART;
use super::split;
use super::target::{Bounds, Place, Target};

/// The same numbers each time: xorshift.
struct Dice(u64);

impl Dice {
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

fn source(dice: &mut Dice, depth: usize) -> String {
    const ATOMS: &[&str] = &[
        "a", "b", "x", " ", "\\n", "\\r", ".", "[^]", "[^a]", "[ab]", "\\w", "\\s", "\\S", "\\d", "[^\\n]",
        "\u{e9}", "needle", "\\u2028",
    ];
    match if depth == 0 { 0 } else { dice.below(8) } {
        0 | 1 => dice.pick(ATOMS).to_owned(),
        2 => dice.pick(&["^", "$", "\\b", "\\B", "(?:)"]).to_owned(),
        3 | 4 => source(dice, depth - 1) + &source(dice, depth - 1),
        5 => format!("(?:{}|{})", source(dice, depth - 1), source(dice, depth - 1)),
        6 => format!("({})", source(dice, depth - 1)),
        _ => {
            let times = dice.pick(&["*", "+", "?", "{2,3}", "{5}", "{0,40}"]);
            format!("(?:{}){times}{}", source(dice, depth - 1), dice.pick(&["", "", "?"]))
        }
    }
}

/// A text of some parts, with something else where pages and parts meet; now and then no UTF-8.
fn text(dice: &mut Dice) -> Vec<u8> {
    let length = PART + dice.below(PART) + dice.below(9);
    let pieces: &[&str] = match dice.below(6) {
        0 => &["a"],
        1 => &["a", "b", "a", "b", "\n"],
        2 => &["ab x", "\r\n", "word1 ", "\u{e9}"],
        3 => &["aaaa", "xx", "\n", "7"],
        4 => &["\u{1f600}", "\u{e9}", "\u{65e5}", "a"],
        _ => &["xxxxxxxxxxxx", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "\n"],
    };
    let mut bytes = Vec::new();
    while bytes.len() < length {
        let times = if dice.below(40) == 0 { 1 + dice.below(2000) } else { 1 };
        bytes.extend(dice.pick(pieces).repeat(times).into_bytes());
    }
    bytes.truncate(length);
    for _ in 0..dice.below(6) {
        let at = (dice.below(1 + length / 4096) * 4096 + dice.below(9)).saturating_sub(4);
        let others = ["a", "b", "\n", "\r\n", "needle", "\u{e9}", "\u{2028}", "x", "\r", " "];
        let piece = if dice.below(6) == 0 { &[0x80, 0xe2, 0x80] } else { dice.pick(&others).as_bytes() };
        if let Some(room) = bytes.get_mut(at..at + piece.len()) {
            room.copy_from_slice(piece);
        }
    }
    bytes
}

#[test]
fn made_up_searches_are_those_of_one_walk() {
    let variable = |name, default| std::env::var(name).ok().map_or(default, |text| text.parse().unwrap());
    let (seed, rounds): (u64, u64) = (variable("MEMMAP_TEST_SEED", 1), variable("MEMMAP_TEST_ROUNDS", 40));
    for round in seed..seed + rounds {
        let mut dice = Dice(round.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let bytes = Arc::new(text(&mut dice));
        for _ in 0..4 {
            let depth = 2 + dice.below(3);
            let (source, flags) =
                (source(&mut dice, depth), dice.pick(&["g", "gm", "gi", "gu", "gmu", "gs", "giu", "gims"]));
            // One that is too large is refused.
            let Ok(target) = Target::pattern(&source, flags) else { continue };
            let (target, cancel) = (Arc::new(target), Arc::default());
            let range = dice.below(9)..bytes.len() - dice.below(9);
            let slice = &bytes[range.clone()];
            let (threads, room, most) = (1 + dice.below(4), 1 + dice.below(3000), 5_000);
            let what = format!("round {round}: /{source}/{flags} in {range:?}, {threads} threads, {room}");

            let (mut whole, mut place) = (Found::new(), Place::default());
            let groups = target.groups().len() > 1;
            let walked = target.walk(slice, &mut place, Bounds::whole(slice), groups, None, |found| {
                whole.push(found.to_vec());
                whole.len() < most
            });
            walked.unwrap();
            let (mut found, mut place) = (Found::new(), Place::default());
            while !place.over && found.len() < most {
                let basket = move || Room(Found::new(), room);
                let batch =
                    gather::matches(&bytes, &target, range.clone(), &mut place, threads, &cancel, basket);
                found.extend(batch.unwrap().unwrap().0);
            }
            found.truncate(most);
            let differs = found.iter().zip(&whole).position(|(found, other)| found != other);
            assert_eq!((found.len(), differs), (whole.len(), None), "{what}");

            if whole.len() < most {
                let counts = [
                    target.count(slice, None),
                    target.count(slice, Some(&cancel)),
                    split::count(&bytes, &target, range, threads, &cancel).unwrap(),
                ];
                assert_eq!(counts, [whole.len() as u64; 3], "{what}");
            }
        }
    }
}
