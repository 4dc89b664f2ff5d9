//! The network's sizes, and how many rows there are of each class.

use super::{TrainJob, TrainJobError};
use crate::recipe::{MapSection, NetworkSection, SpeechSection, WordsSection};
use crate::train::networks::{
    Architecture, BertText, Bimer, MapBranch, Resnet50CrnnAt, ResnetCnn, ResnetCrnnAt, Speech, TextBranch,
    TextHead, Words,
};

impl TrainJob {
    /// The network with all its sizes; `text_size` is that of a frozen encoder's features, `within` the encoder of texts that is in
    /// the network. The file of an image encoder is read.
    ///
    /// # Errors
    /// [`TrainJobError::Other`] for a network without the encoder that it needs, or one that is of no use.
    pub fn network(
        &self,
        text_size: usize,
        within: Option<&TextBranch>,
    ) -> Result<Architecture, TrainJobError> {
        let classes = self.labels.len();
        let (height, width) = self.picture();
        let reader = || {
            let without =
                || TrainJobError::Other("the network reads texts, and there is no encoder".to_owned());
            within.cloned().ok_or_else(without)
        };
        Ok(match self.recipe.network.clone() {
            NetworkSection::BertText { dropout, .. } => Architecture::BertText(BertText {
                text: reader()?,
                dropout,
                classes,
            }),
            NetworkSection::ResnetCnn { widths, dropout } => Architecture::ResnetCnn(ResnetCnn {
                height,
                width,
                widths,
                dropout,
                classes,
            }),
            NetworkSection::ResnetCrnnAt {
                widths,
                attentive,
                dropout,
            } => Architecture::ResnetCrnnAt(ResnetCrnnAt {
                height,
                width,
                widths,
                attentive,
                dropout,
                classes,
            }),
            NetworkSection::Resnet50CrnnAt { speech, dropout } => {
                Architecture::Resnet50CrnnAt(Box::new(Resnet50CrnnAt {
                    height,
                    width,
                    speech: self.branch(&speech)?,
                    dropout,
                    classes,
                }))
            }
            NetworkSection::TextHead { hidden, dropout } => Architecture::TextHead(TextHead {
                text_size,
                hidden,
                dropout,
                classes,
            }),
            NetworkSection::Bimer {
                speech,
                words,
                text_features,
                dropout,
            } => {
                let (speech, widths) = match speech {
                    SpeechSection::ResnetCnn { widths } => (Speech::ResnetCnn, widths),
                    SpeechSection::ResnetCrnnAt { widths, attentive } => {
                        (Speech::ResnetCrnnAt(attentive), widths)
                    }
                    SpeechSection::Resnet50CrnnAt(map) => {
                        (Speech::Resnet50CrnnAt(Box::new(self.branch(&map)?)), Vec::new())
                    }
                };
                let words = match words {
                    WordsSection::Features => Words::Features,
                    WordsSection::BertText(_) => Words::BertText(reader()?),
                };
                let text_size = match &words {
                    Words::Features => text_size,
                    Words::BertText(text) => text.encoder.size,
                };
                Architecture::Bimer(Box::new(Bimer {
                    height,
                    width,
                    speech,
                    widths,
                    words,
                    text_size,
                    text_features,
                    dropout,
                    classes,
                }))
            }
        })
    }

    /// Height and width of the dataset's images; 0 where the network takes none.
    pub(super) fn picture(&self) -> (usize, usize) {
        let image = self.preparation.as_ref().map(|preparation| &preparation.image);
        image.map_or((0, 0), |image| (image.height as usize, image.width as usize))
    }

    fn branch(&self, of: &MapSection) -> Result<MapBranch, TrainJobError> {
        let Some(found) = &self.backbone else {
            return Err(TrainJobError::Other(
                "the network has no image encoder".to_owned(),
            ));
        };
        found.branch(of, self.picture(), &self.recipe)
    }

    /// The class of a label that [`TrainJob::load`] has seen.
    #[must_use]
    pub fn class(&self, label: &str) -> usize {
        self.labels
            .binary_search_by(|known| known.as_str().cmp(label))
            .unwrap_or(0)
    }

    /// Rows of each class: for training and held out.
    #[must_use]
    pub fn counts(&self) -> Vec<(usize, usize)> {
        let mut counts = vec![(0, 0); self.labels.len()];
        for row in &self.train {
            if let Some(count) = counts.get_mut(self.class(&row.label)) {
                count.0 += 1;
            }
        }
        for row in &self.held {
            if let Some(count) = counts.get_mut(self.class(&row.label)) {
                count.1 += 1;
            }
        }
        counts
    }
}
