//! Repeating rows of smaller classes.

use std::collections::BTreeMap;

use super::data::Example;
use crate::draw::rank;

/// The rows, those of smaller classes repeated in turn until every class has as many as the largest. A keyed order decides which
/// are repeated once more than others.
pub(super) fn oversampled(
    seed: u64,
    mut train: Vec<Example>,
    mut sentences: Vec<Vec<Example>>,
) -> (Vec<Example>, Vec<Vec<Example>>) {
    let mut classes: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (row, example) in train.iter().enumerate() {
        classes.entry(example.label.clone()).or_default().push(row);
    }
    let most = classes.values().map(Vec::len).max().unwrap_or(0);
    for mut rows in classes.into_values() {
        let missing = most - rows.len();
        rows.sort_by_key(|&row| {
            train
                .get(row)
                .map(|row| rank(seed, &row.source.id, "oversampling"))
        });
        for row in rows.into_iter().cycle().take(missing) {
            // Without new sentences there are no lists of them.
            train.extend(train.get(row).cloned());
            sentences.extend(sentences.get(row).cloned());
        }
    }
    (train, sentences)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::data::Source;
    use super::*;
    use crate::corpus::Split;

    fn row(id: &str, label: &str) -> Example {
        Example {
            source: Source {
                dataset: "text".to_owned(),
                id: id.to_owned(),
                source_id: id.to_owned(),
                group: id.to_owned(),
            },
            split: Split::Train,
            label: label.to_owned(),
            original: true,
            image: PathBuf::new(),
            image_hash: String::new(),
            text: id.to_owned(),
        }
    }

    #[test]
    fn oversampling_repeats_all_rows_of_a_class_alike() {
        let mut rows: Vec<Example> = (0..7).map(|at| row(&format!("a{at}"), "a")).collect();
        rows.extend((0..3).map(|at| row(&format!("b{at}"), "b")));
        let new: Vec<Vec<Example>> = rows.iter().map(|one| vec![one.clone()]).collect();
        let (train, sentences) = oversampled(1, rows.clone(), new);
        assert_eq!((train.len(), sentences.len()), (14, 14));
        assert_eq!(train[..10], rows[..]);
        let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
        for (one, new) in train.iter().zip(&sentences) {
            assert_eq!(new[..], *std::slice::from_ref(one));
            *uses.entry(&one.source.id).or_default() += 1;
        }
        let of_b: Vec<usize> = ["b0", "b1", "b2"].map(|id| uses[id]).into();
        assert_eq!(of_b.iter().sum::<usize>(), 7);
        assert!(of_b.iter().all(|&uses| uses == 2 || uses == 3), "{of_b:?}");
        // Another seed may choose otherwise; without new sentences there are none to repeat.
        assert!(oversampled(2, rows, Vec::new()).1.is_empty());
    }
}
