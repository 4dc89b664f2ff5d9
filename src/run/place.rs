//! Where paths lead, whatever links and `..` they go through.

use std::path::{Component, Path, PathBuf};

/// The part of a path below a folder; `None` if it does not lie in the folder, or can't be told. The path need
/// not be there yet; the folder itself lies in itself, at the empty path.
#[must_use]
pub fn below(path: &Path, folder: &Path) -> Option<PathBuf> {
    let folder = folder.canonicalize().ok()?;
    let full = std::path::absolute(path).ok()?;
    // What is there already is resolved; what is not can hold no links.
    let there = full
        .ancestors()
        .find_map(|above| Some((above, above.canonicalize().ok()?)));
    let (above, mut resolved) = there?;
    for part in full.strip_prefix(above).ok()?.components() {
        match part {
            Component::ParentDir => drop(resolved.pop()),
            part => resolved.push(part),
        }
    }
    resolved.strip_prefix(folder).ok().map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_dots_are_followed() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::create_dir_all(at("data/train")).unwrap();
        std::fs::create_dir(at("other")).unwrap();
        std::os::unix::fs::symlink(at("data"), at("link")).unwrap();
        for inside in [
            "data",
            "data/new/x.wav",
            "link/train/x.wav",
            "other/../data/x.wav",
            "new/../data/x.wav",
        ] {
            assert!(below(&at(inside), &at("data")).is_some(), "{inside}");
        }
        for outside in ["other/x.wav", "data2", "data/../x.wav", "link/../x.wav"] {
            assert_eq!(below(&at(outside), &at("data")), None, "{outside}");
        }
        assert_eq!(
            below(&at("data/new/x"), &at("link")),
            Some(PathBuf::from("new/x"))
        );
    }
}
