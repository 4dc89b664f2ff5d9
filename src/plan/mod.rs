//! The plan: a pure function from recipe and index to the list of every item, before any work starts.
//!
//! It knows candidates and ways of making more of them, not whether they are audio or text.

mod balance;
mod copies;
mod deal;
mod groups;
mod hold;
mod item;
mod split;
mod target;

pub use balance::{Amount, Balance, BalanceSettings, ClassReport, Mixture, Target, balance};
pub use groups::Groups;
pub use hold::Hold;
pub use item::{ORIGINAL, PlanItem, item_id, item_seed};
pub use split::{Place, SplitSettings, place};

use std::collections::BTreeMap;

use crate::corpus::Split;

/// One original as the plan sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Source id.
    pub id: String,
    /// Index into the list of classes.
    pub class: usize,
    /// The name of its group: what may not be torn apart by a split.
    pub group: String,
    /// Equal for sources with the same content; they always share a group.
    pub content: [u8; 32],
    /// The split that the corpus itself gives it.
    pub split: Option<Split>,
    /// Why it can't be used, if so.
    pub refused: Option<String>,
}

/// A way of making new items from sources.
pub trait Maker {
    /// Its name in rows and ids.
    fn name(&self) -> &str;

    /// Its weight among the makers; 1.0 is usual.
    fn share(&self) -> f64;

    /// How many different draws it has for a source (`u64::MAX`: endless).
    fn distinct(&self, source: usize) -> u64;

    /// Whether the draw `copy` of a source can be made, and if not, why.
    ///
    /// # Errors
    /// The reason for `refused.jsonl`.
    fn check(&self, source: usize, copy: u64) -> Result<(), String>;
}

/// Something that was asked for and will not be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanRefusal {
    /// Index of the source.
    pub source: usize,
    /// The maker and the copy; `None` for the source itself.
    pub draw: Option<(usize, u64)>,
    /// Why.
    pub reason: String,
}

/// What cannot be planned at all: the recipe has to change.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlanError {
    /// A split asks for more than there is.
    #[error("{split} wants {wanted} of class {class:?}, but only {found} can be held out")]
    Short {
        /// The split.
        split: &'static str,
        /// The class.
        class: String,
        /// What the recipe asks for.
        wanted: usize,
        /// What there is.
        found: usize,
    },
    /// The corpus gives a split that the recipe wants to draw as well.
    #[error("the corpus names its {split} utterances itself, and [split] asks for others")]
    Given {
        /// The split.
        split: &'static str,
    },
    /// A group that the recipe names does not exist.
    #[error("there is no group {name:?}; the groups are {}", some(found))]
    UnknownGroup {
        /// The recipe key.
        key: &'static str,
        /// The name.
        name: String,
        /// The names there are.
        found: Vec<String>,
    },
    /// More copies than a transform has draws.
    #[error("copies = {copies}, but {maker:?} has only {distinct} different draws for a source")]
    Copies {
        /// What the recipe asks for.
        copies: u64,
        /// The transform.
        maker: String,
        /// How many it can give.
        distinct: u64,
    },
    /// Two items would have one id.
    #[error("the ids of two items are the same: {0}")]
    SameId(String),
    /// A class without anything to make its items from.
    #[error(
        "class {class:?} has nothing to train on: {held} of its {total} utterances are held out and {refused} refused"
    )]
    Empty {
        /// The class.
        class: String,
        /// Its utterances.
        total: usize,
        /// Those in held-out groups.
        held: usize,
        /// Those that can't be used.
        refused: usize,
    },
}

fn some(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(12).map(String::as_str).collect();
    let more = if names.len() > shown.len() { ", ..." } else { "" };
    format!("{}{more}", shown.join(", "))
}

/// Everything that the plan is made from, besides the sources and makers.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanSettings {
    /// The run's seed.
    pub seed: u64,
    /// Names of the classes, as in the corpus.
    pub classes: Vec<String>,
    /// At most this many originals of a class, for experiments.
    pub keep: BTreeMap<String, usize>,
    /// What is held out.
    pub split: SplitSettings,
    /// What is made.
    pub balance: BalanceSettings,
}

/// The plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Every item, sorted by source, maker and copy.
    pub items: Vec<PlanItem>,
    /// What became of each source.
    pub places: Vec<Place>,
    /// The name of each source's group, after sources of the same content were joined.
    pub groups: Vec<String>,
    /// What is not made, and why.
    pub refused: Vec<PlanRefusal>,
    /// One report a class.
    pub classes: Vec<ClassReport>,
    /// Things the user should know: a transform out of draws, a telling mixture.
    pub notes: Vec<String>,
}

/// Makes the plan.
///
/// # Errors
/// [`PlanError`], when what the recipe asks for is not to be had.
pub fn plan(settings: &PlanSettings, sources: &[Source], makers: &[&dyn Maker]) -> Result<Plan, PlanError> {
    let split = place(settings, sources)?;
    let balance = balance(settings, sources, &split.places, makers)?;
    let mut items: Vec<PlanItem> = split
        .places
        .iter()
        .enumerate()
        .filter_map(|(source, place)| match place {
            Place::In(held) if *held != Split::Train => Some(PlanItem::original(source, *held)),
            _ => None,
        })
        .chain(balance.items)
        .collect();
    items.sort_unstable();
    let mut refused: Vec<PlanRefusal> = sources
        .iter()
        .enumerate()
        .filter_map(|(source, s)| {
            Some(PlanRefusal {
                source,
                draw: None,
                reason: s.refused.clone()?,
            })
        })
        .collect();
    refused.extend(split.refused);
    refused.extend(balance.refused);
    let mut notes = twins(settings, sources);
    notes.extend(balance.notes);
    Ok(Plan {
        items,
        places: split.places,
        groups: split.groups,
        refused,
        classes: balance.classes,
        notes,
    })
}

/// Tells of the same content under two labels, which no model can learn.
fn twins(settings: &PlanSettings, sources: &[Source]) -> Vec<String> {
    let mut first: BTreeMap<[u8; 32], usize> = BTreeMap::new();
    let mut pairs = Vec::new();
    for (index, source) in sources
        .iter()
        .enumerate()
        .filter(|(_, source)| source.refused.is_none())
    {
        let twin = *first.entry(source.content).or_insert(index);
        if sources[twin].class != source.class {
            pairs.push((twin, index));
        }
    }
    let Some(&(a, b)) = pairs.first() else {
        return Vec::new();
    };
    let name = |s: usize| format!("{} ({})", sources[s].id, settings.classes[sources[s].class]);
    vec![format!(
        "{} sources hold the same as one of another class: {} and {}",
        pairs.len(),
        name(a),
        name(b)
    )]
}
