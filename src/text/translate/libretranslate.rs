//! LibreTranslate: a server of one's own, or one with a key. <https://libretranslate.com/docs>

use serde_json::{Value, json};

use super::service::{Body, Call, Limits, Refusal, Service, fields, listed, usual};
use super::{Pair, Secret};

/// A LibreTranslate server.
#[derive(Debug, Clone, Copy)]
pub struct LibreTranslate;

impl Service for LibreTranslate {
    fn name(&self) -> &'static str {
        "LibreTranslate"
    }

    fn variables(&self) -> &'static [&'static str] {
        &["LIBRETRANSLATE_API_KEY"]
    }

    fn needs_key(&self) -> bool {
        false
    }

    fn address(&self, _key: Option<&Secret>) -> Option<&'static str> {
        None
    }

    fn bills(&self) -> bool {
        true
    }

    /// Servers set limits of their own (`--batch-limit`, `--char-limit`); these are modest.
    fn limits(&self) -> Limits {
        Limits {
            texts: 32,
            bytes: 32 << 10,
        }
    }

    fn header(&self, _key: &Secret) -> Option<(&'static str, String)> {
        None
    }

    fn call(&self, pair: &Pair, texts: &[&str], key: Option<&Secret>) -> Call {
        let mut body = json!({ "q": texts, "source": pair.source, "target": pair.target, "format": "text" });
        if let Some(key) = key {
            body["api_key"] = key.reveal().into();
        }
        Call {
            path: "translate",
            query: None,
            body: Body::Json(body),
        }
    }

    fn translations(&self, answer: &Value) -> Option<Vec<String>> {
        let list = answer.get("translatedText")?.as_array()?;
        list.iter().map(|text| text.as_str().map(str::to_owned)).collect()
    }

    fn message(&self, answer: &Value) -> Option<String> {
        answer.get("error")?.as_str().map(str::to_owned)
    }

    /// 403 is a key that is wrong, or a client that is shut out for asking too much; a key that is missing is 400
    /// (of older servers: 403).
    fn refusal(&self, status: u16, answer: &Value) -> Refusal {
        let message = self.message(answer).unwrap_or_default().to_lowercase();
        match status {
            400 if ["get an api key", "obtain an api key", "invalid api key"]
                .iter()
                .any(|words| message.contains(words)) =>
            {
                Refusal::Key
            }
            403 if message.contains("api key") => Refusal::Key,
            403 => Refusal::Quota,
            status => usual(status),
        }
    }

    fn lists(&self) -> Vec<Call> {
        vec![Call {
            path: "languages",
            query: None,
            body: Body::None,
        }]
    }

    fn has(&self, answers: &[Value], pair: &Pair) -> Option<Result<(), String>> {
        let list = answers.first()?;
        let codes = fields(list, "code")?;
        let Some(at) = codes.iter().position(|code| *code == pair.source) else {
            return Some(Err(listed(codes.into_iter())));
        };
        // Older servers have no list of targets: all can be reached from all.
        let targets: Vec<String> = match list.get(at)?.get("targets").and_then(Value::as_array) {
            Some(targets) => targets
                .iter()
                .filter_map(|code| code.as_str().map(str::to_owned))
                .collect(),
            None => codes,
        };
        if targets.contains(&pair.target) {
            return Some(Ok(()));
        }
        Some(Err(listed(targets.into_iter())))
    }
}
