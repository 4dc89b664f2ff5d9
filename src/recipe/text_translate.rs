//! `[text.translate]`: who translates, and by which languages.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Url;
use serde::Deserialize;

use super::{RecipeError, Table};

/// The validated section.
#[derive(Debug, Clone, PartialEq)]
pub struct TranslateSection {
    /// Who translates.
    pub backend: Backend,
    /// Chains of language codes, each beginning and ending with the language of the sentences.
    pub chains: Vec<Vec<String>>,
    /// The width of the beam search of own models.
    pub num_beams: usize,
    /// Models for hops, as models are named: `en-fr = "opus-mt-en-fr"`, and `any` for one that does all. For Apertium,
    /// modes.
    pub models: BTreeMap<String, String>,
    /// The address of a service.
    pub url: Option<Url>,
    /// Requests to a service that are under way at once.
    pub concurrency: usize,
    /// Characters that a run may send to a service that counts them.
    pub budget_characters: Option<u64>,
    /// How long a request or a text may take.
    pub timeout: Duration,
    /// How often a request is sent again where that may help.
    pub retries: u32,
    /// The folder where translations are kept, relative to the recipe; the user's cache folder if none is named.
    pub cache: Option<String>,
    /// What a million characters cost, for the estimate.
    pub price_per_million: Option<f64>,
}

/// Who translates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// Models through ONNX Runtime.
    #[default]
    Onnx,
    /// Apertium, as processes on this machine.
    Apertium,
    /// An Apertium APy server.
    Apy,
    /// A LibreTranslate server.
    Libretranslate,
    /// DeepL.
    Deepl,
    /// Google.
    Google,
}

impl Backend {
    /// Its name in recipes and folders.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Backend::Onnx => "onnx",
            Backend::Apertium => "apertium",
            Backend::Apy => "apy",
            Backend::Libretranslate => "libretranslate",
            Backend::Deepl => "deepl",
            Backend::Google => "google",
        }
    }

    /// Whether it counts the characters that it gets.
    #[must_use]
    pub fn is_counted(self) -> bool {
        matches!(self, Backend::Libretranslate | Backend::Deepl | Backend::Google)
    }

    /// Keys that mean something for it, besides those that always do.
    fn keys(self) -> &'static [&'static str] {
        match self {
            Backend::Onnx => &["num_beams", "models"],
            Backend::Apertium => &["models", "timeout_seconds"],
            Backend::Apy => &["url", "concurrency", "timeout_seconds", "retries"],
            Backend::Libretranslate | Backend::Deepl | Backend::Google => &[
                "url",
                "concurrency",
                "timeout_seconds",
                "retries",
                "budget_characters",
                "price_per_million",
            ],
        }
    }
}

/// Keys of every backend.
const ALWAYS: [&str; 3] = ["backend", "chains", "cache"];

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Raw {
    backend: Backend,
    chains: Option<Vec<Vec<String>>>,
    num_beams: Option<usize>,
    models: BTreeMap<String, String>,
    url: Option<String>,
    concurrency: Option<usize>,
    budget_characters: Option<u64>,
    timeout_seconds: Option<u64>,
    retries: Option<u32>,
    cache: Option<String>,
    price_per_million: Option<f64>,
}

/// Reads the section; all of it may be left out. `language` is that of the sentences.
pub(super) fn read(table: Option<&Table<'_>>, language: &str) -> Result<TranslateSection, RecipeError> {
    let raw: Raw = table.map_or(Ok(Raw::default()), |table| table.read(&[]))?;
    let mut section = TranslateSection {
        backend: raw.backend,
        chains: raw.chains.unwrap_or_else(|| vec![usual(language)]),
        num_beams: raw.num_beams.unwrap_or(4),
        models: raw.models,
        url: None,
        concurrency: raw.concurrency.unwrap_or(2),
        budget_characters: raw.budget_characters,
        timeout: Duration::from_secs(raw.timeout_seconds.unwrap_or(30)),
        retries: raw.retries.unwrap_or(5),
        cache: raw.cache,
        price_per_million: raw.price_per_million,
    };
    let Some(table) = table else {
        return Ok(section);
    };
    foreign_keys(table, section.backend)?;
    within(table, "num_beams", section.num_beams as f64, (1.0, 32.0))?;
    within(table, "concurrency", section.concurrency as f64, (1.0, 32.0))?;
    within(
        table,
        "timeout_seconds",
        section.timeout.as_secs_f64(),
        (1.0, 600.0),
    )?;
    within(table, "retries", f64::from(section.retries), (0.0, 20.0))?;
    if let Some(price) = section.price_per_million {
        within(table, "price_per_million", price, (0.0, 1e6))?;
    }
    if section
        .cache
        .as_ref()
        .is_some_and(|folder| folder.trim().is_empty())
    {
        return Err(table.error("cache", "found no folder", None));
    }
    section.url = raw.url.map(|url| address(table, &url)).transpose()?;
    if section.url.is_none() && matches!(section.backend, Backend::Apy | Backend::Libretranslate) {
        let example = match section.backend {
            Backend::Apy => "http://127.0.0.1:2737",
            _ => "http://127.0.0.1:5000",
        };
        return Err(table.error(
            "backend",
            format!("{:?} needs the address of a server", section.backend.name()),
            Some(format!("for example url = \"{example}\"")),
        ));
    }
    chains(table, &section.chains, language)?;
    models(table, &section)?;
    Ok(section)
}

/// Refuses models of hops that no chain has.
fn models(table: &Table<'_>, section: &TranslateSection) -> Result<(), RecipeError> {
    let mut hops: Vec<String> = Vec::new();
    for hop in section.chains.iter().flat_map(|chain| chain.windows(2)) {
        let name = hop.join("-");
        if !hops.contains(&name) {
            hops.push(name);
        }
    }
    // A mode of Apertium does one hop.
    let any = match section.backend {
        Backend::Onnx => vec!["any".to_owned()],
        _ => Vec::new(),
    };
    let known = |name: &String| hops.contains(name) || any.contains(name);
    match section.models.keys().find(|name| !known(name)) {
        None => Ok(()),
        Some(name) => Err(table.error(
            &format!("models.{name}"),
            "is no hop of any chain",
            Some(format!("allowed are {}", [hops, any].concat().join(", "))),
        )),
    }
}

/// The paper's chain, with the language of the sentences at its ends.
fn usual(language: &str) -> Vec<String> {
    let between = ["fr", "de", "tr"].into_iter().filter(|&code| code != language);
    std::iter::once(language)
        .chain(between)
        .chain([language])
        .map(str::to_owned)
        .collect()
}

/// Refuses keys that the backend would not look at.
fn foreign_keys(table: &Table<'_>, backend: Backend) -> Result<(), RecipeError> {
    let known = backend.keys();
    let foreign = table
        .keys()
        .into_iter()
        .find(|key| !ALWAYS.contains(&key.as_str()) && !known.contains(&key.as_str()));
    match foreign {
        None => Ok(()),
        Some(key) => Err(table.error(
            &key,
            format!("means nothing with backend = {:?}", backend.name()),
            Some(format!(
                "keys of this backend: {}, {}",
                ALWAYS.join(", "),
                known.join(", ")
            )),
        )),
    }
}

/// An address without anything that could be a secret.
fn address(table: &Table<'_>, text: &str) -> Result<Url, RecipeError> {
    let wrong = |message: String| {
        let hint = "for example \"http://127.0.0.1:5000\" or \"https://translate.example.org\"";
        Err(table.error("url", message, Some(hint.to_owned())))
    };
    let Ok(url) = Url::parse(text) else {
        return wrong("found no address, expected one that begins with http:// or https://".to_owned());
    };
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return wrong(format!(
            "found an address of {}:, expected http or https",
            url.scheme()
        ));
    }
    if !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some()
    {
        return wrong(
            "found an address with a user, a password, a query or a fragment, expected scheme, host, port and path \
             alone; keys are taken from the environment"
                .to_owned(),
        );
    }
    Ok(url)
}

fn chains(table: &Table<'_>, chains: &[Vec<String>], language: &str) -> Result<(), RecipeError> {
    if chains.is_empty() {
        return Err(table.error("chains", "found none, expected at least one chain", None));
    }
    for chain in chains {
        let ends = |code: Option<&String>| code.is_some_and(|code| code == language);
        if chain.len() < 3 || !ends(chain.first()) || !ends(chain.last()) {
            let hint = format!("for example [\"{language}\", \"fr\", \"{language}\"]");
            return Err(table.error(
                "chains",
                format!(
                    "found [{}], expected a chain that leaves {language:?} and comes back to it",
                    chain.join(", ")
                ),
                Some(hint),
            ));
        }
        let is_code = |code: &str| {
            (2..=20).contains(&code.len())
                && code
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        };
        if let Some(code) = chain.iter().find(|code| !is_code(code)) {
            return Err(table.error(
                "chains",
                format!("found {code:?}, expected a code of a language such as \"fr\" or \"pt-BR\""),
                None,
            ));
        }
        if chain.windows(2).any(|hop| hop.first() == hop.last()) {
            return Err(table.error(
                "chains",
                format!(
                    "found [{}], which translates a language into itself",
                    chain.join(", ")
                ),
                None,
            ));
        }
        if chains.iter().filter(|other| *other == chain).count() > 1 {
            return Err(table.error(
                "chains",
                format!(
                    "found [{}] twice, which would give the same texts again",
                    chain.join(", ")
                ),
                None,
            ));
        }
    }
    Ok(())
}

fn within(table: &Table<'_>, key: &str, found: f64, (least, most): (f64, f64)) -> Result<(), RecipeError> {
    if (least..=most).contains(&found) {
        return Ok(());
    }
    Err(table.error(key, format!("found {found}, allowed are {least} to {most}"), None))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::recipe::Document;

    fn section(text: &str) -> Result<TranslateSection, String> {
        let document = Document::of(Path::new("r.toml"), &format!("\n[text.translate]\n{text}\n"));
        let root = document.root().unwrap();
        let table = root.table("text").unwrap().unwrap().table("translate").unwrap();
        read(table.as_ref(), "en").map_err(|error| error.to_string())
    }

    #[test]
    fn without_keys_it_is_the_papers_chain() {
        let usual = read(None, "en").unwrap();
        assert_eq!(usual.chains, [["en", "fr", "de", "tr", "en"]]);
        assert_eq!(read(None, "fr").unwrap().chains, [["fr", "de", "tr", "fr"]]);
        assert_eq!((usual.backend, usual.retries), (Backend::Onnx, 5));
    }

    #[test]
    fn faults_name_their_line() {
        for (text, line, says) in [
            ("backend = \"apy\"", 3, "needs the address"),
            ("backend = \"deepl\"\nurl = \"ftp://x\"", 4, "ftp:"),
            (
                "backend = \"deepl\"\nurl = \"https://me:secret@x/\"",
                4,
                "environment",
            ),
            ("backend = \"deepl\"\nurl = \"x\"", 4, "expected one that begins"),
            (
                "backend = \"apertium\"\nbudget_characters = 5",
                4,
                "means nothing",
            ),
            ("backend = \"deepl\"\nnum_beams = 5", 4, "means nothing"),
            ("url = \"https://x\"", 3, "means nothing"),
            ("backend = \"google\"\nconcurrency = 0", 4, "1 to 32"),
            ("backend = \"google\"\ntimeout_seconds = 0", 4, "1 to 600"),
            ("backend = \"google\"\nretries = 21", 4, "0 to 20"),
            (
                "backend = \"google\"\nprice_per_million = -1.0",
                4,
                "0 to 1000000",
            ),
            ("backend = \"google\"\nbudget_characters = -1", 4, ""),
            ("backend = \"gogle\"", 3, "google"),
            ("cache = \" \"", 3, "no folder"),
            (
                "chains = [[\"en\", \"fr\", \"en\"]]\nmodels = { foo = \"x\" }",
                4,
                "models.foo: is no hop of any chain\nhint: allowed are en-fr, fr-en, any",
            ),
            (
                "chains = [[\"en\", \"fr\", \"en\"]]\n[text.translate.models]\nen-fr = \"x\"\n\"en-d.e\" = \"x\"",
                4,
                "is no hop",
            ),
            (
                "chains = [[\"en\", \"fr\", \"en\"]]\n[text.translate.models]\nen-fr = \"x\"\nfr-de = \"x\"",
                6,
                "is no hop",
            ),
            (
                "backend = \"apertium\"\nmodels = { any = \"x\" }",
                4,
                "allowed are en-fr, fr-de, de-tr, tr-en",
            ),
            ("chains = []", 3, "at least one"),
            ("chains = [[\"en\", \"fr\"]]", 3, "comes back"),
            ("chains = [[\"en\", \"../x\", \"en\"]]", 3, "code of a language"),
            ("chains = [[\"en\", \"fr\", \"fr\", \"en\"]]", 3, "into itself"),
            (
                "chains = [[\"en\", \"fr\", \"en\"], [\"en\", \"fr\", \"en\"]]",
                3,
                "twice",
            ),
        ] {
            let error = section(text).unwrap_err();
            assert!(error.contains(&format!("r.toml:{line}")), "{text}: {error}");
            assert!(error.contains(says), "{text}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn models_of_hops_and_of_any() {
        for text in [
            "models = { any = \"x\" }",
            "models = { en-fr = \"x\", tr-en = \"y\", any = \"z\" }",
            "backend = \"apertium\"\nmodels = { en-fr = \"eng-fra\" }",
        ] {
            assert!(section(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn all_keys_of_a_service() {
        let section = section(
            "backend = \"libretranslate\"\nurl = \"http://127.0.0.1:5000\"\nconcurrency = 4\nbudget_characters = 10\n\
             timeout_seconds = 5\nretries = 0\ncache = \"tr\"\nprice_per_million = 20\nchains = [[\"en\", \"eo\", \"en\"]]",
        )
        .unwrap();
        assert_eq!(section.url.unwrap().as_str(), "http://127.0.0.1:5000/");
        assert_eq!(
            (section.budget_characters, section.price_per_million),
            (Some(10), Some(20.0))
        );
    }
}
