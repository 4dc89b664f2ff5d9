//! The search for the translations of one text, whichever way it goes.

use super::beam::Beam;
use super::hypothesis::{Prefix, Scored};
use super::rules;
use super::settings::GenerationSettings;
use super::walk::Walk;

/// A search. It is fed logits and knows no model, so what it finds depends on nothing else.
#[derive(Debug)]
pub enum Search {
    Beam(Beam),
    Walk(Walk),
}

/// A logit that is no number.
#[derive(Debug)]
pub struct NoNumber;

impl Search {
    /// One that has not begun. The text keys the draws of sampling.
    pub fn new(settings: &GenerationSettings, text: &str) -> Self {
        if settings.num_beams > 1 {
            Search::Beam(Beam::new(settings))
        } else {
            Search::Walk(Walk::new(settings, text))
        }
    }

    /// The sequences that the next logits are about; none when the search is over.
    pub fn running(&self) -> &[Prefix] {
        match self {
            Search::Beam(beam) => beam.running(),
            Search::Walk(walk) => walk.running(),
        }
    }

    /// Takes the logits behind each running sequence; they are changed on the way.
    pub fn advance(
        &mut self,
        settings: &GenerationSettings,
        rows: &mut [&mut [f32]],
    ) -> Result<(), NoNumber> {
        let in_beam = matches!(self, Search::Beam(_));
        for (prefix, row) in self.running().iter().zip(rows.iter_mut()) {
            rules::score(settings, in_beam, &prefix.tokens, row).ok_or(NoNumber)?;
        }
        let rows: Vec<&[f32]> = rows.iter().map(|row| &**row).collect();
        match self {
            Search::Beam(beam) => beam.advance(&rows),
            Search::Walk(walk) => walk.advance(settings, &rows),
        }
        Ok(())
    }

    /// What was found, the best first.
    pub fn found(self) -> Vec<Scored> {
        match self {
            Search::Beam(beam) => beam.found(),
            Search::Walk(walk) => walk.found(),
        }
    }
}
