//! Everything before the work: recipe, corpus, repeated sentences, plan, candidates.

use std::collections::HashMap;

use super::outcome::{ClassOutcome, Outcome, Routes};
use super::select::ClassNeed;
use crate::corpus::{Skipped, Split, Utterance};
use crate::dataset::refused::{Refused, Stage};
use crate::job::JobError;
use crate::job::planning::{Asked, Content, make_plan};
use crate::onnx::tokens::GAP;
use crate::plan::{Maker, ORIGINAL, Place, Plan};
use crate::recipe::TextRecipe;
use crate::run::shard::Shard;
use crate::text::sameness;
use crate::text::translate::{Cost, Expected, estimate};
use crate::text::words::words;

/// What flags say about loading.
#[derive(Debug, Clone, Copy, Default)]
pub struct LoadOptions {
    /// The part of the candidates that is decided.
    pub shard: Option<Shard>,
}

/// The longest sentence that is taken, in bytes: longer ones are documents, and a model would see a part only.
const LONGEST: usize = 20_000;

/// A recipe with everything that is known before any sentence is made.
#[derive(Debug)]
pub struct TextJob {
    /// The recipe.
    pub recipe: TextRecipe,
    /// The corpus, sorted by id.
    pub utterances: Vec<Utterance>,
    /// Splits and originals.
    pub plan: Plan,
    /// What each class needs.
    pub needs: Vec<ClassNeed>,
    /// Rows that the reader could not use.
    pub skipped: Vec<Skipped>,
    /// The part that is decided.
    pub shard: Option<Shard>,
}

impl TextJob {
    /// Reads the corpus and plans.
    ///
    /// # Errors
    /// [`JobError`].
    pub fn load(recipe: TextRecipe, options: LoadOptions) -> Result<Self, JobError> {
        let listing = recipe
            .corpus
            .list_texts(&recipe.base())
            .map_err(|error| recipe.at_corpus(&error))?;
        let utterances = listing.utterances;
        let contents = contents(&utterances);
        let asked = Asked {
            document: &recipe.document,
            seed: recipe.seed,
            rules: &recipe.corpus.rules,
            split: &recipe.split,
            balance: &recipe.balance,
        };
        let mut plan = make_plan(&asked, &utterances, contents, &[&Endless as &dyn Maker])?;
        plan.items.retain(|item| item.maker().is_none());
        let needs = needs(&recipe, &utterances, &plan);
        for need in needs.iter().filter(|need| need.need > 0 && need.pool.is_empty()) {
            plan.notes.push(format!(
                "class {:?} has no sentence that new ones could be made of: single words and short_words are left alone",
                need.label
            ));
        }
        Ok(TextJob {
            recipe,
            utterances,
            plan,
            needs,
            skipped: listing.skipped,
            shard: options.shard,
        })
    }

    /// What the reader and the plan refused.
    #[must_use]
    pub fn refused(&self) -> Vec<Refused> {
        let row = |id: &str, label: &str, stage: Stage, reason: &str| Refused {
            id: id.to_owned(),
            source_id: id.to_owned(),
            label: label.to_owned(),
            transform: ORIGINAL.to_owned(),
            stage,
            reason: reason.to_owned(),
            fingerprint: String::new(),
            rank: None,
        };
        let of_corpus = self
            .skipped
            .iter()
            .map(|skipped| row(&skipped.id, "", Stage::Corpus, &skipped.reason));
        let of_plan = self.plan.refused.iter().map(|refusal| {
            let utterance = &self.utterances[refusal.source];
            row(&utterance.id, &utterance.label, Stage::Plan, &refusal.reason)
        });
        of_corpus.chain(of_plan).collect()
    }

    /// What is planned, before anything is made.
    #[must_use]
    pub fn forecast(&self, out: &std::path::Path) -> Outcome {
        let classes = self.plan.classes.iter().zip(&self.needs);
        let classes = classes.map(|(class, need)| ClassOutcome {
            label: class.name.clone(),
            wanted: class.wanted,
            originals: class.originals,
            sources: need.pool.len(),
            ..ClassOutcome::default()
        });
        Outcome {
            out: out.to_owned(),
            classes: classes.collect(),
            notes: self.plan.notes.clone(),
            refusals: self
                .refused()
                .into_iter()
                .map(|row| format!("{}: {}", row.id, row.reason))
                .collect(),
            routes: Routes::default(),
            candidates: self.needs.iter().map(|need| need.candidates).sum(),
            cost: self.cost(),
            decided: 0,
            known: 0,
            preview: Vec::new(),
            already: false,
            mark: None,
        }
    }
}

impl TextJob {
    /// What the translations of the whole plan may cost, where a service counts characters.
    fn cost(&self) -> Option<Cost> {
        let text = &self.recipe.text;
        if text.p_backtranslate <= 0.0 || !text.translate.backend.is_counted() {
            return None;
        }
        let open = self.needs.iter().filter(|need| need.need > 0);
        let (mut sources, mut characters, mut candidates) = (0, 0.0, 0);
        for need in open {
            // Ranks go through all sources once before any has its second turn.
            let used = need.pool.len().min(need.candidates);
            let all = need.pool.iter().map(|&source| {
                let text = &self.utterances[source as usize].text;
                text.trim().chars().count()
            });
            let mean = all.sum::<usize>() as f64 / need.pool.len().max(1) as f64;
            sources += used;
            characters += mean * used as f64;
            candidates += need.need.min(need.candidates);
        }
        Some(estimate(&Expected {
            candidates: candidates as u64,
            sources: sources as u64,
            mean_characters: characters / sources.max(1) as f64,
            attempts: text.attempts,
            p_backtranslate: text.p_backtranslate,
            chains: &text.translate.chains,
            price_per_million: text.translate.price_per_million,
        }))
    }
}

/// Stands for fills and translations in the plan, which has no need to know how many of them succeed.
struct Endless;

impl Maker for Endless {
    fn name(&self) -> &'static str {
        "text"
    }

    fn share(&self) -> f64 {
        1.0
    }

    fn distinct(&self, _source: usize) -> u64 {
        u64::MAX
    }

    fn check(&self, _source: usize, _copy: u64) -> Result<(), String> {
        Ok(())
    }
}

/// Sentences that say the same have the same content, also under two labels; in one class all but the first are
/// refused, as the paper removes them.
fn contents(utterances: &[Utterance]) -> Vec<Content> {
    let mut first: HashMap<(&str, [u8; 32]), &str> = HashMap::new();
    utterances
        .iter()
        .map(|utterance| {
            let text = utterance.text.trim();
            if text.is_empty() {
                return Err("has no text".to_owned());
            }
            if text.len() > LONGEST {
                return Err(format!(
                    "its text has {} bytes, expected a sentence of at most {LONGEST}",
                    text.len()
                ));
            }
            if text.contains(GAP) {
                return Err("its text holds the private-use characters that mark gaps for models".to_owned());
            }
            let content = *blake3::hash(sameness::key(text).as_bytes()).as_bytes();
            match first.entry((&utterance.label, content)) {
                std::collections::hash_map::Entry::Occupied(entry) => Err(format!("repeats {}", entry.get())),
                std::collections::hash_map::Entry::Vacant(entry) => {
                    entry.insert(&utterance.id);
                    Ok(content)
                }
            }
        })
        .collect()
}

fn needs(recipe: &TextRecipe, utterances: &[Utterance], plan: &Plan) -> Vec<ClassNeed> {
    plan.classes
        .iter()
        .map(|class| {
            let pool = utterances
                .iter()
                .enumerate()
                .filter(|(index, utterance)| {
                    utterance.label == class.name
                        && plan.places[*index] == Place::In(Split::Train)
                        && is_valid(&utterance.text, recipe)
                })
                .filter_map(|(index, _)| u32::try_from(index).ok())
                .collect::<Vec<u32>>();
            let need = class.wanted.saturating_sub(class.originals);
            let most = recipe.balance.max_per_source;
            ClassNeed::new(class.name.clone(), need, recipe.text.reserve, most, pool)
        })
        .collect()
}

/// Whether new sentences may be made of one: not of a single word, and not of short words alone.
fn is_valid(text: &str, recipe: &TextRecipe) -> bool {
    let words = words(text);
    let short = |word: &str| recipe.text.short_words.contains(&word.to_lowercase());
    words.len() > 1 && !words.iter().all(|word| short(word.text))
}
