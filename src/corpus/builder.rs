//! Gathers a listing: the first utterance of an id is kept, a second one is skipped with the reason.

use std::collections::HashMap;

use super::{Listing, Skipped, Utterance};

/// A listing in the making.
#[derive(Debug, Default)]
pub struct ListingBuilder {
    listing: Listing,
    /// Where each id was met first: a corpus-relative path or `file:line`.
    places: HashMap<String, String>,
}

impl ListingBuilder {
    /// Adds an utterance that was found at `place`, or a skipped entry where its id is taken.
    pub fn add(&mut self, utterance: Utterance, place: &str) {
        if let Some(first) = self.places.get(&utterance.id) {
            let reason = format!("the id `{}` is taken by {first}", utterance.id);
            self.skip(place, reason);
        } else {
            self.places.insert(utterance.id.clone(), place.to_owned());
            self.listing.utterances.push(utterance);
        }
    }

    /// Notes something that cannot be used.
    pub fn skip(&mut self, id: impl Into<String>, reason: impl Into<String>) {
        self.listing.skipped.push(Skipped {
            id: id.into(),
            reason: reason.into(),
        });
    }

    /// The listing, its utterances sorted by id.
    pub fn finish(mut self) -> Listing {
        self.listing.utterances.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        self.listing
    }
}
