//! What holds for every plan, whatever the corpus and the ways of making more of it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at what it did not expect"
)]

mod case;
mod checks;

use std::collections::{BTreeMap, BTreeSet};

use augment::corpus::Split;
use augment::plan::{
    Amount, BalanceSettings, Hold, Mixture, Place, Plan, PlanError, PlanItem, PlanSettings, SplitSettings,
    place,
};
use proptest::prelude::*;

use crate::case::{case, source, sources};
use crate::checks::{check_groups, check_items, check_numbers, check_split};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn a_plan_keeps_its_promises(case in case()) {
        let plan = match case.plan() {
            Ok(plan) => plan,
            Err(PlanError::Short { class, wanted, found, .. }) => {
                prop_assert!(found < wanted);
                let class = case.settings.classes.iter().position(|name| *name == class).unwrap();
                let usable = case.sources.iter().filter(|s| s.class == class && s.refused.is_none()).count();
                prop_assert!(found <= usable);
                return Ok(());
            }
            Err(PlanError::Empty { class, .. }) => {
                prop_assert!(case.settings.classes.contains(&class));
                return Ok(());
            }
            Err(PlanError::Copies { copies, distinct, .. }) => {
                prop_assert!(copies > distinct);
                return Ok(());
            }
            Err(other) => panic!("{other}"),
        };
        check_split(&case, &plan)?;
        check_items(&case, &plan)?;
        check_numbers(&case, &plan)?;
        prop_assert_eq!(&case.plan().unwrap(), &plan);
    }

    #[test]
    fn a_larger_number_keeps_all_earlier_items(case in case(), number in 1usize..50, more in 1usize..30) {
        // Under an even mixture a transform that runs out of draws in one class gives way in all of them.
        let mut case = case;
        case.settings.balance.mixture = Mixture::Paper;
        if let (Ok(few), Ok(many)) = (case.to(number).plan(), case.to(number + more).plan()) {
            let many: BTreeSet<_> = many.items.into_iter().collect();
            prop_assert!(few.items.iter().all(|item| many.contains(item)));
        }
    }

    /// The draws of a source are the first ones of its own, however many others there are.
    #[test]
    fn another_source_leaves_the_draws_of_the_others(case in case(), class in 0usize..4) {
        let mut case = case.to(50);
        case.settings.split = SplitSettings::default();
        // Under an even mixture every class depends on the scarcest one.
        case.settings.balance.mixture = Mixture::Paper;
        case.settings.balance.max_per_source = None;
        let class = class % case.settings.classes.len();
        let mut grown = case.clone();
        let index = grown.sources.len();
        grown.sources.push(source(class, index, "single new".to_owned(), 255, false));
        for maker in &mut grown.makers {
            maker.ids.push(grown.sources[index].id.clone());
        }
        let (before, after) = (case.plan().unwrap(), grown.plan().unwrap());
        let copies = |plan: &Plan, source: usize, maker: usize| -> Vec<u64> {
            let of = |item: &&PlanItem| item.source as usize == source && item.maker() == Some(maker);
            plan.items.iter().filter(of).map(|item| item.copy).collect()
        };
        for (s, source) in case.sources.iter().enumerate() {
            for maker in 0..case.makers.len() {
                let (a, b) = (copies(&before, s, maker), copies(&after, s, maker));
                let common = a.len().min(b.len());
                prop_assert_eq!(&a[..common], &b[..common]);
                if source.class != class {
                    prop_assert_eq!(a, b);
                }
            }
        }
    }

    /// A split that the corpus gives is kept, but nothing is made of what is held out, nor of its group or twins.
    #[test]
    fn a_given_split_does_not_leak(
        case in case(), given in prop::collection::vec(0..6, 40), taken_over in any::<bool>(),
    ) {
        let mut case = case.to(20);
        case.settings.split = SplitSettings::default();
        let split = |index: usize| match given[index % given.len()] {
            0 => Some(Split::Validation),
            1 => Some(Split::Test),
            2 => Some(Split::Train),
            _ => None,
        };
        if taken_over {
            let known = case.sources.iter().enumerate();
            case.settings.split.from =
                Some(known.filter_map(|(index, s)| Some((s.id.clone(), split(index)?))).collect());
        } else {
            case.sources.iter_mut().enumerate().for_each(|(index, s)| s.split = split(index));
        }
        let placement = place(&case.settings, &case.sources).unwrap();
        for (index, source) in case.sources.iter().enumerate() {
            let expected: &[Place] = match split(index) {
                _ if source.refused.is_some() => &[Place::Refused],
                Some(held) if held != Split::Train => &[Place::In(held)],
                None if taken_over => &[Place::HeldOut],
                _ => &[Place::In(Split::Train), Place::Refused],
            };
            prop_assert!(expected.contains(&placement.places[index]), "{:?}", placement.places[index]);
        }
        let held = |place: &Place| matches!(place, Place::In(split) if *split != Split::Train);
        for (a, source) in case.sources.iter().enumerate() {
            if placement.places[a] == Place::In(Split::Train) {
                for (b, other) in case.sources.iter().enumerate().filter(|&(b, _)| held(&placement.places[b])) {
                    prop_assert_ne!(&placement.groups[a], &placement.groups[b]);
                    prop_assert_ne!(source.content, other.content);
                }
            }
        }
        if let Ok(plan) = case.plan() {
            check_items(&case, &plan)?;
        }
    }

    #[test]
    fn folds_hold_out_everything_once((classes, sources) in sources(), seed in any::<u64>(), folds in 2usize..6) {
        let mut times = vec![[0usize; 2]; sources.len()];
        for fold in 0..folds {
            let test = (fold + 1) % folds;
            let hold = |fold| Hold { fold: Some((folds, fold)), ..Hold::default() };
            let settings = PlanSettings {
                seed,
                classes: (0..classes).map(|class| format!("class {class}")).collect(),
                keep: BTreeMap::new(),
                split: SplitSettings { validation: hold(fold), test: hold(test), from: None },
                balance: BalanceSettings {
                    amount: Amount::Copies(1),
                    mixture: Mixture::Paper,
                    max_per_source: None,
                    accept_short: false,
                },
            };
            let split = place(&settings, &sources).unwrap();
            for (count, place) in times.iter_mut().zip(&split.places) {
                match place {
                    Place::In(Split::Validation) => count[0] += 1,
                    Place::In(Split::Test) => count[1] += 1,
                    _ => {}
                }
            }
            check_groups(&sources, &split.places, &split.groups)?;
        }
        for (source, count) in sources.iter().zip(times) {
            let once = usize::from(source.refused.is_none());
            prop_assert_eq!(count, [once, once], "{}", source.id);
        }
    }
}
