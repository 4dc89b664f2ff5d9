//! Whether a fill breaks the words beside it: people say "felt like" and not "saw like". The model is asked how likely
//! each neighbour is beside the new word, against beside the original one.

use super::vocabulary::Vocabulary;
use crate::onnx::masked::{Gap, log_sum_exp};
use crate::run::interrupt::Interrupt;
use crate::text::casing;
use crate::text::models::{Filler, RoundError};
use crate::text::words::{Word, words};

/// A word beside a change, in both sentences: its id, and where it stands in the old one and in the new one.
type Neighbour = (usize, [std::ops::Range<usize>; 2]);

/// The least share of its probability that a neighbour keeps, for each pair of an original and a new sentence with
/// words replaced one by one; 1 where no neighbour is a word that the model knows.
///
/// # Errors
/// [`RoundError`].
pub fn kept(
    pairs: &[(&str, &str)],
    filler: &mut dyn Filler,
    vocabulary: &Vocabulary,
    interrupt: &Interrupt,
) -> Result<Vec<f64>, RoundError> {
    // Models read capitals as badly as translators do.
    let texts: Vec<[String; 2]> = pairs
        .iter()
        .map(|(old, new)| [*old, *new].map(readable))
        .collect();
    let mut gaps = Vec::new();
    let mut asked = Vec::new();
    for (pair, [old, new]) in texts.iter().enumerate() {
        for (id, ranges) in neighbours(old, new, vocabulary) {
            for (text, range) in [old, new].into_iter().zip(ranges) {
                gaps.push(Gap {
                    left: &text[..range.start],
                    right: &text[range.end..],
                });
                asked.push((pair, id));
            }
        }
    }
    let mut found = vec![0.0_f64; gaps.len()];
    filler.score(&gaps, interrupt, &mut |gap, logits| {
        let id = asked.get(gap).map_or(0, |&(_, id)| id);
        if let (Some(found), Some(&logit)) = (found.get_mut(gap), logits.get(id)) {
            *found = f64::from(logit) - log_sum_exp(logits);
        }
    })?;
    let mut least = vec![1.0_f64; pairs.len()];
    for (values, asked) in found.chunks_exact(2).zip(asked.chunks_exact(2)) {
        if let (&[old, new], Some(least)) = (values, least.get_mut(asked[0].0)) {
            *least = least.min((new - old).exp());
        }
    }
    Ok(least)
}

fn readable(text: &str) -> String {
    match casing::is_upper_text(text) {
        true => casing::sentence_case(text),
        false => text.to_owned(),
    }
}

fn neighbours(old: &str, new: &str, vocabulary: &Vocabulary) -> Vec<Neighbour> {
    let (a, b) = (words(old), words(new));
    if a.len() != b.len() {
        return Vec::new();
    }
    let changed = |index: usize| match (a.get(index), b.get(index)) {
        (Some(a), Some(b)) => a.text != b.text,
        _ => false,
    };
    let place = |word: &Word<'_>| word.range.clone();
    (0..a.len())
        .filter(|&index| !changed(index))
        .filter(|&index| changed(index + 1) || index.checked_sub(1).is_some_and(changed))
        .filter_map(|index| {
            let (a, b) = (a.get(index)?, b.get(index)?);
            Some((vocabulary.id(&a.text.to_lowercase())?, [place(a), place(b)]))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "riddance" is likely behind "good" alone.
    struct Phrases;

    impl Filler for Phrases {
        fn score(
            &mut self,
            gaps: &[Gap<'_>],
            _: &Interrupt,
            take: &mut dyn FnMut(usize, &[f32]),
        ) -> Result<(), RoundError> {
            for (index, gap) in gaps.iter().enumerate() {
                let likely = gap.left.to_lowercase().trim_end().ends_with("good");
                // good, happy, riddance, to
                take(index, &[0.0, 0.0, if likely { 5.0 } else { 0.0 }, 3.0]);
            }
            Ok(())
        }
    }

    #[test]
    fn phrases_hold_together() {
        let words = ["good", "happy", "riddance", "to"];
        let vocabulary = Vocabulary::new(words.map(|word| Some(word.to_owned())));
        let kept = kept(
            &[
                ("Good riddance to it.", "Happy riddance to it."),
                ("Off to good riddance", "Off to happy riddance"),
                ("It is good, fine.", "It is happy, fine."),
                ("Happy to go", "Good to go"),
                ("GOOD RIDDANCE", "HAPPY RIDDANCE"),
            ],
            &mut Phrases,
            &vocabulary,
            &Interrupt::default(),
        )
        .unwrap();
        assert!(kept[0] < 0.1 && kept[1] < 0.1 && kept[4] < 0.1, "{kept:?}");
        // "is" and "fine" are no words of the model.
        assert!((kept[2] - 1.0).abs() < 1e-9);
        // "to" is as likely behind either.
        assert!(kept[3] < 1.0 + 1e-9);
    }
}
