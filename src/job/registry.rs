//! Which recipe a dataset was made by: remembered in the user's cache folder, because a dataset names no path.

use std::path::{Path, PathBuf};

use crate::dataset::mark::RunInfo;
use crate::run::{atomic, folders};

fn place(info: &RunInfo) -> Option<PathBuf> {
    Some(
        folders::cache()?
            .join("recipes")
            .join(format!("{}-{}", info.recipe_hash, info.index_hash)),
    )
}

/// Notes where the recipe of a run is. Without a cache folder nothing is noted; `replay` can be told the recipe.
pub fn remember(info: &RunInfo, recipe: &Path) {
    if let (Some(place), Ok(full)) = (place(info), std::path::absolute(recipe)) {
        let _ = atomic::write(&place, full.as_os_str().as_encoded_bytes(), false);
    }
}

/// Recipes that a dataset may have been made by, likeliest first: the remembered one, then files of the same name
/// near the working directory and near the dataset.
#[must_use]
pub fn candidates(info: &RunInfo, dataset: &Path) -> Vec<PathBuf> {
    let remembered = place(info)
        .and_then(|place| std::fs::read_to_string(place).ok())
        .map(PathBuf::from);
    let full = std::path::absolute(dataset).unwrap_or_else(|_| dataset.to_owned());
    let near = std::iter::once(Path::new("."))
        .chain(full.ancestors().skip(1).take(4))
        .flat_map(|folder| {
            [
                folder.join(&info.recipe),
                folder.join("recipes").join(&info.recipe),
            ]
        });
    remembered
        .into_iter()
        .chain(near)
        .filter(|path| path.is_file())
        .collect()
}
