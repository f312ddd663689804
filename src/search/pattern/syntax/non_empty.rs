//! In ECMAScript no iteration of a loop beyond its minimum is empty (RepeatMatcher). An automaton has no such check. So
//! the body of the loop is rewritten to one that matches the same, in the same order of preference, but not the empty
//! string. With that come constructors of HIR that keep track of what can never match.

use regex_syntax::hir::{Capture, Hir, HirKind, Repetition};

use crate::search::pattern::error::PatternError;

/// One of the ways in which an expression matches, in order of preference: never empty, or always empty.
struct Piece {
    hir: Hir,
    empty: bool,
}

/// As `Hir::alternation`, without alternatives that can never match: with one of those the tree would not know its
/// `minimum_len`.
pub fn alternation(mut subs: Vec<Hir>) -> Hir {
    subs.retain(|sub| !never(sub));
    Hir::alternation(subs)
}

/// As `Hir::concat`. If a part can never match, the whole can never match.
pub fn concat(subs: Vec<Hir>) -> Hir {
    if subs.iter().any(never) { Hir::fail() } else { Hir::concat(subs) }
}

/// As `Hir::repetition`. What can never match is repeated no times, or the whole can never match.
pub fn repetition(repetition: Repetition) -> Hir {
    match (never(&repetition.sub), repetition.min) {
        (true, 0) => Hir::empty(),
        (true, _) => Hir::fail(),
        (false, _) => Hir::repetition(repetition),
    }
}

/// As `Hir::capture`. A group that can never match is no group.
pub fn capture(index: u32, sub: Hir) -> Hir {
    if never(&sub) { sub } else { Hir::capture(Capture { index, name: None, sub: Box::new(sub) }) }
}

fn never(hir: &Hir) -> bool {
    matches!(hir.kind(), HirKind::Class(class) if class.is_empty())
}

/// Whether an expression can match the empty string.
pub fn nullable(hir: &Hir) -> bool {
    hir.properties().minimum_len() == Some(0)
}

/// What `hir` matches, without the empty string. `budget` is how many nodes all copies may have; what is used is taken
/// off.
pub fn without_empty(hir: &Hir, budget: &mut usize) -> Result<Hir, PatternError> {
    if !nullable(hir) {
        return Ok(hir.clone());
    }
    let pieces = pieces(hir, budget)?;
    Ok(alternation(pieces.into_iter().filter(|piece| !piece.empty).map(|piece| piece.hir).collect()))
}

fn pieces(hir: &Hir, budget: &mut usize) -> Result<Vec<Piece>, PatternError> {
    if !nullable(hir) || hir.properties().maximum_len() == Some(0) {
        spend(hir, budget)?;
        return Ok(vec![Piece { hir: hir.clone(), empty: nullable(hir) }]);
    }
    let mut out = Vec::new();
    match hir.kind() {
        HirKind::Alternation(subs) => {
            for sub in subs {
                out.extend(pieces(sub, budget)?);
            }
        }
        HirKind::Capture(capture) => {
            for piece in pieces(&capture.sub, budget)? {
                out.push(Piece { hir: self::capture(capture.index, piece.hir), empty: piece.empty });
            }
        }
        HirKind::Repetition(repetition) if repetition.min == 0 => {
            // What is repeated is never empty: that was seen to when the repetition was made.
            spend(hir, budget)?;
            let some = self::repetition(Repetition { min: 1, ..repetition.clone() });
            out.push(Piece { hir: some, empty: false });
            out.insert(usize::from(repetition.greedy), Piece { hir: Hir::empty(), empty: true });
        }
        HirKind::Repetition(repetition) => {
            let copies = vec![(*repetition.sub).clone(); repetition.min as usize];
            concatenation(Vec::new(), &copies, &mut out, budget)?;
        }
        HirKind::Concat(subs) => concatenation(Vec::new(), subs, &mut out, budget)?,
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => (),
    }
    drop_unreachable(&mut out);
    Ok(out)
}

/// The pieces of `subs` one after the other, behind `before`, which is always empty.
fn concatenation(
    before: Vec<Hir>,
    subs: &[Hir],
    out: &mut Vec<Piece>,
    budget: &mut usize,
) -> Result<(), PatternError> {
    let Some((first, rest)) = subs.split_first() else {
        out.push(Piece { hir: concat(before), empty: true });
        return Ok(());
    };
    for piece in pieces(first, budget)? {
        let mut all = before.clone();
        all.push(piece.hir);
        if piece.empty {
            concatenation(all, rest, out, budget)?;
        } else {
            for sub in rest {
                spend(sub, budget)?;
            }
            all.extend_from_slice(rest);
            out.push(Piece { hir: concat(all), empty: false });
        }
    }
    Ok(())
}

/// Behind an empty piece without a condition, no other empty piece is ever tried: both would lead to the same place.
fn drop_unreachable(pieces: &mut Vec<Piece>) {
    let mut sure = false;
    pieces.retain(|piece| {
        let keep = !(sure && piece.empty);
        sure |= piece.empty && piece.hir.properties().look_set().is_empty();
        keep
    });
}

fn spend(hir: &Hir, budget: &mut usize) -> Result<(), PatternError> {
    *budget = budget.checked_sub(1).ok_or_else(PatternError::too_large)?;
    hir.kind().subs().iter().try_for_each(|sub| spend(sub, budget))
}
