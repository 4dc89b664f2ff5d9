//! Chains of hops: all open requests advance together, one batch a hop.

use std::collections::BTreeMap;
use std::path::Path;

use super::cache::{Cache, Key};
use super::error::BackendError;
use super::memory::Failures;
use super::usable::usable;
use super::{Answer, Backend, Pair};
use crate::run::interrupt::Interrupt;
use crate::text::candidate;
use crate::text::models::{BackTranslator, Request, RoundError};

/// A backend, the chains that are made of its hops, and what is known of them.
#[derive(Debug)]
pub struct Chains {
    chains: Vec<Vec<String>>,
    backend: Box<dyn Backend>,
    hops: Vec<Hop>,
    failures: Failures,
    budget: Option<u64>,
    sent: u64,
}

/// A hop and what it has translated.
#[derive(Debug)]
struct Hop {
    pair: Pair,
    identity: [u8; 32],
    /// For keys: the identity and what else translations depend on.
    salt: [u8; 32],
    cache: Cache,
}

impl Hop {
    fn key(&self, text: &str) -> Key {
        let mut hasher = blake3::Hasher::new_keyed(&self.salt);
        hasher.update(text.as_bytes());
        let mut key = [0; 16];
        key.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        key
    }

    /// What is known about a text.
    fn known(&mut self, key: &Key, failures: &Failures) -> Answer {
        if let Some(reason) = failures.get(key) {
            return Err(reason.to_owned());
        }
        self.cache
            .get(key)
            .ok_or_else(|| "its translation is no longer there".to_owned())
    }
}

impl Chains {
    /// Puts chains over a backend and reads what earlier runs have translated. `name` is the backend's in names of
    /// folders below `cache`; `budget` is the number of characters that may be sent where they cost.
    ///
    /// # Errors
    /// [`BackendError::Cache`].
    pub fn new(
        chains: &[Vec<String>],
        backend: Box<dyn Backend>,
        (name, cache): (&str, &Path),
        budget: Option<u64>,
    ) -> Result<Self, BackendError> {
        let mut hops = Vec::new();
        for pair in Pair::of_chains(chains) {
            let identity = backend.identity(&pair);
            let mut hasher = blake3::Hasher::new();
            for part in [name, &pair.source, &pair.target, &backend.surroundings()] {
                hasher.update(&(part.len() as u64).to_le_bytes());
                hasher.update(part.as_bytes());
            }
            hasher.update(&identity);
            let salt = *hasher.finalize().as_bytes();
            let hash = blake3::Hash::from_bytes(salt).to_hex();
            let folder = format!("{name}-{}-{}-{}", pair.source, pair.target, &hash[..16]);
            hops.push(Hop {
                cache: Cache::open(&cache.join(folder), backend.bills())?,
                pair,
                identity,
                salt,
            });
        }
        Ok(Chains {
            chains: chains.to_vec(),
            backend,
            hops,
            failures: Failures::default(),
            budget,
            sent: 0,
        })
    }

    /// Hash of the backend's hops, for fingerprints.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        for hop in &self.hops {
            for part in [&hop.pair.source, &hop.pair.target] {
                hasher.update(&(part.len() as u64).to_le_bytes());
                hasher.update(part.as_bytes());
            }
            hasher.update(&hop.identity);
        }
        *hasher.finalize().as_bytes()
    }

    /// What the user should know: damaged parts of the cache.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        self.hops
            .iter()
            .flat_map(|hop| hop.cache.notes())
            .cloned()
            .collect()
    }

    /// Why texts were not translated in this run, with how many texts each reason is about, most first. At most 20
    /// reasons, each of at most 301 characters.
    #[must_use]
    pub fn failures(&self) -> Vec<(String, usize)> {
        self.failures.reasons()
    }

    /// Characters that were sent to a service that counts them.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Translates texts by one hop, each once whoever asks and whenever.
    fn hop(&mut self, hop: usize, texts: &[&str], interrupt: &Interrupt) -> Result<Vec<Answer>, RoundError> {
        let Some(hop) = self.hops.get_mut(hop) else {
            return Err(RoundError::Translator("found a hop of no chain".to_owned()));
        };
        let keys: Vec<Key> = texts.iter().map(|text| hop.key(text)).collect();
        let mut open: Vec<(&str, Key)> = texts
            .iter()
            .copied()
            .zip(keys.iter().copied())
            .filter(|(_, key)| !hop.cache.has(key) && self.failures.get(key).is_none())
            .collect();
        open.sort_unstable();
        open.dedup();
        let fitting = if self.backend.bills() {
            let left = self.budget.map(|budget| budget.saturating_sub(self.sent));
            let (count, characters) = fitting(open.iter().map(|(text, _)| *text), left);
            if count > 0 {
                self.backend.ready(interrupt)?;
            }
            self.sent += characters;
            count
        } else {
            open.len()
        };
        let (now, later) = open.split_at(fitting);
        if !now.is_empty() {
            let asked: Vec<&str> = now.iter().map(|(text, _)| *text).collect();
            let (cache, failures) = (&mut hop.cache, &mut self.failures);
            self.backend
                .translate(&hop.pair, &asked, interrupt, &mut |answers| {
                    let mut kept = Vec::with_capacity(answers.len());
                    for (at, answer) in answers {
                        let Some((_, key)) = now.get(*at) else { continue };
                        match answer {
                            Ok(best) if best.is_empty() => failures.add(*key, "there is no translation"),
                            Ok(best) => kept.push((*key, best.as_slice())),
                            Err(reason) => failures.add(*key, reason),
                        }
                    }
                    Ok(cache.put(kept.into_iter())?)
                })?;
        }
        if !later.is_empty() {
            return Err(RoundError::Quota(format!(
                "[text.translate] budget_characters = {} of this run is used up: {} characters were sent; all \
                 translations are kept\nhint: run the same command again to go on, or raise budget_characters",
                self.budget.unwrap_or_default(),
                self.sent,
            )));
        }
        Ok(keys.iter().map(|key| hop.known(key, &self.failures)).collect())
    }
}

/// How many of the texts fit into what is left, and their characters.
fn fitting<'a>(texts: impl Iterator<Item = &'a str>, left: Option<u64>) -> (usize, u64) {
    let (mut count, mut sum) = (0, 0);
    for text in texts {
        let characters = text.chars().count() as u64;
        if left.is_some_and(|left| sum + characters > left) {
            break;
        }
        sum += characters;
        count += 1;
    }
    (count, sum)
}

/// The translation of a rank, if there is one.
fn ranked(best: Vec<String>, rank: usize) -> Result<String, String> {
    let count = best.len();
    best.into_iter()
        .nth(rank)
        .ok_or_else(|| format!("has no more than {count} translations"))
}

impl BackTranslator for Chains {
    fn translate(
        &mut self,
        requests: &[Request],
        interrupt: &Interrupt,
    ) -> Result<Vec<Result<Vec<candidate::Hop>, String>>, RoundError> {
        let count = self.chains.len().max(1) as u64;
        // Chains in turn, then the next best of the last hop.
        let ways: Vec<(usize, usize)> = requests
            .iter()
            .map(|request| {
                let rank = usize::try_from(request.number / count).unwrap_or(usize::MAX);
                ((request.number % count) as usize, rank)
            })
            .collect();
        let mut done: Vec<Result<Vec<candidate::Hop>, String>> = requests
            .iter()
            .zip(&ways)
            .map(|(request, &(_, rank))| {
                if rank >= self.backend.most() {
                    return Err(format!("has no more than {} translations", self.backend.most()));
                }
                if request.text.trim().is_empty() {
                    return Err("is empty".to_owned());
                }
                Ok(Vec::new())
            })
            .collect();
        let steps = self
            .chains
            .iter()
            .map(|chain| chain.len().saturating_sub(1))
            .max();
        for step in 0..steps.unwrap_or(0) {
            let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
            for (at, &(chain, _)) in ways.iter().enumerate() {
                let pair = self
                    .chains
                    .get(chain)
                    .and_then(|chain| chain.windows(2).nth(step));
                if let (Ok(_), Some([source, target])) = (&done[at], pair) {
                    let hop = self
                        .hops
                        .iter()
                        .position(|hop| hop.pair.source == *source && hop.pair.target == *target);
                    groups.entry(hop.unwrap_or(usize::MAX)).or_default().push(at);
                }
            }
            for (hop, members) in groups {
                let texts: Vec<String> = members
                    .iter()
                    .map(|&at| match &done[at] {
                        Ok(hops) => hops
                            .last()
                            .map_or(requests[at].text.clone(), |hop| hop.text.clone()),
                        Err(_) => String::new(),
                    })
                    .collect();
                let shown: Vec<&str> = texts.iter().map(String::as_str).collect();
                let answers = self.hop(hop, &shown, interrupt)?;
                for ((at, text), answer) in members.into_iter().zip(&texts).zip(answers) {
                    let (chain, rank) = ways[at];
                    let last = step + 2 == self.chains[chain].len();
                    let language = self.hops[hop].pair.target.clone();
                    let found = answer.and_then(|best| ranked(best, if last { rank } else { 0 }));
                    let found = found.and_then(|found| {
                        usable(text, &found).inspect_err(|reason| {
                            self.failures.add_useless(self.hops[hop].key(text), reason);
                        })
                    });
                    match found {
                        Ok(text) => {
                            if let Ok(hops) = &mut done[at] {
                                hops.push(candidate::Hop { language, text });
                            }
                        }
                        Err(reason) => done[at] = Err(reason),
                    }
                }
            }
        }
        Ok(done)
    }
}

#[cfg(test)]
mod tests;
