//! What pip printed, fit to be shown: no passwords, no control characters.

use std::sync::LazyLock;

use regex::Regex;

/// Variables whose addresses may hold a password that pip is told.
const VARIABLES: &[&str] = &[
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "PIP_PROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "ALL_PROXY",
    "https_proxy",
    "http_proxy",
    "all_proxy",
];

/// Shorter words would be found everywhere; as part of an address they are still taken out.
const SHORTEST: usize = 4;

const HIDDEN: &str = "***";

/// The passwords and tokens of the addresses in the environment.
pub(super) fn secrets() -> Vec<String> {
    let values = VARIABLES.iter().filter_map(|name| std::env::var(name).ok());
    let mut found: Vec<String> = values.flat_map(|value| secrets_of(&value)).collect();
    // The longest first: one may be a part of another.
    found.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    found
}

fn secrets_of(value: &str) -> Vec<String> {
    let users = value.split_whitespace().filter_map(|address| {
        let address = address.split_once("://").map_or(address, |(_, rest)| rest);
        Some(address.rsplit_once('@')?.0)
    });
    users
        .flat_map(|user| {
            let password = user.split_once(':').map_or(user, |(_, password)| password);
            [user.to_owned(), password.to_owned(), decoded(password)]
        })
        .filter(|secret| secret.len() >= SHORTEST)
        .collect()
}

/// `%40` → `@`.
fn decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let code = part.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (code, part.get(2..)) {
            (Some(code), Some(rest)) => {
                bytes.push(code);
                bytes.extend_from_slice(rest.as_bytes());
            }
            _ => {
                bytes.push(b'%');
                bytes.extend_from_slice(part.as_bytes());
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A setting as it may be shown: without passwords in addresses.
#[must_use]
pub fn without_passwords(value: &str) -> String {
    redact(value, &[])
}

/// One line without what is before an address's `@` or behind its `?`, and without `secrets`.
pub(super) fn redact(line: &str, secrets: &[String]) -> String {
    static USER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"://\S*@").ok());
    static QUERY: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(://[^\s?]*)\?\S*").ok());
    let mut line: String = line
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    for secret in secrets {
        line = line.replace(secret.as_str(), HIDDEN);
    }
    if let Some(user) = USER.as_ref() {
        line = user.replace_all(&line, format!("://{HIDDEN}@")).into_owned();
    }
    if let Some(query) = QUERY.as_ref() {
        line = query.replace_all(&line, format!("$1?{HIDDEN}")).into_owned();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_taken_out_of_addresses() {
        for (line, shown) in [
            (
                "Looking in indexes: https://me:pa%40ss@host/simple, https://token@other/x",
                "Looking in indexes: https://***@host/simple, https://***@other/x",
            ),
            (
                "http://a:b/c@d@host:80/x?token=1&k=2 end",
                "http://***@host:80/x?*** end",
            ),
            ("plain words, a@b.c and 50 %", "plain words, a@b.c and 50 %"),
            ("\u{1b}[31mred\u{7}", " [31mred "),
        ] {
            assert_eq!(redact(line, &[]), shown);
        }
    }

    #[test]
    fn a_known_password_is_taken_out_anywhere() {
        let secrets =
            secrets_of("https://me:s%65cret%21@host/simple https://tokentoken@host http://u:abc@h no-user");
        assert_eq!(
            redact(
                "401 for me with s%65cret%21 (secret!), tokentoken; abc stays",
                &secrets
            ),
            "401 for me with *** (***), ***; abc stays"
        );
        assert_eq!(decoded("100%"), "100%");
        assert_eq!(decoded("%zz%4"), "%zz%4");
    }
}
