//! What `augment text` tells at its end.

use std::collections::BTreeMap;
use std::time::Duration;

use augment::job::text::Outcome;
use augment::run::shard::Shard;
use augment::text::translate::Cost;

use super::super::Screen;
use super::super::table::Table;

/// Refused rows that are named; the rest is counted and stands in `refused.jsonl`.
const NAMED: usize = 10;

/// What kind of run is told of.
#[derive(Clone, Copy)]
pub struct About {
    /// Nothing was made.
    pub dry: bool,
    /// The run was a part.
    pub shard: Option<Shard>,
    /// How long it took.
    pub took: Duration,
}

pub fn tell(outcome: &Outcome, about: About, screen: &Screen) {
    for refusal in outcome.refusals.iter().take(NAMED) {
        screen.warn(&format!("refused: {refusal}"));
    }
    if outcome.refusals.len() > NAMED {
        let more = outcome.refusals.len() - NAMED;
        screen.warn(&format!("{more} more were refused; refused.jsonl names them all"));
    }
    for note in &outcome.notes {
        screen.warn(note);
    }
    screen.line(&classes(outcome, about));
    if outcome.already {
        screen.line(&format!("{}: complete, nothing to do", outcome.out.display()));
        return;
    }
    if about.dry {
        let most: usize = outcome.candidates;
        if let Some(cost) = &outcome.cost {
            screen.line(&translations(cost));
        }
        screen.line(&format!("at most {most} candidates; nothing was written"));
        return;
    }
    if outcome.decided > 0 {
        for line in work(outcome, about.took) {
            screen.line(&line);
        }
    }
    for row in &outcome.preview {
        let similarity = row
            .scores
            .map_or(String::new(), |scores| format!(" ({:.2})", scores.similarity));
        screen.line(&format!("  {}: {}{similarity}", row.source_id, row.text));
    }
    let state = match (&outcome.mark, about.shard) {
        (None, _) => "not complete yet; run without --limit to go on".to_owned(),
        (Some(_), Some(shard)) => format!(
            "shard {} of {} is complete; augment merge puts all of them together",
            shard.index, shard.count
        ),
        (Some(_), None) => "complete".to_owned(),
    };
    screen.line(&format!("{}: {state}", outcome.out.display()));
}

fn classes(outcome: &Outcome, about: About) -> String {
    let heading: &[&str] = match (about.dry, about.shard) {
        (true, _) => &["class", "wanted", "originals", "to make", "sources"],
        (_, Some(_)) => &["class", "made", "refused"],
        _ => &[
            "class",
            "wanted",
            "originals",
            "made",
            "kept",
            "repeated",
            "refused",
            "short",
        ],
    };
    let mut table = Table::new(heading.iter().copied());
    for class in &outcome.classes {
        let numbers: Vec<usize> = match (about.dry, about.shard) {
            (true, _) => vec![
                class.wanted,
                class.originals,
                class.wanted.saturating_sub(class.originals),
                class.sources,
            ],
            (_, Some(_)) => vec![class.made, class.refused],
            _ => vec![
                class.wanted,
                class.originals,
                class.made,
                class.kept,
                class.repeated,
                class.refused,
                class.short(),
            ],
        };
        let numbers = numbers.into_iter().map(|number| number.to_string());
        table.row(std::iter::once(class.label.clone()).chain(numbers));
    }
    table.text()
}

fn translations(cost: &Cost) -> String {
    let price = |price: Option<f64>| price.map_or(String::new(), |price| format!(" ({price:.2})"));
    format!(
        "translations: about {}, {} characters{}; at most {} characters{}",
        cost.translations,
        cost.characters,
        price(cost.price),
        cost.at_most,
        price(cost.price_at_most)
    )
}

/// What this run's attempts gave.
fn work(outcome: &Outcome, took: Duration) -> Vec<String> {
    let routes = &outcome.routes;
    let mut table = Table::new(["route", "attempts", "tested", "made", "accepted"]);
    for (route, tried) in &routes.tried {
        let made = routes.made.get(route).copied().unwrap_or(0);
        // Attempts with nothing left to try say nothing about the gate.
        let tested = tried.saturating_sub(routes.empty.get(route).copied().unwrap_or(0));
        let share = made as f64 / tested.max(1) as f64;
        table.row([
            route.clone(),
            tried.to_string(),
            tested.to_string(),
            made.to_string(),
            format!("{:.1} %", share * 100.0),
        ]);
    }
    let mut lines = vec![table.text()];
    let similarity = bars(&routes.similarity);
    if !similarity.is_empty() {
        lines.push("similarity of what was made, from".to_owned());
        lines.push(similarity);
    }
    let list = |counts: &BTreeMap<String, usize>| {
        let mut counts: Vec<_> = counts.iter().collect();
        counts.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        let shown: Vec<String> = counts
            .iter()
            .map(|(name, count)| format!("{name} {count}"))
            .collect();
        shown.join(", ")
    };
    if !routes.attempts.is_empty() {
        let by_attempt: Vec<String> = routes
            .attempts
            .iter()
            .map(|(attempt, count)| format!("{attempt}: {count}"))
            .collect();
        lines.push(format!("made at attempt {}", by_attempt.join(", ")));
    }
    if !routes.failed.is_empty() {
        lines.push(format!("failed attempts: {}", list(&routes.failed)));
    }
    let tried: usize = routes.tried.values().sum();
    let made: usize = routes.made.values().sum();
    let seconds = took.as_secs_f64().max(1e-3);
    let tested = tried.saturating_sub(routes.empty.values().sum());
    lines.push(format!(
        "{} candidates decided in {seconds:.1} s; of {tried} attempts {tested} had a sentence to test: {:.1} tested and \
         {:.1} made a second",
        outcome.decided,
        tested as f64 / seconds,
        made as f64 / seconds,
    ));
    lines
}

/// The longest bar of a histogram.
const WIDTH: usize = 40;

fn bars(counts: &BTreeMap<String, usize>) -> String {
    let most = counts.values().copied().max().unwrap_or(0);
    let line = |(step, count): (&String, &usize)| {
        let length = (count * WIDTH).div_ceil(most.max(1));
        format!("  {step}  {} {count}", "#".repeat(length))
    };
    counts.iter().map(line).collect::<Vec<_>>().join("\n")
}
