//! Where the program keeps what belongs to a user: caches that may be deleted, and data that was installed.

use std::path::PathBuf;

/// The user's cache folder for this program: `$XDG_CACHE_HOME/augment` or `~/.cache/augment`.
#[must_use]
pub fn cache() -> Option<PathBuf> {
    base("XDG_CACHE_HOME", ".cache")
}

/// The user's data folder for this program: `$XDG_DATA_HOME/augment` or `~/.local/share/augment`.
#[must_use]
pub fn data() -> Option<PathBuf> {
    base("XDG_DATA_HOME", ".local/share")
}

/// Relative values count as unset, as the XDG base directory specification demands.
fn base(variable: &str, below_home: &str) -> Option<PathBuf> {
    let set = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    set(variable)
        .or_else(|| set("HOME").map(|home| home.join(below_home)))
        .map(|path| path.join("augment"))
}
