//! Byte-pair encoding as SentencePiece does it: of all neighbours whose union is a piece, the one with the highest
//! score is merged first, the leftmost of equals.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};

use super::model::{Kind, Model};

/// A stretch of the text between two others; an empty one was merged into the one before it.
struct Symbol {
    start: usize,
    end: usize,
    before: Option<usize>,
    after: Option<usize>,
    frozen: bool,
}

/// Two neighbours that could be merged.
#[derive(PartialEq)]
struct Pair {
    score: f32,
    left: usize,
    right: usize,
    length: usize,
}

impl Eq for Pair {}

impl Ord for Pair {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score
            .total_cmp(&other.score)
            .then(other.left.cmp(&self.left))
    }
}

impl PartialOrd for Pair {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

struct Merge<'m, 't> {
    model: &'m Model,
    text: &'t str,
    symbols: Vec<Symbol>,
    agenda: BinaryHeap<Pair>,
    /// Where a piece that must not come out is to be cut again.
    seams: HashMap<&'t str, usize>,
}

/// Cuts a normalized text; pieces come with their numbers, `None` for what is unknown.
pub fn cut<'t>(model: &Model, text: &'t str) -> Vec<(&'t str, Option<usize>)> {
    let mut merge = Merge {
        model,
        text,
        symbols: symbols(model, text),
        agenda: BinaryHeap::new(),
        seams: HashMap::new(),
    };
    for right in 1..merge.symbols.len() {
        merge.consider(Some(right - 1), Some(right));
    }
    while let Some(pair) = merge.agenda.pop() {
        merge.join(&pair);
    }
    let mut found = Vec::new();
    for symbol in &merge.symbols {
        if symbol.start < symbol.end {
            merge.release(&text[symbol.start..symbol.end], &mut found);
        }
    }
    found
}

fn symbols(model: &Model, text: &str) -> Vec<Symbol> {
    let mut symbols = Vec::new();
    let mut start = 0;
    while let Some(character) = text[start..].chars().next() {
        let kept = model.user_defined.longest(&text[start..]);
        let end = start + kept.unwrap_or(character.len_utf8());
        let index = symbols.len();
        symbols.push(Symbol {
            start,
            end,
            before: index.checked_sub(1),
            after: (end < text.len()).then_some(index + 1),
            frozen: kept.is_some(),
        });
        start = end;
    }
    symbols
}

// Indices into `symbols` come from the list itself.
impl<'t> Merge<'_, 't> {
    fn consider(&mut self, left: Option<usize>, right: Option<usize>) {
        let (Some(left), Some(right)) = (left, right) else {
            return;
        };
        let (a, b) = (&self.symbols[left], &self.symbols[right]);
        if a.frozen || b.frozen {
            return;
        }
        let union = &self.text[a.start..b.end];
        let Some(number) = self.model.pieces.get(union) else {
            return;
        };
        if self.model.kind(number) == Kind::Unused {
            self.seams.insert(union, a.end - a.start);
        }
        self.agenda.push(Pair {
            score: self.model.score(number),
            left,
            right,
            length: union.len(),
        });
    }

    fn join(&mut self, pair: &Pair) {
        let (left, right) = (&self.symbols[pair.left], &self.symbols[pair.right]);
        let lengths = (left.end - left.start, right.end - right.start);
        // One of them was merged with another neighbour in the meantime.
        if lengths.0 == 0 || lengths.1 == 0 || lengths.0 + lengths.1 != pair.length {
            return;
        }
        let (end, after) = (right.end, right.after);
        self.symbols[pair.left].end = end;
        self.symbols[pair.left].after = after;
        self.symbols[pair.right].end = self.symbols[pair.right].start;
        if let Some(after) = after {
            self.symbols[after].before = Some(pair.left);
        }
        self.consider(self.symbols[pair.left].before, Some(pair.left));
        self.consider(Some(pair.left), after);
    }

    fn release(&self, piece: &'t str, found: &mut Vec<(&'t str, Option<usize>)>) {
        let number = self.model.pieces.get(piece);
        match (number, self.seams.get(piece)) {
            (Some(number), Some(&seam)) if self.model.kind(number) == Kind::Unused => {
                self.release(&piece[..seam], found);
                self.release(&piece[seam..], found);
            }
            _ => found.push((piece, number)),
        }
    }
}
