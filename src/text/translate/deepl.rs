//! DeepL. <https://developers.deepl.com/docs/api-reference/translate>

use serde_json::{Value, json};

use super::service::{Body, Call, Limits, Refusal, Service, fields, listed, usual};
use super::{Pair, Secret};

/// DeepL.
#[derive(Debug, Clone, Copy)]
pub struct DeepL;

/// DeepL's code of a language that is translated from: without a region.
fn source(code: &str) -> String {
    let upper = code.to_uppercase().replace('_', "-");
    upper.split('-').next().unwrap_or_default().to_owned()
}

/// DeepL's code of a language that is translated to: some want a region.
fn target(code: &str) -> String {
    match code.to_uppercase().replace('_', "-").as_str() {
        "EN" => "EN-US".to_owned(),
        "PT" => "PT-PT".to_owned(),
        other => other.to_owned(),
    }
}

impl Service for DeepL {
    fn name(&self) -> &'static str {
        "DeepL"
    }

    fn variables(&self) -> &'static [&'static str] {
        &["AUGMENT_DEEPL_KEY", "DEEPL_AUTH_KEY"]
    }

    fn needs_key(&self) -> bool {
        true
    }

    /// Keys of the free plan end in `:fx` and belong to a host of their own.
    fn address(&self, key: Option<&Secret>) -> Option<&'static str> {
        let free = key.is_some_and(|key| key.reveal().ends_with(":fx"));
        Some(if free {
            "https://api-free.deepl.com"
        } else {
            "https://api.deepl.com"
        })
    }

    fn bills(&self) -> bool {
        true
    }

    /// 50 texts and 128 KiB a request, the latter with everything around the texts.
    fn limits(&self) -> Limits {
        Limits {
            texts: 50,
            bytes: 100 << 10,
        }
    }

    fn header(&self, key: &Secret) -> Option<(&'static str, String)> {
        Some(("authorization", format!("DeepL-Auth-Key {}", key.reveal())))
    }

    fn call(&self, pair: &Pair, texts: &[&str], _key: Option<&Secret>) -> Call {
        Call {
            path: "v2/translate",
            query: None,
            body: Body::Json(json!({
                "text": texts, "source_lang": source(&pair.source), "target_lang": target(&pair.target),
            })),
        }
    }

    fn translations(&self, answer: &Value) -> Option<Vec<String>> {
        fields(answer.get("translations")?, "text")
    }

    fn message(&self, answer: &Value) -> Option<String> {
        let message = answer.get("message")?.as_str()?;
        match answer.get("detail").and_then(Value::as_str) {
            Some(detail) => Some(format!("{message} ({detail})")),
            None => Some(message.to_owned()),
        }
    }

    fn refusal(&self, status: u16, _answer: &Value) -> Refusal {
        match status {
            456 => Refusal::Quota,
            status => usual(status),
        }
    }

    fn lists(&self) -> Vec<Call> {
        ["type=source", "type=target"]
            .map(|query| Call {
                path: "v2/languages",
                query: Some(query),
                body: Body::None,
            })
            .into()
    }

    fn has(&self, answers: &[Value], pair: &Pair) -> Option<Result<(), String>> {
        let sources = fields(answers.first()?, "language")?;
        let targets = fields(answers.get(1)?, "language")?;
        if !sources.contains(&source(&pair.source)) {
            return Some(Err(listed(sources.into_iter())));
        }
        // Lists of older versions have EN where newer ones have EN-US and EN-GB; both are accepted.
        let wanted = target(&pair.target);
        if targets
            .iter()
            .any(|code| *code == wanted || source(&wanted) == *code)
        {
            return Some(Ok(()));
        }
        Some(Err(listed(targets.into_iter())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_hosts() {
        assert_eq!(
            (source("pt-BR"), target("pt-br")),
            ("PT".to_owned(), "PT-BR".to_owned())
        );
        assert_eq!(
            (source("en"), target("en")),
            ("EN".to_owned(), "EN-US".to_owned())
        );
        let host = |key: &str| DeepL.address(Secret::new(key).as_ref());
        assert_eq!(host("a:fx"), Some("https://api-free.deepl.com"));
        assert_eq!(host("a"), Some("https://api.deepl.com"));
    }
}
