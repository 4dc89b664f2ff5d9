//! Pieces by their text: which of them a text begins with.

/// Pieces with their numbers, sorted by their bytes. Looking one up narrows a range byte by byte, as a trie
/// would, in the memory of a list.
#[derive(Debug, Clone, Default)]
pub struct Pieces {
    sorted: Vec<(Box<str>, usize)>,
}

impl Pieces {
    /// From pieces and their numbers; empty ones are left out.
    pub fn new<'p>(pieces: impl Iterator<Item = (&'p str, usize)>) -> Self {
        let mut sorted: Vec<(Box<str>, usize)> = pieces
            .filter(|(piece, _)| !piece.is_empty())
            .map(|(piece, number)| (piece.into(), number))
            .collect();
        sorted.sort();
        Pieces { sorted }
    }

    /// The number of a piece.
    pub fn get(&self, piece: &str) -> Option<usize> {
        let found = self.sorted.binary_search_by(|(other, _)| (**other).cmp(piece));
        found
            .ok()
            .and_then(|at| self.sorted.get(at))
            .map(|&(_, number)| number)
    }

    /// The length in bytes of the longest piece that a text begins with.
    pub fn longest(&self, text: &str) -> Option<usize> {
        self.prefixes(text).last().map(|(length, _)| length)
    }

    /// All pieces that a text begins with, the shortest first: length in bytes and number.
    pub fn prefixes<'s>(&'s self, text: &'s str) -> impl Iterator<Item = (usize, usize)> + 's {
        let mut range = self.sorted.as_slice();
        text.bytes()
            .enumerate()
            .map_while(move |(depth, byte)| {
                let at = |entry: &(Box<str>, usize)| entry.0.as_bytes().get(depth).copied();
                // `None` sorts before every byte: an entry that ends here comes first.
                let start = range.partition_point(|entry| at(entry) < Some(byte));
                let end = range.partition_point(|entry| at(entry) <= Some(byte));
                range = range.get(start..end)?;
                let first = range.first()?;
                Some((first.0.len() == depth + 1).then_some((depth + 1, first.1)))
            })
            .flatten()
    }
}
