//! What may not come next and what has to: the rules that transformers applies to each step's scores, in its order.

use super::probability::log_softmax;
use super::settings::GenerationSettings;

/// Changes the scores of all tokens that may follow `prefix`, which begins with the decoder's start token.
/// Forbidden ones become −∞. [`penalize`] goes before.
pub fn apply(settings: &GenerationSettings, prefix: &[u32], scores: &mut [f32]) {
    repeated_runs(settings.no_repeat_ngram_size, prefix, scores);
    bad_words(settings, prefix, scores);
    let length = prefix.len();
    if length < settings.min_length {
        forbid(&settings.eos_token_ids, scores);
    }
    if let (Some(token), 1) = (settings.forced_bos_token_id, length) {
        force(&[token], scores);
    }
    if !settings.forced_eos_token_ids.is_empty() && length + 1 == settings.max_length {
        force(&settings.forced_eos_token_ids, scores);
    }
    forbid(&settings.suppress_tokens, scores);
    // A forced token is not the first one that was chosen.
    if length == 1 + usize::from(settings.forced_bos_token_id.is_some()) {
        forbid(&settings.begin_suppress_tokens, scores);
    }
    if settings.renormalize_logits {
        // Scores that are no numbers were found before.
        let _ = log_softmax(scores);
    }
}

/// The penalty for tokens that were used. It depends on the sign of a score, so it matters that transformers applies
/// it to log-probabilities in a beam search, but to logits otherwise.
pub fn penalize(settings: &GenerationSettings, prefix: &[u32], scores: &mut [f32]) {
    let penalty = settings.repetition_penalty;
    if penalty == 1.0 {
        return;
    }
    let mut used = prefix.to_vec();
    used.sort_unstable();
    used.dedup();
    for token in used {
        if let Some(score) = scores.get_mut(token as usize) {
            *score = if *score < 0.0 {
                *score * penalty
            } else {
                *score / penalty
            };
        }
    }
}

fn forbid(tokens: &[u32], scores: &mut [f32]) {
    for &token in tokens {
        if let Some(score) = scores.get_mut(token as usize) {
            *score = f32::NEG_INFINITY;
        }
    }
}

fn force(tokens: &[u32], scores: &mut [f32]) {
    scores.fill(f32::NEG_INFINITY);
    for &token in tokens {
        if let Some(score) = scores.get_mut(token as usize) {
            *score = 0.0;
        }
    }
}

/// No run of `size` tokens comes twice: what followed an earlier occurrence of the last `size − 1` tokens is out.
fn repeated_runs(size: usize, prefix: &[u32], scores: &mut [f32]) {
    if size == 0 || prefix.len() + 1 < size {
        return;
    }
    let (_, last) = prefix.split_at(prefix.len() + 1 - size);
    for run in prefix.windows(size) {
        if let Some((token, before)) = run.split_last()
            && before == last
        {
            forbid(&[*token], scores);
        }
    }
}

fn bad_words(settings: &GenerationSettings, prefix: &[u32], scores: &mut [f32]) {
    for word in &settings.bad_words_ids {
        let Some((token, before)) = word.split_last() else {
            continue;
        };
        // The end itself can't be forbidden; a word longer than what there is can't be completed.
        let is_end = before.is_empty() && settings.eos_token_ids.contains(token);
        if !is_end && word.len() <= prefix.len() && prefix.ends_with(before) {
            forbid(&[*token], scores);
        }
    }
}

#[cfg(test)]
mod tests;
