use super::*;
use crate::draw::Draw;
use crate::onnx::seq2seq::configured::tests::plain;
use crate::onnx::seq2seq::probability::log_softmax;

const END: u32 = 0;
const START: u32 = 3;
const VOCABULARY: usize = 4;

fn settings(num_beams: usize, max_length: usize) -> GenerationSettings {
    GenerationSettings {
        num_beams,
        max_length,
        eos_token_ids: vec![END],
        decoder_start_token_id: START,
        ..plain()
    }
}

/// Log-probabilities that are a fixed function of the sequence.
fn model(seed: u64, tokens: &[u32]) -> Vec<f32> {
    let mut draw = Draw::new(seed, &format!("{tokens:?}"), "test");
    let mut row: Vec<f32> = (0..VOCABULARY).map(|_| 4.0 * draw.unit() as f32).collect();
    log_softmax(&mut row).unwrap();
    row
}

fn search(settings: &GenerationSettings, model: impl Fn(&[u32]) -> Vec<f32>) -> Vec<Scored> {
    let mut beam = Beam::new(settings);
    while !beam.running().is_empty() {
        let rows: Vec<Vec<f32>> = beam
            .running()
            .iter()
            .map(|prefix| model(&prefix.tokens))
            .collect();
        beam.advance(&rows.iter().map(Vec::as_slice).collect::<Vec<_>>());
    }
    beam.found()
}

/// Every finished sequence with its score, the best first.
fn all(settings: &GenerationSettings, model: &impl Fn(&[u32]) -> Vec<f32>) -> Vec<Scored> {
    let mut open = vec![(vec![START], 0.0_f32)];
    let mut found = Vec::new();
    while let Some((tokens, score)) = open.pop() {
        for (token, step) in (0..).zip(model(&tokens)) {
            let next = [tokens.as_slice(), &[token]].concat();
            let score = score + step;
            if token == END || next.len() == settings.max_length {
                let length = (next.len() - 1) as f64;
                found.push(Scored {
                    tokens: next[1..].to_vec(),
                    score: score / length.powf(settings.length_penalty) as f32,
                });
            } else {
                open.push((next, score));
            }
        }
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    found
}

#[test]
fn with_a_beam_for_every_sequence_the_search_is_exhaustive() {
    for seed in 0..20 {
        for length_penalty in [-0.5, 0.0, 1.0, 2.0] {
            let settings = GenerationSettings {
                length_penalty,
                early_stopping: EarlyStopping::Never,
                ..settings(200, 5)
            };
            let of = |tokens: &[u32]| model(seed, tokens);
            let expected = all(&settings, &of);
            let found = search(&settings, of);
            assert_eq!(found.len(), expected.len().min(200));
            assert_eq!(found, expected[..found.len()], "{seed} {length_penalty}");
        }
    }
}

/// Log-probabilities of the four tokens, the same at each step.
fn fixed(row: [f32; VOCABULARY]) -> impl Fn(&[u32]) -> Vec<f32> {
    move |_| row.to_vec()
}

#[test]
fn an_end_counts_only_among_the_best_candidates() {
    // At the first step the end is third.
    let ends = |beams: usize| {
        let mut beam = Beam::new(&settings(beams, 5));
        beam.advance(&[&[-3.0, -1.0, -2.0, -9.0]]);
        assert_eq!(beam.running().len(), beams.min(3));
        beam.finished
    };
    assert_eq!(ends(2), []);
    assert_eq!(ends(3)[0].tokens, [END]);
}

#[test]
fn the_length_counts_the_end_but_not_the_start() {
    let found = search(&settings(2, 9), |tokens| {
        let row = if tokens.len() == 1 {
            [-9.0, -1.0, -9.0, -9.0]
        } else {
            [-0.5, -9.0, -9.0, -9.0]
        };
        row.to_vec()
    });
    assert_eq!(found[0].tokens, [1, END]);
    assert!((found[0].score - -0.75).abs() < 1e-6);
}

#[test]
fn at_the_longest_length_what_runs_is_finished() {
    let found = search(&settings(2, 4), fixed([-50.0, -1.0, -2.0, -3.0]));
    let tokens: Vec<&[u32]> = found.iter().map(|one| one.tokens.as_slice()).collect();
    assert_eq!(tokens, [&[1, 1, 1][..], &[1, 1, 2]]);
    assert!((found[1].score - -4.0 / 3.0).abs() < 1e-6);
}

#[test]
fn early_stopping_decides_how_long_better_ones_are_waited_for() {
    // Two ends come at once; going on costs little per token, so with a length penalty longer ones would win.
    let of = |tokens: &[u32]| {
        let row: [f32; VOCABULARY] = match tokens.len() {
            1 => [-9.0, -0.5, -0.6, -9.0],
            2 => [-0.4, -1.0, -9.0, -9.0],
            _ => [-0.2, -0.15, -9.0, -9.0],
        };
        row.to_vec()
    };
    let longest = |early_stopping: EarlyStopping| {
        let settings = GenerationSettings {
            early_stopping,
            length_penalty: 2.0,
            ..settings(2, 8)
        };
        search(&settings, of)
            .iter()
            .map(|one| one.tokens.len())
            .max()
            .unwrap()
    };
    assert_eq!(longest(EarlyStopping::Full), 2);
    assert_eq!(longest(EarlyStopping::Never), 7);
}

#[test]
fn equal_scores_are_taken_by_row_and_token() {
    let found = search(&settings(2, 3), fixed([-1.0, -1.0, -1.0, -1.0]));
    let again = search(&settings(2, 3), fixed([-1.0, -1.0, -1.0, -1.0]));
    assert_eq!(found, again);
    assert_eq!(found[0].tokens, [END]);
}

#[test]
fn forbidden_tokens_are_never_taken_even_if_nothing_is_left() {
    let never = f32::NEG_INFINITY;
    assert_eq!(search(&settings(4, 6), fixed([never; VOCABULARY])), []);
    let found = search(&settings(4, 4), fixed([never, -1.0, never, never]));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].tokens, [1, 1, 1]);
}

#[test]
fn several_ends_leave_enough_beams_running() {
    let settings = GenerationSettings {
        eos_token_ids: vec![0, 1, 2],
        ..settings(2, 5)
    };
    // Three of four tokens end; the beams that go on are found behind them.
    let found = search(&settings, fixed([-2.0, -2.1, -2.2, -1.0]));
    assert_eq!(found.len(), 2);
    let rows = fixed([-1.0, -1.1, -1.2, -5.0]);
    let mut beam = Beam::new(&settings);
    beam.advance(&[&rows(&[])]);
    assert_eq!(beam.finished.len(), 2);
}
