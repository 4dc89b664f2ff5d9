//! Google Cloud Translation, version 2 ("Basic"). <https://cloud.google.com/translate/docs/reference/rest/v2/translate>

use serde_json::{Value, json};

use super::service::{Body, Call, Limits, Refusal, Service, fields, listed, usual};
use super::{Pair, Secret};

/// Google Cloud Translation.
#[derive(Debug, Clone, Copy)]
pub struct Google;

/// Why Google refuses, in its own words: the `reason` of each error, the older and the newer way.
fn reasons(answer: &Value) -> Vec<&str> {
    let error = answer.get("error");
    let list = |name: &str| error.and_then(|error| error.get(name)).and_then(Value::as_array);
    let both = list("errors").into_iter().chain(list("details"));
    both.flatten()
        .filter_map(|entry| entry.get("reason")?.as_str())
        .collect()
}

impl Service for Google {
    fn name(&self) -> &'static str {
        "Google"
    }

    fn variables(&self) -> &'static [&'static str] {
        &["GOOGLE_TRANSLATE_API_KEY"]
    }

    fn needs_key(&self) -> bool {
        true
    }

    fn address(&self, _key: Option<&Secret>) -> Option<&'static str> {
        Some("https://translation.googleapis.com")
    }

    fn bills(&self) -> bool {
        true
    }

    /// 128 texts and 100 kB a request, the latter with everything around the texts.
    fn limits(&self) -> Limits {
        Limits {
            texts: 128,
            bytes: 80_000,
        }
    }

    fn header(&self, key: &Secret) -> Option<(&'static str, String)> {
        Some(("x-goog-api-key", key.reveal().to_owned()))
    }

    fn call(&self, pair: &Pair, texts: &[&str], _key: Option<&Secret>) -> Call {
        Call {
            path: "language/translate/v2",
            query: None,
            body: Body::Json(json!({
                "q": texts, "source": pair.source, "target": pair.target, "format": "text",
            })),
        }
    }

    fn translations(&self, answer: &Value) -> Option<Vec<String>> {
        fields(answer.get("data")?.get("translations")?, "translatedText")
    }

    fn message(&self, answer: &Value) -> Option<String> {
        answer.get("error")?.get("message")?.as_str().map(str::to_owned)
    }

    /// Over quota is 403 here, and so is a key that may not; a wrong key is 400.
    fn refusal(&self, status: u16, answer: &Value) -> Refusal {
        let reasons = reasons(answer);
        let is = |known: &[&str]| reasons.iter().any(|reason| known.contains(reason));
        let quota = [
            "dailyLimitExceeded",
            "dailyLimitExceededUnreg",
            "rateLimitExceeded",
            "userRateLimitExceeded",
            "quotaExceeded",
            "limitExceeded",
        ];
        match status {
            403 if is(&quota) => Refusal::Quota,
            400 if is(&["keyInvalid", "keyExpired", "API_KEY_INVALID"]) => Refusal::Key,
            status => usual(status),
        }
    }

    fn lists(&self) -> Vec<Call> {
        vec![Call {
            path: "language/translate/v2/languages",
            query: None,
            body: Body::None,
        }]
    }

    fn has(&self, answers: &[Value], pair: &Pair) -> Option<Result<(), String>> {
        let codes = fields(answers.first()?.get("data")?.get("languages")?, "language")?;
        let missing = [&pair.source, &pair.target]
            .into_iter()
            .any(|code| !codes.contains(code));
        Some(if missing {
            Err(listed(codes.into_iter()))
        } else {
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_403_and_400_are_about() {
        let with = |reason: &str| json!({ "error": { "code": 403, "errors": [{ "reason": reason }] } });
        assert_eq!(Google.refusal(403, &with("dailyLimitExceeded")), Refusal::Quota);
        assert_eq!(
            Google.refusal(403, &with("userRateLimitExceeded")),
            Refusal::Quota
        );
        assert_eq!(Google.refusal(403, &with("forbidden")), Refusal::Key);
        assert_eq!(Google.refusal(400, &with("keyInvalid")), Refusal::Key);
        assert_eq!(Google.refusal(400, &with("invalid")), Refusal::Texts);
        let newer = json!({ "error": { "details": [{ "reason": "API_KEY_INVALID" }] } });
        assert_eq!(Google.refusal(400, &newer), Refusal::Key);
        assert_eq!(Google.refusal(429, &Value::Null), Refusal::Later);
    }
}
