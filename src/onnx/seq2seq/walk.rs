//! One token at a time without alternatives: the likeliest one (greedy), or one that is drawn (sampling).

use super::hypothesis::{Prefix, Scored};
use super::settings::{GenerationSettings, Sampling};
use crate::draw::Draw;

/// The way of one text, or several drawn ones side by side.
#[derive(Debug)]
pub struct Walk {
    penalty: f64,
    max_length: usize,
    ends: Vec<u32>,
    running: Vec<Prefix>,
    /// Which of the walks each running one is, and its draws.
    walkers: Vec<(usize, Option<Draw>)>,
    finished: Vec<(usize, Scored)>,
}

impl Walk {
    /// A walk that has not begun. Draws are keyed by the sampling's seed, the text and the number of the walk.
    pub fn new(settings: &GenerationSettings, text: &str) -> Self {
        let count = settings.num_return_sequences;
        let draw = |number: usize| {
            let sampling = settings.sampling.as_ref()?;
            Some(Draw::new(sampling.seed, text, &format!("translation {number}")))
        };
        let walkers: Vec<_> = (0..count).map(|number| (number, draw(number))).collect();
        Walk {
            penalty: settings.length_penalty,
            max_length: settings.max_length,
            ends: settings.eos_token_ids.clone(),
            running: vec![Prefix::start(settings.decoder_start_token_id)],
            walkers,
            finished: Vec::new(),
        }
    }

    /// The sequences that the next scores are about. At first all walks stand at the same place, which is one row.
    pub fn running(&self) -> &[Prefix] {
        &self.running
    }

    /// What was found, in the order of the walks.
    pub fn found(mut self) -> Vec<Scored> {
        self.finished.sort_by_key(|(number, _)| *number);
        self.finished.into_iter().map(|(_, scored)| scored).collect()
    }

    /// Takes the log-probabilities of what may follow each running sequence, after all rules.
    pub fn advance(&mut self, settings: &GenerationSettings, rows: &[&[f32]]) {
        let narrowed: Option<Vec<Vec<f32>>> = settings.sampling.as_ref().map(|sampling| {
            let narrow = |scores: &&[f32]| narrowed(sampling, scores);
            rows.iter().map(narrow).collect()
        });
        let (running, walkers) = (
            std::mem::take(&mut self.running),
            std::mem::take(&mut self.walkers),
        );
        let shared = running.len() == 1;
        for (place, (number, mut draw)) in walkers.into_iter().enumerate() {
            let row = if shared { 0 } else { place };
            let (Some(prefix), Some(scores)) = (running.get(row), rows.get(row)) else {
                continue;
            };
            let chosen = match (&mut draw, narrowed.as_ref().and_then(|rows| rows.get(row))) {
                (Some(draw), Some(weights)) => drawn(weights, draw),
                _ => likeliest(scores),
            };
            let Some(token) = chosen else { continue };
            let step = scores.get(token as usize).copied().unwrap_or(f32::NEG_INFINITY);
            let next = prefix.then(row, token, prefix.score + step);
            if self.ends.contains(&token) || next.tokens.len() >= self.max_length {
                let score = next.score / (next.generated() as f64).powf(self.penalty) as f32;
                self.finished.push((number, Scored::of(next, score)));
            } else {
                self.running.push(next);
                self.walkers.push((number, draw));
            }
        }
    }
}

/// The first of the highest scores; `None` if all tokens are forbidden.
fn likeliest(scores: &[f32]) -> Option<u32> {
    let mut best = (f32::NEG_INFINITY, None);
    for (token, &score) in (0..).zip(scores) {
        if score > best.0 {
            best = (score, Some(token));
        }
    }
    best.1
}

/// A token, each as likely as its score says; `None` if all are forbidden.
fn drawn(scores: &[f32], draw: &mut Draw) -> Option<u32> {
    let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if highest == f32::NEG_INFINITY {
        return None;
    }
    let weight = |score: f32| f64::from(score - highest).exp();
    let total: f64 = scores.iter().map(|&score| weight(score)).sum();
    let mut left = draw.unit() * total;
    let mut last = None;
    for (token, &score) in (0..).zip(scores) {
        if score > f32::NEG_INFINITY {
            last = Some(token);
            left -= weight(score);
            if left < 0.0 {
                break;
            }
        }
    }
    last
}

/// Scores under temperature, the likeliest K, and the likeliest that make up a share of the probability, in that
/// order.
fn narrowed(sampling: &Sampling, scores: &[f32]) -> Vec<f32> {
    let mut scores: Vec<f32> = scores.iter().map(|score| score / sampling.temperature).collect();
    if let Some(place) = sampling.top_k.checked_sub(1)
        && place < scores.len()
    {
        let mut all = scores.clone();
        let (_, &mut least, _) = all.select_nth_unstable_by(place, |a, b| b.total_cmp(a));
        keep(&mut scores, least);
    }
    if sampling.top_p < 1.0 {
        let mut sorted: Vec<f32> = scores.iter().copied().filter(|score| score.is_finite()).collect();
        sorted.sort_unstable_by(|a, b| b.total_cmp(a));
        let highest = sorted.first().copied().unwrap_or_default();
        let weights: Vec<f64> = sorted
            .iter()
            .map(|score| f64::from(score - highest).exp())
            .collect();
        let wanted = weights.iter().sum::<f64>() * f64::from(sampling.top_p);
        let mut sum = 0.0;
        for (score, weight) in sorted.iter().zip(&weights) {
            sum += weight;
            if sum >= wanted {
                keep(&mut scores, *score);
                break;
            }
        }
    }
    scores
}

/// Forbids what is below `least`.
fn keep(scores: &mut [f32], least: f32) {
    for score in scores {
        if *score < least {
            *score = f32::NEG_INFINITY;
        }
    }
}

#[cfg(test)]
mod tests;
