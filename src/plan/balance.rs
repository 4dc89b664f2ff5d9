//! Balance: how many originals each class gives, and how many items are made to reach its number.

use std::collections::{BTreeMap, BTreeSet};

use super::copies::by_copies;
use super::target::Stock;
use super::{Maker, Place, PlanError, PlanItem, PlanRefusal, PlanSettings, Source};
use crate::corpus::Split;
use crate::draw::rank;

/// The wanted size of the training classes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// This many.
    Number(usize),
    /// As many as the largest class has originals.
    Largest,
    /// As many as the smallest has.
    Smallest,
    /// The median of the classes' originals (the lower one of two).
    Median,
    /// A number for each class.
    PerClass(BTreeMap<String, usize>),
}

/// How much is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Amount {
    /// Every class is brought to a number.
    TrainPerClass(Target),
    /// Every transform is done so many times to each training source.
    Copies(u64),
}

/// How originals and made items are mixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mixture {
    /// Originals first, the rest is made: the paper's.
    #[default]
    Paper,
    /// The same share of originals and of each transform in every class.
    Even,
}

/// The recipe's `[balance]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BalanceSettings {
    /// How much.
    pub amount: Amount,
    /// Of what.
    pub mixture: Mixture,
    /// At most so many items are made from one source.
    pub max_per_source: Option<u32>,
    /// A class short of its number is no fault.
    pub accept_short: bool,
}

/// What a class gets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClassReport {
    /// The class.
    pub name: String,
    /// Its sources in the corpus.
    pub sources: usize,
    /// Of them, those that may be trained on.
    pub trainable: usize,
    /// Its training items that the recipe asks for.
    pub wanted: usize,
    /// Originals among them.
    pub originals: usize,
    /// Made items, one count a maker.
    pub made: Vec<usize>,
}

impl ClassReport {
    /// Made items of all makers.
    #[must_use]
    pub fn made_total(&self) -> usize {
        self.made.iter().sum()
    }

    /// Items that the plan can't provide.
    #[must_use]
    pub fn short(&self) -> usize {
        self.wanted.saturating_sub(self.originals + self.made_total())
    }

    /// Share of made items among the planned ones, 0 to 1.
    #[must_use]
    pub fn made_share(&self) -> f64 {
        let all = self.originals + self.made_total();
        if all == 0 {
            0.0
        } else {
            self.made_total() as f64 / all as f64
        }
    }
}

/// The training half of the plan.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Balance {
    /// Training items.
    pub items: Vec<PlanItem>,
    /// Draws that were refused on the way.
    pub refused: Vec<PlanRefusal>,
    /// One report a class.
    pub classes: Vec<ClassReport>,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// Difference of made shares between classes from which "was augmented" tells the class.
const TELLING: f64 = 0.30;

/// Plans the training items.
///
/// # Errors
/// [`PlanError::Copies`], [`PlanError::Empty`].
pub fn balance(
    settings: &PlanSettings,
    sources: &[Source],
    places: &[Place],
    makers: &[&dyn Maker],
) -> Result<Balance, PlanError> {
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); settings.classes.len()];
    for (index, source) in sources.iter().enumerate() {
        if places[index] == Place::In(Split::Train) {
            members[source.class].push(index);
        }
    }
    for class in &mut members {
        // Keyed rank: a larger number keeps the earlier choice.
        class.sort_by_cached_key(|&s| {
            (
                rank(settings.seed, &sources[s].id, "original"),
                sources[s].id.clone(),
            )
        });
    }
    for (class, name) in settings.classes.iter().enumerate() {
        if members[class].is_empty() {
            return Err(empty(name, class, sources, places));
        }
    }
    let mut balance = match &settings.balance.amount {
        Amount::TrainPerClass(target) => Stock {
            settings,
            sources,
            members: &members,
            makers,
        }
        .to_target(target),
        Amount::Copies(copies) => by_copies(settings, &members, makers, *copies)?,
    };
    for (report, class) in balance.classes.iter_mut().zip(0..) {
        report.sources = sources.iter().filter(|source| source.class == class).count();
    }
    warn_of_telling_mixture(&mut balance);
    Ok(balance)
}

fn empty(name: &str, class: usize, sources: &[Source], places: &[Place]) -> PlanError {
    let of_class = || {
        places
            .iter()
            .zip(sources)
            .filter(|(_, source)| source.class == class)
            .map(|(place, _)| place)
    };
    PlanError::Empty {
        class: name.to_owned(),
        total: of_class().count(),
        held: of_class()
            .filter(|place| !matches!(place, Place::Refused | Place::Cut))
            .count(),
        refused: of_class().filter(|place| matches!(place, Place::Refused)).count(),
    }
}

fn warn_of_telling_mixture(balance: &mut Balance) {
    let shares: BTreeSet<(u64, &str)> = balance
        .classes
        .iter()
        .filter(|class| class.originals + class.made_total() > 0)
        .map(|class| ((class.made_share() * 1e6) as u64, class.name.as_str()))
        .collect();
    let (Some(&(least, low)), Some(&(most, high))) = (shares.first(), shares.last()) else {
        return;
    };
    let (least, most) = (least as f64 / 1e6, most as f64 / 1e6);
    if most - least > TELLING {
        let note = format!(
            "{:.0} % of {high:?} is made, but {:.0} % of {low:?}: whether an item was augmented tells its class. \
             mixture = \"even\" gives every class the same share",
            most * 100.0,
            least * 100.0,
        );
        balance.notes.push(note);
    }
}
