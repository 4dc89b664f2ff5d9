//! The split: which sources may be trained on, which are held out, and which are neither.

use std::collections::BTreeMap;

use super::hold::Pool;
use super::{Groups, Hold, PlanError, PlanRefusal, PlanSettings, Source};
use crate::corpus::Split;
use crate::draw::rank;

/// What became of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In this split.
    In(Split),
    /// Its group is held out, but the split has its number without it.
    HeldOut,
    /// Left out by `keep`.
    Cut,
    /// Can't be used.
    Refused,
}

/// The recipe's `[split]`, apart from `group_by`, which decided the group names.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SplitSettings {
    /// How validation is chosen.
    pub validation: Hold,
    /// How test is chosen.
    pub test: Hold,
    /// Another dataset's split by source id; what it doesn't name is in no split here.
    pub from: Option<BTreeMap<String, Split>>,
}

/// The places of all sources.
#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    /// One a source.
    pub places: Vec<Place>,
    /// The name of each source's group.
    pub groups: Vec<String>,
    /// Sources that would have leaked.
    pub refused: Vec<PlanRefusal>,
}

/// Places every source.
///
/// # Errors
/// [`PlanError::Short`], [`PlanError::Given`], [`PlanError::UnknownGroup`].
pub fn place(settings: &PlanSettings, sources: &[Source]) -> Result<Placement, PlanError> {
    let groups = Groups::new(sources);
    let mut places: Vec<Option<Place>> = sources
        .iter()
        .map(|source| source.refused.as_ref().map(|_| Place::Refused))
        .collect();
    cut(settings, sources, &mut places);
    match &settings.split.from {
        Some(from) => {
            for (place, source) in places.iter_mut().zip(sources) {
                if place.is_none() {
                    *place = Some(
                        from.get(&source.id)
                            .map_or(Place::HeldOut, |&split| Place::In(split)),
                    );
                }
            }
        }
        None => {
            for (place, source) in places.iter_mut().zip(sources) {
                if place.is_none() {
                    *place = source.split.filter(|&split| split != Split::Train).map(Place::In);
                }
            }
        }
    }
    let mut refused = guard(sources, &groups, &mut places);
    let open: Vec<bool> = places.iter().map(Option::is_none).collect();
    for (split, hold) in [
        (Split::Validation, &settings.split.validation),
        (Split::Test, &settings.split.test),
    ] {
        if !hold.is_some() {
            continue;
        }
        if places.contains(&Some(Place::In(split))) {
            return Err(PlanError::Given { split: split.name() });
        }
        let free: Vec<bool> = places.iter().map(Option::is_none).collect();
        let pool = Pool {
            seed: settings.seed,
            classes: &settings.classes,
            sources,
            groups: &groups,
            free: &free,
            open: &open,
        };
        let held = pool.hold(split.name(), hold)?;
        for group in held.groups {
            for &source in &groups.members[group] {
                places[source].get_or_insert(Place::HeldOut);
            }
        }
        for source in held.chosen {
            places[source] = Some(Place::In(split));
        }
    }
    refused.sort_by_key(|refusal| refusal.source);
    let places = places
        .into_iter()
        .map(|place| place.unwrap_or(Place::In(Split::Train)))
        .collect();
    let groups = groups
        .of
        .iter()
        .map(|&group| groups.name(group).to_owned())
        .collect();
    Ok(Placement {
        places,
        groups,
        refused,
    })
}

/// `keep`: the first N usable sources of a class by keyed order stay.
fn cut(settings: &PlanSettings, sources: &[Source], places: &mut [Option<Place>]) {
    for (class, name) in settings.classes.iter().enumerate() {
        let Some(&keep) = settings.keep.get(name) else {
            continue;
        };
        let mut usable: Vec<usize> = (0..sources.len())
            .filter(|&s| sources[s].class == class && places[s].is_none())
            .collect();
        usable.sort_by_cached_key(|&s| (rank(settings.seed, &sources[s].id, "keep"), sources[s].id.clone()));
        for &source in usable.iter().skip(keep) {
            places[source] = Some(Place::Cut);
        }
    }
}

/// A split that is given (by the corpus or another dataset) is taken as it is, but a training source whose group
/// or twin is held out must not be trained on.
fn guard(sources: &[Source], groups: &Groups, places: &mut [Option<Place>]) -> Vec<PlanRefusal> {
    let mut held: Vec<Option<(usize, Split)>> = vec![None; groups.members.len()];
    for (source, place) in places.iter().enumerate() {
        if let Some(Place::In(split)) = place
            && *split != Split::Train
        {
            held[groups.of[source]].get_or_insert((source, *split));
        }
    }
    let mut refused = Vec::new();
    for (source, place) in places.iter_mut().enumerate() {
        let trained = matches!(place, None | Some(Place::In(Split::Train)));
        if let (true, Some((other, split))) = (trained, held[groups.of[source]]) {
            let other = &sources[other];
            let why = if other.content == sources[source].content {
                "holds the same as"
            } else {
                "is of one group with"
            };
            let reason = format!(
                "{why} {} in {}: training on it would leak",
                other.id,
                split.name()
            );
            *place = Some(Place::Refused);
            refused.push(PlanRefusal {
                source,
                draw: None,
                reason,
            });
        }
    }
    refused
}
