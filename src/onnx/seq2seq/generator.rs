//! Encoder and decoder together: token ids in, the best sequences of each out. It knows no text.

use std::borrow::Cow;

use ort::value::{DynValue, TensorElementType};

use super::decoder::Decoder;
use super::error::TranslateError;
use super::hypothesis::Scored;
use super::layout::Layout;
use super::memory::Memory;
use super::search::Search;
use super::settings::GenerationSettings;
use crate::onnx::encoder::tensor;
use crate::onnx::engine::Engine;
use crate::onnx::error::ModelError;
use crate::onnx::session::{Session, SessionError};
use crate::run::interrupt::Interrupt;

/// The graphs of a translator, loaded.
#[derive(Debug)]
pub struct Generator {
    encoder: Session,
    decoder: Decoder,
}

impl Generator {
    /// Loads the graphs.
    ///
    /// # Errors
    /// [`SessionError`]; also when a graph has other inputs and outputs than its role asks for.
    pub fn open(engine: &Engine, layout: &Layout) -> Result<Self, SessionError> {
        let encoder = engine.session(&layout.encoder)?;
        let takes = ["input_ids", "attention_mask"];
        if encoder.output("last_hidden_state").is_none()
            || encoder.input("input_ids").is_none()
            || !encoder
                .inputs()
                .iter()
                .all(|port| takes.contains(&port.name.as_str()))
        {
            return Err(encoder.unfit("inputs input_ids and attention_mask and an output last_hidden_state"));
        }
        let decoder = Decoder::open(engine, &layout.decoder)?;
        Ok(Generator { encoder, decoder })
    }

    /// The tokens of the output vocabulary, if the graph tells.
    pub fn vocabulary(&self) -> Option<usize> {
        self.decoder.vocabulary()
    }

    /// Searches for what the model makes of a batch of sources, all steps side by side; what is finished leaves the
    /// batch. Sources are filled up to `width`, which has to be the same whenever a source is to give the same numbers:
    /// padding changes in which order the runtime sums. The keys are those of sampling's draws.
    ///
    /// # Errors
    /// [`TranslateError::Model`].
    pub fn generate(
        &mut self,
        sources: &[&[u32]],
        width: usize,
        keys: &[&str],
        settings: &GenerationSettings,
        interrupt: &Interrupt,
    ) -> Result<Vec<Vec<Scored>>, TranslateError> {
        let lengths: Vec<usize> = sources.iter().map(|source| source.len()).collect();
        let hidden = self.encode(sources, width, settings.pad_token_id)?;
        let mut memory = Memory::new(hidden, lengths, width);
        let mut searches: Vec<Search> = keys.iter().map(|key| Search::new(settings, key)).collect();
        // The row of the last step from which each search's rows were counted.
        let mut bases: Vec<usize> = (0..searches.len()).collect();
        loop {
            if interrupt.stopped() {
                return Err(ModelError::Interrupted.into());
            }
            let (mut parents, mut sequences) = (Vec::new(), Vec::new());
            let mut next_bases = Vec::with_capacity(searches.len());
            for (search, base) in searches.iter().zip(&bases) {
                next_bases.push(sequences.len());
                for prefix in search.running() {
                    parents.push(base + prefix.parent);
                    sequences.push(prefix.tokens.as_slice());
                }
            }
            if sequences.is_empty() {
                return Ok(searches.into_iter().map(Search::found).collect());
            }
            let mut logits = self.decoder.step(&mut memory, &parents, &sequences)?;
            bases = next_bases;
            let mut rows = logits.data.chunks_exact_mut(logits.size);
            for search in &mut searches {
                let mut own: Vec<&mut [f32]> = rows.by_ref().take(search.running().len()).collect();
                if !own.is_empty() && search.advance(settings, &mut own).is_err() {
                    return Err(self.decoder.failed("its logits are no numbers").into());
                }
            }
        }
    }

    fn encode(&mut self, sources: &[&[u32]], width: usize, pad: u32) -> Result<DynValue, SessionError> {
        let mut values = Vec::with_capacity(2);
        for port in self.encoder.inputs() {
            let ids = port.name == "input_ids";
            let mut numbers = Vec::with_capacity(sources.len() * width);
            for source in sources {
                let start = numbers.len();
                numbers.extend(source.iter().map(|&id| if ids { i64::from(id) } else { 1 }));
                numbers.resize(start + width, if ids { i64::from(pad) } else { 0 });
            }
            let element = port.element.unwrap_or(TensorElementType::Int64);
            let value = tensor(&[sources.len(), width], numbers, element);
            let value = value.map_err(|error| self.encoder.failed(error))?;
            values.push((Cow::Owned(port.name.clone()), value));
        }
        let path = self.encoder.path().to_owned();
        let mut outputs = self.encoder.run(values)?;
        outputs
            .remove("last_hidden_state")
            .ok_or_else(|| SessionError::Run {
                path,
                reason: "it gave no last_hidden_state".to_owned(),
            })
    }
}
