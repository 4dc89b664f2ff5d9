//! The settings of the model hub that are in effect, without anything secret.

use std::collections::BTreeMap;

use crate::onnx::setup::without_passwords;

/// Parts of the names of variables whose values are nobody's business.
const SECRET: &[&str] = &["TOKEN", "KEY", "SECRET", "PASS", "AUTH"];

/// A place is no secret, though its name says token.
const PLACE: &str = "_PATH";

/// The variables that begin with `HF_`, and their values as they may be shown.
pub(super) fn settings() -> BTreeMap<String, String> {
    let all = std::env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok().filter(|name| name.starts_with("HF_"))?;
        Some((name, value.to_string_lossy().into_owned()))
    });
    all.filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| {
            let value = shown(&name, &value);
            (name, value)
        })
        .collect()
}

fn shown(name: &str, value: &str) -> String {
    let secret = SECRET.iter().any(|part| name.contains(part)) && !name.ends_with(PLACE);
    if secret {
        "set".to_owned()
    } else {
        without_passwords(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        for (name, value, expected) in [
            ("HF_TOKEN", "hf_abc", "set"),
            ("HF_API_KEY", "abc", "set"),
            ("HF_TOKEN_PATH", "/home/me/token", "/home/me/token"),
            ("HF_HUB_OFFLINE", "1", "1"),
            (
                "HF_ENDPOINT",
                "https://me:word@mirror/hub?token=x",
                "https://***@mirror/hub?***",
            ),
        ] {
            assert_eq!(shown(name, value), expected);
        }
    }
}
