//! Apertium APy: Apertium as a server. <https://wiki.apertium.org/wiki/Apertium-apy>

use serde_json::Value;

use super::codes::same;
use super::service::{Body, Call, Limits, Refusal, Service, fields, listed, usual};
use super::{Pair, Secret};

/// An Apertium APy server.
#[derive(Debug, Clone, Copy)]
pub struct Apy;

impl Service for Apy {
    fn name(&self) -> &'static str {
        "Apertium APy"
    }

    fn variables(&self) -> &'static [&'static str] {
        &[]
    }

    fn needs_key(&self) -> bool {
        false
    }

    fn address(&self, _key: Option<&Secret>) -> Option<&'static str> {
        None
    }

    fn bills(&self) -> bool {
        false
    }

    /// One text a request: there is no other way to tell which words belong to which text.
    fn limits(&self) -> Limits {
        Limits {
            texts: 1,
            bytes: 32 << 10,
        }
    }

    fn header(&self, _key: &Secret) -> Option<(&'static str, String)> {
        None
    }

    fn call(&self, pair: &Pair, texts: &[&str], _key: Option<&Secret>) -> Call {
        let fields = vec![
            ("q", texts.first().copied().unwrap_or_default().to_owned()),
            ("langpair", format!("{}|{}", pair.source, pair.target)),
            ("markUnknown", "no".to_owned()),
            // As plain text; the default takes "<b>" for a tag.
            ("deformat", "txt".to_owned()),
            ("reformat", "txt".to_owned()),
        ];
        Call {
            path: "translate",
            query: None,
            body: Body::Form(fields),
        }
    }

    fn translations(&self, answer: &Value) -> Option<Vec<String>> {
        let text = answer.get("responseData")?.get("translatedText")?.as_str()?;
        Some(vec![text.to_owned()])
    }

    fn message(&self, answer: &Value) -> Option<String> {
        let text = answer.get("explanation").or_else(|| answer.get("message"))?;
        text.as_str().map(str::to_owned)
    }

    fn refusal(&self, status: u16, _answer: &Value) -> Refusal {
        match status {
            // There are no keys for translations: somebody in between refuses.
            401 | 403 => Refusal::Other,
            status => usual(status),
        }
    }

    fn lists(&self) -> Vec<Call> {
        vec![Call {
            path: "listPairs",
            query: None,
            body: Body::None,
        }]
    }

    fn has(&self, answers: &[Value], pair: &Pair) -> Option<Result<(), String>> {
        let list = answers.first()?.get("responseData")?;
        let sources = fields(list, "sourceLanguage")?;
        let targets = fields(list, "targetLanguage")?;
        let mut pairs = sources.iter().zip(&targets);
        if pairs.any(|(from, to)| same(from, &pair.source) && same(to, &pair.target)) {
            return Some(Ok(()));
        }
        let pairs = sources.iter().zip(&targets);
        Some(Err(listed(pairs.map(|(from, to)| format!("{from}-{to}")))))
    }
}
