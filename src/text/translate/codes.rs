//! Codes of languages: recipes usually have two letters (ISO 639-1), Apertium mostly three (ISO 639-3).

/// Languages that Apertium has translations for, two letters beside three.
const CODES: [(&str, &str); 51] = [
    ("af", "afr"),
    ("an", "arg"),
    ("ar", "ara"),
    ("as", "asm"),
    ("be", "bel"),
    ("bg", "bul"),
    ("br", "bre"),
    ("ca", "cat"),
    ("cs", "ces"),
    ("cy", "cym"),
    ("da", "dan"),
    ("de", "deu"),
    ("el", "ell"),
    ("en", "eng"),
    ("eo", "epo"),
    ("es", "spa"),
    ("et", "est"),
    ("eu", "eus"),
    ("fi", "fin"),
    ("fo", "fao"),
    ("fr", "fra"),
    ("ga", "gle"),
    ("gl", "glg"),
    ("hi", "hin"),
    ("id", "ind"),
    ("is", "isl"),
    ("it", "ita"),
    ("kk", "kaz"),
    ("lt", "lit"),
    ("lv", "lav"),
    ("mk", "mkd"),
    ("ms", "zlm"),
    ("mt", "mlt"),
    ("nb", "nob"),
    ("nl", "nld"),
    ("nn", "nno"),
    ("oc", "oci"),
    ("pl", "pol"),
    ("pt", "por"),
    ("ro", "ron"),
    ("ru", "rus"),
    ("sc", "srd"),
    ("sh", "hbs"),
    ("se", "sme"),
    ("sk", "slk"),
    ("sl", "slv"),
    ("sv", "swe"),
    ("tr", "tur"),
    ("tt", "tat"),
    ("uk", "ukr"),
    ("ur", "urd"),
];

/// Whether two codes mean one language.
pub fn same(one: &str, other: &str) -> bool {
    spellings(one).contains(&other)
}

/// A code as it is, and its other spelling if one is known.
pub fn spellings(code: &str) -> Vec<&str> {
    let other = CODES.iter().find_map(|&(two, three)| {
        if code == two {
            Some(three)
        } else if code == three {
            Some(two)
        } else {
            None
        }
    });
    std::iter::once(code).chain(other).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_codes() {
        assert_eq!(spellings("en"), ["en", "eng"]);
        assert_eq!(spellings("spa"), ["spa", "es"]);
        assert_eq!(spellings("xx"), ["xx"]);
        assert!(same("eng", "en") && same("en", "en") && same("pt_BR", "pt_BR") && !same("en", "es"));
    }

    #[test]
    fn no_code_comes_twice() {
        let mut all: Vec<&str> = CODES.iter().flat_map(|&(two, three)| [two, three]).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
