use super::*;
use crate::onnx::seq2seq::configured::tests::plain;

/// Which of six tokens may follow.
fn allowed(settings: &GenerationSettings, prefix: &[u32]) -> Vec<u32> {
    let mut scores = [-1.0_f32; 6];
    apply(settings, prefix, &mut scores);
    (0..)
        .zip(scores)
        .filter(|(_, score)| score.is_finite())
        .map(|(token, _)| token)
        .collect()
}

#[test]
fn nothing_is_forbidden_without_rules() {
    assert_eq!(allowed(&plain(), &[5, 1, 1, 1]), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn runs_come_once() {
    let with = |no_repeat_ngram_size| GenerationSettings {
        no_repeat_ngram_size,
        ..plain()
    };
    assert_eq!(allowed(&with(1), &[5, 1, 2]), [0, 3, 4]);
    assert_eq!(allowed(&with(2), &[5, 1, 2, 1]), [0, 1, 3, 4, 5]);
    assert_eq!(allowed(&with(3), &[5, 1, 2, 5, 1]), [0, 1, 3, 4, 5]);
    assert_eq!(allowed(&with(3), &[5]), [0, 1, 2, 3, 4, 5]);
    assert_eq!(allowed(&with(9), &[5, 1]), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn bad_words_are_not_completed_but_the_end_may_come() {
    let settings = GenerationSettings {
        bad_words_ids: vec![vec![2], vec![0], vec![1, 3], vec![5, 1, 4]],
        eos_token_ids: vec![0],
        ..plain()
    };
    assert_eq!(allowed(&settings, &[5]), [0, 1, 3, 4, 5]);
    assert_eq!(allowed(&settings, &[5, 1]), [0, 1, 4, 5]);
    assert_eq!(allowed(&settings, &[4, 5, 1]), [0, 1, 5]);
}

#[test]
fn lengths_and_forced_tokens() {
    let settings = GenerationSettings {
        min_length: 3,
        max_length: 5,
        eos_token_ids: vec![0],
        forced_bos_token_id: Some(4),
        forced_eos_token_ids: vec![0],
        suppress_tokens: vec![5],
        begin_suppress_tokens: vec![2],
        ..plain()
    };
    assert_eq!(allowed(&settings, &[1]), [4]);
    // The token after a forced one is the first that is chosen.
    assert_eq!(allowed(&settings, &[1, 4]), [1, 3, 4]);
    assert_eq!(allowed(&settings, &[1, 4, 1]), [0, 1, 2, 3, 4]);
    assert_eq!(allowed(&settings, &[1, 4, 1, 1]), [0]);
    let free = GenerationSettings {
        forced_bos_token_id: None,
        ..settings
    };
    assert_eq!(allowed(&free, &[1]), [1, 3, 4]);
}

/// Logits with a sum of probabilities that is not 1, and what becomes of them.
fn scored(settings: &GenerationSettings, in_beam: bool) -> Vec<f64> {
    let mut row: Vec<f32> = [0.1_f32, 0.2, 0.3, 0.4]
        .iter()
        .map(|share| share.ln() + 3.0)
        .collect();
    score(settings, in_beam, &[3], &mut row).unwrap();
    row.into_iter().map(|score| f64::from(score).exp()).collect()
}

fn near(found: &[f64], expected: [f64; 4]) {
    let close = found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6);
    assert!(close, "{found:?} {expected:?}");
}

#[test]
fn what_was_forbidden_is_made_up_for_if_wanted() {
    for in_beam in [false, true] {
        let mut settings = GenerationSettings {
            suppress_tokens: vec![0, 3],
            ..plain()
        };
        near(&scored(&settings, in_beam), [0.0, 0.2, 0.3, 0.0]);
        settings.renormalize_logits = true;
        near(&scored(&settings, in_beam), [0.0, 0.4, 0.6, 0.0]);
    }
}

#[test]
fn a_penalty_is_on_log_probabilities_in_a_beam_and_on_logits_elsewhere() {
    let mut settings = GenerationSettings {
        repetition_penalty: 2.0,
        ..plain()
    };
    // ln 0.4 is doubled.
    near(&scored(&settings, true), [0.1, 0.2, 0.3, 0.16]);
    settings.renormalize_logits = true;
    near(
        &scored(&settings, true),
        [0.1 / 0.76, 0.2 / 0.76, 0.3 / 0.76, 0.16 / 0.76],
    );
    // The logit ln 0.4 + 3 is above 0, so it is halved.
    let halved = ((0.4_f64.ln() + 3.0) / 2.0 - 3.0).exp();
    let sum = 0.6 + halved;
    let expected = [0.1 / sum, 0.2 / sum, 0.3 / sum, halved / sum];
    near(&scored(&settings, false), expected);
    settings.renormalize_logits = false;
    near(&scored(&settings, false), expected);
}

#[test]
fn used_tokens_lose_once_on_either_side_of_zero() {
    let mut scores = [4.0, -4.0, 1.0];
    penalize(2.0, &[0, 1, 0, 1, 1], &mut scores);
    assert_eq!(scores, [2.0, -8.0, 1.0]);
}

#[test]
fn a_logit_that_is_no_number_is_told() {
    assert_eq!(score(&plain(), true, &[0], &mut [0.0, f32::NAN]), None);
}

#[test]
fn tokens_beyond_the_scores_are_ignored() {
    let settings = GenerationSettings {
        suppress_tokens: vec![900],
        repetition_penalty: 2.0,
        no_repeat_ngram_size: 1,
        ..plain()
    };
    let mut scores = [-1.0; 2];
    penalize(2.0, &[900], &mut scores);
    apply(&settings, &[900], &mut scores);
    assert_eq!(scores, [-1.0; 2]);
}
