//! What the plan needs of an audio corpus: facts about the sources, their contents, and transforms as makers.

use super::maker::{AudioMaker, Facts as MakerFacts};
use crate::audio::spectrum::frame_count;
use crate::audio::transform::SourceFacts;
use crate::corpus::Utterance;
use crate::corpus::index::Facts;
use crate::job::JobError;
use crate::job::planning::{Asked, make_plan};
use crate::plan::{Maker, Plan};
use crate::recipe::AudioRecipe;

/// What transforms may know of each source; `None` for one that can't be used.
pub(super) fn source_facts(recipe: &AudioRecipe, index: &[Facts]) -> Vec<Option<SourceFacts>> {
    index
        .iter()
        .map(|facts| {
            let measured = facts.audio.as_ref().ok()?;
            let frames = usize::try_from(measured.frames).ok()?;
            Some(SourceFacts {
                frames,
                rate: recipe.prepare.sample_rate,
                peak: measured.peak,
                mel_frames: frame_count(frames, recipe.mel.hop_length),
                n_mels: recipe.mel.n_mels,
            })
        })
        .collect()
}

/// Plans with the recipe's transforms as makers.
pub(super) fn plan(
    recipe: &AudioRecipe,
    utterances: &[Utterance],
    index: &[Facts],
    corpus: &MakerFacts<'_>,
) -> Result<Plan, JobError> {
    let asked = Asked {
        document: &recipe.document,
        seed: recipe.seed,
        rules: &recipe.corpus.rules,
        split: &recipe.split,
        balance: &recipe.balance,
    };
    let contents = index.iter().map(|facts| {
        facts
            .audio
            .as_ref()
            .map(|measured| measured.content)
            .map_err(Clone::clone)
    });
    let makers: Vec<AudioMaker<'_>> = recipe
        .transforms
        .iter()
        .map(|named| AudioMaker { named, corpus })
        .collect();
    let makers: Vec<&dyn Maker> = makers.iter().map(|maker| maker as &dyn Maker).collect();
    make_plan(&asked, utterances, contents.collect(), &makers)
}
