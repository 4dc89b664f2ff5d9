//! What translations will cost: characters, before any is sent.

/// What a run is expected to do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected<'a> {
    /// Candidates that will be decided.
    pub candidates: u64,
    /// Different sentences that they are made of.
    pub sources: u64,
    /// Characters of such a sentence, on average.
    pub mean_characters: f64,
    /// Attempts of each candidate, at most.
    pub attempts: u32,
    /// The share of attempts that translate.
    pub p_backtranslate: f64,
    /// The chains, from language to language.
    pub chains: &'a [Vec<String>],
    /// Price of a million characters, in whatever currency the user counts.
    pub price_per_million: Option<f64>,
}

/// What that comes to. Every hop is taken to be as long as the sentence, and nothing to be in the cache.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Cost {
    /// Sentences that go through a whole chain, as expected.
    pub translations: u64,
    /// Characters sent over all hops, as expected: half of the attempts pass.
    pub characters: u64,
    /// Characters sent if no attempt passes.
    pub at_most: u64,
    /// The price of [`Cost::characters`].
    pub price: Option<f64>,
    /// The price of [`Cost::at_most`].
    pub price_at_most: Option<f64>,
}

/// The share of attempts that pass the gate, for the expectation: one-word fills pass in 55 of 100 (all-MiniLM-L6-v2,
/// threshold 0.9); no figure is known for translations in general.
const PASS: f64 = 0.5;

/// Estimates what translations cost. A service gives one translation of a text by each chain, so a sentence costs each
/// chain once at most, however many of its candidates and attempts ask.
#[must_use]
pub fn estimate(expected: &Expected<'_>) -> Cost {
    let chains = expected.chains.len() as f64;
    if expected.sources == 0 || chains < 1.0 {
        return Cost {
            translations: 0,
            characters: 0,
            at_most: 0,
            price: expected.price_per_million.map(|_| 0.0),
            price_at_most: expected.price_per_million.map(|_| 0.0),
        };
    }
    let hops: usize = expected
        .chains
        .iter()
        .map(|chain| chain.len().saturating_sub(1))
        .sum();
    let sources = expected.sources as f64;
    let copies = expected.candidates as f64 / sources;
    let p = expected.p_backtranslate.clamp(0.0, 1.0);
    // The mean number of attempts until one passes, out of so many at most.
    let tried = (1.0 - (1.0 - PASS).powf(f64::from(expected.attempts))) / PASS;
    let likely = (copies * tried * p).min(chains);
    let most = if p > 0.0 {
        (copies * f64::from(expected.attempts)).min(chains)
    } else {
        0.0
    };
    let characters = |each: f64| sources * each / chains * hops as f64 * expected.mean_characters.max(0.0);
    let price = |characters: f64| expected.price_per_million.map(|price| characters / 1e6 * price);
    Cost {
        translations: (sources * likely).round() as u64,
        characters: characters(likely).round() as u64,
        at_most: characters(most).ceil() as u64,
        price: price(characters(likely)),
        price_at_most: price(characters(most)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(codes: &[&str]) -> Vec<String> {
        codes.iter().map(|&code| code.to_owned()).collect()
    }

    #[test]
    fn a_chain_costs_a_sentence_once() {
        let chains = [chain(&["en", "fr", "de", "tr", "en"])];
        let expected = Expected {
            candidates: 5_000,
            sources: 1_000,
            mean_characters: 70.0,
            attempts: 10,
            p_backtranslate: 0.5,
            chains: &chains,
            price_per_million: Some(20.0),
        };
        let cost = estimate(&expected);
        assert_eq!((cost.translations, cost.characters), (1_000, 1_000 * 4 * 70));
        assert_eq!(cost.at_most, cost.characters);
        assert!((cost.price.unwrap() - 5.6).abs() < 1e-9);
        // With one attempt and one candidate each, half of the sentences are translated.
        let once = estimate(&Expected {
            candidates: 1_000,
            attempts: 1,
            ..expected
        });
        assert_eq!(
            (once.translations, once.characters, once.at_most),
            (500, 140_000, 280_000)
        );
    }

    #[test]
    fn more_chains_cost_more_only_if_they_are_tried() {
        let chains = [chain(&["en", "fr", "en"]), chain(&["en", "de", "fr", "en"])];
        let expected = Expected {
            candidates: 100,
            sources: 100,
            mean_characters: 10.0,
            attempts: 10,
            p_backtranslate: 1.0,
            chains: &chains,
            price_per_million: None,
        };
        let cost = estimate(&expected);
        assert_eq!(cost.at_most, 100 * 5 * 10);
        assert!(cost.characters < cost.at_most + 1 && cost.characters > cost.at_most / 2);
        assert_eq!(cost.price, None);
        assert_eq!(
            estimate(&Expected {
                p_backtranslate: 0.0,
                ..expected
            })
            .at_most,
            0
        );
        assert_eq!(
            estimate(&Expected {
                sources: 0,
                candidates: 0,
                ..expected
            })
            .at_most,
            0
        );
    }
}
