//! The key of an item's draws.

use crate::draw::{Draw, permuted, rank};

/// Names one item for the purpose of drawing its parameters.
#[derive(Debug, Clone)]
pub struct DrawKey<'a> {
    seed: u64,
    item: &'a str,
    /// Source id and transform name: what all copies of a source by one transform share.
    family: String,
    /// Place within a chain.
    prefix: String,
}

impl<'a> DrawKey<'a> {
    /// The key of the item `item`, made from `source` by the transform called `name`.
    #[must_use]
    pub fn new(seed: u64, source: &str, name: &str, item: &'a str) -> Self {
        DrawKey {
            seed,
            item,
            family: format!("{source}\n{name}"),
            prefix: String::new(),
        }
    }

    /// The key of the `index`-th step of a chain.
    #[must_use]
    pub fn step(&self, index: usize) -> Self {
        DrawKey {
            prefix: format!("{}{index}/", self.prefix),
            ..self.clone()
        }
    }

    /// The item's own stream for one purpose.
    #[must_use]
    pub fn stream(&self, purpose: &str) -> Draw {
        Draw::new(self.seed, self.item, &format!("{}{purpose}", self.prefix))
    }

    /// The `copy`-th of `0..n` in an order that belongs to source and transform, so that copies never agree.
    #[must_use]
    pub fn permuted(&self, purpose: &str, n: u64, copy: u64) -> u64 {
        permuted(
            self.seed,
            &self.family,
            &format!("{}{purpose}", self.prefix),
            n,
            copy,
        )
    }

    /// The index of the `copy`-th option by rendezvous hashing over source and transform: another option added
    /// to the list moves few draws. `None` when there are not so many.
    #[must_use]
    pub fn nth_option<S: AsRef<str>>(&self, options: impl Iterator<Item = S>, copy: u64) -> Option<usize> {
        let mut ranked: Vec<(u64, usize)> = options
            .enumerate()
            .map(|(index, name)| {
                (
                    rank(
                        self.seed,
                        &self.family,
                        &format!("{}option/{}", self.prefix, name.as_ref()),
                    ),
                    index,
                )
            })
            .collect();
        ranked.sort_unstable();
        ranked.get(usize::try_from(copy).ok()?).map(|&(_, index)| index)
    }

    /// The indices of the item's own `count` options by rendezvous hashing, best first.
    #[must_use]
    pub fn own_options<S: AsRef<str>>(&self, options: impl Iterator<Item = S>, count: usize) -> Vec<usize> {
        let mut ranked: Vec<(u64, usize)> = options
            .enumerate()
            .map(|(index, name)| {
                (
                    rank(
                        self.seed,
                        self.item,
                        &format!("{}option/{}", self.prefix, name.as_ref()),
                    ),
                    index,
                )
            })
            .collect();
        ranked.sort_unstable();
        ranked.into_iter().take(count).map(|(_, index)| index).collect()
    }
}
