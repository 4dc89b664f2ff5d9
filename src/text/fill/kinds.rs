//! Whether two words are of one kind: nouns, verbs of one tense, adverbs of one use.
//!
//! A masked language model knows it. It is asked once for every frame ("I want to _ it.", "Many _ were there."), and
//! how likely a word is in each of them, against other words and other frames, is the word's profile. Words of one
//! kind have profiles that point the same way.

use super::vocabulary::Vocabulary;
use crate::onnx::masked::{Gap, log_sum_exp};
use crate::run::interrupt::Interrupt;
use crate::text::models::{Filler, RoundError};

/// English sentences with a gap.
const ENGLISH: [(&str, &str); 34] = [
    ("I want to ", " it."),
    ("They will ", " soon."),
    ("You should not ", " them."),
    ("People ", " it every day."),
    ("He always ", " it."),
    ("She ", " to me often."),
    ("Yesterday he ", " it."),
    ("They ", " home last night."),
    ("He has ", " it before."),
    ("It was ", " by them."),
    ("They are ", " it now."),
    ("I was ", " all day."),
    ("The ", " is here."),
    ("This is a ", " for me."),
    ("I saw my ", " there."),
    ("The ", " are here."),
    ("Many ", " were there."),
    ("I like all these ", " a lot."),
    ("It is very ", " to me."),
    ("He was so ", " about it."),
    ("That is a ", " thing."),
    ("She seems ", " today."),
    ("He did it ", " again."),
    ("It ", " works for me."),
    ("I ", " think so."),
    ("She spoke ", " to me."),
    ("That one is ", " than this."),
    ("This is the ", " of them all."),
    ("There is some ", " in it."),
    ("He is full of ", " now."),
    ("", ", that was it."),
    ("Well, ", " then."),
    ("I saw it ", " the house."),
    ("I met him in ", " once."),
];

/// Profiles of the words of a vocabulary.
#[derive(Debug, Clone, PartialEq)]
pub struct Kinds {
    /// By id, `ENGLISH.len()` numbers each, of length 1; zeros for what is no word.
    profiles: Vec<f32>,
}

impl Kinds {
    /// Asks a model about the words of its vocabulary; `None` for a language without frames.
    ///
    /// # Errors
    /// [`RoundError`].
    pub fn learn(
        filler: &mut dyn Filler,
        vocabulary: &Vocabulary,
        language: &str,
        interrupt: &Interrupt,
    ) -> Result<Option<Self>, RoundError> {
        if language != "en" {
            return Ok(None);
        }
        let gaps = ENGLISH.map(|(left, right)| Gap { left, right });
        let mut profiles = vec![0.0_f32; vocabulary.size() * ENGLISH.len()];
        filler.score(&gaps, interrupt, &mut |frame, logits| {
            let total = log_sum_exp(logits);
            for (id, _) in vocabulary.iter() {
                let slot = profiles.get_mut(id * ENGLISH.len() + frame);
                if let (Some(slot), Some(&logit)) = (slot, logits.get(id)) {
                    *slot = (f64::from(logit) - total) as f32;
                }
            }
        })?;
        centre(&mut profiles, vocabulary);
        Ok(Some(Kinds { profiles }))
    }

    /// How far two words by their ids are of one kind: 1 for one profile, about 0 for words that have nothing in
    /// common, −1 at least.
    #[must_use]
    pub fn alike(&self, a: usize, b: usize) -> f64 {
        let profile = |id: usize| {
            let start = id.saturating_mul(ENGLISH.len());
            self.profiles.get(start..start.saturating_add(ENGLISH.len()))
        };
        let (Some(a), Some(b)) = (profile(a), profile(b)) else {
            return 0.0;
        };
        a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
    }
}

/// Takes from each profile what all words have in a frame and what the word has in all frames, and makes it 1 long.
fn centre(profiles: &mut [f32], vocabulary: &Vocabulary) {
    let width = ENGLISH.len();
    let mut means = vec![0.0_f64; width];
    let mut count = 0.0_f64;
    for (id, _) in vocabulary.iter() {
        for (mean, value) in means.iter_mut().zip(profiles.iter().skip(id * width)) {
            *mean += f64::from(*value);
        }
        count += 1.0;
    }
    for (id, _) in vocabulary.iter() {
        let Some(profile) = profiles.get_mut(id * width..(id + 1) * width) else {
            continue;
        };
        let mut own: Vec<f64> = profile
            .iter()
            .zip(&means)
            .map(|(&value, mean)| f64::from(value) - mean / count)
            .collect();
        let mean = own.iter().sum::<f64>() / width as f64;
        own.iter_mut().for_each(|value| *value -= mean);
        let length = own.iter().map(|value| value * value).sum::<f64>().sqrt();
        for (value, own) in profile.iter_mut().zip(own) {
            *value = if length > 1e-9 { (own / length) as f32 } else { 0.0 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Knows nouns from verbs: a noun is likely behind "the", a verb behind "to".
    struct Grammar;

    impl Filler for Grammar {
        fn score(
            &mut self,
            gaps: &[Gap<'_>],
            _: &Interrupt,
            take: &mut dyn FnMut(usize, &[f32]),
        ) -> Result<(), RoundError> {
            for (index, gap) in gaps.iter().enumerate() {
                let noun = gap.left.ends_with("The ") || gap.left.ends_with("a ");
                let verb = gap.left.ends_with("to ") || gap.left.ends_with("will ");
                let (noun, verb) = (f32::from(u8::from(noun)), f32::from(u8::from(verb)));
                // dog, cat, eat, ##s, sleep
                take(index, &[5.0 * noun, 3.0 * noun, 4.0 * verb, 9.0, 6.0 * verb]);
            }
            Ok(())
        }
    }

    fn vocabulary() -> Vocabulary {
        let words = [Some("dog"), Some("cat"), Some("eat"), None, Some("sleep")];
        Vocabulary::new(words.map(|word| word.map(str::to_owned)))
    }

    #[test]
    fn words_of_one_kind_have_one_profile() {
        let kinds = Kinds::learn(&mut Grammar, &vocabulary(), "en", &Interrupt::default())
            .unwrap()
            .unwrap();
        assert!(kinds.alike(0, 1) > 0.8 && kinds.alike(2, 4) > 0.8);
        assert!(kinds.alike(0, 2) < 0.0 && kinds.alike(1, 4) < 0.0);
        // A piece of a word has no profile, nor has an id that there is not.
        assert!(kinds.alike(0, 3).abs() < 1e-9 && kinds.alike(0, usize::MAX).abs() < 1e-9);
    }

    #[test]
    fn a_language_without_frames_has_no_kinds() {
        let kinds = Kinds::learn(&mut Grammar, &vocabulary(), "de", &Interrupt::default()).unwrap();
        assert_eq!(kinds, None);
    }
}
