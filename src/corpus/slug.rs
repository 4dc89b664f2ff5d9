//! Names for files and folders that are safe everywhere: lower-case ASCII letters, digits and single dashes.

/// Letters and digits in lower case, every other ASCII character as a dash, and a character outside ASCII as
/// `u` and its code in hex between dashes (`гнев` is `u433-u43d-u435-u432`), so that words of any script stay
/// apart. Marks count too: without its vowel signs a Devanagari word would be another word. Runs of dashes are one,
/// none is at the ends. At most `max` characters; empty where `text` holds nothing but ASCII punctuation
/// and white space.
#[must_use]
pub fn slug(text: &str, max: usize) -> String {
    let mut slug = String::new();
    let mut dash = false;
    for character in text.chars().flat_map(char::to_lowercase) {
        if slug.len() >= max {
            break;
        }
        if character.is_ascii_alphanumeric() {
            join(&mut slug, dash);
            slug.push(character);
            dash = false;
        } else if character.is_ascii() || character.is_whitespace() {
            dash = true;
        } else {
            join(&mut slug, true);
            slug.push_str(&format!("u{:x}", u32::from(character)));
            dash = true;
        }
    }
    slug.truncate(max);
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}

fn join(slug: &mut String, dash: bool) {
    if dash && !slug.is_empty() {
        slug.push('-');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_slugs() {
        for (text, expected) in [
            ("Happy", "happy"),
            ("Ses01F_impro01_F000", "ses01f-impro01-f000"),
            ("  very -- sad!  ", "very-sad"),
            ("гнев", "u433-u43d-u435-u432"),
            ("Гнев", "u433-u43d-u435-u432"),
            ("über-froh 2", "ufc-ber-froh-2"),
            ("😀", "u1f600"),
            ("a/../b", "a-b"),
            ("..", ""),
            ("", ""),
        ] {
            assert_eq!(slug(text, 60), expected, "{text:?}");
        }
    }

    #[test]
    fn is_cut_and_never_ends_in_a_dash() {
        assert_eq!(slug("abc def", 4), "abc");
        assert_eq!(slug("abc def", 5), "abc-d");
        assert_eq!(slug("гнев", 6), "u433-u");
        assert_eq!(slug("abc", 0), "");
        assert!(slug(&"x".repeat(10_000), 60).len() == 60);
    }

    proptest::proptest! {
        #[test]
        fn is_always_safe(text in ".*", max in 0usize..70) {
            let slug = slug(&text, max);
            assert!(slug.len() <= max);
            assert!(slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            assert!(!slug.starts_with('-') && !slug.ends_with('-') && !slug.contains("--"));
        }
    }
}
