//! What may not come next and what has to: the rules that transformers applies to each step's scores, in its order.

use super::probability::log_softmax;
use super::settings::GenerationSettings;

/// Turns the logits of all tokens that may follow `prefix`, which begins with the decoder's start token, into
/// log-probabilities under all rules. Forbidden tokens are at −∞. `None` if a logit is not a number.
///
/// The penalty for repetition depends on the sign of a score, so it matters that transformers applies it to
/// log-probabilities in a beam search, but to logits otherwise.
pub fn score(settings: &GenerationSettings, in_beam: bool, prefix: &[u32], row: &mut [f32]) -> Option<()> {
    let penalized = settings.repetition_penalty != 1.0;
    if penalized && !in_beam {
        penalize(settings.repetition_penalty, prefix, row);
    }
    if settings.renormalize_logits && !(penalized && in_beam) {
        // Of log-probabilities, which are made of the logits that are left, the logarithm of the sum is 0 again: once
        // is enough.
        apply(settings, prefix, row);
        return log_softmax(row);
    }
    log_softmax(row)?;
    if penalized && in_beam {
        penalize(settings.repetition_penalty, prefix, row);
    }
    apply(settings, prefix, row);
    if settings.renormalize_logits {
        log_softmax(row)
    } else {
        Some(())
    }
}

fn penalize(penalty: f32, prefix: &[u32], scores: &mut [f32]) {
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

/// Forbids and forces.
fn apply(settings: &GenerationSettings, prefix: &[u32], scores: &mut [f32]) {
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
