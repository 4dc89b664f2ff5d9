//! `train_per_class`: every class brought to its number.

use super::deal::{Dealer, Uses, deal};
use super::{Balance, ClassReport, Maker, Mixture, PlanItem, PlanSettings, Source, Target};
use crate::corpus::Split;

/// What the training items are planned from.
pub(super) struct Stock<'a> {
    pub settings: &'a PlanSettings,
    pub sources: &'a [Source],
    /// Training sources of each class, by keyed rank.
    pub members: &'a [Vec<usize>],
    pub makers: &'a [&'a dyn Maker],
}

/// The largest share of a class's made items that a maker may have, as (numerator, denominator).
type Cap = Option<(usize, usize)>;

impl Stock<'_> {
    pub fn to_target(&self, target: &Target) -> Balance {
        let wanted: Vec<usize> = self
            .settings
            .classes
            .iter()
            .map(|class| number(target, self.members, class))
            .collect();
        let originals = originals(self.settings.balance.mixture, self.members, &wanted);
        let mut caps: Vec<Cap> = vec![None; self.makers.len()];
        let (mut balance, mut dry) = self.deal(&wanted, &originals, &caps);
        if self.settings.balance.mixture == Mixture::Paper {
            return balance;
        }
        // Each turn caps one more maker, so there are at most as many turns as makers.
        while let Some((maker, cap)) = (0..caps.len())
            .filter(|&maker| caps[maker].is_none() && dry[maker])
            .find_map(|maker| Some((maker, scarcest(maker, &balance.classes)?)))
        {
            caps[maker] = Some(cap);
            let (next, next_dry) = self.deal(&wanted, &originals, &caps);
            if shortage(&next) > shortage(&balance) {
                // Reaching the number comes before the same share.
                caps[maker] = None;
                break;
            }
            (balance, dry) = (next, next_dry);
        }
        balance.notes.extend(
            caps.iter()
                .enumerate()
                .filter_map(|(maker, cap)| self.capped(maker, *cap)),
        );
        balance
    }

    /// Deals once; also tells which makers ran dry in some class.
    fn deal(&self, wanted: &[usize], originals: &[usize], caps: &[Cap]) -> (Balance, Vec<bool>) {
        let mut balance = Balance::default();
        let mut counts = vec![0u32; self.sources.len()];
        let mut any_dry = vec![false; self.makers.len()];
        for (class, name) in self.settings.classes.iter().enumerate() {
            let all = &self.members[class];
            let need = wanted[class] - originals[class];
            balance.items.extend(
                all.iter()
                    .take(originals[class])
                    .map(|&s| PlanItem::original(s, Split::Train)),
            );
            let mut dealers: Vec<Dealer> = self
                .makers
                .iter()
                .enumerate()
                .map(|(maker, with)| Dealer::new(self.settings.seed, maker, *with, self.sources, all))
                .collect();
            let most = self.settings.balance.max_per_source.unwrap_or(u32::MAX);
            let mut uses = Uses {
                counts: &mut counts,
                most,
            };
            let most_each: Vec<usize> = caps
                .iter()
                .map(|cap| cap.map_or(usize::MAX, |(part, of)| need * part / of))
                .collect();
            let (dealt, dry) = deal(
                self.makers,
                &mut dealers,
                need,
                &most_each,
                &mut uses,
                &mut balance.refused,
            );
            let mut report = ClassReport {
                name: name.clone(),
                trainable: all.len(),
                wanted: wanted[class],
                originals: originals[class],
                made: vec![0; self.makers.len()],
                ..ClassReport::default()
            };
            for (source, maker, copy) in dealt {
                report.made[maker] += 1;
                balance.items.push(PlanItem::made(source, maker, copy));
            }
            for &maker in &dry {
                any_dry[maker] = true;
                balance.notes.push(self.ran_dry(maker, &report));
            }
            if report.short() > 0 && self.makers.is_empty() {
                let (short, have) = (report.short(), all.len());
                balance.notes.push(format!(
                    "class {name:?} is short by {short}: it has {have} sources, and no transform makes more"
                ));
            } else if report.short() > 0 {
                balance.notes.push(format!(
                    "class {name:?} is short by {}: {} wanted, its {} sources give no more {}",
                    report.short(),
                    report.wanted,
                    all.len(),
                    self.limit(),
                ));
            }
            balance.classes.push(report);
        }
        (balance, any_dry)
    }

    fn capped(&self, maker: usize, cap: Cap) -> Option<String> {
        let (part, of) = cap?;
        let (name, percent) = (self.makers[maker].name(), 100.0 * part as f64 / of as f64);
        Some(format!(
            "{name:?} has different draws for {percent:.0} % of what is made of the scarcest class, and gets no more in the others"
        ))
    }

    /// What makes a maker run dry.
    fn limit(&self) -> String {
        match self.settings.balance.max_per_source {
            None => "different draws".to_owned(),
            Some(most) => format!("different draws within max_per_source = {most}"),
        }
    }

    fn ran_dry(&self, maker: usize, report: &ClassReport) -> String {
        let (class, name, made) = (&report.name, self.makers[maker].name(), report.made[maker]);
        let rest = if report.short() == 0 {
            "; the other transforms took over the rest"
        } else {
            ""
        };
        format!(
            "class {class:?}: {name:?} has no more {} after {made} items{rest}",
            self.limit()
        )
    }
}

/// Items that are missing in all classes together.
fn shortage(balance: &Balance) -> usize {
    balance.classes.iter().map(ClassReport::short).sum()
}

/// The share of a maker in the class where it is smallest; `None` if all classes have the same. A class that is
/// short got all there is of every maker, which sets no measure for the others.
fn scarcest(maker: usize, classes: &[ClassReport]) -> Option<(usize, usize)> {
    let shares = || {
        classes
            .iter()
            .filter(|c| c.short() == 0)
            .map(|c| (c.made[maker], c.wanted - c.originals))
            .filter(|&(_, need)| need > 0)
    };
    let least = shares().min_by(|a, b| (a.0 * b.1).cmp(&(b.0 * a.1)))?;
    shares()
        .any(|(made, need)| made > need * least.0 / least.1)
        .then_some(least)
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
