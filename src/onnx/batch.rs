//! Rows of different lengths put together for one run each.

/// What one run may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Rows.
    pub rows: usize,
    /// Rows × the width of the widest; a single wider row still runs, alone.
    pub tokens: usize,
}

/// Indices of rows, sorted by length and cut into batches. Rows of like length share a batch, so little of it is
/// padding; the order is the same whatever the machine.
#[must_use]
pub fn batches(lengths: &[usize], limits: Limits) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|&row| (lengths[row], row));
    let mut out: Vec<Vec<usize>> = Vec::new();
    for row in order {
        match out.last_mut() {
            // Sorted, so this row would be the widest.
            Some(batch) if batch.len() < limits.rows && (batch.len() + 1) * lengths[row] <= limits.tokens => {
                batch.push(row);
            }
            _ => out.push(vec![row]),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_runs_once_within_the_limits() {
        let lengths: Vec<usize> = (0..200).map(|row| row * 37 % 101).collect();
        let limits = Limits { rows: 7, tokens: 300 };
        let batches = batches(&lengths, limits);
        let mut seen: Vec<usize> = batches.concat();
        for batch in &batches {
            let width = batch.iter().map(|&row| lengths[row]).max().unwrap();
            assert!(batch.len() <= 7 && (batch.len() == 1 || batch.len() * width <= 300));
        }
        seen.sort_unstable();
        assert_eq!(seen, (0..200).collect::<Vec<_>>());
    }
}
