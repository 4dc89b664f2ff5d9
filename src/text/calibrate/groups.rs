//! The bundled tables put into groups.

use super::measure::{Group, Measured, group};
use super::tables::{Example, Length};

/// The groups of the kinds in the order of the table, those that keep the meaning first, each with their sum.
#[must_use]
pub fn by_kind(examples: &[Example], measured: &[Measured], thresholds: &[f64]) -> Vec<Group> {
    let of = |name: &str, keeps: bool, take: &dyn Fn(&Example) -> bool| {
        let chosen = examples.iter().zip(measured).filter(|(example, _)| take(example));
        group(name, Some(keeps), chosen.map(|(_, one)| *one), thresholds)
    };
    let mut groups = Vec::new();
    for keeps in [true, false] {
        let mut kinds: Vec<_> = examples.iter().map(|example| example.kind).collect();
        kinds.retain(|kind| kind.keeps() == keeps);
        kinds.dedup();
        groups.extend(
            kinds
                .iter()
                .map(|&kind| of(kind.name(), keeps, &|example| example.kind == kind)),
        );
        if kinds.len() > 1 {
            let name = if keeps {
                "all that keep the meaning"
            } else {
                "all that change it"
            };
            groups.push(of(name, keeps, &|example| example.kind.keeps() == keeps));
        }
    }
    groups
}

/// The groups by whether the meaning is kept, and by length.
#[must_use]
pub fn by_length(examples: &[Example], measured: &[Measured], thresholds: &[f64]) -> Vec<Group> {
    let mut groups = Vec::new();
    for keeps in [true, false] {
        for length in Length::ALL {
            let chosen = examples
                .iter()
                .zip(measured)
                .filter(|(example, _)| example.kind.keeps() == keeps && Length::of(&example.old) == length);
            let what = if keeps { "kept" } else { "changed" };
            let name = format!("{what}, {}", length.name());
            groups.push(group(name, Some(keeps), chosen.map(|(_, one)| *one), thresholds));
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::super::tables::pairs;
    use super::*;

    #[test]
    fn groups_of_the_tables_with_their_sums() {
        let examples = pairs();
        let measured: Vec<Measured> = examples
            .iter()
            .map(|example| Measured {
                similarity: if example.kind.keeps() { 0.95 } else { 0.5 },
                guards: true,
            })
            .collect();
        let groups = by_kind(&examples, &measured, &[0.4, 0.9]);
        let names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "synonym",
                "paraphrase",
                "writing",
                "function word",
                "all that keep the meaning",
                "word order",
                "negation",
                "number",
                "name",
                "opposite",
                "all that change it"
            ]
        );
        for group in &groups {
            let kept = group.keeps == Some(true);
            assert_eq!(group.alone, [1.0, f64::from(u8::from(kept))]);
        }
        let sums = groups.iter().filter(|group| group.name.starts_with("all"));
        assert_eq!(sums.map(|group| group.count).sum::<usize>(), examples.len());
        let lengths = by_length(&examples, &measured, &[0.9]);
        assert_eq!(
            lengths.iter().map(|group| group.count).sum::<usize>(),
            examples.len()
        );
    }
}
