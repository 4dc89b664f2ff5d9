//! Keys of services.

/// A key that never shows in messages, files or debug output.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The first of these environment variables that is set and not blank.
    #[must_use]
    pub fn of_environment(names: &[&str]) -> Option<Self> {
        names
            .iter()
            .filter_map(|name| std::env::var(name).ok())
            .find_map(|value| Secret::new(&value))
    }

    /// A key; none if it is blank.
    #[must_use]
    pub fn new(value: &str) -> Option<Self> {
        let value = value.trim();
        (!value.is_empty()).then(|| Secret(value.to_owned()))
    }

    /// The key itself, for the request that needs it.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }

    /// A service's words without the key, should it repeat it.
    pub(super) fn hide_in(&self, text: &str) -> String {
        text.replace(&self.0, "(the key)")
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_does_not_show() {
        let key = Secret::new(" abc-123:fx\n").unwrap();
        assert_eq!(format!("{key:?}"), "Secret(hidden)");
        assert_eq!(key.reveal(), "abc-123:fx");
        assert_eq!(key.hide_in("no abc-123:fx here"), "no (the key) here");
        assert_eq!(Secret::new("  "), None);
    }
}
