//! The network's sizes, and how many rows there are of each class.

use super::{TrainJob, TrainJobError};
use crate::onnx::pooling::Pooling;
use crate::recipe::NetworkSection;
use crate::train::networks::{
    Architecture, BertText, Bimer, EncoderFile, Pooled, ResnetCnn, ResnetCrnnAt, TextHead,
};

impl TrainJob {
    /// The network with all its sizes; `text_size` is that of the encoder's features, `within` the encoder that is trained itself,
    /// with the tokens of a row.
    ///
    /// # Errors
    /// [`TrainJobError::Other`] for a network without the encoder that it needs.
    pub fn network(
        &self,
        text_size: usize,
        within: Option<(EncoderFile, usize)>,
    ) -> Result<Architecture, TrainJobError> {
        let classes = self.labels.len();
        let image = self.preparation.as_ref().map(|preparation| &preparation.image);
        let (height, width) = image.map_or((0, 0), |image| (image.height as usize, image.width as usize));
        Ok(match self.recipe.network.clone() {
            NetworkSection::BertText { train, dropout, .. } => {
                let Some((encoder, tokens)) = within else {
                    return Err(TrainJobError::Other("bert-text: there is no encoder".to_owned()));
                };
                let pooling = match &self.encoder {
                    Some(found) if found.pooling == Pooling::Mean => Pooled::Mean,
                    _ => Pooled::First,
                };
                Architecture::BertText(BertText {
                    encoder,
                    train,
                    pooling,
                    tokens,
                    dropout,
                    classes,
                })
            }
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
            NetworkSection::TextHead { hidden, dropout } => Architecture::TextHead(TextHead {
                text_size,
                hidden,
                dropout,
                classes,
            }),
            NetworkSection::Bimer {
                speech,
                widths,
                text_features,
                dropout,
            } => Architecture::Bimer(Bimer {
                height,
                width,
                speech,
                widths,
                text_size,
                text_features,
                dropout,
                classes,
            }),
        })
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
