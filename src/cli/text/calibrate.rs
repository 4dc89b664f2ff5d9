//! `augment text calibrate`.

use std::path::PathBuf;

use augment::job::text::{Calibration, Own, Spread, calibrate, find_for_calibration};
use augment::onnx::engine::Engine;
use augment::recipe::{TextOverrides, TextRecipe};
use augment::run::interrupt::Interrupt;
use augment::text::calibrate::Group;
use clap::Args;
use serde_json::json;

use crate::cli::engine::Models;
use crate::cli::table::Table;
use crate::cli::{Done, Screen, jobs};

#[derive(Args)]
pub struct Flags {
    /// The recipe, a TOML file [default: recipes/text.toml]
    recipe: Option<PathBuf>,
    #[command(flatten)]
    models: Models,
}

pub fn run(flags: &Flags, screen: &Screen, interrupt: &Interrupt) -> Done {
    let path = flags
        .recipe
        .clone()
        .unwrap_or_else(|| PathBuf::from(super::DEFAULT));
    let recipe = TextRecipe::read(&path, TextOverrides::default())?;
    let places = find_for_calibration(&recipe)?;
    let engine = Engine::start(&flags.models.options(jobs(None)?))?;
    let (runtime, device) = (&engine.runtime().library.version, engine.taken().to_string());
    screen.line(&format!("ONNX Runtime {runtime} on {device}"));
    let found = calibrate(recipe, &places, &engine, interrupt)?;
    tell(&found, screen);
    if screen.json() {
        let mut value = json!(found);
        value["runtime"] = json!(runtime);
        value["device"] = json!(device);
        screen.data(&value);
    }
    Ok(0)
}

fn tell(found: &Calibration, screen: &Screen) {
    let short = found.hash.get(..12).unwrap_or(&found.hash);
    screen.line(&format!(
        "{} in {}, hash {short}…; a threshold belongs to a model: with another one, choose it again",
        found.encoder, found.precision
    ));
    let guards = if found.guarded { "standard" } else { "none" };
    let window = match found.window_words {
        0 => "no second cosine".to_owned(),
        words => format!(
            "second cosine of at least {} over the change ± {words} words",
            found.window_threshold
        ),
    };
    screen.line(&format!(
        "the recipe: threshold {} (marked *), guard \"{guards}\", {window}",
        found.threshold
    ));
    for (title, groups) in [
        ("bundled pairs (English)", &found.pairs),
        ("the same by length", &found.lengths),
        ("bundled fills (English)", &found.fills),
    ] {
        both(title, groups, found, screen);
    }
    match &found.corpus {
        Some(own) => of_corpus(own, found, screen),
        None => screen.warn(&format!(
            "the recipe's corpus is left out: {}",
            found.corpus_left_out.as_deref().unwrap_or("it was not read")
        )),
    }
}

fn of_corpus(own: &Own, found: &Calibration, screen: &Screen) {
    screen.line("");
    screen.line(&format!(
        "the recipe's corpus: {} of {} sentences that new ones may be made of",
        own.sentences, own.of
    ));
    match (&own.fills, &own.fills_left_out) {
        (Some(fills), _) => both(
            "the first fill of each",
            std::slice::from_ref(fills),
            found,
            screen,
        ),
        (None, reason) => screen.warn(&format!(
            "fills are left out: {}",
            reason.as_deref().unwrap_or("there is no model")
        )),
    }
    both("changed in meaning by rule", &own.flips, found, screen);
    let mut table = Table::new(["cosine to another sentence", "pairs", "median", "99th percentile"]);
    for (name, Spread { count, median, p99 }) in [
        ("of the same class", own.same_class),
        ("of another class", own.other_class),
    ] {
        table.row([
            name.to_owned(),
            count.to_string(),
            format!("{median:.2}"),
            format!("{p99:.2}"),
        ]);
    }
    screen.line("");
    screen.line(&table.text());
}

/// The shares in percent, by the cosine alone and below as the recipe asks.
fn both(title: &str, groups: &[Group], found: &Calibration, screen: &Screen) {
    for (how, guarded) in [("the cosine alone", false), ("with the recipe's guards", true)] {
        screen.line("");
        screen.line(&format!("{title}: % that pass, {how}"));
        let marked = |&threshold: &f64| match threshold == found.threshold {
            true => format!("*{threshold:.2}"),
            false => format!("{threshold:.2}"),
        };
        let heading = ["".to_owned(), "count".to_owned()];
        let mut table = Table::new(heading.into_iter().chain(found.thresholds.iter().map(marked)));
        for group in groups {
            let shares = if guarded { &group.guarded } else { &group.alone };
            let cells = [group.name.clone(), group.count.to_string()];
            let percent = shares.iter().map(|share| format!("{:.0}", 100.0 * share));
            table.row(cells.into_iter().chain(percent));
        }
        screen.line(&table.text());
    }
}
