//! Panels of curves.

use proptest::prelude::*;

use super::super::{ChartError, Line, Panel, curves};
use super::{Picture, decode, fails};

const GRID: [u8; 3] = [0xe4; 3];
const WHITE: [u8; 3] = [0xff; 3];
const BLUE: [u8; 3] = [0x00, 0x72, 0xb2];
const RED: [u8; 3] = [0xd5, 0x5e, 0x00];

fn line(points: impl IntoIterator<Item = (f64, f64)>) -> Line {
    Line {
        name: String::new(),
        points: points.into_iter().collect(),
    }
}

/// A panel from 0 to 1, whose grid has the rows 1.0, 0.8, ... 0.0 from the top.
fn unit(lines: Vec<Line>) -> Panel {
    let [title, x, y] = ["accuracy", "epoch", "share"].map(str::to_owned);
    Panel {
        title,
        x,
        y,
        lines,
        bounds: Some((0.0, 1.0)),
    }
}

fn draw(panel: Panel) -> Picture {
    decode(&curves(&[panel]).unwrap())
}

#[test]
fn a_single_point_lies_where_the_axes_say() {
    let alone = [(2.0, 0.4), (5.0, f64::NAN), (7.0, 0.8)];
    for point in [alone[0], alone[2]] {
        // The other point stays in x, to keep the range, and moves out of sight.
        let away = alone.map(|p| if p == point { p } else { (p.0, -9.0) });
        let picture = draw(unit(vec![line([away[0], alone[1], away[2]])]));
        let (columns, rows) = picture.lines(GRID, 200);
        assert_eq!((columns.len(), rows.len()), (6, 6), "x 2 to 7, y 1 to 0");
        let expected = (
            columns[point.0 as usize - 2] as f64,
            rows[5 - (point.1 * 5.0) as usize] as f64,
        );
        let found = picture.middle(BLUE, (0, 0));
        assert!(
            (found.0 - expected.0).abs() <= 1.0 && (found.1 - expected.1).abs() <= 1.0,
            "{found:?}"
        );
    }
}

#[test]
fn a_line_passes_through_its_points_and_nowhere_else() {
    let picture = draw(unit(vec![line(
        (0..=100).map(|i| (f64::from(i), f64::from(i) / 100.0)),
    )]));
    let (columns, rows) = picture.lines(GRID, 200);
    assert_eq!((columns.len(), rows.len()), (6, 6), "x 0 to 100, y 1 to 0");
    for (x, column) in columns.iter().enumerate() {
        for (y, row) in rows.iter().rev().enumerate() {
            // The line takes the red of the pixel away; the grid takes a tenth.
            assert_eq!(picture.at(*column, *row)[0] < 50, x == y, "{x} {y}");
        }
    }
}

#[test]
fn a_line_is_two_pixels_wide_and_open_where_a_value_is_missing() {
    for missing in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e305] {
        let value = |x: f64| if (45.0..=55.0).contains(&x) { missing } else { 0.4 };
        let picture = draw(unit(vec![line(
            (0..=100).map(|i| (f64::from(i), value(f64::from(i)))),
        )]));
        let (columns, rows) = picture.lines(GRID, 200);
        // The row of 0.4 is hidden by the line: the rows left are 1.0, 0.8, 0.6, 0.2 and 0.0.
        let row = (rows[2] + rows[3]) / 2;
        let covered = |x: usize| {
            let share = |y| f64::from(255 - i32::from(picture.at(x, y)[0])) / 255.0;
            (row - 5..row + 5).map(share).sum::<f64>()
        };
        assert!(covered(columns[1] + 5) >= 2.0 && covered(columns[4] + 5) >= 2.0);
        assert!(
            covered((columns[2] + columns[3]) / 2) < 0.2,
            "x = 50 is missing, but for the grid"
        );
    }
}

#[test]
fn panels_stand_side_by_side_with_colours_of_their_own_lines() {
    let rising = line([(1.0, 0.0), (2.0, 1.0)]);
    let level = line([(1.0, 0.6), (2.0, 0.6)]);
    let picture = decode(&curves(&[unit(vec![]), unit(vec![rising, level])]).unwrap());
    assert_eq!((picture.width, picture.height), (1200, 480));
    let half = |x: usize| (0..480).any(|y| [BLUE, RED].contains(&picture.at(x, y)));
    assert!(!(0..600).any(half), "the left panel is empty");
    let (blue, red) = (picture.middle(BLUE, (600, 0)), picture.middle(RED, (600, 0)));
    assert!((blue.0 - red.0).abs() < 2.0, "both span the axis");
    assert!(red.1 < blue.1 - 20.0, "0.6 lies above the mean of 0 and 1");
}

#[test]
fn a_name_adds_its_sample_above_the_plot() {
    let plain = draw(unit(vec![line([(0.0, 0.5), (1.0, 0.5)])]));
    let mut named = unit(vec![line([(0.0, 0.5), (1.0, 0.5)])]);
    named.lines[0].name = "train 😀".to_owned();
    let named = draw(named);
    let count = |p: &Picture| {
        (0..66)
            .flat_map(|y| (0..600).map(move |x| (x, y)))
            .filter(|&(x, y)| p.at(x, y) == BLUE)
            .count()
    };
    assert_eq!(count(&plain), 0);
    assert!(count(&named) > 40);
}

#[test]
fn odd_panels_are_drawn() {
    let many = (0..20_000).map(|i| (f64::from(i), f64::from(i % 977) * (f64::from(i) * 0.7).sin()));
    let (blank, dot) = (draw(Panel::default()), draw(unit(vec![line([(3.0, 0.5)])])));
    assert!(blank.lines(BLUE, 0).0.is_empty());
    assert!(
        (7..=9).contains(&dot.lines(BLUE, 0).0.len()),
        "one marker of 8 pixels"
    );
    let mut odd = vec![
        Panel {
            lines: vec![line(many)],
            ..Panel::default()
        },
        Panel {
            lines: vec![line([]); 300],
            ..Panel::default()
        },
        Panel {
            lines: vec![line([(0.0, 4.0), (1.0, 4.0), (9.0, 4.0)])],
            ..Panel::default()
        },
        Panel {
            lines: vec![line([(-1e300, 1e300), (1e300, -1e300)])],
            ..Panel::default()
        },
        Panel {
            lines: vec![line([(1e9, 1.0), (1e9 + 40.0, 2.0)])],
            ..Panel::default()
        },
        Panel {
            lines: vec![line([(1e12, 1e-320), (1e12 + 1.0, 0.0)])],
            ..Panel::default()
        },
        Panel {
            title: "👩‍👩‍👧‍👦\n".repeat(5000),
            x: "é".repeat(5000),
            y: "\u{301}".repeat(5000),
            ..Panel::default()
        },
    ];
    for line in odd.iter_mut().flat_map(|panel| &mut panel.lines) {
        line.name = "…long name😀".repeat(100);
    }
    let picture = decode(&curves(&odd).unwrap());
    assert_eq!(picture.width, 4200);
    for edge in (0..=4200).step_by(600) {
        let margin = edge.max(4) - 4..(edge + 4).min(4200);
        let empty = |x: usize| (0..480).all(|y| picture.at(x, y) == WHITE);
        assert!(
            margin.into_iter().all(empty),
            "something is written across {edge}"
        );
    }
    for (panel, expected) in [true, false, true, true, true, true, false]
        .into_iter()
        .enumerate()
    {
        let plot = (600 * panel..600 * panel + 600).flat_map(|x| (110..480).map(move |y| (x, y)));
        assert_eq!(
            plot.into_iter().any(|(x, y)| picture.at(x, y) == BLUE),
            expected,
            "panel {panel}"
        );
    }
}

#[test]
fn every_line_beyond_the_colours_is_broken() {
    let level = |i: u32| line((0..=100).map(move |x| (f64::from(x), f64::from(i) / 8.0)));
    let picture = draw(unit((0..8).map(level).collect()));
    let longest = |colour: [u8; 3], y: usize| {
        let row: Vec<bool> = (0..picture.width).map(|x| picture.at(x, y) == colour).collect();
        row.split(|c| !c).map(<[bool]>::len).max().unwrap_or(0)
    };
    let solid = (0..picture.height).filter(|y| longest(BLUE, *y) > 400).count();
    let broken = (0..picture.height)
        .filter(|y| (6..30).contains(&longest(BLUE, *y)))
        .count();
    assert!(solid >= 1 && broken >= 1, "{solid} {broken}");
}

#[test]
fn the_same_panel_gives_the_same_bytes() {
    let panel = unit(vec![line(
        (0..50).map(|i| (f64::from(i), f64::from(i * i % 7) / 7.0)),
    )]);
    let copy = panel.clone();
    assert_eq!(curves(&[panel]).unwrap(), curves(&[copy]).unwrap());
}

#[test]
fn panels_that_cannot_be_drawn_are_refused_in_words() {
    fails(curves(&[]), "nothing to draw: the list of panels is empty");
    let many = vec![Panel::default(); 14];
    fails(
        curves(&many),
        "the chart needs at least 8400 x 480 pixels; at most 8192 a side",
    );
    let wrong = [
        (1.0, 0.0),
        (1.0, 1.0),
        (0.0, f64::NAN),
        (f64::NEG_INFINITY, 0.0),
        (1e9, 1e9 + 1e-5),
    ];
    for (low, high) in wrong {
        let panel = Panel {
            bounds: Some((low, high)),
            ..unit(vec![])
        };
        fails(
            curves(&[panel]),
            &format!("panel \"accuracy\": the range {low} to {high}"),
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_numbers_are_drawn_or_refused(
        points in prop::collection::vec((prop::num::f64::ANY, prop::num::f64::ANY), 0..60),
        bounds in prop::option::of((prop::num::f64::ANY, prop::num::f64::ANY)),
        copies in 1..9_usize,
    ) {
        match curves(&[Panel { lines: vec![line(points); copies], bounds, ..Panel::default() }]) {
            Ok(bytes) => prop_assert_eq!(decode(&bytes).width, 600),
            Err(ChartError::Bounds { .. }) => prop_assert!(bounds.is_some()),
            Err(error) => prop_assert!(false, "{}", error),
        }
    }
}
