//! In which order rows are trained on.

use crate::draw::permuted;

/// The rows of each step: epochs of all rows in a keyed order of their own, cut into batches of one size. The last batch of an
/// epoch is filled up from the epoch's beginning, so that every step has the same shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    seed: u64,
    rows: usize,
    batch: usize,
}

impl Order {
    /// Of so many rows, at least one; a batch is at most as large as there are rows.
    #[must_use]
    pub fn new(seed: u64, rows: usize, batch: usize) -> Self {
        let rows = rows.max(1);
        Order {
            seed,
            rows,
            batch: batch.clamp(1, rows),
        }
    }

    /// Rows of a batch.
    #[must_use]
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// Steps of an epoch.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.rows.div_ceil(self.batch) as u64
    }

    /// The rows of a step of an epoch, both from 0.
    #[must_use]
    pub fn rows(&self, epoch: u64, step: u64) -> Vec<usize> {
        let first = step as usize * self.batch;
        let places = first..first + self.batch;
        let id = epoch.to_string();
        places
            .map(|at| {
                let at = (at % self.rows) as u64;
                permuted(self.seed, &id, "training order", self.rows as u64, at) as usize
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_has_every_row_and_fills_its_last_batch() {
        let order = Order::new(3, 10, 4);
        assert_eq!(order.steps(), 3);
        let rows: Vec<usize> = (0..3).flat_map(|step| order.rows(5, step)).collect();
        let mut once = rows[..10].to_vec();
        once.sort_unstable();
        assert_eq!(once, (0..10).collect::<Vec<_>>());
        assert_eq!(rows[10..], rows[..2]);
        assert_ne!(order.rows(6, 0), order.rows(5, 0));
        assert_ne!(Order::new(4, 10, 4).rows(5, 0), order.rows(5, 0));
    }

    #[test]
    fn few_rows_make_small_batches() {
        let order = Order::new(0, 3, 64);
        assert_eq!((order.batch(), order.steps()), (3, 1));
        assert_eq!(Order::new(0, 0, 64).rows(0, 0), [0]);
    }
}
