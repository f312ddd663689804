//! In ECMAScript no iteration of a loop beyond its minimum is empty (RepeatMatcher). An automaton has no such check. So
//! the body of the loop is rewritten to one that matches the same, in the same order of preference, but not the empty
//! string. With that come constructors of HIR that keep track of what can never match.

use regex_syntax::hir::{Capture, Class, Hir, HirKind, Repetition};

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

/// What all copies that rewriting makes may take, in nodes. Each copy is paid for before it is made, so that no source takes
/// more memory than this.
pub struct Budget(usize);

/// The bytes of a literal or a class that cost as much as a node, which takes about as many itself.
const BYTES_PER_NODE: usize = 256;

impl Budget {
    pub fn new(nodes: usize) -> Self {
        Self(nodes)
    }

    /// Pays for a number of nodes.
    fn spend(&mut self, nodes: usize) -> Result<(), PatternError> {
        self.0 = self.0.checked_sub(nodes).ok_or_else(PatternError::too_large)?;
        Ok(())
    }

    /// Pays for a copy of `hir`.
    fn spend_for(&mut self, hir: &Hir) -> Result<(), PatternError> {
        let bytes = match hir.kind() {
            HirKind::Literal(literal) => literal.0.len(),
            HirKind::Class(Class::Unicode(class)) => size_of_val(class.ranges()),
            HirKind::Class(Class::Bytes(class)) => size_of_val(class.ranges()),
            _ => 0,
        };
        self.spend(1 + bytes / BYTES_PER_NODE)?;
        hir.kind().subs().iter().try_for_each(|sub| self.spend_for(sub))
    }
}

/// What `hir` matches, without the empty string.
pub fn without_empty(hir: &Hir, budget: &mut Budget) -> Result<Hir, PatternError> {
    if !nullable(hir) {
        budget.spend_for(hir)?;
        return Ok(hir.clone());
    }
    let pieces = pieces(hir, budget)?;
    Ok(alternation(pieces.into_iter().filter(|piece| !piece.empty).map(|piece| piece.hir).collect()))
}

fn pieces(hir: &Hir, budget: &mut Budget) -> Result<Vec<Piece>, PatternError> {
    if !nullable(hir) || hir.properties().maximum_len() == Some(0) {
        budget.spend_for(hir)?;
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
                budget.spend(1)?;
                out.push(Piece { hir: self::capture(capture.index, piece.hir), empty: piece.empty });
            }
        }
        HirKind::Repetition(repetition) if repetition.min == 0 => {
            // What is repeated is never empty: that was seen to when the repetition was made.
            budget.spend_for(hir)?;
            let some = self::repetition(Repetition { min: 1, ..repetition.clone() });
            out.push(Piece { hir: some, empty: false });
            out.insert(usize::from(repetition.greedy), Piece { hir: Hir::empty(), empty: true });
        }
        HirKind::Repetition(repetition) => {
            // Each iteration has an empty piece, which will cost a node at least. So what cannot be paid for is refused
            // here, before there is a list as long as the source asks for.
            let iterations = repetition.min as usize;
            if iterations > budget.0 {
                return Err(PatternError::too_large());
            }
            out = concatenation(&vec![&*repetition.sub; iterations], budget)?;
        }
        HirKind::Concat(subs) => out = concatenation(&Vec::from_iter(subs), budget)?,
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => (),
    }
    drop_unreachable(&mut out);
    Ok(out)
}

/// The pieces of a concatenation of `subs`, of which there is at least one. Each is so many empty pieces of the first
/// subs, then one of the next sub that is not empty, then the other subs as they are; or an empty piece of each.
///
/// A sub may have several empty pieces, so the ways through them are a tree, as deep as there are subs. It is walked
/// without recursion: a caller chooses how many there are, and the stack may be nearly used up.
fn concatenation(subs: &[&Hir], budget: &mut Budget) -> Result<Vec<Piece>, PatternError> {
    let mut out = Vec::new();
    // The pieces of the first subs that are still to be tried, and the empty ones that were chosen of all but the last of
    // these.
    let (mut untried, mut before) = (vec![pieces(subs[0], budget)?.into_iter()], Vec::new());
    while let Some(pieces_of_last) = untried.last_mut() {
        let Some(piece) = pieces_of_last.next() else {
            untried.pop();
            before.pop();
            continue;
        };
        let rest = &subs[untried.len()..];
        if piece.empty
            && let Some(next) = rest.first()
        {
            before.push(piece.hir);
            untried.push(pieces(next, budget)?.into_iter());
            continue;
        }
        let conditions = || before.iter().filter(|hir| !matches!(hir.kind(), HirKind::Empty));
        conditions().chain(rest.iter().copied()).try_for_each(|hir| budget.spend_for(hir))?;
        let parts = conditions().cloned().chain([piece.hir]).chain(rest.iter().copied().cloned());
        out.push(Piece { hir: concat(parts.collect()), empty: piece.empty });
    }
    Ok(out)
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
