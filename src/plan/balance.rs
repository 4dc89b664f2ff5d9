//! Balance: how many originals each class gives, and how many items are made to reach its number.

use std::collections::{BTreeMap, BTreeSet};

use super::deal::{Dealer, Uses, deal};
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
    let mut balance = Balance::default();
    match &settings.balance.amount {
        Amount::TrainPerClass(target) => to_target(settings, sources, &members, makers, target, &mut balance),
        Amount::Copies(copies) => by_copies(settings, &members, makers, *copies, &mut balance)?,
    }
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

fn to_target(
    settings: &PlanSettings,
    sources: &[Source],
    members: &[Vec<usize>],
    makers: &[&dyn Maker],
    target: &Target,
    balance: &mut Balance,
) {
    let wanted: Vec<usize> = members
        .iter()
        .zip(&settings.classes)
        .map(|(_, name)| number(target, members, name))
        .collect();
    let originals = originals(settings.balance.mixture, members, &wanted);
    let mut counts = vec![0u32; sources.len()];
    for (class, name) in settings.classes.iter().enumerate() {
        let all = &members[class];
        balance.items.extend(
            all.iter()
                .take(originals[class])
                .map(|&s| PlanItem::original(s, Split::Train)),
        );
        let mut dealers: Vec<Dealer> = makers
            .iter()
            .enumerate()
            .map(|(maker, with)| Dealer::new(settings.seed, maker, *with, sources, all))
            .collect();
        let most = settings.balance.max_per_source.unwrap_or(u32::MAX);
        let mut uses = Uses {
            counts: &mut counts,
            most,
        };
        let need = wanted[class] - originals[class];
        let (dealt, dry) = deal(makers, &mut dealers, need, &mut uses, &mut balance.refused);
        let mut report = ClassReport {
            name: name.clone(),
            trainable: all.len(),
            wanted: wanted[class],
            originals: originals[class],
            made: vec![0; makers.len()],
            ..ClassReport::default()
        };
        for (source, maker, copy) in dealt {
            report.made[maker] += 1;
            balance.items.push(PlanItem::made(source, maker, copy));
        }
        for maker in dry {
            balance.notes.push(format!(
                "class {name:?}: {:?} ran out of different draws after {} items{}",
                makers[maker].name(),
                report.made[maker],
                if report.short() == 0 {
                    "; the other transforms took over the rest"
                } else {
                    ""
                },
            ));
        }
        if report.short() > 0 {
            balance.notes.push(format!(
                "class {name:?} is short by {}: {} wanted, its {} sources give no more different draws",
                report.short(),
                report.wanted,
                all.len(),
            ));
        }
        balance.classes.push(report);
    }
}

fn number(target: &Target, members: &[Vec<usize>], class: &str) -> usize {
    let mut sizes: Vec<usize> = members.iter().map(Vec::len).collect();
    sizes.sort_unstable();
    match target {
        Target::Number(n) => *n,
        Target::Largest => sizes.last().copied().unwrap_or(0),
        Target::Smallest => sizes.first().copied().unwrap_or(0),
        Target::Median => sizes.get(sizes.len().saturating_sub(1) / 2).copied().unwrap_or(0),
        Target::PerClass(table) => table.get(class).copied().unwrap_or(0),
    }
}

/// How many originals each class gives.
fn originals(mixture: Mixture, members: &[Vec<usize>], wanted: &[usize]) -> Vec<usize> {
    let all = || members.iter().map(Vec::len).zip(wanted.iter().copied());
    match mixture {
        Mixture::Paper => all().map(|(have, wanted)| have.min(wanted)).collect(),
        Mixture::Even => {
            // The scarcest class sets the share for all; whole numbers, so that equal classes get equal counts.
            let scarcest = all()
                .filter(|&(_, wanted)| wanted > 0)
                .min_by(|a, b| (a.0 * b.1).cmp(&(b.0 * a.1)));
            match scarcest {
                Some((have, of)) if have < of => all().map(|(_, wanted)| wanted * have / of).collect(),
                _ => wanted.to_vec(),
            }
        }
    }
}

fn by_copies(
    settings: &PlanSettings,
    members: &[Vec<usize>],
    makers: &[&dyn Maker],
    copies: u64,
    balance: &mut Balance,
) -> Result<(), PlanError> {
    for maker in makers {
        // What a transform offers at best: single sources may have fewer draws, and are reported then.
        let distinct = members
            .iter()
            .flatten()
            .map(|&source| maker.distinct(source))
            .max()
            .unwrap_or(0);
        if copies > distinct {
            return Err(PlanError::Copies {
                copies,
                maker: maker.name().to_owned(),
                distinct,
            });
        }
    }
    let most = settings.balance.max_per_source.map_or(u64::MAX, u64::from);
    for (class, name) in settings.classes.iter().enumerate() {
        let all = &members[class];
        let mut made = vec![0; makers.len()];
        for &source in all {
            balance.items.push(PlanItem::original(source, Split::Train));
            let mut used = 0;
            for (maker, with) in makers.iter().enumerate() {
                let distinct = with.distinct(source);
                let mut got = 0;
                let mut copy = 0;
                // Refused draws are replaced by later ones as long as there are some.
                while got < copies && used < most && copy < distinct && copy < copies + 16 {
                    match with.check(source, copy) {
                        Ok(()) => {
                            balance.items.push(PlanItem::made(source, maker, copy));
                            (got, used) = (got + 1, used + 1);
                            made[maker] += 1;
                        }
                        Err(reason) => {
                            balance.refused.push(PlanRefusal {
                                source,
                                draw: Some((maker, copy)),
                                reason,
                            });
                        }
                    }
                    copy += 1;
                }
            }
        }
        let per_source = (copies.saturating_mul(makers.len() as u64)).min(most) as usize;
        let report = ClassReport {
            name: name.clone(),
            trainable: all.len(),
            wanted: all.len() * (1 + per_source),
            originals: all.len(),
            made,
            ..ClassReport::default()
        };
        if report.short() > 0 {
            balance.notes.push(format!(
                "class {name:?} is short by {}: refused draws had no replacement",
                report.short()
            ));
        }
        balance.classes.push(report);
    }
    Ok(())
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
