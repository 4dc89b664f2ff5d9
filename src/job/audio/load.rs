//! Everything before the work: recipe, corpus, index, banks, plan.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::maker::Facts as MakerFacts;
use super::planning::{plan, source_facts};
use crate::audio::bank::Bank;
use crate::audio::preparation::Preparation;
use crate::audio::transform::{SourceFacts, Step};
use crate::corpus::bank::{BankFault, FileBank};
use crate::corpus::cache::Cache;
use crate::corpus::index::{Facts, Indexer, Role};
use crate::corpus::{Skipped, Split, Utterance};
use crate::dataset::mark::{FORMAT, RunInfo};
use crate::dataset::refused::{Refused, Stage};
use crate::job::JobError;
use crate::plan::{ORIGINAL, Plan, PlanItem, item_id};
use crate::recipe::{AudioRecipe, Kinds};
use crate::run::folders;
use crate::run::interrupt::Interrupt;
use crate::run::numerics;
use crate::run::progress::Progress;
use crate::run::shard::Shard;

/// What flags say about loading.
#[derive(Debug, Clone, Copy)]
pub struct LoadOptions {
    /// Number of threads.
    pub jobs: usize,
    /// Overrides the recipe's seed.
    pub seed: Option<u64>,
    /// Hash inputs although their size and times are as they were.
    pub check_inputs: bool,
    /// The part of the dataset that is made.
    pub shard: Option<Shard>,
}

/// A recipe with everything that is known before any item is made.
pub struct AudioJob {
    /// The recipe, banks attached.
    pub recipe: AudioRecipe,
    /// The corpus, sorted by id.
    pub utterances: Vec<Utterance>,
    /// What the index found, one an utterance.
    pub index: Vec<Facts>,
    /// The plan.
    pub plan: Plan,
    /// Rows and files that the reader could not use.
    pub skipped: Vec<Skipped>,
    /// Files of banks that are left out, with the transform they are for.
    pub bank_faults: Vec<(String, BankFault)>,
    ids: Vec<String>,
    facts: Vec<Option<SourceFacts>>,
    /// Hashes of the settings around a transform: for an original, and for each transform.
    around: Vec<[u8; 32]>,
    shard: Option<Shard>,
}

impl AudioJob {
    /// Loads and plans.
    ///
    /// # Errors
    /// [`JobError`].
    pub fn load(
        path: &Path,
        options: LoadOptions,
        interrupt: &Interrupt,
        progress: &dyn Progress,
    ) -> Result<Self, JobError> {
        let mut recipe = AudioRecipe::read(path, options.seed)?;
        let base = recipe.base();
        let listing = recipe
            .corpus
            .list(&base)
            .map_err(|error| recipe.at_corpus(&error))?;
        let prepare = recipe.prepare.clone();
        let mut cache = Cache::open(folders::cache().as_deref(), &format!("{prepare:?}"));
        let mut indexer = Indexer {
            prepare: &prepare,
            cache: &mut cache,
            check: options.check_inputs,
            jobs: options.jobs,
            interrupt,
            progress,
        };
        // The cache knows files by their full paths, wherever the program is started.
        let full = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let paths: Vec<_> = listing
            .utterances
            .iter()
            .map(|utterance| full(&utterance.audio))
            .collect();
        let indexed = indexer.measure(&paths, Role::Source);
        let banks = indexed.map_err(JobError::from).and_then(|index| {
            let faults = attach_banks(&mut recipe, &full(&base), &mut indexer)?;
            Ok((index, faults))
        });
        // Saved also when it was interrupted: the next run need not decode again what this one did.
        if let Err(error) = cache.save() {
            progress.note(&format!("the index could not be cached: {error}"));
        }
        let (index, bank_faults) = banks?;
        let facts = source_facts(&recipe, &index);
        let ids: Vec<String> = listing
            .utterances
            .iter()
            .map(|utterance| utterance.id.clone())
            .collect();
        let corpus = MakerFacts {
            seed: recipe.seed,
            ids: &ids,
            facts: &facts,
            min_frames: prepare.min_frames(),
        };
        let plan = plan(&recipe, &listing.utterances, &index, &corpus)?;
        let around = around(&recipe);
        Ok(AudioJob {
            recipe,
            utterances: listing.utterances,
            index,
            plan,
            skipped: listing.skipped,
            bank_faults,
            ids,
            facts,
            around,
            shard: options.shard,
        })
    }

    /// The folders that are searched for audio: of the corpus, and of the banks.
    #[must_use]
    pub fn searched(&self) -> Vec<PathBuf> {
        let base = self.recipe.base();
        let corpus = self.recipe.corpus.searched().map(Path::to_owned);
        let banks = self
            .recipe
            .transforms
            .iter()
            .flat_map(|named| named.transform.wants())
            .map(|request| PathBuf::from(request.folder));
        corpus
            .into_iter()
            .chain(banks)
            .map(|folder| base.join(folder))
            .collect()
    }

    /// An item's id.
    #[must_use]
    pub fn id(&self, item: &PlanItem) -> String {
        item_id(
            &self.utterances[item.source as usize].id,
            self.transform_name(item),
            item.copy,
        )
    }

    /// The name of an item's transform.
    #[must_use]
    pub fn transform_name(&self, item: &PlanItem) -> &str {
        item.maker()
            .map_or(ORIGINAL, |maker| &self.recipe.transforms[maker].name)
    }

    /// The files of an item.
    #[must_use]
    pub fn kinds(&self, item: &PlanItem) -> Kinds {
        if item.maker().is_some() {
            self.recipe.output.made
        } else {
            self.recipe.output.originals
        }
    }

    /// The step that makes an item; `None` for an original.
    ///
    /// # Errors
    /// The reason why it can't be made.
    pub fn step(&self, item: &PlanItem) -> Result<Option<Box<dyn Step>>, String> {
        let Some(maker) = item.maker() else {
            return Ok(None);
        };
        let corpus = MakerFacts {
            seed: self.recipe.seed,
            ids: &self.ids,
            facts: &self.facts,
            min_frames: self.recipe.prepare.min_frames(),
        };
        corpus
            .draw(&self.recipe.transforms[maker], item.source as usize, item.copy)
            .map(Some)
    }

    /// An item's fingerprint: a hash of all that decides its bytes and its place.
    #[must_use]
    pub fn fingerprint(&self, item: &PlanItem, id: &str, step: Option<&dyn Step>) -> String {
        let utterance = &self.utterances[item.source as usize];
        let mut hasher = blake3::Hasher::new();
        let mut part = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        part(b"augment audio item 1");
        for text in [
            id,
            &utterance.id,
            &utterance.label,
            item.split.name(),
            self.transform_name(item),
        ] {
            part(text.as_bytes());
        }
        if let Some(Ok(measured)) = self.index.get(item.source as usize).map(|facts| &facts.audio) {
            part(&measured.content);
        }
        part(&self.around[item.maker as usize]);
        if let Some(step) = step {
            part(&step.version().to_le_bytes());
            part(
                serde_json::Value::Object(step.parameters())
                    .to_string()
                    .as_bytes(),
            );
            step.inputs().iter().for_each(|hash| part(hash));
        }
        hasher.finalize().to_hex()[..32].to_owned()
    }

    /// The length in samples of an item's audio.
    #[must_use]
    pub fn frames(&self, item: &PlanItem) -> usize {
        let frames = self.facts[item.source as usize].map_or(0, |facts| facts.frames);
        match self.step(item) {
            Ok(Some(step)) => step.frames(frames),
            _ => frames,
        }
    }

    /// What the plan and everything before it refused.
    #[must_use]
    pub fn refused(&self) -> Vec<Refused> {
        let of_corpus = self.skipped.iter().map(|skipped| Refused {
            id: skipped.id.clone(),
            source_id: skipped.id.clone(),
            label: String::new(),
            transform: ORIGINAL.to_owned(),
            stage: Stage::Corpus,
            reason: skipped.reason.clone(),
            fingerprint: String::new(),
            rank: None,
        });
        let of_plan = self.plan.refused.iter().map(|refusal| {
            let utterance = &self.utterances[refusal.source];
            let transform = refusal
                .draw
                .map_or(ORIGINAL, |(maker, _)| &self.recipe.transforms[maker].name);
            let unusable = self.index[refusal.source].audio.is_err();
            Refused {
                id: match refusal.draw {
                    Some((_, copy)) => item_id(&utterance.id, transform, copy),
                    None => utterance.id.clone(),
                },
                source_id: utterance.id.clone(),
                label: utterance.label.clone(),
                transform: transform.to_owned(),
                stage: if unusable { Stage::Index } else { Stage::Plan },
                reason: refusal.reason.clone(),
                fingerprint: String::new(),
                rank: None,
            }
        });
        of_corpus.chain(of_plan).collect()
    }

    /// What all rows have in common. `plan_hash` is over all planned items.
    ///
    /// # Errors
    /// None for a recipe that was read.
    pub fn info(&self, plan_hash: String) -> Result<RunInfo, JobError> {
        let recipe = self.recipe.document.path().file_name().unwrap_or_default();
        Ok(RunInfo {
            format: FORMAT,
            kind: "audio".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            numerics: numerics::class(),
            seed: self.recipe.seed,
            recipe: recipe.to_string_lossy().into_owned(),
            recipe_hash: self.recipe.hash()?,
            index_hash: self.index_hash(),
            plan_hash,
            transforms: self
                .recipe
                .transforms
                .iter()
                .map(|named| named.name.clone())
                .collect(),
            wanted: self
                .plan
                .classes
                .iter()
                .map(|class| (class.name.clone(), class.wanted))
                .collect(),
            accept_short: self.recipe.balance.accept_short,
            settings: self.settings(),
            shard: self.shard,
        })
    }

    fn settings(&self) -> serde_json::Map<String, serde_json::Value> {
        // No number of a validated recipe is one that JSON can't hold.
        let preparation = serde_json::json!(self.recipe.preparation());
        std::iter::once((Preparation::KEY.to_owned(), preparation)).collect()
    }

    fn index_hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        let mut part = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        for (utterance, facts) in self.utterances.iter().zip(&self.index) {
            let split = utterance.split.map_or("", Split::name);
            let texts = [
                &utterance.id,
                &utterance.label,
                &utterance.text,
                &utterance.speaker,
                &utterance.session,
            ];
            texts.iter().for_each(|text| part(text.as_bytes()));
            part(split.as_bytes());
            match &facts.audio {
                Ok(measured) => part(&measured.content),
                Err(reason) => part(reason.as_bytes()),
            }
        }
        for skipped in &self.skipped {
            part(skipped.id.as_bytes());
            part(skipped.reason.as_bytes());
        }
        hasher.finalize().to_hex()[..32].to_owned()
    }
}

/// Opens the banks that transforms ask for, each folder once, and hands them over.
fn attach_banks(
    recipe: &mut AudioRecipe,
    base: &Path,
    indexer: &mut Indexer<'_>,
) -> Result<Vec<(String, BankFault)>, JobError> {
    let mut open: BTreeMap<(String, String), Arc<dyn Bank>> = BTreeMap::new();
    let mut all_faults = Vec::new();
    for index in 0..recipe.transforms.len() {
        let mut banks = Vec::new();
        for request in recipe.transforms[index].transform.wants() {
            let key = (request.folder.clone(), format!("{:?}", request.kind));
            if let Some(bank) = open.get(&key) {
                banks.push(Arc::clone(bank));
                continue;
            }
            let (bank, faults) =
                FileBank::open(&base.join(&request.folder), request.kind, indexer).map_err(|error| {
                    JobError::of_bank(error, |message| {
                        recipe.transform_error(index, request.key, message)
                    })
                })?;
            let name = &recipe.transforms[index].name;
            all_faults.extend(faults.into_iter().map(|fault| (name.clone(), fault)));
            let bank: Arc<dyn Bank> = Arc::new(bank);
            open.insert(key, Arc::clone(&bank));
            banks.push(bank);
        }
        recipe.transforms[index].transform.attach(&banks);
    }
    Ok(all_faults)
}

/// Hashes of all settings that decide bytes besides a transform's own: first those of an original.
fn around(recipe: &AudioRecipe) -> Vec<[u8; 32]> {
    let prepare = &recipe.prepare;
    // min_seconds decides whether an item is there, not its bytes.
    let source = format!(
        "{} {:?} {:?} {:?} {:?}",
        prepare.sample_rate, prepare.trim_db, prepare.max_seconds, prepare.too_long, prepare.channels
    );
    let one = |kinds: Kinds, masks: bool| {
        let mut text = format!("1 {source} {kinds:?}");
        if kinds.images || kinds.arrays || masks {
            text += &format!(" {:?}", recipe.mel);
        }
        if kinds.images {
            text += &format!(" {:?}", recipe.image);
        }
        *blake3::hash(text.as_bytes()).as_bytes()
    };
    let made = recipe
        .transforms
        .iter()
        .map(|named| one(recipe.output.made, named.transform.masks()));
    std::iter::once(one(recipe.output.originals, false))
        .chain(made)
        .collect()
}
