//! Leaving out points of a long line that nobody would see.

use std::collections::VecDeque;
use std::iter::Peekable;

use super::stroke::Place;

/// Of neighbours in one column of pixels, only the first, lowest, highest and last, in their order: the line
/// through these covers nearly the same pixels (M4; Jugel et al., 2014). Missing points stay.
pub(super) struct Thin<I: Iterator<Item = Option<Place>>> {
    points: Peekable<I>,
    /// What is left of the column read last; at most three points.
    rest: VecDeque<Place>,
}

/// Thins out the points of a line.
pub(super) fn thin<I: Iterator<Item = Option<Place>>>(points: I) -> Thin<I> {
    Thin {
        points: points.peekable(),
        rest: VecDeque::new(),
    }
}

impl<I: Iterator<Item = Option<Place>>> Iterator for Thin<I> {
    type Item = Option<Place>;

    fn next(&mut self) -> Option<Option<Place>> {
        if let Some(at) = self.rest.pop_front() {
            return Some(Some(at));
        }
        let Some(first) = self.points.next()? else {
            return Some(None);
        };
        let near = |next: &Option<Place>| next.is_some_and(|at| at.0.floor() == first.0.floor());
        let (mut low, mut high, mut last) = ((0, first), (0, first), (0, first));
        while let Some(Some(at)) = self.points.next_if(near) {
            last = (last.0 + 1, at);
            if at.1 < low.1.1 {
                low = last;
            }
            if at.1 > high.1.1 {
                high = last;
            }
        }
        let mut kept = [low, high, last];
        kept.sort_unstable_by_key(|(number, _)| *number);
        let mut before: usize = 0;
        for (number, at) in kept {
            if number != before {
                self.rest.push_back(at);
            }
            before = number;
        }
        Some(Some(first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_keeps_its_ends_and_extremes() {
        let crowded = [
            (3.0, 5.0),
            (3.1, 6.0),
            (3.2, 9.0),
            (3.3, 2.0),
            (3.4, 4.0),
            (3.9, 5.0),
            (4.0, 5.5),
        ];
        let kept: Vec<_> = thin(crowded.into_iter().map(Some)).flatten().collect();
        assert_eq!(kept, [(3.0, 5.0), (3.2, 9.0), (3.3, 2.0), (3.9, 5.0), (4.0, 5.5)]);
    }

    #[test]
    fn points_apart_and_gaps_stay() {
        let sparse = [
            Some((1.0, 1.0)),
            None,
            Some((1.5, 7.0)),
            None,
            None,
            Some((2.0, 1.0)),
            Some((3.0, 2.0)),
        ];
        assert!(thin(sparse.into_iter()).eq(sparse));
        let same = [Some((1.0, 1.0)); 9];
        assert_eq!(thin(same.into_iter()).count(), 2);
        assert_eq!(thin([].into_iter()).count(), 0);
    }

    #[test]
    fn a_million_points_become_few() {
        let wave = (0..1_000_000).map(|i| Some((f64::from(i) / 2000.0, f64::from(i % 997))));
        let kept: Vec<_> = thin(wave).flatten().collect();
        assert!((1500..=2000).contains(&kept.len()), "{}", kept.len());
        assert!(kept.is_sorted_by(|a, b| a.0 < b.0));
        let column = |x: f64| kept.iter().filter(move |at| at.0.floor() == x).map(|at| at.1);
        assert!(
            (0..500)
                .all(|x| column(f64::from(x)).any(|y| y == 0.0) && column(f64::from(x)).any(|y| y == 996.0))
        );
    }
}
