use super::*;
use crate::onnx::seq2seq::configured::tests::plain;

const END: u32 = 0;

fn settings(sampling: Option<Sampling>, count: usize) -> GenerationSettings {
    GenerationSettings {
        max_length: 6,
        num_return_sequences: count,
        eos_token_ids: vec![END],
        decoder_start_token_id: 3,
        sampling,
        ..plain()
    }
}

fn walk(settings: &GenerationSettings, text: &str, model: impl Fn(&[u32]) -> Vec<f32>) -> Vec<Scored> {
    let mut walk = Walk::new(settings, text);
    while !walk.running().is_empty() {
        let rows: Vec<Vec<f32>> = walk
            .running()
            .iter()
            .map(|prefix| model(&prefix.tokens))
            .collect();
        walk.advance(settings, &rows.iter().map(Vec::as_slice).collect::<Vec<_>>());
    }
    walk.found()
}

/// Log-probabilities of four tokens.
fn fixed(parts: [f32; 4]) -> impl Fn(&[u32]) -> Vec<f32> {
    move |_| parts.iter().map(|part| part.ln()).collect()
}

#[test]
fn the_likeliest_token_is_taken_and_the_first_of_equals() {
    let found = walk(&settings(None, 1), "", |tokens| match tokens.len() {
        1 => vec![-9.0, -1.0, -1.0, -2.0],
        2 => vec![-3.0, -4.0, -0.5, -6.0],
        _ => vec![-0.25, -1.0, -2.0, -3.0],
    });
    assert_eq!(found[0].tokens, [1, 2, END]);
    assert!((found[0].score - -1.75 / 3.0).abs() < 1e-6);
}

#[test]
fn the_longest_length_ends_a_walk() {
    let found = walk(&settings(None, 1), "", fixed([0.1, 0.2, 0.3, 0.4]));
    assert_eq!(found[0].tokens, [3; 5]);
}

#[test]
fn a_walk_with_everything_forbidden_finds_nothing() {
    assert_eq!(walk(&settings(None, 1), "", fixed([0.0; 4])), []);
    assert_eq!(
        walk(&settings(Some(Sampling::default()), 3), "", fixed([0.0; 4])),
        []
    );
}

#[test]
fn draws_belong_to_seed_text_and_number() {
    let sampled = |seed: u64, text: &str| {
        let sampling = Sampling {
            seed,
            ..Sampling::default()
        };
        walk(&settings(Some(sampling), 8), text, fixed([0.1, 0.3, 0.3, 0.3]))
    };
    let found = sampled(1, "a");
    assert_eq!(found.len(), 8);
    assert_eq!(found, sampled(1, "a"));
    assert_ne!(found, sampled(2, "a"));
    assert_ne!(found, sampled(1, "b"));
    assert!(found.iter().any(|one| one.tokens != found[0].tokens));
}

#[test]
fn a_walk_is_the_same_beside_any_number_of_others() {
    let sampled = |count: usize| {
        walk(
            &settings(Some(Sampling::default()), count),
            "a",
            fixed([0.3, 0.3, 0.2, 0.2]),
        )
    };
    let eight = sampled(8);
    for count in 1..8 {
        assert_eq!(sampled(count), eight[..count]);
    }
}

/// How often each token is drawn first, of 20,000.
fn shares(sampling: &Sampling) -> [f64; 4] {
    let settings = GenerationSettings {
        max_length: 2,
        ..settings(Some(sampling.clone()), 20_000)
    };
    let mut counts = [0.0; 4];
    for one in walk(&settings, "a", fixed([0.1, 0.2, 0.3, 0.4])) {
        counts[one.tokens[0] as usize] += 1.0 / 20_000.0;
    }
    counts
}

fn near(found: [f64; 4], expected: [f64; 4]) {
    // Four standard deviations of 20,000 draws are below 0.015.
    let close = found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 0.015);
    assert!(close, "{found:?} {expected:?}");
}

#[test]
fn tokens_are_drawn_as_often_as_they_are_likely() {
    let all = Sampling {
        top_k: 0,
        ..Sampling::default()
    };
    near(shares(&all), [0.1, 0.2, 0.3, 0.4]);
    near(
        shares(&Sampling {
            top_k: 2,
            ..all.clone()
        }),
        [0.0, 0.0, 3.0 / 7.0, 4.0 / 7.0],
    );
    // 0.4 + 0.3 is below 0.75, so 0.2 is needed as well.
    near(
        shares(&Sampling {
            top_p: 0.75,
            ..all.clone()
        }),
        [0.0, 2.0 / 9.0, 3.0 / 9.0, 4.0 / 9.0],
    );
    // At temperature 1/2 probabilities are squared.
    near(
        shares(&Sampling {
            temperature: 0.5,
            ..all
        }),
        [0.01 / 0.3, 0.04 / 0.3, 0.09 / 0.3, 0.16 / 0.3],
    );
}

#[test]
fn scores_are_those_before_narrowing() {
    let sampling = Sampling {
        top_k: 1,
        ..Sampling::default()
    };
    let found = walk(&settings(Some(sampling), 1), "a", fixed([0.4, 0.1, 0.2, 0.3]));
    assert_eq!(found[0].tokens, [END]);
    assert!((found[0].score - 0.4_f32.ln()).abs() < 1e-6);
}
