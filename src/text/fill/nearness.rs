//! How close two words are in meaning, each on its own: within a sentence of twenty words a sentence encoder hardly sees
//! that one of them was replaced by another that merely fits ("time" by "song").

use std::collections::HashMap;

use crate::onnx::sentence::cosine;
use crate::run::interrupt::Interrupt;
use crate::text::models::{Meaning, RoundError};

/// Words kept at most: at 384 numbers each, 25 MB.
const MOST: usize = 16_384;

/// Vectors of single words, made once each.
#[derive(Debug, Clone, Default)]
pub struct Nearness {
    vectors: HashMap<Box<str>, Box<[f32]>>,
}

impl Nearness {
    /// Has nothing kept.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the vectors of words that are not known yet. A vector does not depend on the words beside it, so it does
    /// not matter what was forgotten between.
    ///
    /// # Errors
    /// [`RoundError`].
    pub fn learn<'a>(
        &mut self,
        words: impl IntoIterator<Item = &'a str>,
        meaning: &mut dyn Meaning,
        interrupt: &Interrupt,
    ) -> Result<(), RoundError> {
        let mut words: Vec<&str> = words.into_iter().collect();
        words.sort_unstable();
        words.dedup();
        let known = |word: &&str| self.vectors.contains_key(*word);
        let new = words.iter().filter(|word| !known(word)).count();
        if self.vectors.len() + new > MOST {
            self.vectors.clear();
        }
        words.retain(|word| !self.vectors.contains_key(*word));
        let vectors = meaning.vectors(&words, interrupt)?;
        for (word, vector) in words.into_iter().zip(vectors) {
            self.vectors.insert(word.into(), vector.into_boxed_slice());
        }
        Ok(())
    }

    /// The cosine of two words that were learnt last, −1…1.
    #[must_use]
    pub fn between(&self, a: &str, b: &str) -> f64 {
        match (self.vectors.get(a), self.vectors.get(b)) {
            (Some(a), Some(b)) => f64::from(cosine(a, b)),
            _ => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words that begin alike are close; counts what it was asked.
    struct Alphabet(usize);

    impl Meaning for Alphabet {
        fn vectors(&mut self, texts: &[&str], _: &Interrupt) -> Result<Vec<Vec<f32>>, RoundError> {
            self.0 += texts.len();
            let angle = |text: &&str| f32::from(text.as_bytes()[0] - b'a') / 20.0;
            let vectors = texts.iter().map(angle);
            Ok(vectors.map(|angle| vec![angle.cos(), angle.sin()]).collect())
        }
    }

    #[test]
    fn words_are_encoded_once() {
        let (mut near, mut model, interrupt) = (Nearness::new(), Alphabet(0), Interrupt::default());
        near.learn(["ask", "beg", "ask"], &mut model, &interrupt).unwrap();
        near.learn(["ask", "zoo"], &mut model, &interrupt).unwrap();
        assert_eq!(model.0, 3);
        assert!(near.between("ask", "beg") > 0.99 && near.between("ask", "zoo") < 0.4);
        assert!(near.between("ask", "unknown").abs() < 1e-9);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let (mut near, mut model, interrupt) = (Nearness::new(), Alphabet(0), Interrupt::default());
        for start in 0..5 {
            let words: Vec<String> = (0..MOST / 2).map(|word| format!("w{start}x{word}")).collect();
            near.learn(words.iter().map(String::as_str), &mut model, &interrupt)
                .unwrap();
            assert!(near.vectors.len() <= MOST);
            assert!(near.between(&words[0], &words[9]) > 0.99);
        }
    }
}
