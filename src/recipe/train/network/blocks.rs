//! Sizes that have to fit one another.

use crate::recipe::{RecipeError, Table};
use crate::train::networks::WIDTHS;

/// The largest layer, and the most blocks: each halves the picture.
pub(super) const MAX_SIZE: usize = 8192;
const MAX_BLOCKS: usize = 12;
/// The most numbers that all blocks learn: a model's file can't exceed 2 GB, and training holds four times as much.
const MAX_PARAMETERS: usize = 400_000_000;

/// Steps of `size` features, half of them from each direction of a GRU, are divided by the heads. `key` tells where the size is from.
pub(super) fn fits(table: &Table<'_>, key: &str, size: usize, heads: usize) -> Result<(), RecipeError> {
    if size.is_multiple_of(2) && size.is_multiple_of(heads) {
        return Ok(());
    }
    let key = if table.has("heads") { "heads" } else { key };
    let message =
        format!("found {heads} heads for steps of {size} features, expected an even number that they divide");
    Err(table.error(key, message, None))
}

/// Channels behind each residual block.
pub(super) fn widths(table: &Table<'_>, widths: Option<Vec<usize>>) -> Result<Vec<usize>, RecipeError> {
    let widths = widths.unwrap_or_else(|| WIDTHS.to_vec());
    let sound =
        (1..=MAX_BLOCKS).contains(&widths.len()) && widths.iter().all(|width| (1..=MAX_SIZE).contains(width));
    if sound {
        let learned = learned(&widths);
        if learned > MAX_PARAMETERS {
            let message = format!(
                "found {widths:?}, which makes {} million parameters; allowed are {} million",
                learned / 1_000_000,
                MAX_PARAMETERS / 1_000_000
            );
            return Err(table.error("widths", message, None));
        }
        return Ok(widths);
    }
    let message =
        format!("found {widths:?}, expected 1 to {MAX_BLOCKS} numbers of channels of 1 to {MAX_SIZE}");
    Err(table.error("widths", message, None))
}

/// The weights of all blocks' convolutions: 3×3, 3×3 again, and the shortcut's 1×1. At most 12 · 19 · 8192² for sound widths.
fn learned(widths: &[usize]) -> usize {
    let before = std::iter::once(&3).chain(widths);
    let blocks = before.zip(widths);
    blocks.map(|(from, to)| 10 * from * to + 9 * to * to).sum()
}
