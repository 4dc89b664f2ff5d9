//! The features or tokens of rows' texts, with new sentences that may stand in for transcripts.

use std::rc::Rc;

use super::encoder::Features;
use super::tokens::TokenTable;
use crate::draw::Draw;
use crate::train::rows::Place;

/// What texts have become.
#[derive(Debug, Clone)]
pub enum Form {
    /// Features of a frozen encoder.
    Features(Rc<Features>),
    /// Rows of tokens.
    Tokens(Rc<TokenTable>),
}

/// The texts of rows.
#[derive(Debug)]
pub struct Texts {
    form: Form,
    /// For each row its own text and then those that may stand in for it, as places in the form.
    rows: Vec<Vec<usize>>,
    seed: u64,
    share: f64,
}

impl Texts {
    /// Texts of rows in their order; in training, `share` of the uses of a row that has others are of one of them.
    #[must_use]
    pub fn new(form: Form, rows: Vec<Vec<usize>>, seed: u64, share: f64) -> Self {
        Texts {
            form,
            rows,
            seed,
            share,
        }
    }

    /// Writes the features or tokens of the text that a row has in an epoch.
    ///
    /// # Errors
    /// In words, when features can't be read or do not fit.
    pub(super) fn fill(
        &self,
        row: usize,
        name: &str,
        epoch: Option<u64>,
        places: &mut [Place<'_>],
    ) -> Result<(), String> {
        let texts = self.rows.get(row).map_or(&[][..], Vec::as_slice);
        let at = match epoch {
            Some(epoch) if texts.len() > 1 => choose(self.seed, name, epoch, self.share, texts.len()),
            _ => 0,
        };
        let Some(&text) = texts.get(at) else {
            return Ok(());
        };
        match (&self.form, places) {
            (Form::Features(features), [Place::F32(into), ..]) => {
                features.copy_to(text, into).map_err(|error| error.to_string())?;
            }
            (Form::Tokens(tokens), places) => tokens.fill(text, places),
            _ => {}
        }
        Ok(())
    }
}

/// Which of a row's texts an epoch takes: 0 for its own.
fn choose(seed: u64, name: &str, epoch: u64, share: f64, texts: usize) -> usize {
    let mut draw = Draw::new(seed, &format!("{epoch} {name}"), "augmented text");
    if draw.unit() >= share {
        return 0;
    }
    1 + draw.below(texts as u64 - 1) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_sentences_take_their_share() {
        let mut counts = [0; 3];
        for epoch in 0..3000 {
            counts[choose(1, "row", epoch, 0.4, 3)] += 1;
        }
        assert!((1700..1900).contains(&counts[0]), "{counts:?}");
        assert!((500..700).contains(&counts[1]), "{counts:?}");
        assert_eq!(choose(1, "row", 7, 0.0, 3), 0);
    }
}
