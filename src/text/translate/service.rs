//! What one service is like: how it is asked, and what its answers mean. Sending is the same for all ([`super::http`]).

use serde_json::Value;

use super::{Pair, Secret};

/// What one request may hold.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Texts.
    pub texts: usize,
    /// Bytes of text, all together.
    pub bytes: usize,
}

/// The content of a request. It has no debug output: some services want their key in it.
#[derive(Clone)]
pub enum Body {
    /// Nothing is sent: a GET.
    None,
    /// JSON.
    Json(Value),
    /// Fields of a form.
    Form(Vec<(&'static str, String)>),
}

/// A request to a service.
#[derive(Clone)]
pub struct Call {
    /// The path below the service's address.
    pub path: &'static str,
    /// The query, if there is one; never with a key.
    pub query: Option<&'static str>,
    /// The content.
    pub body: Body,
}

/// What a refusal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Another time it may work: too many requests, or trouble within the service.
    Later,
    /// There was no answer.
    Unreached,
    /// An answer that is not the service's, or not one to the question: something in between may be the reason.
    Strange,
    /// No more until the quota is renewed or raised.
    Quota,
    /// The key.
    Key,
    /// The texts.
    Texts,
    /// Anything else.
    Other,
}

/// A translation service.
pub trait Service: std::fmt::Debug + Send + Sync {
    /// How messages call it, and the name that is part of its identity.
    fn name(&self) -> &'static str;

    /// The environment variables that its key is taken from, the first one being named in messages.
    fn variables(&self) -> &'static [&'static str];

    /// Whether there is no way without a key.
    fn needs_key(&self) -> bool;

    /// Its usual address; none where each user has an own one.
    fn address(&self, key: Option<&Secret>) -> Option<&'static str>;

    /// Whether characters cost money or count against a quota.
    fn bills(&self) -> bool;

    /// What one request may hold.
    fn limits(&self) -> Limits;

    /// The header that carries the key, if a header does.
    fn header(&self, key: &Secret) -> Option<(&'static str, String)>;

    /// The request that translates texts.
    fn call(&self, pair: &Pair, texts: &[&str], key: Option<&Secret>) -> Call;

    /// The translations of an answer, however many there are; `None` if it has another shape.
    fn translations(&self, answer: &Value) -> Option<Vec<String>>;

    /// The service's own words in an answer that is a refusal.
    fn message(&self, answer: &Value) -> Option<String>;

    /// What a refusal is about.
    fn refusal(&self, status: u16, answer: &Value) -> Refusal {
        let _ = answer;
        usual(status)
    }

    /// Requests that tell which languages there are; they cost nothing.
    fn lists(&self) -> Vec<Call>;

    /// Whether the answers to [`Service::lists`] have a hop; what there is instead, or that the answers have another
    /// shape (`None`).
    fn has(&self, answers: &[Value], pair: &Pair) -> Option<Result<(), String>>;
}

/// What HTTP says a status is about.
pub fn usual(status: u16) -> Refusal {
    match status {
        408 | 425 | 429 | 500..=599 => Refusal::Later,
        401 | 403 => Refusal::Key,
        400 | 413 | 414 | 422 => Refusal::Texts,
        _ => Refusal::Other,
    }
}

/// Codes in a row, at most so many that a terminal shows them.
pub fn listed(codes: impl Iterator<Item = String>) -> String {
    const SHOWN: usize = 60;
    let mut codes: Vec<String> = codes.collect();
    codes.sort_unstable();
    codes.dedup();
    let more = codes.len().saturating_sub(SHOWN);
    codes.truncate(SHOWN);
    let shown = codes.join(", ");
    match more {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// The texts of `field` in each entry of a list; `None` if it has another shape.
pub fn fields(list: &Value, field: &str) -> Option<Vec<String>> {
    let list = list.as_array()?;
    list.iter()
        .map(|entry| entry.get(field)?.as_str().map(str::to_owned))
        .collect()
}
