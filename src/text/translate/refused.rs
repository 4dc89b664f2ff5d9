//! What a request that failed for good means for the run.

use super::service::Refusal;
use crate::text::models::RoundError;

/// A request that was refused, or answered with what makes no sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What it is about.
    pub about: Refusal,
    /// In words, one line.
    pub why: String,
    /// What to do, one line.
    pub hint: Option<String>,
}

impl Refused {
    /// Without a hint.
    pub fn new(about: Refusal, why: String) -> Self {
        Refused {
            about,
            why,
            hint: None,
        }
    }

    /// With a hint.
    pub fn hinting(about: Refusal, why: String, hint: String) -> Self {
        Refused {
            hint: Some(hint),
            ..Self::new(about, why)
        }
    }

    /// After so many tries.
    pub fn after(mut self, tries: u32) -> Self {
        self.why = format!("{}; gave up after {tries} tries", self.why);
        self
    }

    /// The words, and the hint on a line of its own.
    pub fn told(&self) -> String {
        match &self.hint {
            Some(hint) => format!("{}\nhint: {hint}", self.why),
            None => self.why.clone(),
        }
    }

    /// How the run ends: so that the same command goes on where time may help, as an error otherwise. `who` is the
    /// service with its host; `translated` is the number of texts that it has translated in this run.
    pub fn end(&self, who: &str, translated: usize) -> RoundError {
        let Refused { about, why, hint } = self;
        match about {
            Refusal::Quota => RoundError::Quota(format!(
                "{who}: {why}; its quota is used up, and all translations are kept\nhint: run the same command again \
                 when there is more"
            )),
            Refusal::Later | Refusal::Unreached | Refusal::Strange => {
                let more = hint.as_ref().map_or(String::new(), |hint| format!("; {hint}"));
                RoundError::Quota(format!(
                    "{who}: {why}; all translations are kept\nhint: run the same command again to go on{more}"
                ))
            }
            Refusal::Key | Refusal::Texts | Refusal::Other => {
                let kept = match translated {
                    0 => String::new(),
                    count => format!(
                        "; the {count} translations of this run are kept, and the same command goes on from there"
                    ),
                };
                let told = Refused {
                    why: format!("{who}: {why}{kept}"),
                    ..self.clone()
                };
                RoundError::Translator(told.told())
            }
        }
    }
}
