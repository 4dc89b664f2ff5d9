//! `augment models list`.

use augment::onnx::folder::Precision;
use augment::onnx::hub::catalogue::{ENTRIES, Entry, Languages};
use augment::onnx::hub::environment::Environment;
use augment::onnx::hub::error::bytes;
use augment::onnx::hub::installed::{Found, installed};
use serde_json::{Value, json};

use super::Screen;

pub fn run(environment: &Environment, screen: &Screen) {
    let found = installed(environment);
    let mut others: Vec<&Found> = found.iter().filter(|found| found.entry.is_none()).collect();
    others.sort_by_key(|found| (&found.repo, &found.commit));
    let of = |entry: &Entry| {
        found
            .iter()
            .find(|found| found.entry.is_some_and(|e| e.name == entry.name))
    };
    if screen.json() {
        let known: Vec<Value> = ENTRIES.iter().map(|entry| known(entry, of(entry))).collect();
        let others: Vec<Value> = others.iter().map(|found| place(found)).collect();
        screen.data(&json!({ "cache": environment.cache(), "catalogue": known, "others": others }));
        return;
    }
    let mut rows = vec![["NAME", "INSTALLED", "FP32", "LICENCE", "WHAT IT IS"].map(str::to_owned)];
    for entry in ENTRIES {
        rows.push([
            entry.name.to_owned(),
            of(entry).map_or("-".to_owned(), |found| names(&found.precisions).join(", ")),
            entry.size(Precision::Fp32).map_or(String::new(), bytes),
            entry.licence.to_owned(),
            format!("{}: {}", entry.role.name(), entry.about),
        ]);
    }
    let mut lines = columns(&rows);
    if !others.is_empty() {
        lines.push("\nAlso in the cache:".to_owned());
    }
    lines.extend(others.into_iter().map(|found| {
        let precisions = names(&found.precisions).join(", ");
        format!("  hub:{}@{}  {precisions}", found.repo, found.commit)
    }));
    lines.push(format!("\nThe cache is {}", environment.cache().display()));
    if !screen.quiet() {
        screen.page(&lines.join("\n"));
    }
}

fn known(entry: &Entry, found: Option<&Found>) -> Value {
    let sizes = entry
        .sizes
        .iter()
        .map(|(precision, size)| (precision.to_string(), json!(size)));
    let languages = match entry.languages {
        None => Value::Null,
        Some(Languages::Many) => json!("many"),
        Some(Languages::Pair { source, target }) => json!({ "source": source, "target": target }),
    };
    json!({
        "name": entry.name, "role": entry.role.name(), "languages": languages, "repository": entry.repo,
        "revision": entry.revision, "licence": entry.licence, "about": entry.about,
        "bytes": sizes.collect::<serde_json::Map<_, _>>(), "installed": found.map(place),
    })
}

fn place(found: &Found) -> Value {
    json!({
        "repository": found.repo.as_str(), "commit": found.commit, "folder": found.folder,
        "precisions": names(&found.precisions),
    })
}

fn names(precisions: &[Precision]) -> Vec<String> {
    precisions.iter().map(Precision::to_string).collect()
}

/// Cells set left under each other.
fn columns(rows: &[[String; 5]]) -> Vec<String> {
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(String::len)
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..5).map(width).collect();
    let line = |row: &[String; 5]| {
        let cells = row
            .iter()
            .zip(&widths)
            .map(|(cell, &width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}
