//! Dropout's masks: as many as asked for, even over the batch, independent of their neighbours, other rows and columns, other
//! steps, layers and seeds, and the same wherever they are made.
//!
//! Of worse hashes tried in place of the present one, a sum of a row's and a column's number failed all tests of evenness and
//! independence but those over steps, layers and seeds; vectors of one number those of columns and of pairs of rows.

use std::borrow::Cow;

use augment::draw::Draw;

use augment::onnx::graph::network::{Net, Network, Port};
use augment::onnx::graph::train::{LOGITS, Optimizer, Settings, Trainer, TrainingStep};
use augment::onnx::graph::{GraphError, Value};
use ort::value::Tensor as OrtTensor;

use crate::support;

const ROWS: usize = 64;
const COLUMNS: usize = 512;

/// A network whose logits are its masked input, so that its logits show the mask.
#[derive(Clone)]
struct Masked {
    layer: &'static str,
    rate: f64,
    /// The sizes of a row.
    dims: Vec<usize>,
}

impl Masked {
    fn columns(&self) -> usize {
        self.dims.iter().product()
    }
}

impl Network for Masked {
    fn inputs(&self) -> Vec<Port> {
        vec![Port::new("x", &self.dims)]
    }

    fn logits(&self, net: &mut Net<'_>, inputs: &[Value]) -> Result<Value, GraphError> {
        let one = augment::onnx::graph::network::Init::Constant(1.0);
        let scale = net.parameter("scale", &[1], one, augment::onnx::graph::network::Role::Offset)?;
        let x = net.dropout(self.layer, inputs[0], self.rate)?;
        let x = net.graph().reshape(x, &[-1, self.columns() as i64])?;
        net.graph().mul(x, scale)
    }
}

/// Which elements stay, in each of the steps.
fn masks(network: &Masked, seed: u64, steps: &[u64], threads: usize) -> Vec<Vec<bool>> {
    let settings = Settings {
        batch: ROWS,
        seed,
        optimizer: Optimizer::adam(0.0),
        clip: None,
        class_weights: None,
    };
    let step = TrainingStep::new(network, &settings).unwrap();
    let state = step.first_state().unwrap();
    let mut trainer = Trainer::new(&support::engine(threads), &step, &state).unwrap();
    let count = ROWS * network.columns();
    let kept = (1.0 / (1.0 - network.rate)) as f32;
    steps
        .iter()
        .map(|&number| {
            let outcome = trainer
                .step(&[&vec![1.0; count]], &vec![1.0; count], number, 0.0)
                .unwrap();
            let stays = outcome.logits.iter().map(|&x| {
                assert!(x == 0.0 || (x - kept).abs() < 1e-6, "{x}");
                x != 0.0
            });
            stays.collect()
        })
        .collect()
}

fn layer(rate: f64) -> Masked {
    Masked {
        layer: "dropout",
        rate,
        dims: vec![COLUMNS],
    }
}

/// How far a count is from what is expected of so many trials, in standard deviations.
fn deviation(count: usize, trials: usize, share: f64) -> f64 {
    let trials = trials as f64;
    (count as f64 - trials * share) / (trials * share * (1.0 - share)).sqrt()
}

/// An element less its mean, in its standard deviation.
fn standard(element: bool, stays: f64) -> f64 {
    (f64::from(u8::from(element)) - stays) / (stays * (1.0 - stays)).sqrt()
}

/// The sum of products of independent numbers of mean 0 and variance 1, in standard deviations.
fn correlation(products: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = products.fold((0.0, 0), |(sum, count), product| (sum + product, count + 1));
    sum / f64::from(count).sqrt()
}

/// How far two parts of masks depend on one another.
fn agreement<'a>(
    a: impl IntoIterator<Item = &'a bool>,
    b: impl IntoIterator<Item = &'a bool>,
    stays: f64,
) -> f64 {
    let pairs = a.into_iter().zip(b);
    correlation(pairs.map(|(&a, &b)| standard(a, stays) * standard(b, stays)))
}

/// In standard deviations. The masks are fixed by their keys, so a test passes always or never.
const BOUND: f64 = 5.0;

#[test]
fn as_many_stay_as_asked_for_in_every_row_and_column() {
    // 64 · 1031 elements have no grid that they fill.
    for (rate, columns) in [
        (0.1, COLUMNS),
        (0.3, COLUMNS),
        (0.5, 1031),
        (0.9, COLUMNS),
        (0.1, 1031),
    ] {
        let network = Masked {
            dims: vec![columns],
            ..layer(rate)
        };
        let stays = 1.0 - rate;
        for mask in masks(&network, 1, &[1, 2, 1000], 1) {
            let count = |part: &[bool]| part.iter().filter(|stays| **stays).count();
            let all = deviation(count(&mask), mask.len(), stays);
            assert!(all.abs() < BOUND, "rate {rate}: {all}");
            for width in [columns, columns / 2, 128, 256] {
                let rows = rows(&mask, width);
                let columns = turned(&rows);
                for (what, parts) in [("rows", rows), ("columns", columns)] {
                    let off = parts.iter().map(|part| deviation(count(part), part.len(), stays));
                    even(&format!("{what} of {width} at rate {rate}"), off);
                }
            }
        }
    }
}

/// A mask cut into whole rows of a width.
fn rows(mask: &[bool], width: usize) -> Vec<Vec<bool>> {
    mask.chunks_exact(width).map(<[bool]>::to_vec).collect()
}

fn turned(rows: &[Vec<bool>]) -> Vec<Vec<bool>> {
    (0..rows[0].len())
        .map(|column| rows.iter().map(|row| row[column]).collect())
        .collect()
}

/// The squares of deviations add up to as many as there are (χ²): more would be lumps, fewer a pattern.
#[track_caller]
fn even(what: &str, deviations: impl Iterator<Item = f64>) {
    let squares: Vec<f64> = deviations.map(|off| off * off).collect();
    let (sum, count) = (squares.iter().sum::<f64>(), squares.len() as f64);
    let off = (sum - count) / (2.0 * count).sqrt();
    assert!(
        off.abs() < BOUND,
        "{what}: {sum} for {count}, {off} standard deviations"
    );
}

#[test]
fn elements_do_not_depend_on_their_neighbours() {
    for rate in [0.2, 0.5] {
        for mask in masks(&layer(rate), 3, &[1, 77], 1) {
            for apart in [
                1,
                2,
                3,
                4,
                5,
                7,
                8,
                16,
                64,
                COLUMNS,
                2 * COLUMNS,
                3 * COLUMNS + 1,
                8 * COLUMNS,
            ] {
                let off = agreement(&mask, mask.iter().skip(apart), 1.0 - rate);
                assert!(off.abs() < BOUND, "rate {rate}, {apart} apart: {off}");
            }
        }
    }
}

/// The squares of the agreements of all pairs of rows add up to a sum over pairs and twice one of the products of the corners of
/// all rectangles, so what a hash of a row's and a column's part gets wrong shows here, too.
#[test]
fn no_rows_or_columns_depend_on_one_another() {
    for width in [128, 256, COLUMNS] {
        for mask in masks(&layer(0.5), 5, &[1, 2], 1) {
            let rows = rows(&mask, width);
            let columns = turned(&rows);
            for (what, parts) in [("rows", rows), ("columns", columns)] {
                let pairs: Vec<f64> = (1..parts.len())
                    .flat_map(|two| (0..two).map(move |one| (one, two)))
                    .map(|(one, two)| agreement(&parts[one], &parts[two], 0.5))
                    .collect();
                let most = pairs.iter().fold(0.0_f64, |most, off| most.max(off.abs()));
                // Of 10⁵ pairs the largest is below 6 but once in 5000 times.
                assert!(most < 6.0, "{what} of {width}: {most}");
                even(&format!("{what} of {width}"), pairs.into_iter());
            }
        }
    }
}

/// Of all places and of many sizes.
#[test]
fn corners_of_rectangles_do_not_depend_on_one_another() {
    for (rate, width) in [(0.5, 256), (0.5, COLUMNS), (0.3, 256)] {
        let stays = 1.0 - rate;
        for mask in masks(&layer(rate), 6, &[1, 2], 1) {
            let rows = rows(&mask, width);
            for down in [1, 2, 3, 8, 31] {
                for right in [1, 2, 5, 16, 64, 127] {
                    let corners = rows.iter().zip(&rows[down..]).flat_map(|(upper, lower)| {
                        (0..width - right).map(move |at| {
                            [upper[at], upper[at + right], lower[at], lower[at + right]]
                                .into_iter()
                                .map(|corner| standard(corner, stays))
                                .product()
                        })
                    });
                    let off = correlation(corners);
                    assert!(
                        off.abs() < BOUND,
                        "rate {rate}, width {width}, {down} × {right}: {off}"
                    );
                }
            }
        }
    }
}

/// The numbers of runs of each length: a mask of a polynomial of low degree would fail here.
#[test]
fn runs_are_as_long_as_by_chance() {
    for mask in masks(&layer(0.5), 4, &[1, 2, 3], 1) {
        // Patterns of eight in a row, none of which overlap.
        let mut counts = [0_usize; 256];
        for eight in mask.chunks_exact(8) {
            counts[eight
                .iter()
                .fold(0, |pattern, &stays| pattern * 2 + usize::from(stays))] += 1;
        }
        let expected = (mask.len() / 8) as f64 / 256.0;
        let chi: f64 = counts
            .iter()
            .map(|&count| (count as f64 - expected).powi(2) / expected)
            .sum();
        // 255 degrees of freedom: mean 255, standard deviation 22.6.
        assert!((255.0 - 5.0 * 22.6..255.0 + 5.0 * 22.6).contains(&chi), "{chi}");
    }
}

#[test]
fn steps_layers_and_seeds_have_masks_of_their_own() {
    let base = masks(&layer(0.5), 1, &[1], 1).remove(0);
    let steps = masks(&layer(0.5), 1, &[2, 3, 4, 1_000_000, (1 << 30) - 35 + 2], 1);
    let other = Masked {
        layer: "another",
        ..layer(0.5)
    };
    let layers = masks(&other, 1, &[1], 1);
    let seeds = masks(&layer(0.5), 2, &[1], 1);
    for (at, mask) in steps.iter().chain(&layers).chain(&seeds).enumerate() {
        for shift in [0, 1, 2, COLUMNS] {
            let off = agreement(&base, mask.iter().skip(shift), 0.5);
            assert!(off.abs() < BOUND, "mask {at}, {shift} apart: {off}");
        }
    }
}

#[test]
fn no_element_has_a_preference_over_the_steps() {
    let rate = 0.3;
    let steps: Vec<u64> = (1..=80).collect();
    let masks = masks(&layer(rate), 7, &steps, 1);
    let elements = (0..ROWS * COLUMNS).map(|at| {
        let count = masks.iter().filter(|mask| mask[at]).count();
        deviation(count, masks.len(), 1.0 - rate)
    });
    even("elements over the steps", elements);
    let pairs = (1..masks.len())
        .flat_map(|two| (0..two).map(move |one| (one, two)))
        .map(|(one, two)| agreement(&masks[one], &masks[two], 1.0 - rate));
    even("pairs of steps", pairs);
}

#[test]
fn a_mask_is_the_same_wherever_it_is_made() {
    let network = layer(0.5);
    let [alone, again] = &masks(&network, 9, &[5, 5], 1)[..] else {
        panic!()
    };
    assert!(alone == again);
    assert!(masks(&network, 9, &[4, 5, 6], 2)[1] == *alone);
    // Frozen by its first elements: a change would change every training.
    let first: String = alone[..48]
        .iter()
        .map(|&stays| if stays { '1' } else { '0' })
        .collect();
    assert_eq!(first, "101101110010010011101011010100110010011000001011");
    // An element's number in the tensor decides, not the tensor's shape.
    let deep = Masked {
        dims: vec![4, COLUMNS / 8, 2],
        ..layer(0.5)
    };
    assert!(masks(&deep, 9, &[5], 1)[0] == *alone);
}

/// The same in integers, which round nothing.
fn in_integers(network: &Masked, seed: u64, step: i64, (rows, columns): (usize, usize)) -> Vec<bool> {
    const PRIME: i64 = (1 << 30) - 35;
    let round = |x: i64, key: i64| {
        let x = x + key;
        let fourth = (x * x % PRIME) * (x * x % PRIME) % PRIME;
        fourth * x % PRIME
    };
    let mut draw = Draw::new(seed, network.layer, "dropout");
    let mut key = step % PRIME;
    let keys: Vec<i64> = (0..6)
        .map(|_| {
            key = round(key, draw.below(PRIME as u64) as i64);
            key
        })
        .collect();
    let number = |at: usize| {
        let x = [keys[1], keys[3], keys[5]].into_iter().fold(at as i64, round);
        x % 2048
    };
    let a = |row: usize, at: usize| number(row * 4 + at) - 1024;
    let b = |column: usize, at: usize| number(rows * 4 + at * columns + column) - 1024;
    let share = ((1.0 - network.rate) * (1 << 22) as f64).round() as i64;
    let places = (0..rows * columns).map(|at| {
        let (row, column) = (at / columns, at % columns);
        let product: i64 = (0..4).map(|at| a(row, at) * b(column, at)).sum();
        product.rem_euclid(2048) < (share + number((rows + columns) * 4 + column)) / 2048
    });
    places.take(ROWS * network.columns()).collect()
}

#[test]
fn floats_give_what_integers_give() {
    for (columns, grid) in [(COLUMNS, (128, 256)), (1031, (258, 256))] {
        let network = Masked {
            dims: vec![columns],
            ..layer(0.1)
        };
        for (mask, step) in masks(&network, 9, &[3, 5_000_000_000], 1)
            .iter()
            .zip([3, 5_000_000_000])
        {
            assert!(*mask == in_integers(&network, 9, step, grid), "{columns}, {step}");
        }
    }
}

#[test]
fn nothing_is_dropped_in_use() {
    let network = layer(0.5);
    let state = [(
        "scale".to_owned(),
        augment::onnx::graph::Tensor::f32(&[1], &[1.0]).unwrap(),
    )]
    .into();
    let model = augment::onnx::graph::train::inference_model(&network, &state, &[]).unwrap();
    let mut session = support::engine(1).session_of("used", &model).unwrap();
    let x: Vec<f32> = (0..2 * COLUMNS).map(|at| at as f32).collect();
    let value = OrtTensor::from_array((vec![2, COLUMNS], x.clone())).unwrap();
    let outputs = session.run(vec![(Cow::from("x"), value.into())]).unwrap();
    assert_eq!(outputs[LOGITS].try_extract_tensor::<f32>().unwrap().1, &x[..]);
}

#[test]
fn a_rate_that_leaves_nothing_is_refused() {
    for rate in [1.0, -0.1, f64::NAN] {
        let settings = Settings {
            batch: 2,
            seed: 1,
            optimizer: Optimizer::adam(0.0),
            clip: None,
            class_weights: None,
        };
        let error = TrainingStep::new(&layer(rate), &settings)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("dropout (dropout): found a rate of") && error.contains("below 1"),
            "{error}"
        );
    }
}
