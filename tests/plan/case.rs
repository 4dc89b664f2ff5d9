//! Corpora, settings and makers of all sorts.

use std::collections::BTreeMap;

use augment::corpus::Split;
use augment::draw::rank;
use augment::plan::{
    Amount, BalanceSettings, Hold, Maker, Mixture, Place, Plan, PlanError, PlanSettings, Source,
    SplitSettings, Target, plan,
};
use proptest::prelude::*;
use proptest::sample::select;

/// A maker with so many draws for a source, of which some are refused.
#[derive(Debug, Clone)]
pub struct Made {
    name: String,
    pub share: f64,
    /// `u64::MAX` for endless ones.
    pub draws: u64,
    /// Of 16 draws so many are refused.
    pub refused: u64,
    /// What the refusals depend on, as a transform's depend on the source's id.
    pub ids: Vec<String>,
}

impl Made {
    pub fn refuses(&self, source: usize, copy: u64) -> bool {
        rank(copy, &self.ids[source], &self.name) % 16 < self.refused
    }
}

impl Maker for Made {
    fn name(&self) -> &str {
        &self.name
    }

    fn share(&self) -> f64 {
        self.share
    }

    fn distinct(&self, _: usize) -> u64 {
        self.draws
    }

    fn check(&self, source: usize, copy: u64) -> Result<(), String> {
        assert!(copy < self.draws, "a draw beyond the last");
        if self.refuses(source, copy) {
            Err("refused".to_owned())
        } else {
            Ok(())
        }
    }
}

/// A corpus with makers and settings.
#[derive(Debug, Clone)]
pub struct Case {
    pub settings: PlanSettings,
    pub sources: Vec<Source>,
    pub makers: Vec<Made>,
}

impl Case {
    pub fn plan(&self) -> Result<Plan, PlanError> {
        let makers: Vec<&dyn Maker> = self.makers.iter().map(|maker| maker as &dyn Maker).collect();
        plan(&self.settings, &self.sources, &makers)
    }

    pub fn to(&self, number: usize) -> Self {
        let mut case = self.clone();
        case.settings.balance.amount = Amount::TrainPerClass(Target::Number(number));
        case
    }

    pub fn in_train(&self, plan: &Plan, class: usize) -> Vec<usize> {
        (0..self.sources.len())
            .filter(|&s| self.sources[s].class == class && plan.places[s] == Place::In(Split::Train))
            .collect()
    }
}

pub fn source(class: usize, index: usize, group: String, content: u8, refused: bool) -> Source {
    Source {
        id: format!("speaker/{index:03}"),
        class,
        group,
        content: [content; 32],
        split: None,
        refused: refused.then(|| "silent".to_owned()),
    }
}

/// Up to 40 sources: groups of several, twins with the same content, some unusable.
pub fn sources() -> impl Strategy<Value = (usize, Vec<Source>)> {
    (1usize..=4).prop_flat_map(|classes| {
        let one = (0..classes, 0u8..12, 0u8..120, 0u8..10);
        prop::collection::vec(one, classes * 3..40).prop_map(move |all| {
            let sources = all
                .into_iter()
                .enumerate()
                .map(|(index, (class, group, content, refused))| {
                    // Half of the groups are single utterances.
                    let group = if group < 6 {
                        format!("group {group}")
                    } else {
                        format!("single {index}")
                    };
                    // Below 30 the content is shared by chance, above it is the source's own.
                    let content = if content < 30 { content } else { 100 + index as u8 };
                    // The first of each class is always usable.
                    source(
                        if index < classes { index } else { class },
                        index,
                        group,
                        content,
                        refused == 0 && index >= classes,
                    )
                })
                .collect::<Vec<_>>();
            (classes, sources)
        })
    })
}

fn makers(sources: &[Source]) -> impl Strategy<Value = Vec<Made>> + use<> {
    let ids: Vec<String> = sources.iter().map(|source| source.id.clone()).collect();
    let draws = prop_oneof![Just(u64::MAX), 1u64..6, Just(40)];
    let one = (draws, 0u64..8, select(vec![1.0, 1.0, 1.0, 2.0, 0.5]));
    prop::collection::vec(one, 0..5).prop_map(move |all| {
        all.into_iter()
            .enumerate()
            .map(|(index, (draws, refused, share))| Made {
                name: format!("maker-{index}"),
                share,
                draws,
                refused,
                ids: ids.clone(),
            })
            .collect()
    })
}

fn hold() -> impl Strategy<Value = Hold> {
    prop_oneof![
        3 => Just(Hold::default()),
        2 => (1usize..4).prop_map(|n| Hold { per_class: Some(n), ..Hold::default() }),
        1 => (0.05..0.5).prop_map(|share| Hold { share: Some(share), ..Hold::default() }),
    ]
}

fn amount() -> impl Strategy<Value = Amount> {
    prop_oneof![
        4 => (1usize..60).prop_map(|n| Amount::TrainPerClass(Target::Number(n))),
        1 => select(vec![Target::Largest, Target::Smallest, Target::Median]).prop_map(Amount::TrainPerClass),
        1 => (1u64..4).prop_map(Amount::Copies),
    ]
}

pub fn case() -> impl Strategy<Value = Case> {
    let balance = (
        amount(),
        select(vec![Mixture::Paper, Mixture::Even]),
        prop_oneof![2 => Just(None), 1 => (1u32..6).prop_map(Some)],
    );
    (sources(), any::<u64>(), hold(), hold(), balance)
        .prop_flat_map(
            |((classes, sources), seed, validation, test, (amount, mixture, max_per_source))| {
                let settings = PlanSettings {
                    seed,
                    classes: (0..classes).map(|class| format!("class {class}")).collect(),
                    keep: BTreeMap::new(),
                    split: SplitSettings {
                        validation,
                        test,
                        from: None,
                    },
                    balance: BalanceSettings {
                        mixture: if matches!(amount, Amount::Copies(_)) {
                            Mixture::Paper
                        } else {
                            mixture
                        },
                        amount,
                        max_per_source,
                        accept_short: false,
                    },
                };
                (Just(settings), makers(&sources), Just(sources))
            },
        )
        .prop_map(|(settings, makers, sources)| Case {
            settings,
            sources,
            makers,
        })
}
