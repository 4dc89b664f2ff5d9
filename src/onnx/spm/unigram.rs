//! The unigram language model (Kudo 2018): of all ways to cut a text into pieces, the likeliest one.

use super::model::{Kind, Model};

/// Below the rarest piece: what one unknown character costs.
const UNKNOWN_PENALTY: f32 = 10.0;

#[derive(Clone, Copy)]
struct End {
    score: f32,
    start: usize,
    number: Option<usize>,
}

/// Cuts a normalized text; pieces come with their numbers, `None` for an unknown character.
///
/// The best way to each end is kept while going through the starts (Viterbi). Of equally good ones the first
/// found stays, as in the library, and sums are rounded to single precision as there: that decides near ties.
pub fn cut<'t>(model: &Model, text: &'t str) -> Vec<(&'t str, Option<usize>)> {
    let unknown = model.lowest - UNKNOWN_PENALTY;
    let mut ends: Vec<Option<End>> = vec![None; text.len() + 1];
    let origin = End {
        score: 0.0,
        start: 0,
        number: None,
    };
    for (start, character) in text.char_indices() {
        let width = character.len_utf8();
        let here = match ends.get(start).copied().flatten() {
            Some(end) => end.score,
            None if start == 0 => origin.score,
            // No piece ends inside a character, and one always ends behind it.
            None => continue,
        };
        let mut single = false;
        for (length, number) in model.pieces.prefixes(&text[start..]) {
            let score = match model.kind(number) {
                Kind::Unused => continue,
                // Symbols of the user win over everything that they are made of.
                Kind::UserDefined => length as f32 * model.highest - 0.1,
                _ => model.score(number),
            };
            single |= length == width;
            offer(&mut ends, start + length, score + here, start, Some(number));
        }
        if !single {
            offer(&mut ends, start + width, unknown + here, start, None);
        }
    }
    let mut found = Vec::new();
    let mut at = text.len();
    while at > 0 {
        let Some(end) = ends.get(at).copied().flatten() else {
            break;
        };
        found.push((&text[end.start..at], end.number));
        at = end.start;
    }
    found.reverse();
    found
}

fn offer(ends: &mut [Option<End>], at: usize, score: f32, start: usize, number: Option<usize>) {
    let Some(end) = ends.get_mut(at) else { return };
    if end.is_none_or(|end| score > end.score) {
        *end = Some(End { score, start, number });
    }
}
