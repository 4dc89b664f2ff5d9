//! What has to hold for one plan.

use std::collections::{BTreeMap, BTreeSet};

use augment::corpus::Split;
use augment::plan::{Amount, Mixture, Place, Plan, PlanItem, Source, Target};
use proptest::prelude::*;

use crate::case::Case;

/// How often each source of `members` is used by a maker.
fn uses(plan: &Plan, members: &[usize], maker: usize) -> Vec<usize> {
    members
        .iter()
        .map(|&s| {
            let by = |item: &&PlanItem| item.source as usize == s && item.maker() == Some(maker);
            plan.items.iter().filter(by).count()
        })
        .collect()
}

/// All of a group is on one side: of train, of validation or of test.
pub fn check_groups(sources: &[Source], places: &[Place], groups: &[String]) -> Result<(), TestCaseError> {
    let mut sides: BTreeMap<&String, BTreeSet<Split>> = BTreeMap::new();
    let mut contents: BTreeMap<[u8; 32], BTreeSet<Split>> = BTreeMap::new();
    for ((source, place), group) in sources.iter().zip(places).zip(groups) {
        if let Place::In(split) = place {
            sides.entry(group).or_default().insert(*split);
            contents.entry(source.content).or_default().insert(*split);
        }
    }
    prop_assert!(sides.values().all(|splits| splits.len() == 1), "{sides:?}");
    prop_assert!(contents.values().all(|splits| splits.len() == 1), "{contents:?}");
    Ok(())
}

pub fn check_split(case: &Case, plan: &Plan) -> Result<(), TestCaseError> {
    check_groups(&case.sources, &plan.places, &plan.groups)?;
    let held: BTreeSet<&String> = plan
        .places
        .iter()
        .zip(&plan.groups)
        .filter(|(place, _)| !matches!(place, Place::In(Split::Train) | Place::Refused))
        .map(|(_, group)| group)
        .collect();
    for (s, source) in case.sources.iter().enumerate() {
        prop_assert_eq!(source.refused.is_some(), plan.places[s] == Place::Refused);
        if plan.places[s] == Place::In(Split::Train) {
            prop_assert!(
                !held.contains(&plan.groups[s]),
                "{} is of a held-out group",
                source.id
            );
        }
    }
    for (split, hold) in [
        (Split::Validation, &case.settings.split.validation),
        (Split::Test, &case.settings.split.test),
    ] {
        for class in 0..case.settings.classes.len() {
            let count = (0..case.sources.len())
                .filter(|&s| case.sources[s].class == class && plan.places[s] == Place::In(split))
                .count();
            if let Some(n) = hold.per_class {
                prop_assert_eq!(count, n);
            }
            if !hold.is_some() {
                prop_assert_eq!(count, 0);
            }
        }
    }
    Ok(())
}

pub fn check_items(case: &Case, plan: &Plan) -> Result<(), TestCaseError> {
    let mut seen = BTreeSet::new();
    for item in &plan.items {
        let s = item.source as usize;
        prop_assert!(
            seen.insert((item.source, item.maker, item.copy)),
            "{item:?} twice"
        );
        prop_assert_eq!(plan.places[s], Place::In(item.split));
        if let Some(maker) = item.maker() {
            prop_assert_eq!(item.split, Split::Train);
            prop_assert!(item.copy < case.makers[maker].draws);
            prop_assert!(!case.makers[maker].refuses(s, item.copy));
        }
    }
    prop_assert!(plan.items.is_sorted());
    for (s, place) in plan.places.iter().enumerate() {
        let originals = plan
            .items
            .iter()
            .filter(|i| i.source as usize == s && i.maker().is_none())
            .count();
        match place {
            Place::In(Split::Train) => prop_assert!(originals <= 1),
            Place::In(_) => prop_assert_eq!(originals, 1),
            _ => prop_assert_eq!(originals, 0),
        }
        if let Some(most) = case.settings.balance.max_per_source {
            let made = plan
                .items
                .iter()
                .filter(|i| i.source as usize == s && i.maker().is_some())
                .count();
            prop_assert!(made <= most as usize, "{made} of {most}");
        }
    }
    for refusal in plan
        .refused
        .iter()
        .filter_map(|r| r.draw.map(|draw| (r.source, draw)))
    {
        let (s, (maker, copy)) = refusal;
        prop_assert!(case.makers[maker].refuses(s, copy));
    }
    Ok(())
}

pub fn check_numbers(case: &Case, plan: &Plan) -> Result<(), TestCaseError> {
    let even = case.settings.balance.mixture == Mixture::Even;
    let mut shares = Vec::new();
    for (class, report) in plan.classes.iter().enumerate() {
        let members = case.in_train(plan, class);
        prop_assert_eq!(report.trainable, members.len());
        let of_class = |item: &&PlanItem| {
            item.split == Split::Train && case.sources[item.source as usize].class == class
        };
        let items: Vec<_> = plan.items.iter().filter(of_class).collect();
        let originals = items.iter().filter(|item| item.maker().is_none()).count();
        prop_assert_eq!(report.originals, originals);
        prop_assert_eq!(report.made_total(), items.len() - originals);
        prop_assert_eq!(items.len() + report.short(), report.wanted);
        let complains = plan
            .notes
            .iter()
            .any(|note| note.contains(&format!("{:?} is short", report.name)));
        prop_assert_eq!(report.short() > 0, complains);
        match &case.settings.balance.amount {
            Amount::TrainPerClass(target) => {
                if let Target::Number(n) = target {
                    prop_assert_eq!(report.wanted, *n);
                }
                check_shares(case, plan, &members, report.made.as_slice())?;
                check_short(case, plan, &members, report.short())?;
                shares.push((originals, report.wanted));
                if !even {
                    prop_assert_eq!(originals, members.len().min(report.wanted));
                }
            }
            Amount::Copies(copies) => {
                prop_assert_eq!(originals, members.len());
                for maker in 0..case.makers.len() {
                    prop_assert!(uses(plan, &members, maker).iter().all(|&n| n as u64 <= *copies));
                }
            }
        }
    }
    if even && let Amount::TrainPerClass(Target::Number(_)) = case.settings.balance.amount {
        prop_assert!(shares.windows(2).all(|pair| pair[0] == pair[1]), "{shares:?}");
    }
    Ok(())
}

/// Makers of one share that never run dry (and that the scarcest class does not limit) make the same within one; each uses its sources evenly.
fn check_shares(case: &Case, plan: &Plan, members: &[usize], made: &[usize]) -> Result<(), TestCaseError> {
    if case.settings.balance.max_per_source.is_some()
        || plan
            .notes
            .iter()
            .any(|note| note.contains("has no more") || note.contains("gets no more"))
    {
        return Ok(());
    }
    for (a, first) in case.makers.iter().enumerate() {
        for (b, second) in case.makers.iter().enumerate() {
            let (x, y) = (made[a] as f64 / first.share, made[b] as f64 / second.share);
            let unit = (1.0 / first.share).max(1.0 / second.share);
            prop_assert!((x - y).abs() <= unit + 1e-9, "{made:?}");
        }
        // A source whose own draws run out leaves the rest to others.
        let room = members.iter().all(|&s| {
            let free = (0..first.draws.min(64))
                .filter(|&copy| !first.refuses(s, copy))
                .count();
            free > made[a].div_ceil(members.len())
        });
        if room && first.refused < 4 {
            let counts = uses(plan, members, a);
            let (least, most) = (counts.iter().min(), counts.iter().max());
            prop_assert!(most.unwrap() - least.unwrap() <= 1, "{counts:?}");
        }
    }
    Ok(())
}

/// A class is short only when every maker is out of draws, or every source used as often as it may be.
fn check_short(case: &Case, plan: &Plan, members: &[usize], short: usize) -> Result<(), TestCaseError> {
    if short == 0 {
        return Ok(());
    }
    for &s in members {
        let made = plan
            .items
            .iter()
            .filter(|i| i.source as usize == s && i.maker().is_some())
            .count();
        if case
            .settings
            .balance
            .max_per_source
            .is_some_and(|most| made >= most as usize)
        {
            continue;
        }
        for (index, maker) in case.makers.iter().enumerate() {
            prop_assert!(
                maker.draws < u64::MAX || maker.refused > 0,
                "an endless maker ran dry"
            );
            if maker.draws <= 16 {
                let free = (0..maker.draws).filter(|&copy| !maker.refuses(s, copy)).count();
                prop_assert_eq!(uses(plan, &[s], index), vec![free]);
            }
        }
    }
    Ok(())
}
