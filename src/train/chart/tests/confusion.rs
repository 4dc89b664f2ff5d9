//! Confusion matrices.

use proptest::prelude::*;

use super::super::{Confusion, confusion};
use super::{Picture, decode, fails};

const LINES: [u8; 3] = [0xd0; 3];
const WHITE: [u8; 3] = [0xff; 3];
const DEEP: [u8; 3] = [0x11, 0x2f, 0x5b];

/// The counts of a model that is always right.
fn perfect(classes: usize) -> Confusion {
    Confusion {
        title: "perfect".to_owned(),
        labels: (0..classes).map(|class| format!("class {class}")).collect(),
        counts: (0..classes)
            .map(|t| (0..classes).map(|p| if t == p { 50 } else { 0 }).collect())
            .collect(),
    }
}

/// The corner colour of each cell, one row for each true class.
fn cells(picture: &Picture, classes: usize) -> Vec<Vec<[u8; 3]>> {
    let (columns, rows) = picture.lines(LINES, 14 * classes);
    // The scale of colours on the right has two columns of its own.
    assert!(
        columns.len() > classes && rows.len() > classes,
        "{columns:?} {rows:?}"
    );
    let colours = |y: &usize| {
        columns[..classes]
            .iter()
            .map(|x| picture.at(x + 2, y + 2))
            .collect()
    };
    rows[..classes].iter().map(colours).collect()
}

#[test]
fn the_diagonal_of_a_perfect_matrix_is_darkest() {
    for classes in [1, 2, 4, 7, 14, 40] {
        let found = cells(&decode(&confusion(&[perfect(classes)]).unwrap()), classes);
        for (t, row) in found.iter().enumerate() {
            for (p, colour) in row.iter().enumerate() {
                assert_eq!(*colour, if t == p { DEEP } else { WHITE }, "{classes}: {t} {p}");
            }
        }
    }
}

#[test]
fn rows_are_true_classes_and_shares_are_of_rows() {
    let mut matrix = perfect(3);
    matrix.counts = vec![vec![1, 1, 0], vec![0, 900, 100], vec![0, 0, 0]];
    let found = cells(&decode(&confusion(&[matrix]).unwrap()), 3);
    let red = |t: usize, p: usize| found[t][p][0];
    assert_eq!(found[0][0], found[0][1]);
    assert!(red(1, 1) < red(0, 0) && red(0, 0) < red(1, 2) && red(1, 2) < 255);
    assert!(
        [(0, 2), (1, 0), (2, 0), (2, 1), (2, 2)]
            .iter()
            .all(|(t, p)| found[*t][*p] == WHITE)
    );
}

#[test]
fn numbers_stay_in_their_cells_and_are_left_out_of_small_ones() {
    for (classes, count, written) in [
        (1, u64::MAX, true),
        (2, u64::MAX, true),
        (4, 123_456, true),
        (14, 999, true),
        (14, 1_000_000, false),
        (40, 9, false),
    ] {
        let mut matrix = perfect(classes);
        matrix.counts.iter_mut().flatten().for_each(|cell| *cell = count);
        let picture = decode(&confusion(&[matrix]).unwrap());
        let ground = cells(&picture, classes)[0][0];
        let (columns, rows) = picture.lines(LINES, 14 * classes);
        for x in columns[0] + 1..columns[1] {
            for y in [rows[0] + 1, rows[1] - 1] {
                assert_eq!(picture.at(x, y), ground, "{classes}: written across an edge");
            }
        }
        for y in rows[0]..rows[1] {
            assert_eq!(
                (picture.at(columns[0], y), picture.at(columns[1], y)),
                (LINES, LINES)
            );
            assert_eq!(
                picture.at(columns[0] + 1, y.max(rows[0] + 1)),
                ground,
                "{classes}: written across an edge"
            );
        }
        let inside = (columns[0] + 1..columns[1]).flat_map(|x| (rows[0] + 1..rows[1]).map(move |y| (x, y)));
        let inked = inside.into_iter().any(|(x, y)| picture.at(x, y) != ground);
        assert_eq!(inked, written, "{classes} {count}");
    }
}

#[test]
fn odd_names_are_written_on_both_sides() {
    let mut matrix = perfect(3);
    matrix.labels = vec!["😀".to_owned(), "x".repeat(1_000_000), String::new()];
    matrix.title = "é😀".repeat(100_000);
    let picture = decode(&confusion(&[matrix.clone(), perfect(40)]).unwrap());
    assert!(
        picture.width < 2000 && picture.height < 1200,
        "{} {}",
        picture.width,
        picture.height
    );
    let picture = decode(&confusion(&[matrix]).unwrap());
    let (columns, rows) = picture.lines(LINES, 200);
    let inked = |xs: std::ops::Range<usize>, ys: std::ops::Range<usize>| {
        xs.into_iter()
            .any(|x| ys.clone().any(|y| picture.at(x, y) != WHITE))
    };
    for class in 0..3 {
        // A caption is a part of the first 44 pixels and the last 48.
        let beside = inked(44..columns[0], rows[class]..rows[class + 1]);
        let below = inked(
            columns[class]..columns[class + 1],
            rows[3] + 1..picture.height - 48,
        );
        assert_eq!((beside, below), (class != 2, class != 2), "{class}");
    }
    assert!(
        inked(20..44, rows[0]..rows[3]) && inked(columns[0]..columns[3], picture.height - 48..picture.height)
    );
    assert!(
        !inked(0..20, 0..picture.height) && !inked(0..picture.width, 0..20),
        "an empty margin"
    );
}

#[test]
fn the_same_matrix_gives_the_same_bytes() {
    assert_eq!(
        confusion(&[perfect(5)]).unwrap(),
        confusion(&[perfect(5)]).unwrap()
    );
}

#[test]
fn matrices_that_cannot_be_drawn_are_refused_in_words() {
    fails(confusion(&[]), "nothing to draw: the list of matrices is empty");
    fails(
        confusion(&[perfect(600)]),
        "the chart needs at least 9000 x 9000 pixels",
    );
    fails(confusion(&vec![perfect(3); 40]), "the chart needs at least ");
    let mut matrix = perfect(3);
    matrix.counts[1].push(7);
    let words = "matrix \"perfect\": row 2 (counted from 1) holds 4 counts, expected 3";
    fails(confusion(&[matrix.clone()]), words);
    matrix.counts.pop();
    fails(
        confusion(&[matrix]),
        "matrix \"perfect\": 2 rows of counts for 3 class names",
    );
    fails(
        confusion(&[Confusion::default()]),
        "matrix \"\": 0 rows of counts for 0 class names",
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_counts_are_drawn(classes in 1..12_usize, counts in prop::collection::vec(any::<u64>(), 144)) {
        let mut matrix = perfect(classes);
        for (row, from) in matrix.counts.iter_mut().zip(counts.chunks(12)) {
            row.copy_from_slice(&from[..classes]);
        }
        let found = cells(&decode(&confusion(&[matrix.clone()]).unwrap()), classes);
        // The largest count of a row has its darkest colour.
        for (counts, colours) in matrix.counts.iter().zip(found) {
            let most = (0..classes).max_by_key(|class| counts[*class]).unwrap();
            prop_assert!(colours.iter().all(|colour| colour[0] >= colours[most][0]));
        }
    }
}
